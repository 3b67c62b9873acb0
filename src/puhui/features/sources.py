"""Invoice files that variables can be computed from without any database.

The canonical invoice frame, one row per invoice:

    firm_id         text or integer key of the firm whose records these are
    direction       `out` it sold, `in` it bought
    issued_on       date on the invoice
    counterparty    key of the buyer or supplier; null where it is unnamed
    amount_fen      net of tax; tax_fen; total_fen: integers, negative for a red invoice
    status          `normal`, `red` (reverses an earlier one), `void` (cancelled), `blank` (a form voided unused)
    known_at        date or moment from which a lender could know the row
    duplicate       an exact repeat inside its file: kept, but left out of sums
    kind            optional; special element of a digital invoice, such as 16 (produce bought from farmers, issued by the buyer)
    void_known_at   optional; when the void became known. Until then the row counts as the invoice it was.

Two layouts of a folder are recognised: Puhui's own (`invoices.parquet`, `invoices.csv` or `invoices/*.parquet`), and the public CUMCM 2020
problem C files. Where a file does not say when a row became known, the date of issue stands in for it and the source is marked as assumed. A void whose
time is not given is treated as known together with its row: the file arrived with the void in it, and no earlier state of the row is known.
Variables of past dates computed from such a file see those voids early, which the mark `void_time_known = False` records.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import polars as pl

__all__ = ["COLUMNS", "Source", "complete_as_of", "read_folder"]

COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "firm_id": pl.String,
    "direction": pl.String,
    "issued_on": pl.Date,
    "counterparty": pl.String,
    "amount_fen": pl.Int64,
    "tax_fen": pl.Int64,
    "total_fen": pl.Int64,
    "status": pl.String,
    "known_at": pl.Date,
    "duplicate": pl.Boolean,
}
"""Columns and types of the canonical frame as this module builds it; `firm_id` may be an integer and `known_at` a moment."""

DIRECTIONS = ("out", "in")
STATUSES = ("normal", "red", "void", "blank")

COMPLETE_SHARE = 0.6
"""A month counts as fully recorded when at least this share of the firms active in a typical month of the year before has a row in it."""


@dataclass(frozen=True)
class Source:
    """The invoices of a folder, and what had to be assumed about their times."""

    invoices: pl.DataFrame
    layout: str
    known_at_assumed: bool
    void_time_known: bool


class SourceError(ValueError):
    """A folder or file that cannot be read as invoices; `faults` names everything wrong with it."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


def read_folder(folder: Path) -> Source:
    """The invoices in `folder`, in the canonical frame.

    Raises SourceError with every fault found: no known layout, unreadable file, missing column, unknown direction or status.
    """
    if not folder.is_dir():
        raise SourceError([f"{folder}: expected a folder with invoice files; found {'a file' if folder.exists() else 'nothing'}"])
    own = [path for path in (folder / "invoices.parquet", folder / "invoices.csv") if path.exists()] or sorted(folder.glob("invoices/*.parquet"))
    if own:
        return _read_own(own)
    contest = sorted(folder.glob("cumcm2020c_a*_*_invoices.parquet"))
    if contest:
        return _read_contest(contest)
    raise SourceError([
        f"{folder}: no invoices found; expected invoices.parquet, invoices.csv, invoices/*.parquet, or cumcm2020c_a1_input_invoices.parquet and its siblings"
    ])


