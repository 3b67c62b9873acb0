"""Variables of financial statements (C S1) on a small firm whose figures are worked out by hand."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from puhui.features.profiles import compute_profile

from .record_frames import at, record_frame

AS_OF = date(2024, 9, 30)
END, BEFORE = date(2023, 12, 31), date(2022, 12, 31)

# Yuan; two years of a small maker of parts. (line, 2023, 2022)
BALANCE = [
    ("cash", 50_000, 40_000), ("accounts_receivable", 120_000, 80_000), ("prepayments", 10_000, 10_000),
    ("other_receivables", 20_000, 20_000), ("related_receivables", 5_000, 0), ("stock", 100_000, 100_000),
    ("current_assets", 300_000, 250_000), ("noncurrent_assets", 200_000, 200_000), ("assets", 500_000, 450_000),
    ("intangibles", 15_000, 15_000), ("accumulated_depreciation", 60_000, 40_000), ("short_loans", 100_000, 100_000),
    ("accounts_payable", 60_000, 40_000), ("advances", 20_000, 20_000), ("current_liabilities", 200_000, 180_000),
    ("long_loans", 50_000, 50_000), ("noncurrent_liabilities", 50_000, 50_000), ("liabilities", 250_000, 230_000),
    ("retained_earnings", 100_000, 70_000), ("equity", 250_000, 220_000),
]  # fmt: skip
FLOWS = [
    ("income", "revenue", 1_000_000, 800_000), ("income", "cost", 720_000, 600_000), ("income", "operating_profit", 90_000, 60_000),
    ("income", "total_profit", 80_000, 50_000), ("income", "income_tax", 4_000, 2_500), ("income", "net_profit", 76_000, 47_500),
    ("income", "interest_expense", 8_000, 8_000), ("cash_flow", "operating_net", 40_000, 30_000),
    ("cash_flow", "investing_net", -20_000, -20_000), ("cash_flow", "financing_net", -10_000, 0),
    ("cash_flow", "net_increase", 10_000, 10_000),
    ("cash_flow", "opening_cash", 40_000, 30_000), ("cash_flow", "closing_cash", 50_000, 40_000),
]  # fmt: skip


def rows() -> list[dict[str, Any]]:
    told = [
        {"statement": "balance", "line": line, "period_end": end, "value_fen": yuan * 100}
        for line, now, then in BALANCE
        for end, yuan in ((END, now), (BEFORE, then))
    ]
    told += [
        {"statement": statement, "line": line, "period_start": date(end.year, 1, 1), "period_end": end, "value_fen": yuan * 100}
        for statement, line, now, then in FLOWS
        for end, yuan in ((END, now), (BEFORE, then))
    ]
    return told


def values(more: list[dict[str, Any]] = [], **other: pl.DataFrame) -> dict[str, Any]:  # noqa: B006
    frames = {"statement_line": record_frame("statement_line", [*rows(), *more]), **other}
    return compute_profile(frames, AS_OF).row(0, named=True)


WORKED = {
    "fs_revenue_12m": 1_000_000,
    "fs_gross_margin": 0.28,  # (1,000,000 − 720,000) / 1,000,000
    "fs_operating_margin": 0.09,
    "fs_net_margin": 0.076,
    "fs_revenue_growth": 0.25,  # 1,000,000 / 800,000 − 1
    "fs_profit_growth": 0.6,  # 76,000 / 47,500 − 1
    "fs_total_assets": 500_000,
    "fs_net_assets": 250_000,
    "fs_tangible_net_worth": 230_000,  # 250,000 − 15,000 intangibles − 5,000 of related parties
    "fs_debt_ratio": 0.5,
    "fs_current_ratio": 1.5,
    "fs_quick_ratio": 0.95,  # (300,000 − 100,000 − 10,000) / 200,000
    "fs_cash_ratio": 0.25,
    "fs_interest_cover": 11,  # (80,000 + 8,000) / 8,000
    "fs_debt_to_ebitda": 150 / 108,  # debt 150,000; EBITDA 80,000 + 8,000 + 20,000 rise of accumulated depreciation
    "fs_dscr": 104 / 108,  # (108,000 − 4,000) / (100,000 + 8,000)
    "fs_ar_days": 36,  # (120,000 + 80,000) / 2 × 360 / 1,000,000
    "fs_stock_days": 50,  # 100,000 × 360 / 720,000
    "fs_ap_days": 25,  # 50,000 × 360 / 720,000
    "fs_prepay_days": 5,  # 10,000 × 360 / 720,000
    "fs_advance_days": 7.2,  # 20,000 × 360 / 1,000,000
    "fs_working_capital_turns": 360 / 58.8,  # 50 + 36 + 5 − 25 − 7.2 = 58.8 days
    "fs_wc_need": 1_000_000 * 0.91 * 1.25 * 58.8 / 360,
    "fs_wc_loan_gap": 1_000_000 * 0.91 * 1.25 * 58.8 / 360 - 100_000 - 100_000,  # own funds 250,000 + 50,000 − 200,000; short loans 100,000
    "fs_ocf_to_sales": 0.04,
    "fs_ocf_to_debt": 40 / 150,
    "fs_roe": 76 / 235,  # average equity 235,000
    "fs_asset_turn": 1000 / 475,
    "fs_other_receivable_share": 0.04,
    "fs_related_receivable_amt": 5_000,
    "fs_altman_z_em": 6.56 * 0.2 + 3.26 * 0.2 + 6.72 * 0.176 + 1.05 * 1 + 3.25,
    "fs_integrity_fail_cnt": 0,
}


@pytest.mark.parametrize("name", WORKED)
def test_worked(name: str) -> None:
    assert values()[name] == pytest.approx(WORKED[name], rel=1e-9)


def test_two_versions() -> None:
    tax = {"statement": "income", "line": "revenue", "version": "tax", "period_start": date(2023, 1, 1), "period_end": END}
    assert values([{**tax, "value_fen": 800_000_00}])["fs_tax_vs_bank_version_gap"] == pytest.approx(0.25)
    filed = {"tax": "cit", "period_start": date(2023, 1, 1), "period_end": END, "return_kind": "annual", "sales_fen": 1_250_000_00}
    assert values(tax_return=record_frame("tax_return", [filed]))["fs_tax_vs_bank_version_gap"] == pytest.approx(-0.2)
    assert values()["fs_tax_vs_bank_version_gap"] is None


def test_a_half_year_is_twelve_months_with_the_year_before() -> None:
    half = [
        {
            "statement": "income",
            "line": "revenue",
            "period_start": date(year, 1, 1),
            "period_end": date(year, 6, 30),
            "value_fen": yuan * 100,
        }
        for year, yuan in ((2024, 600_000), (2023, 450_000))
    ]
    found = values(half)
    assert found["fs_revenue_12m"] == 1_150_000  # 600,000 + 1,000,000 − 450,000
    assert found["fs_debt_ratio"] is None  # the balance sheet of June is not there


def told(statement: str, line: str, yuan: float, **more: Any) -> dict[str, Any]:
    start = {} if statement == "balance" else {"period_start": date(END.year, 1, 1)}
    return {"statement": statement, "line": line, "period_end": END, "value_fen": round(yuan * 100), **start, **more}


def test_a_statement_that_does_not_hold_together() -> None:
    wrong = told("balance", "assets", 510_000)
    assert values([wrong])["fs_integrity_fail_cnt"] == 2  # 510,000 = 250,000 + 250,000; 510,000 = 300,000 + 200,000
    assert values([wrong, told("balance", "liabilities_and_equity", 500_000)])["fs_integrity_fail_cnt"] == 3  # and both totals


def test_what_was_restated_or_printed_to_compare_is_no_fault_of_the_first_figures() -> None:
    assert values([told("balance", "assets", 510_000, restated=True)])["fs_integrity_fail_cnt"] == 0
    assert values([told("balance", "assets", 510_000, comparative=True)])["fs_integrity_fail_cnt"] == 0


def test_a_difference_within_rounding_or_a_ten_thousandth_is_no_fault() -> None:
    """Fifty yuan of 500,000 are a ten-thousandth; 51 are more, unless figures are told in thousands of yuan."""
    assert values([told("balance", "assets", 500_050)])["fs_integrity_fail_cnt"] == 0
    assert values([told("balance", "assets", 500_051)])["fs_integrity_fail_cnt"] == 2
    assert values([told("balance", "assets", 500_051, precision_fen=100_000)])["fs_integrity_fail_cnt"] == 0


def test_an_identity_of_one_layout_is_asked_of_no_other() -> None:
    """Profit before tax less income tax: 80,000 − 4,000 is not 70,000. Statements of Hong Kong count minorities in between."""
    profit = [("total_profit", 80_000), ("income_tax", 4_000), ("net_profit", 70_000)]
    for layout, faults in (("small_business", 1), ("hong_kong", 0)):
        assert values([told("income", line, yuan, layout=layout) for line, yuan in profit])["fs_integrity_fail_cnt"] == faults


def test_what_has_honest_reasons_is_not_counted() -> None:
    """Cash of the balance sheet above that of the cash-flow statement: deposits that are bound."""
    assert values([told("balance", "cash", 45_000)])["fs_integrity_fail_cnt"] == 0


def test_debts_found_elsewhere_that_the_statements_do_not_tell() -> None:
    """Found 180,000 + 30,000 by a visit, told 100,000 + 50,000: 60,000. A bill of 40,000 stands under notes payable and is not asked."""
    loan = {"reported_on": date(2024, 9, 1), "account": "1", "lender": "A", "kind": "loan", "balance_fen": 180_000_00}
    bill = {"reported_on": date(2024, 9, 1), "account": "2", "lender": "B", "kind": "acceptance", "balance_fen": 40_000_00}
    visit = {"visited_on": date(2024, 9, 2), "private_debt_fen": 30_000_00}
    other = {"credit_account": record_frame("credit_account", [loan, bill]), "site_visit": record_frame("site_visit", [visit])}
    assert values(**other)["debts_found_not_told"] == pytest.approx(60_000)
    assert values(site_visit=other["site_visit"])["debts_found_not_told"] == pytest.approx(-120_000)
    assert values()["debts_found_not_told"] is None


def test_what_was_printed_to_compare_does_not_replace_the_first_figure() -> None:
    again = [{"statement": "balance", "line": "assets", "period_end": END, "value_fen": 1, "comparative": True}]
    assert values(again)["fs_total_assets"] == 500_000


def test_nothing_told_is_null_and_later_knowledge_changes_nothing() -> None:
    frame = record_frame("statement_line", rows()[:2])
    assert compute_profile({"statement_line": frame}, AS_OF).row(0, named=True)["fs_debt_ratio"] is None
    later = record_frame("statement_line", [{"statement": "balance", "line": "cash", "period_end": END, "value_fen": 1}])
    later = later.with_columns(known_at=pl.lit(at(AS_OF + timedelta(days=5))).cast(pl.Datetime("us", "UTC")))
    both = pl.concat([record_frame("statement_line", rows()), later])
    assert compute_profile({"statement_line": both}, AS_OF).row(0, named=True)["fs_cash_ratio"] == 0.25
