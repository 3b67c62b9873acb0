"""Variables: what each figure about a firm means, how it spreads over the lender's own firms, and what it told of their loans."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from itertools import groupby
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from puhui.console.access import Request, page
from puhui.console.decision_figures import language
from puhui.console.kept_reports import Kept, kept
from puhui.console.score_words import DIRECTIONS
from puhui.console.templatetags.figures import MINUS
from puhui.console.words import in_language, unit_word, word
from puhui.evidence.layouts import classes
from puhui.features import queries, registry
from puhui.features.figures import figures
from puhui.features.figures_page import class_order, shown
from puhui.parties.models import Institution
from puhui.reports.own_cases import MONTHS
from puhui.reports.variable_strength import Strengths, strengths

KEPT_SECONDS = 3600


@page("model")
def variables(request: Request) -> HttpResponse:
    """The catalogue by class, beside it the spread over the firms on the newest day of snapshots, and strength against own loans."""
    days = queries.snapshot_days(request.institution)
    newest = queries.newest_number(request.institution)
    found = _figures(request.institution.pk, days[0], days[1] if len(days) > 1 else None, newest) if days else {}
    told = _strengths(request.institution)
    context = {
        "classes": list(_by_class(found, told.made)),
        "day": days[0] if days else None,
        "strength": told.made,
        "months": MONTHS,
        "as_of": request.institution.business_date,
        "made_at": told.made_at,
    }
    return render(request, "console/variables.html", context)


def _strengths(institution: Institution) -> Kept[Strengths]:
    day = institution.business_date
    return kept(("strength", institution.pk, day), lambda: strengths(institution, day), KEPT_SECONDS)


@lru_cache(maxsize=8)
def _figures(institution_id: int, day: date, before: date | None, newest: int) -> dict[str, dict[str, Any]]:
    """Variable → its figures; kept until another snapshot is taken."""
    institution = Institution.objects.get(pk=institution_id)
    earlier = None if before is None else queries.frame(institution, before)
    return {row["variable"]: row for row in figures(queries.frame(institution, day), before=earlier).iter_rows(named=True)}


def _by_class(found: dict[str, dict[str, Any]], told: Strengths) -> Iterator[dict[str, Any]]:
    declared = sorted(registry.catalogue(), key=lambda each: class_order(each.evidence_class))
    for evidence_class, group in groupby(declared, key=lambda each: each.evidence_class):
        rows = [
            {
                "variable": variable,
                "unit": unit_word(variable.unit),
                "direction": word(DIRECTIONS, variable.sign),
                "title": in_language(dict(variable.titles), language()),
                "meaning": in_language(dict(variable.meanings), language()),
                **_spread(found.get(variable.name)),
                "strength": _("too few") if (value := told.values.get(variable.name)) is None else f"{value:.2f}",
            }
            for variable in group
        ]
        yield {"code": evidence_class, "title": in_language(dict(classes()[evidence_class].title), language()), "rows": rows}


def _spread(row: dict[str, Any] | None) -> dict[str, str]:
    if row is None:
        return dict.fromkeys(("missing", "low", "middle", "high", "stability"), "–")
    stability = "–" if row["stability"] is None else f"{row['stability']:.2f}"
    parts = {"low": "p05", "middle": "median", "high": "p95"}
    spread = {part: shown(row[name]).replace("-", MINUS) for part, name in parts.items()}
    return {"missing": "–" if row["missing"] is None else f"{row['missing']:.0%}", **spread, "stability": stability}
