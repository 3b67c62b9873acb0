"""The end of a day's work: the night's interest goes into the books, the control totals are taken, and the next day is opened.

All in one transaction that has the day for itself, so that at any moment the books stand at the day before the open one for every loan.
One pass over the loans tells everything; none of them is touched, and there is no row for a loan and a day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from django.db import connection, transaction

from puhui.books.actions import EntryDraft, lock_day, post_many
from puhui.books.chart import chart
from puhui.books.queries import TrialBalanceRow, trial_balance
from puhui.calculations.posting import SUB_LEDGER, Counters, ledger_signs, transfers
from puhui.loans.control_totals import compared
from puhui.loans.keeping import COUNTERS, night_of
from puhui.loans.models import DayEndStep
from puhui.parties.actions import record_audit
from puhui.parties.models import Institution

__all__ = ["NIGHTS", "accrue", "night_totals"]

# What the nights since a loan's state add to its counters, as night.sql names it.
NIGHTS = {
    "interest_earned": "interest_run",
    "penalty_earned": "penalty_run",
    "accrued_interest_suspended": "CASE WHEN suspended THEN interest_run ELSE 0 END",
    "penalty_suspended": "CASE WHEN suspended THEN penalty_run ELSE 0 END",
}


@dataclass(frozen=True)
class _Group:
    """A row of night.sql."""

    branch_id: int | None
    product_code: str
    suspended: bool
    days_past_due: int | None
    running: int
    interest_fen: int
    penalty_fen: int
    loans: int
    principal_fen: int
    controls: Sequence[int]


@transaction.atomic
def accrue(institution: Institution, day: date, actor: str) -> dict[str, Any]:
    """Book the night's interest of the loans that nothing happened to, compare sub-ledger and ledger, and open the next day.

    Done before, it gives the figures of then. `differences` of the figures names roles whose control totals do not
    agree, `controls` tells them all by account, branch and product.
    """
    if lock_day(institution) != day:
        done: dict[str, Any] = DayEndStep.objects.get(institution=institution, date=day, step="accrue").figures
        return done
    groups = night_totals(institution, day)
    post_many(institution, _drafts(groups, day), recorded_by=actor)
    ledger = trial_balance(institution, day, by_branch=True, by_product=True)
    figures: dict[str, Any] = {
        "loans": sum(group.running for group in groups),
        "interest_fen": sum(group.interest_fen for group in groups),
        "penalty_fen": sum(group.penalty_fen for group in groups),
        "book": _book(groups),
        "differences": _differences(institution, day, groups, ledger),
        "controls": _controls(institution, day, groups, ledger),
    }
    step = DayEndStep(institution=institution, date=day, step="accrue", figures=figures)
    DayEndStep.objects.bulk_create([step], ignore_conflicts=True)
    record_audit(institution, actor, "day.ended", "institution", institution.pk, {"date": day.isoformat()})
    Institution.objects.filter(pk=institution.pk).update(business_date=day + timedelta(days=1))
    institution.refresh_from_db()
    return figures


def night_totals(institution: Institution, day: date) -> list[_Group]:
    """What the night of `day` adds, the book and the control totals, by branch, product and days past due; reads only."""
    with connection.cursor() as cursor:
        cursor.execute(_statement(), {"institution": institution.pk, "day": day})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return [_Group(*row) for row in rows]


@cache
def _statement() -> str:
    text = files("puhui.loans").joinpath("sql/night.sql").read_text(encoding="utf-8")
    sums = ", ".join(f"coalesce(sum({_balance(role)}), 0)::bigint" for role in SUB_LEDGER)
    return text.replace("{controls}", f"ARRAY[{sums}]")


def _balance(role: str) -> str:
    """A role's balance of one loan as SQL, debit positive."""
    terms = []
    for counter, sign in ledger_signs(role).items():
        mark = "+" if sign > 0 else "-"
        terms.append(f"{mark} {COUNTERS[counter]}")
        if counter in NIGHTS:
            terms.append(f"{mark} {NIGHTS[counter]}")
    return " ".join(terms)


def _drafts(groups: Sequence[_Group], day: date) -> list[EntryDraft]:
    """One entry a branch and product, and whether the interest is income."""
    sums: dict[tuple[int | None, str, bool], list[int]] = defaultdict(lambda: [0, 0])
    for group in groups:
        total = sums[group.branch_id, group.product_code, group.suspended]
        total[0] += group.interest_fen
        total[1] += group.penalty_fen
    nothing = Counters()
    return [
        EntryDraft(
            act="accrual",
            effective_date=day,
            transfers=transfers(nothing, night_of(nothing, "non_accrual" if suspended else "performing", interest, penalty)),
            reference=product_code,
            branch_id=branch_id,
            product_code=product_code,
        )
        for (branch_id, product_code, suspended), (interest, penalty) in sums.items()
        if interest or penalty
    ]


def _book(groups: Sequence[_Group]) -> list[list[int | None]]:
    """Days past due, loans, principal: what series over time are drawn from."""
    book: dict[int | None, list[int]] = defaultdict(lambda: [0, 0])
    for group in groups:
        if group.loans:
            book[group.days_past_due][0] += group.loans
            book[group.days_past_due][1] += group.principal_fen
    return [[days, *book[days]] for days in sorted(book, key=lambda days: -1 if days is None else days)]


def _differences(institution: Institution, day: date, groups: Sequence[_Group], ledger: Sequence[TrialBalanceRow]) -> dict[str, list[int]]:
    """Role → what the loans add up to and what the ledger holds, where the two differ."""
    roles = chart(institution.kind, day).roles
    booked = {role: sum(row.balance_fen for row in ledger if row.code == roles[role]) for role in SUB_LEDGER}
    kept = {role: sum(group.controls[place] for group in groups) for place, role in enumerate(SUB_LEDGER)}
    return {role: [kept[role], booked[role]] for role in SUB_LEDGER if kept[role] != booked[role]}


def _controls(
    institution: Institution, day: date, groups: Sequence[_Group], ledger: Sequence[TrialBalanceRow]
) -> list[tuple[str, str, str, int, int]]:
    """Account, branch and product, what the loans add up to, what the ledger holds."""
    kept: dict[tuple[int | None, str], list[int]] = defaultdict(lambda: [0] * len(SUB_LEDGER))
    for group in groups:
        for place, amount in enumerate(group.controls):
            kept[group.branch_id, group.product_code][place] += amount
    return [astuple(cell) for cell in compared(institution, day, kept, ledger)]
