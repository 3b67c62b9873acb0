"""What the rate of a loan follows: the step of each link, what was seen last and what shows it, and which looks are due."""

from __future__ import annotations

import datetime
from typing import Any

from django.utils.translation import gettext as _

from puhui.console.decision_figures import language
from puhui.console.templatetags.figures import number
from puhui.console.words import in_language
from puhui.loans.credit_models import LinkReview
from puhui.loans.links import links_of, may_be_linked, standing
from puhui.loans.models import Loan

__all__ = ["link_panel"]


def link_panel(loan: Loan, day: datetime.date) -> list[dict[str, Any]]:
    """A row for each link of the loan's product; none where its rate follows nothing, and then nothing is asked of the database."""
    if not may_be_linked(loan.product_code):
        return []
    reviews = list(LinkReview.objects.filter(loan=loan).order_by("review_date", "pk"))
    return [
        {
            "text": in_language(dict(one.link.texts), language()) or one.link.code,
            "last": one.last, "seen": _seen(one.last),
            "shown_by": ", ".join(f"{code}: {paper}" for code, paper in one.last.evidence.items()) if one.last else "",
            "missed": one.missed, "coming": one.coming,
        }
        for one in standing(loan, links_of(loan), reviews, day)
    ]  # fmt: skip


def _seen(last: LinkReview | None) -> str:
    if last is None:
        return ""
    return _("not known") if last.value is None else number(last.value, 3)
