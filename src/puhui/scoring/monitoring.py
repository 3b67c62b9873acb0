"""Watching a score at work: has the world moved, does the score still order, does 3% still mean three of a hundred, is it fair?

A score is fitted to the past. Four questions say whether it still holds, each asked month by month of the cases that it decided:

* Stability. Do the cases still fall into the same bands of points, and into the same bins of each variable, as those that it is held
  against? Measured by the stability index Σ (now − then) · ln(now ÷ then) over the bands (of points: PSI; of a variable: CSI). Of few
  cases it is large by chance alone, so it counts only beyond what chance makes of so many cases and bands.
* Order. Of the loans of one month of payout, do those that defaulted have the lower points (AUC, KS)?
* Truth. Is the mean probability told inside the range in which the share of defaults seen may lie by chance?
* Groups. Are approval, order and truth alike for firms of every region, size and age?

Pure: takes tables, gives tables; where the cases come from is the business of `reports`. Wants no more than numpy and polars.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from scipy.stats import binom, chi2

from puhui.scoring.evaluation import area_under_curve, kolmogorov_smirnov

__all__ = [
    "Limits",
    "Span",
    "bands_of",
    "calibration",
    "chance_of_events",
    "events_by_chance",
    "groups",
    "index_by_chance",
    "ks_error",
    "order_of",
    "shares_in",
    "spans",
    "stability_index",
    "state_of",
    "vintages",
]

STEADY, WATCH, ALARM, FEW, BASE = "steady", "watch", "alarm", "few", "base"


@dataclass(frozen=True)
class Limits:
    """From which figure on something is to be watched or mended, and under how many cases nothing is said.

    stability_watch, stability_alarm    stability index (PSI, CSI)
    least_cases                         of a month or group
    approval_ratio_least                approval of a group ÷ that of the group with the highest
    """

    stability_watch: float
    stability_alarm: float
    least_cases: int
    approval_ratio_least: float


@dataclass(frozen=True)
class Span:
    """Loans of some months of payout together: how many, Σ of their probabilities, and how many defaulted.

    name       "" all that are settled, "newest" the newest of these that are enough together, "young" those that are not settled yet
    is_settled    paid out so long ago that fewer defaults than expected mean something
    """

    name: str
    cases: int
    expected: float
    events: int
    is_settled: bool


def stability_index(then: Sequence[float], now: Sequence[float]) -> float:
    """Σ (now − then) · ln(now ÷ then) over the bands' shares. Takes counts or shares of the same bands, in the same order.

    A band that is empty on one side counts as half a case there (of 1,000 where shares are given), so that the index stays finite.
    """
    shares = [_shares(each) for each in (then, now)]
    return float(np.sum((shares[1] - shares[0]) * np.log(shares[1] / shares[0])))


def _shares(counts: Sequence[float]) -> np.ndarray:
    values = np.asarray(counts, dtype=float)
    total = values.sum()
    if total <= 0:
        raise ValueError("no case in any band")
    half = 0.5 if total > 1.5 else 0.0005 * total
    filled = np.where(values <= 0, half, values)
    return np.asarray(filled / filled.sum())


def index_by_chance(bands: int, then: float, now: int, chance: float) -> float:
    """What the index of two draws of the same cases exceeds with this chance: χ² of bands − 1, times 1/then + 1/now (Yurdakul 2018).

    then, now: cases on each side.
    """
    if bands < 2:
        return 0.0
    return float(chi2.isf(chance, bands - 1)) * (1 / then + 1 / now)


def bands_of(points: Sequence[float], count: int = 10) -> list[float]:
    """Upper bounds of bands that hold about as many of the points each: `count` − 1 or fewer, rising, the last band open."""
    ordered = sorted(points)
    inner = (ordered[-(-place * len(ordered) // count) - 1] for place in range(1, count))
    return sorted({float(bound) for bound in inner if bound < ordered[-1]})


def shares_in(bounds: Sequence[float], points: Sequence[float]) -> list[int]:
    """Cases in each band: up to the first bound, above it up to the second, …, above the last."""
    places = np.searchsorted(np.asarray(bounds, dtype=float), np.asarray(points, dtype=float), side="left")
    return [int(number) for number in np.bincount(places, minlength=len(bounds) + 1)]


def state_of(index: float | None, cases: int, limits: Limits, by_chance: float = 0.0) -> str:
    """steady, watch or alarm; few where there are too few cases to say, or so few that chance alone moves the index so far."""
    if index is None or cases < limits.least_cases or limits.stability_watch <= index <= by_chance:
        return FEW
    return ALARM if index >= limits.stability_alarm else WATCH if index >= limits.stability_watch else STEADY


def vintages(loans: pl.DataFrame) -> pl.DataFrame:
    """Order by month of payout: month, cases, events, auc, ks (null where only one outcome is seen).

    `loans`: month, probability (of default), defaulted (flag).
    """
    rows = []
    for (month,), part in loans.sort("month").group_by("month", maintain_order=True):
        rows.append({"month": month, **order_of(part)})
    return pl.DataFrame(rows, schema={"month": pl.String, "cases": pl.Int64, "events": pl.Int64, "auc": pl.Float64, "ks": pl.Float64})


def order_of(part: pl.DataFrame) -> dict[str, float | int | None]:
    """cases, events, auc and ks of some loans (as `vintages`) together."""
    outcome, risk = part["defaulted"].cast(pl.Float64).to_numpy(), part["probability"].to_numpy()
    events = int(outcome.sum())
    both = 0 < events < len(outcome)
    return {
        "cases": len(outcome),
        "events": events,
        "auc": area_under_curve(outcome, risk) if both else None,
        "ks": kolmogorov_smirnov(outcome, risk) if both else None,
    }


def calibration(loans: pl.DataFrame) -> pl.DataFrame:
    """Truth by month of payout: cases, expected (Σ probability), events, low and high: events that chance alone allows (95%), holds.

    The range is that of independent cases, each with its own probability: mean ± 1.96 √Σ p (1 − p), not below 0 and widened by half a
    case on both sides. Loans of one region fall together, so a breach is a reason to look and no proof.
    """
    sums = loans.group_by("month").agg(
        cases=pl.len(),
        expected=pl.col("probability").sum(),
        events=pl.col("defaulted").sum().cast(pl.Int64),
        spread=1.96 * (pl.col("probability") * (1 - pl.col("probability"))).sum().sqrt(),
    )
    bounded = sums.with_columns(
        low=(pl.col("expected") - pl.col("spread") - 0.5).clip(lower_bound=0.0), high=pl.col("expected") + pl.col("spread") + 0.5
    )
    holds = (pl.col("events") >= pl.col("low")) & (pl.col("events") <= pl.col("high"))
    return bounded.with_columns(holds=holds).drop("spread").sort("month")


def ks_error(cases: int, events: int) -> float:
    """The most that the KS of so many cases scatters by (standard error at its cut, where each share is a half)."""
    return float(np.sqrt(0.25 / events + 0.25 / (cases - events)))


def spans(loans: pl.DataFrame, settled_until: str, least_cases: int) -> list[Span]:
    """All settled loans, the newest months of these that hold enough (where these are not all), and the young.

    loans            as `calibration` takes them
    settled_until    the last month of payout (2026-03) whose loans are all settled
    """
    is_settled = pl.col("month") <= settled_until
    settled, young = loans.filter(is_settled), loans.filter(~is_settled)
    months = settled.group_by("month").len().sort("month", descending=True).with_columns(pl.col("len").cum_sum().alias("together"))
    enough = months.filter(pl.col("together") >= least_cases)
    newest = settled.filter(pl.col("month") >= enough["month"][0]) if len(enough) else settled.clear()
    parts = [("", settled, True), ("young", young, False)]
    if len(newest) < len(settled):
        parts.insert(1, ("newest", newest, True))
    return [Span(name, len(part), float(part["probability"].sum()), int(part["defaulted"].sum()), known) for name, part, known in parts]


def chance_of_events(cases: int, expected: float, events: int) -> float:
    """How likely so many defaults or something as far off are: the smaller tail of the binomial distribution twice, at most 1.

    Exact for loans of one probability; of several the true chance is smaller (Hoeffding 1956), so that an alarm is never too quick.
    """
    share = expected / cases
    return float(min(1.0, 2 * min(binom.sf(events - 1, cases, share), binom.cdf(events, cases, share))))


def events_by_chance(cases: int, expected: float, chance: float) -> tuple[int, int]:
    """The fewest and the most defaults that are not less likely than this chance (half of it on each side)."""
    low, high = binom.ppf(chance / 2, cases, expected / cases), binom.isf(chance / 2, cases, expected / cases)
    return int(low), int(high)


def groups(cases: pl.DataFrame, by: str, limits: Limits) -> pl.DataFrame:
    """A row per group of the column `by` (null: not known): cases, approved share, its ratio to the highest, loans, mean probability,
    default share, auc, and `state`.

    `cases`: `by`, approved (flag), probability, defaulted (flag; null where nothing was paid out yet). Groups under `least_cases` are
    told with their number only and do not set the highest: a share of three firms says nothing, and says too much of each.
    """
    rows: list[dict[str, Any]] = []
    for (name,), part in cases.group_by(by):
        lent = part.filter(pl.col("defaulted").is_not_null())
        enough = len(part) >= limits.least_cases
        rows.append(
            {
                "group": None if name is None else str(name),
                "cases": len(part),
                "approved_share": part["approved"].cast(pl.Float64).mean() if enough else None,
                "loans": len(lent),
                "mean_probability": lent["probability"].mean() if len(lent) >= limits.least_cases else None,
                "default_share": lent["defaulted"].cast(pl.Float64).mean() if len(lent) >= limits.least_cases else None,
                "auc": order_of(lent)["auc"] if len(lent) >= limits.least_cases else None,
            }
        )
    return _against_the_highest(rows, limits)


def _against_the_highest(rows: list[dict[str, Any]], limits: Limits) -> pl.DataFrame:
    schema: Mapping[str, type[pl.DataType]] = {
        "group": pl.String, "cases": pl.Int64, "approved_share": pl.Float64, "loans": pl.Int64, "mean_probability": pl.Float64,
        "default_share": pl.Float64, "auc": pl.Float64,
    }  # fmt: skip
    ratio = pl.col("approved_share") / pl.col("approved_share").max()
    state = pl.when(pl.col("ratio").is_null()).then(pl.lit(FEW)).when(pl.col("ratio") < limits.approval_ratio_least).then(pl.lit(WATCH))
    frame = pl.DataFrame(rows, schema=schema).with_columns(ratio=ratio)
    return frame.with_columns(state=state.otherwise(pl.lit(STEADY))).sort("cases", "group", descending=[True, False], nulls_last=True)
