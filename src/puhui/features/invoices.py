"""The variables that invoices alone can give (evidence class C07), read as a table.

Each line is a declaration: name, unit, sign, window, formula, and where needed the months of records it takes and the sides it looks at.
The words that explain it to a person, in three languages, stand in `texts/invoices.toml` under the same name. What a formula names
(`out_blue_12m`, `in_partner_top1`, …) are the measures of `puhui.features.invoice_stages`; `out` is sales and `in` purchases. Names and
definitions follow the field list of class C07 where it has them. A deviation is the sample deviation (divisor n - 1).
"""

from __future__ import annotations

from puhui.features.formulas import (
    best_twelve_months,
    change,
    col,
    correlation_24m,
    deviation,
    largest_month,
    loss_months,
    mean,
    positive_months,
    ratio,
    share,
    slope,
    total,
    yuan,
)
from puhui.features.variable import LeftOut, Variable

__all__ = ["LEFT_OUT", "VARIABLES"]

BOTH = ("out", "in")


def _side(side: str, prefix: str, partner: str, sign: str) -> tuple[Variable, ...]:
    """The variables asked of sales and of purchases alike; `sign` is `+` where more trade is safer and `n` where it has no direction."""
    s = side
    only = (side,)
    worse = "-"
    return (
        Variable(f"{prefix}_amt_3m", "CNY", sign, "3m", yuan(total(s, "3m")), sides=only),
        Variable(f"{prefix}_amt_6m", "CNY", sign, "6m", yuan(total(s, "6m")), sides=only),
        Variable(f"{prefix}_amt_12m", "CNY", sign, "12m", yuan(total(s, "12m")), sides=only),
        Variable(f"{prefix}_amt_prev12m", "CNY", sign, "prev12m", yuan(total(s, "prev12m")), 13, only),
        Variable(f"{prefix}_amt_24m", "CNY", sign, "24m", yuan(total(s, "24m")), sides=only),
        Variable(f"{prefix}_amt_36m", "CNY", sign, "36m", yuan(total(s, "36m")), sides=only),
        Variable(f"{prefix}_yoy", "ratio", sign, "12m/prev12m", change(total(s, "12m"), total(s, "prev12m")), 24, only),
        Variable(f"{prefix}_3m_yoy", "ratio", sign, "3m/same 3m", change(total(s, "3m"), total(s, "3m_last_year")), 15, only),
        Variable(f"{prefix}_3m_vs_prev3m", "ratio", sign, "3m/prev3m", change(total(s, "3m"), total(s, "prev3m")), 6, only),
        Variable(f"{prefix}_slope_12m", "1/month", sign, "12m", slope(s, 12), 10, only),
        Variable(f"{prefix}_slope_24m", "1/month", sign, "24m", slope(s, 24), 18, only),
        Variable(f"{prefix}_cv_12m", "ratio", worse, "12m", ratio(deviation(s, 12), mean(s, 12)), 6, only),
        Variable(f"{prefix}_cv_24m", "ratio", worse, "24m", ratio(deviation(s, 24), mean(s, 24)), 12, only),
        Variable(f"{prefix}_active_months_12m", "n", sign, "12m", positive_months(s, 12), sides=only),
        Variable(f"{prefix}_active_months_24m", "n", sign, "24m", positive_months(s, 24), sides=only),
        Variable(f"{prefix}_active_days_12m", "n", sign, "12m", col(f"{s}_active_days_12m").fill_null(0.0), sides=only),
        Variable(f"{prefix}_gap_days_max_12m", "days", worse, "12m", col(f"{s}_gap_max_12m"), sides=only),
        Variable(f"{prefix}_gap_days_max_24m", "days", worse, "24m", col(f"{s}_gap_max_24m"), sides=only),
        Variable(f"{prefix}_last_days", "days", worse, "all", col(f"{s}_last_days"), 0, only),
        Variable(f"{prefix}_history_months", "months", sign, "all", col(f"{s}_history_months"), 0, only),
        Variable(f"{prefix}_cnt_12m", "n", sign, "12m", col(f"{s}_blue_n_12m"), sides=only),
        Variable(f"{prefix}_cnt_24m", "n", sign, "24m", col(f"{s}_blue_n_24m"), sides=only),
        Variable(f"{prefix}_cnt_yoy", "ratio", sign, "12m/prev12m", change(col(f"{s}_blue_n_12m"), col(f"{s}_blue_n_prev12m")), 24, only),
        Variable(f"{prefix}_avg_ticket", "CNY", "n", "12m", yuan(ratio(total(s, "12m"), col(f"{s}_blue_n_12m"))), sides=only),
        Variable(f"{prefix}_max_ticket", "CNY", "n", "12m", yuan(col(f"{s}_ticket_max_12m")), sides=only),
        Variable(f"{prefix}_ticket_cv", "ratio", "n", "12m",
                 ratio(col(f"{s}_ticket_deviation_12m"), ratio(col(f"{s}_blue_12m"), col(f"{s}_blue_n_12m"))), sides=only),
        Variable(f"{prefix}_void_rate_12m", "ratio", worse, "12m", share(col(f"{s}_void_n_12m"), col(f"{s}_blue_n_12m")), sides=only),
        Variable(f"{prefix}_void_rate_24m", "ratio", worse, "24m", share(col(f"{s}_void_n_24m"), col(f"{s}_blue_n_24m")), sides=only),
        Variable(f"{prefix}_red_rate_12m", "ratio", worse, "12m", ratio(col(f"{s}_red_12m"), col(f"{s}_blue_12m")), sides=only),
        Variable(f"{prefix}_red_rate_24m", "ratio", worse, "24m", ratio(col(f"{s}_red_24m"), col(f"{s}_blue_24m")), sides=only),
        Variable(f"{prefix}_red_cnt_rate_12m", "ratio", worse, "12m", ratio(col(f"{s}_red_n_12m"), col(f"{s}_blue_n_12m")), sides=only),
        Variable(f"{prefix}_void_red_rate_3m", "ratio", worse, "3m",
                 ratio(col(f"{s}_red_3m") + col(f"{s}_void_3m"), col(f"{s}_blue_3m") + col(f"{s}_void_3m")), sides=only),
        Variable(f"{prefix}_void_red_rate_12m", "ratio", worse, "12m",
                 ratio(col(f"{s}_red_12m") + col(f"{s}_void_12m"), col(f"{s}_blue_12m") + col(f"{s}_void_12m")), sides=only),
        Variable(f"{prefix}_tax_rate_12m", "ratio", "n", "12m", ratio(col(f"{s}_tax_12m"), total(s, "12m")), sides=only),
        Variable(f"{prefix}_rate_zero_share", "ratio", "n", "12m", ratio(col(f"{s}_rate_zero_12m"), col(f"{s}_blue_12m")), sides=only),
        Variable(f"{prefix}_rate_low_share", "ratio", "n", "12m", ratio(col(f"{s}_rate_low_12m"), col(f"{s}_blue_12m")), sides=only),
        Variable(f"{prefix}_rate_middle_share", "ratio", "n", "12m", ratio(col(f"{s}_rate_middle_12m"), col(f"{s}_blue_12m")), sides=only),
        Variable(f"{prefix}_rate_high_share", "ratio", "n", "12m", ratio(col(f"{s}_rate_high_12m"), col(f"{s}_blue_12m")), sides=only),
        Variable(f"{prefix}_weekend_share", "ratio", "n", "12m", ratio(col(f"{s}_weekend_12m"), col(f"{s}_blue_12m")), sides=only),
        Variable(f"inv_{partner}_cnt_12m", "n", sign, "12m", col(f"{s}_partner_n_12m").fill_null(0.0), sides=only),
        Variable(f"inv_{partner}_top1_share", "ratio", worse, "12m", ratio(col(f"{s}_partner_top1"), col(f"{s}_partner_amount")), sides=only),
        Variable(f"inv_{partner}_top5_share", "ratio", worse, "12m", ratio(col(f"{s}_partner_top5"), col(f"{s}_partner_amount")), sides=only),
        Variable(f"inv_{partner}_hhi", "0-1", worse, "12m",
                 ratio(col(f"{s}_partner_amount_squares"), col(f"{s}_partner_amount") * col(f"{s}_partner_amount")), sides=only),
        Variable(f"inv_{partner}_retention", "ratio", "+", "12m/prev12m",
                 ratio(col(f"{s}_partner_kept_n"), col(f"{s}_partner_n_prev12m")), 24, only),
        Variable(f"inv_{partner}_lost_share", "ratio", worse, "12m/prev12m",
                 ratio(col(f"{s}_partner_lost"), col(f"{s}_partner_amount_prev12m")), 24, only),
        Variable(f"inv_{partner}_loyal_share", "ratio", "+", "12m/prev12m",
                 ratio(col(f"{s}_partner_loyal"), col(f"{s}_partner_amount")), 24, only),
        Variable(f"inv_{partner}_new_share", "ratio", "n", "12m", ratio(col(f"{s}_partner_new6"), col(f"{s}_partner_amount")), 12, only),
        Variable(f"inv_{partner}_tenure_months_w", "months", "+", "all",
                 ratio(col(f"{s}_partner_tenure"), col(f"{s}_partner_amount")), sides=only),
        Variable(f"inv_{partner}_regular_cnt_24m", "n", sign, "24m", col(f"{s}_partner_regular_n").fill_null(0.0), 6, only),
        Variable(f"inv_{partner}_unnamed_share", "ratio", "n", "12m", ratio(col(f"{s}_unnamed_12m"), col(f"{s}_blue_12m")), sides=only),
    )


