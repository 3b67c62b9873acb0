"""The county's papers as files, as the offices that keep them would hand them out: Chinese headings and words, amounts in yuan.

Headings and words are taken from the layouts of the records (the first that stands there in Chinese), so that a layout that changes
changes the files with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from puhui.county.economy import Economy
from puhui.evidence.layouts import Field, Layout, layout

FIRM_HEADING = "统一社会信用代码"


def write_papers(economy: Economy, frames: Mapping[str, pl.DataFrame], folder: Path) -> dict[str, Path]:
    """Write RECORD.parquet for each record that has rows; record → path.

    `frames` have a column `firm` (number) and fields of the record's layout.
    """
    return write_frames({firm.number: firm.unified_code for firm in economy.firms}, frames, folder)


def write_frames(
    codes: Mapping[int, str], frames: Mapping[str, pl.DataFrame], folder: Path, heading: str = FIRM_HEADING
) -> dict[str, Path]:
    """The same for whoever is known by `codes` (number → identifier, under `heading`)."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {}
    for record, frame in frames.items():
        if frame.is_empty():
            continue
        paths[record] = folder / f"{record}.parquet"
        as_handed_out(codes, frame, layout(record), heading).write_parquet(paths[record], compression="zstd")
    return paths


def as_handed_out(codes: Mapping[int, str], frame: pl.DataFrame, kind: Layout, heading: str) -> pl.DataFrame:
    """The rows under the headings of the office. Raises KeyError for a column that the layout does not have."""
    fields = [kind.fields[name] for name in frame.columns if name != "firm"]
    return frame.select(
        pl.col("firm").replace_strict(codes, return_dtype=pl.String).alias(heading),
        *(_cells(field).alias(_chinese(field.headings)) for field in fields),
    )


def _cells(field: Field) -> pl.Expr:
    value = pl.col(field.name)
    if field.type == "amount":
        return (value.cast(pl.Int64) / 100).cast(pl.Decimal(18, 2))
    if field.type == "word":
        return value.replace_strict({name: _chinese(words) for name, words in field.words.items()}, return_dtype=pl.String)
    if field.type == "month":
        return value.dt.strftime("%Y-%m")
    if field.type == "flag":
        return pl.when(value).then(pl.lit("是")).when(~value).then(pl.lit("否"))
    return value


def _chinese(words: tuple[str, ...]) -> str:
    """The first that is not plain ASCII, else the first."""
    return next((word for word in words if not word.isascii()), words[0])
