"""Rows behind a number: a hand-made firm small enough to see which rows each number rests on."""

from __future__ import annotations

import polars as pl

from puhui.features.tracing import MOST_ROWS, trace, without, without_each

from .records import invoices, month, records
from .worked import AS_OF

LAST = (2024, 12)
SALES = invoices(
    [
        {"issued_on": month(2, last=LAST), "counterparty": "甲", "amount_fen": 100_00},
        {"issued_on": month(2, last=LAST), "counterparty": "乙", "amount_fen": 300_00},
        {"issued_on": month(3, 20, last=LAST), "counterparty": "乙", "amount_fen": -50_00, "status": "red"},
        {"issued_on": month(4, last=LAST), "counterparty": "甲", "amount_fen": 70_00, "status": "void"},
        {"issued_on": month(5, last=LAST), "counterparty": "丙", "amount_fen": 500_00, "direction": "in"},
        {"issued_on": month(30, last=LAST), "counterparty": "丁", "amount_fen": 900_00},
    ]
)
EVERY = range(SALES.height)


def changes(name: str) -> list[float | None]:
    found = without(name, {"invoice": SALES}, "invoice", [[row] for row in EVERY], AS_OF)
    assert found is not None
    return found


def test_a_sum_rests_on_each_row_in_it_and_on_no_other() -> None:
    assert trace("inv_out_amt_12m", {"invoice": SALES}, AS_OF).value == 350
    assert changes("inv_out_amt_12m") == [250, 50, 400, 350, 350, 350]


def test_a_largest_buyer_rests_on_what_makes_the_share() -> None:
    share = trace("inv_buyer_top1_share", {"invoice": SALES}, AS_OF).value
    assert share == 250 / 350
    first, second, red, *rest = changes("inv_buyer_top1_share")
    assert (first, second, red) == (1, 1, 0.75) and rest == [share] * 3


def test_rows_are_found_without_trying_those_that_tell_nothing() -> None:
    assert without_each("inv_out_amt_12m", {"invoice": SALES}, "invoice", EVERY, AS_OF) == {0: 250, 1: 50, 2: 400}
    many = pl.concat([SALES, *[SALES[5:]] * 1500])
    assert without_each("inv_out_amt_12m", {"invoice": many}, "invoice", range(many.height), AS_OF) == {0: 250, 1: 50, 2: 400}


def test_one_class_set_against_another_names_the_records_of_both() -> None:
    returns = records(
        "tax_return",
        [
            {"tax": "vat", "period_start": month(back, last=LAST), "period_end": month(back, 28, last=LAST), "sales_fen": 100_00}
            for back in range(1, 14)
        ],
    )
    frames = {"invoice": SALES, "tax_return": returns}
    found = trace("declared_vs_invoice_gap", frames, AS_OF)
    assert {"invoice", "tax_return"} <= set(found.records)
    of_returns = without("declared_vs_invoice_gap", frames, "tax_return", [[row] for row in range(returns.height)], AS_OF)
    assert of_returns is not None and of_returns[-1] == found.value  # month 13 is in no window of twelve
    assert found.value is not None and found.value != of_returns[3]


def test_what_would_take_too_long_is_not_tried() -> None:
    many = pl.concat([SALES] * 200)
    assert many.height * (many.height + 1) > MOST_ROWS
    assert without("inv_out_amt_12m", {"invoice": many}, "invoice", [[row] for row in range(many.height)], AS_OF) is None
    assert without("inv_out_amt_12m", {"invoice": many}, "invoice", [[0], [1]], AS_OF) is not None
