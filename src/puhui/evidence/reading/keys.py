"""When are two rows the same? Two keys per row answer it, computed alike for every import on every machine.

The content key covers every field of the row: the same row in a second file, or the same file sent twice, has the same key and is not
taken again. The identity key tells which invoice a row speaks of. A full number (20 digits, or a code beside the number) names an
invoice by itself; a bare short number does not and needs its day and its other party beside it. Neither holds the state or
the amounts: a void that sets the amounts to zero still speaks of the same invoice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import duckdb
import polars as pl

SEPARATOR = "\x1f"  # cannot stand in a field: control characters are taken out of text
FULL_NUMBER_LENGTH = 20
FEW_ROWS = 2_000
CONTENT = (
    "direction", "invoice_code", "invoice_number", "issued_on", "issued_hour", "counterparty", "kind", "status", "amount_fen",
    "tax_fen", "total_fen", "line_detail",
)  # fmt: skip


def with_keys(frame: pl.DataFrame) -> pl.DataFrame:
    """Add `content_key` and `identity_key` (32 hexadecimal digits) and `occurrence` (1, 2, … among equal rows of one firm)."""
    day = pl.col("issued_on").cast(pl.Int32).cast(pl.String)
    content = [day if name == "issued_on" else pl.col(name).cast(pl.String).fill_null("") for name in CONTENT]
    is_full = (pl.col("invoice_code") != "") | (pl.col("invoice_number").str.len_chars() >= FULL_NUMBER_LENGTH)
    beside = pl.when(is_full).then(pl.lit("")).otherwise(pl.concat_str([day, "counterparty"], separator=SEPARATOR))
    texts = frame.select(
        pl.concat_str(content, separator=SEPARATOR).alias("content"),
        pl.concat_str(["direction", "invoice_code", "invoice_number", beside], separator=SEPARATOR).alias("identity"),
    )
    keys = _md5(texts)
    return frame.with_columns(keys.get_column("content_key"), keys.get_column("identity_key")).with_columns(_occurrence(frame, keys))


def with_record_keys(frame: pl.DataFrame, fields: Sequence[str], identity: Sequence[str], record: str) -> pl.DataFrame:
    """The same three columns for records of a layout.

    The content is every field that holds something, as `name=value` in the order of the names: a field that a layout gets later changes no
    key of a row that lacks it. Without `identity` every row stands for itself, and its identity is its content and occurrence.
    """

    def text(names: Sequence[str]) -> pl.Expr:
        cells = [pl.format("{}={}", pl.lit(name), _as_text(frame.schema[name], name)) for name in sorted(names)]
        return pl.concat_str(pl.lit(record), *cells, separator=SEPARATOR, ignore_nulls=True)

    texts = frame.select(text(fields).alias("content"), text(identity or fields).alias("identity"))
    keys = _md5(texts)
    occurrence = _occurrence(frame, keys)
    if not identity:
        texts = texts.with_columns(pl.concat_str("identity", occurrence.cast(pl.String), separator=SEPARATOR).alias("identity"))
        keys = _md5(texts)
    return frame.with_columns(keys.get_column("content_key"), keys.get_column("identity_key"), occurrence)


def _as_text(kind: pl.DataType, name: str) -> pl.Expr:
    return pl.col(name).cast(pl.Int32).cast(pl.String) if kind == pl.Date else pl.col(name).cast(pl.String)


def _md5(texts: pl.DataFrame) -> pl.DataFrame:
    """MD5 by DuckDB: a standard digest at the speed of columns. It tells rows apart; it protects nothing. Few rows are quicker without."""
    if texts.height <= FEW_ROWS:
        digests = {name: [hashlib.md5(text.encode(), usedforsecurity=False).hexdigest() for text in texts[name]] for name in texts.columns}
        return pl.DataFrame({f"{name}_key": pl.Series(keys, dtype=pl.String) for name, keys in digests.items()})
    with duckdb.connect() as connection:
        connection.execute("SET preserve_insertion_order = true")
        connection.register("texts", texts.to_arrow())
        keys: pl.DataFrame = connection.sql("SELECT md5(content) AS content_key, md5(identity) AS identity_key FROM texts").pl()
        return keys


def firm_key() -> pl.Expr:
    """Our number of the firm where it is known, else what the file calls it: one firm may go by several identifiers in a file."""
    return pl.coalesce(pl.col("firm_id").cast(pl.String), "firm").alias("firm")


def _occurrence(frame: pl.DataFrame, keys: pl.DataFrame) -> pl.Series:
    """1 for the first row with its content in this file, 2 for the next. Only rows that repeat are counted one by one."""
    pair = pl.DataFrame({"firm": frame.select(firm_key()).to_series(), "content_key": keys.get_column("content_key")})
    repeated = pair.is_duplicated()
    occurrence = pl.repeat(1, frame.height, dtype=pl.Int16, eager=True).alias("occurrence")
    if not repeated.any():
        return occurrence
    counted = pair.filter(repeated).select((pl.int_range(pl.len()).over("firm", "content_key") + 1).cast(pl.Int16)).to_series()
    return occurrence.scatter(repeated.arg_true(), counted)
