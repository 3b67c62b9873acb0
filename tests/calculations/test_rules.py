"""The rule language: what null does, what is refused and where, and that generated code gives what the words say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from puhui.calculations.faults import FaultsError
from puhui.calculations.rule_units import BOOLEAN, TEXT, Kind, kind_of_unit, number, unit_text
from puhui.calculations.rules import Place, TableKind, Vocabulary, parse
from puhui.calculations.rules_python import compile_python

SHARE = TableKind(TEXT, number("ratio"), frozenset({"A", "B"}))
VOCABULARY = Vocabulary(
    {
        "sales": number("CNY"),
        "debts": number("CNY"),
        "months": number("months"),
        "share": number("ratio"),
        "grade": TEXT,
        "flag": BOOLEAN,
        "other": BOOLEAN,
    },
    {"share_of_sales": SHARE},
)
TABLES = {"share_of_sales": {"A": 0.12, "B": 0.1}}


def value(text: str, expected: Kind = BOOLEAN, **facts):
    return compile_python(parse(text, VOCABULARY, expected))(facts, TABLES)


@pytest.mark.parametrize(
    ("text", "facts", "expected"),
    [
        ("sales >= 500_000", {"sales": 500_000}, True),
        ("sales >= 500_000", {"sales": 499_999.99}, False),
        ("sales >= 500_000", {"sales": None}, None),
        ("100 < sales <= 500", {"sales": 500}, True),
        ("100 < sales <= 500", {"sales": 100}, False),
        ("grade in ('A', 'B')", {"grade": "A"}, True),
        ("grade not in ('A', 'B')", {"grade": "C"}, True),
        ("grade in ('A', 'B')", {"grade": None}, None),
        ("grade == 'A' and sales > 0", {"grade": "B", "sales": None}, False),  # null and false is false
        ("grade == 'A' and sales > 0", {"grade": "A", "sales": None}, None),
        ("grade == 'A' or sales > 0", {"grade": "A", "sales": None}, True),  # null or true is true
        ("grade == 'A' or sales > 0", {"grade": "B", "sales": None}, None),
        ("not flag", {"flag": None}, None),
        ("not flag", {"flag": False}, True),
        ("sales is null", {"sales": None}, True),
        ("sales is not null", {"sales": 0}, True),
        ("coalesce(sales, debts, 0) > 5", {"sales": None, "debts": 7}, True),
        ("coalesce(sales, debts, 0) > 5", {"sales": None, "debts": None}, False),
        ("min(sales, debts) > 5", {"sales": 9, "debts": None}, None),
        ("max(sales, debts) > 5", {"sales": 9, "debts": 1}, True),
        ("sales / debts > 1", {"sales": 9, "debts": 0}, None),  # division by zero is not known, not infinite
        ("sales * 1e300 > 1", {"sales": 1e200}, None),  # out of range likewise
        ("share_of_sales[grade] * sales > 119", {"grade": "A", "sales": 1000}, True),
        ("share_of_sales[grade] * sales > 119", {"grade": "D", "sales": 1000}, None),  # the table has no row D
        ("flag == true", {"flag": True}, True),
        ("-sales < 0", {"sales": 3}, True),
        ("sales > 0 and\n  debts\n  < 1", {"sales": 3, "debts": 0}, True),
    ],
)
def test_value(text, facts, expected):
    assert value(text, **facts) is expected


@pytest.mark.parametrize(
    ("text", "where", "found", "remedy"),
    [
        ("sals > 3", "p.toml:10:9", "sals", "Did you mean sales?"),
        ("flag and sales > months", "p.toml:10:18", "CNY and month", "Convert"),
        ("flag and\n  sales > months", "p.toml:11:3", "CNY and month", "Convert"),
        ("sales + share > 0", "p.toml:10:9", "CNY and 1", "Convert"),
        ("sales * share > months", "p.toml:10:9", "CNY and month", "Convert"),
        ("grade > 'A'", "p.toml:10:9", "grade > 'A'", ""),
        ("grade == 3", "p.toml:10:9", "a text and a number", ""),
        ("'款' == grade and sals > 1", "p.toml:10:26", "sals", "sales"),
        ("share_of_sales['E'] > 1", "p.toml:10:24", "'E'", ""),
        ("share_of_sale['A'] > 1", "p.toml:10:9", "share_of_sale", "share_of_sales"),
        ("sales > ", "p.toml:10:9", "invalid syntax", ""),
        ("flag) or (flag", "p.toml:10:13", "unmatched", ""),
        ("minn(sales, debts) > 0", "p.toml:10:9", "minn", "Did you mean min?"),
        ("min(sales) > 0", "p.toml:10:9", "min(sales)", ""),
        ("sales ** 2 > 0", "p.toml:10:9", "sales ** 2", ""),
        ("grade in ('A', 3)", "p.toml:10:24", "a text and a number", ""),
        ("grade in ('A', 'A')", "p.toml:10:24", "twice", ""),
        ("not 3", "p.toml:10:13", "3", ""),
        ("sales", "p.toml:10:9", "a result that is a number in CNY", ""),
        ("__import__('os').system('x')", "p.toml:10:9", "__import__", ""),
        ("[x for x in (1, 2)]", "p.toml:10:9", "for x in", ""),
        ("", "p.toml:10:9", "", ""),
    ],
)
def test_faults_are_placed(text, where, found, remedy):
    with pytest.raises(FaultsError) as raised:
        parse(text, VOCABULARY, BOOLEAN, Place("p.toml", 10, 9))
    fault = raised.value.faults[0]
    assert fault.where == where
    assert found in fault.found
    assert remedy in fault.remedy


def test_every_fault_is_named_at_once():
    with pytest.raises(FaultsError) as raised:
        parse("sals > 3 and debs > months and share_of_sales['Z'] > 0", VOCABULARY, BOOLEAN)
    assert [fault.where.rpartition(":")[2] for fault in raised.value.faults] == ["1", "14", "47"]


def test_units():
    assert parse("sales / months * 3", VOCABULARY, number("CNY/month")).names == ("months", "sales")
    assert parse("sales / debts", VOCABULARY, number("ratio")).kind == number("ratio")
    assert unit_text(number("CNY/month").powers) == "CNY/month"
    assert unit_text(number("ratio").powers) == "1"
    assert kind_of_unit("days") == number("day")


figures = st.one_of(st.none(), st.floats(-1e6, 1e6), st.integers(-1000, 1000))
booleans = st.one_of(st.none(), st.booleans())


@given(figures, figures, booleans, booleans)
def test_null_laws(sales, debts, flag, other):
    facts = {"sales": sales, "debts": debts, "flag": flag, "other": other}
    # De Morgan holds in three values, too.
    assert value("not (flag and other)", **facts) is value("not flag or not other", **facts)
    # A comparison is known exactly when both sides are.
    assert (value("sales < debts", **facts) is None) == (sales is None or debts is None)
    assert value("not sales < debts", **facts) is value("sales >= debts", **facts)
    assert value("coalesce(sales, 0) is null", **facts) is False
    known = value("min(sales, debts)", number("CNY"), **facts)
    assert known is None if None in (sales, debts) else known == min(sales, debts)