def complete_as_of(invoices: pl.DataFrame) -> date:
    """The last day of the last month that is fully recorded.

    Files end raggedly: the last months hold rows of a few firms only, and reading their silence as a fall in sales would be wrong. A month
    is fully recorded when at least `COMPLETE_SHARE` of the number of firms active in the median month of the twelve before it has a row in
    it, for sales and for purchases alike. Falls back to the last date of issue when no month is.
    """
    active = (
        invoices.filter(~pl.col("duplicate"))
        .group_by(pl.col("direction"), pl.col("issued_on").dt.truncate("1mo").alias("month"))
        .agg(firms=pl.col("firm_id").n_unique())
        .sort("direction", "month")
        .with_columns(typical=pl.col("firms").shift(1).rolling_median(12, min_samples=3).over("direction"))
    )
    complete = active.filter(pl.col("firms") >= COMPLETE_SHARE * pl.col("typical")).group_by("direction").agg(pl.col("month").max())
    if complete.is_empty():
        last = invoices["issued_on"].max()
        assert isinstance(last, date)
        return last
    month = complete["month"].min()
    assert isinstance(month, date)
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _read_own(paths: list[Path]) -> Source:
    frames, faults = [], []
    for path in paths:
        try:
            frames.append(pl.read_csv(path, try_parse_dates=True) if path.suffix == ".csv" else pl.read_parquet(path))
        except (pl.exceptions.PolarsError, OSError) as error:
            faults.append(f"{path}: cannot be read: {str(error).splitlines()[0]}")
    if faults:
        raise SourceError(faults)
    frame = pl.concat(frames, how="diagonal_relaxed")
    required = [name for name in COLUMNS if name not in ("known_at", "duplicate", "total_fen")]
    faults += [f"{paths[0]}: missing column {name}" for name in required if name not in frame.columns]
    if faults:
        raise SourceError(faults)
    assumed = "known_at" not in frame.columns
    frame = frame.with_columns(pl.col("issued_on").cast(pl.Date), pl.col("counterparty").cast(pl.String), pl.col("kind").cast(pl.String) if "kind" in frame.columns else [])
    if assumed:
        frame = frame.with_columns(known_at=pl.col("issued_on"))
    else:
        assumed = frame["known_at"].null_count() > 0
        frame = frame.with_columns(pl.col("known_at").fill_null(pl.col("issued_on")))
    if "duplicate" not in frame.columns:
        frame = frame.with_columns(duplicate=pl.int_range(pl.len()).over(frame.columns) > 0)
    for name, allowed in (("direction", DIRECTIONS), ("status", STATUSES)):
        found = frame.filter(~pl.col(name).is_in(allowed) | pl.col(name).is_null())[name].unique().to_list()
        if found:
            faults.append(f"{paths[0]}: column {name}: found {', '.join(map(str, found))}; expected {', '.join(allowed)}")
    faults += [
        f"{paths[0]}: column {name}: {count} empty cells; expected a value in each row"
        for name in ("firm_id", "issued_on", "amount_fen", "tax_fen")
        if (count := frame[name].null_count())
    ]
    if faults:
        raise SourceError(faults)
    return Source(frame, "puhui", assumed, "void_known_at" in frame.columns)


def _read_contest(paths: list[Path]) -> Source:
    """The CUMCM 2020 C files: yuan as decimals, `row_no` numbering the sheet, status in words, one file per attachment and side."""
    frames = []
    for path in paths:
        side, partner = ("out", "buyer_id") if "_output_" in path.name else ("in", "seller_id")
        try:
            raw = pl.read_parquet(path)
        except (pl.exceptions.PolarsError, OSError) as error:
            raise SourceError([f"{path}: cannot be read: {str(error).splitlines()[0]}"]) from error
        content = [name for name in raw.columns if name != "row_no"]
        fen = {f"{name}_fen": (pl.col(name) * 100).round().cast(pl.Int64) for name in ("amount", "tax", "total")}
        void, total = pl.col("status").str.strip_chars() == "作废发票", pl.col("total")
        frames.append(
            raw.select(
                "firm_id",
                direction=pl.lit(side),
                issued_on=pl.col("invoice_date"),
                counterparty=pl.col(partner),
                **fen,
                status=pl.when(void & (total == 0))
                .then(pl.lit("blank"))
                .when(void)
                .then(pl.lit("void"))
                .when(total < 0)
                .then(pl.lit("red"))
                .otherwise(pl.lit("normal")),
                known_at=pl.col("invoice_date"),
                duplicate=~pl.struct(content).is_first_distinct(),
            )
        )
    return Source(pl.concat(frames), "cumcm2020c", known_at_assumed=True, void_time_known=False)
