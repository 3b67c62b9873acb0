"""A model applied to a table of cases, with known outcome or without: a row for each, with points, probability and reasons.

What a lender's analyst wants of a model beside its figures: the predictions themselves, to join them to other tables, to compute whatever
figure is missing here, and to check those that are not. The table is adapted to the model as for `evaluate`; what was assumed is told, and
with it the values of categories that training never saw.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl

from puhui.calculations.faults import Fault, FaultsError, check
from puhui.scoring.adapting import adapt
from puhui.scoring.loading import AnyModel

__all__ = ["applied", "check_ending", "write_cases"]

ENDINGS = (".parquet", ".csv", ".json")


def applied(model: AnyModel, frame: pl.DataFrame, keep: Sequence[str] = ()) -> tuple[pl.DataFrame, list[str]]:
    """`row` (the first is 0), the columns to `keep` as they stand, `points`, `probability` of default, and of scorecards the reasons with
    the points lost; and what was assumed. FaultsError names every column that is absent or cannot be read."""
    check(
        [Fault(f"--keep {name}", "no such column", f"one of {', '.join(frame.columns[:60])}") for name in keep if name not in frame.columns]
    )
    keep = list(dict.fromkeys(keep))
    adapted = adapt(frame, model)
    scored = model.score_frame(adapted.frame)
    taken = [name for name in keep if name in scored.columns or name == "row"]
    check([Fault(f"--keep {name}", "a name that the answer uses itself", "a column of another name") for name in taken])
    rows = pl.DataFrame({"row": pl.int_range(len(frame), dtype=pl.UInt32, eager=True)})
    return rows.hstack([frame[name] for name in keep]).hstack(scored), adapted.notes


def check_ending(path: Path) -> None:
    """FaultsError for a file that would be written in no known form."""
    if path.suffix.lower() not in ENDINGS:
        raise FaultsError([Fault("--out", path.name, f"a name that ends in {', '.join(ENDINGS)}")])


def write_cases(cases: pl.DataFrame, path: Path) -> None:
    """A table in the form that the file's ending names. FaultsError where it cannot be written."""
    check_ending(path)
    writers: dict[str, Callable[[Path], object]] = {".parquet": cases.write_parquet, ".csv": cases.write_csv, ".json": cases.write_json}
    try:
        writers[path.suffix.lower()](path)
    except OSError as error:
        raise FaultsError([Fault("--out", f"{path} ({error})", "a file that can be written")]) from error
