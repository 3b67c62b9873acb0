"""The end of a day's work: the night's interest goes into the books, the control totals are taken, and the next day is opened.

All in one transaction that has the day for itself, so that at any moment the books stand at the day before the open one for every loan.
It is short: what the night adds and what all loans stand at was added up as loans changed (standing.py), none of them is touched, and
there is no row for a loan and a day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import astuple
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any

from django.db import transaction

from puhui.books.actions import EntryDraft, lock_day, post_many
from puhui.books.chart import chart
from puhui.books.queries import CellBalance, cell_balances
from puhui.calculations.posting import SUB_LEDGER, Counters, transfers
from puhui.loans.control_totals import compared
from puhui.loans.keeping import night_of
from puhui.loans.models import DayEndStep
from puhui.loans.standing import Cell, book_by_days_past_due, carry
from puhui.parties.audit import recording
from puhui.parties.models import Institution
from puhui.parties.statements import Statement, insertion, together

__all__ = ["accrue", "recording_steps"]

Figures = dict[str, Any]


@transaction.atomic
def accrue(institution: Institution, day: date, actor: str, quiet: Mapping[str, Figures] = MappingProxyType({})) -> Figures:
    """Book the night's interest of the loans that nothing happened to, compare sub-ledger and ledger, and open the next day.

    Done before, it gives the figures of then. `quiet`: steps that had nothing to do, recorded with it. `differences` of the figures
    names roles whose control totals do not agree, `controls` tells them all by account, branch and product.
    """
    if lock_day(institution) != day:
        done: Figures = DayEndStep.objects.get(institution=institution, date=day, step="accrue").figures
        return done
    cells = carry(institution, day)
    post_many(institution, _drafts(cells, day), recorded_by=actor)
    roles = chart(institution.kind, day).roles
    ledger = cell_balances(institution, day, {roles[role] for role in SUB_LEDGER})
    figures: Figures = {
        "loans": sum(cell.earning for cell in cells),
        "interest_fen": sum(cell.night_interest_fen for cell in cells),
        "penalty_fen": sum(cell.night_penalty_fen for cell in cells),
        "book": book_by_days_past_due(institution, day, cells),
        "differences": _differences(institution, day, cells, ledger),
        "controls": _controls(institution, day, cells, ledger),
    }
    together(
        recording_steps(institution, day, {**quiet, "accrue": figures}),
        recording(institution, actor, "day.ended", "institution", [(institution.pk, {"date": day.isoformat()})]),
        ("UPDATE parties_institution SET business_date = %s WHERE id = %s", [day + timedelta(days=1), institution.pk]),
    )
    return figures


def recording_steps(institution: Institution, day: date, steps: Mapping[str, Figures]) -> Statement:
    """The statement that records steps of a day as done; one that is recorded already stays as it was."""
    done = [DayEndStep(institution=institution, date=day, step=name, figures=figures) for name, figures in steps.items()]
    text, values = insertion(done)
    return f"{text} ON CONFLICT DO NOTHING", values


def _drafts(cells: Sequence[Cell], day: date) -> list[EntryDraft]:
    """One entry a branch and product, and whether the interest is income."""
    nothing = Counters()
    return [
        EntryDraft(
            act="accrual",
            effective_date=day,
            transfers=transfers(
                nothing,
                night_of(nothing, cell.suspended, cell.night_interest_fen, cell.night_penalty_fen),
            ),
            reference=cell.product_code,
            branch_id=cell.branch_id,
            product_code=cell.product_code,
        )
        for cell in cells
        if cell.night_interest_fen or cell.night_penalty_fen
    ]


def _differences(institution: Institution, day: date, cells: Sequence[Cell], ledger: Sequence[CellBalance]) -> dict[str, list[int]]:
    """Role → what the loans add up to and what the ledger holds, where the two differ."""
    roles = chart(institution.kind, day).roles
    booked = {role: sum(row.balance_fen for row in ledger if row.code == roles[role]) for role in SUB_LEDGER}
    kept = {role: sum(cell.balance_fen(role) for cell in cells) for role in SUB_LEDGER}
    return {role: [kept[role], booked[role]] for role in SUB_LEDGER if kept[role] != booked[role]}


def _controls(
    institution: Institution, day: date, cells: Sequence[Cell], ledger: Sequence[CellBalance]
) -> list[tuple[str, str, str, int, int]]:
    """Account, branch and product, what the loans add up to, what the ledger holds."""
    kept: dict[tuple[int | None, str], list[int]] = defaultdict(lambda: [0] * len(SUB_LEDGER))
    for cell in cells:
        for place, role in enumerate(SUB_LEDGER):
            kept[cell.branch_id, cell.product_code][place] += cell.balance_fen(role)
    return [astuple(cell) for cell in compared(institution, day, kept, ledger)]
