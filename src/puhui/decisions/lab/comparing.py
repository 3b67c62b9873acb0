"""Two policies side by side on the same past cases: who changes, why, and what it would have cost or earned.

Each policy answers every case through the engine for many. Where the outcome is known (did the firm default?), the loss that would have
been realised stands beside the expected one. Amounts are fen. Money is of the first year: interest of those who would pay, less the loss of
those who would not, less what funding and operations cost of all that is lent. A case referred to a person counts as lent as proposed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from puhui.decisions.batch import reasons_of
from puhui.products.terms import Product
from puhui.scoring.monitoring import stability_index

__all__ = ["Costs", "by_group", "by_month", "changes", "figures", "stressed", "swap_set"]

PPM = 1_000_000
REFUSE = "refuse"
LEAST_CASES = 30
"""Of fewer cases neither a share nor a shift is told."""


@dataclass(frozen=True)
class Costs:
    """What lending costs: shares of what is lent (a year; capital held beside it), and of what a firm owes when it defaults."""

    loss_given_default: float
    funding: float = 0.0
    operations: float = 0.0
    capital: float = 0.0


def figures(answers: pl.DataFrame, costs: Costs, defaulted: pl.Series | None = None) -> dict[str, Any]:
    """What a policy comes to: cases by outcome, amount, mean rate by amount, interest, loss, cost, profit and capital, expected and,
    where outcomes are known, realised.

    answers: as `batch.decide_many` gives them. defaulted: 1, 0 or null (not known) for each row.
    """
    lent = answers.filter(pl.col("outcome") != REFUSE)
    amount, probability = lent["amount_fen"].cast(pl.Float64), lent["probability_ppm"] / PPM
    interest = (amount * (lent["rate_ppm"] / PPM) * (1 - probability)).sum()
    counts = dict(answers.group_by("outcome").len().iter_rows())
    result: dict[str, Any] = {
        "cases": answers.height,
        **{name: counts.get(name, 0) for name in ("approve", "refer", REFUSE)},
        "lent_share": lent.height / answers.height if answers.height else None,
        "amount_fen": int(amount.sum()),
        "mean_rate": float((amount * (lent["rate_ppm"] / PPM)).sum()) / float(amount.sum()) if amount.sum() else None,
        "expected_interest_fen": round(interest),
        "expected_loss_fen": round(float((amount * probability).sum()) * costs.loss_given_default),
        "cost_fen": round(float(amount.sum()) * (costs.funding + costs.operations)),
        "capital_fen": round(float(amount.sum()) * costs.capital),
    }
    profit = result["expected_interest_fen"] - result["expected_loss_fen"] - result["cost_fen"]
    result["expected_profit_fen"] = profit
    result["net_margin"] = profit / result["amount_fen"] if result["amount_fen"] else None
    result["return_on_capital"] = profit / result["capital_fen"] if result["capital_fen"] else None
    if defaulted is not None:
        known = answers.with_columns(defaulted=defaulted.cast(pl.Float64)).filter(
            (pl.col("outcome") != REFUSE) & pl.col("defaulted").is_not_null()
        )
        bad = known["defaulted"]
        result |= {
            "outcomes_known": known.height,
            "realised_defaults": int(bad.sum()),
            "realised_loss_fen": round(float((known["amount_fen"] * bad).sum()) * costs.loss_given_default),
            "realised_interest_fen": round((known["amount_fen"] * (known["rate_ppm"] / PPM) * (1 - bad)).sum()),
        }
        cost = round(float(known["amount_fen"].sum()) * (costs.funding + costs.operations))
        result["realised_profit_fen"] = result["realised_interest_fen"] - result["realised_loss_fen"] - cost
    return result


def swap_set(one: pl.DataFrame, other: pl.DataFrame, defaulted: pl.Series | None = None) -> list[dict[str, Any]]:
    """Cases by what the one policy says and what the other says (lent means approved or referred), with their defaults where known."""
    both = pl.DataFrame(
        {
            "one": np.where(one["outcome"] == REFUSE, "refused", "lent"),
            "other": np.where(other["outcome"] == REFUSE, "refused", "lent"),
            "defaulted": defaulted.cast(pl.Float64) if defaulted is not None else pl.Series([None] * one.height, dtype=pl.Float64),
        }
    )
    known = pl.col("defaulted").is_not_null()
    found = both.group_by("one", "other").agg(
        cases=pl.len(), outcomes_known=known.sum(), defaults=pl.col("defaulted").sum(), default_share=pl.col("defaulted").mean()
    )
    return found.sort("one", "other").to_dicts()


def changes(one: pl.DataFrame, other: pl.DataFrame, products: tuple[Product, Product]) -> pl.DataFrame:
    """The rows that the two policies answer differently: what each says, and the reasons that only one of them has."""
    kept = ("outcome", "risk_class", "amount_fen", "rate_ppm", "reasons")
    pairs = pl.concat(
        [one.select(pl.col(kept).name.prefix("one_")), other.select(pl.col(kept).name.prefix("other_"))], how="horizontal"
    ).with_row_index("row")
    differs = pl.any_horizontal(pl.col(f"one_{name}").ne_missing(pl.col(f"other_{name}")) for name in kept[:-1])
    changed = pairs.filter(differs)
    texts = [  # each mask once: a million changed rows share some hundred
        {mask: set(reasons_of(mask, product)) for mask in changed[column].unique().to_list()}
        for column, product in zip(("one_reasons", "other_reasons"), products, strict=True)
    ]
    words = [(texts[0][a], texts[1][b]) for a, b in zip(changed["one_reasons"], changed["other_reasons"], strict=True)]
    return changed.drop("one_reasons", "other_reasons").with_columns(
        pl.Series("only_one", ["; ".join(sorted(a - b)) for a, b in words], dtype=pl.String),
        pl.Series("only_other", ["; ".join(sorted(b - a)) for a, b in words], dtype=pl.String),
    )


def by_group(answers: Mapping[str, pl.DataFrame], group: pl.Series, least: int = LEAST_CASES) -> list[dict[str, Any]]:
    """Share lent by group under each policy; groups of fewer than `least` cases are told with their number only."""
    rows: dict[Any, dict[str, Any]] = {}
    for name, each in answers.items():
        frame = pl.DataFrame({"group": group, "lent": (each["outcome"] != REFUSE).cast(pl.Float64)})
        for key, cases, share in frame.group_by("group").agg(pl.len(), pl.col("lent").mean()).iter_rows():
            row = rows.setdefault(key, {"group": key, "cases": cases})
            row[name] = share if cases >= least else None
    return sorted(rows.values(), key=lambda row: -row["cases"])


def by_month(answers: pl.DataFrame, month: pl.Series, costs: Costs, defaulted: pl.Series | None = None) -> list[dict[str, Any]]:
    """Month by month what the policy comes to, and how far the spread over its classes has moved from that of all months together
    (`stability`: the index of `scoring.monitoring`; None for fewer cases than `LEAST_CASES`, and where all are of one class)."""
    classes = [code for code in answers["risk_class"].unique().sort().to_list() if code]
    whole = _spread(answers, classes)
    rows = []
    for name in month.drop_nulls().unique().sort().to_list():
        mine = (month == name).fill_null(False)
        part = answers.filter(mine)
        found = figures(part, costs, defaulted.filter(mine) if defaulted is not None else None)
        spread = _spread(part, classes)
        kept = ("cases", "lent_share", "amount_fen", "mean_rate", "expected_loss_fen", "expected_profit_fen", "realised_defaults")
        moved = stability_index(whole, spread) if len(classes) > 1 and part.height >= LEAST_CASES else None
        rows.append({"month": name, **{key: found.get(key) for key in kept}, "stability": moved})
    return rows


def _spread(answers: pl.DataFrame, classes: list[str]) -> list[float]:
    counts = dict(answers.group_by("risk_class").len().iter_rows())
    return [float(counts.get(code, 0)) for code in classes]


def stressed(frame: pl.DataFrame, factors: Mapping[str, float]) -> pl.DataFrame:
    """The cases with columns multiplied: {"inv_out_amt_12m": 0.8} is a fall of sales by a fifth."""
    return frame.with_columns(pl.col(name).cast(pl.Float64) * factor for name, factor in factors.items())
