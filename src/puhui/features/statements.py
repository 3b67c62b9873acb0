"""What financial statements tell of a firm (class S1): margins, debt, liquidity, days, needs, and whether they hold together.

Flows are of twelve months up to the newest statement: a year's own figure, or what the year has so far plus the year before less the
same part of it. Balances stand at its day; an average is of that day and the same day a year before (or the last year's end). Of
several figures of a line for one period the one is taken that was not printed to compare, then the restated one, then the one known
last; of several versions the audited, then the bank's. A line that a statement leaves out counts as nothing in a sum of which others are
there. Where the field's list leaves something open:

    fs_interest_cover, fs_dscr   interest is the expense, or where that is not told the interest paid
    EBITDA                       profit before tax, interest, depreciation and amortisation; depreciation is the cash-flow
                                 statement's, or the rise of accumulated depreciation where there is none
    fs_dscr                      due in twelve months: short loans, the current part of long ones, the interest of the last twelve
    fs_ar_days                   accounts receivable, or notes and accounts where a statement tells them together
    fs_wc_need                   regulation.md §9: revenue × (1 − operating margin) × (1 + growth) / turns; growth as last year
    fs_wc_loan_gap               own funds are equity and long debt less long assets, not below nothing; loans are the short ones
    fs_tax_vs_bank_version_gap   revenue shown to the bank against the tax version of the statement, or the year's tax return
    fs_integrity_fail_cnt        identities of the newest statements that must hold and do not (`puhui.features.statement_identities`)
    debts_found_not_told         loans of the credit report (without accepted and discounted bills) and private debts found by a visit,
                                 less the interest-bearing debts of the newest balance; a balance without any debt tells none
"""

from __future__ import annotations

from collections.abc import Mapping

import narwhals as nw
import polars as pl

from puhui.features.formulas import change, ratio, yuan
from puhui.features.statement_identities import identity_faults
from puhui.features.variable import LeftOut, Variable
from puhui.features.windows import AsOf

__all__ = ["DEFINED_BY", "EVIDENCE_CLASS", "LEFT_OUT", "RECORDS", "VARIABLES", "measures"]

EVIDENCE_CLASS = "S1"
RECORDS = ("statement_line", "tax_return")
DEFINED_BY = ("statement_identities.py",)
LEFT_OUT: tuple[LeftOut, ...] = ()

FLOWS = (
    "revenue", "cost", "operating_profit", "total_profit", "income_tax", "net_profit", "interest_expense", "interest_paid",
    "operating_net", "investing_net", "financing_net", "exchange_effect", "net_increase", "opening_cash", "closing_cash",
    "depreciation", "amortisation", "long_deferred_amortisation",
)  # fmt: skip
BALANCES = (
    "cash", "accounts_receivable", "prepayments", "other_receivables", "related_receivables", "stock", "current_assets",
    "noncurrent_assets", "assets", "intangibles", "goodwill", "development_costs", "long_deferred_costs", "deferred_tax_assets",
    "accumulated_depreciation", "short_loans", "short_bonds", "current_part_of_noncurrent_liabilities", "accounts_payable",
    "advances", "contract_liabilities",
    "current_liabilities", "long_loans", "bonds", "lease_liabilities", "noncurrent_liabilities", "liabilities", "retained_earnings",
    "equity",
)  # fmt: skip
SAME = {
    "total_revenue": "revenue",
    "notes_and_accounts_receivable": "accounts_receivable",
    "notes_and_accounts_payable": "accounts_payable",
}
"""Lines that stand for another where that is missing."""
VERSIONS = {"audited": 0, "bank": 1}
_VERSION = pl.col("version").replace_strict(VERSIONS, default=2, return_dtype=pl.Int64)
STOCKS_OF_CASH = ("opening_cash", "closing_cash")


