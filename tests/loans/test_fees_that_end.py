"""What becomes of a fee kept at drawdown when its loan is repriced, closed, called in or written off; figures of another library."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

import pytest
import pyxirr
from tests.books.test_worked_journal import fen, table

from puhui.calculations.counters import Accounting
from puhui.calculations.events import Event
from puhui.calculations.posting import Counters, transfers
from puhui.calculations.terms import read_terms
from puhui.loans.fold import fold

LENT, FEE, QUARTER = 1_000_000_00, 10_000_00, 12_500_00
TERMS = read_terms(
    {
        "currency": "CNY", "amount": "1000000.00", "start": "2026-01-15", "rate_annual": "0.05", "day_count": "M/360", "instalments": 4,
        "every": "3 month", "method": "interest_only", "fees": [{"name": "arrangement", "when": "drawdown", "amount": "10000.00"}],
    }
)  # fmt: skip
CAS_22 = Accounting("cas_22")
APRIL, JULY, OCTOBER, JANUARY = date(2026, 4, 15), date(2026, 7, 15), date(2026, 10, 15), date(2027, 1, 15)
PAID = (Event(APRIL, "repayment", QUARTER), Event(JULY, "repayment", QUARTER))
DEARER, CHEAPER = (Event(JULY, "rate_change", rate_e8=rate_e8) for rate_e8 in (5_250_000, 4_750_000))


def on(day: date, events: Sequence[Event], accounting: Accounting = CAS_22) -> Counters:
    return fold(TERMS, [event for event in events if event.date <= day], day, LENT, accounting).counters


def carried_by_library(day: date, flows: Sequence[tuple[date, int]], rate: float) -> float:
    coming = [flow for flow in flows if flow[0] > day]
    return float(pyxirr.xnpv(rate, [day, *(due for due, _ in coming)], [0, *(amount for _, amount in coming)]))


def agreed_rate() -> float:
    dues = [*((day, QUARTER) for day in (APRIL, JULY, OCTOBER)), (JANUARY, LENT + QUARTER)]
    return float(pyxirr.xirr([TERMS.start, *(day for day, _ in dues)], [FEE - LENT, *(amount for _, amount in dues)]))


def test_what_was_left_of_the_fee_when_a_loan_is_written_off_lowers_the_loss_and_is_no_income() -> None:
    stated = [(debit, credit, fen(yuan)) for _, _, debit, credit, yuan in table("journal fee written off")[1:]]
    written_off = Event(JULY, "write_off", id="w")
    before, after = on(JULY, PAID), on(JULY, [*PAID, written_off])
    assert [tuple(each) for each in transfers(before, after)] == stated
    carried = carried_by_library(JULY, [(OCTOBER, QUARTER), (JANUARY, LENT + QUARTER)], agreed_rate())
    assert LENT - stated[1][2] == pytest.approx(carried, abs=1), "what is lost is what was carried"
    assert after.fee_amortised == before.fee_amortised
    recovered = on(OCTOBER, [*PAID, written_off, Event(OCTOBER, "repayment", 300_000_00)])
    assert (recovered.fee_amortised, recovered.fee_deferred_written_off) == (after.fee_amortised, after.fee_deferred_written_off)
    undone = on(OCTOBER, [*PAID, written_off, Event(JULY, "reversal", of="w")])
    assert undone == on(OCTOBER, PAID) and undone.fee_amortised > after.fee_amortised


def test_a_loan_that_brings_no_income_is_written_off_with_the_fee_of_its_ninetieth_day() -> None:
    ninetieth, house_rule = date(2026, 7, 14), Accounting("house_rule")
    frozen = on(ninetieth, (), house_rule).fee_amortised
    after = on(OCTOBER, [Event(OCTOBER, "write_off", id="w")], house_rule)
    assert after.fee_amortised == frozen > 0 and after.fee_deferred_written_off == FEE - frozen


@pytest.mark.parametrize("written_off", [False, True])
def test_calling_a_loan_in_earns_nothing_of_the_fee_before_it_is_paid(written_off: bool) -> None:
    called_in = Event(date(2026, 8, 1), "termination", id="t")
    earned = on(date(2026, 8, 1), PAID).fee_amortised
    assert on(date(2026, 8, 1), [*PAID, called_in]).fee_amortised == on(JANUARY, [*PAID, called_in]).fee_amortised == earned < FEE
    end = Event(OCTOBER, "write_off", id="w") if written_off else Event(OCTOBER, "payoff", id="p")
    after = on(OCTOBER, [*PAID, called_in, end])
    expected = (earned, FEE - earned) if written_off else (FEE, 0)
    assert (after.fee_amortised, after.fee_deferred_written_off) == expected


def test_a_loan_paid_off_early_has_no_fee_left_to_earn() -> None:
    assert on(date(2026, 8, 1), [*PAID, Event(date(2026, 8, 1), "payoff")]).fee_amortised == FEE


def test_a_new_rate_earns_and_takes_back_nothing_and_later_amortises_as_the_page_says() -> None:
    before = on(JULY, PAID).fee_amortised
    rows = table("amortisation of a new rate")[1:]
    dues = [(date.fromisoformat(row[0]), fen(row[3])) for row in rows]
    assert fen(rows[0][1]) == LENT - FEE + before
    rate = pyxirr.xirr([JULY, *(day for day, _ in dues)], [-fen(rows[0][1]), *(amount for _, amount in dues)])
    assert f"{rate:.8f}" == "0.05916745"
    assert on(JULY, [*PAID, CHEAPER]).fee_amortised == on(JULY, [*PAID, DEARER]).fee_amortised == before
    earned = before
    for row, following in pairwise([*rows, []]):
        day, opening, interest, paid, closing, of_the_fee = date.fromisoformat(row[0]), *map(fen, row[1:])
        assert closing == pytest.approx(carried_by_library(day, dues, rate), abs=1) == opening + interest - paid
        earned += of_the_fee
        assert on(day, [*PAID, CHEAPER, *(Event(each, "repayment", amount) for each, amount in dues)]).fee_amortised == earned
        assert not following or fen(following[1]) == closing
    assert earned == FEE


def test_money_that_comes_early_on_the_day_of_a_new_rate_is_valued_at_the_rate_until_then() -> None:
    early = Event(JULY, "repayment", 400_000_00, id="e")
    alone = on(JULY, [*PAID, early]).fee_amortised
    assert alone > on(JULY, PAID).fee_amortised
    for events in ([*PAID, early, CHEAPER], [*PAID, CHEAPER, early]):
        assert on(JULY, events).fee_amortised == alone
    undone = [*PAID, early, CHEAPER, Event(JULY, "reversal", of="e")]
    assert on(OCTOBER, undone).fee_amortised == on(OCTOBER, [*PAID, CHEAPER]).fee_amortised
    on_the_first_day = Event(TERMS.start, "repayment", 400_000_00)
    assert on(TERMS.start, [on_the_first_day]).fee_amortised > 0


def test_a_fee_of_a_draw_is_spread_from_that_draw_on() -> None:
    """0.8 % of each draw, half of the loan three months later: nothing is earned on either day of a draw."""
    fees = [{"name": "arrangement", "when": "drawdown", "rate": "0.008", "of": "principal"}]
    terms = read_terms(
        {
            "currency": "CNY", "amount": "1000000.00", "start": "2026-01-15", "rate_annual": "0.05", "day_count": "ACT/360", "fees": fees,
            "instalments": 4, "every": "3 month", "method": "interest_only", "interest_recalculation": {"rest": "daily"},
        }
    )  # fmt: skip
    first, second, day = (
        Event(date(2026, 1, 15), "drawdown", 500_000_00),
        Event(date(2026, 5, 20), "drawdown", 500_000_00),
        date(2026, 5, 20),
    )
    at_first = fold(terms, [first], first.date, 500_000_00, CAS_22).counters
    paid = Event(APRIL, "repayment", 6_250_00)
    before, after = (
        fold(terms, events, day, lent, CAS_22).counters
        for events, lent in (([first, paid], 500_000_00), ([first, paid, second], 1_000_000_00))
    )
    assert (at_first.fee_deferred, at_first.fee_amortised) == (4_000_00, 0)
    assert (after.fee_deferred, after.fee_amortised) == (8_000_00, before.fee_amortised) and before.fee_amortised > 0


def test_what_is_earned_is_looked_at_on_the_last_day_of_each_month() -> None:
    """However far the next due date is: a year's accounts do not lack it."""
    looked_at, day = [], TERMS.start
    while day < APRIL:
        folded = fold(TERMS, (), day, LENT, CAS_22)
        assert folded.next_action_date is not None
        looked_at.append(day := folded.next_action_date)
    assert looked_at == [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31), APRIL]
    earned = [on(each, ()).fee_amortised for each in looked_at]
    assert all(before < after for before, after in pairwise([0, *earned])) and earned[-1] == 2_239_65
