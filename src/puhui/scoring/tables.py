"""Reading a table of cases (Parquet, CSV, XLSX or ARFF, one row per case), and judging a model by one."""

from __future__ import annotations

import codecs
import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from puhui.calculations.faults import Fault, FaultsError, check
from puhui.scoring import arff, workbooks
from puhui.scoring.adapting import adapt, plain
from puhui.scoring.cells import is_unknown, number
from puhui.scoring.configuration import Target
from puhui.scoring.evaluation import evaluate
from puhui.scoring.headings import absent_columns, column_named, columns_named, nearest
from puhui.scoring.loading import AnyModel
from puhui.scoring.population import read_target
from puhui.scoring.seen_rows import note_of
from puhui.scoring.written import as_meant

__all__ = ["Judged", "evaluate_table", "judge", "read_table"]

MAGIC_PARQUET = b"PAR1"
MOST_GROUPS = 60
SHOWN_OUTCOMES = 5
SEPARATORS = (",", ";", "\t", "|")


def read_table(path: Path, as_text: bool = False) -> pl.DataFrame:
    """The table in a file, told by its content. FaultsError when there is none, or it cannot be read, or has no row.

    as_text: cells of a CSV or XLSX file stay as they are written (`02108`), for a table that is adapted to a model afterwards; else money,
    shares and days that are plainly such are read as numbers and dates.
    """
    where = str(path)
    try:
        with path.open("rb") as file:
            magic = file.read(4)
        frame = _read(path, magic, as_text)
    except (OSError, UnicodeDecodeError, pl.exceptions.PolarsError, *workbooks.UNREADABLE) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise FaultsError(
            [Fault(where, reason, "a readable Parquet, CSV, XLSX or ARFF file; text in UTF-8, UTF-16, GB18030 or Latin-1")]
        ) from error
    if frame.is_empty():
        raise FaultsError([Fault(where, "no rows", "one row per case")])
    return plain(frame) if as_text else as_meant(plain(frame))


def _read(path: Path, magic: bytes, as_text: bool) -> pl.DataFrame:
    if magic == MAGIC_PARQUET:
        return pl.read_parquet(path)
    if magic == workbooks.MAGIC:
        return workbooks.read_workbook(path, as_text)
    text = _utf8(path.read_bytes())
    return arff.read_arff(text, str(path), as_text) if arff.is_arff(text) else _read_csv(text, str(path), as_text)


def _read_csv(text: bytes, where: str, as_text: bool) -> pl.DataFrame:
    """Types are told from all rows: a code that first shows a letter in the last row is text."""
    heading = text.split(b"\n", 1)[0]
    separator = max(SEPARATORS, key=lambda each: heading.count(each.encode()))
    names = [name.strip() for name in next(csv.reader([heading.decode()], delimiter=separator), [])]
    twice = sorted({name for name in names if name and names.count(name) > 1})
    check([Fault(f"{where}, column {name}", "a heading that stands twice", "each name once") for name in twice])
    if as_text:
        frame = pl.read_csv(text, separator=separator, infer_schema=False)
    else:
        frame = _with_gaps(pl.read_csv(text, separator=separator, infer_schema_length=None))
    return frame.rename({name: name.strip() for name in frame.columns if name != name.strip()})


def _with_gaps(frame: pl.DataFrame) -> pl.DataFrame:
    """Columns that are text only because a cell without a number says so (`NA`, `?`) as numbers with nulls."""
    columns = []
    for column in frame.select(pl.col(pl.String)).get_columns():
        texts = column.str.strip_chars()
        gaps = [value for value in texts.unique().to_list() if value is not None and is_unknown(value)]
        known = texts.set(texts.is_in(gaps), None) if gaps else texts
        numbers = known.cast(pl.Float64, strict=False)
        if gaps and numbers.null_count() == known.null_count() < len(known):
            columns.append(numbers)
    return frame.with_columns(columns)


def _utf8(data: bytes) -> bytes:
    """The same text in UTF-8: as it is, or from UTF-16 with its mark, or from GB18030, or from Latin-1, which any bytes are."""
    if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return data.decode("utf-16").encode()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding).encode()
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1").encode()


@dataclass(frozen=True)
class Judged:
    """`figures` as `evaluate_table` gives them, and the `cases` they rest on: row (the first of the table is 0), outcome, weight, points,
    probability."""

    figures: dict[str, Any]
    cases: pl.DataFrame


def evaluate_table(
    model: AnyModel, frame: pl.DataFrame, target: str, weight: str = "", positive: Sequence[str] = (), negative: Sequence[str] = ()
) -> dict[str, Any]:
    """Figures of a model on cases with known outcome: n, events, auc, ks, brier, calibration_intercept, calibration_slope, … (`judge`)."""
    return judge(model, frame, target, weight, positive, negative).figures