def measures(frames: Mapping[str, pl.LazyFrame], as_of: AsOf) -> pl.LazyFrame:
    """One row per firm; amounts in fen. A firm without statements has none."""
    told = frames["statement_line"].filter(
        pl.col("line") != "unmapped", pl.col("copy").fill_null(1) == 1, pl.col("value_fen").is_not_null()
    )
    own, tax = told.filter(pl.col("version").fill_null("") != "tax"), told.filter(pl.col("version") == "tax")
    lines = _chosen(own)
    ends = _ends(lines)
    at = lines.join(ends, on="firm_id")
    values = at.group_by("firm_id").agg(**_flows(), **_balances())
    values = values.join(identity_faults(own, ends, _VERSION), on="firm_id", how="left")
    return values.join(_told_to_tax(tax, frames["tax_return"], ends), on="firm_id", how="left")


def _chosen(rows: pl.LazyFrame) -> pl.LazyFrame:
    """One figure for each firm, line and period, under its canonical name."""
    order = [
        _VERSION,
        pl.col("comparative").fill_null(False),
        ~pl.col("restated").fill_null(False),
        pl.col("line").is_in(list(SAME)),
    ]
    ordered = rows.sort(*order, "known_at", "record_id", descending=[False, False, False, False, True, True])
    named = ordered.with_columns(pl.col("line").replace(SAME).alias("line"))
    return named.unique(["firm_id", "line", "period_start", "period_end"], keep="first", maintain_order=True)


def _ends(lines: pl.LazyFrame) -> pl.LazyFrame:
    """firm_id and the days that matter: the newest (`now`), a year before, two years before, and the ends of the two years before."""
    flows = lines.filter(pl.col("line") == "revenue").group_by("firm_id").agg(pl.col("period_end").max().alias("now"))
    year = pl.col("now").dt.year()
    return flows.with_columns(
        before=pl.col("now").dt.offset_by("-1y"),
        long_before=pl.col("now").dt.offset_by("-2y"),
        year_end=pl.date(year - 1, 12, 31),
        year_end_before=pl.date(year - 2, 12, 31),
        whole_year=(pl.col("now").dt.month() == 12) & (pl.col("now").dt.day() == 31),
    )


def _at(line: str, end: str, *, from_january: bool = False) -> pl.Expr:
    """The figure of a line at one of the days, inside an aggregation by firm; flows told from 1 January on."""
    here = (pl.col("line") == line) & (pl.col("period_end") == pl.col(end))
    if from_january:
        here = here & (pl.col("period_start") == pl.date(pl.col("period_end").dt.year(), 1, 1))
    return pl.col("value_fen").filter(here).first().cast(pl.Float64)


def _flows() -> dict[str, pl.Expr]:
    """fs_LINE of twelve months up to the newest statement, fs_LINE_before of the twelve before."""
    found = {}
    for line in FLOWS:
        now, before, long_before = (_at(line, end, from_january=True) for end in ("now", "before", "long_before"))
        if line in STOCKS_OF_CASH:
            found[f"fs_{line}"] = now
            continue
        whole = pl.col("whole_year").first()
        found[f"fs_{line}"] = pl.when(whole).then(now).otherwise(now + _at(line, "year_end", from_january=True) - before)
        found[f"fs_{line}_before"] = (
            pl.when(whole).then(before).otherwise(before + _at(line, "year_end_before", from_january=True) - long_before)
        )
        found[f"fs_{line}_part"] = now
    return found


def _balances() -> dict[str, pl.Expr]:
    """fs_LINE at the newest day, fs_LINE_start a year before or at the end of last year."""
    found = {}
    for line in BALANCES:
        found[f"fs_{line}"] = _at(line, "now")
        found[f"fs_{line}_start"] = pl.coalesce(_at(line, "before"), _at(line, "year_end"))
    return found


