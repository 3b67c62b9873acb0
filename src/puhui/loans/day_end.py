"""The day end: what a day's passing does to loans, once, whatever is cut off in the middle.

Steps of a day D, in order:
  settle     dues compiled ahead are debited in full by the database alone (settling.py), partition by partition
  falls_due  the other loans with something to happen by D (a due date, a change of state) are folded up to D
  collect    what is due is debited from the borrowers' accounts as far as they hold money
  accrue     the night's interest of all other loans goes into the books as one total per product, and D+1 becomes the open day, both
             at one moment
  expire     offers whose last day was D are closed, and what they reserved is free again
  close      the books of D are sealed, while others post to D+1

Only loans on which something happens are touched. Loans are worked in chunks, each a transaction of its own; a step that is done is
recorded, a chunk that is done no longer matches its selection, debits carry a key made of loan and day. So a day end that was killed
goes on where it stopped when it is run again. A loan that cannot be processed is set aside with its reason and the rest goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from importlib.resources import files
from typing import Any

from django.db import connection, transaction
from django.db.models import BigIntegerField, Count, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from puhui.books.actions import EntryDraft, anchor_newest_day, close_day, lock_day, open_day, post_many
from puhui.calculations.faults import Fault, FaultsError
from puhui.calculations.posting import Counters, transfers
from puhui.decisions.actions import expire_offers
from puhui.loans import settling
from puhui.loans.actions import debit_key
from puhui.loans.keeping import FAULTS_OF_A_LOAN, Change, NewEvent, events_of, keep, night_of, owed_now
from puhui.loans.models import DayEndStep, DebitAccount, Event, Loan, SetAside
from puhui.parties.actions import record_audit
from puhui.parties.models import Institution

CHUNK = 2_000
ACTOR = "day end"
Progress = Callable[[date, str, int], None]


def run(institution: Institution, until: date, actor: str, progress: Progress | None = None) -> list[dict[str, Any]]:
    """Close every open day up to and including `until`; one dict of figures a day.

    Raises FaultsError when `until` is before the open day and closed already or lies beyond 400 days.
    """
    institution.refresh_from_db()
    if not institution.business_date - timedelta(days=1) <= until < institution.business_date + timedelta(days=400):
        expected = f"{institution.business_date} or up to 400 days later"
        raise FaultsError([Fault("date", until.isoformat(), expected, f"The open day is {institution.business_date}.")])
    figures = []
    _close_what_was_left(institution, actor)
    while institution.business_date <= until:
        figures.append(run_day(institution, actor, progress))
    anchor_newest_day(institution)  # where a run was killed between closing a day and anchoring it
    return figures


def run_day(institution: Institution, actor: str, progress: Progress | None = None) -> dict[str, Any]:
    """Carry the open day to its end, going on where an earlier run stopped."""
    day = institution.business_date
    tell = progress or (lambda day, step, count: None)
    figures: dict[str, Any] = {"date": day.isoformat()}
    for name, step in (("settle", settle), ("falls_due", falls_due), ("collect", collect)):
        done = DayEndStep.objects.filter(institution=institution, date=day, step=name).first()
        figures[name] = done.figures if done else _finish(institution, day, name, step(institution, day))
        tell(day, name, figures[name].get("loans", 0))
    figures["accrue"] = accrue(institution, day, actor)
    tell(day, "accrue", figures["accrue"]["loans"])
    institution.refresh_from_db()
    figures["expired_offers"] = expire_offers(institution, actor)  # not recorded as a step: a later day's end makes up for it
    _close_what_was_left(institution, actor)
    return figures


def _finish(institution: Institution, day: date, step: str, figures: dict[str, Any]) -> dict[str, Any]:
    done = DayEndStep(institution=institution, date=day, step=step, figures=figures)
    DayEndStep.objects.bulk_create([done], ignore_conflicts=True)
    return figures


def _close_what_was_left(institution: Institution, actor: str) -> None:
    """Seal the day before the open one, unless that is done: also after a run that was cut off between the two."""
    day = institution.business_date - timedelta(days=1)
    done = set(DayEndStep.objects.filter(institution=institution, date=day).values_list("step", flat=True))
    if "accrue" in done and "close" not in done:
        with transaction.atomic():
            closed = close_day(institution, day, actor)
            _finish(institution, day, "close", {"entries": closed.entry_count, "transfers": closed.transfer_count})


def settle(institution: Institution, day: date) -> dict[str, Any]:
    """Debit what was compiled ahead. A chunk that the database refuses is left to the fold, which sets the loan aside that is at fault."""
    done, refused = settling.Settlement(), []
    for portion in settling.portions(institution, day):
        try:
            done += settling.settle(institution, day, portion, ACTOR)
        except FAULTS_OF_A_LOAN as fault:
            refused.append(f"{type(fault).__name__}: {fault}")
    return {"loans": done.loans, "amount_fen": done.amount_fen, "refused": refused}


def falls_due(institution: Institution, day: date) -> dict[str, Any]:
    """Fold the loans on which something happens by `day`."""
    due = Loan.objects.filter(institution=institution, next_action_date__lte=day)
    return _in_chunks(institution, day, due, lambda loans: [Change(loan, "due") for loan in loans])


def collect(institution: Institution, day: date) -> dict[str, Any]:
    """Debit what is due and unpaid from the borrowers' accounts, oldest loan first, as far as the money goes."""
    unpaid = Q(overdue_since__lte=day) | Q(penalty_earned_fen__gt=F("penalty_paid_fen"))
    owing = Loan.objects.filter(unpaid, institution=institution, firm__debit_account__balance_fen__gt=0)
    owing = owing.exclude(events__key__endswith=f":debit:{day}")
    figures = _in_chunks(institution, day, owing, lambda loans: _debits(loans, day))
    # Counted from what is there: an earlier run may have been cut off after some of it.
    debits = Event.objects.filter(institution=institution, known_on=day, key__endswith=f":debit:{day}")
    total = debits.aggregate(loans=Count("pk"), amount_fen=Coalesce(Sum("amount_fen"), 0, output_field=BigIntegerField()))
    return {**figures, **total}


