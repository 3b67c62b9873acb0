"""What moved the score adds up to the movement, for every kind of model, and names the variable that was moved."""

import polars as pl
import pytest

from puhui.scoring.configuration_file import read_configuration
from puhui.scoring.movers import movers, points_then
from puhui.scoring.training import train

KINDS = {"lightgbm": {"rounds": 40}, "ebm": {"rounds": 60, "bags": 1, "pairs": 1}, "scorecard": {}}


def contributions(model, frame: pl.DataFrame) -> tuple[dict[str, tuple[int, float]], float]:
    """Mean points by variable, as the records of decisions hold them, and the mean of the totals."""
    scores = [model.score(row) for row in frame.iter_rows(named=True)]
    means = {name: sum(each.bins[name].points for each in scores) / len(scores) for name in scores[0].bins}
    return {name: (len(scores), mean) for name, mean in means.items()}, sum(each.points for each in scores) / len(scores)


@pytest.mark.parametrize("kind", KINDS)
def test_the_variable_that_was_moved_is_named_and_all_movement_is_told(kind, loans):
    table = loans(400, seed=3).drop("loan_nr", "start", "constant")
    options = {} if kind == "scorecard" else {kind: KINDS[kind]}
    body = {"target": "defaulted", "models": [kind], "split": {"folds": 2, "repeats": 1}, **options}
    model = train(table, read_configuration(body)).model
    then = points_then(model.document.as_dict())
    same, mean_then = contributions(model, table)
    for name, (_, mean) in same.items():
        assert mean == pytest.approx(then[name], abs=1.0 if kind == "scorecard" else 0.75), name
    moved = table.with_columns(pl.col("turnover") * 0.2)
    now, mean_now = contributions(model, moved)
    found = movers(then, now)
    assert found[0].variable == "turnover" and found[0].change < -3
    assert sum(each.share for each in found) == pytest.approx(1)
    assert sum(each.change for each in found) == pytest.approx(mean_now - mean_then, abs=2.0)


def test_an_older_file_tells_a_scorecard_by_its_bins_and_trees_against_the_average_case():
    rows = [{"share": 0.25, "points": 0}, {"share": 0.5, "points": 20}]
    body = {"variables": [{"name": "months", "bins": rows, "missing": {"share": 0.25, "points": 4}, "unseen": None}], "training": {}}
    assert points_then(body) == {"months": 11.0}
    assert points_then({"inputs": [{"name": "months"}], "training": {}}) == {"months": 0.0}
    assert movers({"months": 1.0}, {"months": (9, 1.0), "other": (9, 5.0)})[0].share == 0
