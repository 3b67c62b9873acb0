"""One firm whose every variable was worked out by hand.

As of 31 March 2020, so month 1 is March 2020, month 12 April 2019, month 24 April 2018 and month 36 April 2017. Yuan, net of tax:

    sales        month 34   5000  B1              purchases    month 28   900  S1
                 month 23    500  B1                           month 22   400  S1
                 month 14    300  B4                           month 14   450  S2
                 month  7   1200  B1  (30 Sep 2019, Mon)       month  9   700  S1  (6 Jul 2019, Sat)
                 month  4    400  -   (15 Dec 2019, Sun)       month  4   500  S3  (31 Dec 2019)
                 month  2    600  B2  (29 Feb 2020, Sat)       month  3   250  S3  void
                 month  1    200  B3  (2 Mar 2020)             month  2   100  S1  (3 Feb 2020)
                 month  1   -100  B1  in three reds            month  1   300  B2  (16 Mar 2020)
                 month  1    400  B1  void                     month  1   -40  S1  red

so the months of sales are 1: 100, 2: 600, 4: 400, 7: 1200, 14: 300, 23: 500, 34: 5000
and of purchases          1: 260, 2: 100, 4: 500, 9: 700, 14: 450, 22: 400, 28: 900.
"""

from datetime import date
from math import sqrt

import polars as pl
import pytest

from puhui.features import invoices
from puhui.features.compute import compute

from .frames import frame, row

AS_OF = date(2020, 3, 31)

ROWS = [
    row("out", date(2017, 6, 15), "B1", 5000, 650),
    row("out", date(2018, 5, 10), "B1", 500, 65),
    row("out", date(2019, 2, 20), "B4", 300, 9),
    row("out", date(2019, 9, 30), "B1", 1200, 156),
    row("out", date(2019, 12, 15), None, 400, 12),
    row("out", date(2020, 2, 29), "B2", 600, 36),
    row("out", date(2020, 3, 2), "B3", 200, 0),
    row("out", date(2020, 3, 3), "B1", -50, -6.5, "red"),
    row("out", date(2020, 3, 4), "B1", -30, -3.9, "red"),
    row("out", date(2020, 3, 5), "B1", -20, -2.6, "red"),
    row("out", date(2020, 3, 10), "B1", 400, 52, "void"),
    row("in", date(2017, 12, 20), "S1", 900, 117),
    row("in", date(2018, 6, 5), "S1", 400, 52),
    row("in", date(2019, 2, 11), "S2", 450, 58.5),
    row("in", date(2019, 7, 6), "S1", 700, 63),
    row("in", date(2019, 12, 31), "S3", 500, 30),
    row("in", date(2020, 1, 10), "S3", 250, 32.5, "void"),
    row("in", date(2020, 2, 3), "S1", 100, 3),
    row("in", date(2020, 3, 16), "B2", 300, 0),
    row("in", date(2020, 3, 17), "S1", -40, -5.2, "red"),
]

# Sums of squared monthly amounts, less n times the squared mean
SALES_12, SALES_24 = 1_970_000 - 2300**2 / 12, 2_310_000 - 3100**2 / 24
BOUGHT_12, BOUGHT_24 = 817_600 - 1560**2 / 12, 1_180_100 - 2410**2 / 24

