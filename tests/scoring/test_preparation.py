"""Raw values are read alike from any file, and each step gives one case and many the same."""

import math
from datetime import UTC, date, datetime

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.examples import examples

from puhui.scoring.preparation import KINDS, Step, as_date, as_number, as_text, prepare, prepare_frame

STEPS = (
    Step("share", "ratio", ("part", "whole")),
    Step("gap", "difference", ("part", "whole")),
    Step("sum", "total", ("part", "whole", "part")),
    Step("most", "largest", ("part", "whole")),
    Step("age_days", "days_between", ("start", "end")),
    Step("start_year", "year", ("start",)),
    Step("start_month", "month", ("start",)),
    Step("sector", "prefix", ("code",), {"length": 2}),
    Step("code_category", "category", ("code",)),
    Step("region", "group", ("code",), {"groups": {"north": ["1101", 12], "south": ["AB"]}, "other": "rest"}),
    Step("same", "equal", ("code", "other_code")),
    Step("unknown", "is_missing", ("part",)),
    Step("clean", "null_if", ("part",), {"values": [999, -1]}),
    Step("start_day", "day_number", ("start",)),
    Step("odd", "remainder", ("whole",), {"by": 3}),
    Step("pair", "joined", ("code", "other_code"), {"length": 2}),
)
RAW = {"part": "number", "code": "text"}


def test_every_kind_is_tried_here():
    assert {step.kind for step in STEPS} == set(KINDS)


def test_worked_values():
    values = {"part": 3, "whole": 4.0, "start": date(2020, 2, 28), "end": "2020-03-01", "code": "1101", "other_code": 1101}
    assert prepare(values, RAW, STEPS) == {
        "part": 3.0, "code": "1101", "share": 0.75, "gap": -1.0, "sum": 10.0, "most": 4.0, "age_days": 2.0,
            "start_year": 2020.0, "start_month": 2.0,
        "sector": "11", "code_category": "1101", "region": "north", "same": 1.0, "unknown": 0.0, "clean": 3.0,
        "start_day": 7363.0,  # 20 years with five leap days, 31 days of January, 27 of February
        "odd": 1.0, "pair": "11 · 1101",
    }  # fmt: skip


def test_null_is_not_zero():
    values = dict.fromkeys(("part", "whole", "start", "end", "code", "other_code"))
    result = prepare(values, RAW, STEPS)
    assert result.pop("unknown") == 1.0
    assert set(result.values()) == {None}
    assert prepare({**values, "part": 5, "whole": 0}, RAW, STEPS)["share"] is None
    assert prepare({**values, "part": 999}, RAW, STEPS)["clean"] is None


NUMBERS = st.one_of(st.none(), st.integers(-5, 5).map(float), st.floats(), st.sampled_from([999.0, -1.0]))
DATES = st.one_of(st.none(), st.dates(date(1990, 1, 1), date(2030, 1, 1)))
CODES = st.one_of(st.none(), st.sampled_from(["1101", "12", "AB", " AB ", "", "中文", "9"]))


@examples(60)
@example([{"part": math.nan, "whole": None, "start": None, "end": None, "code": None, "other_code": None}])
@given(
    st.lists(
        st.fixed_dictionaries({"part": NUMBERS, "whole": NUMBERS, "start": DATES, "end": DATES, "code": CODES, "other_code": CODES}),
        min_size=1,
        max_size=12,
    )
)
def test_one_case_and_many_get_the_same(rows):
    types = {"part": pl.Float64, "whole": pl.Float64, "start": pl.Date, "end": pl.Date, "code": pl.String, "other_code": pl.String}
    many = prepare_frame(pl.DataFrame(rows, schema=types), RAW, STEPS, [])
    assert many.to_dicts() == [prepare(row, RAW, STEPS) for row in rows]


@pytest.mark.parametrize(
    ("value", "number", "text"),
    [
        (1, 1.0, "1"),
        (1.0, 1.0, "1"),
        (True, 1.0, "true"),
        (" 2.5 ", 2.5, "2.5"),
        (math.nan, None, None),
        (math.inf, None, None),
        ("", None, None),
    ],
)
def test_numbers_and_categories_read_alike(value, number, text):
    assert (as_number(value), as_text(value)) == (number, text)


def test_days_from_dates_times_and_text():
    assert as_date(datetime(2024, 2, 29, 23, 59, tzinfo=UTC)) == as_date("2024-02-29") == as_date(date(2024, 2, 29)) == date(2024, 2, 29)
    with pytest.raises(ValueError, match="day"):
        as_date("2023-02-29")


def test_what_cannot_be_read_is_named_by_column_and_row():
    faults = []
    frame = pl.DataFrame({"part": ["1", "2", "many"], "code": ["a", "b", "c"]})
    prepare_frame(frame, RAW, (), faults)
    assert [(fault.where, fault.expected) for fault in faults] == [("column part, row 2", "a number")]


CHAIN = (
    Step("billed", "total", ("a", "b")),
    Step("use", "ratio", ("billed", "limit")),
    Step("worst", "largest", ("a", "b")),
    Step("unused", "ratio", ("worst", "limit")),
)


def test_a_step_may_read_what_a_step_before_it_gives():
    from puhui.scoring.preparation import columns_read, needed

    rows = [{"a": 1.0, "b": 3.0, "limit": 8.0}, {"a": None, "b": 3.0, "limit": 8.0}, {"a": 5.0, "b": -1.0, "limit": 0.0}]
    one = [prepare(row, {}, CHAIN) for row in rows]
    assert [(each["billed"], each["use"], each["worst"]) for each in one] == [(4.0, 0.5, 3.0), (None, None, None), (4.0, None, 5.0)]
    many = prepare_frame(pl.DataFrame(rows), {}, CHAIN, []).to_dicts()
    assert many == one
    assert [step.name for step in needed(CHAIN, {"use"})] == ["billed", "use"]
    assert columns_read({"a": "number"}, CHAIN) == ("a", "b", "limit")
