"""Fees kept at drawdown, as the books see them: deferred on that day, and earned over the life of the loan.

They are part of what the loan yields (CAS 22), so they lower its carrying amount and become interest by the effective rate of the
schedule as it was agreed; `effective_interest` has the mathematics. Where the contract's rate changes or more is drawn, the carrying
amount goes on as it was and the effective rate is found anew: what the market asks from now on says nothing about what was earned
before (IFRS 9 B5.4.5). Value added tax is due on the whole fee at once, so what is deferred is the fee without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from puhui.calculations.effective_interest import amortised_fee, first_rate
from puhui.calculations.events import Event, in_effect
from puhui.calculations.money import round_exact
from puhui.calculations.position import Flow, Position, Row
from puhui.calculations.replay import replay
from puhui.calculations.term_records import Terms
from puhui.calculations.value_added_tax import tax_inside

__all__ = ["NO_FEES", "IntegralFees", "integral_fees"]


class IntegralFees(NamedTuple):
    """In smallest units: what of the fees was deferred, and what of that is earned by now."""

    deferred: int = 0
    amortised: int = 0


NO_FEES = IntegralFees()
_TURNING = ("drawdown", "rate_change")


def integral_fees(terms: Terms, events: Sequence[Event], position: Position, lent: int, fee_tax_ppm: int = 0) -> IntegralFees:
    """The drawdown fees of a loan on the day of `position`, which `events` led to; none before anything is lent.

    `events` as `replay` takes them: without any drawdown, the whole amount is drawn on the first day.
    """
    if not lent or not any(fee.when == "drawdown" for fee in terms.fees):
        return NO_FEES
    deferred = _deferred(terms, lent, fee_tax_ppm)
    turns = tuple(_turns(terms, events))
    rate = _rate_from(terms, tuple(event for event in events if event.date <= turns[-1]), turns, fee_tax_ppm)
    return IntegralFees(deferred, deferred - _unearned(position, deferred, rate))


def _deferred(terms: Terms, lent: int, fee_tax_ppm: int) -> int:
    """The fees on what is lent, without the tax inside them."""
    bases = {"amount": terms.amount, "principal": lent, "outstanding": lent}
    fees = [fee for fee in terms.fees if fee.when == "drawdown"]
    received = sum(fee.amount if fee.rate is None else round_exact(bases[fee.of] * fee.rate, 1, terms.rounding) for fee in fees)
    return received - tax_inside(received, fee_tax_ppm)


def _turns(terms: Terms, events: Sequence[Event]) -> list[date]:
    """The days from which on a loan yields otherwise than before: the first drawdown, others, and new rates."""
    standing = [event for _, event in in_effect(events)]
    drawn = {event.date for event in standing if event.type == "drawdown"} or {terms.start}
    return sorted(drawn | {event.date for event in standing if event.type == "rate_change" and event.date > min(drawn)})


@lru_cache(maxsize=20_000)
def _rate_from(terms: Terms, events: tuple[Event, ...], turns: tuple[date, ...], fee_tax_ppm: int) -> float | None:
    """The effective rate from the last of `turns` on, `events` being those up to that day; None where there is no single one.

    What else happens on such a day counts before: it is valued at the rate until then.
    """
    *earlier, day = turns
    if not earlier:
        events = tuple(event for event in events if event.type == "drawdown")
    after = replay(terms, events, day)
    unearned, before = _deferred(terms, _lent(terms, events), fee_tax_ppm), None
    if earlier:
        known = _but_for_the_turn(events, day)
        before = _rate_from(terms, tuple(event for event in known if event.date <= earlier[-1]), tuple(earlier), fee_tax_ppm)
        deferred = _deferred(terms, _lent(terms, known), fee_tax_ppm)
        unearned += _unearned(replay(terms, known, day), deferred, before) - deferred
    try:
        return first_rate((day, _owed(after)), unearned, _flows(_coming(after)))
    except ValueError:
        return before


def _but_for_the_turn(events: tuple[Event, ...], day: date) -> tuple[Event, ...]:
    kept = [event for event in events if event.date < day or event.type not in _TURNING]
    there = {event.id for event in kept}
    return tuple(event for event in kept if event.type != "reversal" or event.of in there)


def _lent(terms: Terms, events: Sequence[Event]) -> int:
    draws = [event.amount for _, event in in_effect(events) if event.type == "drawdown"]
    return sum(draws) if draws else terms.amount


def _unearned(position: Position, deferred: int, rate: float | None) -> int:
    owed, coming = _owed(position), _coming(position)
    if rate is None:  # no single rate: earned when nothing more is to come
        return deferred if coming and owed else 0
    return deferred - amortised_fee(deferred, rate, position.as_of, owed, _flows(coming))


def _coming(position: Position) -> list[Row]:
    return [row for row in position.rows if row.due > position.as_of]


def _owed(position: Position) -> int:
    """The principal that is still to fall due, and the interest that has accrued on it."""
    return sum(row.owed("principal") for row in _coming(position)) + position.accrued_interest


def _flows(rows: Iterable[Row]) -> Iterator[Flow]:
    return ((row.due, row.owed("principal") + row.owed("interest")) for row in rows)
