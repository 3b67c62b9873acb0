"""Trees and curves: the same figures as the libraries that trained them, exact contributions, and the worked example by hand."""

from __future__ import annotations

import itertools
import json
import math

import numpy as np
import polars as pl
import pytest

from puhui.calculations.faults import FaultsError
from puhui.scoring import boosting, glass_box
from puhui.scoring.configuration import Boosting, GlassBox
from puhui.scoring.configuration_file import read_configuration
from puhui.scoring.explanation import explain_case
from puhui.scoring.loading import load_model
from puhui.scoring.tables import evaluate_table
from puhui.scoring.training import train_all
from puhui.scoring.trees import LEFT, RIGHT, Tree, Trees

SIGNS = ["-", "", "", "", "", ""]


@pytest.fixture(scope="module")
def cases():
    """1,500 cases with nulls, ties and an outcome that follows some of the columns; the last column has no null."""
    random = np.random.default_rng(3)
    matrix = random.normal(size=(1500, 6))
    matrix[:, 4] = np.round(matrix[:, 4])
    matrix[:, :5][random.random((1500, 5)) < 0.1] = np.nan
    known = np.nan_to_num(matrix)
    score = 2 * known[:, 0] - known[:, 1] + known[:, 2] * known[:, 3] + known[:, 4]
    target = (random.random(1500) < 1 / (1 + np.exp(-score))).astype(float)
    return matrix, target, random.uniform(0.5, 2, 1500)


def unseen(matrix):
    strange = np.array([[np.nan] * 6, [1e308] * 6, [-1e308] * 6, [0.0] * 6])
    return np.vstack([matrix[:60], strange])


def test_trees_say_what_the_library_says(cases):
    matrix, target, weight = cases
    grown = boosting.booster(matrix, target, weight, SIGNS, Boosting(rounds=40), 1)
    trees, rows = boosting.taken_over(grown), unseen(matrix)
    assert trees.log_odds(rows) == pytest.approx(grown.predict(rows, raw_score=True), abs=1e-9)
    assert [trees.log_odds_of_one(row) for row in rows] == trees.log_odds(rows).tolist(), "one is scored as many are, to the last bit"
    ours = np.array([[*trees.contributions(row), trees.mean] for row in rows])
    assert ours == pytest.approx(grown.predict(rows, pred_contrib=True), abs=1e-9)
    again = Trees.from_dict(json.loads(json.dumps(trees.as_dict())))
    assert again.log_odds(rows).tolist() == trees.log_odds(rows).tolist()


def test_curves_say_what_the_library_says(cases):
    matrix, target, weight = cases
    fitted = glass_box.machine(matrix, target, weight, SIGNS, GlassBox(bags=1, rounds=100, pairs=3), 1)
    curves, rows = glass_box.taken_over(fitted), unseen(matrix)
    assert curves.log_odds(rows) == pytest.approx(fitted.decision_function(rows), abs=1e-9)
    for row in rows[:5]:
        assert curves.mean + curves.contributions(row).sum() == pytest.approx(curves.log_odds_of_one(row), abs=1e-9)


def test_no_tree_turns_a_known_direction(cases):
    matrix, target, weight = cases
    trees = boosting.grow(matrix, target, weight, SIGNS, Boosting(rounds=40), 1)
    rows = np.tile(matrix[0], (200, 1))
    rows[:, 0] = np.linspace(-4, 4, 200)
    assert (np.diff(trees.log_odds(rows)) >= -1e-12).all()


def by_all_orders(trees, row):
    """Shapley values by definition: the mean change over all orders, the unknown averaged along the training cases' ways."""

    def expected(tree, node, known):
        feature = tree.feature[node]
        if feature < 0:
            return tree.value[node]
        left, right = tree.left[node], tree.right[node]
        if feature in known:
            return expected(tree, left if row[feature] <= tree.threshold[node] else right, known)
        parts = [tree.cover[child] / tree.cover[node] * expected(tree, child, known) for child in (left, right)]
        return sum(parts)

    orders = list(itertools.permutations(range(len(row))))
    result = np.zeros(len(row))
    for order in orders:
        for place, feature in enumerate(order):
            before, after = set(order[:place]), set(order[: place + 1])
            result[feature] += sum(expected(tree, 0, after) - expected(tree, 0, before) for tree in trees.trees) / len(orders)
    return result


