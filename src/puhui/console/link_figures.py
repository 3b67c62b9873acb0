"""What the rate of a loan follows: index, spread and steps from day to day and why, what was seen of each link, which looks are due."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from puhui.console.decision_figures import language
from puhui.console.templatetags.figures import date as day_text
from puhui.console.templatetags.figures import number
from puhui.console.words import in_language
from puhui.decisions.titles import titles
from puhui.loans.credit_models import LinkReview, RateLink
from puhui.loans.linked_rates import E8_OF_PPM, Course, Link, is_repriced_on, product_decided
from puhui.loans.links import Linked, Standing, linked_by, may_be_linked, standing
from puhui.loans.models import Contract, Loan
from puhui.products import explaining_terms
from puhui.products.wording import Wording

__all__ = ["contract_rate", "index_words", "link_panel"]

_INDEXES = {"LPR1Y": gettext_lazy("One-year prime rate (LPR)"), "LPR5Y": gettext_lazy("Prime rate (LPR) of over five years")}


def link_panel(loan: Loan, day: datetime.date) -> dict[str, Any] | None:
    """The panel of a loan, for a loan read with contract, index and decision; None where its rate follows nothing."""
    link = getattr(loan.contract, "rate_link", None)
    if link is None and not may_be_linked(loan.product_code):
        return None
    linked = linked_by(loan)
    words = Wording(linked.product, language(), titles()) if linked.links else None
    return {
        "index": index_words(link) if link else "", "course": list(_course(linked.course, linked, day))[::-1] if linked.course else [],
        "rows": [_row(one, linked, words) for one in standing(loan, linked.links, linked.reviews, day)] if words else [],
    }  # fmt: skip


def contract_rate(contract: Contract) -> dict[str, Any]:
    """How the rate of a contract is made: its index with the spread, and in words what its product lets it follow."""
    link, follows = getattr(contract, "rate_link", None), []
    if may_be_linked(contract.product_code):
        product = product_decided(contract.product_code, contract.decision, contract.institution)
        follows = list(explaining_terms.linkage(Wording(product, language(), titles())))
    return {"index": index_words(link) if link else "", "follows": follows}


def index_words(link: RateLink | Link) -> str:
    """One-year prime rate (LPR) +60 basis points, set anew every 3 months from the payout on."""
    fill = {
        "index": str(_INDEXES[link.index]), "points": f"{link.spread_e8 / 10_000:+g}".replace("-", "−"),
        "months": link.every_months,
    }  # fmt: skip
    every = ngettext(
        "%(index)s %(points)s basis points, set anew every month", "%(index)s %(points)s basis points, set anew every %(months)s months",
        link.every_months,
    )  # fmt: skip
    told = {"how": every % fill}
    return _("%(how)s from the payout on") % told if link.on == RateLink.On.ANNIVERSARY else _("%(how)s from 1 January on") % told


def _course(course: Course, linked: Linked, until: datetime.date) -> Iterator[dict[str, Any]]:
    """A row for each day up to `until` from which index, steps or rate are others, the first first."""
    before = None
    for day in course.days(until):
        base, change, rate = course.base_e8(day), course.change_e8(day), course.rate_e8(day)
        if (base, change) == before:
            continue
        before = base, change
        yield {
            "since": day, "index_ppm": (base - course.link.spread_e8) // E8_OF_PPM, "spread_ppm": course.link.spread_e8 // E8_OF_PPM,
            "change_ppm": change // E8_OF_PPM, "rate_ppm": rate // E8_OF_PPM, "why": list(_why(course, linked, day, rate - base - change)),
        }  # fmt: skip


def _why(course: Course, linked: Linked, day: datetime.date, held_back: int) -> Iterator[str]:
    if day == course.start:
        yield _("the contract")
    elif is_repriced_on(course.link, course.start, day):
        yield _("the index is set anew")
    for row in linked.reviews:
        if row.kind == LinkReview.Kind.REVIEW and row.review_date == day:
            yield _("a look at what the rate follows")
        elif row.kind == LinkReview.Kind.CORRECTION and row.day == day:
            yield _("the look of %(day)s is corrected") % {"day": day_text(row.review_date)}
    if held_back:
        yield _("held at the lowest rate of the product") if held_back > 0 else _("held at the highest rate of the product")


def _row(one: Standing, linked: Linked, words: Wording) -> dict[str, Any]:
    formula, last = one.link.formula, one.last
    decided = {name: linked.decided.get(name) for name in formula.expression.names} if formula else {}
    constants = linked.product.constants.keys() | one.link.observed.keys()
    return {
        "text": in_language(dict(one.link.texts), language()) or one.link.code,
        "formula": words.formula(formula.expression.tree) if formula else "",
        "decided": [(words.name(name), _figure(value)) for name, value in decided.items() if name not in constants],
        "last": last, "seen": _seen(one) if last else "",
        "shown_by": ", ".join(f"{code}: {paper}" for code, paper in last.evidence.items()) if last else "",
        "missed": one.missed, "coming": one.coming,
    }  # fmt: skip


def _seen(one: Standing) -> str:
    assert one.last is not None
    if not one.link.observed:
        return _figure(one.last.value)
    facts = one.last.facts
    return "; ".join(f"{in_language(dict(each.texts), language())}: {_figure(facts.get(name))}" for name, each in one.link.observed.items())


def _figure(value: Any) -> str:
    if value is None:
        return _("not known")
    return str(value) if isinstance(value, str) else number(value, 0 if value == int(value) else 3)
