"""What meters and bills tell (class C11): a works that runs uses power, and a bill paid late is an early sign of thin cash.

Written in Narwhals, because daily readings are heavy. Where the field's list leaves something open:

    a month's kWh         see `puhui.features.power_stages`
    12m, prev12m, 3m …    of kWh, water and gas end with the newest month that is told, if that is among the last `LATEST_TOLD` closed ones:
                          a bill comes a month late, and a sum of twelve months of which two are still to come would look like a fall
    *_yoy, 3m/prev3m      means of the known months against each other, at least `LEAST_MONTHS_YEAR` of twelve, all three of three
    elec_peak_share, elec_night_shift_share   over the months whose peak (night) use is told
    elec_stop_flag_7d     in the last 90 known days (they end `KNOWN_AFTER_DAYS` before the as-of day) seven days in a row below 10% of
                          their median; public holidays are taken out of the row, so that seven days off are not a stop
    elec_low_days_90d     the same 90 days, holidays counted
    *_arrears_*           bills of twelve months paid after their due day, or unpaid after it; null where no bill has a due day
    elec_capacity_use     largest demand of twelve months against the newest contracted capacity
    elec_capacity_cut     a bill says so, or the newest capacity is below the largest of twelve months
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
from puhui.features.portable import Frame, day_of, joined, known, month_of, month_statistics, only, where, within
from puhui.features.power_stages import by_day, by_month, summed
from puhui.features.variable import LeftOut, Variable
from puhui.features.windows import AsOf, day_number

__all__ = ["EVIDENCE_CLASS", "LEFT_OUT", "RECORDS", "VARIABLES", "measures"]

EVIDENCE_CLASS = "C11"
RECORDS = ("utility_bill", "electricity_day")
PORTABLE = True
DEFINED_BY = ("portable.py", "power_stages.py")

LEAST_MONTHS_YEAR, LEAST_MONTHS = 10, 6
LATEST_TOLD = 3
KNOWN_AFTER_DAYS = 2
DAYS = 90
LEAST_DAYS = 30
STOP_DAYS = 7
STOP_SHARE, LOW_SHARE = 0.1, 0.3
UTILITIES = {"elec": "electricity", "water": "water", "gas": "gas", "comms": "telecom"}


def measures(frames: Mapping[str, Any], as_of: AsOf) -> Any:
    """One row per firm with a bill or a reading."""
    bills = engines.shared(known(frames["utility_bill"], as_of).with_columns(month=month_of("month", as_of)))
    days = engines.shared(by_day(known(frames["electricity_day"], as_of)))
    months = engines.shared(_as_told(by_month(bills, days, as_of), "kwh", "firm_id"))
    firms = nw.concat([bills.select("firm_id"), days.select("firm_id")]).unique()
    stages = (
        month_statistics(months, "kwh", "elec", ("3m", "prev3m", "12m", "prev12m"), empty_is_zero=False),
        _split(months), _late(bills, as_of), _capacity(bills), _volumes(bills), _holder(bills), _stops(days, as_of),
    )  # fmt: skip
    return joined(firms, *stages).to_native()


def _as_told(months: Frame, value: str, *of: str) -> Frame:
    """Months counted back from the newest in which the value is told; as they are where that is long ago. `of`: whose newest."""
    told = nw.when((nw.col("month") >= 1) & ~nw.col(value).is_null()).then(nw.col("month"))
    counted = months.with_columns(told=told).with_columns(newest=nw.col("told").min().over(*of))
    late = nw.when(nw.col("newest") <= LATEST_TOLD).then(nw.col("newest") - 1).otherwise(0)
    return counted.with_columns(month=nw.col("month") - late).drop("told", "newest")


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
        .agg(capacity=summed(nw.col("capacity_kva")), demand=summed(nw.col("demand_kva")), cut=nw.col("cut").max())
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
    by_month = bills.group_by("firm_id", "utility", "month").agg(quantity=summed(nw.col("quantity")))
    by_month = _as_told(by_month.filter(~nw.col("quantity").is_null()), "quantity", "firm_id", "utility")
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


_CUT = _flag((_m("elec_cut_told_12m") > 0).fill_null(False) | (_m("elec_capacity") < _m("elec_capacity_largest_12m")).fill_null(False))
_THREE = (_m("elec_n_3m") == 3) & (_m("elec_n_prev3m") == 3)
_QUARTERS = nw.when(_THREE).then(change(total("elec", "3m"), total("elec", "prev3m")))
_VARIATION = nw.when(_m("elec_known_12m") >= LEAST_MONTHS).then(ratio(deviation("elec", 12), mean("elec", 12)))
_ENOUGH_DAYS = _m("elec_days_90d") >= LEAST_DAYS
_ON = ("elec",)

VARIABLES = (
    Variable("elec_kwh_12m", "kWh", "+", "12m", _volume("elec"), 1, _ON),
    Variable("elec_yoy", "ratio", "+", "12m/prev12m", _yoy("elec"), 22, _ON),
    Variable("elec_3m_vs_prev3m", "ratio", "+", "3m/prev3m", _QUARTERS, 6, _ON),
    Variable("elec_cv_12m", "ratio", "-", "12m", _VARIATION, 6, _ON),
    Variable("elec_stop_flag_7d", "0/1", "-", "90 days", nw.when(_ENOUGH_DAYS).then(_m("elec_stopped").fill_null(0.0))),
    Variable("elec_low_days_90d", "n", "-", "90 days", nw.when(_ENOUGH_DAYS).then(_m("elec_low_days"))),
    Variable("elec_peak_share", "ratio", "n", "12m", ratio(_m("elec_peak_12m"), _m("elec_peaked_12m")), 1, _ON),
    Variable("elec_night_shift_share", "ratio", "n", "12m", ratio(_m("elec_night_12m"), _m("elec_nighted_12m")), 1, _ON),
    Variable("elec_arrears_cnt_12m", "n", "-", "12m", _arrears("elec")),
    Variable("elec_arrears_days_max_12m", "days", "-", "12m", nw.when(_m("util_elec_due_n") > 0).then(_m("util_elec_delay_days"))),
    Variable("elec_capacity_kva", "kVA", "n", "newest", _m("elec_capacity")),
    Variable("elec_capacity_use", "ratio", "+", "12m", ratio(_m("elec_demand_largest_12m"), _m("elec_capacity"))),
    Variable("elec_capacity_cut_12m_flag", "0/1", "-", "12m", nw.when(~_m("elec_cut_told_12m").is_null()).then(_CUT)),
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