def test_the_worked_example_and_all_orders():
    tree = Tree(
        feature=(0, -1, 1, -1, -1),
        threshold=(0.4, 0.0, 2.0, 0.0, 0.0),
        left=(1, 0, 3, 0, 0),
        right=(2, 0, 4, 0, 0),
        null=(LEFT, RIGHT, LEFT, RIGHT, RIGHT),
        value=(0.0, -1.0, 0.0, 2.0, 0.5),
        cover=(100.0, 60.0, 40.0, 10.0, 30.0),
    )
    trees = Trees((tree,))
    assert trees.mean == pytest.approx(-0.25)
    assert trees.contributions(np.array([0.6, 1.0])) == pytest.approx([1.4625, 0.7875])
    twice = Trees(
        (tree, Tree((1, 0, -1, -1, -1), (5.0, 0.1, 0, 0, 0), (1, 3, 0, 0, 0), (2, 4, 0, 0, 0), (0,) * 5, (0, 0, 1, 2, 3), (9, 6, 3, 2, 4)))
    )
    for row in ([0.6, 1.0], [0.05, 7.0], [0.3, 2.5]):
        assert twice.contributions(np.array(row)) == pytest.approx(by_all_orders(twice, row), abs=1e-12)


CONFIGURATION = {
    "target": "defaulted",
    "models": ["scorecard", "lightgbm", "ebm"],
    "categories": ["region"],
    "split": {"folds": 3, "repeats": 1, "date": "start", "share": 0.3},
    "lightgbm": {"rounds": 40, "least_cases": 10},
    "ebm": {"rounds": 100, "bags": 1, "pairs": 1},
    "preparation": [{"name": "round", "kind": "remainder", "columns": ["months"], "by": 12}],
}


@pytest.fixture(scope="module")
def trained(loans):
    return train_all(loans(500, 1), read_configuration(CONFIGURATION), signs={})


def test_all_kinds_are_judged_on_the_same_folds(trained):
    assert list(trained) == ["scorecard", "lightgbm", "ebm"]
    for each in trained.values():
        assert (each.figures.n, each.out_of_fold.folds) == (500, 3)
        assert each.figures.auc_mean > 0.6 and each.figures.out_of_time is not None
        assert "Inputs" in each.card or "Points" in each.card


@pytest.mark.parametrize("kind", ["lightgbm", "ebm"])
def test_the_file_scores_raw_rows_one_or_many(trained, loans, kind):
    body = json.loads(json.dumps(trained[kind].model.document.as_dict()))
    model = load_model(body)
    assert model.digest == trained[kind].model.digest
    table = loans(200, 9).with_columns(pl.when(pl.col("months") > 55).then(pl.lit("west")).otherwise(pl.col("region")).alias("region"))
    many = model.score_frame(table.drop("defaulted", "loan_nr"))
    for place in range(0, 200, 20):
        one = model.score(table.row(place, named=True))
        assert (one.points, one.probability) == (many["points"][place], many["probability"][place])
        assert model.answer(table.row(place, named=True)) == (one.points, one.probability)
    assert evaluate_table(model, table, "defaulted")["auc"] > 0.6
    told = explain_case(model, table.row(0, named=True))
    assert told["base_points"] + sum(row["points"] for row in told["variables"]) == pytest.approx(
        told["points"], abs=len(told["variables"])
    )
    assert [reason["points_lost"] for reason in told["reasons"]] == sorted((r["points_lost"] for r in told["reasons"]), reverse=True)


def test_points_and_probability_are_one_scale(trained):
    document = trained["lightgbm"].model.document
    odds = 50.0  # at base_points, repaid to one default
    log_odds = (-math.log(odds) - document.calibration.intercept) / document.calibration.slope
    assert document.points_of(log_odds) == 600


def test_faults_are_named(trained, loans):
    model = trained["lightgbm"].model
    with pytest.raises(FaultsError, match=r"column months.*no such column"):
        model.score_frame(loans(5).drop("months"))
    with pytest.raises(FaultsError, match="format"):
        load_model({"format": "something"})
    broken = model.document.as_dict()
    del broken["core"]
    with pytest.raises(FaultsError, match="complete model"):
        load_model(broken)
    with pytest.raises(FaultsError, match=r"models.*scorecard, lightgbm, ebm"):
        read_configuration({"target": "x", "models": ["forest"]})
