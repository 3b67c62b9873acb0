"""A combined application on the page of its case: the loans that it became, each with its own terms; and of a part, the whole."""

from __future__ import annotations

from typing import Any

from django.utils.translation import get_language

from puhui.console.labels import APPLICATION, state
from puhui.console.words import product_name
from puhui.decisions import queries
from puhui.decisions.models import Application, Decision
from puhui.decisions.titles import titles
from puhui.products.explaining_terms import interest, loss
from puhui.products.queries import product as product_on
from puhui.products.wording import Wording

__all__ = ["parts_picture"]


def parts_picture(user: Any, application: Application) -> dict[str, Any] | None:
    """The parts of a combined application, in the order of filling, with their sums; None for any other."""
    if application.status != Application.Status.IN_PARTS:
        return None
    rows = [_row(one) for one in queries.parts(user, application)]
    return {
        "rows": rows,
        "asked_fen": sum(row["asked_fen"] for row in rows),
        "amount_fen": sum(row["amount_fen"] for row in rows),
    }


def _row(part: Application) -> dict[str, Any]:
    decision, offer = part.latest_decision, getattr(part, "offer", None)
    return {
        "number": part.pk,
        "name": product_name(part.product_code),
        "state": state(APPLICATION, part.status),
        "asked_fen": part.amount_fen,
        "amount_fen": offer.amount_fen if offer else decision.amount_fen if decision else 0,
        "rate_ppm": offer.rate_ppm if offer else decision.rate_ppm if decision else None,
        "risk_class": decision.risk_class if decision else "",
        "who": _who_bears(part, decision),
    }


def _who_bears(part: Application, decision: Decision | None) -> list[str]:
    """Who bears a loss and who pays interest, as the part's product says on the day of the decision."""
    product = product_on(part.product_code, decision.business_date if decision else part.business_date)
    words = Wording(product, get_language() or "en", titles())
    return [*interest(words), *loss(words)]
