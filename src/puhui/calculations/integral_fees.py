"""Fees kept at drawdown, as the books see them: deferred on that day, and earned over the life of the loan.

They are part of what the loan yields (CAS 22), so they lower its carrying amount and become interest by the effective rate of the
schedule as it was agreed; `effective_interest` has the mathematics. Value added tax is due on the whole fee at once, so what is
deferred is the fee without it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from puhui.calculations.effective_interest import amortised_fee, first_rate
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


def integral_fees(terms: Terms, position: Position, day: date, lent: int, fee_tax_ppm: int = 0) -> IntegralFees:
    """The drawdown fees of a loan on `day`; none before anything is lent."""
    fees = [fee for fee in terms.fees if fee.when == "drawdown"]
    if not fees or not lent:
        return NO_FEES
    bases = {"amount": terms.amount, "principal": lent, "outstanding": lent}
    received = sum(fee.amount if fee.rate is None else round_exact(bases[fee.of] * fee.rate, 1, terms.rounding) for fee in fees)
    deferred = received - tax_inside(received, fee_tax_ppm)
    coming = [row for row in position.rows if row.due > day]
    owed = sum(row.owed("principal") for row in coming) + position.accrued_interest
    rate = _agreed_rate(terms, deferred)
    if rate is None:  # no single rate: earned when nothing more is to come
        return IntegralFees(deferred, 0 if coming and owed else deferred)
    return IntegralFees(deferred, amortised_fee(deferred, rate, day, owed, _flows(coming)))


@lru_cache(maxsize=20_000)
def _agreed_rate(terms: Terms, fee: int) -> float | None:
    """The effective rate of the schedule as agreed, drawn whole on the first day; None where there is no single one."""
    try:
        return first_rate((terms.start, terms.amount), fee, _flows(replay(terms, (), terms.start).rows))
    except ValueError:
        return None


def _flows(rows: Iterable[Row]) -> list[Flow]:
    return [(row.due, row.owed("principal") + row.owed("interest")) for row in rows]