EXPECTED = {
    "inv_out_amt_3m": 700,
    "inv_out_amt_6m": 1100,
    "inv_out_amt_12m": 2300,
    "inv_out_amt_prev12m": 800,
    "inv_out_amt_24m": 3100,
    "inv_out_amt_36m": 8100,
    "inv_out_yoy": 2300 / 800 - 1,
    "inv_out_3m_yoy": 700 / 300 - 1,
    "inv_out_3m_vs_prev3m": 700 / 400 - 1,
    # distance from the middle month (6.5 and 12.5) times amount; over the sum of squared distances (143 and 1150); over the mean month
    "inv_out_slope_12m": (5.5 * 100 + 4.5 * 600 + 2.5 * 400 - 0.5 * 1200) / 143 / (2300 / 12),
    "inv_out_slope_24m": (11.5 * 100 + 10.5 * 600 + 8.5 * 400 + 5.5 * 1200 - 1.5 * 300 - 10.5 * 500) / 1150 / (3100 / 24),
    "inv_out_cv_12m": sqrt(SALES_12 / 11) / (2300 / 12),
    "inv_out_cv_24m": sqrt(SALES_24 / 23) / (3100 / 24),
    "inv_out_active_months_12m": 4,
    "inv_out_active_months_24m": 6,
    "inv_out_active_days_12m": 4,
    "inv_out_gap_days_max_12m": 222,  # 20 Feb to 30 Sep 2019
    "inv_out_gap_days_max_24m": 329,  # 15 Jun 2017 to 10 May 2018
    "inv_out_last_days": 29,  # 2 to 31 March
    "inv_out_history_months": 34,
    "inv_out_weekend_share": 1000 / 2400,
    "inv_out_cnt_12m": 4,
    "inv_out_cnt_24m": 6,
    "inv_out_cnt_yoy": 4 / 2 - 1,
    "inv_out_avg_ticket": 2300 / 4,
    "inv_out_max_ticket": 1200,
    "inv_out_ticket_cv": sqrt((600**2 + 0 + 400**2 + 200**2) / 3) / 600,
    "inv_out_void_rate_12m": 1 / 5,
    "inv_out_void_rate_24m": 1 / 7,
    "inv_out_red_rate_12m": 100 / 2400,
    "inv_out_red_rate_24m": 100 / 3200,
    "inv_out_red_cnt_rate_12m": 3 / 4,
    "inv_out_void_red_rate_3m": (100 + 400) / (800 + 400),
    "inv_out_void_red_rate_12m": (100 + 400) / (2400 + 400),
    "inv_out_tax_rate_12m": (156 + 12 + 36 + 0 - 13) / 2300,
    "inv_out_rate_zero_share": 200 / 2400,
    "inv_out_rate_low_share": 400 / 2400,
    "inv_out_rate_middle_share": 600 / 2400,
    "inv_out_rate_high_share": 1200 / 2400,
    # named buyers of twelve months: B1 1100, B2 600, B3 200; of the twelve before: B1 500, B4 300
    "inv_buyer_cnt_12m": 3,
    "inv_buyer_top1_share": 1100 / 1900,
    "inv_buyer_top5_share": 1,
    "inv_buyer_hhi": (1100**2 + 600**2 + 200**2) / 1900**2,
    "inv_buyer_retention": 1 / 2,
    "inv_buyer_lost_share": 300 / 800,
    "inv_buyer_loyal_share": 1100 / 1900,
    "inv_buyer_new_share": 800 / 1900,
    "inv_buyer_tenure_months_w": (1100 * 34 + 600 * 2 + 200 * 1) / 1900,
    "inv_buyer_regular_cnt_24m": 0,
    "inv_buyer_unnamed_share": 400 / 2400,
    "inv_out_red_partner_repeat_cnt": 1,
    "inv_out_quarter_end_share": 1200 / 2400,
    "inv_out_void_cnt_36m": 1,
    "inv_seasonality_index": 1200 / (3100 / 24),
    "inv_last12_to_best12": 2300 / 5500,  # months 23 to 34
    "inv_in_amt_3m": 360,
    "inv_in_amt_6m": 860,
    "inv_in_amt_12m": 1560,
    "inv_in_amt_prev12m": 850,
    "inv_in_amt_24m": 2410,
    "inv_in_amt_36m": 3310,
    "inv_in_yoy": 1560 / 850 - 1,
    "inv_in_3m_yoy": 360 / 450 - 1,
    "inv_in_3m_vs_prev3m": 360 / 500 - 1,
    "inv_in_slope_12m": (5.5 * 260 + 4.5 * 100 + 2.5 * 500 - 2.5 * 700) / 143 / 130,
    "inv_in_slope_24m": (11.5 * 260 + 10.5 * 100 + 8.5 * 500 + 3.5 * 700 - 1.5 * 450 - 9.5 * 400) / 1150 / (2410 / 24),
    "inv_in_cv_12m": sqrt(BOUGHT_12 / 11) / 130,
    "inv_in_cv_24m": sqrt(BOUGHT_24 / 23) / (2410 / 24),
    "inv_in_active_months_12m": 4,
    "inv_in_active_months_24m": 6,
    "inv_in_active_days_12m": 4,
    "inv_in_gap_days_max_12m": 178,  # 6 July to 31 December 2019
    "inv_in_gap_days_max_24m": 251,  # 5 June 2018 to 11 February 2019
    "inv_in_last_days": 15,
    "inv_in_history_months": 28,
    "inv_in_weekend_share": 700 / 1600,
    "inv_in_cnt_12m": 4,
    "inv_in_cnt_24m": 6,
    "inv_in_cnt_yoy": 4 / 2 - 1,
    "inv_in_avg_ticket": 1560 / 4,
    "inv_in_max_ticket": 700,
    "inv_in_ticket_cv": sqrt((300**2 + 100**2 + 300**2 + 100**2) / 3) / 400,
    "inv_in_void_rate_12m": 1 / 5,
    "inv_in_void_rate_24m": 1 / 7,
    "inv_in_red_rate_12m": 40 / 1600,
    "inv_in_red_rate_24m": 40 / 2450,
    "inv_in_red_cnt_rate_12m": 1 / 4,
    "inv_in_void_red_rate_3m": (40 + 250) / (400 + 250),
    "inv_in_void_red_rate_12m": (40 + 250) / (1600 + 250),
    "inv_in_tax_rate_12m": (63 + 30 + 3 + 0 - 5.2) / 1560,
    "inv_in_rate_zero_share": 300 / 1600,
    "inv_in_rate_low_share": 100 / 1600,
    "inv_in_rate_middle_share": 500 / 1600,
    "inv_in_rate_high_share": 700 / 1600,
    # named suppliers of twelve months: S1 760, S3 500, B2 300; of the twelve before: S1 400, S2 450
    "inv_supplier_cnt_12m": 3,
    "inv_supplier_top1_share": 760 / 1560,
    "inv_supplier_top5_share": 1,
    "inv_supplier_hhi": (760**2 + 500**2 + 300**2) / 1560**2,
    "inv_supplier_retention": 1 / 2,
    "inv_supplier_lost_share": 450 / 850,
    "inv_supplier_loyal_share": 760 / 1560,
    "inv_supplier_new_share": 800 / 1560,
    "inv_supplier_tenure_months_w": (760 * 28 + 500 * 4 + 300 * 1) / 1560,
    "inv_supplier_regular_cnt_24m": 0,
    "inv_supplier_unnamed_share": 0,
    "inv_in_out_ratio": 1560 / 2300,
    "inv_in_out_ratio_24m": 2410 / 3100,
    "inv_gross_margin_proxy": 1 - 1560 / 2300,
    "inv_gross_margin_change": 850 / 800 - 1560 / 2300,
    "inv_gross_profit_12m": 2300 - 1560,
    "inv_gross_profit_36m": 8100 - 3310,
    "inv_loss_months_12m": 3,  # months 1, 4 and 9
    "inv_loss_months_24m": 5,  # and 14 and 22
    "inv_in_out_correlation_24m": (100 * 260 + 600 * 100 + 400 * 500 + 300 * 450 - 3100 * 2410 / 24) / sqrt(SALES_24 * BOUGHT_24),
    "inv_vat_burden_12m": (191 - 90.8) / 2300,
    "inv_mutual_partner_share": 600 / 1900,  # B2
}


