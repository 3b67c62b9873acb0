"""Patterns on hand-made invoices and accounts: what is found, with its rows, and what looks like it and is not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from puhui.features.patterns.circles import circle_rows, circles_by_firm
from puhui.features.patterns.digits import first_digit_deviation
from puhui.features.patterns.reversals import reversal_rows, reversals_by_firm
from puhui.features.patterns.round_trips import round_trip_rows
from puhui.features.windows import AsOf

AS_OF = AsOf(date(2023, 12, 31))
PARTIES = pl.DataFrame({"counterparty": ["Ada", "Ben", "Cai"], "party": ["firm:1", "firm:2", "firm:3"]})


def invoices(*rows: tuple[int, str, date, str, int], status: str = "normal") -> pl.DataFrame:
    """(firm, direction, day, counterparty, amount_fen) as the canonical frame; below zero is red."""
    return pl.DataFrame(
        [
            {
                "firm_id": firm, "direction": direction, "issued_on": day, "counterparty": other, "amount_fen": amount,
                "status": "red" if amount < 0 else status, "duplicate": False,
                "known_at": datetime(day.year, day.month, day.day, tzinfo=UTC),
            }
            for firm, direction, day, other, amount in rows
        ]
    )  # fmt: skip


def circle(month: int, first: int = 100_000_00, second: int = 101_000_00, third: int = 99_500_00) -> list[tuple[int, str, date, str, int]]:
    """1 sells to 2, 2 to 3, 3 to 1, each two days after the other; told by both sides of the first sale, by the seller of the others."""
    day = date(2023, month, 5)
    return [
        (1, "out", day, "Ben", first),
        (2, "in", day, "Ada", first),
        (2, "out", day + timedelta(days=2), "Cai", second),
        (3, "out", day + timedelta(days=4), "Ada", third),
    ]


def test_a_circle_of_three_is_found_with_its_sales() -> None:
    rows = circle_rows(invoices(*circle(4), *circle(6)), PARTIES, AS_OF)
    assert rows.height == 6  # two circles of three sales; the sale that both sides told stands once
    first = rows.filter(pl.col("circle") == 0)
    assert first["seller"].to_list() == ["firm:1", "firm:2", "firm:3"]
    assert first["buyer"].to_list() == ["firm:2", "firm:3", "firm:1"]
    assert first["circle_fen"].unique().to_list() == [99_500_00]
    by_firm = circles_by_firm(rows).sort("firm_id")
    assert by_firm["circle_n"].to_list() == [2, 2, 2]
    assert by_firm["circle_months"].to_list() == [2, 2, 2]
    assert by_firm["circle_sales_fen"].to_list() == [200_000_00, 202_000_00, 199_000_00]


@pytest.mark.parametrize(
    ("what", "rows"),
    [
        ("another price at the second step", circle(4, second=120_000_00)),
        ("a step too late", [*circle(4)[:3], (3, "out", date(2023, 4, 25), "Ada", 99_500_00)]),
        ("not closed", circle(4)[:3]),
        ("before the window", [(f, d, day.replace(year=2022), o, a) for f, d, day, o, a in circle(4)]),
    ],
)
def test_what_is_no_circle(what: str, rows: list[tuple[int, str, date, str, int]]) -> None:
    assert circle_rows(invoices(*rows), PARTIES, AS_OF).is_empty(), what


def test_two_firms_that_bill_each_other_the_same_are_a_circle_and_at_other_prices_are_not() -> None:
    there, back = (1, "out", date(2023, 5, 3), "Ben", 50_000_00), (1, "in", date(2023, 5, 6), "Ben", 50_500_00)
    assert circle_rows(invoices(there, back), PARTIES, AS_OF)["seller"].to_list() == ["firm:1", "firm:2"]
    assert circle_rows(invoices(there, (*back[:4], 30_000_00)), PARTIES, AS_OF).is_empty()


def test_no_sale_is_a_step_of_two_circles() -> None:
    rows = circle_rows(invoices(*circle(4), (3, "out", date(2023, 4, 9), "Ada", 100_500_00)), PARTIES, AS_OF)
    assert rows["circle"].n_unique() == 1


WRITTEN, TAKEN_BACK = date(2023, 3, 29), date(2023, 4, 12)


@pytest.mark.parametrize(
    ("what", "rows", "quarters"),
    [
        ("written at the end, taken back after it", [(1, "out", WRITTEN, "Ada", 800), (1, "out", TAKEN_BACK, "Ada", -800)], 1),
        ("two of one quarter are one", [(1, "out", WRITTEN, "Ada", 8), (1, "out", TAKEN_BACK, "Ada", -8)] * 2, 1),
        ("taken back in part", [(1, "out", WRITTEN, "Ada", 800), (1, "out", TAKEN_BACK, "Ada", -300)], 0),
        ("taken back before the end", [(1, "out", WRITTEN, "Ada", 800), (1, "out", date(2023, 3, 31), "Ada", -800)], 0),
        ("taken back long after", [(1, "out", WRITTEN, "Ada", 800), (1, "out", date(2023, 6, 12), "Ada", -800)], 0),
        ("in mid-quarter", [(1, "out", date(2023, 2, 27), "Ada", 800), (1, "out", date(2023, 3, 12), "Ada", -800)], 0),
        ("of another buyer", [(1, "out", WRITTEN, "Ada", 800), (1, "out", TAKEN_BACK, "Ben", -800)], 0),
        ("a purchase", [(1, "in", WRITTEN, "Ada", 800), (1, "in", TAKEN_BACK, "Ada", -800)], 0),
    ],
)
def test_sales_taken_back_after_a_quarter(what: str, rows: list[tuple[int, str, date, str, int]], quarters: int) -> None:
    found = reversals_by_firm(reversal_rows(invoices(*rows), AS_OF))
    assert (found["reversed_quarters"].to_list() or [0]) == [quarters], what


def test_one_red_invoice_reverses_one_sale() -> None:
    rows = reversal_rows(invoices((1, "out", WRITTEN, "Ada", 8), (1, "out", WRITTEN, "Ada", 8), (1, "out", TAKEN_BACK, "Ada", -8)), AS_OF)
    assert rows.height == 1


def test_a_void_that_was_known_after_the_quarter() -> None:
    void = invoices((1, "out", WRITTEN, "Ada", 800), status="void")
    assert reversal_rows(void, AS_OF).is_empty()  # voided on the day: nobody saw it as a sale
    late = void.with_columns(known_at=pl.lit(datetime(2023, 4, 8, tzinfo=UTC)))
    assert reversal_rows(late, AS_OF)["reversed_on"].to_list() == [date(2023, 4, 8)]


def flows(*rows: tuple[str, int, int, str, str]) -> pl.DataFrame:
    """(direction, day of October, amount_fen, counterparty, memo)."""
    steady: list[tuple[str, int, int, str, str]] = [("in", 1, 1_000_000, f"buyer {number}", "货款") for number in range(12)]
    return pl.DataFrame(
        [
            {
                "firm_id": 1, "booked_on": date(2023, 10, day), "direction": direction, "amount_fen": amount, "counterparty": other,
                "counterparty_account": None, "memo": memo,
            }
            for direction, day, amount, other, memo in (*steady, *rows)
        ],
        schema_overrides={"counterparty_account": pl.String},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("what", "rows", "pairs"),
    [
        ("in and out", [("in", 5, 900_000, "Eve", "货款"), ("out", 7, 890_000, "Eve", "货款")], 1),
        ("out and in", [("out", 5, 900_000, "Eve", "借款"), ("in", 7, 900_000, "Eve", "还款")], 1),
        ("each movement in one pair", [("in", 5, 900_000, "Eve", ""), ("out", 6, 900_000, "Eve", ""), ("out", 7, 900_000, "Eve", "")], 1),
        ("too late", [("in", 5, 900_000, "Eve", ""), ("out", 12, 900_000, "Eve", "")], 0),
        ("another amount", [("in", 5, 900_000, "Eve", ""), ("out", 6, 700_000, "Eve", "")], 0),
        ("another party", [("in", 5, 900_000, "Eve", ""), ("out", 6, 900_000, "Fay", "")], 0),
        ("a term deposit", [("out", 5, 900_000, "邻县银行", "转存定期"), ("in", 6, 900_000, "邻县银行", "定期到期本息")], 0),
        ("a returned payment", [("out", 5, 900_000, "Eve", "货款"), ("in", 6, 900_000, "Eve", "退汇")], 0),
        ("small change", [("in", 5, 9_000, "Eve", ""), ("out", 6, 9_000, "Eve", "")], 0),
    ],
)
def test_money_in_and_out(what: str, rows: Any, pairs: int) -> None:
    assert round_trip_rows(flows(*rows), AS_OF).height == pairs, what


def test_first_digits() -> None:
    even = [(1, "out", date(2023, 1 + n % 12, 5), f"b{n}", int(f"{1 + n % 9}5000")) for n in range(360)]
    found = first_digit_deviation(invoices(*even), AS_OF).row(0, named=True)
    # Each digit stands 40 times in 360: the mean of |1/9 - log10(1 + 1/d)| over d = 1 … 9 is 0.0597.
    assert found["digit_n"] == 360
    assert found["digit_deviation"] == pytest.approx(0.0597, abs=5e-5)
    assert first_digit_deviation(invoices(*even[:200]), AS_OF)["digit_deviation"].to_list() == [None]
