"""A loan is the fold of its events: from its terms and what happened, to its rows and where it stands.

`replay` is the only truth; quotes, contracts, previews and the day end all come from it. Nothing is stored here and no clock is read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from itertools import pairwise

from puhui.calculations.allocation import Receipt, forgive, take_dues
from puhui.calculations.as_agreed import pay_as_agreed
from puhui.calculations.closing import amount_to_close, pay_off, terminate, write_off
from puhui.calculations.early import end_slices, pay_ahead
from puhui.calculations.events import Event, in_effect
from puhui.calculations.faults import Fault, FaultsError
from puhui.calculations.interest import SCALE, Misuse, RateLine
from puhui.calculations.line_pooled import new_loan
from puhui.calculations.loan_shapes import shape_of
from puhui.calculations.money import amount_text, round_exact
from puhui.calculations.ordinary import paid_when_due
from puhui.calculations.periods import unsettled
from puhui.calculations.position import Allocation, Flow, Position, Row
from puhui.calculations.rescheduling import reschedule
from puhui.calculations.running import RunningLoan
from puhui.calculations.telling import note_fee_of_outstanding, position_of, rows_of
from puhui.calculations.term_records import COMPOUND, COST, FEE, INTEREST, PENALTY, PRINCIPAL, RATE_SCALE, Fee, Terms

__all__ = [
    "Event", "Position", "Row", "loan_on", "pay_up_to", "payoff_amount", "replay", "replay_events", "replay_with_loan", "rows_of", "walk",
]  # fmt: skip

_LEAVES_THE_REST = frozenset({"waiver", "refund"})
"""Events of which one that is refused says nothing of those after it."""
_ALL = 10**30
_ONE_DAY = timedelta(days=1)
_CHARGED = {"fee": FEE, "cost": COST, "penalty": PENALTY}
_WAIVED = {"fee": FEE, "penalty": PENALTY, "compound": COMPOUND, "interest": INTEREST, "principal": PRINCIPAL}


def replay(terms: Terms, events: Sequence[Event], as_of: date) -> Position:
    """The position of `replay_events`; that of an ordinary loan, paid as agreed so far, is reckoned at once."""
    return paid_when_due(terms, events, as_of) or replay_events(terms, events, as_of)


def replay_events(terms: Terms, events: Sequence[Event], as_of: date) -> Position:
    """The loan on the morning after the events of `as_of`. Nights before `as_of` count, that of `as_of` does not.

    `overdue` is all that fell due before `as_of` and is unpaid, running penalty and compound interest included; `accrued_interest` is
    not yet due; coming rows are as they stand today, all paid when due. `unsettled` names figures that the quote contract leaves open.
    Raises FaultsError where a figure is not settled, an event is out of its time, or a payment is more than is owed.
    """
    return replay_with_loan(terms, events, as_of)[0]


def replay_with_loan(terms: Terms, events: Sequence[Event], as_of: date) -> tuple[Position, RunningLoan]:
    """The position of `replay_events`, and the loan itself on that morning, for whoever wants to move it on."""
    if as_of < terms.start:
        raise unsettled("as_of", as_of, f"a date from the start {terms.start} on")
    loan, allocations, payments = walk(terms, events, as_of)
    loan.advance(as_of)
    return position_of(loan, as_of, allocations, payments), loan


def loan_on(terms: Terms, events: Sequence[Event], as_of: date) -> RunningLoan:
    """The loan of `replay_with_loan` alone, for whoever knows its position already."""
    loan, _, _ = walk(terms, events, as_of)
    loan.advance(as_of)
    return loan


def payoff_amount(terms: Terms, events: Sequence[Event], day: date) -> int:
    """Exactly what closes the loan on `day`, after the events up to that day."""
    loan, _, _ = walk(terms, [event for event in events if event.date <= day], day)
    loan.advance(day)
    return amount_to_close(loan, day)


def walk(
    terms: Terms, events: Sequence[Event], as_of: date | None, pay_when_due: bool = False
) -> tuple[RunningLoan, list[Allocation], list[Flow]]:
    """Move a loan through its events. With `pay_when_due` all dues are paid on their day. Returns loan, allocations and flows of cash."""
    ordered = in_effect(events)
    happened = [event for _, event in ordered]
    if as_of is not None:
        ordered = _up_to(as_of, ordered)
    loan = new_loan(terms, _rate_line(terms, happened), _misuses(terms, happened))
    loan.last_new_rate = max((event.date for event in happened if event.type == "rate_change"), default=None)
    if not (loan.misuses or loan.line.pauses):
        loan.shape = shape_of(terms, [event for event in happened if event.type == "rate_change"])
    drawn = any(event.type == "drawdown" for event in happened)
    loan.only_draw = sum(event.type == "drawdown" for event in happened) == 1
    if not drawn and any(event.type == "drawdown" for event in events):
        raise unsettled("events", "every drawdown reversed", "a drawdown that stands: without any, the whole amount counts as drawn")
    if not drawn:
        ordered.insert(0, (-1, Event(terms.start, "drawdown", terms.amount)))
    if terms.fees:
        _note_fees_of_a_day(loan, happened)
        ordered = _with_dated_fees(terms, ordered, as_of)
    allocations: list[Allocation] = []
    payments: list[Flow] = []
    begun = 0 if pay_when_due else _begin_as_agreed(loan, ordered, allocations, payments)
    if pay_when_due and terms.recalculation is None and terms.level_is_annuity:
        begun = _draw_all(loan, ordered, allocations, payments)
    refused: list[tuple[Fault, int]] = []
    for index, event in ordered[begun:]:
        if pay_when_due:
            pay_up_to(loan, event.date, payments)
        loan.advance(event.date)
        try:
            _APPLY[event.type](loan, index, event, allocations, payments)
        except FaultsError as found:
            refused += [(fault, index) for fault in found.faults]
            if event.type not in _LEAVES_THE_REST:
                break
        if pay_when_due and event.type in ("fee", "termination"):
            _pay_dues(loan, event.date, payments)
    if refused:
        raise FaultsError([fault for fault, _ in refused], [index for _, index in refused])
    return loan, allocations, payments


def _up_to(as_of: date, ordered: list[tuple[int, Event]]) -> list[tuple[int, Event]]:
    """What happened by `as_of`. A new rate or a pause still to come is known to the coming rows; nothing else may come after `as_of`."""
    for _, event in ordered:
        if event.date > as_of and (event.type not in ("rate_change", "pause") or (event.known is not None and event.known > as_of)):
            raise unsettled("events.date", event.date, f"a date up to as_of, {as_of}, but for a new rate or a pause known by then")
    return [pair for pair in ordered if pair[1].date <= as_of]


def _begin_as_agreed(loan: RunningLoan, ordered: Sequence[tuple[int, Event]], allocations: list[Allocation], payments: list[Flow]) -> int:
    """Go along the first events at once, as far as they are what was agreed; how many they are."""
    index, first = ordered[0]
    if loan.shape is None or (first.type, first.date, first.amount) != ("drawdown", loan.terms.start, loan.terms.amount):
        return 0
    _draw(loan, index, first, allocations, payments)
    return 1 + pay_as_agreed(loan, ordered[1:], allocations, payments)


def pay_up_to(loan: RunningLoan, day: date, payments: list[Flow]) -> None:
    """Pay each row on its due date, up to and including `day`."""
    while loan.index < len(loan.rows) and loan.rows[loan.index].period.due <= day:
        due = loan.rows[loan.index].period.due
        loan.advance(due)
        _pay_dues(loan, loan.rows[loan.index - 1].period.payable, payments)


def _draw_all(loan: RunningLoan, ordered: Sequence[tuple[int, Event]], allocations: list[Allocation], payments: list[Flow]) -> int:
    """Draw all that is drawn of a schedule that each drawdown makes anew from its first row; what fell due meanwhile is paid on its day
    as it then stands. How many events that were."""
    draws = [place for place, (_, event) in enumerate(ordered) if event.type == "drawdown"]
    if len(draws) < 2:
        return 0
    for index, event in ordered[: draws[-1] + 1]:
        if event.type not in ("drawdown", "pause"):
            found = f"null, with a {event.type} on {event.date} before the last drawdown"
            raise unsettled("interest_recalculation", found, "recalculation, or an as_of: what it meets is not settled")
        loan.advance(event.date, count=False)
        _APPLY[event.type](loan, index, event, allocations, payments)
    for row in loan.rows[: loan.index]:
        receipt = Receipt(-1, None, _ALL)
        for place in range(len(row.due)):
            receipt.pay(row, place, row.owed(place))
        payments.append((row.period.payable, _ALL - receipt.left))
    loan.oldest = loan.index
    return draws[-1] + 1


def _pay_dues(loan: RunningLoan, day: date, payments: list[Flow]) -> None:
    receipt = Receipt(-1, None, _ALL)
    take_dues(loan, day, receipt)
    payments.append((day, _ALL - receipt.left))


def _draw(loan: RunningLoan, index: int, event: Event, allocations: list[Allocation], payments: list[Flow]) -> None:
    before = sum(row.paid[FEE] for row in loan.rows) if loan.terms.fees else 0
    loan.draw(event.date, event.amount)
    payments.append((event.date, -event.amount))
    if loan.terms.fees:
        payments.append((event.date, sum(row.paid[FEE] for row in loan.rows) - before))


def _pay(loan: RunningLoan, index: int, event: Event, allocations: list[Allocation], payments: list[Flow]) -> None:
    day = event.date
    if not loan.drawn or loan.closed_on is not None:
        raise unsettled("events.date", day, "a payment after the first drawdown, of a loan that is not closed")
    receipt = Receipt(index, event.id, event.amount)
    surplus = loan.overpaid
    if event.type == "payoff":
        pay_off(loan, day, receipt, event.amount)
    else:
        take_dues(loan, day, receipt)
        if receipt.left:
            pay_ahead(loan, day, receipt)
        if loan.misuses and loan.index < len(loan.rows):
            _note_misuse_paid(loan, day, receipt)
    allocations.extend(receipt.allocations)
    payments.append((day, sum(part.amount for part in receipt.allocations) + loan.overpaid - surplus))


def _note_misuse_paid(loan: RunningLoan, day: date, receipt: Receipt) -> None:
    """Note penalty paid in a row that is not due while money is or was misused: since when that is owed the contract leaves open."""
    number = loan.rows[loan.index].period.number
    if any(part.row == number and part.component in ("penalty", "compound") for part in receipt.allocations):
        found = f"a repayment on {day} that reaches penalty of a row not yet due, with money misused"
        loan.unsettled.append(Fault("events.amount", found, "what fell due before: since when it is owed is not settled"))


def _new_rate(loan: RunningLoan, index: int, event: Event, allocations: list[Allocation], payments: list[Flow]) -> None:
    """The rates are known to the loan from the beginning; here it is only seen that the event comes in its time."""
    if loan.ended_already:
        raise unsettled("events.date", event.date, f"a {event.type} of a loan that is not closed")


def _charge(loan: RunningLoan, index: int, event: Event, allocations: list[Allocation], payments: list[Flow]) -> None:
    if loan.ended_already:
        raise unsettled("events.date", event.date, "a charge before the loan is closed")
    amount = event.amount
    if event.rate_e8 is not None:
        note_fee_of_outstanding(loan, event.date)
        outstanding = loan.undue + sum(row.owed(PRINCIPAL) for row in loan.rows[loan.oldest : loan.index])
        amount = round_exact(outstanding * event.rate_e8, RATE_SCALE, loan.terms.rounding)
    loan.charge(event.date, _CHARGED[event.kind], amount)


def _waive(loan: RunningLoan, index: int, event: Event, allocations: list[Allocation], payments: list[Flow]) -> None:
    day, place = event.date, _WAIVED[event.of or ""]
    left = forgive(loan, place, event.amount)
    if left and place == INTEREST and loan.index < len(loan.rows):
        row = loan.rows[loan.index]
        run = round_exact(loan.interest_to(day) + row.late_exact, SCALE, loan.terms.rounding) - row.paid[INTEREST] - row.waived[INTEREST]
        row.waived[INTEREST] += min(left, run)
        left -= min(left, run)
    if left and place == PRINCIPAL and loan.terms.method in ("interest_only", "bullet") and left < loan.undue:
        row = loan.rows[loan.row_of(day)]
        row.due[PRINCIPAL] += left
        row.waived[PRINCIPAL] += left
        loan.undue -= left
        end_slices(loan, day, left)
        left = 0
    if left:
        most = amount_text(event.amount - left, loan.terms.exponent)
        raise unsettled("events.amount", f"a waiver of {event.of} beyond what is owed", f"at most {most}")


def _refund(loan: RunningLoan, index: int, event: Event, allocations: list[Allocation], payments: list[Flow]) -> None:
    if event.amount > loan.overpaid:
        most = amount_text(loan.overpaid, loan.terms.exponent)
        raise unsettled("events.amount", amount_text(event.amount, loan.terms.exponent), f"at most the overpayment, {most}")
    loan.overpaid -= event.amount
    payments.append((event.date, -event.amount))


def _reschedule(loan: RunningLoan, index: int, event: Event, allocations: list[Allocation], payments: list[Flow]) -> None:
    reschedule(loan, event)


def _end(loan: RunningLoan, index: int, event: Event, allocations: list[Allocation], payments: list[Flow]) -> None:
    if not loan.drawn or loan.ended_already:
        raise unsettled("events.date", event.date, f"a {event.type} of a loan that owes something")
    if event.type == "termination":
        terminate(loan, event.date)
        return
    if not loan.undue and not any(row.outstanding for row in loan.all_rows()):
        raise unsettled("events.date", event.date, "a write_off of a loan that owes something")
    if loan.index < len(loan.rows):
        loan.unsettled.append(
            Fault("events.type", "write_off before the last due date", "one after it: what is not yet due is not settled")
        )
    write_off(loan, event.date)


_APPLY: dict[str, Callable[[RunningLoan, int, Event, list[Allocation], list[Flow]], None]] = {
    "drawdown": _draw,
    "repayment": _pay,
    "payoff": _pay,
    "rate_change": _new_rate,
    "pause": _new_rate,
    "misuse": _new_rate,
    "fee": _charge,
    "waiver": _waive,
    "refund": _refund,
    "reschedule": _reschedule,
    "termination": _end,
    "write_off": _end,
}


def _misuses(terms: Terms, events: Sequence[Event]) -> tuple[Misuse, ...]:
    shift = timedelta(days=1 if terms.day_label == "end" else 0)
    misuses = [
        Misuse(event.amount, event.date - shift, event.until - shift + _ONE_DAY)
        for event in events
        if event.type == "misuse" and event.until is not None
    ]
    if any(second.first < first.last for first, second in pairwise(sorted(misuses, key=lambda misuse: misuse.first))):
        raise unsettled("events", "misuses that overlap", "each night once")
    return tuple(misuses)


def _rate_line(terms: Terms, events: Sequence[Event]) -> RateLine:
    """The contract rate with the new rates that events brought."""
    pauses = [(event.date, event.until) for event in events if event.type == "pause" and event.until is not None]
    if pauses and terms.method == "flat":
        raise unsettled("events", f"a pause with method {terms.method}", "another method: not settled")
    changes = [(event.date, event.rate_e8) for event in events if event.type == "rate_change" and event.rate_e8 is not None]
    if not changes:
        return RateLine(terms.rates, terms.day_label, pauses)
    rates = sorted([*terms.rates, *changes], key=lambda change: change[0])
    for (before, rate), (day, new_rate) in pairwise(rates):
        if day == before or rate == new_rate:
            expected = "a rate that differs from the one before, each on its own day after the start"
            raise unsettled("events", f"a new rate on {day}", expected)
    return RateLine(rates, terms.day_label, pauses)


def _note_fees_of_a_day(loan: RunningLoan, events: Sequence[Event]) -> None:
    """Note a fee of what is outstanding on a day on which money moves: before or after it, the contract leaves open."""
    days = {event.date for event in events if event.type in ("drawdown", "repayment", "payoff") and event.date > loan.terms.start}
    for index, fee in enumerate(loan.terms.fees):
        if fee.of == "outstanding" and fee.when in days:
            found = f"a fee of what is outstanding on {fee.when}, on which money moves"
            loan.unsettled.append(Fault(f"fees[{index}]", found, "another day: before or after it is not settled"))


def _with_dated_fees(terms: Terms, ordered: list[tuple[int, Event]], as_of: date | None) -> list[tuple[int, Event]]:
    """Fees agreed for a date join the events, before those of the same day; on the first day after the drawdown."""
    dated = [(fee, fee.when) for fee in terms.fees if isinstance(fee.when, date)]
    fees = [(-1, Event(day, "fee", _dated_amount(terms, fee), kind="fee", rate_e8=_dated_rate(fee))) for fee, day in dated]
    fees = [pair for pair in fees if as_of is None or pair[1].date <= as_of]
    first_day = [pair for pair in fees if pair[1].date == terms.start]
    later = [pair for pair in fees if pair[1].date != terms.start]
    return sorted([*later, *ordered, *first_day], key=lambda pair: pair[1].date) if fees else ordered


def _dated_amount(terms: Terms, fee: Fee) -> int:
    if fee.rate is None:
        return fee.amount
    return 0 if fee.of == "outstanding" else round_exact(terms.amount * fee.rate, 1, terms.rounding)


def _dated_rate(fee: Fee) -> int | None:
    """The rate of a fee that is reckoned on what is outstanding on its day."""
    return int(fee.rate * RATE_SCALE) if fee.rate is not None and fee.of == "outstanding" else None
