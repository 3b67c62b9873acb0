"""Dated tables: the row in force on a day, and tables that are wrong."""

from __future__ import annotations

from datetime import date

import pytest

from puhui.calculations.faults import FaultsError
from puhui.products import parameters

HEAD = """
[table]
name = "t"
names = { en = "T", zh-hans = "表", zh-hant = "表" }
columns = { kind = "text", rate = "ratio" }
source = "made up"
verified = false
"""


def table(tmp_path, rows):
    (tmp_path / "parameters").mkdir(exist_ok=True)
    (tmp_path / "parameters" / "t.toml").write_text(HEAD + rows, encoding="utf-8")
    return parameters.table("t", tmp_path)


def test_prime_rate_on_a_day():
    found = parameters.table("loan-prime-rate")
    assert found.row(date(2024, 10, 20))["LPR1Y"] == 0.0335
    assert found.row(date(2024, 10, 21))["LPR1Y"] == 0.0310
    with pytest.raises(FaultsError, match="no row for any on 2019-01-01"):
        found.row(date(2019, 1, 1))


def test_rows_by_key_and_day(tmp_path):
    rows = """
[[rows]]
kind = "a"
valid_from = 2020-01-01
valid_to = 2020-12-31
rate = 0.1
[[rows]]
kind = "a"
valid_from = 2021-01-01
rate = 0.2
[[rows]]
kind = "b"
rate = 0.3
"""
    found = table(tmp_path, rows)
    assert found.row(date(2020, 12, 31), kind="a")["rate"] == 0.1
    assert found.row(date(2021, 1, 1), kind="a")["rate"] == 0.2
    assert found.row(date(1990, 1, 1), kind="b")["rate"] == 0.3
    with pytest.raises(FaultsError, match="no row for kind = a on 2019-12-31"):
        found.row(date(2019, 12, 31), kind="a")


def test_faults(tmp_path):
    with pytest.raises(FaultsError) as raised:
        table(tmp_path, '[[rows]]\nkind = 3\nrate = "x"\nratee = 1\nvalid_from = "soon"\n')
    text = str(raised.value)
    for words in ("t.toml:9:8", "t.toml:10:9", "Did you mean rate?", "a date such as"):
        assert words in text


def test_unknown_table():
    with pytest.raises(FaultsError, match="Did you mean lending-costs"):
        parameters.table("lending-cost")
