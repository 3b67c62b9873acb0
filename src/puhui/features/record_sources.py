"""Folders of evidence of every class that variables can be computed from without any database.

A folder holds a file per kind of record, named by it: `tax_return.parquet`, `tax_return.csv`, or parts `account_flow/*.parquet`; invoices
as `puhui.features.sources` takes them. The columns are those of the record's layout (docs/record-layouts.md), amounts in whole fen, and

    firm_id       text or number that names the firm the same in all files
    known_at      optional: day or moment from which a lender could know the row; else as the layout assumes it of the row's day
    record_id     optional number; of rows about one fact that were known at one moment, the one with the larger number is believed

A column of the layout that a file lacks holds nothing, unless every row must have it. A file that has neither `firm_id` nor any of the
layout's own names is taken as a source sends it (`puhui.features.sent_files`): `tax_return.xlsx` with 税种 and 销售额 in yuan.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from puhui.calculations.faults import Fault, check
from puhui.evidence.layouts import Layout, layout, layouts
from puhui.features.profiles import INVOICE
from puhui.features.sent_files import ENDINGS, read_sent
from puhui.features.sources import Source, read_folder

__all__ = ["Folder", "read_records"]

INVOICE_FILES = ("invoices.parquet", "invoices.csv", "invoices/*.parquet", "cumcm2020c_a*_*_invoices.parquet")


@dataclass(frozen=True)
class Folder:
    """What a folder holds.

    frames            record → its rows, firms as numbers
    invoices          the invoices as they were read, with what was assumed of their times; None without invoices
    known_at_assumed  records whose times were assumed
    firms             firm_id → key: what the files call the firm of a number
    """

    frames: Mapping[str, pl.DataFrame]
    invoices: Source | None
    known_at_assumed: tuple[str, ...]
    firms: pl.DataFrame

    @property
    def rows(self) -> int:
        return sum(frame.height for frame in self.frames.values())

    def named(self, values: pl.DataFrame) -> pl.DataFrame:
        """Values by firm under the keys of the files, in their order."""
        named = values.join(self.firms, on="firm_id", how="left").sort("key")
        return named.select(pl.col("key").alias("firm_id"), *values.columns[1:])


def read_records(folder: Path) -> Folder:
    """Every record of a folder in its layout's schema; firm_id is text in all of them, or a number in all.

    Raises FaultsError with every fault found: no known file, unreadable file, missing column, values that the layout's type cannot hold.
    """
    if not folder.is_dir():
        check([Fault(str(folder), "a file" if folder.exists() else "nothing", "a folder with files of records")])
    files = {form.record: found for form in layouts() if (found := _files(folder, form.record))}
    with_invoices = any(any(folder.glob(pattern)) for pattern in INVOICE_FILES)
    if not files and not with_invoices:
        known = (
            "invoices.parquet, or files named by a record of docs/record-layouts.md, such as tax_return.parquet or account_flow/*.parquet"
        )
        check([Fault(str(folder), "no invoice file and no file of a record", known, "Name the folder that holds them with --source")])
    invoices = read_folder(folder) if with_invoices else None
    faults: list[Fault] = []
    frames, assumed = {}, []
    for record, paths in files.items():
        raw = _read_sent(paths, layout(record), faults) if _is_sent(paths, layout(record)) else _read(paths, faults)
        if (
            raw is not None
            and (frame := _frame(layout(record), raw, str(paths[0] if len(paths) == 1 else paths[0].parent), faults)) is not None
        ):
            frames[record] = frame
            assumed += [] if "known_at" in raw.columns else [record]
    check(faults)
    if invoices is not None:
        frames[INVOICE] = invoices.invoices
    numbered, names = _numbered(frames)
    return Folder(numbered, invoices, tuple(assumed), names)


def _files(folder: Path, record: str) -> list[Path]:
    single = [path for suffix in ("parquet", *ENDINGS) if (path := folder / f"{record}.{suffix}").exists()]
    return single or sorted(folder.glob(f"{record}/**/*.parquet"))


def _is_sent(paths: list[Path], form: Layout) -> bool:
    """Whether files are as a source sends them: workbooks and JSON, and CSV without any column of Puhui's own names."""
    if any(path.suffix in (".xlsx", ".json") for path in paths):
        return True
    if any(path.suffix != ".csv" for path in paths):
        return False
    try:
        own = {name for path in paths for name in pl.read_csv(path, infer_schema=False, n_rows=0).columns}
    except (pl.exceptions.PolarsError, OSError):
        return True  # in another encoding, or below a title
    return "firm_id" not in own and not own & {name for name in form.fields if name.endswith("_fen") or "_" in name}


def _read_sent(paths: list[Path], form: Layout, faults: list[Fault]) -> pl.DataFrame | None:
    frames = [read_sent(path, form, faults) for path in paths]
    return (
        pl.concat([frame for frame in frames if frame is not None], how="vertical") if all(frame is not None for frame in frames) else None
    )


