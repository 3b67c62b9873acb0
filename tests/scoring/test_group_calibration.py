"""Calibration by group: truer where groups differ, the common one where cases are few, one answer for one and many, no mark of a person."""

from __future__ import annotations

import json
import math

import numpy as np
import polars as pl
import pytest

from puhui.calculations.faults import FaultsError
from puhui.scoring.configuration_file import read_configuration
from puhui.scoring.loading import load_model
from puhui.scoring.training import train

SIZE = 1_500


def table(seed: int = 1) -> pl.DataFrame:
    """Default follows `debt`; in the south it is far more frequent at the same debt, and the west has few cases."""
    random = np.random.default_rng(seed)
    region = random.choice(["north", "south", "west"], SIZE, p=[0.55, 0.43, 0.02])
    debt = random.normal(size=SIZE)
    logit = -1.6 + 1.2 * debt + np.where(region == "south", 1.6, 0.0)
    defaulted = (random.random(SIZE) < 1 / (1 + np.exp(-logit))).astype(int)
    told = pl.Series(region).set(pl.Series(random.random(SIZE) < 0.01), None)
    return pl.DataFrame({"debt": debt, "region": told, "sex": random.choice(["F", "M"], SIZE), "defaulted": defaulted})


def configuration(kind: str, **calibration) -> object:
    return read_configuration(
        {
            "target": "defaulted", "models": [kind], "exclusions": ["region", "sex"], "groups": ["region"],
            "split": {"folds": 3, "repeats": 1},
            "lightgbm": {"rounds": 40}, "calibration": {"method": "platt", "least_cases": 200} | calibration,
        }
    )  # fmt: skip


@pytest.mark.parametrize(("kind", "method"), [("scorecard", "platt"), ("lightgbm", "platt"), ("lightgbm", "isotonic")])
def test_each_group_is_told_the_truth_and_the_file_keeps_it(kind, method):
    frame = table()
    common = train(frame, configuration(kind, method=method))
    by_group = train(frame, configuration(kind, method=method, by="region"))

    def z(trained):
        return {row["group"]: row["z"] for row in trained.model.document.training["groups"]}

    assert min(abs(z(common)[name]) for name in ("north", "south")) > 4  # of unseen cases
    assert max(abs(z(by_group)[name]) for name in ("north", "south")) < 2
    assert by_group.figures.brier_mean < common.figures.brier_mean
    model = load_model(json.dumps(by_group.model.document.as_dict()))
    assert model.digest == by_group.model.digest
    assert set(model.document.calibration.groups) == {"north", "south"}
    told = {row["group"]: row["own"] for row in model.document.training["calibration_groups"]}
    assert told == {"north": True, "south": True, "west": False, None: False}
    assert "## Calibration by group" in by_group.card and "the common one" in by_group.card
    cases = frame.head(60).with_columns(region=pl.Series(["north", "south", "west", None, "overseas"] * 12))
    many = model.score_frame(cases)["probability"].to_list()
    one = [model.answer(row)[1] for row in cases.iter_rows(named=True)]
    assert many == one == [model.score(row).probability for row in cases.iter_rows(named=True)]
    with pytest.raises(FaultsError, match="column region"):
        model.score_frame(cases.drop("region"))


def test_the_groups_line_lies_over_the_common_probability():
    model = train(table(), configuration("scorecard", by="region")).model
    own = model.document.calibration.groups["south"]
    case = {"debt": 0.4, "region": None}
    common = model.answer(case)[1]
    log_odds = math.log(common / (1 - common))
    assert model.answer(case | {"region": "south"}) == (
        model.answer(case)[0],
        pytest.approx(1 / (1 + math.exp(-own.intercept - own.slope * log_odds)), abs=1e-6),
    )
    assert model.answer(case | {"region": "west"})[1] == common


@pytest.mark.parametrize(
    ("frame", "by"),
    [
        (table(), "sex"),
        (table().rename({"sex": "owner_gender"}), "owner_gender"),
        (table().rename({"sex": "kind"}), "kind"),
        (table().rename({"sex": "业主性别"}), "业主性别"),
        (table().rename({"region": "marital status"}), "marital status"),
    ],
)
def test_no_probability_is_made_by_a_mark_of_the_person(frame, by):
    body = {"target": "defaulted", "calibration": {"by": by}, "split": {"folds": 2, "repeats": 1}}
    with pytest.raises(FaultsError, match="mark of the person"):
        train(frame, read_configuration(body))


def test_faults_of_the_configuration():
    with pytest.raises(FaultsError) as raised:
        read_configuration({"target": "y", "calibration": {"method": "magic", "least_cases": 0, "bye": "x"}})
    assert {fault.where for fault in raised.value.faults} == {"calibration.method", "calibration.least_cases", "calibration.bye"}
    with pytest.raises(FaultsError, match=r"calibration\.by: column nowhere"):
        train(table(), read_configuration({"target": "defaulted", "calibration": {"by": "nowhere"}}))


def test_groups_may_be_made_by_a_step():
    steps = [{"name": "half", "kind": "prefix", "columns": ["region"], "length": 1}]
    body = {
        "target": "defaulted", "exclusions": ["region", "sex", "half"], "preparation": steps, "split": {"folds": 2, "repeats": 1},
        "calibration": {"by": "half", "least_cases": 200},
    }  # fmt: skip
    model = train(table(), read_configuration(body)).model
    assert set(model.document.calibration.groups) == {"n", "s"} and model.columns == ("debt", "region")
