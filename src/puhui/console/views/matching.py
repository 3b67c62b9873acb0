"""Same firm? Two rows side by side, what agrees and what differs; one officer asks for a merge, another agrees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render

from puhui.calculations.faults import FaultsError
from puhui.console.access import Request, may_act, page
from puhui.console.forms import errors_of
from puhui.console.paging import paged
from puhui.console.words import MATCH_COMPARISONS, MATCH_LEVELS, MATCH_STATES, SCHEMES, word
from puhui.evidence.codes import code_table
from puhui.parties import merging
from puhui.parties.match_models import MatchAct
from puhui.parties.models import Firm

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
    numbers = merging.identifiers(firm.pk for pair in shown for firm in pair.both)
    rows = [_row(pair, found.get((pair.first_id, pair.second_id)), numbers, request, may=may) for pair in shown]
    context |= {"errors": errors, "rows": rows}
    return render(request, "console/matching.html", context, status=422 if errors else 200)


def _row(
    pair: MatchAct, found: MatchAct | None, numbers: Mapping[int, Sequence[tuple[str, str]]], request: Request, *, may: bool
) -> dict[str, Any]:
    return {
        "pair": pair,
        "weight": found.weight if found else None,
        "firms": [_firm(firm, numbers.get(firm.pk, ())) for firm in pair.both],
        "levels": _levels(found.levels if found else {}),
        "state": word(MATCH_STATES, pair.act),
        "may_ask": may and pair.act in ("found", "later"),
        "may_confirm": may and pair.act == "asked" and pair.actor != request.user.username,
        "may_judge": may and pair.act in ("found", "later", "asked"),
        "may_undo": may and pair.act == "merged",
    }


def _firm(firm: Firm, numbers: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """A row as it was entered: its name, its numbers, where it stands and what it does, by the names of the code tables."""
    division, industry = (
        code_table("gbt2260").codes.get(firm.division_code[:2], ""),
        code_table("gbt4754").codes.get(firm.industry_code[:2], ""),
    )
    return {
        "pk": firm.pk,
        "name": firm.name,
        "numbers": [(word(SCHEMES, scheme), value) for scheme, value in numbers],
        "division": f"{firm.division_code} {division}".strip(),
        "industry": f"{firm.industry_code} {industry}".strip(),
        "entered": firm.created_at,
    }


def _levels(levels: Mapping[str, str]) -> list[dict[str, Any]]:
    """What agrees and what differs, in the order of the comparisons; each with a sign, so that it is seen without reading."""
    icons = {"other": "x", "contained": "help", "close": "help", "near": "help"}
    return [
        {"name": word(MATCH_COMPARISONS, name), "level": word(MATCH_LEVELS, levels[name]), "icon": icons.get(levels[name], "check")}
        for name in MATCH_COMPARISONS
        if name in levels
    ]


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