def judge(
    model: AnyModel,
    frame: pl.DataFrame,
    target: str,
    weight: str = "",
    positive: Sequence[str] = (),
    negative: Sequence[str] = (),
    by: Sequence[str] = (),
) -> Judged:
    """A model judged on cases with known outcome.

    The table is adapted to the model first (`adapting`); `notes` tells what was assumed. Rows whose outcome or weight is null are left out
    and counted. positive, negative: the values that mean default and repaid, where they are not those of training and not plain. by:
    columns of the table, for each of whose values (the most frequent `MOST_GROUPS`) the figures stand under `by` as well.
    FaultsError names absent columns and values that cannot be read.
    """
    frame = plain(frame)
    named = [("target", target), ("weight", weight), *(("--by", name) for name in by)]
    found = {name: column_named(name, frame.columns) for _, name in named if name}
    read = columns_named(model.columns, frame.columns)
    absent = [_absent(kind, name, frame.columns, read) for kind, name in named if name and found[name] is None]
    check(absent and [*absent, *absent_columns(read, frame.columns)])
    frame = frame.with_columns(frame[column].alias(name) for name, column in found.items() if column and column != name)
    adapted = adapt(frame, model)
    adapted.notes[:0] = [f"{column} is read as {name}" for name, column in found.items() if column != name]
    trained = model.document.target
    sides = (tuple(positive), tuple(negative)) if positive or negative else (tuple(trained["positive"]), tuple(trained["negative"]))
    outcome, known = read_target(frame[target], Target(target, *sides), is_named=bool(positive))
    if not known.any():
        raise FaultsError([Fault(f"target {target}", "no row with a known outcome", "at least one")])
    weights = _weights(frame, weight)
    judged = known & (weights > 0)
    if not judged.any():
        raise FaultsError([Fault(f"weight {weight}", "no row with a weight and a known outcome", "at least one")])
    told = adapted.frame.filter(pl.Series(judged))
    scored, seen = model.score_frame(told), note_of(told, model.document.training.get("seen_rows"))
    cases = pl.DataFrame({"row": np.flatnonzero(judged), "outcome": outcome[judged].astype(int), "weight": weights[judged]}).hstack(
        scored.select("points", "probability")
    )
    figures = {
        "model": model.document.name,
        "digest": model.digest,
        **_figures(cases),
        "weighted": bool(weight),
        "left_out": int((~judged).sum()),
        "left_out_without_weight": int((known & ~judged).sum()),
        "read_as_null": adapted.unreadable,
        "notes": [
            *([seen] if seen else []),
            *_not_weighted(model, frame, weight),
            *adapted.notes,
            *_other_outcomes(frame[target], known),
            *_one_outcome(cases),
        ],
    }
    groups = {name: _by_value(cases.with_columns(frame[name].filter(pl.Series(judged)).cast(pl.String).alias("value"))) for name in by}
    return Judged(figures | ({"by": groups} if by else {}), cases)


def _not_weighted(model: AnyModel, frame: pl.DataFrame, weight: str) -> list[str]:
    """A note where training counted cases by a weight and this look counts each once."""
    trained = model.document.training.get("weight", "")
    if weight or not trained:
        return []
    there = column_named(trained, frame.columns)
    hint = f"the table holds it: --weight {there}" if there else "the table has no such column; name its own with --weight where it has one"
    return [f"training weighted cases by {trained}; here each row counts once, which moves brier, calibration and mean rates: {hint}"]


def _other_outcomes(target: pl.Series, known: NDArray[np.bool_]) -> list[str]:
    """A note of the outcomes that mean neither default nor repaid, so that a misspelt one is seen."""
    other = target.filter(pl.Series(~known)).drop_nulls().cast(pl.String).str.strip_chars()
    values = other.filter(other != "").value_counts(sort=True)
    if values.is_empty():
        return []
    shown = ", ".join(f"{value!r} {count:,}" for value, count in values.head(SHOWN_OUTCOMES).iter_rows())
    return [f"{target.name}: outcomes that mean neither default nor repaid are left out ({shown})"]


def _one_outcome(cases: pl.DataFrame) -> list[str]:
    """A note where only one outcome occurs."""
    if cases["outcome"].n_unique() > 1:
        return []
    return [f"only {'defaults' if cases['outcome'][0] else 'repaid cases'} are in the table: no order and no calibration can be told"]


def _figures(cases: pl.DataFrame) -> dict[str, Any]:
    outcome, probability, weight = (cases[name].cast(pl.Float64).to_numpy() for name in ("outcome", "probability", "weight"))
    return evaluate(outcome, probability, weight).as_dict()


def _by_value(cases: pl.DataFrame) -> list[dict[str, Any]]:
    """The figures of each value of the column `value`, the most frequent first."""
    values = cases["value"].value_counts(sort=True)["value"].head(MOST_GROUPS).to_list()
    return [{"value": value, **_figures(cases.filter(pl.col("value").eq_missing(pl.lit(value))))} for value in values]


def _absent(kind: str, name: str, columns: Sequence[str], read: dict[str, str | None]) -> Fault:
    """Offers the nearest of the columns that the model does not read, and of all for groups."""
    near = nearest(name, [column for column in columns if kind == "--by" or column not in read.values()])
    return Fault(f"{kind} {name}", "no such column", f"one of {', '.join(columns[:60])}", f"is {near!r} meant?" if near else "")


def _weights(frame: pl.DataFrame, column: str) -> NDArray[np.float64]:
    """Case weights; 0 where none stands, which leaves the row out. FaultsError for what is no number or below 0."""
    if not column:
        return np.ones(len(frame))
    read, wrong = {}, []
    for value in frame[column].unique().to_list():
        try:
            read[value] = -1.0 if value in (math.inf, -math.inf) else number(value) or 0.0
        except ValueError:
            read[value] = -1.0
        wrong += [value] if read[value] < 0 else []
    if wrong:
        row = frame[column].to_list().index(wrong[0])
        raise FaultsError(
            [Fault(f"weight {column}, row {row}", f"{wrong[0]!r} ({len(wrong)} such values)", "a number above 0, or nothing")]
        )
    return np.array([read[value] for value in frame[column].to_list()], dtype=float)
