"""The lender's own decided loans as a table to train on: what was known when each was decided, and how it went.

A row a decision. The outcome is known of loans that were paid out long enough ago, or that have defaulted already; of all others it is
null, and training leaves them out or, where it was the engine or a person that refused, may use them as refused cases. Young loans are left
out because nearly all of them are still in order: they would teach that everybody repays.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from puhui.calculations.calendar import add_months
from puhui.calculations.faults import Fault, FaultsError
from puhui.decisions.models import Application, Decision
from puhui.loans.taxing import firm_size
from puhui.parties.models import Institution
from puhui.reports.outcomes import outcomes

__all__ = ["MONTHS", "own_cases", "own_configuration", "settled_outcomes"]

MONTHS = 6
"""How long ago a loan must have been paid out to count as repaid so far, if nothing else is asked for."""
MONTHS_BETWEEN = (1, 60)


def own_cases(institution: Institution, as_of: date, months: int = MONTHS) -> pl.DataFrame:
    """decision, decided_on, region, size, product, answer (lent, refused, other), defaulted (1, 0, null), and the snapshot's variables.

    defaulted: more than 90 days past due on the day, or written off. FaultsError where no decision tells anything yet.
    """
    if not MONTHS_BETWEEN[0] <= months <= MONTHS_BETWEEN[1]:
        raise FaultsError([Fault("months", str(months), f"{MONTHS_BETWEEN[0]} to {MONTHS_BETWEEN[1]}")])
    outcomes = settled_outcomes(institution, as_of, months)
    decided = Decision.objects.filter(institution=institution, business_date__lte=as_of, snapshot__isnull=False)
    decided = decided.exclude(application__status=Application.Status.IN_PARTS)  # its parts tell
    found = decided.select_related("firm", "snapshot", "application").defer("record").order_by("application_id", "-pk")
    rows, met = [], set()
    for decision in found.iterator(chunk_size=2_000):
        is_lent = decision.pk in outcomes
        if decision.application_id in met and not is_lent:
            continue  # an application that was decided again counts once, by the last word or by the one that was paid out
        met.add(decision.application_id)
        rows.append(_row(decision, is_lent, outcomes.get(decision.pk)))
    if not any(row["answer"] == "lent" for row in rows):
        raise FaultsError([Fault("own loans", "none paid out by a decision with a snapshot", "loans whose decision kept its variables")])
    return _frame(rows)


def own_configuration(name: str) -> dict[str, Any]:
    """What is known beforehand of such a table."""
    return {
        "name": name,
        "target": {"column": "defaulted", "positive": ["1"], "negative": ["0"]},
        "id": ["decision"],
        "groups": ["region", "size"],
        "exclusions": {
            "region": "only checked by group", "size": "only checked by group", "product": "what was asked for",
        },
        "rejects": {"column": "answer", "refused": ["refused"], "method": "none"},
        "window": {"outcome": "more than 90 days past due, or written off"},
    }  # fmt: skip


def settled_outcomes(institution: Institution, as_of: date, months: int = MONTHS) -> dict[int, int | None]:
    """Decision → 1 in default on the day, 0, or None for a loan paid out less than so many months ago, which is too young to tell."""
    mature = add_months(as_of, -months)
    found: dict[int, int | None] = {}
    for decision, start, defaulted in outcomes(institution, as_of):
        told = 1 if defaulted else 0 if start <= mature else None
        found[decision] = max((one for one in (found.get(decision), told) if one is not None), default=None)
    return found


def _row(decision: Decision, is_lent: bool, outcome: int | None) -> dict[str, Any]:
    firm, refused = decision.firm, decision.application.status == Application.Status.REFUSED
    return {
        "decision": decision.pk,
        "decided_on": decision.business_date,
        "product": decision.application.product_code,
        "region": firm.division_code or None,
        "size": firm_size(firm, decision.business_date),
        "answer": "lent" if is_lent else "refused" if refused else "other",
        "defaulted": outcome,
        "values": decision.snapshot.values if decision.snapshot else {},
    }


def _frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Variables that nobody has a value of, or all the same, are left out: they tell nobody from another."""
    met: dict[str, set[Any]] = {}
    for row in rows:
        for name, value in row["values"].items():
            met.setdefault(name, set()).add(value if isinstance(value, (int, float)) else None)
    names = sorted(name for name, values in met.items() if len(values) > 1 or any(name not in row["values"] for row in rows))
    names = [name for name in names if met[name] != {None}]
    told = [{key: value for key, value in row.items() if key != "values"} for row in rows]
    columns = {name: pl.Series(name, [row["values"].get(name) for row in rows], dtype=pl.Float64, strict=False) for name in names}
    head = pl.DataFrame(told, schema_overrides={"defaulted": pl.Int64, "region": pl.String, "size": pl.String}, infer_schema_length=None)
    return head.with_columns(**columns)
