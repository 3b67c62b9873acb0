"""Credit lines (随借随还) whose draws keep dues of their own: each draw is a note by the terms agreed, counted from its own day.

Nothing is calculated here that a loan does not know: each draw is replayed as a loan, and this module only tells which draw an event
touches. A repayment pays what is due first, the oldest due date first whatever the draw; what is left goes early to principal where
one draw alone has any. Where the agreement does not tell which draw takes the money, the document is refused and the event named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise

from puhui.calculations.calendar import add_months
from puhui.calculations.day_count import MONTH
from puhui.calculations.events import Event, in_effect
from puhui.calculations.faults import Fault, FaultsError
from puhui.calculations.line_shares import Owed, shares_of_payment
from puhui.calculations.money import amount_text
from puhui.calculations.periods import Period, periods_of, unsettled
from puhui.calculations.position import Flow, Position, Row
from puhui.calculations.rates import in_force
from puhui.calculations.replay import pay_up_to, payoff_amount, replay, walk
from puhui.calculations.schedule import scheduled
from puhui.calculations.term_records import Line, Terms

__all__ = ["OwnDues", "line_faults", "monthly_grid", "own_dues"]

_SUMS = ("principal", "accrued_exact", "accrued_interest", "overdue", "running_cost", "overpaid")
_OF_ALL = ("termination", "write_off")
_OF_ONE = ("fee", "waiver", "refund", "misuse")


@dataclass(frozen=True, slots=True)
class OwnDues:
    """The rows of all draws, draw by draw, with the id of each row's draw; `position` is None without `as_of`."""

    rows: tuple[Row, ...]
    drawdowns: tuple[str | None, ...]
    position: Position | None
    flows: tuple[Flow, ...]
    unsettled: tuple[Fault, ...]


@dataclass
class Draw:
    """One draw: its terms as a loan, and the events that touch it."""

    id: str | None
    terms: Terms
    events: list[Event] = field(default_factory=list)
    owed: tuple[int, int] = (-1, 0)
    """(events so far, principal after them): it changes by events alone, where nothing is taken as paid when due."""
    repaid: bool = False

    def position(self, day: date) -> Position:
        """Where it stands on the morning after the events of `day` so far."""
        return replay(self.terms, self.events, day)

    def principal(self, day: date, paid_when_due: bool) -> int:
        """Principal outstanding on `day`."""
        if not paid_when_due:
            if self.owed[0] != len(self.events):
                self.owed = (len(self.events), self.position(day).principal)
            return self.owed[1]
        if not self.repaid:
            loan, _, payments = walk(self.terms, self.events, None, pay_when_due=True)
            pay_up_to(loan, day, payments)
            self.repaid = loan.undue == 0
        return 0 if self.repaid else loan.undue

    @property
    def last_due(self) -> date:
        """The last due date as agreed, wherever a day off moves it."""
        return periods_of(replace(self.terms, business_days=None))[-1].due


def line_faults(terms: Terms, events: Sequence[Event]) -> list[Fault]:
    """What is wrong with the events of a line before any figure is looked at."""
    assert terms.line is not None
    drawdowns = [(index, event) for index, event in enumerate(events) if event.type == "drawdown"]
    faults = []
    if not drawdowns and not terms.line.amount_given:
        faults.append(Fault("amount", "nothing, and no drawdown", "the amount drawn on the start, or drawdowns among the events"))
    if not terms.line.pooled and len(drawdowns) > 1:
        expected = "the id of each drawdown, which its rows name"
        faults += [Fault(f"events[{index}].id", "nothing", expected) for index, event in drawdowns if event.id is None]
    faults += [
        Fault(f"events[{index}].type", event.type, "another type: not settled for a line")
        for index, event in enumerate(events)
        if event.type == "reschedule"
    ]
    return faults


