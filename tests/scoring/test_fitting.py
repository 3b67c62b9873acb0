"""Weights and calibration against scikit-learn."""

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from puhui.scoring.fitting import fit_ridge, isotonic, platt


def sample(seed: int, size: int = 300):
    random = np.random.default_rng(seed)
    risk = random.normal(size=(size, 3))
    target = (random.random(size) < 1 / (1 + np.exp(1 - risk @ np.array([0.8, 0.5, 0.3])))).astype(float)
    return risk, target, random.uniform(0.5, 2, size)


@pytest.mark.parametrize("ridge", [0.5, 1.0, 20.0])
def test_ridge_is_scikit_learns_where_all_weights_are_above_zero(ridge):
    risk, target, weight = sample(1)
    intercept, weights = fit_ridge(risk, target, weight, ridge)
    theirs = LogisticRegression(C=1 / ridge, tol=1e-10, max_iter=2000).fit(risk, target, sample_weight=weight)
    assert weights == pytest.approx(theirs.coef_[0], abs=1e-4)
    assert intercept == pytest.approx(theirs.intercept_[0], abs=1e-4)


def test_a_variable_that_points_the_wrong_way_gets_no_weight():
    risk, target, weight = sample(2)
    turned = risk * np.array([1, -1, 1])
    intercept, weights = fit_ridge(turned, target, weight, 1.0)
    assert weights[1] == 0
    without = fit_ridge(turned[:, [0, 2]], target, weight, 1.0)
    assert weights[[0, 2]] == pytest.approx(without[1], abs=1e-5)
    assert intercept == pytest.approx(without[0], abs=1e-5)


def test_more_ridge_smaller_weights():
    risk, target, weight = sample(3)
    sizes = [float(np.sum(fit_ridge(risk, target, weight, ridge)[1] ** 2)) for ridge in (0.1, 1, 10, 100)]
    assert sizes == sorted(sizes, reverse=True)


def test_platt_turns_a_stretched_score_back():
    random = np.random.default_rng(4)
    true = random.normal(-1, 1, 20_000)
    target = (random.random(20_000) < 1 / (1 + np.exp(-true))).astype(float)
    intercept, slope = platt(target, 2 * true + 1, np.ones(20_000))
    assert (intercept, slope) == (pytest.approx(-0.5, abs=0.05), pytest.approx(0.5, abs=0.03))


def test_a_score_without_order_gets_slope_zero_and_the_mean():
    target = np.tile([0.0, 0, 0, 1], 50)
    assert platt(target, np.zeros(200), np.ones(200)) == (pytest.approx(np.log(1 / 3)), 0.0)


def test_isotonic_steps_are_scikit_learns():
    risk, target, weight = sample(5)
    score = risk[:, 0].round(1)
    rate = float(np.average(target, weights=weight))
    steps = isotonic(target, score, weight)
    fitted = IsotonicRegression(increasing=False).fit(score, target, sample_weight=weight)
    for place, smoothed in steps:
        theirs = fitted.predict([place])[0]
        mass = weight[np.isclose(fitted.predict(score), theirs)].sum()
        assert smoothed == pytest.approx((theirs * mass + rate) / (mass + 1), abs=1e-6)
