"""What machines tell (class C17), from daily sums of their telemetry and from their logs: a works that runs runs its machines.

Silence is not a stop: hours without readings are counted apart from hours at rest. Windows of days end `KNOWN_AFTER_DAYS` before the
as-of day. Where the field's list leaves something open:

    iot_run_hours_30d           over all machines
    iot_util_rate               hours run against hours planned, of the days of which both are told
    iot_offline_hours_max_30d   longest silence of one machine on one day, or 24 h for each day in a row without any row between two rows
    iot_failure_cnt_12m, iot_error_cnt_90d, iot_maintenance_cnt_12m   from the log, where there is one
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import narwhals as nw

from puhui.features import engines
from puhui.features.formulas import ratio
from puhui.features.portable import Frame, day_of, joined, known, month_of, only, where, within
from puhui.features.variable import LeftOut, Variable
from puhui.features.windows import AsOf, day_number

__all__ = ["EVIDENCE_CLASS", "LEFT_OUT", "RECORDS", "VARIABLES", "measures"]

EVIDENCE_CLASS = "C17"
RECORDS = ("machine_day", "machine_event")
PORTABLE = True
DEFINED_BY = ("portable.py",)

KNOWN_AFTER_DAYS = 1
DAYS = 30
HOURS_OF_DAY = 24.0


def measures(frames: Mapping[str, Any], as_of: AsOf) -> Any:
    """One row per firm with a machine."""
    last = day_number(as_of.day) - KNOWN_AFTER_DAYS
    days = engines.shared(known(frames["machine_day"], as_of).with_columns(number=day_of("day")))
    events = engines.shared(
        known(frames["machine_event"], as_of).with_columns(month=month_of("happened_on", as_of), number=day_of("happened_on"))
    )
    firms = nw.concat([days.select("firm_id"), events.select("firm_id")]).unique()
    return joined(firms, _hours(days, last), _log(events, last)).to_native()


def _hours(days: Frame, last: int) -> Frame:
    number = nw.col("number")
    silent_days = number - number.shift(1).over("firm_id", "machine", order_by="number") - 1
    recent = days.with_columns(silent_days=silent_days.cast(nw.Float64)).filter((number > last - DAYS) & (number <= last))
    both = ~nw.col("run_hours").is_null() & ~nw.col("planned_hours").is_null()
    told = ~nw.col("run_hours").is_null()
    return recent.group_by("firm_id").agg(
        iot_run=only(told, "run_hours").sum(), iot_run_told=only(told, nw.lit(1.0)).sum(),
        iot_run_planned=only(both, "run_hours").sum(), iot_planned=only(both, "planned_hours").sum(),
        iot_silent_hours=nw.col("silent_hours").cast(nw.Float64).max(),
        iot_silent_days=where(nw.col("silent_days") > 0, nw.col("silent_days") * HOURS_OF_DAY).max(),
        iot_days=nw.len().cast(nw.Float64),
    )  # fmt: skip


def _log(events: Frame, last: int) -> Frame:
    number, kind, one = nw.col("number"), nw.col("kind"), nw.lit(1.0)
    return events.group_by("firm_id").agg(
        iot_failures=only(within("12m") & (kind == "failure"), one).sum(),
        iot_maintenance=only(within("12m") & (kind == "maintenance"), one).sum(),
        iot_errors=only((number > last - 90) & (number <= last) & (kind == "error"), one).sum(),
    )


def _m(name: str) -> nw.Expr:
    return nw.col(f"iot_{name}")


_SILENCE = nw.max_horizontal(_m("silent_hours"), _m("silent_days").fill_null(0.0))

VARIABLES = (
    Variable("iot_run_hours_30d", "h", "+", "30 days", nw.when(_m("run_told") > 0).then(_m("run"))),
    Variable("iot_util_rate", "ratio", "+", "30 days", ratio(_m("run_planned"), _m("planned"))),
    Variable("iot_offline_hours_max_30d", "h", "-", "30 days", nw.when(_m("days") > 0).then(_SILENCE)),
    Variable("iot_failure_cnt_12m", "n", "-", "12m", _m("failures")),
    Variable("iot_error_cnt_90d", "n", "-", "90 days", _m("errors")),
    Variable("iot_maintenance_cnt_12m", "n", "n", "12m", _m("maintenance")),
)

LEFT_OUT: tuple[LeftOut, ...] = ()
