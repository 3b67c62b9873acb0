"""All reads of loans. What is owed is read from the fold; what stands beside it in the tables is for lists and sums."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from puhui.calculations.events import Event as CalculationEvent
from puhui.calculations.position import Position
from puhui.calculations.posting import Counters
from puhui.loans.fold import Fold, terms_of
from puhui.loans.keeping import counters_at, events_of, fold_loan, happened
from puhui.loans.models import Contract, DebitAccount, Event, Loan
from puhui.loans.paying import closing_amount_on
from puhui.loans.searching import holding
from puhui.parties.models import Firm, Institution, User
from puhui.parties.queries import limit_to_user

CHUNK = 5_000


def contracts(user: User, status: str | None = None) -> QuerySet[Contract]:
    """Contracts that a user may see, newest first, with firm, conditions and signatures."""
    rows = limit_to_user(Contract.objects.all(), user, firm="firm_id").select_related("firm", "institution", "offer")
    rows = rows.filter(status=status) if status else rows
    return rows.prefetch_related("conditions", "signatures").order_by("-pk")


def contract(user: User, contract_id: int) -> Contract:
    """One contract with its decision. Raises Contract.DoesNotExist."""
    return contracts(user).select_related("decision", "rate_link").get(pk=contract_id)


def loans(user: User, filters: Mapping[str, str] | None = None) -> QuerySet[Loan]:
    """Loans that a user may see, those past due first. Filters: `status`, `text` (part of number or firm's name: loans/searching.py)."""
    rows = limit_to_user(Loan.objects.all(), user, firm="firm_id").select_related("firm", "contract", "institution")
    filters = filters or {}
    if status := filters.get("status"):
        rows = rows.filter(status=status)
    if text := filters.get("text", "").strip():
        rows = holding(rows, user.institution_id or 0, text)
    return rows.order_by("overdue_since", "-pk")


def loan(user: User, loan_id: int) -> Loan:
    """One loan with its instalments and events. Raises Loan.DoesNotExist."""
    return loans(user).prefetch_related("instalments", "events").get(pk=loan_id)


def debit_account(firm: Firm) -> DebitAccount | None:
    return DebitAccount.objects.filter(firm=firm).first()


@dataclass(frozen=True)
class Owed:
    """What is owed on a loan on a day, in fen, and what comes next."""

    as_of: date
    principal_fen: int
    interest_due_fen: int
    penalty_fen: int
    fee_fen: int
    due_fen: int  # due and unpaid, all together
    accrued_fen: int  # earned and not yet due
    to_close_fen: int | None  # None where the terms leave open what closes the loan on such a day
    next_due: date | None
    next_due_fen: int  # of the schedule alone: penalty that runs is in due_fen
    days_past_due: int
    status: str

    @property
    def most_fen(self) -> int:
        """The most that may be taken: what closes the loan, or what is due where that is not known."""
        return self.due_fen if self.to_close_fen is None else self.to_close_fen


def owed_of_each(loans: Sequence[Loan], day: date) -> dict[int, Owed]:
    """Loan → what is owed on it, as `owed`; one query for the events of all of them."""
    history = events_of(loan.pk for loan in loans)
    return {loan.pk: owed(loan, day, history[loan.pk]) for loan in loans}


def owed(loan: Loan, day: date, history: Sequence[Event] | None = None) -> Owed:
    """What is owed on the open day `day` or an earlier one, from the fold of the loan's events (`history`, where they were read)."""
    return dossier(loan, day, events=history).owed


def _owed(folded: Fold, day: date, to_close_fen: int | None) -> Owed:
    counters = folded.counters
    next_due, next_due_fen = folded.next_due
    return Owed(
        as_of=day,
        principal_fen=counters.principal,
        interest_due_fen=counters.interest_receivable,
        penalty_fen=counters.penalty_receivable,
        fee_fen=counters.fee_receivable,
        due_fen=folded.owed,
        accrued_fen=counters.accrued_interest,
        to_close_fen=to_close_fen,
        next_due=next_due,
        next_due_fen=next_due_fen,
        days_past_due=(day - folded.overdue_since).days if folded.overdue_since else 0,
        status=folded.position.status,
    )


@dataclass(frozen=True)
class StatementLine:
    """One event on a borrower's statement: what it paid, and what was left of the principal after it."""

    event: Event
    parts_fen: dict[str, int]  # component → amount
    principal_after_fen: int
    is_reversed: bool


def statement(loan: Loan) -> list[StatementLine]:
    """The loan's history, oldest first; each payment with its parts. One fold, whatever the number of events."""
    events = events_of([loan.pk])[loan.pk]
    day = max([loan.state_date, *(event.date for event in events)])
    return statement_lines(events, fold_loan(loan, events, day).position)


def statement_lines(events: Sequence[Event], position: Position) -> list[StatementLine]:
    """The history that a position was folded from, oldest first."""
    parts: dict[str, dict[str, int]] = {}
    for each in position.allocations:
        of_event = parts.setdefault(each.id or "", {})
        of_event[each.component] = of_event.get(each.component, 0) + each.amount
    undone = {str(event.detail.get("of")) for event in events if event.type == "reversal"}
    lines, principal = [], 0
    for event in events:
        of_event = parts.get(str(event.number), {})
        principal += (event.amount_fen or 0) if event.type == "drawdown" else -of_event.get("principal", 0)
        lines.append(StatementLine(event, of_event, principal, str(event.number) in undone))
    return lines


@dataclass(frozen=True)
class Dossier:
    """A loan as of a day with the events that this was told from."""

    loan: Loan
    day: date
    events: tuple[Event, ...]
    fold: Fold
    to_close_fen: int | None

    @property
    def owed(self) -> Owed:
        """What is owed, in fen."""
        return _owed(self.fold, self.day, self.to_close_fen)

    @property
    def statement(self) -> list[StatementLine]:
        """What happened, oldest first."""
        return statement_lines(self.events, self.fold.position)

    @property
    def happened(self) -> tuple[CalculationEvent, ...]:
        """The events as the calculators take them."""
        return happened(terms_of(self.loan.terms), self.events, self.day)


def dossier(loan: Loan, day: date, known_on: date | None = None, events: Sequence[Event] | None = None) -> Dossier:
    """A loan as of `day` (from its start on), by the events entered up to `known_on` (all where None). `events`: where they were read."""
    every = events_of([loan.pk])[loan.pk] if events is None else events
    known = tuple(event for event in every if event.date <= day and (known_on is None or event.known_on <= known_on))
    folded = fold_loan(loan, known, day)
    ended = folded.position.status in ("closed", "undrawn")
    return Dossier(loan, day, known, folded, 0 if ended else closing_amount_on(loan, day, known))


def fold_as_known(loan: Loan, day: date, known_on: date | None) -> Fold:
    """The loan as of `day`, by the events entered up to `known_on` (all of them where None)."""
    events = [event for event in events_of([loan.pk])[loan.pk] if known_on is None or event.known_on <= known_on]
    return fold_loan(loan, events, day)


@dataclass(frozen=True)
class Standing:
    """Where one loan stands after the day end of a day."""

    loan: Loan
    counters: Counters
    days_past_due: int

    @property
    def principal_fen(self) -> int:
        return self.counters.principal


def standings(institution: Institution, as_of: date, changed_since: bool = False) -> Iterator[Standing]:
    """All loans drawn by `as_of` as the books of that day knew them, closed ones included; or only those that changed since.

    Where nothing happened to a loan since, its stored state is enough. Any other is replayed from the events that were entered by
    then, so that a report of a past day does not change when a payment comes later or is backdated into it.
    """
    rows = Loan.objects.filter(institution=institution, start__lte=as_of).select_related("firm").order_by("pk")
    rows = rows.filter(state_date__gt=as_of) if changed_since else rows
    ids = list(rows.values_list("pk", flat=True))
    for start in range(0, len(ids), CHUNK):
        chunk = list(rows.filter(pk__in=ids[start : start + CHUNK]))
        history = events_of(loan.pk for loan in chunk if loan.state_date > as_of)
        for loan in chunk:
            if loan.state_date <= as_of:
                yield Standing(loan, counters_at(loan, as_of), _days(loan.overdue_since, as_of))
                continue
            folded = fold_loan(loan, [event for event in history[loan.pk] if event.known_on <= as_of], as_of)
            yield Standing(loan, folded.counters, _days(folded.overdue_since, as_of))


def _days(overdue_since: date | None, day: date) -> int:
    return max((day - overdue_since).days, 0) if overdue_since else 0