_SALES_ONLY = (
    Variable("inv_out_red_partner_repeat_cnt", "n", "-", "12m", col("out_partner_red_repeat_n").fill_null(0.0)),
    Variable("inv_out_quarter_end_share", "ratio", "-", "12m", ratio(col("out_quarter_end_12m"), col("out_blue_12m"))),
    Variable("inv_out_void_cnt_36m", "n", "n", "36m", col("out_void_n_36m")),
    Variable("inv_seasonality_index", "ratio", "n", "24m", ratio(largest_month("out", 24), mean("out", 24)), 12),
    Variable("inv_last12_to_best12", "ratio", "+", "36m", ratio(total("out", "12m"), best_twelve_months("out")), 12),
)

_BOTH_SIDES = (
    Variable("inv_in_out_ratio", "ratio", "n", "12m", ratio(total("in", "12m"), total("out", "12m")), 1, BOTH),
    Variable("inv_in_out_ratio_24m", "ratio", "n", "24m", ratio(total("in", "24m"), total("out", "24m")), 1, BOTH),
    Variable("inv_gross_margin_proxy", "ratio", "+", "12m", 1 - ratio(total("in", "12m"), total("out", "12m")), 1, BOTH),
    Variable("inv_gross_margin_change", "ratio", "+", "12m/prev12m",
             ratio(total("in", "prev12m"), total("out", "prev12m")) - ratio(total("in", "12m"), total("out", "12m")), 24, BOTH),
    Variable("inv_gross_profit_12m", "CNY", "+", "12m", yuan(total("out", "12m") - total("in", "12m")), 1, BOTH),
    Variable("inv_gross_profit_36m", "CNY", "+", "36m", yuan(total("out", "36m") - total("in", "36m")), 1, BOTH),
    Variable("inv_loss_months_12m", "n", "-", "12m", loss_months(12), 1, BOTH),
    Variable("inv_loss_months_24m", "n", "-", "24m", loss_months(24), 1, BOTH),
    Variable("inv_in_out_correlation_24m", "ratio", "n", "24m", correlation_24m(), 24, BOTH),
    Variable("inv_vat_burden_12m", "ratio", "n", "12m", ratio(col("out_tax_12m") - col("in_tax_12m"), total("out", "12m")), 1, BOTH),
    Variable("inv_mutual_partner_share", "ratio", "-", "12m",
             ratio(col("mutual_amount").fill_null(0.0), col("out_partner_amount")), 1, BOTH),
)

