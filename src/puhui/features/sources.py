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
problem C files. Where a file does not say when a row became known, the date of issue stands in for it and the source is marked as
assumed. A void whose time is not given is treated as known together with its row: the file arrived with the void in it, and no earlier
state of the row is known. Variables of past dates computed from such a file may see a void early; `void_time_known = False` records it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from puhui.calculations.faults import Fault, check

__all__ = ["Source", "complete_as_of", "read_folder"]

_NEEDED = ("firm_id", "direction", "issued_on", "counterparty", "amount_fen", "tax_fen", "status")

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


def read_folder(folder: Path) -> Source:
    """The invoices in `folder`, in the canonical frame.

    Raises FaultsError with every fault found: no known layout, unreadable file, missing column, unknown direction or status, empty cells.
    """
    if not folder.is_dir():
        check([Fault(str(folder), "a file" if folder.exists() else "nothing", "a folder with invoice files")])
    own = [path for path in (folder / "invoices.parquet", folder / "invoices.csv") if path.exists()]
    own = own or sorted(folder.glob("invoices/*.parquet"))
    contest = sorted(folder.glob("cumcm2020c_a*_*_invoices.parquet"))
    if not own and not contest:
        known = "invoices.parquet, invoices.csv, invoices/*.parquet or cumcm2020c_a1_output_invoices.parquet and its siblings"
        check([Fault(str(folder), "no invoice file", known, "Name the folder that holds them with --source")])
    return _read_own(own) if own else _read_contest(contest)


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
    frame = pl.concat(_read_tables(paths), how="diagonal_relaxed")
    where = str(paths[0] if len(paths) == 1 else paths[0].parent)
    check(Fault(where, "no such column", f"column {name}") for name in _NEEDED if name not in frame.columns)
    check(_cell_faults(frame, where))
    assumed = "known_at" not in frame.columns or frame["known_at"].null_count() > 0
    optional = {
        "known_at": pl.col("known_at").fill_null(pl.col("issued_on")) if "known_at" in frame.columns else pl.col("issued_on").cast(pl.Date),
        "duplicate": pl.col("duplicate") if "duplicate" in frame.columns else ~pl.struct(pl.all()).is_first_distinct(),
    }
    types = {name: pl.String for name in ("counterparty", "kind") if name in frame.columns}
    frame = frame.with_columns(**optional).with_columns(pl.col("issued_on").cast(pl.Date), *(pl.col(n).cast(t) for n, t in types.items()))
    return Source(frame, "puhui", assumed, "void_known_at" in frame.columns)


def _read_tables(paths: list[Path]) -> list[pl.DataFrame]:
    frames, faults = [], []
    for path in paths:
        try:
            frames.append(pl.read_csv(path, try_parse_dates=True) if path.suffix == ".csv" else pl.read_parquet(path))
        except (pl.exceptions.PolarsError, OSError) as error:
            faults.append(Fault(str(path), str(error).splitlines()[0], f"a readable {path.suffix[1:]} file"))
    check(faults)
    return frames


def _cell_faults(frame: pl.DataFrame, where: str) -> Iterator[Fault]:
    """Values outside the two closed lists, empty cells, and columns of the wrong kind."""
    for name, allowed in (("direction", DIRECTIONS), ("status", STATUSES)):
        found = frame.filter(~pl.col(name).cast(pl.String).is_in(allowed))[name].unique().sort().head(5).to_list()
        if found:
            yield Fault(f"{where}: column {name}", ", ".join(map(str, found)), f"one of {', '.join(allowed)}")
    for name in _NEEDED:
        empty = frame[name].null_count()
        if empty and name != "counterparty":
            yield Fault(f"{where}: column {name}", f"{empty} empty cells", "a value in each row")
    for name in ("amount_fen", "tax_fen"):
        if not frame.schema[name].is_integer():
            yield Fault(f"{where}: column {name}", str(frame.schema[name]), "whole numbers of fen")
    if not isinstance(frame.schema["issued_on"], (pl.Date, pl.Datetime)):
        yield Fault(f"{where}: column issued_on", str(frame.schema["issued_on"]), "dates")


def _read_contest(paths: list[Path]) -> Source:
    """The CUMCM 2020 C files: yuan as decimals, `row_no` numbering the sheet, status in words, one file per attachment and side."""
    frames = [_contest_frame(table, path.name) for table, path in zip(_read_tables(paths), paths, strict=True)]
    return Source(pl.concat(frames), "cumcm2020c", known_at_assumed=True, void_time_known=False)


def _contest_frame(raw: pl.DataFrame, name: str) -> pl.DataFrame:
    side, partner = ("out", "buyer_id") if "_output_" in name else ("in", "seller_id")
    needed = ("firm_id", "invoice_date", partner, "amount", "tax", "total", "status")
    check(Fault(name, "no such column", f"column {column}") for column in needed if column not in raw.columns)
    fen = {f"{column}_fen": (pl.col(column) * 100).round().cast(pl.Int64) for column in ("amount", "tax", "total")}
    void, total = pl.col("status").str.strip_chars() == "作废发票", pl.col("total")
    words = pl.when(void & (total == 0)).then(pl.lit("blank")).when(void).then(pl.lit("void"))
    return raw.select(
        "firm_id",
        direction=pl.lit(side),
        issued_on=pl.col("invoice_date"),
        counterparty=pl.col(partner),
        **fen,
        status=words.when(total < 0).then(pl.lit("red")).otherwise(pl.lit("normal")),
        known_at=pl.col("invoice_date"),
        duplicate=~pl.struct(pl.exclude("row_no")).is_first_distinct(),
    )
