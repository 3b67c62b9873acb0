"""The firms in the database as a frame for the engine for many: what is known of each under a live consent."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import polars as pl

from puhui.calculations.ceilings import ceilings
from puhui.calculations.faults import FaultsError
from puhui.decisions.credit_view import credit_views
from puhui.decisions.evidence import read_evidence
from puhui.decisions.facts import months_between
from puhui.decisions.strategy import Strategy
from puhui.parties.models import Firm, Institution

__all__ = ["firms_frame"]

CHUNK = 5_000  # firms whose evidence is read together


def firms_frame(institution: Institution, strategy: Strategy, day: date, more: Iterable[str] = ()) -> tuple[pl.DataFrame, int]:
    """(a row for each firm with consent and variables as of `day`, how many firms were left out).

    Columns: `firm_id`, `firm_name`, the variables that the strategy reads and `more`, and the facts of the case that are known of a firm.
    """
    wanted = sorted({*strategy.wanted, *more})
    firms = list(Firm.objects.filter(institution=institution).order_by("pk"))
    rows: list[dict[str, Any]] = []
    for start in range(0, len(firms), CHUNK):
        rows.extend(_rows(institution, strategy, firms[start : start + CHUNK], day, wanted))
    known = {"firm_id": pl.Int64, "firm_name": pl.String}
    return pl.DataFrame(rows, schema_overrides=known, infer_schema_length=None), len(firms) - len(rows)


def _rows(institution: Institution, strategy: Strategy, firms: list[Firm], day: date, wanted: list[str]) -> Iterable[dict[str, Any]]:
    evidence = read_evidence(institution, firms, day, institution.business_date)
    views = credit_views(institution, [firm.pk for firm in firms])
    limits = strategy.parameters["lender_limits"].row(day, lender_kind=institution.kind)
    for firm in firms:
        try:
            snapshot, _ = evidence.of(firm, strategy.product)
        except FaultsError:
            continue
        owed = views.exposures[firm.pk]
        over = ceilings(limits, views.circles(firm.pk))
        yield {
            "firm_id": firm.pk,
            "firm_name": firm.name,
            "firm_kind": firm.kind,
            "industry_code": firm.industry_code or None,
            "firm_age_months": months_between(firm.founded_on, day) if firm.founded_on else None,
            "staff_count": firm.staff_count,
            "existing_exposure": (owed["reserved_fen"] + owed["outstanding_fen"]) / 100,
            "lender_headroom": min((one.headroom_fen / 100 for one in over), default=None),
            "evidence_age_days": (day - snapshot.as_of).days,
            "lender_kind": institution.kind,
            **{name: snapshot.values.get(name) for name in wanted},
        }
