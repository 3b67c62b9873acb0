"""Refused cases whose truth is known, because the population is made up: what each method gains, and what none can."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from puhui.calculations.faults import FaultsError
from puhui.scoring.configuration import METHODS, Boosting, Configuration, Rejects, Split, Target
from puhui.scoring.configuration_file import read_configuration
from puhui.scoring.evaluation import evaluate
from puhui.scoring.training import train

BASE = Configuration(
    target=Target("bad"), models=("lightgbm",), split=Split(folds=2, repeats=1), lightgbm=Boosting(rounds=25, leaves=6, learning_rate=0.1),
    variables=("x", "y"),
)  # fmt: skip


def applicants(hidden: float, n: int = 3000) -> tuple[pl.DataFrame, np.ndarray]:
    """Everybody who asked, and the truth of all. `hidden`: how much the lender saw, and refused by, that the table does not hold."""
    generator = np.random.default_rng(7)
    x, y, z = generator.normal(size=(3, n))
    bad = (generator.random(n) < 1 / (1 + np.exp(2 - x - 0.7 * y - 1.5 * z))).astype(float)
    refused = x + hidden * z + generator.normal(size=n) * 0.5 > 0.4
    seen = pl.Series("bad", bad).cast(pl.Int64)
    frame = pl.DataFrame({"x": x, "y": y, "bad": seen, "answer": np.where(refused, "refused", "lent")})
    return frame.with_columns(bad=pl.when(pl.col("answer") == "lent").then("bad")), bad


def figures(frame: pl.DataFrame, truth: np.ndarray, method: str, factor: float = 1.0) -> tuple[float, float]:
    """AUC over all who asked, and the mean probability told to the refused over their true rate."""
    rejects = Rejects("answer", ("refused",), method, factor)
    model = train(frame, replace(BASE, rejects=rejects, calibration="none"), signs={}).model
    told = model.score_frame(frame)["probability"].to_numpy()
    refused = (frame["answer"] == "refused").to_numpy()
    return evaluate(truth, told).auc or 0.0, float(told[refused].mean() / truth[refused].mean())


def test_where_refusals_follow_what_the_table_holds_no_method_changes_much():
    """The refused lie beyond what trees have seen, so all tell them too little; orders are alike."""
    frame, truth = applicants(hidden=0.0)
    found = {method: figures(frame, truth, method) for method in METHODS}
    plain = found["none"]
    assert all(abs(auc - plain[0]) < 0.03 for auc, _ in found.values()), found
    assert all(abs(level - plain[1]) < 0.12 and level < 1 for _, level in found.values()), found


def test_where_the_lender_knew_more_only_an_assumed_factor_lifts_the_level_and_not_to_the_truth():
    frame, truth = applicants(hidden=0.6)
    plain = figures(frame, truth, "none")
    assert plain[1] < 0.5  # the refused default more than twice as often as accepted ones alike
    assert abs(figures(frame, truth, "reweighting")[1] - plain[1]) < 0.1  # nothing known of them is added
    for method in ("parcelling", "fuzzy"):
        assert abs(figures(frame, truth, method)[1] - plain[1]) < 0.1
        lifted = figures(frame, truth, method, factor=2.0)
        assert plain[1] + 0.1 < lifted[1] < 1
        assert lifted[0] > plain[0]


def test_outcomes_of_refused_cases_are_not_looked_at():
    frame, truth = applicants(hidden=0.0, n=1500)
    known = frame.with_columns(bad=pl.Series(truth).cast(pl.Int64))
    rejects = Rejects("answer", ("refused",), "fuzzy")
    models = [train(each, replace(BASE, rejects=rejects), signs={}).model for each in (frame, known)]
    assert models[0].digest == models[1].digest


def test_the_configuration_of_refused_cases_is_read_and_checked():
    body = {"target": "bad", "rejects": {"column": "answer", "refused": "no", "method": "fuzzy", "factor": 2}}
    assert read_configuration(body).rejects == Rejects("answer", ("no",), "fuzzy", 2)
    with pytest.raises(FaultsError) as caught:
        read_configuration({"target": "bad", "rejects": {"method": "guess", "factor": 0}})
    assert [fault.where for fault in caught.value.faults] == ["rejects.column", "rejects.refused", "rejects.method", "rejects.factor"]


def test_a_group_that_the_score_does_not_fit_is_named_and_others_are_not():
    generator = np.random.default_rng(3)
    n = 4000
    x, region = generator.normal(size=n), generator.choice(["east", "west", "hills"], n)
    bad = generator.random(n) < 1 / (1 + np.exp(1.5 - x - 1.5 * (region == "hills")))
    months = generator.integers(1, 200, n)
    frame = pl.DataFrame({"x": x, "region": region, "months": months, "bad": bad})
    trained = train(frame, replace(BASE, variables=("x",), groups=("region", "months")), signs={})
    rows = {(row["dimension"], row["group"]): row for row in trained.model.document.training["groups"]}
    assert rows["region", "hills"]["z"] > 2.58 and rows["region", "east"]["z"] < -2.58
    assert sum(row["cases"] for (dimension, _), row in rows.items() if dimension == "months") == n
    assert all(abs(row["z"]) < 2.58 for (dimension, _), row in rows.items() if dimension == "months")
    told = [words for words in trained.warnings if "not true of this group" in words]
    assert {words.split(",")[0] for words in told} == {"In region hills", "In region east", "In region west"}
    assert "| region | hills |" in trained.card
    assert [each.name for each in trained.model.document.inputs] == ["x"]
