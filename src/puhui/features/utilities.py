"""What meters and bills tell (class C11): a works that runs uses power, and a bill paid late is an early sign of thin cash.

Written in Narwhals, because daily readings are heavy. Where the field's list leaves something open:

    a month's kWh         as billed over all accounts; where no bill is known, the sum of the daily readings if at least
                          `LEAST_DAYS_OF_MONTH` days are there. A month without either is unknown, not zero
    *_yoy, 3m/prev3m      means of the known months against each other, at least `LEAST_MONTHS_YEAR` of twelve, all three of three
    elec_peak_share, elec_night_shift_share   over the months whose peak (night) use is told
    elec_stop_flag_7d     in the last 90 known days (they end `KNOWN_AFTER_DAYS` before the as-of day) seven days in a row below 10% of
                          their median; public holidays are taken out of the row, so that seven days off are not a stop
    elec_low_days_90d     the same 90 days, holidays counted
    *_arrears_*           bills of twelve months paid after their due day, or unpaid after it; null where no bill has a due day
    elec_capacity_use     largest demand of twelve months against the newest contracted capacity
    elec_capacity_cut     a bill says so, or the newest capacity is below the largest of twelve months
    elec_per_sales_dev    kWh per yuan of net sales of the last 6 closed months against the firm's own months 7 to 30, in deviations. Level
                          and spread are the median and 1.4826 × the median deviation, at least 5% of the level, because months of a
                          made-up output would otherwise widen the very spread they are measured by
    utility_name_match_flag   from the newest electricity bill that says whose account it is: the firm's own or its landlord's
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import narwhals as nw

from puhui.calculations.business_days import holidays
from puhui.features import engines
from puhui.features.formulas import change, deviation, mean, ratio, total
from puhui.features.invoice_stages import known_rows
from puhui.features.portable import Frame, day_of, joined, known, month_of, month_statistics, only, quotient, where, within
from puhui.features.variable import LeftOut, Variable
from puhui.features.windows import AsOf, day_number

__all__ = ["EVIDENCE_CLASS", "LEFT_OUT", "RECORDS", "VARIABLES", "measures"]

EVIDENCE_CLASS = "C11"
RECORDS = ("utility_bill", "electricity_day", "invoice")
PORTABLE = True
DEFINED_BY = ("portable.py", "invoice_stages.py")

LEAST_DAYS_OF_MONTH = 25
LEAST_MONTHS_YEAR = 10
KNOWN_AFTER_DAYS = 2
DAYS = 90
LEAST_DAYS = 30
STOP_DAYS = 7
STOP_SHARE, LOW_SHARE = 0.1, 0.3
MEDIAN_DEVIATIONS = 1.4826
LEAST_SPREAD = 0.05
BASE_MONTHS = (7, 30)
LEAST_BASE_MONTHS, LEAST_RECENT_MONTHS = 10, 4
UTILITIES = {"elec": "electricity", "water": "water", "gas": "gas", "comms": "telecom"}


def measures(frames: Mapping[str, Any], as_of: AsOf) -> Any:
    """One row per firm with a bill or a reading."""
    bills = engines.shared(known(frames["utility_bill"], as_of).with_columns(month=month_of("month", as_of)))
    days = engines.shared(_days(known(frames["electricity_day"], as_of)))
    months = engines.shared(_months(bills, days, as_of))
    sales = _sales(nw.from_native(frames["invoice"]).lazy(), as_of)
    pairs = engines.shared(_pairs(months, sales))
    firms = nw.concat([bills.select("firm_id"), days.select("firm_id")]).unique()
    stages = (
        month_statistics(months, "kwh", "elec", ("3m", "prev3m", "12m", "prev12m"), empty_is_zero=False),
        _split(months), _late(bills, as_of), _capacity(bills), _volumes(bills), _holder(bills), _stops(days, as_of),
        _correlation(pairs), _per_sales(pairs),
    )  # fmt: skip
    return joined(firms, *stages).to_native()


def _days(readings: Frame) -> Frame:
    """firm × day: use over all meters, and of it what was used at peak hours and at night where a meter tells."""
    kwh = nw.col("kwh").cast(nw.Float64)
    readings = readings.with_columns(
        number=day_of("day"),
        peaked=where(~nw.col("peak_kwh").is_null(), kwh),
        nighted=where(~nw.col("night_kwh").is_null(), kwh),
    )
    return readings.group_by("firm_id", "day", "number").agg(**_uses("kwh", "peak_kwh", "night_kwh"))


def _uses(quantity: str, peak: str, night: str) -> dict[str, nw.Expr]:
    summed = {"kwh": quantity, "peak": peak, "night": night, "peaked": "peaked", "nighted": "nighted"}
    return {name: _sum(nw.col(column)) for name, column in summed.items()}


def _sum(value: nw.Expr) -> nw.Expr:
    """Sum inside an aggregation; null where no row has a value."""
    told = (~value.is_null()).cast(nw.Int64).sum()
    return nw.when(told > 0).then(value.cast(nw.Float64).sum())


def _months(bills: Frame, days: Frame, as_of: AsOf) -> Frame:
    """firm × month: kwh, peak, peaked (kWh of which the peak is told), night, nighted."""
    names = ("kwh", "peak", "peaked", "night", "nighted")
    power = bills.filter(nw.col("utility") == "electricity").with_columns(
        peaked=where(~nw.col("peak").is_null(), "quantity"), nighted=where(~nw.col("night").is_null(), "quantity")
    )
    billed = power.group_by("firm_id", "month").agg(**_uses("quantity", "peak", "night"))
    read = days.with_columns(month=month_of("day", as_of)).group_by("firm_id", "month").agg(
        read_days=nw.len(), **{name: _sum(nw.col(name)) for name in names}
    )  # fmt: skip
    read = read.filter(nw.col("read_days") >= LEAST_DAYS_OF_MONTH)
    nothing = nw.lit(None, nw.Float64)
    both = nw.concat(
        [
            billed.select("firm_id", "month", *names, **{f"read_{name}": nothing for name in names}),
            read.select("firm_id", "month", **{name: nothing for name in names}, **{f"read_{name}": nw.col(name) for name in names}),
        ]
    )
    largest = {name: nw.col(name).max() for column in names for name in (column, f"read_{column}")}
    return both.group_by("firm_id", "month").agg(**largest).select(
        "firm_id", "month", **{name: nw.coalesce(nw.col(name), nw.col(f"read_{name}")) for name in names}
    )  # fmt: skip


def _split(months: Frame) -> Frame:
    recent = within("12m")
    return months.group_by("firm_id").agg(
        **{f"elec_{name}_12m": only(recent, name).sum() for name in ("peak", "peaked", "night", "nighted")}
    )


def _late(bills: Frame, as_of: AsOf) -> Frame:
    """firm: of each utility the bills of twelve months with a due day, those late, and for electricity the longest delay."""
    today = day_number(as_of.day)
    paid = nw.when(nw.col("paid_on") <= nw.lit(as_of.day)).then(day_of("paid_on")).otherwise(today)
    marked = bills.filter(within("12m") & ~nw.col("due_on").is_null()).with_columns(delay=paid - day_of("due_on"))
    late, found = nw.col("delay") > 0, {}
    for prefix, utility in UTILITIES.items():
        ours = nw.col("utility") == utility
        found[f"util_{prefix}_due_n"] = only(ours, nw.lit(1.0)).sum()
        found[f"util_{prefix}_late_n"] = only(ours & late, nw.lit(1.0)).sum()
    delayed = only((nw.col("utility") == "electricity") & late, "delay").max()
    return marked.group_by("firm_id").agg(**found, util_elec_delay_days=delayed)


def _capacity(bills: Frame) -> Frame:
    """firm: newest contracted capacity over all accounts, largest of twelve months, largest demand, and whether a bill tells of a cut."""
    cut = nw.col("capacity_change").is_in(("reduced", "suspended")).fill_null(False)
    by_month = (
        bills.filter((nw.col("utility") == "electricity") & (nw.col("month") >= 1))
        .with_columns(cut=nw.when(cut).then(1.0).otherwise(0.0))
        .group_by("firm_id", "month")
        .agg(capacity=_sum(nw.col("capacity_kva")), demand=_sum(nw.col("demand_kva")), cut=nw.col("cut").max())
        .with_columns(told=nw.when(~nw.col("capacity").is_null()).then(nw.col("month")))
        .with_columns(newest=nw.col("told").min().over("firm_id"))
    )
    return by_month.group_by("firm_id").agg(
        elec_capacity=where(nw.col("month") == nw.col("newest"), "capacity").max(),
        elec_capacity_largest_12m=where(within("12m"), "capacity").max(),
        elec_demand_largest_12m=where(within("12m"), "demand").max(),
        elec_cut_told_12m=where(within("12m"), "cut").max(),
    )


def _volumes(bills: Frame) -> Frame:
    """firm: water and gas of twelve months and of the twelve before, each with the number of months known."""
    by_month = bills.group_by("firm_id", "utility", "month").agg(quantity=_sum(nw.col("quantity")))
    by_month = by_month.filter(~nw.col("quantity").is_null())
    sums = {}
    for name in ("water", "gas"):
        for window in ("12m", "prev12m"):
            inside = (nw.col("utility") == name) & within(window)
            sums[f"{name}_net_{window}"] = only(inside, "quantity").sum()
            sums[f"{name}_n_{window}"] = only(inside, nw.lit(1.0)).sum()
    return by_month.group_by("firm_id").agg(**sums)


def _holder(bills: Frame) -> Frame:
    told = bills.filter((nw.col("utility") == "electricity") & ~nw.col("holder_relation").is_null())
    told = told.with_columns(newest=nw.col("month").min().over("firm_id"))
    ours = nw.when(nw.col("holder_relation").is_in(("own", "landlord"))).then(1.0).otherwise(0.0)
    return (
        told.filter(nw.col("month") == nw.col("newest"))
        .with_columns(ours=ours)
        .group_by("firm_id")
        .agg(util_holder_ours=nw.col("ours").min())
    )


def _stops(days: Frame, as_of: AsOf) -> Frame:
    """firm: days of the last 90 known ones, how many were low, and whether seven in a row stood still."""
    last = day_number(as_of.day) - KNOWN_AFTER_DAYS
    recent = days.filter((nw.col("number") > last - DAYS) & (nw.col("number") <= last) & ~nw.col("kwh").is_null())
    middle = recent.group_by("firm_id").agg(middle=nw.col("kwh").median(), elec_days_90d=nw.len().cast(nw.Float64))
    end = as_of.day - timedelta(days=KNOWN_AFTER_DAYS)
    off = [day_number(day) for day in holidays(end - timedelta(days=DAYS - 1), end)]
    number = nw.col("number")
    working = number
    for holiday in off:
        working = working - nw.when(number > holiday).then(1).otherwise(0)
    marked = recent.join(middle, on="firm_id", how="left").with_columns(working=working)
    still = (nw.col("kwh") < STOP_SHARE * nw.col("middle")) & (~number.is_in(off) if off else nw.lit(True))
    rows = marked.filter(still).with_columns(
        run=nw.col("working") - nw.col("working").shift(STOP_DAYS - 1).over("firm_id", order_by="working")
    )
    stopped = rows.group_by("firm_id").agg(elec_stopped=only(nw.col("run") == STOP_DAYS - 1, nw.lit(1.0)).max())
    low = marked.group_by("firm_id").agg(elec_low_days=only(nw.col("kwh") < LOW_SHARE * nw.col("middle"), nw.lit(1.0)).sum())
    return joined(middle.drop("middle"), low, stopped)


def _sales(invoices: Frame, as_of: AsOf) -> Frame:
    """firm × month: net sales in yuan, and `first`, the month of the first sale."""
    rows = known_rows(invoices, as_of).filter((nw.col("side") == "out") & ~nw.col("void"))
    signed = nw.when(nw.col("red")).then(-nw.col("amount").abs()).otherwise(nw.col("amount"))
    months = rows.with_columns(signed=signed).group_by("firm_id", "month").agg(sales=nw.col("signed").sum() / 100)
    return months.with_columns(first=nw.col("month").max().over("firm_id"))


def _pairs(months: Frame, sales: Frame) -> Frame:
    """firm × month of which use and sales are both known: kwh, sales; a month without an invoice has sales of nothing."""
    first = sales.group_by("firm_id").agg(first=nw.col("first").max())
    known_use = (
        months.filter(~nw.col("kwh").is_null() & within(36)).select("firm_id", "month", "kwh").join(first, on="firm_id", how="inner")
    )
    both = known_use.filter(nw.col("month") <= nw.col("first")).join(
        sales.select("firm_id", "month", "sales"), on=["firm_id", "month"], how="left"
    )
    return both.with_columns(sales=nw.col("sales").fill_null(0.0))


def _correlation(pairs: Frame) -> Frame:
    recent = pairs.filter(within("12m"))
    recent = recent.with_columns(
        used=nw.col("kwh") - nw.col("kwh").mean().over("firm_id"), sold=nw.col("sales") - nw.col("sales").mean().over("firm_id")
    )
    used, sold = nw.col("used"), nw.col("sold")
    return recent.group_by("firm_id").agg(
        elec_paired_months=nw.len().cast(nw.Float64),
        elec_with_sales=(used * sold).sum(), elec_used_squares=(used * used).sum(), elec_sold_squares=(sold * sold).sum(),
    )  # fmt: skip


def _per_sales(pairs: Frame) -> Frame:
    """firm: kWh per yuan of the last six months; level and spread of the months 7 to 30, and how many months each rests on."""
    recent, (first, last) = within(6), BASE_MONTHS
    base = pairs.filter((nw.col("month") >= first) & (nw.col("month") <= last) & (nw.col("sales") > 0))
    base = base.with_columns(rate=nw.col("kwh") / nw.col("sales"))
    level = base.group_by("firm_id").agg(elec_rate_level=nw.col("rate").median(), elec_rate_months=nw.len().cast(nw.Float64))
    off = base.join(level, on="firm_id", how="left").with_columns(off=(nw.col("rate") - nw.col("elec_rate_level")).abs())
    now = pairs.group_by("firm_id").agg(
        elec_now_kwh=only(recent, "kwh").sum(), elec_now_sales=only(recent, "sales").sum(), elec_now_months=only(recent, nw.lit(1.0)).sum()
    )
    return joined(level, off.group_by("firm_id").agg(elec_rate_spread=nw.col("off").median()), now)


def _m(name: str) -> nw.Expr:
    return nw.col(name)


def _yoy(prefix: str) -> nw.Expr:
    """Mean of the known months of twelve against that of the twelve before, less one."""
    enough = (_m(f"{prefix}_n_12m") >= LEAST_MONTHS_YEAR) & (_m(f"{prefix}_n_prev12m") >= LEAST_MONTHS_YEAR)
    now = _m(f"{prefix}_net_12m") / _m(f"{prefix}_n_12m")
    return nw.when(enough).then(change(now, _m(f"{prefix}_net_prev12m") / _m(f"{prefix}_n_prev12m")))


def _volume(prefix: str) -> nw.Expr:
    return nw.when(_m(f"{prefix}_n_12m") > 0).then(_m(f"{prefix}_net_12m"))


def _arrears(prefix: str) -> nw.Expr:
    return nw.when(_m(f"util_{prefix}_due_n") > 0).then(_m(f"util_{prefix}_late_n"))


def _flag(condition: nw.Expr) -> nw.Expr:
    return nw.when(condition).then(1.0).otherwise(0.0)


_SPREAD = nw.max_horizontal(MEDIAN_DEVIATIONS * _m("elec_rate_spread"), LEAST_SPREAD * _m("elec_rate_level"))
_PER_SALES = nw.when((_m("elec_rate_months") >= LEAST_BASE_MONTHS) & (_m("elec_now_months") >= LEAST_RECENT_MONTHS)).then(
    ratio(ratio(_m("elec_now_kwh"), _m("elec_now_sales")) - _m("elec_rate_level"), _SPREAD)
)
_WITH_SALES = nw.when(_m("elec_paired_months") >= LEAST_MONTHS_YEAR).then(
    ratio(_m("elec_with_sales"), (_m("elec_used_squares") * _m("elec_sold_squares")).sqrt())
)
_CUT = _flag((_m("elec_cut_told_12m") > 0).fill_null(False) | (_m("elec_capacity") < _m("elec_capacity_largest_12m")).fill_null(False))
_THREE = (_m("elec_n_3m") == 3) & (_m("elec_n_prev3m") == 3)
_ENOUGH_DAYS = _m("elec_days_90d") >= LEAST_DAYS
_ON = ("elec",)

VARIABLES = (
    Variable("elec_kwh_12m", "kWh", "+", "12m", _volume("elec"), 1, _ON),
    Variable("elec_yoy", "ratio", "+", "12m/prev12m", _yoy("elec"), 22, _ON),
    Variable("elec_3m_vs_prev3m", "ratio", "+", "3m/prev3m", nw.when(_THREE).then(change(total("elec", "3m"), total("elec", "prev3m"))), 6, _ON),
    Variable("elec_cv_12m", "ratio", "-", "12m", nw.when(_m("elec_known_12m") >= 6).then(ratio(deviation("elec", 12), mean("elec", 12))), 6, _ON),
    Variable("elec_stop_flag_7d", "0/1", "-", "90 days", nw.when(_ENOUGH_DAYS).then(_m("elec_stopped").fill_null(0.0))),
    Variable("elec_low_days_90d", "n", "-", "90 days", nw.when(_ENOUGH_DAYS).then(_m("elec_low_days"))),
    Variable("elec_peak_share", "ratio", "n", "12m", ratio(_m("elec_peak_12m"), _m("elec_peaked_12m")), 1, _ON),
    Variable("elec_night_shift_share", "ratio", "n", "12m", ratio(_m("elec_night_12m"), _m("elec_nighted_12m")), 1, _ON),
    Variable("elec_arrears_cnt_12m", "n", "-", "12m", _arrears("elec")),
    Variable("elec_arrears_days_max_12m", "days", "-", "12m", nw.when(_m("util_elec_due_n") > 0).then(_m("util_elec_delay_days"))),
    Variable("elec_capacity_kva", "kVA", "n", "newest", _m("elec_capacity")),
    Variable("elec_capacity_use", "ratio", "+", "12m", ratio(_m("elec_demand_largest_12m"), _m("elec_capacity"))),
    Variable("elec_capacity_cut_12m_flag", "0/1", "-", "12m", nw.when(~_m("elec_cut_told_12m").is_null()).then(_CUT)),
    Variable("elec_vs_sales_corr_12m", "-1-1", "+", "12m", _WITH_SALES, 10, _ON),
    Variable("elec_per_sales_dev", "z", "n", "6m/7-30m", _PER_SALES, 16, _ON),
    Variable("water_m3_12m", "m3", "n", "12m", _volume("water")),
    Variable("water_yoy", "ratio", "n", "12m/prev12m", _yoy("water")),
    Variable("water_arrears_cnt_12m", "n", "-", "12m", _arrears("water")),
    Variable("gas_m3_12m", "m3", "n", "12m", _volume("gas")),
    Variable("gas_yoy", "ratio", "n", "12m/prev12m", _yoy("gas")),
    Variable("gas_arrears_cnt_12m", "n", "-", "12m", _arrears("gas")),
    Variable("comms_arrears_cnt_12m", "n", "-", "12m", _arrears("comms")),
    Variable("utility_name_match_flag", "0/1", "+", "newest", _m("util_holder_ours")),
)  # fmt: skip

LEFT_OUT: tuple[LeftOut, ...] = ()