def own_dues(terms: Terms, events: Sequence[Event], as_of: date | None) -> OwnDues:
    """All draws of a line whose draws keep their own dues. Raises FaultsError where a figure is not settled."""
    if as_of is not None and as_of < terms.start:
        raise unsettled("as_of", as_of, f"a date from the start {terms.start} on")
    numbered = in_effect(events)
    ordered = [event for _, event in numbered]
    if as_of is not None and any(event.date > as_of for event in ordered):
        late = next(event.date for event in ordered if event.date > as_of)
        raise unsettled("events.date", late, f"a date up to as_of, {as_of}")
    drawdowns = [event for event in ordered if event.type == "drawdown"]
    if not drawdowns:
        if any(event.type == "drawdown" for event in events):
            raise unsettled("events", "every drawdown reversed", "a drawdown that stands: without any, the whole amount counts as drawn")
        numbered.insert(0, (-1, Event(terms.start, "drawdown", terms.amount)))
    keeper = _Keeper(terms, [event for _, event in numbered], as_of is None)
    for index, event in numbered:
        try:
            keeper.take(event)
        except FaultsError as refused:
            raise FaultsError(refused.faults, [index] * len(refused.faults)) from refused
    return _without_state(keeper.draws) if as_of is None else _with_state(terms, keeper, as_of)


