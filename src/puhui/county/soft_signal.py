"""Does what officers see add to what papers tell? Tried on the made-up county, where the answer is known because it was planted.

A firm's hidden soundness brings trouble sooner or later (`economy.build`). Officers meet the owner and tick an anchor for each item of
character: what they perceive is the soundness through an unsteady eye, and each officer is kind or strict by habit. Two go; where they lie
too far apart, a third. The papers are figures of sales as invoices show them: two years of them, or a single quarter, as a borrower without
books can show. Default is the county's own. Both models are logistic regressions scored out of fold, so no firm is judged by a model that
saw it. With `planted` off the ticks have nothing to do with the firm: the same machine must then find nothing.

    python -m puhui.county.soft_signal        the table of docs/algorithms/soft-information.md
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from puhui.calculations.soft_information import ANCHORS, agreed, section_score
from puhui.county.economy import Economy, Floats, build
from puhui.county.fortune import defaulted
from puhui.products.visit_forms import form

FIRMS, MONTHS, VISITED, AHEAD = 4_000, 48, 30, 12
OFFICERS, HABIT, UNSTEADY = 12, 0.4, 1.2
EDGES = (-1.5, -0.5, 0.5, 1.5)
"""Between which perceived values the five anchors are chosen, in standard deviations."""

SEED = 50_021
"""Of no county that anything was chosen with."""

RESAMPLES = 400
DAY = date(2026, 1, 1)


@dataclass(frozen=True)
class AddedValue:
    """Areas under the curve out of fold, and the gain with the bounds that hold it in 95 of 100 resamples of the firms."""

    firms: int
    defaults: int
    without: float
    with_score: float
    gain: float
    low: float
    high: float


def added_value(firms: int = FIRMS, seed: int = SEED, *, planted: bool = True, whole_papers: bool = False) -> AddedValue:
    """How well default in the year after the visit is foretold, without and with the character score."""
    from sklearn.metrics import roc_auc_score

    economy = build(firms, date(2022, 1, 1), MONTHS, seed)
    sound_now = ~np.array(defaulted(economy, VISITED - 6, VISITED))
    bad = np.array(defaulted(economy, VISITED, VISITED + AHEAD))[sound_now]
    papers = paper_figures(economy, whole=whole_papers)[sound_now]
    scores = character_scores(economy, seed, planted=planted)[sound_now]
    without, with_score = _out_of_fold(papers, bad, seed), _out_of_fold(np.column_stack([papers, scores]), bad, seed)
    generator = np.random.default_rng(seed + 2)
    gains = []
    for _ in range(RESAMPLES):
        drawn = generator.integers(0, len(bad), len(bad))
        gains.append(roc_auc_score(bad[drawn], with_score[drawn]) - roc_auc_score(bad[drawn], without[drawn]))
    low, high = np.quantile(gains, [0.025, 0.975])
    areas = float(roc_auc_score(bad, without)), float(roc_auc_score(bad, with_score))
    return AddedValue(len(bad), int(bad.sum()), *areas, areas[1] - areas[0], float(low), float(high))


def paper_figures(economy: Economy, *, whole: bool) -> Floats:
    """Size and variation of the last quarter; with `whole` also growth, last quarter against the year, variation, weakest month and trend
    of the two years before the visit."""
    quarter = economy.sales_yuan[:, VISITED - 3 : VISITED]
    last = np.maximum(quarter.mean(axis=1), 1.0)
    columns = [np.log(last), quarter.std(axis=1) / last]
    if whole:
        year, before = economy.sales_yuan[:, VISITED - 12 : VISITED], economy.sales_yuan[:, VISITED - 24 : VISITED - 12]
        mean, earlier = np.maximum(year.mean(axis=1), 1.0), np.maximum(before.mean(axis=1), 1.0)
        halves = year[:, -6:].mean(axis=1) / np.maximum(year[:, :6].mean(axis=1), 1.0)
        columns += [np.log(mean / earlier), last / mean, year.std(axis=1) / mean, year.min(axis=1) / mean, np.log(np.maximum(halves, 0.01))]
    figures: Floats = np.column_stack(columns)
    return figures


def character_scores(economy: Economy, seed: int, *, planted: bool) -> Floats:
    """The score of the section `character` that counts for each firm: of two officers, or of three where two lie too far apart."""
    generator = np.random.default_rng(seed + 1)
    asked = form("three-qualities", DAY)
    weights = next(section for section in asked.sections if section.code == "character").weights
    habits = generator.normal(0, HABIT, OFFICERS)
    truth = economy.soundness if planted else generator.normal(size=len(economy.firms))
    found = np.empty(len(truth))
    for firm, sound in enumerate(truth):
        seen = [_sheet(generator, weights, sound, habits[who]) for who in generator.choice(OFFICERS, 3, replace=False)]
        scores = [section_score(weights, answers, asked.fewest_share) for answers in seen]
        both = agreed(scores[:2], asked.most_apart)
        found[firm] = both.score if both.score is not None else agreed(scores, asked.most_apart).score
    return found


def _sheet(generator: np.random.Generator, weights: dict[str, float], sound: float, habit: float) -> dict[str, float]:
    perceived = sound + habit + generator.normal(0, UNSTEADY)
    return {name: ANCHORS[int(np.searchsorted(EDGES, perceived + generator.normal(0, 0.5)))] for name in weights}


def _out_of_fold(columns: Floats, bad: np.ndarray, seed: int) -> Floats:
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    folds = StratifiedKFold(5, shuffle=True, random_state=seed)
    model = make_pipeline(StandardScaler(), LogisticRegression())
    found: Floats = cross_val_predict(model, columns, bad, cv=folds, method="predict_proba")[:, 1]
    return found


def table() -> str:
    """The measured table, as the page holds it."""
    lines = [
        "| Papers | Ticks | Firms | Defaults | AUC, papers alone | AUC, with the character score | Gain (95 of 100 resamples) |",
        "|---|---|---:|---:|---:|---:|---|",
    ]
    for papers, whole in (("a quarter of sales", False), ("two years of sales", True)):
        for ticks, planted in (("of the firm (planted)", True), ("of nothing (control)", False)):
            one = added_value(planted=planted, whole_papers=whole)
            areas = f"{one.firms:,} | {one.defaults:,} | {one.without:.3f} | {one.with_score:.3f}"
            gain = f"{one.gain:+.3f} ({one.low:+.3f} … {one.high:+.3f})".replace("-", "−")
            lines.append(f"| {papers} | {ticks} | {areas} | {gain} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
