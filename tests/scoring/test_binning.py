"""Bins against optbinning's own table, case weights against copies, and the law that points follow the known direction."""

import numpy as np
import pytest
from optbinning import OptimalBinning

from puhui.scoring.binning import bin_variable
from puhui.scoring.configuration import Bins
from puhui.scoring.population import Candidate

FREE = Bins(maximum=5, minimum_share=0.05, fine=20, prior_cases=0.0)


def sample(seed: int = 0, size: int = 1500, missing: float = 0.1):
    random = np.random.default_rng(seed)
    x = random.normal(size=size).round(2)
    target = (random.random(size) < 1 / (1 + np.exp(1 + 1.1 * x))).astype(float)
    x[random.random(size) < missing] = np.nan
    target[np.isnan(x)] = (random.random(int(np.isnan(x).sum())) < 0.6).astype(float)
    return Candidate("x", "number", "+", "descending", x), target


@pytest.mark.parametrize("seed", [0, 1])
def test_weight_of_evidence_is_optbinnings_own(seed):
    candidate, target = sample(seed)
    binned = bin_variable(candidate, np.arange(len(target)), target, np.ones(len(target)), FREE)
    settings = {"dtype": "numerical", "solver": "cp", "monotonic_trend": "descending", "max_n_bins": 5, "min_bin_size": 0.05}
    known = ~np.isnan(candidate.values)
    search = OptimalBinning(**settings, max_n_prebins=20, min_prebin_size=0.05).fit(candidate.values[known], target[known].astype(int))
    assert binned.splits == pytest.approx(tuple(search.splits))
    own = OptimalBinning(dtype="numerical", user_splits=list(binned.splits), user_splits_fixed=[True] * len(binned.splits))
    table = own.fit(candidate.values, target.astype(int)).binning_table.build().drop("Totals")
    rows = table[table["Bin"] != "Special"]
    assert binned.woe == pytest.approx(rows["WoE"].astype(float).to_numpy(), abs=1e-9)
    assert binned.repaid == pytest.approx(rows["Non-event"].astype(float).to_numpy())
    assert binned.information_value == pytest.approx(float(rows["IV"].sum()), abs=1e-9)


def test_null_tells_what_it_shows():
    candidate, target = sample()
    binned = bin_variable(candidate, np.arange(len(target)), target, np.ones(len(target)), Bins())
    missing = np.isnan(candidate.values)
    assert binned.defaulted[binned.bins] == target[missing].sum()
    assert binned.woe[binned.bins] < -0.5


@pytest.mark.parametrize(("trend", "direction"), [("descending", 1), ("ascending", -1)])
@pytest.mark.parametrize("seed", range(3))
def test_evidence_follows_the_known_direction(trend, direction, seed):
    """Also where the data is noise, or says the opposite: then there is one bin, and no evidence."""
    random = np.random.default_rng(seed)
    candidate = Candidate("x", "number", "", trend, random.normal(size=200))
    target = (random.random(200) < 0.3).astype(float)
    binned = bin_variable(candidate, np.arange(200), target, np.ones(200), Bins(maximum=4, minimum_share=0.1, fine=10))
    assert np.all(direction * np.diff(binned.woe[: binned.bins]) >= 0)


def test_prior_cases_draw_thin_bins_to_none():
    candidate, target = sample(missing=0.003)
    rows, weight = np.arange(len(target)), np.ones(len(target))
    loose = bin_variable(candidate, rows, target, weight, FREE)
    shrunk = bin_variable(candidate, rows, target, weight, Bins(maximum=5, prior_cases=20.0))
    assert abs(shrunk.woe[shrunk.bins]) < 0.5 * abs(loose.woe[loose.bins])
    assert np.all(np.isfinite(shrunk.woe))


def test_categories_stand_in_the_order_of_risk_and_new_ones_join_the_rare():
    random = np.random.default_rng(0)
    codes = random.choice(4, 800, p=[0.5, 0.3, 0.195, 0.005])
    rate = np.array([0.1, 0.3, 0.6, 0.9])
    target = (random.random(800) < rate[codes]).astype(float)
    candidate = Candidate("region", "category", "", "ascending", codes, ("low", "mid", "high", "rare", "never met"))
    binned = bin_variable(candidate, np.arange(800), target, np.ones(800), Bins(level_share=0.02))
    low, mid, high, rare, never = binned.level_bin
    assert binned.woe[low] > binned.woe[mid] > binned.woe[high]
    assert never == rare
    assert binned.places(np.array([0]))[0] == binned.level_bin[codes[0]]


def test_without_rare_categories_a_new_one_says_nothing():
    codes = np.repeat([0, 1], 100)
    target = np.tile([0.0, 1, 1, 0, 1, 0, 0, 0, 0, 0], 20)
    candidate = Candidate("region", "category", "", "ascending", np.append(codes, 2), ("a", "b", "new"))
    binned = bin_variable(candidate, np.arange(200), np.append(target, 0.0), np.ones(201), Bins())
    assert binned.woe[binned.places(np.array([200]))[0]] == 0


def test_only_the_given_rows_are_looked_at():
    candidate, target = sample()
    rows = np.arange(700)
    spoiled = Candidate("x", "number", "+", "descending", np.where(np.arange(len(target)) < 700, candidate.values, 1e9))
    other = np.where(np.arange(len(target)) < 700, target, 1 - target)
    one = bin_variable(candidate, rows, target, np.ones(len(target)), Bins())
    two = bin_variable(spoiled, rows, other, np.ones(len(target)), Bins())
    assert one.splits == two.splits
    assert np.array_equal(one.woe, two.woe)
