"""Platforms, machines, supply chains, warehouses and farms of firms made by hand. As of 29 February 2024, so February is month 1."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from puhui.features.profiles import compute_profile

from .records import invoices, month, records

AS_OF = date(2024, 2, 29)
LAST = date(2024, 2, 28)  # the report of a day comes on the next
FIRM = {"firm_id": 301}


def sold(day: date, platform: str = "P1", **more: Any) -> dict[str, Any]:
    return {**FIRM, "platform": platform, "shop": "S", "day": day, **more}


def platform_days() -> list[dict[str, Any]]:
    """A year and more of ten orders of 100 yuan each a day; twenty a day in the last week, with refunds, and 2,000 yuan elsewhere."""
    rows = []
    for back in range(400):
        orders = 20 if back < 7 else 10
        told = {"refund_fen": 10_000 * orders if back == 3 else 0, "disputes": 1 if back == 50 else 0, "buyers": orders}
        told |= {
            "repeat_buyers": 4,
            "active_skus": 30 if back == 10 else 25,
            "ad_cost_fen": 5_000,
            "suspect_orders": 2 if back == 40 else 0,
        }
        told |= {"settled_fen": 50_000, "settle_days": 3.0 if back < 45 else 5.0, "penalties": 1 if back in (60, 390) else 0}
        rows.append(sold(LAST - timedelta(days=back), gmv_fen=orders * 10_000, orders=orders, **told))
    return [*rows, sold(date(2023, 12, 1), "P2", gmv_fen=300_000, cancelled_fen=100_000, orders=5)]


SHOPS = [
    {**FIRM, "platform": "P1", "shop": "S", "stated_on": date(2023, 1, 1), "rating": 1.0, "balance_fen": 1, "opened_on": date(2022, 3, 1)},
    {
        **FIRM,
        "platform": "P1",
        "shop": "S",
        "stated_on": date(2024, 2, 1),
        "rating": 4.8,
        "balance_fen": 30_000,
        "opened_on": date(2022, 3, 1),
    },
    {**FIRM, "platform": "P2", "shop": "S", "stated_on": date(2024, 1, 1), "rating": 4.4, "balance_fen": None, "opened_on": None},
]
MACHINES = [
    *(
        {**FIRM, "machine": "1", "day": LAST - timedelta(days=back), "run_hours": 8.0, "planned_hours": 10.0, "silent_hours": 1.5}
        for back in range(5)
    ),
    {**FIRM, "machine": "1", "day": LAST - timedelta(days=8), "run_hours": 6.0, "silent_hours": 2.0},
    {**FIRM, "machine": "1", "day": LAST - timedelta(days=30), "run_hours": 24.0, "planned_hours": 24.0, "silent_hours": 20.0},
]  # fmt: skip
EVENTS = [
    {**FIRM, "machine": "1", "happened_on": day, "kind": kind}
    for day, kind in ((month(3), "failure"), (month(14), "failure"), (month(2), "maintenance"), (LAST, "error"), (month(6), "error"))
]
ORDERS = [
    {**FIRM, "anchor": "核心", "order": "1", "ordered_on": month(2), "amount_fen": 1_000_000, "status": "open", "confirmed": True,
     "delivered_fen": 400_000},
    {**FIRM, "anchor": "核心", "order": "2", "ordered_on": month(3), "amount_fen": 500_000, "status": "paid", "delivered_fen": 500_000,
     "returned_fen": 90_000, "due_on": month(2, 1), "paid_on": month(2, 11), "disputed": True},
    {**FIRM, "anchor": "核心", "order": "3", "ordered_on": month(1), "amount_fen": 700_000, "status": "open", "confirmed": False},
]  # fmt: skip
CONFIRMED = [
    {**FIRM, "certificate": "1", "confirmed_on": month(3), "amount_fen": 200_000, "due_on": month(0, 1)},
    {**FIRM, "certificate": "2", "confirmed_on": month(5), "amount_fen": 100_000, "due_on": month(2, 10), "paid_on": month(2, 6)},
]
STANDING = [
    {**FIRM, "anchor": "核心", "stated_on": month(4), "grade": "aaa", "since_on": date(2021, 2, 15), "quota_fen": 900, "used_fen": 0,
     "tier": 9},
    {**FIRM, "anchor": "核心", "stated_on": month(2), "grade": "aa_plus", "since_on": date(2021, 2, 15), "quota_fen": 5_000_000,
     "used_fen": 1_500_000, "tier": 2},
    {**FIRM, "anchor": "另一", "stated_on": month(2), "grade": None, "tier": 1},
]  # fmt: skip
FARM = [
    {**FIRM, "kind": "land", "asset": "地块", "stated_on": month(9), "area_mu": 30.0},
    {
        **FIRM,
        "kind": "crop",
        "asset": "水稻",
        "stated_on": month(9),
        "area_mu": 20.0,
        "yield_per_mu": 500.0,
        "price_fen": 280,
        "insured": False,
    },
    {**FIRM, "kind": "livestock", "asset": "牛", "stated_on": month(9), "heads": 12, "insured": True},
]


def worked_frames() -> dict[str, pl.DataFrame]:
    return {
        "platform_day": records("platform_day", platform_days()),
        "shop": records("shop", SHOPS),
        "machine_day": records("machine_day", MACHINES),
        "machine_event": records("machine_event", EVENTS),
    }


def chain_frames() -> dict[str, pl.DataFrame]:
    parcels = [{**FIRM, "carrier": "快递", "month": month(back), "parcels": 250, "freight_fen": 100_000} for back in range(1, 13)]
    stock = [
        {**FIRM, "warehouse": "W", "stated_on": month(5), "value_fen": 500_000, "counted_fen": 480_000},
        {**FIRM, "warehouse": "W", "stated_on": month(2), "value_fen": 600_000, "counted_fen": 599_000, "haircut": 0.3},
    ]
    return {
        "chain_order": records("chain_order", ORDERS),
        "chain_standing": records("chain_standing", STANDING),
        "receivable_confirmation": records("receivable_confirmation", CONFIRMED),
        "parcel_month": records("parcel_month", parcels),
        "stock_report": records("stock_report", stock),
        "farm_asset": records("farm_asset", FARM),
        "farm_subsidy": records("farm_subsidy", [{**FIRM, "kind": "地力补贴", "paid_on": month(4), "amount_fen": 120_050}]),
        "village_list": records(
            "village_list", [{**FIRM, "stated_on": month(6), "list": "white"}, {**FIRM, "stated_on": month(3), "list": "grey"}]
        ),
        "invoice": invoices([{**FIRM, "direction": "in", "issued_on": month(3), "counterparty": "B", "amount_fen": 36_500_000}]),
        "platform_day": records("platform_day", platform_days()),
    }


# 1 March 2023 to 28 February 2024 are 365 days, seven of them of 2,000 yuan and the rest of 1,000; and 2,000 on the other platform.
P1 = 7 * 2_000 + 358 * 1_000.0
GMV = P1 + 2_000
PLATFORM = {
    "ec_gmv_12m": GMV,
    "ec_net_sales_12m": GMV - 2_000,
    "ec_yoy": None,  # thirteen months are known
    "ec_7d_vs_28d": 2_000 / ((7 * 2_000 + 21 * 1_000) / 28) - 1,
    "ec_refund_rate_30d": 2_000 / (7 * 2_000 + 23 * 1_000),
    "ec_refund_rate_7d": 2_000 / 14_000,
    "ec_dispute_rate_90d": 1 / (140 + 83 * 10 + 5),  # five orders on the other platform, 89 days back
    "ec_shop_rating": 4.6,
    "ec_shop_age_months": 730 / 30.4375,  # 1 March 2022 to 29 February 2024
    "ec_active_sku_cnt": 30.0,
    "ec_repeat_buyer_share": 360 / (140 + 830),
    "ec_ad_cost_to_sales": 365 * 50 / GMV,
    "ec_fake_order_score": 2 / 975,
    "ec_platform_penalty_cnt_12m": 1.0,
    "ec_platform_balance": 300.0,
    "ec_settle_days": 4.0,
    "ec_multi_platform_hhi": (P1**2 + 2_000**2) / GMV**2,
    "ec_payments_7d_vs_28d": 20 / (350 / 28) - 1,
    "ec_payments_30d_vs_365d": (370 / 30) / ((140 + 3_580 + 5) / 365) - 1,
    "ec_active_days_90d": 90.0,
    "iot_run_hours_30d": 46.0,  # 5 × 8 + 6; thirty days back is out
    "iot_util_rate": 0.8,
    "iot_offline_hours_max_30d": 504.0,  # 21 days without a row between the thirtieth and the eighth day back
    "iot_failure_cnt_12m": 1.0,
    "iot_error_cnt_90d": 1.0,
    "iot_maintenance_cnt_12m": 1.0,
}
CHAIN = {
    "sc_core_buyer_grade": 4.0,
    "sc_core_relation_months": 36.0,
    "sc_order_open_amt": 6_000.0,
    "sc_receivable_confirmed_amt": 2_000.0,
    "sc_payment_delay_days_avg": 3.0,  # ten days late, four early
    "sc_anchor_limit_left": 35_000.0,
    "sc_chain_depth": 2.0,
    "sc_return_rate": 0.1,  # 900 of 9,000
    "sc_dispute_cnt_12m": 1.0,
    "lg_parcel_cnt_90d": 750.0,
    "lg_parcel_vs_order_ratio": 3_000 / (140 + 3_580 + 5),
    "lg_freight_amt_12m": 12_000.0,
    "wh_stock_value": 4_200.0,
    "wh_stock_turn_days": 6.0,  # 6,000 against 1,000 a day
    "wh_stock_break_cnt": 1.0,
    "agri_area_mu": 30.0,
    "agri_crop_income_est": 28_000.0,  # 20 × 500 × 2.80
    "agri_livestock_cnt": 12.0,
    "agri_subsidy_amt_12m": 1_200.5,
    "agri_insurance_flag": 1.0,
    "agri_village_list": 0.0,
}


@pytest.mark.parametrize(("frames", "expected"), [(worked_frames(), PLATFORM), (chain_frames(), CHAIN)], ids=["platforms", "chains"])
def test_values_by_hand(frames: dict[str, pl.DataFrame], expected: dict[str, float | None]) -> None:
    values = compute_profile(frames, AS_OF, list(expected)).row(0, named=True)
    for name, hoped in expected.items():
        assert values[name] == (hoped if hoped is None else pytest.approx(hoped, rel=1e-9)), name


def test_counts_without_amounts_leave_amounts_unknown() -> None:
    rows = [sold(LAST - timedelta(days=back), orders=10) for back in range(40)]
    names = ["ec_gmv_12m", "ec_refund_rate_30d", "ec_7d_vs_28d", "ec_payments_7d_vs_28d", "ec_payments_30d_vs_365d"]
    values = compute_profile({"platform_day": records("platform_day", rows)}, AS_OF, names).row(0)
    assert values == (301, None, None, None, 0.0, None)


def test_what_is_known_later_changes_nothing() -> None:
    tomorrow = datetime(2024, 3, 1, tzinfo=UTC)
    frames = worked_frames()
    later = records("platform_day", [sold(LAST, "P3", gmv_fen=10**12, orders=1, known_at=tomorrow)])
    changed = {**frames, "platform_day": pl.concat([frames["platform_day"], later])}
    assert compute_profile(changed, AS_OF, list(PLATFORM)).equals(compute_profile(frames, AS_OF, list(PLATFORM)))
    chain = chain_frames()
    later = records("chain_order", [{**ORDERS[0], "order": "9", "known_at": tomorrow}])
    changed = {**chain, "chain_order": pl.concat([chain["chain_order"], later])}
    assert compute_profile(changed, AS_OF, list(CHAIN)).equals(compute_profile(chain, AS_OF, list(CHAIN)))
