"""Same firm? Two rows side by side, what agrees and what differs; one officer asks for a merge, another agrees."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render

from puhui.calculations.faults import FaultsError
from puhui.console.access import Request, may_act, page
from puhui.console.forms import errors_of
from puhui.console.paging import paged
from puhui.console.words import MATCH_COMPARISONS, MATCH_LEVELS, MATCH_STATES, word
from puhui.parties import merging
from puhui.parties.match_models import MatchAct

SHOWN = ("found", "asked", "later", "merged")


@page("matching")
def matching(request: Request) -> HttpResponse:
    """Pairs that wait and pairs that are merged; POST takes one step on a pair."""
    errors: list[str] = []
    if request.method == "POST":
        try:
            _act(request)
            return redirect("console:matching")
        except FaultsError as error:
            errors = errors_of(error)
    may = may_act(request.user, "matching")
    context = paged(request, merging.pairs(request.institution, SHOWN))
    shown = list(context["page"].object_list)
    found = merging.findings(shown)
    context |= {"errors": errors, "rows": [_row(pair, found.get((pair.first_id, pair.second_id)), request, may=may) for pair in shown]}
    return render(request, "console/matching.html", context, status=422 if errors else 200)


def _row(pair: MatchAct, found: MatchAct | None, request: Request, *, may: bool) -> dict[str, Any]:
    return {
        "pair": pair,
        "weight": found.weight if found else None,
        "levels": [(word(MATCH_COMPARISONS, name), word(MATCH_LEVELS, level)) for name, level in (found.levels if found else {}).items()],
        "state": word(MATCH_STATES, pair.act),
        "may_ask": may and pair.act in ("found", "later"),
        "may_confirm": may and pair.act == "asked" and pair.actor != request.user.username,
        "may_judge": may and pair.act in ("found", "later", "asked"),
        "may_undo": may and pair.act == "merged",
    }


def _act(request: Request) -> None:
    sent, actor = request.POST, request.user.username
    first, second = _number(sent.get("first", "")), _number(sent.get("second", ""))
    act = sent.get("act", "")
    steps = {"ask": merging.ask, "confirm": merging.confirm, "undo": merging.undo}
    if act in steps:
        steps[act](request.institution, first, second, actor)
    else:
        merging.judge(request.institution, first, second, act, actor)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else 0
