"""Sub-ledger against ledger, cell by cell: what the loans of a branch and product add up to, and what the account holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files

from django.db import connection

from puhui.books.chart import chart
from puhui.books.queries import CellBalance, TrialBalanceRow
from puhui.calculations.posting import SUB_LEDGER, ledger_signs
from puhui.loans.keeping import COUNTERS
from puhui.parties.models import Branch, Institution

__all__ = ["ControlTotal", "compared", "control_totals"]

# What the nights booked since a loan's state add to its counters, as sub_ledger.sql names it.
_NIGHTS = {
    "interest_earned": "interest_run",
    "penalty_earned": "penalty_run",
    "accrued_interest_suspended": "interest_suspended_run",
    "penalty_suspended": "penalty_suspended_run",
}


@dataclass(frozen=True, slots=True)
class ControlTotal:
    """One account of one branch and product, in fen, debit positive; the two agree, or somebody has to look."""

    code: str
    branch_code: str
    product_code: str
    kept_fen: int  # the loans, added up
    booked_fen: int  # the ledger

    @property
    def difference_fen(self) -> int:
        return self.kept_fen - self.booked_fen


Kept = Mapping[tuple[int | None, str], Sequence[int]]
Ledger = Sequence[TrialBalanceRow] | Sequence[CellBalance]


def compared(institution: Institution, day: date, kept: Kept, ledger: Ledger) -> list[ControlTotal]:
    """Every cell of the accounts that loans have a part in, those left out that hold nothing on both sides.

    `kept`: branch (None: head office) and product → what the loans come to, in the order of SUB_LEDGER. `ledger` is the trial balance
    by branch and product, or the cells of these accounts.
    """
    roles = chart(institution.kind, day).roles
    branches = list(Branch.objects.filter(institution=institution).values_list("pk", "code", "parent"))
    codes, head = {pk: code for pk, code, _ in branches}, next((code for _, code, parent in branches if parent is None), "")
    sums: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for (branch_id, product), values in kept.items():
        for role, value in zip(SUB_LEDGER, values, strict=True):
            sums[roles[role], codes.get(branch_id or 0, head), product][0] += value
    ours = {roles[role] for role in SUB_LEDGER}
    for row in ledger:
        if row.code in ours:
            sums[row.code, row.branch_code or "", row.product_code or ""][1] += row.balance_fen
    return [ControlTotal(*cell, *pair) for cell, pair in sorted(sums.items()) if any(pair)]


def control_totals(institution: Institution, ledger: Ledger) -> list[ControlTotal]:
    """The same as of now: of what the loans stand at this moment. One pass over the loans; `ledger` is through the open day."""
    columns = ", ".join(f"coalesce(sum({column} + {_NIGHTS.get(counter, '0')}), 0)::bigint" for counter, column in COUNTERS.items())
    text = files("puhui.loans").joinpath("sql/sub_ledger.sql").read_text(encoding="utf-8")
    text = text.replace("{sums}", f"branch_id, product_code, {columns}") + " GROUP BY branch_id, product_code"
    day = institution.business_date
    with connection.cursor() as cursor:
        cursor.execute(text, {"institution": institution.pk, "day": day - timedelta(days=1)})
        rows = cursor.fetchall()
    kept = {(branch_id, product): _by_role(dict(zip(COUNTERS, values, strict=True))) for branch_id, product, *values in rows}
    return compared(institution, day, kept, ledger)


def _by_role(counters: Mapping[str, int]) -> list[int]:
    return [sum(sign * counters[counter] for counter, sign in ledger_signs(role).items()) for role in SUB_LEDGER]
