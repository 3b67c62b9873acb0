"""Training end to end on made-up tables: honest figures, directions, leaks, time, weights, the card."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from puhui.calculations.faults import FaultsError
from puhui.scoring.configuration_file import read_configuration
from puhui.scoring.evaluation import evaluate
from puhui.scoring.training import train

QUICK = {"split": {"folds": 3, "repeats": 2}, "bins": {"maximum": 4, "fine": 8}}


def trained(frame, **parts):
    return train(frame, read_configuration({"target": "defaulted", **QUICK, **parts}), signs={})


@pytest.fixture(scope="module")
def table(loans):
    return loans()


@pytest.fixture(scope="module")
def first(table):
    return trained(table, signs={"turnover": "+", "months": "+"})


def test_the_target_alone_is_enough_for_a_table_of_mixed_types(first):
    names = {variable.name for variable in first.model.document.variables}
    assert {"turnover", "months", "region"} <= names
    assert names.isdisjoint({"loan_nr", "start", "constant", "defaulted"})
    assert 0.70 < first.figures.auc_mean < 0.85
    assert 0.9 < first.figures.calibration_slope_mean < 1.1
    for reason in ("loan_nr: different in every row", "start: a date", "constant: the same value"):
        assert reason in first.card


def test_figures_hold_on_cases_never_seen(loans, first):
    fresh = loans(4000, seed=99)
    scored = first.model.score_frame(fresh)
    figures = evaluate(fresh["defaulted"].to_numpy(), scored["probability"].to_numpy())
    assert abs(figures.auc - first.figures.auc_mean) < 3 * first.figures.auc_sampling_error
    assert figures.mean_probability == pytest.approx(first.figures.event_rate, abs=0.02)
    assert figures.calibration_slope == pytest.approx(1, abs=0.25)


def test_points_follow_known_directions(first):
    for variable in first.model.document.variables:
        if variable.name in ("turnover", "months"):
            points = [row.points for row in variable.bins]
            assert points == sorted(points), variable.name
        assert min(row.points for row in variable.bins) == 0


def test_noise_has_no_order_when_everything_is_done_inside_the_folds():
    """Forty variables of noise on 90 cases: chosen and cut on all of them they would seem to order the cases."""
    random = np.random.default_rng(3)
    frame = pl.DataFrame({f"v{n}": random.normal(size=90) for n in range(40)}).with_columns(defaulted=pl.Series([1, 0, 0] * 30))
    noise = trained(frame, split={"folds": 3, "repeats": 2}, selection={"minimum_information_value": 0.05}, calibration="none")
    inside = evaluate(frame["defaulted"].to_numpy(), noise.model.score_frame(frame)["probability"].to_numpy())
    assert noise.figures.auc_mean < 0.63
    assert inside.auc > 0.8
    assert any("Small data: 90 cases with 30 defaults" in sentence for sentence in noise.warnings)
    assert any("cannot be told from chance" in sentence for sentence in noise.warnings)
    true = trained(frame, split={"folds": 3, "repeats": 1}, selection={"minimum_information_value": 0.05})
    assert "3 folds, dealt once (seed 0)" in true.card and " 2 times (seeds 0 to 1)" in noise.card
    assert true.model.score_frame(frame)["probability"].n_unique() < 5  # calibration saw through it


def test_a_leak_is_named_and_left_out_on_demand(table):
    leaking = table.with_columns(charged_off=pl.when(pl.col("defaulted") == 1).then(pl.col("turnover").fill_null(1.0)))
    warned = trained(leaking, split={"folds": 2, "repeats": 1})
    assert any(sentence.startswith("charged_off alone reaches an AUC of 1.000") for sentence in warned.warnings)
    guarded = trained(leaking, split={"folds": 2, "repeats": 1}, leak_guard="exclude")
    assert "charged_off" not in {variable.name for variable in guarded.model.document.variables}
    assert "charged_off: excluded by the leak guard" in guarded.card
    assert guarded.warnings == ()


def test_exclusions_and_preparation(table):
    steps = [
        {"name": "start_year", "kind": "year", "column": "start"},
        {"name": "turnover_by_month", "kind": "ratio", "columns": ["turnover", "months"]},
    ]
    made = trained(table, exclusions={"turn*": "for the test"}, prepare=steps, selection={"minimum_information_value": 0.0})
    document = made.model.document
    assert "turnover" not in document.raw
    assert "turnover_by_month" in {variable.name for variable in document.variables}
    assert "turnover: excluded by the configuration (for the test)" in made.card
    case = table.row(3, named=True)
    assert made.model.score(case).points == made.model.score_frame(table)["points"][3]


def test_the_newest_cases_are_judged_by_a_model_of_the_older_ones(table):
    spoiled = table.with_columns(
        defaulted=pl.when(pl.col("start") >= date(2019, 1, 1)).then(1 - pl.col("defaulted")).otherwise(pl.col("defaulted"))
    )
    made = trained(spoiled, split={"folds": 3, "repeats": 1, "date": "start", "since": "2019-01-01"})
    later = made.figures.out_of_time
    assert later.figures.n == spoiled.filter(pl.col("start") >= date(2019, 1, 1)).height
    assert later.trained_on + later.figures.n == len(spoiled)
    assert later.figures.auc < 0.35
    assert any("On the newest cases the AUC falls" in sentence for sentence in made.warnings)


def test_weights_bring_back_the_population(loans):
    """Repaid cases thinned to a quarter and weighted by four: the level is that of the whole."""
    whole = loans(3000, seed=5)
    thin = whole.filter((pl.col("defaulted") == 1) | (pl.int_range(pl.len()) % 4 == 0))
    weighted = thin.with_columns(copies=pl.when(pl.col("defaulted") == 1).then(1.0).otherwise(4.0))
    made = trained(weighted, weight="copies", split={"folds": 2, "repeats": 1})
    probability = made.model.score_frame(whole)["probability"].to_numpy()
    assert probability.mean() == pytest.approx(whole["defaulted"].mean(), abs=0.03)
    assert "copies" not in made.model.document.raw
    bare = trained(thin, split={"folds": 2, "repeats": 1})
    assert bare.model.score_frame(whole)["probability"].mean() > whole["defaulted"].mean() + 0.1


def test_isotonic_calibration_falls_with_the_points(table):
    made = trained(table, calibration="isotonic", split={"folds": 2, "repeats": 1})
    curve = made.model.document.calibration.curve
    points, probabilities = zip(*curve, strict=True)
    assert list(points) == sorted(set(points))
    assert list(probabilities) == sorted(probabilities, reverse=True)
    assert 0 < probabilities[-1] < probabilities[0] < 1


def test_training_twice_gives_the_same_model_and_pictures(table, first):
    again = trained(table.clone(), signs={"turnover": "+", "months": "+"})
    assert again.model.digest == first.model.digest
    assert again.plots == first.plots
    assert again.card == first.card


def test_the_card_tells_the_figures_and_shows_the_pictures(first):
    assert f"| AUC | {first.figures.auc_mean:.4f} | {first.figures.auc_spread:.4f} |" in first.card
    assert first.model.digest in first.card
    for name, svg in first.plots.items():
        assert f"]({name})" in first.card
        assert svg.lstrip().startswith("<?xml")
        assert "</svg>" in svg


@pytest.mark.parametrize(
    ("values", "parts", "defaults"),
    [
        (["是", "否", "否"], {}, 1),
        (["CHGOFF", "PIF", "PIF"], {"target": {"column": "outcome", "positive": "CHGOFF"}}, 1),
        ([2, 1, 1], {"target": {"column": "outcome", "positive": [2]}}, 1),
        ([True, False, False], {}, 1),
    ],
)
def test_outcomes_in_words(loans, values, parts, defaults):
    frame = loans(300).drop("defaulted").with_columns(outcome=pl.Series(values * 100))
    made = trained(
        frame, **{"target": "outcome", "split": {"folds": 2, "repeats": 1}, "selection": {"minimum_information_value": 0.0}, **parts}
    )
    assert made.figures.events == defaults * 100


def test_faults_of_the_table_are_told_at_once(table):
    with pytest.raises(FaultsError) as error:
        trained(table, target="outcome", weight="w", exclusions=["leak*"], split={"date": "day"})
    assert [fault.where for fault in error.value.faults] == [
        "target: column outcome",
        "weight: column w",
        "split.date: column day",
        "exclusions: leak*",
    ]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (pl.lit(0).alias("defaulted"), "both outcomes"),
        (pl.lit("maybe").alias("defaulted"), "named as positive"),
        ((pl.int_range(pl.len()) < 2).cast(pl.Int8).alias("defaulted"), "3 folds for 2 cases"),
    ],
)
def test_outcomes_that_cannot_be_learnt(table, change, word):
    with pytest.raises(FaultsError, match=word):
        trained(table.with_columns(change))


def test_vetoes_are_never_scored(table):
    made = train(table, read_configuration({"target": "defaulted", "split": {"folds": 2, "repeats": 1}}), signs={"months": "P"})
    assert "months" not in {variable.name for variable in made.model.document.variables}
    assert "months: serves rules of admission only" in made.card
