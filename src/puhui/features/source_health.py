"""Is a source of evidence well? Late deliveries, fields that suddenly hold nothing, values of another kind than before.

A source seldom fails loudly. It sends a day less, or one field empty from some night on, or yuan where it sent ten thousands of yuan; and
every variable over it moves for every firm at once. So each new delivery is held against the ones before it of the same source and kind
of record: when it came, how many of its rows hold each field, and whether the values spread as they did (population stability index, as
for variables). What counts as unwell stands in the dated table `source-health`.
"""

from __future__ import annotations

import datetime as dt
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from puhui.features.figures import stability_index
from puhui.products.parameters import Row

__all__ = ["Delivery", "FieldChange", "Health", "field_changes", "health_of"]


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
    usual = _usual_days(deliveries) if len(deliveries) >= int(limits["late_from_deliveries"]) else None
    before = [row for each in deliveries[1 : 1 + int(limits["deliveries_before"])] for row in contents.get(each.batch, ())]
    rows = contents.get(newest.batch, ())
    fields = sorted({name for row in (*rows, *before) for name in row})
    return Health(
        newest, len(deliveries), age, silent, usual, age > fresh_days, usual is not None and silent > float(limits["late_factor"]) * usual,
        _completeness(rows, fields), _completeness(before, fields), tuple(field_changes(rows, before, limits)),
    )  # fmt: skip


def _usual_days(deliveries: Sequence[Delivery]) -> float:
    """The middle distance between deliveries, a day at least: two files of one day are one delivery in two parts."""
    pairs = pairwise(deliveries)
    return max(1.0, statistics.median((later.received_at - earlier.received_at).total_seconds() / 86_400 for later, earlier in pairs))


def _completeness(rows: Sequence[Mapping[str, Any]], fields: Sequence[str]) -> float | None:
    if not rows or not fields:
        return None
    return sum(row.get(name) is not None for row in rows for name in fields) / (len(rows) * len(fields))


def field_changes(rows: Sequence[Mapping[str, Any]], before: Sequence[Mapping[str, Any]], limits: Row) -> list[FieldChange]:
    """Fields by name that hold less than before, came new, or whose numbers spread otherwise; nothing with too few rows on either side."""
    if min(len(rows), len(before)) < int(limits["least_rows"]):
        return []
    found = (_change(name, rows, before, limits) for name in sorted({name for row in (*rows, *before) for name in row}))
    return [each for each in found if each is not None]


def _change(name: str, rows: Sequence[Mapping[str, Any]], before: Sequence[Mapping[str, Any]], limits: Row) -> FieldChange | None:
    now, then = (1 - sum(row.get(name) is not None for row in side) / len(side) for side in (rows, before))
    if now == 1 or then == 1:
        return FieldChange(name, "gone" if now == 1 else "new", now, then)
    if now - then > float(limits["null_rise"]):
        return FieldChange(name, "nulls", now, then)
    if name.endswith("year"):  # a number that moves on by itself
        return None
    shift = _shift(_numbers(rows, name), _numbers(before, name), int(limits["least_rows"]))
    return FieldChange(name, "shifted", now, then, shift) if shift is not None and shift >= float(limits["shift_from"]) else None


def _numbers(rows: Sequence[Mapping[str, Any]], name: str) -> list[float]:
    values = (row.get(name) for row in rows)
    return [float(value) for value in values if isinstance(value, int | float) and not isinstance(value, bool)]


def _shift(now: list[float], before: list[float], least: int) -> float | None:
    if min(len(now), len(before)) < least:
        return None
    return stability_index(np.array(now), np.array(before))
