"""Nothing known later leaks in, and what does not count is left out."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.examples import examples

from puhui.features.compute import compute, null_reasons
from puhui.features.windows import AsOf, day_number

from .frames import frame, random_frame, row

AS_OF = date(2020, 3, 31)
BASE = [row("out", date(2020, 1, 10), "B1", 100, 13), row("in", date(2019, 12, 3), "S1", 40, 5.2)]


def sales_3m(*more: dict[str, object], as_of: date | datetime = AS_OF) -> float | None:
    return compute(frame([*BASE, *more]), as_of, variables=["inv_out_amt_3m"]).row(0)[1]


@examples(8)
@given(seed=st.integers(0, 10_000), days_back=st.integers(0, 700))
def test_rows_known_later_change_nothing(seed: int, days_back: int) -> None:
    as_of = AS_OF - timedelta(days=days_back)
    everything = random_frame(seed, firms=6, rows=300).drop("void_known_at")
    known = everything.filter((pl.col("known_at") <= as_of) & (pl.col("issued_on") <= as_of))
    values = compute(everything, as_of)
    assert compute(known, as_of).equals(values.filter(pl.col("firm_id").is_in(known["firm_id"].unique().to_list())))


@pytest.mark.parametrize(
    ("what", "more", "expected"),
    [
        ("counts", row("out", date(2020, 3, 31), "B1", 7), 107),
        ("known a day later", row("out", date(2020, 3, 31), "B1", 7, known_at=date(2020, 4, 1)), 100),
        ("dated in the future", row("out", date(2020, 4, 2), "B1", 7, known_at=AS_OF), 100),
        ("exact repeat", row("out", date(2020, 1, 10), "B1", 100, 13, duplicate=True), 100),
        ("void", row("out", date(2020, 3, 1), "B1", 7, status="void"), 100),
        ("voided unused", row("out", date(2020, 3, 1), "B1", 0, status="blank"), 100),
        ("red", row("out", date(2020, 3, 1), "B1", -7, status="red"), 93),
        ("red under the status of a normal invoice", row("out", date(2020, 3, 1), "B1", -7), 93),
        ("voided red", row("out", date(2020, 3, 1), "B1", -7, status="void"), 100),
        ("issued by the buyer: produce", row("out", date(2020, 3, 1), "B1", 7, kind="16"), 100),
        ("issued by the buyer: scrap", row("out", date(2020, 3, 1), "B1", 7, kind="24"), 100),
        ("another kind", row("out", date(2020, 3, 1), "B1", 7, kind="03"), 107),
        ("void not yet known", row("out", date(2020, 3, 1), "B1", 7, status="void", void_known_at=date(2020, 4, 1)), 107),
        ("void known by then", row("out", date(2020, 3, 1), "B1", 7, status="void", void_known_at=AS_OF), 100),
        ("red whose void is not yet known", row("out", date(2020, 3, 1), "B1", -7, status="void", void_known_at=date(2020, 5, 1)), 93),
        ("the other side", row("in", date(2020, 3, 1), "B1", 7), 100),
    ],
)
def test_what_counts_in_sales(what: str, more: dict[str, object], expected: float) -> None:
    assert sales_3m(more) == expected, what


def test_the_running_month_is_in_no_window_but_tells_the_last_sale() -> None:
    values = compute(frame([*BASE, row("out", date(2020, 3, 20), "B1", 7)]), date(2020, 3, 30)).row(0, named=True)
    assert values["inv_out_amt_3m"] == 100
    assert values["inv_out_last_days"] == 10


def test_purchases_on_invoices_issued_by_the_buyer_are_purchases() -> None:
    values = compute(frame([*BASE, row("in", date(2020, 3, 1), "S2", 7, kind="16")]), AS_OF, variables=["inv_in_amt_3m"])
    assert values.row(0)[1] == 7


@pytest.mark.parametrize(
    ("at", "last_month", "end", "start_of_12"),
    [
        (date(2020, 3, 31), 2020 * 12 + 3, date(2020, 3, 31), date(2019, 4, 1)),
        (date(2020, 3, 30), 2020 * 12 + 2, date(2020, 2, 29), date(2019, 3, 1)),
        (date(2020, 2, 29), 2020 * 12 + 2, date(2020, 2, 29), date(2019, 3, 1)),
        (date(2019, 2, 28), 2019 * 12 + 2, date(2019, 2, 28), date(2018, 3, 1)),
        (date(2020, 1, 1), 2019 * 12 + 12, date(2019, 12, 31), date(2019, 1, 1)),
        (date(2019, 12, 31), 2019 * 12 + 12, date(2019, 12, 31), date(2019, 1, 1)),
        (datetime.fromisoformat("2019-12-31T23:59"), 2019 * 12 + 11, date(2019, 11, 30), date(2018, 12, 1)),
    ],
)
def test_windows_end_at_the_last_closed_month(at: date, last_month: int, end: date, start_of_12: date) -> None:
    as_of = AsOf(at)
    assert as_of.last_closed_month == last_month
    assert as_of.window_end_day == day_number(end)
    assert as_of.window_start_day(12) == day_number(start_of_12)


def test_every_null_has_a_reason() -> None:
    values = compute(random_frame(3), AS_OF)
    reasons = null_reasons(values)
    assert reasons.height == sum(values[name].null_count() for name in values.columns)
    assert set(reasons["reason"]) == {"too_short_history", "not_applicable"}
    young = dict(reasons.filter(pl.col("firm_id") == "young").select("variable", "reason").iter_rows())
    assert young["inv_out_yoy"] == "too_short_history"  # one month of records
    assert young["inv_out_gap_days_max_12m"] == "not_applicable"  # one invoice has no gap
    assert young["inv_in_amt_12m"] == "too_short_history"  # no purchase was ever seen: unknown, not zero
    assert "inv_out_amt_12m" not in young


def test_reasons_need_the_months_known() -> None:
    with pytest.raises(ValueError, match="inv_out_history_months, inv_in_history_months"):
        null_reasons(compute(frame(BASE), AS_OF, variables=["inv_out_yoy"]))


def test_missing_columns_are_all_named() -> None:
    for engine in ("polars", "duckdb"):
        with pytest.raises(ValueError, match="missing column known_at, duplicate"):
            compute(frame(BASE).drop("known_at", "duplicate"), AS_OF, engine=engine)
    with pytest.raises(ValueError, match="expected one of polars, duckdb, spark"):
        compute(frame(BASE), AS_OF, engine="pandas")
