"""Identities of statements: each holds, or a finding names the line and the amount. Figures worked out by hand, in yuan."""

from __future__ import annotations

import datetime as dt
import os
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.evidence.conftest import BUSINESS_DATE

from puhui.evidence.layouts import layout
from puhui.evidence.reading.parties import FirmIdentity
from puhui.evidence.reading.records import read_records
from puhui.evidence.statements.checks import Finding, findings, identities, words
from puhui.evidence.statements.lines import layout_document, lines
from puhui.evidence.statements.taking_apart import taken_apart

DATA = Path(os.environ.get("PUHUI_REAL_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
RAW = DATA / "statements_raw"
real = pytest.mark.skipif(not RAW.exists(), reason=f"the real data is not at {DATA} (PUHUI_REAL_DATA)")
NOW = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)
END = dt.date(2024, 12, 31)

BALANCE = {
    "cash": 50, "accounts_receivable": 120, "stock": 30, "current_assets": 200, "fixed_assets_cost": 160, "accumulated_depreciation": 60,
    "fixed_assets": 100, "noncurrent_assets": 100, "assets": 300, "short_loans": 100, "accounts_payable": 60, "current_liabilities": 160,
    "liabilities": 160, "capital": 100, "retained_earnings": 40, "equity": 140, "liabilities_and_equity": 300,
}  # fmt: skip
INCOME = {
    "revenue": 600, "cost": 450, "selling_expenses": 20, "management_expenses": 45, "financial_expenses": 5, "operating_profit": 80,
    "total_profit": 80, "income_tax": 4, "net_profit": 76,
}  # fmt: skip
CASH = {
    "sales_received": 560, "purchases_paid": 440, "wages_paid": 40, "taxes_paid": 10, "other_operating_paid": 40, "operating_net": 30,
    "long_assets_paid": 15, "investing_net": -15, "principal_paid": 5, "financing_net": -5, "net_increase": 10, "opening_cash": 40,
    "closing_cash": 50,
}  # fmt: skip


def rows(end: dt.date = END, precision_fen: int = 1, **changes: int) -> list[dict[str, Any]]:
    """The three statements of a small firm, with `statement__line = yuan` changed."""
    start = dt.date(end.year, 1, 1)
    made = []
    for statement, figures in (("balance", BALANCE), ("income", INCOME), ("cash_flow", CASH)):
        for line, yuan in figures.items():
            value = changes.get(f"{statement}__{line}", yuan)
            made.append(
                {
                    "firm_id": 1, "record_id": len(made), "observed_on": end, "known_at": NOW, "statement": statement, "line": line,
                    "label": line, "copy": 1, "period_start": None if statement == "balance" else start, "period_end": end,
                    "value_fen": value * 100, "precision_fen": precision_fen, "layout": "small_business",
                }
            )  # fmt: skip
    return made


def frame(made: list[dict[str, Any]]) -> pl.DataFrame:
    form = layout("statement_line")
    return pl.DataFrame([{**dict.fromkeys(form.schema()), **row} for row in made], schema=form.schema(), orient="row")


def named(found: list[Finding]) -> set[str]:
    return {each.name or each.kind for each in found}


def test_statements_that_hold_together_have_no_finding() -> None:
    assert findings(frame(rows())) == []


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ({"balance__stock": 31}, {"current_assets_sum"}),
        ({"balance__noncurrent_assets": 101}, {"assets_split", "noncurrent_assets_sum"}),
        ({"balance__accumulated_depreciation": 61}, {"fixed_assets_net"}),
        ({"balance__equity": 150}, {"both_sides", "both_totals", "equity_sum"}),
        ({"balance__accounts_payable": 50}, {"current_liabilities_sum"}),
        ({"income__operating_profit": 81}, {"operating_profit_small", "total_profit"}),
        ({"income__income_tax": 6}, {"net_profit"}),
        ({"cash_flow__wages_paid": 45}, {"operating_flows_small"}),
        ({"cash_flow__financing_net": -6}, {"financing_flows_small", "net_increase"}),
        ({"cash_flow__opening_cash": 41}, {"closing_cash"}),
    ],
)
def test_a_false_figure_breaks_the_sums_it_stands_in(change: dict[str, int], broken: set[str]) -> None:
    found = findings(frame(rows(**change)))
    assert named(found) == broken
    assert {each.strength for each in found} == {"must"}


