"""The rows behind a number, as pages show them: invoices and records of every kind with their day, file and what the number is without."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
from django.utils.translation import gettext as _

from puhui.console.decision_figures import variable_value
from puhui.console.evidence_figures import INVOICE, cell_rows, columns_of
from puhui.evidence.layouts import layout
from puhui.evidence.source_rows import origins
from puhui.features.tracing import differs, without, without_each

__all__ = ["RowsBehind", "columns", "first_that_matters", "rows_behind", "told_rows", "with_effects"]


@dataclass(frozen=True)
class RowsBehind:
    """places   rows of the frame, those first without which the number is another one
    effects     row → the number without it, where that is another one
    tried       how many rows were tried: all, or none yet where there are too many
    """

    places: list[int]
    effects: dict[int, float | None]
    tried: int


def rows_behind(name: str, frames: dict[str, pl.DataFrame], record: str, as_of: date) -> RowsBehind:
    """The rows of a record: those that change the number, then the others; by the day alone where there are too many to try all."""
    newest = list(range(frames[record].height))[::-1]
    found = without_each(name, frames, record, newest, as_of)
    if found is None:
        return RowsBehind(newest, {}, 0)
    return RowsBehind([*found, *(place for place in newest if place not in found)], found, len(newest))


def first_that_matters(name: str, frames: dict[str, pl.DataFrame], records: list[str], as_of: date, value: float | None) -> str:
    """The first kind of record without which the number is another one; else the first."""
    for record in records:
        found = without(name, frames, record, [range(frames[record].height)], as_of)
        if found is not None and differs(found[0], value):
            return record
    return records[0]


def with_effects(
    name: str, frames: dict[str, pl.DataFrame], record: str, places: Sequence[int], as_of: date, behind: RowsBehind
) -> list[dict[str, Any]]:
    """The rows at these places as cells, each with `changes` (None where it could not be tried) and the number `without` it."""
    effects: dict[int, float | None] | None = behind.effects
    if not behind.tried:
        effects = without_each(name, frames, record, places, as_of)
    rows = told_rows(record, frames[record][list(places)])
    for row, place in zip(rows, places, strict=True):
        row["changes"] = None if effects is None else place in effects
        row["without"] = variable_value(name, effects[place]) if effects and place in effects else ""
    return rows


def columns(record: str) -> list[dict[str, Any]]:
    """The headings of a kind of record, with `figure` for columns of figures."""
    if record != INVOICE:
        return columns_of(layout(record))
    named = ((_("Invoice"), False), (_("Direction"), False), (_("Other side"), False), (_("Net amount"), True), (_("Tax"), True))
    return [{"heading": heading, "figure": figure} for heading, figure in (*named, (_("State"), False))]


def told_rows(record: str, frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Rows as cells of text with their day, when they became known, and the file and row that they came from."""
    rows = _invoice_rows(frame) if record == INVOICE else cell_rows(frame, layout(record))
    found = origins(record, frame["record_id"].to_list())
    for row in rows:
        row["file"], row["line"] = found.get(row["record_id"], ("–", None))
    return rows


def _invoice_rows(frame: pl.DataFrame) -> list[dict[str, Any]]:
    states = {"normal": _("stands"), "red": _("red"), "void": _("void"), "blank": _("void, blank")}
    sides = {"out": _("sale"), "in": _("purchase")}
    rows = []
    for each in frame.iter_rows(named=True):
        state = states[each["status"]] + (f", {_('exact repeat')}" if each["duplicate"] else "")
        amounts = [f"{each[name] / 100:,.2f}".replace("-", "−") for name in ("amount_fen", "tax_fen")]
        texts = [(each["invoice_number"] or "–", False), (sides[each["direction"]], False), (each["counterparty"] or "–", False)]
        texts += [(amount, True) for amount in amounts] + [(state, False)]
        cells = [{"text": text, "figure": figure} for text, figure in texts]
        rows.append({"record_id": each["record_id"], "observed_on": each["issued_on"], "known_at": each["known_at"], "cells": cells})
    return rows
