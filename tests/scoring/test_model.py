"""Scoring one case and many, and the file of a model."""

import json
import math
from copy import deepcopy

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.examples import examples

from puhui.calculations.faults import FaultsError
from puhui.scoring.explanation import explain_case
from puhui.scoring.model import Model


def row(label, points, **more):
    return {"label": label, "points": points, "woe": points / 50, "share": 0.2, "event_rate": 0.1, **more}


def variable(name, kind, bins, missing, unseen=None, neutral=12):
    return {
        "name": name, "kind": kind, "sign": "", "coefficient": 0.5, "information_value": 0.3, "bins": bins,
        "missing": row("missing", missing), "unseen": None if unseen is None else row("(other)", unseen), "neutral_points": neutral,
    }  # fmt: skip


BODY = {
    "format": "puhui/scorecard/1",
    "name": "small",
    "title": "",
    "target": {"column": "bad", "positive": [], "negative": []},
    "columns": [{"name": "months", "kind": "number"}, {"name": "region", "kind": "text"}],
    "preparation": [{"name": "share", "kind": "ratio", "columns": ["part", "whole"]}],
    "variables": [
        variable(
            "months", "number", [row("below 6", 0, upper=6.0), row("6 to below 12", 20, upper=12.0), row("12 or more", 35, upper=None)], 10
        ),
        variable("region", "category", [row("east", 0, levels=["east"]), row("north, 12", 15, levels=["north", "12"])], 40, 7),
        variable("share", "number", [row("below 0.5", 25, upper=0.5), row("0.5 or more", 0, upper=None)], 3),
    ],
    "intercept_points": 500,
    "scaling": {"base_points": 600, "base_odds": 50, "points_to_double_odds": 20},
    "calibration": {"method": "platt", "intercept": 0.1, "slope": 0.9, "curve": []},
    "reasons": {"against": "best", "count": 4},
    "training": {},
}
MODEL = Model.load(BODY)


def changed(**parts):
    return {**deepcopy(BODY), **parts}


def test_one_case_by_hand():
    """12 months is the third bin (35), region 12 the second (15), 3 of 4 is 0.75 (0): 500 + 50."""
    score = MODEL.score({"months": 12, "region": 12.0, "part": 3, "whole": 4})
    assert score.points == 550
    assert score.probability == round(1 / (1 + 50 * 2 ** (-50 / 20)), 6)
    assert score.contributions == {"months": 0, "region": 0, "share": 25}
    assert [(reason.variable, reason.points_lost, reason.value, reason.bin) for reason in score.reasons] == [
        ("share", 25, 0.75, "0.5 or more")
    ]


def test_the_average_case_can_be_the_measure():
    model = Model.load(changed(reasons={"against": "neutral", "count": 1}))
    score = model.score({"months": 3, "region": "east", "part": 3, "whole": 4})
    assert score.contributions == {"months": 12, "region": 12, "share": 12}
    assert [reason.variable for reason in score.reasons] == ["months"]


def test_null_and_unknown_categories_have_bins_of_their_own():
    score = MODEL.score({"months": math.nan, "region": "mars", "part": 1, "whole": 0})
    assert score.points == 500 + 10 + 7 + 3
    assert {name: place.label for name, place in score.bins.items()} == {"months": "missing", "region": "(other)", "share": "missing"}
    # a null region earned more than any known one: nothing is lost on it
    assert MODEL.score({"months": 12, "region": None, "part": 0, "whole": 1}).contributions["region"] == -25


CASES = st.fixed_dictionaries(
    {
        "months": st.one_of(st.none(), st.floats(), st.sampled_from([5.999999999999999, 6.0, 12.0, 0.0, -0.0])),
        "region": st.one_of(st.none(), st.sampled_from(["east", "north", "12", " north", "", "mars"])),
        "part": st.one_of(st.none(), st.floats(-10, 10)),
        "whole": st.one_of(st.none(), st.sampled_from([0.0, 1.0, 2.0, 3.0])),
    }
)
SCHEMA = {"months": pl.Float64, "region": pl.String, "part": pl.Float64, "whole": pl.Float64}


@examples(80)
@given(st.lists(CASES, min_size=1, max_size=10), st.sampled_from(["platt", "isotonic"]), st.sampled_from(["best", "neutral"]))
def test_one_case_and_many_score_the_same(cases, method, against):
    curve = [[480, 0.5], [520, 0.31], [560, 0.0123456789]] if method == "isotonic" else []
    calibration = {"method": method, "intercept": 0.0, "slope": 1.0, "curve": curve}
    model = Model.load(changed(calibration=calibration, reasons={"against": against, "count": 4}))
    many = model.score_frame(pl.DataFrame(cases, schema=SCHEMA))
    for case, scored in zip(cases, many.to_dicts(), strict=True):
        one = model.score(case)
        reasons = [(scored[f"reason_{n}"], scored[f"reason_{n}_points_lost"]) for n in (1, 2, 3) if scored[f"reason_{n}"] is not None]
        assert (scored["points"], scored["probability"]) == (one.points, one.probability)
        assert reasons == [(reason.variable, reason.points_lost) for reason in one.reasons]