class _Keeper:
    """Hands each event to the draws that it touches."""

    def __init__(self, terms: Terms, ordered: Sequence[Event], paid_when_due: bool) -> None:
        assert terms.line is not None
        self.terms = terms
        self.line: Line = terms.line
        self.paid_when_due = paid_when_due
        self.draws: list[Draw] = []
        self.drawn = 0
        self.ended_on: date | None = None
        self.count = sum(event.type == "drawdown" for event in ordered)
        self.rates = _rates(terms, ordered)
        self.pauses = [event for event in ordered if event.type == "pause"]

    def take(self, event: Event) -> None:
        """One event, after all before it."""
        if self.ended_on is not None and event.type == "drawdown":
            raise unsettled("events.date", event.date, f"a drawdown before the line was paid off or ended, {self.ended_on}")
        if event.type == "drawdown":
            self._draw(event)
        elif event.type == "pause" or event.type == "rate_change":
            self._to_running(event)
        elif event.type == "repayment":
            self._repay(event)
        elif event.type == "payoff":
            self._pay_off(event)
        elif event.type in _OF_ALL:
            for draw in self._owing(event):
                draw.events.append(event)
            self.ended_on = event.date
        else:
            self._one(event).events.append(event)

    def _draw(self, event: Event) -> None:
        day, line, exponent = event.date, self.line, self.terms.exponent
        if day >= line.until:
            raise unsettled("events.date", day, f"a drawdown before {line.until}, until which the line runs")
        balance = event.amount + sum(draw.principal(day, self.paid_when_due) for draw in self.draws)
        if balance > line.limit:
            found = f"a balance of {amount_text(balance, exponent)} on {day}"
            raise unsettled("line.limit", found, f"a balance of at most the limit, {amount_text(line.limit, exponent)}")
        self.drawn += event.amount
        if self.terms.amount < line.limit and self.drawn > self.terms.amount:
            found = f"drawdowns of {amount_text(self.drawn, exponent)} by {day}"
            expected = f"at most the amount, {amount_text(self.terms.amount, exponent)}, where it is below the limit (or no amount)"
            raise unsettled("events.amount", found, expected)
        self._fees_settled(event)
        _index_settled(self.terms, day)
        draw = Draw(event.id, self._draw_terms(day, event.amount))
        if draw.last_due > line.until:
            found = f"a draw of {day} with a last due date of {draw.last_due}"
            raise unsettled("line.until", found, f"dues up to {line.until}")
        for pause in self.pauses:
            if pause.date <= day and pause.until is not None and pause.until >= day:
                draw.events.append(replace(pause, date=day))
        self.draws.append(draw)

    def _draw_terms(self, day: date, amount: int) -> Terms:
        before = [rate for since, rate in self.rates if since <= day]
        planned = [(since, rate) for since, rate in self.terms.rates if since > day]
        return replace(self.terms, line=None, amount=amount, start=day, rates=((day, before[-1]), *planned))

    def _fees_settled(self, event: Event) -> None:
        whole = self.count == 1 and event.amount == self.terms.amount and event.date == self.terms.start
        for index, fee in enumerate(self.terms.fees):
            of_the_draw = fee.when == "drawdown" and fee.of == "principal"
            if not whole and not of_the_draw and (fee.when != "instalment" or fee.of == "amount"):
                found = "a fee of the whole loan, with draws that have dues of their own"
                raise unsettled(f"fees[{index}]", found, "one draw of the whole amount on the start: not settled otherwise")

    def _to_running(self, event: Event) -> None:
        for draw in self.draws:
            if draw.terms.start < event.date and self._runs(draw, event.date):
                draw.events.append(event)

    def _runs(self, draw: Draw, day: date) -> bool:
        """Whether anything runs on a draw: what is overdue follows a new rate after its last due date as well."""
        if self.paid_when_due or day < draw.last_due:
            return day < draw.last_due and draw.principal(day, self.paid_when_due) > 0
        return draw.position(day).status != "closed"

    def _owing(self, event: Event) -> list[Draw]:
        day = event.date
        if self.paid_when_due:
            owing = [draw for draw in self.draws if draw.principal(day, True)]
        else:
            owing = [draw for draw in self.draws if draw.position(day).status != "closed"]
        if not owing:
            raise unsettled("events.date", day, f"a {event.type} of a line on which something is owed")
        return owing

    def _one(self, event: Event) -> Draw:
        if event.type not in _OF_ONE:
            raise unsettled("events.type", event.type, "another type: not settled for a line whose draws have their own dues")
        owing = self._owing(event)
        if len(owing) > 1:
            found = f"a {event.type} on {event.date} with {len(owing)} draws owing"
            raise unsettled("events", found, "one draw that owes: which of them it touches is not settled")
        return owing[0]

    def _pay_off(self, event: Event) -> None:
        owing = self._owing(event)
        if event.amount and self.paid_when_due:
            raise unsettled("events.amount", "an amount of a payoff without as_of", "none, or an as_of: not supported for such a line")
        if event.amount:
            needed = sum(payoff_amount(draw.terms, draw.events, event.date) for draw in owing)
            if needed != event.amount:
                exact = amount_text(needed, self.terms.exponent)
                expected = f"{exact}, exactly what closes the line on {event.date}"
                raise unsettled("events.amount", amount_text(event.amount, self.terms.exponent), expected)
        for draw in owing:
            draw.events.append(replace(event, amount=0))
        self.ended_on = event.date

    def _repay(self, event: Event) -> None:
        day = event.date
        if self.paid_when_due:
            if any(period.due == day for draw in self.draws for period in periods_of(draw.terms)):
                found = f"nothing, with a repayment on the due date {day}"
                raise unsettled("as_of", found, "a date: without it all is taken as paid when due, and this may be the same money")
            owed = [Owed((), 0, draw.principal(day, True), "performing") for draw in self.draws]
        else:
            owed = [_owed(draw, day) for draw in self.draws]
        for draw, amount in zip(self.draws, shares_of_payment(self.terms, owed, event), strict=True):
            if amount:
                draw.events.append(replace(event, amount=amount))


def _owed(draw: Draw, day: date) -> Owed:
    """What a draw owes on `day`, by due date, and its principal that is not due."""
    position = draw.position(day)
    if position.status == "closed":
        return Owed((), 0, 0, position.status)
    dues = [(row.due, row.outstanding) for row in position.rows if row.due <= day and row.outstanding > 0]
    under_way = next((row for row in position.rows if row.due > day), None)
    running = 0
    if under_way is not None:
        running = sum(under_way.owed(component) for component in ("fee", "penalty", "compound"))
    due_principal = sum(row.owed("principal") for row in position.rows if row.due <= day)
    return Owed(tuple(dues), running, position.principal - due_principal, position.status)


