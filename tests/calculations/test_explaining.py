"""Figures told in slices: the slices multiply out to the figure, by fractions alone, on histories drawn at random.

PUHUI_EXAMPLES sets the number of documents, as in test_oracle_histories.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

from hypothesis import event, given
from tests.examples import examples
from tests.oracle.documents import histories

from puhui.calculations.events import read_events
from puhui.calculations.explaining import Explained, explain_accrued, explain_costs, explain_row
from puhui.calculations.faults import FaultsError
from puhui.calculations.replay import replay
from puhui.calculations.terms import read_terms


def half_up(value: Fraction) -> int:
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def exact(told: Explained) -> Fraction:
    """Principal × rate × (1 + markup) × share of a year, from what a reader is shown."""
    total = Fraction(0)
    for piece in told.pieces:
        total += piece.amount * Fraction(piece.rate_e8, 10**8) * (1 + Fraction(piece.markup, 10**4)) * piece.span.share
    return total


@examples(100)
@given(histories())
def test_slices_multiply_out_to_the_figure(document: dict[str, Any]) -> None:
    document = dict(document)
    items, day = document.pop("events", []), date.fromisoformat(document.pop("as_of", document["start"]))
    try:
        terms = read_terms(document)
        events = read_events(items, terms)
        position = replay(terms, events, day)
    except FaultsError:
        return
    accrued = explain_accrued(position)
    goes_on = position.running is not None and position.running.late  # overdue principal at the contract rate: told as the rest
    assert goes_on or accrued.rest == 0
    if terms.rounding == "half_up" and not goes_on:
        assert half_up(exact(accrued)) + accrued.brought == position.accrued_interest
    costs = explain_costs(terms, events, position)
    for name, told in costs.items():
        event(f"{name} {'told whole' if not told.rest else 'with a rest'}" if told.amount else f"no {name}")
        assert told.amount == sum(getattr(row, name) for row in position.rows)
    plain = terms.penalty is not None and not terms.penalty.grace_days and not any(each.type in ("misuse", "fee") for each in events)
    if plain and terms.business_days is None and terms.method != "flat":
        assert [told.rest for told in costs.values()] == [0, 0]
    if position.rows[0].due <= day:
        row = position.rows[0]
        told = explain_row(terms, events, row)
        event("row told" if not told.rest else "row with a rest")
        if terms.rounding == "half_up" and not told.rest:
            assert half_up(exact(told)) + told.brought == row.interest


def test_a_worked_loan_that_is_late() -> None:
    """120,000.00 at 4.35% for 30 of 360 days: 435.00; then 120,435.00 unpaid: 50% more on the principal, compound at the contract rate."""
    document = {
        "amount": "120000.00", "start": "2026-01-01", "rate_annual": "0.0435", "day_count": "ACT/360", "method": "custom",
        "dues": [{"due": "2026-01-31", "principal": "20000.00"}, {"due": "2026-12-31", "principal": "100000.00"}],
        "penalty": {"markup_overdue": "0.5"},
    }  # fmt: skip
    terms = read_terms(document)
    day = date(2026, 2, 20)
    position = replay(terms, (), day)
    row = explain_row(terms, (), position.rows[0])
    (piece,) = row.pieces
    assert (piece.amount, piece.rate_e8, piece.span.days, piece.span.base, row.amount, row.rest) == (
        12_000_000,
        4_350_000,
        30,
        360,
        43_500,
        0,
    )
    costs = explain_costs(terms, (), position)
    (late,) = costs["penalty"].pieces
    # 20,000.00 × 4.35% × 1.5 × 20 ÷ 360 = 72.50; 435.00 × 4.35% × 20 ÷ 360 = 1.05
    assert (late.amount, late.markup, late.span.days, costs["penalty"].amount) == (2_000_000, 5_000, 20, 7_250)
    (compound,) = costs["compound"].pieces
    assert (compound.amount, compound.markup, costs["compound"].amount) == (43_500, 0, 105)
    accrued = explain_accrued(position)
    # 100,000.00 × 4.35% × 20 ÷ 360 = 241.67
    assert ([(each.amount, each.span.days) for each in accrued.pieces], accrued.amount) == ([(10_000_000, 20)], 24_167)