@pytest.fixture(scope="module")
def worked() -> dict[str, float | None]:
    return compute(frame(ROWS), AS_OF).row(0, named=True)


def test_every_variable_has_a_worked_value() -> None:
    assert set(EXPECTED) == {variable.name for variable in invoices.VARIABLES}


@pytest.mark.parametrize("name", EXPECTED)
def test_worked_value(worked: dict[str, float | None], name: str) -> None:
    assert worked[name] == pytest.approx(EXPECTED[name], rel=1e-12, abs=1e-12)


def test_five_largest_of_seven_and_a_regular_buyer() -> None:
    rows = [row("out", date(2020, 1, 10), f"B{size}", size) for size in (10, 20, 30, 40, 50, 60, 70)]
    rows += [row("out", date(2019, month, 5), "B70", 5) for month in (6, 7, 8, 9, 10)]
    values = compute(frame(rows), AS_OF).row(0, named=True)
    assert values["inv_buyer_top5_share"] == pytest.approx((95 + 60 + 50 + 40 + 30) / (280 + 25))
    assert values["inv_buyer_regular_cnt_24m"] == 1
    assert values["inv_buyer_unnamed_share"] == 0


def test_variables_chosen_by_name_keep_their_order() -> None:
    values = compute(frame(ROWS), AS_OF, variables=["inv_in_amt_3m", "inv_out_amt_3m"])
    assert values.columns == ["firm_id", "inv_in_amt_3m", "inv_out_amt_3m"]
    assert values.schema["inv_in_amt_3m"] == pl.Float64


def test_unknown_variables_are_all_named() -> None:
    with pytest.raises(ValueError, match="nonsense, rubbish"):
        compute(frame(ROWS), AS_OF, variables=["nonsense", "inv_out_amt_3m", "rubbish"])