def _told_to_tax(statements: pl.LazyFrame, returns: pl.LazyFrame, ends: pl.LazyFrame) -> pl.LazyFrame:
    """fs_tax_revenue: revenue of the part of the year up to the newest statement, as the tax office has it."""
    own = _chosen(statements).filter(pl.col("line") == "revenue").join(ends, on="firm_id").filter(pl.col("period_end") == pl.col("now"))
    filed = own.group_by("firm_id").agg(pl.col("value_fen").first().cast(pl.Float64).alias("as_statement"))
    yearly = returns.filter(pl.col("tax") == "cit", pl.col("return_kind") == "annual").join(ends, on="firm_id")
    yearly = yearly.filter(pl.col("period_end") == pl.col("now"))
    returned = yearly.group_by("firm_id").agg(pl.col("sales_fen").last().cast(pl.Float64).alias("as_return"))
    both = filed.join(returned, on="firm_id", how="full", coalesce=True)
    return both.select("firm_id", pl.coalesce("as_statement", "as_return").alias("fs_tax_revenue"))


def _m(name: str) -> nw.Expr:
    return nw.col(f"fs_{name}")


def _or_nothing(name: str) -> nw.Expr:
    return _m(name).fill_null(0.0)


def _average(name: str) -> nw.Expr:
    return (_m(name) + _m(f"{name}_start")) / 2


def _days(name: str, against: str) -> nw.Expr:
    return ratio(_average(name) * 360, _m(against))


_interest = nw.coalesce(_m("interest_expense"), _m("interest_paid"))
_interest_or_nothing = nw.coalesce(_m("interest_expense"), _m("interest_paid"), nw.lit(0.0))
_wear = nw.coalesce(_m("depreciation"), _m("accumulated_depreciation") - _m("accumulated_depreciation_start"), nw.lit(0.0))
_ebitda = _m("total_profit") + _interest_or_nothing + _wear + _or_nothing("amortisation") + _or_nothing("long_deferred_amortisation")
_due_soon = _or_nothing("short_loans") + _or_nothing("short_bonds") + _or_nothing("current_part_of_noncurrent_liabilities")
_debt = nw.when(~_m("liabilities").is_null()).then(
    _due_soon + _or_nothing("long_loans") + _or_nothing("bonds") + _or_nothing("lease_liabilities")
)
_bureau = nw.col("cb_balance") - nw.col("cb_acceptances").fill_null(0.0) - nw.col("cb_discounts").fill_null(0.0)
_found = nw.when(~nw.col("cb_balance").is_null() | ~nw.col("visit_private_debt").is_null()).then(
    _bureau.fill_null(0.0) + nw.col("visit_private_debt").fill_null(0.0)
)
_days_advances = ratio(
    (nw.coalesce(_m("advances"), _m("contract_liabilities")) + nw.coalesce(_m("advances_start"), _m("contract_liabilities_start")))
    / 2
    * 360,
    _m("revenue"),
)
_cycle = (
    _days("stock", "cost").fill_null(0.0) + _days("accounts_receivable", "revenue").fill_null(0.0)
    + _days("prepayments", "cost").fill_null(0.0) - _days("accounts_payable", "cost").fill_null(0.0) - _days_advances.fill_null(0.0)
)  # fmt: skip
_turns = ratio(nw.lit(360.0), _cycle)
_growth = change(_m("revenue"), _m("revenue_before"))
_need = ratio(_m("revenue") * (1 - ratio(_m("operating_profit"), _m("revenue"))) * (1 + _growth), _turns)
_own_funds = _m("equity") + _or_nothing("noncurrent_liabilities") - _m("noncurrent_assets")
_tangible = _m("equity") - sum(
    (_or_nothing(name) for name in ("goodwill", "development_costs", "long_deferred_costs", "deferred_tax_assets", "related_receivables")),
    start=_or_nothing("intangibles"),
)
_altman = (
    6.56 * ratio(_m("current_assets") - _m("current_liabilities"), _m("assets"))
    + 3.26 * ratio(_m("retained_earnings"), _m("assets"))
    + 6.72 * ratio(_m("total_profit") + _interest_or_nothing, _m("assets"))
    + 1.05 * ratio(_m("equity"), _m("liabilities"))
    + 3.25
)  # fmt: skip


