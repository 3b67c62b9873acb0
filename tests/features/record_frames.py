"""Frames of records written by hand or made at random from their layouts, for the tests of variables."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl

from puhui.evidence.layouts import Field, layout


def record_frame(record: str, rows: Sequence[Mapping[str, Any]], firm_id: int = 1) -> pl.DataFrame:
    """Rows of a record in its layout's schema; what a row leaves out is null, and it was known on the day that it was true."""
    form = layout(record)
    made = []
    for number, row in enumerate(rows, start=1):
        unknown = set(row) - form.schema().keys()
        assert not unknown, f"{record} has no field {unknown}"
        observed = row[form.observed]
        head = {"firm_id": firm_id, "record_id": number, "observed_on": observed, "known_at": at(observed)}
        made.append({**dict.fromkeys(form.schema()), **head, **row})
    return pl.DataFrame(made, schema=form.schema(), orient="row")


def at(day: date) -> datetime:
    """Noon of a day, in UTC."""
    return datetime(day.year, day.month, day.day, 4, tzinfo=UTC)


def month_before(last: date, back: int) -> date:
    """First day of the month that lies so many months before the one of `last`."""
    number = last.year * 12 + last.month - 1 - back
    return date(number // 12, number % 12 + 1, 1)


def random_records(record: str, seed: int, firms: int = 5, rows: int = 60, until: date = date(2024, 12, 31)) -> pl.DataFrame:
    """Rows with every field at random within the layout's bounds, a part of them null, true and known on days before and after `until`."""
    dice, form = random.Random(f"{record} {seed}"), layout(record)
    made = []
    for number in range(rows):
        row = {name: _value(dice, field, until) for name, field in form.fields.items()}
        observed = row[form.observed] or until
        known = at(observed) + timedelta(days=dice.choice((0, 1, 20, 200)))
        made.append({"firm_id": dice.randrange(1, firms + 1), "record_id": number, "observed_on": observed, "known_at": known, **row})
    return pl.DataFrame(made, schema=form.schema(), orient="row")


def _value(dice: random.Random, field: Field, until: date) -> Any:
    if not field.needed and dice.random() < 0.25:
        return None
    day = until + timedelta(days=dice.randrange(-1100, 200))
    least = field.least if field.least is not None else 0
    most = field.most if field.most is not None else least + dice.choice((1, 50, 100_000))
    if field.type == "date":
        return day
    if field.type == "month":
        return day.replace(day=1)
    if field.name == "year":
        return day.year
    if field.name == "year":
        return dice.randint(until.year - 3, until.year)
    if field.type in ("amount", "whole"):
        return dice.randint(int(least), int(most)) * (100 if field.type == "amount" else 1)
    if field.type in ("number", "share"):
        return round(dice.uniform(least, most if field.type == "number" else min(most, 1)), 4)
    if field.type == "flag":
        return dice.random() < 0.3
    return dice.choice(list(field.words) or [f"{field.name}{number}" for number in range(6)])
