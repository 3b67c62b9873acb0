"""Whose invoice is it, is it a sale or a purchase, and who stands on the other side?

Exports for one side only give the other party's name; exports for both sides give seller and buyer, and the firm's own number or name
tells which side it is on. A row on which the firm is on neither side is not its invoice.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from puhui.evidence.reading.columns import Columns
from puhui.evidence.reading.faults import Problem
from puhui.evidence.reading.mapping import Mapping
from puhui.evidence.reading.words import Vocabulary, plain

LONGEST_NAME = 200
CONSENT_TO_INVOICES = "its invoices (C07)"


@dataclass(frozen=True)
class FirmIdentity:
    """One firm of ours: `key` as results name it, our number, and every identifier and name it goes by in files."""

    key: str
    firm_id: int
    names: frozenset[str] = frozenset()


def firms(
    fields: Columns,
    mapping: Mapping,
    firm: FirmIdentity | None,
    known_firms: dict[str, int] | None,
    consented: frozenset[int] | None,
    consent: str = CONSENT_TO_INVOICES,
) -> tuple[pl.Series, pl.Series]:
    """The firm's key and our number for each row. Problems: no firm named, another firm than the given one, a firm nobody knows."""
    if firm is not None:
        key = pl.repeat(firm.key, fields.height, dtype=pl.String, eager=True)
        if "firm" in fields:
            named = fields.text("firm", LONGEST_NAME)
            other = ~named.is_in([firm.key, *firm.names]) & (named != "")
            fields.report("firm", Problem(other, f"{firm.key}, the firm given for this file", "Leave out --firm, or take the row out."))
        return key, pl.repeat(firm.firm_id, fields.height, dtype=pl.Int64, eager=True)
    if "firm" in fields:
        key = fields.text("firm", LONGEST_NAME, needed=True)
    else:
        key = pl.repeat(mapping.firm_value, fields.height, dtype=pl.String, eager=True)
    if known_firms is None:
        return key, pl.repeat(None, fields.height, dtype=pl.Int64, eager=True)
    numbers = {value: known_firms.get(value) for value in key.unique().to_list()}
    number = key.replace_strict(list(numbers), list(numbers.values()), return_dtype=pl.Int64)
    scheme = mapping.firm_scheme or "any scheme"
    fields.report_value(
        "firm",
        key,
        Problem(
            number.is_null() & (key != ""), f"a firm of this institution ({scheme})", "Register the firm first, or correct its identifier."
        ),
    )
    if consented is not None:
        without = number.is_not_null() & ~number.is_in(list(consented))
        problem = Problem(without, f"a firm that has consented to the reading of {consent}", "Ask the firm for its consent first.")
        fields.report_value("firm", key, problem)
    return key, number


def directions(fields: Columns, mapping: Mapping, words: Vocabulary, firm: FirmIdentity | None, firm_keys: pl.Series) -> pl.Series:
    """`out` or `in` for each row: as the mapping, a column, or the side on which the firm stands says it."""
    if mapping.direction:
        return pl.repeat(mapping.direction, fields.height, dtype=pl.String, eager=True)
    if "direction" in fields:
        extra = {plain(word): meaning for word, meaning in mapping.direction_words.items()}
        return fields.word("direction", {**words.words["direction"], **extra})
    seller, buyer = ([side for side in (f"{who}_id", f"{who}_name") if side in fields] for who in ("seller", "buyer"))
    if not (seller and buyer):
        return pl.repeat("out" if buyer else "in", fields.height, dtype=pl.String, eager=True)
    sells, buys = (_is_firm(fields, side, firm, firm_keys) for side in (seller, buyer))
    value = pl.select(pl.when(sells).then(pl.lit("out")).when(buys).then(pl.lit("in"))).to_series()
    fields.report(seller[0], Problem(value.is_null(), "the firm as seller or as buyer", "Take out rows of other firms, or correct --firm."))
    return value


def _is_firm(fields: Columns, side: list[str], firm: FirmIdentity | None, firm_keys: pl.Series) -> pl.Series:
    masks = []
    for field in side:
        text = fields.text(field, LONGEST_NAME)
        masks.append(text.is_in([firm.key, *firm.names]) if firm else (text == firm_keys) & (text != ""))
    return masks[0] | masks[-1]


def counterparties(fields: Columns, direction: pl.Series) -> pl.Series:
    """The other party: its tax number where the file gives it, else its name, else empty."""
    named = {
        field: fields.text(field, LONGEST_NAME)
        for field in ("counterparty_id", "counterparty_name", "seller_id", "seller_name", "buyer_id", "buyer_name")
    }
    frame = pl.DataFrame({**named, "direction": direction}).with_columns(pl.col(pl.String).replace("", None))
    other = [
        pl.when(pl.col("direction") == "out").then(pl.col(f"buyer_{part}")).otherwise(pl.col(f"seller_{part}")) for part in ("id", "name")
    ]
    return frame.select(pl.coalesce("counterparty_id", *other, "counterparty_name").fill_null("").alias("counterparty")).to_series()
