"""What is odd in records that are right one by one: balances that do not run, meters that hang, shops that pause, awards of nought.

An oddity refuses nothing: it is told when a file comes in, and shown with the firm's evidence. What it means is for a person. Kinds of
readings of time series are those of `series_findings`; which amounts are odd at nought or below stands in `catalogue/oddities.toml`.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import polars as pl

from puhui.evidence.layouts import Layout, layout
from puhui.evidence.running_balance import breaks
from puhui.evidence.series_findings import series_findings

__all__ = ["Oddity", "notes", "oddities", "told_of", "words"]

ACCOUNTS = "account_flow"
NOTED = 5  # so many of a kind are told by name when a file comes in


@dataclass(frozen=True)
class Oddity:
    """`kind` of `catalogue/oddities.toml`; `place` names the account, meter, machine or shop; `value` what was found (yuan for amounts),
    `expected` what would have been right, where that is known; `count` of days or rows."""

    record: str
    kind: str
    place: str
    first: dt.date
    last: dt.date
    count: int
    value: float | None = None
    expected: float | None = None


@cache
def _catalogue() -> Mapping[str, Any]:
    return tomllib.loads((files("puhui") / "catalogue" / "oddities.toml").read_text("utf-8"))


def told_of(form: Layout) -> bool:
    """Whether anything of a kind of record can be odd."""
    return form.series or form.record == ACCOUNTS or any(rule["record"] == form.record for rule in _catalogue()["amount"])


def oddities(rows: pl.DataFrame, form: Layout, firm: str = "firm_id") -> list[Oddity]:
    """What is odd in records of one layout, in the order of kinds and places; `firm` is the column that names whose they are.

    rows  the fields of the layout; where they have `row`, the order of the file, else in any order"""
    if rows.is_empty():
        return []
    found = [*_amounts(rows, form, firm)]
    if form.record == ACCOUNTS:
        found += _balances(rows, firm) if "row" in rows.columns else _unexplained(rows, firm)
    if form.series:
        for field in form.values:
            for each in series_findings(rows, form, field, firm).iter_rows(named=True):
                place = each["series"].split(" / ", 1)[-1]
                found.append(
                    Oddity(form.record, each["kind"], f"{place}, {field}", each["first"], each["last"], each["days"], each["value"])
                )
    return found


def _balances(rows: pl.DataFrame, firm: str) -> Iterable[Oddity]:
    """Movements whose balance is not the one before and the movement, in the order of the file."""
    for (_, account), movements in rows.sort("row").with_columns(_signed()).group_by(firm, "account", maintain_order=True):
        days = movements["booked_on"].to_list()
        for each in breaks(list(zip(movements["signed"].to_list(), movements["balance_fen"].to_list(), strict=True))):
            day = days[each.position]
            yield Oddity(ACCOUNTS, "balance", str(account or ""), day, day, 1, each.found_fen / 100, each.expected_fen / 100)


def _signed() -> pl.Expr:
    return pl.when(pl.col("direction") == "in").then(pl.col("amount_fen")).otherwise(-pl.col("amount_fen")).alias("signed")


def _unexplained(rows: pl.DataFrame, firm: str) -> Iterable[Oddity]:
    """Balances before a movement that no movement left behind, but the opening one: told without the order of a day, which is not kept.
    Accounts with a movement without balance tell nothing."""
    before = rows.with_columns(_signed()).with_columns(before=pl.col("balance_fen") - pl.col("signed"))
    for (_, account), movements in before.group_by(firm, "account", maintain_order=True):
        if movements["balance_fen"].null_count():
            continue
        left = Counter(movements["balance_fen"].to_list())
        strange = []
        for day, held in movements.sort("booked_on").select("booked_on", "before").iter_rows():
            left[held] -= 1
            if left[held] < 0:
                strange.append((day, held))
        has_opening = bool(strange) and strange[0][0] == movements["booked_on"].min()
        for day, held in strange[has_opening:]:
            yield Oddity(ACCOUNTS, "unexplained", str(account or ""), day, day, 1, held / 100)


def _amounts(rows: pl.DataFrame, form: Layout, firm: str) -> Iterable[Oddity]:
    """Amounts of nought or below where that is odd, by kind with the days between which they lie."""
    for rule in _catalogue().get("amount", []):
        if rule["record"] != form.record or rule["field"] not in rows.columns:
            continue
        value = pl.col(rule["field"])
        odd = rows.filter(value == 0 if rule["kind"] == "zero" else value < 0)
        if odd.height:
            days, total = odd[form.observed], float(odd[rule["field"]].sum()) / 100
            yield Oddity(form.record, rule["kind"], rule["field"], days.min(), days.max(), odd.height, total)  # type: ignore[arg-type]


def words(oddity: Oddity, language: str = "en") -> str:
    """The oddity as a sentence."""
    texts = _catalogue()["words"][oddity.kind]
    place, _, field = oddity.place.rpartition(", ")
    place = ", ".join(filter(None, (place, _heading(oddity.record, field, language))))
    told = {name: f"{value:,.2f}" for name, value in (("value", oddity.value), ("expected", oddity.expected)) if value is not None}
    said: str = texts.get(language, texts["en"])
    return said.format(place=place or "–", first=oddity.first, last=oddity.last, count=f"{oddity.count:,}", **told)


def _heading(record: str, field: str, language: str) -> str:
    """What a field is called in files of the reader's language; what is no field (an account's number) as it is."""
    known = layout(record).fields.get(field)
    return field if known is None or language == "en" else next((each for each in known.headings if not each.isascii()), field)


def notes(found: Sequence[Oddity], language: str = "en") -> list[str]:
    """The oddities as notes of an import: the first few of each kind, and how many there are."""
    by_kind: dict[str, list[Oddity]] = {}
    for each in found:
        by_kind.setdefault(each.kind, []).append(each)
    lines = []
    for kind, group in by_kind.items():
        lines += [words(each, language) for each in group[:NOTED]]
        if len(group) > NOTED:
            more = _catalogue()["more"]
            lines.append(more.get(language, more["en"]).format(kind=kind, count=f"{len(group) - NOTED:,}"))
    return lines
