"""An explanation as a person reads it: the costliest first, nothing twice, and what would change it in sentences."""

import json

import pytest

from puhui.scoring.configuration_file import read_configuration
from puhui.scoring.explanation import in_words, readable
from puhui.scoring.training import train
from puhui.site.command import run


def answer(**more):
    change = {"variable": "months", "before": 3.0, "after": 12.0, "months": 9}
    plain = {
        "changes": [change], "reaches": True, "effort": 3.0, "without": 0.2, "probability": 0.04, "points": 520, "points_without": 480,
        "months": 9, "tried": ["months", "debt"],
    }  # fmt: skip
    return plain | more


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({}, "Reached with months from 3 to 12 (takes 9 months or more), in 9 months at the earliest: 20.00% → 4.00%, 480 → 520 points."),
        ({"reaches": False}, "Not reached; the nearest to it with months from 3 to 12"),
        ({"changes": [], "reaches": False}, "None of months, debt helps: it stays at 20.00%."),
        ({"changes": []}, "Nothing: it is 20.00% as it stands."),
        ({"tried": []}, "The model reads no variable that the table lets a firm change"),
    ],
)
def test_sentences(more, words):
    assert in_words(answer(**more))[0].startswith(words)


def test_rows():
    rows = [
        {"variable": "year", "value": 2004.0, "bin": "2,004", "points_lost": -3},
        {"variable": "bank", "value": "A", "bin": "A: default rate 5.0%", "points_lost": 9},
        {"variable": "sales", "value": 1_234_567.0, "bin": "1,000,000 or more", "points_lost": 0},
    ]
    assert [(row["variable"], row["value"], row["bin"]) for row in readable(rows)] == [
        ("bank", "A", "A: default rate 5.0%"), ("sales", "1,234,567", "1,000,000 or more"), ("year", "2004", ""),
    ]  # fmt: skip


def test_a_saved_model_is_explained_and_says_which_category_it_never_met(loans, tmp_path, capsys):
    table = loans(300, seed=4).drop("loan_nr", "start", "constant")
    body = {"target": "defaulted", "models": ["lightgbm"], "split": {"folds": 2, "repeats": 1}, "lightgbm": {"rounds": 30}}
    model = train(table, read_configuration(body)).model
    (tmp_path / "model.json").write_text(json.dumps(model.document.as_dict()), encoding="utf-8")
    riskiest = max(range(len(table)), key=lambda place: model.answer(table.row(place, named=True))[1])
    table.with_columns(region=table["region"].set(table["region"].is_not_null(), "ueberlingen")).write_csv(tmp_path / "cases.csv")
    row = '[[rows]]\nvariable = "months"\ndirection = "up"\nleast = 0\nmost = 120\nstep = 1\neffort = 6\n'
    (tmp_path / "can.toml").write_text(row, encoding="utf-8")
    wish = ["score", "explain", str(tmp_path / "model.json"), "--data", str(tmp_path / "cases.csv"), "--row", str(riskiest)]
    assert run([*wish, "--below", "0.01", "--can", str(tmp_path / "can.toml")]) == 0
    told = capsys.readouterr().out
    assert "ueberlingen: not met in training" in told and "What would bring it below 1.00%" in told and "months from" in told