def _rates(terms: Terms, ordered: Sequence[Event]) -> list[tuple[date, int]]:
    """The contract rate of the line over time, with the new rates that events brought."""
    changes = [(event.date, event.rate_e8) for event in ordered if event.type == "rate_change" and event.rate_e8 is not None]
    rates = sorted([*terms.rates, *changes], key=lambda change: change[0])
    if any(first[0] >= second[0] or first[1] == second[1] for first, second in pairwise(rates)):
        raise unsettled("events", "rate_change", "a rate that differs from the one before, each on its own day after the start")
    return rates


def _index_settled(terms: Terms, day: date) -> None:
    """Refuse a draw whose rate depends on whether the index is read by the line's days or by its own."""
    assert terms.line is not None
    index = terms.line.index
    if index is None or day == terms.start:
        return
    published = [value for on, value in index.published if on < day]
    settled = bool(published) and in_force(terms.rates, day) == published[-1] + in_force(index.spreads, day)
    if index.on_anniversary and any(on >= day for on, _ in index.published):
        months = (day.year - terms.start.year) * 12 + day.month - terms.start.month
        settled = settled and months % index.months == 0 and add_months(terms.start, months) == day and day.day <= 28
    if not settled:
        found = f"a draw on {day} under a rate that follows an index"
        raise unsettled("rate_link", found, "a draw on a repricing day: whether it takes the line's rate or one of its own is not settled")


def monthly_grid(terms: Terms) -> tuple[Period, ...]:
    """Whole months from the start to past the end of the line, for the monthly internal rate of flows on such days."""
    assert terms.line is not None
    days = [terms.start]
    while days[-1] < terms.line.until:
        days.append(add_months(terms.start, len(days), terms.month_end))
    pairs = enumerate(pairwise(days), 1)
    return tuple(Period(number, start, due, MONTH, "days", terms.day_count, terms.day_label, 1) for number, (start, due) in pairs)


def _without_state(draws: Sequence[Draw]) -> OwnDues:
    rows: list[Row] = []
    names: list[str | None] = []
    flows: list[Flow] = []
    faults: list[Fault] = []
    for draw in draws:
        own, paid, loan = scheduled(draw.terms, draw.events)
        rows += own
        names += [draw.id] * len(own)
        flows += paid
        faults += loan.unsettled
    return OwnDues(tuple(rows), tuple(names), None, tuple(flows), tuple(faults))


def _with_state(terms: Terms, keeper: _Keeper, as_of: date) -> OwnDues:
    positions = [draw.position(as_of) for draw in keeper.draws]
    rows = tuple(row for position in positions for row in position.rows)
    names = tuple(draw.id for draw, position in zip(keeper.draws, positions, strict=True) for _ in position.rows)
    payments = tuple(flow for position in positions for flow in position.payments)
    faults = [fault for position in positions for fault in position.unsettled]
    worst = max(positions, key=lambda position: (position.days_past_due, position.status != "closed"))
    together = replace(
        worst,
        rows=rows,
        payments=payments,
        unsettled=(),
        running=None,
        allocations=(),
        overdue_since=min((position.overdue_since for position in positions if position.overdue_since is not None), default=None),
        next_due=min((position.next_due for position in positions if position.next_due is not None), default=None),
        **{name: sum(getattr(position, name) for position in positions) for name in _SUMS},
    )
    assert terms.line is not None
    if together.status == "closed" and keeper.ended_on is None and as_of < terms.line.until:
        found = f"{as_of}, with nothing owed on a line that runs until {terms.line.until}"
        faults.append(Fault("as_of", found, "a day on which something is owed: the status is not settled"))
    return OwnDues(rows, names, together, payments, tuple(faults))
