"""The variables that invoices alone can give (evidence class C07), read as a table.

Each line is a declaration: name, unit, sign, window, formula, and where needed the months of records it takes and the sides it looks at.
The words that explain it to a person, in three languages, stand in `texts/invoices.toml` under the same name. What a formula names
(`out_blue_12m`, `in_partner_top1`, …) are the measures of `puhui.features.invoice_stages`; `out` is sales and `in` purchases. Names and
definitions follow the field list of class C07 where it has them. A deviation is the sample deviation (divisor n - 1).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import narwhals as nw

from puhui.features.formulas import (
    best_twelve_months,
    cancelled,
    change,
    correlation_24m,
    count,
    deviation,
    largest_month,
    loss_months,
    mean,
    measure,
    mutual_share,
    of_blue,
    positive_months,
    ratio,
    share,
    slope,
    total,
    yuan,
)
from puhui.features.invoice_plans import prepared_measures
from puhui.features.invoice_stages import measures_of_rows
from puhui.features.variable import LeftOut, Sign, Variable
from puhui.features.windows import AsOf

__all__ = ["DEFINED_BY", "EVIDENCE_CLASS", "LEFT_OUT", "PORTABLE", "PREPARED", "RECORDS", "VARIABLES", "measures"]

EVIDENCE_CLASS = "C07"
RECORDS = ("invoice",)
PORTABLE = True
DEFINED_BY = ("invoice_stages.py", "invoice_partners.py")
PREPARED = prepared_measures

BOTH = ("out", "in")


def measures(frames: Mapping[str, Any], as_of: AsOf) -> Any:
    """One row per firm: sums and counts of both sides, from the invoice frame (`puhui.features.sources`) of any engine."""
    return measures_of_rows(nw.from_native(frames["invoice"]).lazy(), as_of).to_native()


def _invoice(
    name: str, unit: str, sign: Sign, window: str, expression: nw.Expr, history_months: int = 1, sides: tuple[str, ...] = ("out",)
) -> Variable:
    """A variable of invoices: unless said otherwise it needs a closed month of sales."""
    return Variable(name, unit, sign, window, expression, history_months, sides)


def _amounts(s: str, name: str, sign: Sign) -> tuple[Variable, ...]:
    """How much was traded, whether it grows, and how evenly. `sign`: `+` where more trade is safer, `n` where it has no direction."""
    on = (s,)
    return (
        _invoice(f"{name}_amt_3m", "CNY", sign, "3m", yuan(total(s, "3m")), sides=on),
        _invoice(f"{name}_amt_6m", "CNY", sign, "6m", yuan(total(s, "6m")), sides=on),
        _invoice(f"{name}_amt_12m", "CNY", sign, "12m", yuan(total(s, "12m")), sides=on),
        _invoice(f"{name}_amt_prev12m", "CNY", sign, "prev12m", yuan(total(s, "prev12m")), 13, on),
        _invoice(f"{name}_amt_24m", "CNY", sign, "24m", yuan(total(s, "24m")), sides=on),
        _invoice(f"{name}_amt_36m", "CNY", sign, "36m", yuan(total(s, "36m")), sides=on),
        _invoice(f"{name}_yoy", "ratio", sign, "12m/prev12m", change(total(s, "12m"), total(s, "prev12m")), 24, on),
        _invoice(f"{name}_3m_yoy", "ratio", sign, "3m/same 3m", change(total(s, "3m"), total(s, "3m_last_year")), 15, on),
        _invoice(f"{name}_3m_vs_prev3m", "ratio", sign, "3m/prev3m", change(total(s, "3m"), total(s, "prev3m")), 6, on),
        _invoice(f"{name}_slope_12m", "1/month", sign, "12m", slope(s, 12), 10, on),
        _invoice(f"{name}_slope_24m", "1/month", sign, "24m", slope(s, 24), 18, on),
        _invoice(f"{name}_cv_12m", "ratio", "-", "12m", ratio(deviation(s, 12), mean(s, 12)), 6, on),
        _invoice(f"{name}_cv_24m", "ratio", "-", "24m", ratio(deviation(s, 24), mean(s, 24)), 12, on),
    )


def _rhythm(s: str, name: str, sign: Sign) -> tuple[Variable, ...]:
    """How regularly invoices are issued."""
    on = (s,)
    return (
        _invoice(f"{name}_active_months_12m", "n", sign, "12m", positive_months(s, 12), sides=on),
        _invoice(f"{name}_active_months_24m", "n", sign, "24m", positive_months(s, 24), sides=on),
        _invoice(f"{name}_active_days_12m", "n", sign, "12m", count(s, "active_days_12m"), sides=on),
        _invoice(f"{name}_gap_days_max_12m", "days", "-", "12m", measure(s, "gap_max_12m"), sides=on),
        _invoice(f"{name}_gap_days_max_24m", "days", "-", "24m", measure(s, "gap_max_24m"), sides=on),
        _invoice(f"{name}_last_days", "days", "-", "all", measure(s, "last_days"), 0, on),
        _invoice(f"{name}_history_months", "months", sign, "all", measure(s, "history_months"), 0, on),
        _invoice(f"{name}_weekend_share", "ratio", "n", "12m", of_blue(s, "weekend"), sides=on),
    )


def _invoices(s: str, name: str, sign: Sign) -> tuple[Variable, ...]:
    """Number and size of single invoices, and how many of them were cancelled or reversed."""
    on = (s,)
    blue_n, blue_n_24m, before_n = measure(s, "blue_n_12m"), measure(s, "blue_n_24m"), measure(s, "blue_n_prev12m")
    spread = ratio(measure(s, "ticket_deviation_12m"), ratio(measure(s, "blue_12m"), blue_n))
    return (
        _invoice(f"{name}_cnt_12m", "n", sign, "12m", blue_n, sides=on),
        _invoice(f"{name}_cnt_24m", "n", sign, "24m", blue_n_24m, sides=on),
        _invoice(f"{name}_cnt_yoy", "ratio", sign, "12m/prev12m", change(blue_n, before_n), 24, on),
        _invoice(f"{name}_avg_ticket", "CNY", "n", "12m", yuan(ratio(total(s, "12m"), blue_n)), sides=on),
        _invoice(f"{name}_max_ticket", "CNY", "n", "12m", yuan(measure(s, "ticket_max_12m")), sides=on),
        _invoice(f"{name}_ticket_cv", "ratio", "n", "12m", spread, sides=on),
        _invoice(f"{name}_void_rate_12m", "ratio", "-", "12m", share(measure(s, "void_n_12m"), blue_n), sides=on),
        _invoice(f"{name}_void_rate_24m", "ratio", "-", "24m", share(measure(s, "void_n_24m"), blue_n_24m), sides=on),
        _invoice(f"{name}_red_rate_12m", "ratio", "-", "12m", of_blue(s, "red"), sides=on),
        _invoice(f"{name}_red_rate_24m", "ratio", "-", "24m", of_blue(s, "red", "24m"), sides=on),
        _invoice(f"{name}_red_cnt_rate_12m", "ratio", "-", "12m", ratio(measure(s, "red_n_12m"), blue_n), sides=on),
        _invoice(f"{name}_void_red_rate_3m", "ratio", "-", "3m", cancelled(s, "3m"), sides=on),
        _invoice(f"{name}_void_red_rate_12m", "ratio", "-", "12m", cancelled(s, "12m"), sides=on),
    )


def _tax_rates(s: str, name: str) -> tuple[Variable, ...]:
    """What tax the invoices carry; the rates tell goods from services and small-scale taxpayers from general ones."""
    on = (s,)
    return (
        _invoice(f"{name}_tax_rate_12m", "ratio", "n", "12m", ratio(measure(s, "tax_12m"), total(s, "12m")), sides=on),
        _invoice(f"{name}_rate_zero_share", "ratio", "n", "12m", of_blue(s, "rate_zero"), sides=on),
        _invoice(f"{name}_rate_low_share", "ratio", "n", "12m", of_blue(s, "rate_low"), sides=on),
        _invoice(f"{name}_rate_middle_share", "ratio", "n", "12m", of_blue(s, "rate_middle"), sides=on),
        _invoice(f"{name}_rate_high_share", "ratio", "n", "12m", of_blue(s, "rate_high"), sides=on),
    )


def _partners(s: str, name: str, sign: Sign) -> tuple[Variable, ...]:
    """How many partners there are, how much hangs on few of them, and whether they stay."""
    on = (s,)
    amount, before = measure(s, "partner_amount"), measure(s, "partner_amount_prev12m")
    kept = ratio(measure(s, "partner_kept_n"), measure(s, "partner_n_prev12m"))
    squares = ratio(measure(s, "partner_amount_squares"), amount * amount)
    return (
        _invoice(f"{name}_cnt_12m", "n", sign, "12m", count(s, "partner_n_12m"), sides=on),
        _invoice(f"{name}_top1_share", "ratio", "-", "12m", ratio(measure(s, "partner_top1"), amount), sides=on),
        _invoice(f"{name}_top5_share", "ratio", "-", "12m", ratio(measure(s, "partner_top5"), amount), sides=on),
        _invoice(f"{name}_hhi", "0-1", "-", "12m", squares, sides=on),
        _invoice(f"{name}_retention", "ratio", "+", "12m/prev12m", kept, 24, on),
        _invoice(f"{name}_lost_share", "ratio", "-", "12m/prev12m", ratio(measure(s, "partner_lost"), before), 24, on),
        _invoice(f"{name}_loyal_share", "ratio", "+", "12m/prev12m", ratio(measure(s, "partner_loyal"), amount), 24, on),
        _invoice(f"{name}_new_share", "ratio", "n", "12m", ratio(measure(s, "partner_new6"), amount), 12, on),
        _invoice(f"{name}_tenure_months_w", "months", "+", "all", ratio(measure(s, "partner_tenure"), amount), sides=on),
        _invoice(f"{name}_regular_cnt_24m", "n", sign, "24m", count(s, "partner_regular_n"), 6, on),
        _invoice(f"{name}_unnamed_share", "ratio", "n", "12m", of_blue(s, "unnamed"), sides=on),
    )


_SALES_ONLY = (
    _invoice("inv_out_red_partner_repeat_cnt", "n", "-", "12m", count("out", "partner_red_repeat_n")),
    _invoice("inv_out_quarter_end_share", "ratio", "-", "12m", of_blue("out", "quarter_end")),
    _invoice("inv_out_void_cnt_36m", "n", "n", "36m", measure("out", "void_n_36m")),
    _invoice("inv_seasonality_index", "ratio", "n", "24m", ratio(largest_month("out", 24), mean("out", 24)), 12),
    _invoice("inv_last12_to_best12", "ratio", "+", "36m", ratio(total("out", "12m"), best_twelve_months("out")), 12),
)

_BOTH_SIDES = (
    _invoice("inv_in_out_ratio", "ratio", "n", "12m", ratio(total("in", "12m"), total("out", "12m")), 1, BOTH),
    _invoice("inv_in_out_ratio_24m", "ratio", "n", "24m", ratio(total("in", "24m"), total("out", "24m")), 1, BOTH),
    _invoice("inv_gross_margin_proxy", "ratio", "+", "12m", 1 - ratio(total("in", "12m"), total("out", "12m")), 1, BOTH),
    _invoice(
        "inv_gross_margin_change",
        "ratio",
        "+",
        "12m/prev12m",
        ratio(total("in", "prev12m"), total("out", "prev12m")) - ratio(total("in", "12m"), total("out", "12m")),
        24,
        BOTH,
    ),
    _invoice("inv_gross_profit_12m", "CNY", "+", "12m", yuan(total("out", "12m") - total("in", "12m")), 1, BOTH),
    _invoice("inv_gross_profit_36m", "CNY", "+", "36m", yuan(total("out", "36m") - total("in", "36m")), 1, BOTH),
    _invoice("inv_loss_months_12m", "n", "-", "12m", loss_months(12), 1, BOTH),
    _invoice("inv_loss_months_24m", "n", "-", "24m", loss_months(24), 1, BOTH),
    _invoice("inv_in_out_correlation_24m", "ratio", "n", "24m", correlation_24m(), 24, BOTH),
    _invoice(
        "inv_vat_burden_12m", "ratio", "n", "12m", ratio(count("out", "tax_12m") - count("in", "tax_12m"), total("out", "12m")), 1, BOTH
    ),
    _invoice("inv_mutual_partner_share", "ratio", "-", "12m", mutual_share(), 1, BOTH),
)

VARIABLES: tuple[Variable, ...] = (
    *_amounts("out", "inv_out", "+"),
    *_rhythm("out", "inv_out", "+"),
    *_invoices("out", "inv_out", "+"),
    *_tax_rates("out", "inv_out"),
    *_partners("out", "inv_buyer", "+"),
    *_SALES_ONLY,
    *_amounts("in", "inv_in", "n"),
    *_rhythm("in", "inv_in", "n"),
    *_invoices("in", "inv_in", "n"),
    *_tax_rates("in", "inv_in"),
    *_partners("in", "inv_supplier", "n"),
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
    LeftOut("inv_in_energy_amt_12m", "C07", "needs the goods code of each line"),
    LeftOut("inv_in_logistics_amt_12m", "C07", "needs the goods code of each line"),
    LeftOut("inv_region_cnt", "C07", "needs the prefecture of each buyer"),
)
"""What the field's list of class C07 also names, and what each of those would need."""
