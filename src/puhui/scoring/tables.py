"""Reading a table of cases (Parquet or CSV, one row per case), and judging a model by one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from puhui.calculations.faults import Fault, FaultsError
from puhui.scoring.configuration import Target
from puhui.scoring.evaluation import evaluate
from puhui.scoring.loading import AnyModel
from puhui.scoring.population import read_target, read_weight

__all__ = ["evaluate_table", "read_table"]

MAGIC_PARQUET = b"PAR1"


def read_table(path: Path) -> pl.DataFrame:
    """The table in a file, told by its content. FaultsError when there is none, or it cannot be read, or has no row."""
    where = str(path)
    try:
        with path.open("rb") as file:
            magic = file.read(4)
        frame = pl.read_parquet(path) if magic == MAGIC_PARQUET else _read_csv(path)
    except (OSError, UnicodeDecodeError, pl.exceptions.PolarsError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise FaultsError([Fault(where, reason, "a readable Parquet or CSV file in UTF-8")]) from error
    if frame.is_empty():
        raise FaultsError([Fault(where, "no rows", "one row per case")])
    return frame


def _read_csv(path: Path) -> pl.DataFrame:
    """Types are told from all rows: a code that first shows a letter in the last row is text. Dates that are plainly dates become dates."""
    return pl.read_csv(path, infer_schema_length=None, try_parse_dates=True)


def evaluate_table(model: AnyModel, frame: pl.DataFrame, target: str, weight: str = "") -> dict[str, Any]:
    """Figures of a model on cases with known outcome: n, events, auc, ks, brier, calibration_intercept, calibration_slope, …

    Rows whose outcome is null are left out and counted. FaultsError names absent columns and values that cannot be read.
    """
    if target not in frame.columns:
        raise FaultsError([Fault(f"target {target}", "no such column", f"one of {', '.join(frame.columns[:60])}")])
    trained = model.document.target
    outcome, known = read_target(frame[target], Target(target, tuple(trained["positive"]), tuple(trained["negative"])))
    if not known.any():
        raise FaultsError([Fault(f"target {target}", "no row with a known outcome", "at least one")])
    kept = frame.filter(pl.Series(known))
    weights = read_weight(kept, weight)
    probability = model.score_frame(kept)["probability"].to_numpy()
    figures = evaluate(outcome[known], probability, weights)
    return {
        "model": model.document.name,
        "digest": model.digest,
        **figures.as_dict(),
        "weighted": bool(weight),
        "left_out": int((~known).sum()),
    }
