"""Figures against scikit-learn and against counting pairs by hand."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.metrics import roc_curve as sklearn_roc_curve

from puhui.scoring.evaluation import auc_standard_error, evaluate


def sample(seed: int, size: int = 400, decimals: int = 2):
    """Outcomes with probabilities that tie often (rounded) and are badly calibrated, and uneven weights."""
    random = np.random.default_rng(seed)
    score = random.normal(size=size)
    target = (random.random(size) < 1 / (1 + np.exp(1.2 - 0.8 * score))).astype(float)
    probability = np.clip(np.round(1 / (1 + np.exp(-1.7 * score)), decimals), 0.01, 0.99)
    return target, probability, random.uniform(0.2, 9.0, size)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("weighted", [False, True])
def test_order_and_truth_agree_with_scikit_learn(seed, weighted):
    target, probability, weight = sample(seed)
    weights = weight if weighted else None
    figures = evaluate(target, probability, weights)
    false_rate, true_rate, _ = sklearn_roc_curve(target, probability, sample_weight=weights)
    assert figures.auc == pytest.approx(roc_auc_score(target, probability, sample_weight=weights), abs=1e-12)
    assert figures.ks == pytest.approx(np.max(true_rate - false_rate), abs=1e-12)
    assert figures.brier == pytest.approx(brier_score_loss(target, probability, sample_weight=weights), abs=1e-12)
    line = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000)
    line.fit(np.log(probability / (1 - probability))[:, None], target, sample_weight=weights)
    assert figures.calibration_slope == pytest.approx(line.coef_[0, 0], abs=1e-4)
    assert figures.calibration_intercept == pytest.approx(line.intercept_[0], abs=1e-4)


def test_auc_counts_pairs_with_ties_half():
    """Defaults at 0.5 and 0.2, repaid at 0.5, 0.2, 0.1: of six pairs 1/2 + 1 + 1 and 0 + 1/2 + 1 are in order."""
    figures = evaluate(np.array([1.0, 1, 0, 0, 0]), np.array([0.5, 0.2, 0.5, 0.2, 0.1]))
    assert figures.auc == pytest.approx(4 / 6)
    assert (figures.n, figures.events, figures.event_rate) == (5, 2, pytest.approx(0.4))


def test_a_whole_weight_is_that_many_copies():
    target, probability, _ = sample(7, size=120)
    copies = np.random.default_rng(0).integers(1, 5, len(target))
    weighted = evaluate(target, probability, copies.astype(float))
    repeated = evaluate(np.repeat(target, copies), np.repeat(probability, copies))
    for name in ("auc", "ks", "brier", "calibration_intercept", "calibration_slope", "event_rate", "mean_probability"):
        assert getattr(weighted, name) == pytest.approx(getattr(repeated, name), rel=1e-7), name


def test_one_outcome_has_no_order():
    figures = evaluate(np.zeros(4), np.array([0.1, 0.2, 0.3, 0.4]))
    assert (figures.auc, figures.ks, figures.calibration_slope) == (None, None, None)
    assert figures.brier == pytest.approx((0.01 + 0.04 + 0.09 + 0.16) / 4)


def test_true_probabilities_have_intercept_zero_and_slope_one():
    random = np.random.default_rng(5)
    probability = random.beta(1, 6, 60_000).clip(0.001, 0.999)
    figures = evaluate((random.random(60_000) < probability).astype(float), probability)
    assert figures.calibration_slope == pytest.approx(1, abs=0.04)
    assert figures.calibration_intercept == pytest.approx(0, abs=0.08)


def test_separated_outcomes_have_no_calibration_line():
    figures = evaluate(np.array([0.0, 0, 1, 1]), np.array([0.1, 0.2, 0.8, 0.9]))
    assert figures.auc == 1
    assert figures.calibration_slope is None


def test_standard_error_is_what_resampling_shows():
    """AUC of many fresh samples of 27 defaults and 96 repaid scatters by what the formula says (exact for exponential scores)."""
    random = np.random.default_rng(1)
    target = np.repeat([1.0, 0.0], [27, 96])
    areas = [roc_auc_score(target, random.exponential(1 + 5 * target)) for _ in range(600)]
    assert auc_standard_error(float(np.mean(areas)), 27, 96) == pytest.approx(np.std(areas), rel=0.08)