@pytest.mark.parametrize(("points", "probability"), [(400, 0.5), (480, 0.5), (500, 0.405), (520, 0.31), (900, 0.02)])
def test_a_curve_is_straight_between_its_points_and_level_beyond(points, probability):
    curve = [[480, 0.5], [520, 0.31], [560, 0.02]]
    body = changed(intercept_points=points - 60, calibration={"method": "isotonic", "intercept": 0, "slope": 1, "curve": curve})
    score = Model.load(body).score({"months": 20, "region": None, "part": 1, "whole": 1})
    assert score.points == points + 15
    assert (
        Model.load({**body, "intercept_points": points - 75}).score({"months": 20, "region": None, "part": 1, "whole": 1}).probability
        == probability
    )


def test_tables_of_other_types_score_alike():
    """Whole numbers, text, and categories read from numbers."""
    floats = pl.DataFrame({"months": [7.0, 20.0], "region": ["12", "east"], "part": [1.0, 3.0], "whole": [4.0, 4.0]})
    other = pl.DataFrame({"months": [7, 20], "region": [12.0, None], "part": ["1", "3"], "whole": ["4", " 4 "]})
    one, two = MODEL.score_frame(floats), MODEL.score_frame(other)
    assert one["points"][0] == two["points"][0]
    assert two["points"][1] == 500 + 35 + 40 + 0


def test_absent_columns_are_faults_not_nulls():
    with pytest.raises(FaultsError) as many:
        MODEL.score_frame(pl.DataFrame({"months": [1.0]}))
    assert [fault.where for fault in many.value.faults] == ["column region", "column part", "column whole"]
    with pytest.raises(FaultsError) as one:
        MODEL.score({"months": 1.0, "part": 1, "whole": 1})
    assert [fault.where for fault in one.value.faults] == ["column region"]


def test_unreadable_values_are_faults():
    frame = pl.DataFrame({"months": ["12", "a year"], "region": ["east", "east"], "part": [1, 1], "whole": ["x", "y"]})
    with pytest.raises(FaultsError) as error:
        MODEL.score_frame(frame)
    assert [fault.where for fault in error.value.faults] == ["column months, row 1", "column whole, row 0"]
    with pytest.raises(FaultsError):
        MODEL.score({"months": "a year", "region": "east", "part": 1, "whole": 1})


def test_the_digest_is_of_the_content(tmp_path):
    path = tmp_path / "model.json"
    path.write_text(json.dumps(BODY, indent=3, sort_keys=True), encoding="utf-8")
    assert Model.load(path).digest == MODEL.digest == Model.load(json.dumps(MODEL.document.as_dict())).digest
    other = deepcopy(BODY)
    other["variables"][2]["bins"][0]["points"] = 24
    assert Model.load(other).digest != MODEL.digest


def test_a_bound_beyond_exact_integers_survives_a_database_that_writes_it_whole():
    body = deepcopy(BODY)
    body["variables"][0]["bins"][1]["upper"] = 1e22
    whole = json.loads(json.dumps(body).replace("1e+22", "1" + "0" * 22))
    assert isinstance(whole["variables"][0]["bins"][1]["upper"], int)
    assert Model.load(whole).digest == Model.load(body).digest


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("{", "no JSON"),
        ("[]", "format"),
        ({"format": "puhui/scorecard/9"}, "format"),
        ({"format": "puhui/scorecard/1"}, "no 'name'"),
        (changed(variables=[]), "at least one"),
        (changed(columns=[]), "no column or step"),
        (changed(preparation=[{"name": "share", "kind": "magic", "columns": []}]), "magic"),
        (changed(scaling={"base_points": 600, "base_odds": 0, "points_to_double_odds": 20}), "odds"),
        (
            changed(variables=[variable("months", "number", [row("a", 1, upper=9.0), row("b", 2, upper=3.0), row("c", 0, upper=None)], 0)]),
            "rising",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) > 2 else None,
)
def test_what_is_no_model_is_refused(source, word):
    with pytest.raises(FaultsError, match=word):
        Model.load(source)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FaultsError, match=r"nowhere\.json"):
        Model.load(tmp_path / "nowhere.json")


def test_an_explanation_adds_up():
    explained = explain_case(MODEL, {"months": 3, "region": "north", "part": 3, "whole": 4})
    assert explained["base_points"] + sum(line["points"] for line in explained["variables"]) == explained["points"]
    assert [(reason["variable"], reason["points_lost"]) for reason in explained["reasons"]] == [("months", 35), ("share", 25)]
