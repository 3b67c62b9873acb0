"""Is a source of evidence well? Late deliveries, fields that suddenly hold nothing, values of another kind than before.

A source seldom fails loudly. It sends a day less, or one field empty from some night on, or yuan where it sent ten thousands of yuan; and
every variable over it moves for every firm at once. So each new delivery is held against the ones before it of the same source and kind
of record: when it came, how many of its rows hold each field, and whether the values spread as they did (population stability index, as
for variables).

Two deliveries always differ, and small ones differ much. So a change is told only where there is history to tell it from, and where it is
larger than (1) the limit, (2) what chance makes of so few rows, and (3) what the earlier deliveries differ among themselves. Without enough
earlier deliveries the page says so. What counts as unwell stands in the dated table `source-health`.
"""

from __future__ import annotations

import datetime as dt
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2, norm

from puhui.features.figures import BINS, stability_index
from puhui.products.parameters import Row

__all__ = ["Delivery", "FieldChange", "Health", "field_changes", "health_of"]

Rows = Sequence[Mapping[str, Any]]
Numbers = NDArray[np.float64]
SAME_DELIVERY_DAYS = 0.25


@dataclass(frozen=True)
class Delivery:
    """One batch of one kind of record from one source."""

    batch: int
    evidence_class: str
    record: str
    source: str
    rows: int
    firms: int
    last_observed_on: dt.date
    received_at: dt.datetime
    rejected: int = 0


@dataclass(frozen=True)
class FieldChange:
    """A field of the newest delivery that is unlike those before: `kind` is gone, nulls, new or shifted; shares of rows without a value."""

    field: str
    kind: str
    null_share: float
    null_share_before: float
    shift: float | None = None


@dataclass(frozen=True)
class Health:
    """What is told of one source and kind of record. `usual_days` between deliveries is null with fewer than three."""

    newest: Delivery
    deliveries: int
    age_days: int  # of the newest fact, on the business date
    silent_days: int  # since the newest delivery came
    usual_days: float | None
    is_stale: bool
    is_late: bool
    completeness: float | None  # share of cells that hold a value in the newest delivery
    completeness_before: float | None
    changes: tuple[FieldChange, ...]
    is_short: bool = False  # too few earlier deliveries to say what has changed


def health_of(
    deliveries: Sequence[Delivery], contents: Mapping[int, Sequence[Mapping[str, Any]]], fresh_days: int, day: dt.date, now: dt.datetime,
    limits: Row,
) -> Health:  # fmt: skip
    """The health of one source and kind of record.

    deliveries  of it, the newest first
    contents    batch → rows of it as field → value, a sample; a batch without rows is not compared
    fresh_days  how old the newest fact may be
    """
    newest = deliveries[0]
    age, silent = (day - newest.last_observed_on).days, (now - newest.received_at).days
    usual = _usual_days(deliveries) if len(_distances(deliveries)) + 1 >= int(limits["late_from_deliveries"]) else None
    earlier = [contents.get(each.batch, ()) for each in deliveries[1 : 1 + int(limits["deliveries_before"])]]
    rows, before = contents.get(newest.batch, ()), [row for each in earlier for row in each]
    fields = sorted({name for row in (*rows, *before) for name in row})
    return Health(
        newest,
        len(deliveries),
        age,
        silent,
        usual,
        is_stale=age > fresh_days,
        is_late=usual is not None and silent > _borne_days(deliveries, usual, limits),
        completeness=_completeness(rows, fields),
        completeness_before=_completeness(before, fields),
        changes=tuple(field_changes(rows, earlier, limits)),
        is_short=len(_told(earlier, limits)) < int(limits["least_deliveries"]),
    )


def _distances(deliveries: Sequence[Delivery]) -> list[float]:
    """Days between deliveries, the newest first; two files of one day are one delivery in two parts."""
    days = [(later.received_at - earlier.received_at).total_seconds() / 86_400 for later, earlier in pairwise(deliveries)]
    return [each for each in days if each >= SAME_DELIVERY_DAYS]


def _usual_days(deliveries: Sequence[Delivery]) -> float:
    """The middle distance between deliveries, a day at least."""
    return max(1.0, statistics.median(_distances(deliveries)))


