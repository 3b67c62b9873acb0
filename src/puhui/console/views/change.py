"""What would change a decision: shown on its case when somebody asks."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from puhui.console.access import Request, page
from puhui.console.decision_figures import variable_title, variable_value
from puhui.console.labels import OUTCOME, state
from puhui.decisions import queries
from puhui.decisions.changing import Other, what_would_change
from puhui.decisions.models import Decision


@page("decision")
def change(request: Request, number: int) -> HttpResponse:
    """The nearest change within what the firm can do, and what the engine then decides; only that part where htmx asks."""
    try:
        decision = queries.decision(request.user, number)
    except Decision.DoesNotExist as error:
        raise Http404 from error
    context = {"decision": decision, "firm": decision.firm, "other": _shown(what_would_change(decision))}
    part = "console/parts/change.html" if request.headers.get("HX-Request") else "console/change.html"
    return render(request, part, context)


def _shown(other: Other | None) -> dict[str, Any] | None:
    if other is None:
        return None
    answer = other.answer
    changes = [
        {
            "title": variable_title(each.variable),
            "before": variable_value(each.variable, each.before),
            "after": variable_value(each.variable, each.after),
            "months": each.months,
        }
        for each in answer.changes
    ]
    result = other.result
    return {
        "wanted": other.wanted_class, "reaches": answer.reaches, "changes": changes, "months": answer.months,
        "without": answer.without, "probability": answer.probability, "result": result,
        "outcome": state(OUTCOME, result["outcome"]) if result else None,
        "class": result["risk_class"] or _("none") if result else "",
    }  # fmt: skip
