"""A file of variables for the engine for many, and its answers told. Needs no database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from puhui.calculations.concentration import LEVELS, caps_of, place_of, sections_of
from puhui.calculations.faults import Fault, FaultsError
from puhui.decisions.batch import reason_codes, reasons_of
from puhui.products.parameters import Table
from puhui.products.terms import Product
from puhui.products.vocabulary import CASE_FACTS

__all__ = ["FileRooms", "file_frame", "file_rooms", "naming_columns", "reason_counts", "with_reason_texts"]


def file_frame(path: Path, product: Product) -> pl.DataFrame:
    """The rows of a Parquet or CSV file; texts such as a code of industry stay texts. Raises FaultsError where it cannot be read."""
    units = {**product.variables, **{name: one.unit for name, one in product.application.items()}, **CASE_FACTS}
    texts = {name: pl.String for name, unit in units.items() if unit == "text"} | {"division_code": pl.String}
    if path.suffix not in (".parquet", ".csv"):
        raise FaultsError([Fault("--source", path.name, "a file ending in .parquet or .csv")])
    try:
        if path.suffix == ".parquet":
            return pl.read_parquet(path)
        return pl.read_csv(path, infer_schema_length=None, schema_overrides=texts)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise FaultsError([Fault(str(path), str(error).split("\n")[0], "a table of variables")]) from error


@dataclass(frozen=True)
class FileRooms:
    """The limits on industry and region that hold among the rows of a file, and what they leave before the first row."""

    cells: list[tuple[str, ...]]  # of each row, those with a limit
    room_fen: dict[str, int]
    held: tuple[str, ...]  # levels with a limit that some row counts under
    unplaced: dict[str, int]  # level with a limit → rows whose code is not known so closely, so that it is not held for them

    def told(self, before: str) -> dict[str, Any]:
        """For the summary of a run. `before`: what was counted as out before the first row."""
        return {"limits_held": list(self.held), "limits_not_held_rows": self.unplaced, "out_before": before}


def file_rooms(
    frame: pl.DataFrame, limits: Table, sections: Table, lender_kind: str, day: date, used_fen: Mapping[str, int] | None = None
) -> FileRooms:
    """The limits of a lender of this kind on the day over the rows of a file, by its columns `industry_code` and `division_code`.

    limits, sections: the tables `concentration-limits` and `industry-sections`
    used_fen: cell → what is out and promised in it before the first row; without it nothing is
    """
    rows, of_division = limits.valid_on(day), sections_of(sections.rows)
    pairs = frame.select(_codes(frame, "industry_code"), _codes(frame, "division_code")).rows()
    places = {pair: place_of(of_division, *pair) for pair in set(pairs)}
    caps = {pair: caps_of(rows, lender_kind, place) for pair, place in places.items()}
    limited = [level for level in LEVELS if any(row["level"] == level for row in rows if row["lender_kind"] == lender_kind)]
    counts = Counter(pairs)
    unplaced = {level: sum(count for pair, count in counts.items() if not places[pair].code(level)) for level in limited}
    held = {one.level for found in caps.values() for one in found}
    return FileRooms(
        cells=[tuple(one.cell for one in caps[pair]) for pair in pairs],
        room_fen={one.cell: one.most_fen - (used_fen or {}).get(one.cell, 0) for found in caps.values() for one in found},
        held=tuple(level for level in LEVELS if level in held),
        unplaced={level: count for level, count in unplaced.items() if count},
    )


def _codes(frame: pl.DataFrame, name: str) -> pl.Expr:
    return (pl.col(name).cast(pl.String).fill_null("") if name in frame.columns else pl.lit("")).alias(name)


def naming_columns(frame: pl.DataFrame, taken: Iterable[str]) -> list[str]:
    """What names a row for people: columns of text or whole numbers that are no fact of the case and not `taken`."""
    known = CASE_FACTS.keys() | set(taken)
    return [name for name, kind in frame.schema.items() if name not in known and (kind == pl.String or kind.is_integer())]


def with_reason_texts(answers: pl.DataFrame, product: Product) -> pl.DataFrame:
    """The answers with the codes of their reasons in words of the product file, for those that were not granted as asked."""
    masks = answers["reasons"].unique().to_list()
    words = [";".join(reasons_of(mask, product)) for mask in masks]
    named = pl.col("reasons").replace_strict(masks, words, return_dtype=pl.String).alias("reason_codes")
    return answers.with_columns(named)


def reason_counts(answers: pl.DataFrame, product: Product) -> dict[str, int]:
    """How many rows each reason speaks against, the most frequent first."""
    masks = answers["reasons"].to_numpy()
    counts = {code: int(np.count_nonzero(masks >> number & 1)) for number, code in enumerate(reason_codes(product))}
    return {code: count for code, count in sorted(counts.items(), key=lambda pair: -pair[1]) if count}
