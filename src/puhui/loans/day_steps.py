"""The steps of a day end that an institution may order: each can be run again and then finds nothing more to do.

Which steps there are, and in which order, is the dated table `day-end-steps`. A step works in transactions of its own, chunk by chunk;
a chunk that is done no longer matches its selection. A loan that cannot be processed is set aside with its reason and the rest goes on.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import (
    BigIntegerField,
    CharField,
    Count,
    Exists,
    F,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Sum,
    Value,
    prefetch_related_objects,
)
from django.db.models.functions import Cast, Coalesce, Concat
from django.utils import timezone

from puhui.books.actions import open_day
from puhui.calculations.faults import Fault, check
from puhui.decisions import timing
from puhui.loans import settling
from puhui.loans.classifying import classify
from puhui.loans.collateral_books import post_collateral
from puhui.loans.keeping import FAULTS_OF_A_LOAN, Change, NewEvent, events_of, keep, owed_now
from puhui.loans.lines import expire_lines, post_commitments
from puhui.loans.models import Contract, DebitAccount, Event, Loan, SetAside
from puhui.loans.notices import tell
from puhui.loans.outlook import end_of_day
from puhui.loans.paying import debit_key
from puhui.loans.provisioning import provision_month_end
from puhui.loans.repricing import due_for_repricing, repricings
from puhui.loans.workers import again_after_a_deadlock, collector_at_rest, spread
from puhui.parties.models import Institution
from puhui.products.parameters import Table, table

__all__ = ["ACTOR", "STEPS", "Night", "steps_on"]

ACTOR = "day end"
CHUNK = 2_000
LEAST_CHUNK = 50
Figures = dict[str, Any]


@dataclass(frozen=True)
class Night:
    """One end of a day of one institution, by so many workers."""

    institution: Institution
    day: date
    workers: int = 1


Selection = Callable[[Night], QuerySet[Loan]]
Changes = Callable[[Night, Sequence[Loan]], list[Change]]


def steps_on(day: date) -> list[str]:
    """The steps of a day's end in order. Raises FaultsError where the table names steps that there are not, or lacks the dues."""
    rows = [row for row in _table("day-end-steps").valid_on(day) if row["when"] == "day" or _is_month_end(day)]
    names = [row["step"] for row in rows]
    faults = [Fault("parameter table day-end-steps", name, "one of " + ", ".join(STEPS)) for name in names if name not in STEPS]
    if "falls_due" not in names:
        faults.append(Fault("parameter table day-end-steps", f"no falls_due on {day}", "a row of it", "Without it nothing falls due."))
    check(faults)
    return names


def _is_month_end(day: date) -> bool:
    return day.day == calendar.monthrange(day.year, day.month)[1]


@cache
def _table(name: str) -> Table:
    return table(name, settings.PUHUI_CATALOGUE)


def lines(night: Night) -> Figures:
    """Lines whose last day is past end; undrawn commitments and collateral stand in the memo books."""
    expired = expire_lines(night.institution, night.day, ACTOR)
    post_collateral(night.institution, night.day, ACTOR)
    return {"expired": expired, "commitments_fen": post_commitments(night.institution, night.day, ACTOR)}


def settle(night: Night) -> Figures:
    """Debit what was compiled ahead. A chunk that the database refuses is left to the fold, which sets the loan aside that is at fault."""
    portions = settling.portions(night.institution, night.day)
    done = spread(partial(_settled, night), portions, night.workers)
    settled = sum((each for each in done if isinstance(each, settling.Settlement)), settling.Settlement())
    return {"loans": settled.loans, "amount_fen": settled.amount_fen, "refused": [each for each in done if isinstance(each, str)]}


def _settled(night: Night, portion: settling.Portion) -> settling.Settlement | str:
    try:
        return again_after_a_deadlock(lambda: settling.settle(night.institution, night.day, portion, ACTOR))
    except FAULTS_OF_A_LOAN as fault:
        return f"{type(fault).__name__}: {fault}"