def _variable(name: str, unit: str, sign: str, expression: nw.Expr, window: str = "12m") -> Variable:
    return Variable(f"fs_{name}", unit, sign, window, expression, 0, ())  # type: ignore[arg-type]


VARIABLES = (
    _variable("revenue_12m", "CNY", "+", yuan(_m("revenue"))),
    _variable("gross_margin", "ratio", "+", ratio(_m("revenue") - _m("cost"), _m("revenue"))),
    _variable("operating_margin", "ratio", "+", ratio(_m("operating_profit"), _m("revenue"))),
    _variable("net_margin", "ratio", "+", ratio(_m("net_profit"), _m("revenue"))),
    _variable("revenue_growth", "ratio", "+", _growth, "12m/prev12m"),
    _variable("profit_growth", "ratio", "+", change(_m("net_profit"), _m("net_profit_before")), "12m/prev12m"),
    _variable("total_assets", "CNY", "n", yuan(_m("assets")), "now"),
    _variable("net_assets", "CNY", "+", yuan(_m("equity")), "now"),
    _variable("tangible_net_worth", "CNY", "+", yuan(_tangible), "now"),
    _variable("debt_ratio", "ratio", "-", ratio(_m("liabilities"), _m("assets")), "now"),
    _variable("current_ratio", "ratio", "+", ratio(_m("current_assets"), _m("current_liabilities")), "now"),
    _variable(
        "quick_ratio", "ratio", "+",
        ratio(_m("current_assets") - _or_nothing("stock") - _or_nothing("prepayments"), _m("current_liabilities")), "now",
    ),
    _variable("cash_ratio", "ratio", "+", ratio(_m("cash"), _m("current_liabilities")), "now"),
    _variable("interest_cover", "x", "+", ratio(_m("total_profit") + _interest, _interest)),
    _variable("debt_to_ebitda", "x", "-", ratio(_debt, _ebitda)),
    _variable("dscr", "x", "+", ratio(_ebitda - _or_nothing("income_tax"), _due_soon + _interest_or_nothing)),
    _variable("ar_days", "days", "-", _days("accounts_receivable", "revenue")),
    _variable("stock_days", "days", "-", _days("stock", "cost")),
    _variable("ap_days", "days", "n", _days("accounts_payable", "cost")),
    _variable("prepay_days", "days", "-", _days("prepayments", "cost")),
    _variable("advance_days", "days", "n", _days_advances),
    _variable("working_capital_turns", "turns", "+", _turns),
    _variable("wc_need", "CNY", "n", yuan(_need)),
    _variable(
        "wc_loan_gap", "CNY", "P",
        yuan(_need - nw.when(_own_funds > 0).then(_own_funds).otherwise(0.0) - _or_nothing("short_loans")),
    ),
    _variable("ocf_to_sales", "ratio", "+", ratio(_m("operating_net"), _m("revenue"))),
    _variable("ocf_to_debt", "ratio", "+", ratio(_m("operating_net"), _debt)),
    _variable("roe", "ratio", "+", ratio(_m("net_profit"), _average("equity"))),
    _variable("asset_turn", "x", "+", ratio(_m("revenue"), _average("assets"))),
    _variable("other_receivable_share", "ratio", "-", ratio(_m("other_receivables"), _m("assets")), "now"),
    _variable("related_receivable_amt", "CNY", "-", yuan(_m("related_receivables")), "now"),
    _variable("altman_z_em", "score", "+", _altman),
    _variable("tax_vs_bank_version_gap", "ratio", "-", change(_m("revenue_part"), _m("tax_revenue"))),
    _variable("integrity_fail_cnt", "n", "V", _m("identity_faults"), "now"),
    Variable("debts_found_not_told", "CNY", "-", "newest", yuan(_found - _debt), personal=True),
)  # fmt: skip