VARIABLES: tuple[Variable, ...] = (
    *_side("out", "inv_out", "buyer", "+"),
    *_SALES_ONLY,
    *_side("in", "inv_in", "supplier", "n"),
    *_BOTH_SIDES,
)

LEFT_OUT = (
    LeftOut("inv_out_red_after_loan_amt", "C07", "needs the payout date and which blue invoice a red one reverses"),
    LeftOut("inv_out_night_share", "C07", "needs the hour of issue, which most sources do not give"),
    LeftOut("inv_out_limit_use", "C07", "needs the monthly issuing quota of the taxpayer"),
    LeftOut("inv_buyer_related_share", "C07", "needs the related parties of the firm (class C02)"),
    LeftOut("inv_buyer_gov_soe_share", "C07", "needs the kind of each buyer (class C01)"),
    LeftOut("inv_buyer_bad_share", "C07", "needs the lists of barred firms (classes C04 and C05)"),
    LeftOut("inv_supplier_bad_share", "C07", "needs the lists of barred firms (classes C04 and C05)"),
    LeftOut("inv_category_match", "C07", "needs the goods code of each line and the registered industry"),
    LeftOut("inv_in_out_category_overlap", "C07", "needs the goods code of each line"),
    LeftOut("inv_circular_flag", "C07", "needs the invoices of the partners too"),
    LeftOut("inv_in_energy_amt_12m", "C07", "needs the goods code of each line"),
    LeftOut("inv_in_logistics_amt_12m", "C07", "needs the goods code of each line"),
    LeftOut("inv_region_cnt", "C07", "needs the prefecture of each buyer"),
)
"""What the field's list of class C07 also names, and what each of those would need."""