def falls_due(night: Night) -> Figures:
    """Fold the loans on which something happens by the day, each once, with the debit of what it owes."""
    return _in_chunks(night, _falling_due)


def _falling_due(night: Night) -> QuerySet[Loan]:
    return Loan.objects.filter(institution=night.institution, next_action_date__lte=night.day)


def collect(night: Night) -> Figures:
    """Debit what is due and unpaid from the borrowers' accounts, oldest loan first, as far as the money goes."""
    figures = _in_chunks(night, _owing, among=_with_money(night))
    # Counted from what is there: an earlier run may have been cut off after some of it.
    debits = Event.objects.filter(institution=night.institution, known_on=night.day, key__endswith=f":debit:{night.day}")
    total = debits.aggregate(loans=Count("pk"), amount_fen=Coalesce(Sum("amount_fen"), 0, output_field=BigIntegerField()))
    return {**figures, **total}


_WITH_MONEY = """
    SELECT loan.id
      FROM (SELECT id, firm_id FROM loans_loan
             WHERE institution_id = %s AND (overdue_since IS NOT NULL OR penalty_earned_fen > penalty_paid_fen)  -- the index's
               AND (overdue_since IS NOT NULL OR penalty_earned_fen > penalty_paid_fen + penalty_waived_fen)
            OFFSET 0) AS loan
     CROSS JOIN LATERAL (SELECT FROM loans_debitaccount AS account
                          WHERE account.firm_id = loan.firm_id AND account.balance_fen > 0 OFFSET 0) AS account
"""


def _with_money(night: Night) -> list[int]:
    """Unpaid loans whose firm has money, account by account: asked as one join, the database would read the accounts of all firms."""
    with connection.cursor() as cursor:
        cursor.execute(_WITH_MONEY, [night.institution.pk])
        return [loan_id for (loan_id,) in cursor.fetchall()]


def _owing(night: Night) -> QuerySet[Loan]:
    unpaid = Q(overdue_since__isnull=False) | Q(penalty_earned_fen__gt=F("penalty_paid_fen") + F("penalty_waived_fen"))
    owing = Loan.objects.filter(unpaid, institution=night.institution, firm__debit_account__balance_fen__gt=0)
    key = Concat(Cast(OuterRef("pk"), CharField()), Value(f":debit:{night.day}"))
    return owing.exclude(Exists(Event.objects.filter(institution=night.institution, key=key)))


def _changes(night: Night, loans: Sequence[Loan]) -> list[Change]:
    """What happens to locked loans: a debit as far as the account holds money, or only the day."""
    with_money = DebitAccount.objects.filter(firm_id__in={loan.firm_id for loan in loans}, balance_fen__gt=0)
    accounts = {account.firm_id: account for account in with_money.select_for_update().order_by("pk")}
    rich = [loan for loan in loans if loan.firm_id in accounts]
    history = events_of(loan.pk for loan in rich)
    prefetch_related_objects(rich, Prefetch("contract", Contract.objects.defer("text", "terms")))
    changes, touched = [], []
    for loan in loans:
        event = None
        if loan.pk in history and (amount := min(accounts[loan.firm_id].balance_fen, owed_now(loan, history[loan.pk], night.day))) > 0:
            accounts[loan.firm_id].balance_fen -= amount
            touched.append(accounts[loan.firm_id])
            event = NewEvent("repayment", night.day, debit_key(loan, night.day), amount)
        if event is not None or (loan.next_action_date is not None and loan.next_action_date <= night.day):
            changes.append(Change(loan, "repayment" if event else "due", event))
    DebitAccount.objects.bulk_update(set(touched), ["balance_fen"])
    return changes


def reprice(night: Night) -> Figures:
    """New rates of loans that follow an index, where this is their day."""
    return _in_chunks(night, _repricing, _repricings)


