"""A file of variables for the engine for many, and its answers told. Needs no database."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import polars as pl

from puhui.calculations.faults import Fault, FaultsError
from puhui.decisions.batch import reason_codes, reasons_of
from puhui.products.terms import Product
from puhui.products.vocabulary import CASE_FACTS

__all__ = ["file_frame", "naming_columns", "reason_counts", "with_reason_texts"]


def file_frame(path: Path, product: Product) -> pl.DataFrame:
    """The rows of a Parquet or CSV file; texts such as a code of industry stay texts. Raises FaultsError where it cannot be read."""
    units = {**product.variables, **{name: one.unit for name, one in product.application.items()}, **CASE_FACTS}
    texts = {name: pl.String for name, unit in units.items() if unit == "text"}
    if path.suffix not in (".parquet", ".csv"):
        raise FaultsError([Fault("--source", path.name, "a file ending in .parquet or .csv")])
    try:
        if path.suffix == ".parquet":
            return pl.read_parquet(path)
        return pl.read_csv(path, infer_schema_length=None, schema_overrides=texts)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise FaultsError([Fault(str(path), str(error).split("\n")[0], "a table of variables")]) from error


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
