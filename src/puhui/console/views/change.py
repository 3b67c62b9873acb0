"""What would change a decision: shown on its case when somebody asks."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from puhui.console.access import Request, page
from puhui.console.decision_figures import language, variable_title, variable_value
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
    changes = [
        {
            "title": variable_title(each.variable),
            "before": variable_value(each.variable, each.before),
            "after": variable_value(each.variable, each.after),
            "months": each.months,
        }
        for each in other.changes
    ]
    answer, result = other.answer, other.result
    return {
        "wanted": other.wanted_class, "reaches": answer is not None and answer.reaches, "changes": changes,
        "without": answer.without if answer else None, "probability": answer.probability if answer else None, "result": result,
        "outcome": state(OUTCOME, result["outcome"]) if result else None,
        "class": result["risk_class"] or _("none") if result else "",
        "fixed": [texts[language()] for texts in other.fixed], "left": [texts[language()] for texts in other.left],
    }  # fmt: skip