def _repricing(night: Night) -> QuerySet[Loan]:
    return due_for_repricing(night.institution, night.day)


def _repricings(night: Night, loans: Sequence[Loan]) -> list[Change]:
    return repricings(night.day, loans)


def _in_chunks(night: Night, selection: Selection, changes: Changes | None = None, among: Iterable[int] | None = None) -> Figures:
    """Work through the selected loans; a loan that fails is set aside and does not hold up its chunk.

    `among`: numbers of the loans among which the selected are, where they are found more quickly.
    """
    aside = set(SetAside.objects.filter(institution=night.institution, date=night.day).values_list("loan_id", flat=True))
    selected = selection(night) if among is None else selection(night).filter(pk__in=list(among))
    ids = sorted(set(selected.values_list("pk", flat=True)) - aside)
    size = min(CHUNK, max(-(-len(ids) // night.workers), LEAST_CHUNK))  # a chunk for each worker, where there is enough to share
    chunks = [ids[start : start + size] for start in range(0, len(ids), size)]
    done = spread(partial(_chunk, night, selection, changes or _changes), chunks, night.workers)
    return {"loans": sum(loans for loans, _ in done), "set_aside": sum(failed for _, failed in done)}


def _chunk(night: Night, selection: Selection, changes: Changes, ids: Sequence[int]) -> tuple[int, int]:
    """How many loans of a chunk were worked, and how many were set aside."""
    try:
        return again_after_a_deadlock(partial(_work, night, selection, changes, ids)), 0
    except FAULTS_OF_A_LOAN:
        worked = failed = 0
        for loan_id in ids:
            try:
                worked += again_after_a_deadlock(partial(_work, night, selection, changes, [loan_id]))
            except FAULTS_OF_A_LOAN as fault:
                reason = f"{type(fault).__name__}: {fault}"
                SetAside.objects.create(institution=night.institution, loan_id=loan_id, date=night.day, reason=reason)
                failed += 1
        return worked, failed


def _work(night: Night, selection: Selection, changes: Changes, ids: Sequence[int]) -> int:
    with collector_at_rest(), transaction.atomic():
        if open_day(night.institution) != night.day:
            raise RuntimeError(f"{night.day} is no longer the open day: another day end is running")
        # The conditions again, under the lock: a clerk may have been at the loan since the selection.
        loans = list(selection(night).filter(pk__in=ids).select_for_update(no_key=True, of=("self",)).order_by("pk"))
        found = changes(night, loans)
        keep(night.institution, night.day, found, ACTOR)
        _no_longer_aside(night, {loan.pk for loan in loans})
        return len(found)


def _no_longer_aside(night: Night, loan_ids: set[int]) -> None:
    waiting = SetAside.objects.filter(institution=night.institution, resolved_at=None)
    if done := set(waiting.values_list("loan_id", flat=True)) & loan_ids:
        waiting.filter(loan_id__in=done).update(resolved_at=timezone.now())


def classes(night: Night) -> Figures:
    """The classes that can get worse today."""
    return dict(classify(night.institution, night.day, ACTOR, night.workers))


def notices(night: Night) -> Figures:
    """What borrowers are to be told goes into the outbox. Not by itself safe to repeat: its record is of the same transaction."""
    return tell(night.institution, night.day, night.workers)


def escalate(night: Night) -> Figures:
    """Cases that were not done in their time by the end of the day are told to whom the table of targets names."""
    return {"escalated": len(timing.escalate(night.institution, end_of_day(night.day), ACTOR))}


def provision(night: Night) -> Figures:
    """Expected credit loss of the month."""
    return provision_month_end(night.institution, night.day, ACTOR)


STEPS: dict[str, Callable[[Night], Figures]] = {
    "lines": lines,
    "settle": settle,
    "falls_due": falls_due,
    "collect": collect,
    "reprice": reprice,
    "classify": classes,
    "notices": notices,
    "escalate": escalate,
    "provision": provision,
}
