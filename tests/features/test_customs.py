"""One exporter's customs papers (class C10), worked out by hand.

As of 31 December 2024, so month 1 is December 2024, month 12 January 2024, month 15 October 2023. In US dollars:

    exports of the last 12 months    month 1   600 USA  Alpha USD      month 3   300 JPN  Beta  EUR
                                     month 3   100 PRK  -     USD      a declaration without a buyer
    exports before                   month 14  400 USA  Alpha USD      month 25  50 USA Alpha USD
"""

from __future__ import annotations

from datetime import date
from math import sqrt
from typing import Any

import pytest

from puhui.features import customs
from puhui.features.profiles import compute_profile, null_reasons, profile

from .record_frames import month_before, record_frame

AS_OF = date(2024, 12, 31)
NAMES = [variable.name for variable in customs.VARIABLES]


def declared(number: int, back: int, usd: float, country: str, buyer: str | None, **more: Any) -> dict[str, Any]:
    day = month_before(date(2024, 12, 1), back - 1).replace(day=11)
    return {
        "declaration": f"D{number}",
        "side": "export",
        "cleared_on": day,
        "value_usd": usd,
        "value_fen": round(usd * 700),
        "country": country,
        "currency": "USD",
        "buyer": buyer,
        "refund_rate": 0.13,
        **more,
    }


FRAMES = {
    "customs_declaration": record_frame(
        "customs_declaration",
        [
            declared(1, 1, 600, "USA", "Alpha", insured_usd=450, screening_hit=False),
            declared(2, 3, 300, "JPN", "Beta", currency="EUR", screening_hit=False),
            declared(3, 3, 100, "PRK", None, insured_usd=0),
            declared(4, 14, 400, "USA", "Alpha", screening_hit=True),
            declared(5, 25, 50, "USA", "Alpha"),
            declared(6, 2, 70, "DEU", "Maker", side="import"),
            declared(7, 13, 900, "DEU", "Maker", side="import"),
        ],
    ),
    "foreign_receipt": record_frame(
        "foreign_receipt",
        [
            {"reference": "R1", "received_on": date(2024, 3, 2), "value_usd": 380},
            {"reference": "R2", "received_on": date(2024, 12, 2), "value_usd": 20},
            {"reference": "R3", "received_on": date(2023, 12, 2), "value_usd": 999},
        ],
    ),
    "customs_standing": record_frame(
        "customs_standing",
        [{"grade": "registered", "granted_on": date(2016, 5, 1)}, {"grade": "advanced", "granted_on": date(2022, 5, 1)}],
    ),
    "customs_penalty": record_frame(
        "customs_penalty",
        [
            {"decision": "P1", "decided_on": date(2023, 1, 2), "amount_fen": 5_000},
            {"decision": "P2", "decided_on": date(2022, 12, 31), "amount_fen": 5_000},
        ],
    ),
    "tax_return": record_frame(
        "tax_return",
        [
            {
                "tax": "vat",
                "period_start": date(year, month, 1),
                "period_end": date(year, month, 28),
                "sales_fen": 100_000,
                "export_sales_fen": 50_000,
                "refund_fen": 6_000,
            }
            for year, month in [(2023, 12), *((2024, month) for month in range(1, 12))]
        ],
    ),
}

MONTHS = [600, 0, 400, *[0] * 9]
EXPECTED: dict[str, float | None] = {
    "exp_decl_amt_12m": 1_000,
    "exp_decl_yoy": 1_000 / 400 - 1,
    "exp_decl_cv_12m": sqrt(sum((each - 1_000 / 12) ** 2 for each in MONTHS) / 11) / (1_000 / 12),
    "exp_active_months_12m": 2,
    "imp_decl_amt_12m": 70,
    "exp_country_hhi": 0.36 + 0.09 + 0.01,
    "exp_top1_country_share": 0.6,
    "exp_high_risk_country_share": 0.1,
    "exp_sanction_hit_flag": 1,
    "exp_buyer_hhi": 0.36 + 0.09 + 0.01,
    # receipts of 2024 (400) against the exports of October 2023 to September 2024, that is of month 14 (400)
    "exp_settlement_gap": 0,
    "exp_late_receipt_share": 1,  # 400 received, 400 exported in months 7 to 18
    "exp_refund_match": 12 * 60 / (1_000 * 7 * 0.13),
    "customs_credit_grade": 2,
    "customs_penalty_cnt_24m": 1,
    "exp_insured_share": 450 / 700,
    "exp_currency_hhi": 0.49 + 0.09,
    "exp_decl_to_vat_export_gap": 7_000 / (12 * 500) - 1,
}


def values(frames: dict[str, Any], at: date = AS_OF) -> dict[str, float | None]:
    return compute_profile(frames, at, NAMES).row(0, named=True)


def test_every_variable_is_worked_out() -> None:
    assert EXPECTED.keys() == set(NAMES)
    found = values(FRAMES)
    for name, expected in EXPECTED.items():
        assert found[name] == pytest.approx(expected, rel=1e-12, abs=1e-12), name


def test_exports_that_are_never_paid_leave_a_gap() -> None:
    unpaid = {**FRAMES, "foreign_receipt": FRAMES["foreign_receipt"].clear()}
    assert values(unpaid)["exp_settlement_gap"] == 1
    assert values(unpaid)["exp_late_receipt_share"] == 0


def test_a_firm_that_only_imports_exports_nothing() -> None:
    imports = record_frame("customs_declaration", [declared(number, number, 70, "DEU", "Maker", side="import") for number in range(1, 26)])
    found = profile({"customs_declaration": imports}, AS_OF, NAMES)
    mine, reasons = found.values.row(0, named=True), null_reasons(found)[1]
    assert (mine["exp_decl_amt_12m"], mine["imp_decl_amt_12m"], mine["exp_active_months_12m"]) == (0, 840, 0)
    assert mine["customs_penalty_cnt_24m"] == 0  # customs told of the firm, and of no penalty
    for name in (
        "exp_decl_yoy",
        "exp_decl_cv_12m",
        "exp_country_hhi",
        "exp_sanction_hit_flag",
        "exp_settlement_gap",
        "customs_credit_grade",
    ):
        assert reasons[name] == "not_applicable", name


def test_half_a_year_of_exports_is_too_short_for_growth() -> None:
    young = record_frame("customs_declaration", [declared(1, 5, 100, "USA", "Alpha"), declared(2, 1, 100, "USA", "Alpha")])
    found = profile({"customs_declaration": young}, AS_OF, NAMES)
    reasons = null_reasons(found)[1]
    assert reasons["exp_decl_yoy"] == reasons["exp_decl_cv_12m"] == reasons["exp_settlement_gap"] == "too_short_history"
    assert found.values["exp_decl_amt_12m"].item() == 200


def test_a_country_was_no_risk_before_its_row() -> None:
    to_burma = {"customs_declaration": record_frame("customs_declaration", [declared(1, 30, 100, "MMR", "Alpha")])}
    assert values(to_burma, date(2022, 9, 30))["exp_high_risk_country_share"] == 0
    assert values(to_burma, date(2022, 10, 31))["exp_high_risk_country_share"] == 1
