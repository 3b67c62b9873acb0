"""What the values of a variable look like over many firms: how they spread, how often they are missing, what they tell, whether they keep.

    missing     share of the firms without a number
    strength    information value against an outcome (0 or 1 per firm): Σ (share of the goods - share of the bads) × ln(their quotient) over
                bins. Usual reading: below 0.02 nothing, to 0.1 weak, to 0.3 fair, above 0.5 too good to be true
    stability   population stability index between two days: the same sum over the shares of the firms now and before. Usual reading: below
                0.1 the same, above 0.25 another population

Bins are tenths of the values that are there (of the day before, for stability), equal values never parted, and one bin more for null.
Half a firm is added to each share, so that an empty bin is no infinity.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl
from numpy.typing import NDArray

__all__ = ["FEWEST_FIRMS", "SCHEMA", "Floats", "figures", "information_value", "stability_index"]

Floats = NDArray[np.float64]

BINS = 10
QUANTILES = {"p05": 0.05, "p25": 0.25, "median": 0.5, "p75": 0.75, "p95": 0.95}
FEWEST_FIRMS = 30
"""With fewer firms that have a number (for strength: fewer of either outcome than a third of it), nothing is said."""

SCHEMA = {
    "variable": pl.String, "firms": pl.Int64, "missing": pl.Float64, "least": pl.Float64, **dict.fromkeys(QUANTILES, pl.Float64),
    "most": pl.Float64, "strength": pl.Float64, "stability": pl.Float64,
}  # fmt: skip


def figures(profiles: pl.DataFrame, target: pl.DataFrame | None = None, before: pl.DataFrame | None = None) -> pl.DataFrame:
    """One row per variable of `profiles`, columns of `SCHEMA`.

    profiles  firm_id and variables of one day
    target    firm_id and one more column, 0 or 1, for the firms of which the outcome is known; strength is null without it
    before    the same variables on an earlier day; stability is null without it
    """
    outcome = None
    if target is not None:
        name = next(each for each in target.columns if each != "firm_id")
        outcome = profiles.select("firm_id").join(target.select("firm_id", outcome=name), on="firm_id", how="left")["outcome"]
    rows = list(_rows(profiles, None if outcome is None else _floats(outcome), before))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _rows(profiles: pl.DataFrame, outcome: Floats | None, before: pl.DataFrame | None) -> Iterator[dict[str, object]]:
    for name in profiles.columns:
        if name == "firm_id":
            continue
        values = _floats(profiles[name])
        known = values[~np.isnan(values)]
        row: dict[str, object] = {"variable": name, "firms": len(values), "missing": 1 - len(known) / len(values) if len(values) else None}
        if len(known):
            row |= {"least": float(known.min()), "most": float(known.max())}
            row |= {label: float(np.quantile(known, share)) for label, share in QUANTILES.items()}
        row["strength"] = None if outcome is None else information_value(values, outcome)
        row["stability"] = stability_index(values, _floats(before[name])) if before is not None and name in before.columns else None
        yield row


def information_value(
    values: Floats, outcome: Floats, fewest_known: int = FEWEST_FIRMS, fewest_of_outcome: int = FEWEST_FIRMS // 3
) -> float | None:
    """Strength of a variable (NaN where null) against an outcome (1 bad, 0 good, NaN unknown).

    None where fewer than `fewest_known` have a number, or fewer than `fewest_of_outcome` are bad, or good.
    """
    values, outcome = values[~np.isnan(outcome)], outcome[~np.isnan(outcome)]
    bad = outcome > 0.5
    if (~np.isnan(values)).sum() < fewest_known or min(bad.sum(), (~bad).sum()) < fewest_of_outcome:
        return None
    cuts = _cuts(values)
    return _divergence(_shares(values[~bad], cuts), _shares(values[bad], cuts))


def stability_index(now: Floats, before: Floats) -> float | None:
    """How far the firms of two days differ in a variable (NaN where null); None with too few firms on either day."""
    if min((~np.isnan(now)).sum(), (~np.isnan(before)).sum()) < FEWEST_FIRMS:
        return None
    cuts = _cuts(before)
    return _divergence(_shares(now, cuts), _shares(before, cuts))


def _cuts(values: Floats) -> Floats:
    """Rising upper bounds of all bins but the last."""
    known = values[~np.isnan(values)]
    inner: Floats = np.unique(np.quantile(known, np.arange(1, BINS) / BINS, method="inverted_cdf"))
    below: Floats = inner[inner < known.max()]
    return below


def _shares(values: Floats, cuts: Floats) -> Floats:
    """Share of each bin, of nulls last."""
    places = np.where(np.isnan(values), len(cuts) + 1, np.searchsorted(cuts, values, side="left"))
    counts = np.bincount(places, minlength=len(cuts) + 2) + 0.5
    shares: Floats = counts / counts.sum()
    return shares


def _divergence(one: Floats, other: Floats) -> float:
    return float(((one - other) * np.log(one / other)).sum())


def _floats(column: pl.Series) -> Floats:
    values: Floats = column.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    return values