def _debits(loans: Sequence[Loan], day: date) -> list[Change]:
    accounts = {
        account.firm_id: account
        for account in DebitAccount.objects.select_for_update().filter(firm_id__in={loan.firm_id for loan in loans}).order_by("pk")
    }
    history = events_of(loan.pk for loan in loans)
    changes = []
    for loan in loans:
        account = accounts[loan.firm_id]
        amount = min(account.balance_fen, owed_now(loan, history[loan.pk], day))
        if amount > 0:
            account.balance_fen -= amount
            changes.append(Change(loan, "repayment", NewEvent("repayment", day, debit_key(loan, day), amount)))
    DebitAccount.objects.bulk_update(accounts.values(), ["balance_fen"])
    return changes


def _in_chunks(
    institution: Institution, day: date, selection: QuerySet[Loan], changes_of: Callable[[Sequence[Loan]], list[Change]]
) -> dict[str, Any]:
    """Work through the selected loans; a loan that fails is set aside and does not hold up its chunk."""
    figures = {"loans": 0, "set_aside": 0}
    aside = set(SetAside.objects.filter(institution=institution, date=day).values_list("loan_id", flat=True))
    for ids in _chunks(selection, aside):
        try:
            figures["loans"] += _work(institution, day, ids, selection, changes_of)
        except FAULTS_OF_A_LOAN:
            for loan_id in ids:
                try:
                    figures["loans"] += _work(institution, day, [loan_id], selection, changes_of)
                except FAULTS_OF_A_LOAN as fault:
                    SetAside.objects.create(institution=institution, loan_id=loan_id, date=day, reason=f"{type(fault).__name__}: {fault}")
                    figures["set_aside"] += 1
    return figures


def _chunks(selection: QuerySet[Loan], aside: set[int]) -> Iterator[list[int]]:
    ids = sorted(set(selection.values_list("pk", flat=True)) - aside)
    for start in range(0, len(ids), CHUNK):
        yield ids[start : start + CHUNK]


def _work(
    institution: Institution, day: date, ids: Sequence[int], selection: QuerySet[Loan], changes_of: Callable[[Sequence[Loan]], list[Change]]
) -> int:
    with transaction.atomic():
        if open_day(institution) != day:
            raise RuntimeError(f"{day} is no longer the open day: another day end is running")
        # The conditions again under the lock: a clerk may have been at the loan since the selection.
        matching = set(selection.filter(pk__in=ids).values_list("pk", flat=True))
        locked = Loan.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=matching).order_by("pk")
        changes = changes_of(list(locked.select_related("contract")))
        keep(institution, day, changes, ACTOR)
        SetAside.objects.filter(loan_id__in=matching, resolved_at=None).update(resolved_at=timezone.now())
        return len(changes)


@transaction.atomic
def accrue(institution: Institution, day: date, actor: str) -> dict[str, Any]:
    """Book the night's interest of the loans that nothing happened to and open the next day, in one transaction.

    Both together, so that at any moment the books stand at the day before the open one for every loan.
    """
    if lock_day(institution) != day:
        done: dict[str, Any] = DayEndStep.objects.get(institution=institution, date=day, step="accrue").figures
        return done
    totals = _rows("accrue", institution, day)
    nothing = Counters()
    drafts = [
        EntryDraft(
            act="accrual",
            effective_date=day,
            transfers=transfers(nothing, night_of(nothing, "non_accrual" if suspended else "performing", interest, penalty)),
            loan_id=None,
            event_id=None,
            reference=product_code,
            branch_id=branch_id,
            product_code=product_code,
        )
        for branch_id, product_code, suspended, interest, penalty, _ in totals
        if interest or penalty
    ]
    post_many(institution, drafts, recorded_by=actor)
    figures: dict[str, Any] = {
        "loans": sum(row[5] for row in totals),
        "interest_fen": sum(row[3] for row in totals),
        "penalty_fen": sum(row[4] for row in totals),
        "book": _rows("book", institution, day),  # days past due, loans, principal: what series over time are drawn from
    }
    _finish(institution, day, "accrue", figures)
    record_audit(institution, actor, "day.ended", "institution", institution.pk, {"date": day.isoformat()})
    Institution.objects.filter(pk=institution.pk).update(business_date=day + timedelta(days=1))
    institution.refresh_from_db()
    return figures


def _rows(name: str, institution: Institution, day: date) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            files("puhui.loans").joinpath(f"sql/{name}.sql").read_text(encoding="utf-8"), {"institution": institution.pk, "day": day}
        )
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