def _read(paths: list[Path], faults: list[Fault]) -> pl.DataFrame | None:
    frames = []
    for path in paths:
        try:
            frames.append(pl.read_csv(path, infer_schema=False) if path.suffix == ".csv" else pl.read_parquet(path))
        except (pl.exceptions.PolarsError, OSError) as error:
            faults.append(Fault(str(path), str(error).splitlines()[0], f"a readable {path.suffix[1:]} file"))
    return pl.concat(frames, how="diagonal_relaxed") if frames else None


def _frame(form: Layout, raw: pl.DataFrame, where: str, faults: list[Fault]) -> pl.DataFrame | None:
    """The file's rows in the layout's schema; None where something is wrong with them."""
    needed = ("firm_id", *form.needed)
    found = [Fault(where, "no such column", f"column {name}") for name in needed if name not in raw.columns]
    if not found:
        columns = {name: _cast(raw, name, dtype) for name, dtype in form.schema().items() if name in raw.columns and name != "firm_id"}
        found = list(_cell_faults(raw, columns, needed, where))
    if found:
        faults += found
        return None
    frame = raw.select("firm_id").with_columns(**columns)
    absent = {name: pl.lit(None, dtype=dtype) for name, dtype in form.schema().items() if name not in frame.columns}
    frame = frame.with_columns(**absent).with_columns(
        record_id=pl.coalesce("record_id", pl.int_range(1, pl.len() + 1, dtype=pl.Int64)), observed_on=pl.col(form.observed)
    )
    return frame.with_columns(known_at=pl.coalesce("known_at", _assumed(form))).select(list(form.schema()))


def _assumed(form: Layout) -> pl.Expr:
    """Midnight in China at the end of the row's day or month, and the layout's lag."""
    end = pl.col("observed_on").dt.month_end() if form.fields[form.observed].type == "month" else pl.col("observed_on")
    day = (end + pl.duration(days=form.known_at.lag_days)).cast(pl.Datetime("us"))
    return day.dt.replace_time_zone("Asia/Shanghai").dt.convert_time_zone("UTC")


def _cast(raw: pl.DataFrame, name: str, dtype: Any) -> pl.Series:
    """The column in the layout's type; what the type cannot hold becomes null, and is told by `_cell_faults`."""
    column = raw.get_column(name)
    if dtype == pl.Boolean and column.dtype == pl.String:
        return column.str.to_lowercase().replace_strict({"true": True, "1": True, "false": False, "0": False}, default=None)
    if dtype == pl.Date and column.dtype == pl.String:
        return column.str.strip_chars().str.to_date(strict=False)
    if isinstance(dtype, pl.Datetime):
        return _moment(column)
    return column.cast(dtype, strict=False)


def _moment(column: pl.Series) -> pl.Series:
    """Days and times without a zone are those of China; a day counts from its first moment."""
    if column.dtype == pl.String:
        column = column.str.strip_chars().str.to_datetime(time_unit="us", strict=False, time_zone="UTC")
        return column
    column = column.cast(pl.Datetime("us")) if not isinstance(column.dtype, pl.Datetime) else column.dt.cast_time_unit("us")
    zoned = column if getattr(column.dtype, "time_zone", None) else column.dt.replace_time_zone("Asia/Shanghai")
    return zoned.dt.convert_time_zone("UTC")


def _cell_faults(raw: pl.DataFrame, columns: Mapping[str, pl.Series], needed: tuple[str, ...], where: str) -> Iterator[Fault]:
    for name, column in columns.items():
        lost = raw.filter(column.is_null() & raw.get_column(name).is_not_null() & (raw.get_column(name).cast(pl.String) != ""))
        if not lost.is_empty():
            shown = ", ".join(map(str, lost.get_column(name).head(3).to_list()))
            yield Fault(f"{where}: column {name}", f"{shown} ({lost.height} rows)", f"values of the type {column.dtype}")
    for name in needed:
        empty = raw.get_column(name).null_count()
        if empty:
            yield Fault(f"{where}: column {name}", f"{empty} empty cells", "a value in each row")


def _numbered(frames: Mapping[str, pl.DataFrame]) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    """The frames with firms as numbers, and the key of the files for each number."""
    kind = pl.Int64 if all(frame.schema["firm_id"].is_integer() for frame in frames.values()) else pl.String
    keys = pl.concat([frame.select(key=pl.col("firm_id").cast(kind)) for frame in frames.values()]).unique().sort("key")
    names = keys.with_columns(firm_id=pl.int_range(1, pl.len() + 1, dtype=pl.Int64))
    numbered = {}
    for record, frame in frames.items():
        joined = frame.with_columns(key=pl.col("firm_id").cast(kind)).drop("firm_id").join(names, on="key", how="left")
        numbered[record] = joined.select("firm_id", *(name for name in frame.columns if name != "firm_id"))
    return numbered, names