def test_the_finding_says_which_line_and_by_how_much() -> None:
    (found,) = findings(frame(rows(balance__stock=31)))
    # 50 + 120 + 31 = 201 against 200; cash is confirmed by the cash flow, the total by the two sides of the balance
    assert (found.line, found.found, found.expected, found.difference) == ("current_assets", 20_000, 20_100, -100)
    assert "stock" in found.suspects and "current_assets" not in found.suspects
    english = words(found)
    assert "Balance sheet of 2024-12-31" in english and "200.00" in english and "201.00" in english and "存货" in english
    assert "“流动资产合计”为200.00元" in words(found, "zh-hans") and "「存貨」" not in words(found, "zh-hant")


def test_rounding_is_no_error() -> None:
    # In units of 10,000 yuan each figure may be 5,000 off; one fen is not forgiven more than a fen a figure.
    assert findings(frame(rows(precision_fen=200, balance__stock=31))) == []
    odd = rows()
    odd[0]["value_fen"] += 2
    assert findings(frame(odd)) == []
    odd[0]["value_fen"] += 10
    assert named(findings(frame(odd))) == {"current_assets_sum", "cash_in_both"}


def test_years_are_set_against_each_other() -> None:
    before = rows(dt.date(2023, 12, 31), balance__retained_earnings=10, balance__capital=130, cash_flow__closing_cash=45,
                  cash_flow__net_increase=5, cash_flow__operating_net=25, cash_flow__sales_received=555, balance__cash=45,
                  balance__accounts_receivable=125)  # fmt: skip
    found = {each.kind: each for each in findings(frame([*before, *rows()]))}
    # cash at the start of 2024 is 40, the year before ended with 45; retained earnings rose by 30 with a profit of 76
    assert (found["opening_cash"].found, found["opening_cash"].expected) == (4_000, 4_500)
    assert (found["retained_earnings"].found, found["retained_earnings"].expected) == (3_000, 7_600)


def test_restated_comparative_and_double_columns_are_kept_apart() -> None:
    made = rows()
    revenue = next(row for row in made if row["line"] == "revenue")
    restated = {**revenue, "value_fen": 59_000, "restated": True}
    compared = {**revenue, "value_fen": 58_000, "comparative": True}
    double = {**revenue, "value_fen": 57_000, "copy": 2}
    found = {each.kind: each for each in findings(frame([*made, restated, compared, double]))}
    assert set(found) == {"restated", "comparative", "columns_differ"}  # no sum mixes them
    assert found["restated"].difference == -1_000 and found["comparative"].difference == -2_000
    assert (found["columns_differ"].found, found["columns_differ"].expected) == (60_000, 57_000)


def test_an_unknown_label_is_told() -> None:
    odd = {**rows()[0], "line": "unmapped", "label": "神秘资产"}
    (found,) = findings(frame([*rows(), odd]))
    assert (found.kind, found.strength) == ("unmapped", "note") and "神秘资产" in words(found)


def test_every_identity_names_lines_that_are_there() -> None:
    document = layout_document("lines")
    for each in identities():
        for line in each.lines:
            statement, _, name = line.rpartition(".")
            assert name in document[statement or each.statement], (each.name, line)
    assert lines().valid_from


def real_rows(firm: str) -> pl.DataFrame:
    frames = []
    for path in sorted(RAW.glob(f"cn_listed_{firm}_*")):
        with taken_apart(path, "S1", None, path.name) as taken:
            reading = read_records(
                taken.path, layout("statement_line"), today=BUSINESS_DATE, now=NOW, firm=FirmIdentity("x", 1, frozenset(["x"]))
            )
        assert not reading.rejected.height
        frames.append(reading.accepted)
    return pl.concat(frames)


@real
@pytest.mark.real_data
def test_the_brewer_and_the_distiller() -> None:
    """A hundred reports each: all sums hold but those named."""
    brewer = findings(real_rows("brewer"))
    (odd,) = [each for each in brewer if each.strength == "must"]
    # profit before tax less tax is 73.722 million, the profit told 80.258 million
    assert (odd.name, odd.period_end, odd.difference) == ("net_profit", dt.date(1996, 6, 30), 653_600_000)
    distiller = findings(real_rows("liquor"))
    assert {(each.name, each.period_end) for each in distiller if each.strength == "must"} == {
        ("both_sides", dt.date(2001, 6, 30)),
        ("both_totals", dt.date(2001, 6, 30)),
    }  # 12.14 against 12.04 hundred million
    assert Counter(each.kind for each in distiller)["columns_differ"] == 0