def _borne_days(deliveries: Sequence[Delivery], usual: float, limits: Row) -> float:
    """How long a silence is borne: some times the usual distance, and as long as the source has been silent before."""
    return max(float(limits["late_factor"]) * usual, max(_distances(deliveries), default=0.0))


def _completeness(rows: Sequence[Mapping[str, Any]], fields: Sequence[str]) -> float | None:
    if not rows or not fields:
        return None
    return sum(row.get(name) is not None for row in rows for name in fields) / (len(rows) * len(fields))


def field_changes(rows: Rows, earlier: Sequence[Rows], limits: Row) -> list[FieldChange]:
    """Fields by name that hold less than before, came new, or whose numbers spread otherwise; nothing with too little on either side.

    rows     of the newest delivery, a sample
    earlier  the same of each delivery before it"""
    told = _told(earlier, limits)
    if len(rows) < int(limits["least_rows"]) or len(told) < int(limits["least_deliveries"]):
        return []
    names = sorted({name for side in (rows, *told) for row in side for name in row})
    return [each for each in (_change(name, rows, told, limits) for name in names) if each is not None]


def _told(earlier: Sequence[Rows], limits: Row) -> list[Rows]:
    """The earlier deliveries with rows enough to be compared with."""
    return [each for each in earlier if len(each) >= int(limits["least_rows"])]


def _change(name: str, rows: Rows, earlier: Sequence[Rows], limits: Row) -> FieldChange | None:
    now, each_then = _nulls(rows, name), [_nulls(each, name) for each in earlier]
    count = sum(len(each) for each in earlier)
    then = sum(share * len(each) for share, each in zip(each_then, earlier, strict=True)) / count
    rise = float(limits["null_rise"])
    if then == 1:
        return FieldChange(name, "new", now, then) if 1 - now > rise else None
    if now - max(each_then) > rise and now - then > _chance_of_nulls(then, len(rows), count, limits):
        return FieldChange(name, "gone" if now == 1 else "nulls", now, then)
    if name.endswith("year"):  # a number that moves on by itself
        return None
    shift = _shift(_numbers(rows, name), [_numbers(each, name) for each in earlier], limits)
    return FieldChange(name, "shifted", now, then, shift) if shift is not None else None


def _nulls(rows: Rows, name: str) -> float:
    return 1 - sum(row.get(name) is not None for row in rows) / len(rows)


def _chance_of_nulls(share: float, now: int, then: int, limits: Row) -> float:
    """The rise of a share of empty cells that chance alone passes with the probability `chance`; half a row is added on either side."""
    smoothed = (share * then + 0.5) / (then + 1)
    return float(norm.isf(float(limits["chance"])) * np.sqrt(smoothed * (1 - smoothed) * (1 / now + 1 / then)))


def _numbers(rows: Rows, name: str) -> Numbers:
    values = (row.get(name) for row in rows)
    return np.array([float(value) for value in values if isinstance(value, int | float) and not isinstance(value, bool)])


def _shift(now: Numbers, earlier: Sequence[Numbers], limits: Row) -> float | None:
    """The stability index of the newest values against all before; null where it is no larger than the limit, than chance, or than some
    times the largest that an earlier delivery has against the others."""
    least = int(limits["least_rows"])
    told = [each for each in earlier if len(each) >= least]
    if len(now) < least or len(told) < int(limits["least_deliveries"]):
        return None
    shift, bound = _index(now, told, limits)
    own = [_index(each, [other for other in told if other is not each], limits)[0] for each in told]
    borne = max(float(limits["shift_from"]), bound, float(limits["own_times"]) * max(own))
    return shift if shift > borne else None


def _index(one: Numbers, others: Sequence[Numbers], limits: Row) -> tuple[float, float]:
    """The stability index of one side against the others together, and what chance alone passes with the probability `chance`: the index
    over 1/n + 1/m is about chi-squared with one degree of freedom less than there are bins."""
    before = np.concatenate(others)
    index = stability_index(one, before)
    bound = chi2.isf(float(limits["chance"]), BINS - 1) * (1 / len(one) + 1 / len(before))
    return (0.0 if index is None else index), float(bound)
