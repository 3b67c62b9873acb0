"""The borrower's statement (对账单): what was owed before, what happened, what is owed now.

Each movement is the difference of the loan's counters from before it to after it, as the books got it: interest and charges up to each
due day and event, then the event itself. What is entered late stands on the day on which it was entered, with the day it is true for
beside it, so that the closing of one statement is the opening of the next for ever.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta

from puhui.calculations.posting import Counters
from puhui.loans.keeping import events_of, fold_loan
from puhui.loans.models import Event, Loan
from puhui.loans.paying import closing_amount_on
from puhui.reports.documents.document import Document, Facts, Paper, Rows, Section, Text
from puhui.reports.documents.loan_facts import COMPONENTS, Known, borrower_facts, event_word, known, rate_on
from puhui.reports.documents.sums import check_equal
from puhui.reports.documents.words import percent
from puhui.reports.tables import Column, Table

__all__ = ["Movement", "Owing", "Statement", "check_adds_up", "kept_at", "owing", "statement", "statement_of"]

_ONE_DAY = timedelta(days=1)
# What the borrower hands over or gets back: Σ of these counters moves by the amount of the event.
_PAID = ("principal_repaid", "interest_paid", "penalty_paid", "fee_paid", "overpaid")
_MONEY_IN = ("repayment", "payoff")


@dataclass(frozen=True)
class Owing:
    """What is owed by component, in fen; `overpaid` is owed to the borrower. Of a movement: by how much each changes."""

    principal: int = 0
    interest: int = 0  # fallen due or not
    penalty: int = 0
    fee: int = 0
    overpaid: int = 0

    @property
    def total(self) -> int:
        return self.principal + self.interest + self.penalty + self.fee - self.overpaid

    def __add__(self, other: Owing) -> Owing:
        return Owing(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))

    def __sub__(self, other: Owing) -> Owing:
        return Owing(*(getattr(self, each.name) - getattr(other, each.name) for each in fields(self)))


def charged(counters: Counters) -> Owing:
    """All that was ever lent and charged."""
    return Owing(counters.lent, counters.interest_earned, counters.penalty_earned, counters.fee_due)


def settled(counters: Counters) -> Owing:
    """All that was ever paid and forgiven, and kept beyond that."""
    return Owing(
        counters.principal_repaid + counters.principal_waived,
        counters.interest_paid + counters.interest_waived,
        counters.penalty_paid + counters.penalty_waived,
        counters.fee_paid + counters.fee_waived,
        -counters.overpaid,
    )


def owing(counters: Counters) -> Owing:
    """What is owed after all of it."""
    return charged(counters) - settled(counters)


@dataclass(frozen=True)
class Movement:
    """One line: the day on which it was entered, the day it is true for, what it is, and what it changed.

    `money_fen`: what the borrower paid by it (below 0: got back); None where it is no payment. `paid_fen`: what the counters say of that.
    """

    day: date
    effective: date
    code: str
    change: Owing
    event: Event | None = None
    since: date | None = None
    money_fen: int | None = None
    paid_fen: int = 0


@dataclass(frozen=True)
class Statement:
    """From the morning after `since` − 1 to the morning after `until`."""

    number: str
    since: date
    until: date
    opening: Counters
    movements: tuple[Movement, ...]
    closing: Counters


def statement_of(loan: Loan, since: date, until: date) -> Statement:
    """The movements of the days from `since` to `until`, both included, as they were known day by day."""
    events = [event for event in events_of([loan.pk])[loan.pk] if event.known_on <= until]
    before = since - _ONE_DAY
    opening = _counters(loan, events, before, before)
    movements: list[Movement] = []
    reached, day_before = opening, before
    for day in _days(loan, events, since, until):
        reached_nights = _counters(loan, events, day, day - _ONE_DAY)
        movements += _charges(day_before, day, reached, reached_nights)
        reached = reached_nights
        for event in (each for each in events if each.known_on == day):
            after = _counters(loan, events, day, day, event.number)
            movements += _of_event(event, events, reached, after)
            reached = after
        day_before = day
    closing = _counters(loan, events, until, until)
    return Statement(loan.number, since, until, opening, tuple(movements), closing)


def _counters(loan: Loan, events: Sequence[Event], day: date, known_on: date, through: int | None = None) -> Counters:
    """The counters on the morning after `day`, by the events entered up to `known_on` and up to the number `through`."""
    seen = [each for each in events if each.known_on <= known_on and (through is None or each.number <= through)]
    return fold_loan(loan, seen, day).counters if seen and day >= loan.start else Counters()


def kept_at(loan: Loan, events: Sequence[Event], draw: Event) -> int:
    """The fee that was kept when a drawdown was paid out, in fen."""
    before, after = (_counters(loan, events, draw.known_on, draw.known_on, number).fee_paid for number in (draw.number - 1, draw.number))
    return after - before


def _days(loan: Loan, events: Sequence[Event], since: date, until: date) -> list[date]:
    """The days on which something was entered or fell due, and the last day."""
    days = {event.known_on for event in events} | {until}
    if events:
        days |= {row.due for row in fold_loan(loan, events, until).position.rows}
    return sorted(day for day in days if since <= day <= until)


_CHARGES = (("interest", "interest_earned"), ("penalty", "penalty_earned"), ("fee", "fee_due"))


def _charges(since: date, until: date, before: Counters, after: Counters) -> Iterator[Movement]:
    """What the nights brought and what fell due by agreement."""
    for component, counter in _CHARGES:
        amount = getattr(after, counter) - getattr(before, counter)
        if amount:
            yield Movement(until, until, f"charge_{component}", Owing(**{component: amount}), since=since)
    rest = (owing(after) - owing(before)) - Owing(**{name: getattr(after, key) - getattr(before, key) for name, key in _CHARGES})
    if rest != Owing():
        yield Movement(until, until, "applied", rest)


def _of_event(event: Event, events: Sequence[Event], before: Counters, after: Counters) -> Iterator[Movement]:
    """The event, and apart from it what it changed of interest, penalty and fees charged before."""
    lent = Owing(principal=after.lent - before.lent)
    corrected = charged(after) - charged(before) - lent
    change = lent - (settled(after) - settled(before))
    paid = sum(getattr(after, counter) - getattr(before, counter) for counter in _PAID)
    if event.type == "fee":
        change, corrected = change + corrected, Owing()
    yield Movement(event.known_on, event.date, "event", change, event, money_fen=_money(event, events), paid_fen=paid)
    if corrected != Owing():
        falls_due = event.type == "drawdown" and corrected == Owing(fee=corrected.fee)
        code, since = ("charge_fee", event.date) if falls_due else ("correction", None)
        yield Movement(event.known_on, event.date, code, corrected, since=since)


def _money(event: Event, events: Sequence[Event]) -> int | None:
    """What the borrower paid by an event, as the event itself says."""
    if event.type in _MONEY_IN:
        return event.amount_fen
    if event.type == "refund":
        return -(event.amount_fen or 0)
    if event.type == "reversal":
        undone = next((each for each in events if str(each.number) == str(event.detail.get("of"))), None)
        paid = None if undone is None else _money(undone, events)
        return None if paid is None else -paid
    return None


def check_adds_up(told: Statement) -> None:
    """Opening + movements = closing, component by component, and each payment is what its parts are. Raises DoesNotAddUpError."""
    reached = owing(told.opening)
    for movement in told.movements:
        reached += movement.change
    closing = owing(told.closing)
    pairs = [(each.name, getattr(reached, each.name), getattr(closing, each.name)) for each in fields(Owing)]
    pairs += [
        (f"event {movement.event.number}", movement.paid_fen, movement.money_fen)
        for movement in told.movements
        if movement.event is not None and movement.money_fen is not None
    ]
    check_equal(f"statement {told.number}", pairs)


def statement(paper: Paper, loan: Loan, since: date | None = None) -> Document:
    """The statement from `since` (default: the payout) to the day of the paper. Raises FaultsError, also where it does not add up."""
    found = known(loan, paper.as_of)
    told = statement_of(loan, since or min(event.known_on for event in found.events), paper.as_of)
    check_adds_up(told)
    period = paper.word("period", since=told.since, until=told.until)
    facts = Facts("loan", paper.word("loan"), (
        *borrower_facts(paper, loan.firm), paper.fact("loan_number", loan.number), paper.fact("contract_number", loan.contract.number),
        paper.fact("start", loan.start, "date"), paper.fact("rate", percent(rate_on(found))),
        paper.fact("currency", paper.institution.currency), paper.fact("period_told", period),
    ))  # fmt: skip
    sections: list[Section] = [
        facts,
        _summary(paper, told),
        _movements(paper, told),
        _standing(paper, found),
        Text((paper.word("statement_note"),)),
    ]
    return paper.document("statement", loan.number, sections, landscape=True)


def _summary(paper: Paper, told: Statement) -> Rows:
    """By component: opening, charged, paid, forgiven, closing."""
    columns = paper.columns(
        ("component", "text"), ("opening_fen", "fen"), ("charged_fen", "fen"), ("paid_fen", "fen"),
        ("forgiven_fen", "fen"), ("closing_fen", "fen"),
    )  # fmt: skip
    first, last = told.opening, told.closing
    keys = {"principal": ("principal_repaid", "principal_waived"), "interest": ("interest_paid", "interest_waived"),
            "penalty": ("penalty_paid", "penalty_waived"), "fee": ("fee_paid", "fee_waived")}  # fmt: skip
    rows = []
    for name in COMPONENTS:
        moved = getattr(charged(last), name) - getattr(charged(first), name)
        paid, waived = (getattr(last, key) - getattr(first, key) for key in keys[name])
        rows.append((paper.word(name), getattr(owing(first), name), moved, paid, waived, getattr(owing(last), name)))
    if first.overpaid or last.overpaid:
        rows.append((paper.word("overpaid"), -first.overpaid, 0, last.overpaid - first.overpaid, 0, -last.overpaid))
    check_equal(f"statement {told.number}", [(str(row[0]), row[1] + row[2] - row[3] - row[4], row[5]) for row in rows])
    sums = tuple(sum(int(row[index]) for row in rows) for index in range(1, len(columns)))
    table = Table("summary", paper.word("summary"), columns, (*rows, (paper.word("total"), *sums)))
    return Rows(table, frozenset({len(rows)}))


def _movements(paper: Paper, told: Statement) -> Rows:
    """Every movement with what is owed after it, between the opening and the closing."""
    overpaid = bool(told.opening.overpaid or told.closing.overpaid or any(each.change.overpaid for each in told.movements))
    names = (*COMPONENTS, "overpaid") if overpaid else COMPONENTS
    columns = (
        *paper.columns(("day", "date"), ("effective", "date"), ("what", "text")),
        *(Column(f"{name}_fen", paper.word(name), "fen") for name in names),
        *paper.columns(("change_fen", "fen"), ("owed_after_fen", "fen")),
    )
    owed_now = owing(told.opening)
    rows = [(told.since, None, paper.word("opening"), *(getattr(owed_now, name) for name in names), None, owed_now.total)]
    for each in told.movements:
        owed_now += each.change
        parts = tuple(getattr(each.change, name) or None for name in names)
        effective = each.effective if each.effective != each.day else None
        rows.append((each.day, effective, _what(paper, each), *parts, each.change.total, owed_now.total))
    closing = owing(told.closing)
    rows.append((told.until, None, paper.word("closing"), *(getattr(closing, name) for name in names), None, closing.total))
    return Rows(Table("movements", paper.word("movements"), columns, tuple(rows)), frozenset({0, len(rows) - 1}))


def _what(paper: Paper, movement: Movement) -> str:
    if movement.event is not None:
        return f"{event_word(paper, movement.event)} ({paper.word('event_number', number=movement.event.number)})"
    if movement.since is not None:
        return paper.word(movement.code, since=movement.since, until=movement.day)
    return paper.word(movement.code)


def _standing(paper: Paper, found: Known) -> Facts:
    """What is due, what comes next, and what would close the loan (nothing where that is not settled)."""
    folded = found.fold
    late = (found.day - folded.overdue_since).days if folded.overdue_since else 0
    next_due, next_due_fen = folded.next_due
    return Facts("standing", paper.word("standing"), (
        paper.fact("due_unpaid_fen", folded.owed, "fen", "due_unpaid"), paper.fact("days_past_due", late, "count"),
        paper.fact("next_due", next_due, "date"), paper.fact("next_due_fen", next_due_fen if next_due else None, "fen", "next_due_amount"),
        paper.fact("to_close_fen", _to_close(found), "fen", "to_close"),
        paper.fact("status", paper.word(f"status_{folded.position.status}")),
    ))  # fmt: skip


def _to_close(found: Known) -> int | None:
    return 0 if found.fold.position.status == "closed" else closing_amount_on(found.loan, found.day, found.events)
