"""Fitting curves with interpret's explainable boosting machine, and taking them over as plain numbers.

Only training imports this module: the library takes seconds to load and minutes to fit.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from puhui.scoring.additive import Curves, Term
from puhui.scoring.configuration import GlassBox

__all__ = ["bend"]

FloatArray = NDArray[np.float64]


def bend(matrix: FloatArray, target: FloatArray, weight: FloatArray, signs: list[str], options: GlassBox, seed: int) -> Curves:
    """Curves fitted on n × inputs; `signs` by input (`+` more is safer). The same input gives the same curves."""
    return taken_over(machine(matrix, target, weight, signs, options, seed))


def machine(matrix: FloatArray, target: FloatArray, weight: FloatArray, signs: list[str], options: GlassBox, seed: int) -> Any:
    """The library's own model."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from interpret.glassbox import ExplainableBoostingClassifier

        model = ExplainableBoostingClassifier(
            feature_types=["continuous"] * matrix.shape[1],
            max_bins=options.bins,
            interactions=options.pairs,
            outer_bags=options.bags,
            learning_rate=options.learning_rate,
            max_rounds=options.rounds,
            min_samples_leaf=options.least_cases,
            monotone_constraints=[{"+": -1, "-": 1}.get(sign, 0) for sign in signs],
            n_jobs=options.threads,
            random_state=seed,
        )
        return model.fit(matrix, target.astype(int), sample_weight=weight)


def taken_over(fitted: Any) -> Curves:
    """The library's terms as ours: its last bin along each input is of values that training did not know, which numbers do not have."""
    terms = []
    for inputs, scores in zip(fitted.term_features_, fitted.term_scores_, strict=True):
        bins = [fitted.bins_[each][min(len(inputs), len(fitted.bins_[each])) - 1] for each in inputs]
        known = scores[tuple(slice(0, -1) for _ in inputs)]
        terms.append(Term(tuple(int(each) for each in inputs), tuple(tuple(map(float, cuts)) for cuts in bins), known.tolist()))
    return Curves(float(np.ravel(fitted.intercept_)[0]), tuple(terms))
