"""What would change the answer: never beyond what a firm can do, always scored again, and never dearer than the best of all changes."""

from itertools import product

import numpy as np
import polars as pl
import pytest
from tests.scoring.test_actions import made

from puhui.scoring.changing import Action, actions_of, nearest_change
from puhui.scoring.configuration import Boosting, Configuration, GlassBox, Split, Target
from puhui.scoring.training import train_all

ACTIONS = {
    "share": Action("share", is_up=False, least=0.0, most=1.0, step=0.01, effort=0.1),
    "months": Action("months", is_up=True, least=0.0, most=12.0, step=1.0, effort=1.0, months=1),
}


@pytest.fixture(scope="module")
def models():
    """The three kinds on cases that default more with a high share, few months and youth, which nobody can change."""
    generator = np.random.default_rng(1)
    n = 900
    share, months, age = generator.random(n).round(2), generator.integers(0, 13, n), generator.integers(1, 30, n)
    odds = -1.5 + 3 * (share - 0.5) - 0.3 * (months - 6) - 0.05 * (age - 15)
    frame = pl.DataFrame({"share": share, "months": months, "age": age, "bad": generator.random(n) < 1 / (1 + np.exp(-odds))})
    configuration = Configuration(
        name="made", target=Target("bad"), models=("scorecard", "lightgbm", "ebm"), split=Split(folds=2, repeats=1),
        lightgbm=Boosting(rounds=25, leaves=4), ebm=GlassBox(bags=1, pairs=1, rounds=100, bins=16),
    )  # fmt: skip
    signs = {"share": "-", "months": "+", "age": "+"}
    return {kind: each.model for kind, each in train_all(frame, configuration, None, signs).items()}


@pytest.mark.parametrize("kind", ["scorecard", "lightgbm", "ebm"])
def test_the_nearest_of_all_changes_is_found(models, kind):
    model, case = models[kind], {"share": 0.7, "months": 4.0, "age": 8.0}
    before = model.answer(case)[1]
    wanted = before * 0.6
    found = nearest_change(model, case, ACTIONS, wanted)
    assert found.reaches and found.without == before
    after = case | {each.variable: each.after for each in found.changes}
    assert model.score(after).probability == found.probability < wanted
    assert after["age"] == 8.0 and after["share"] <= 0.7 and after["months"] >= 4
    # Every share and every number of months there is: none that reaches costs less.
    every = list(product([place / 100 for place in range(71)], range(4, 13)))
    cases = {"share": [share for share, _ in every], "months": [float(months) for _, months in every], "age": [8.0] * len(every)}
    scored = model.score_frame(pl.DataFrame(cases))
    costs = [
        (0.7 - share) / 0.1 + (months - 4)
        for (share, months), probability in zip(every, scored["probability"], strict=True)
        if probability < wanted
    ]
    assert found.effort == pytest.approx(min(costs), abs=1e-6)


def test_what_cannot_be_reached_is_told_as_far_as_it_goes(models):
    case = {"share": 0.7, "months": 4.0, "age": 1.0}
    found = nearest_change(models["scorecard"], case, ACTIONS, 0.0001)
    assert not found.reaches and found.changes
    assert 0.0001 < found.probability < found.without
    assert found.probability == models["scorecard"].answer({"share": 0.0, "months": 12.0, "age": 1.0})[1]


def test_nothing_to_change_where_the_answer_is_good_or_nothing_can_be_changed():
    model = made(500).model
    probability = model.answer({"months": 7})[1]
    assert nearest_change(model, {"months": 7}, ACTIONS, probability + 0.1).changes == ()
    assert nearest_change(model, {"months": 2}, {}, 0.0001).changes == ()
    assert nearest_change(model, {"months": None}, ACTIONS, 0.0001).changes == ()


def test_the_table_of_the_catalogue_is_about_variables_that_exist_and_goes_where_they_are_safer():
    from datetime import date

    from puhui.features.registry import catalogue
    from puhui.products.parameters import table

    signs = {each.name: each.sign for each in catalogue()}
    for name, action in actions_of(table("actionable-variables").valid_on(date(2026, 1, 1))).items():
        assert name in signs, name
        assert signs[name] not in "+-" or (signs[name] == "+") == action.is_up, name
