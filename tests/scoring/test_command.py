"""`puhui score` from the outside: files in, files and figures out, faults with exit 2, and no database or training library for scoring."""

import json
import subprocess
import sys

import polars as pl
import pytest

from puhui.site.command import run


@pytest.fixture(scope="module")
def trained(loans, tmp_path_factory):
    """A folder with a table, a configuration and the model trained from them."""
    folder = tmp_path_factory.mktemp("score")
    loans(400).write_parquet(folder / "loans.parquet")
    loans(300, seed=8).write_csv(folder / "new.csv")
    (folder / "loans.toml").write_text('target = "defaulted"\ndata = "loans.parquet"\n[split]\nfolds = 2\nrepeats = 1\n', encoding="utf-8")
    assert run(["score", "train", str(folder / "loans.toml"), "--out", str(folder / "model.json")]) == 0
    return folder


def test_training_writes_model_card_and_pictures(trained):
    model = json.loads((trained / "model.json").read_text(encoding="utf-8"))
    assert (model["format"], model["name"]) == ("puhui/scorecard/1", "loans")
    card = (trained / "model-card" / "card.md").read_text(encoding="utf-8")
    for name in ("roc.svg", "calibration.svg", "distribution.svg", "repeats.svg"):
        assert f"]({name})" in card
        assert (trained / "model-card" / name).stat().st_size > 1000


def evaluated(folder, capsys, *arguments) -> dict:
    capsys.readouterr()
    assert run(["score", "evaluate", str(folder / "model.json"), *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_evaluation_on_rows_never_seen(trained, capsys):
    figures = evaluated(trained, capsys, "--data", str(trained / "new.csv"), "--target", "defaulted")
    assert figures["n"] == 300
    assert figures["auc"] > 0.6
    assert {"ks", "brier", "calibration_intercept", "calibration_slope"} <= set(figures)


def test_rows_of_training_are_told(trained, capsys):
    """On its own table, as Parquet and as text, on a table that is half of it, and not on a new one."""
    table = pl.read_parquet(trained / "loans.parquet")
    table.write_csv(trained / "old.csv")
    new = pl.read_csv(trained / "new.csv", try_parse_dates=True)
    pl.concat([table.head(100), new.head(100)], how="vertical_relaxed").write_parquet(trained / "half.parquet")

    def told(name: str) -> list[str]:
        notes = evaluated(trained, capsys, "--data", str(trained / name), "--target", "defaulted")["notes"]
        return [note for note in notes if "too good" in note]

    for name in ("loans.parquet", "old.csv"):
        (note,) = told(name)
        assert note.startswith("100.0%")
    (note,) = told("half.parquet")
    assert note.startswith("50.0%")
    assert told("new.csv") == []


def test_evaluation_with_new_categories_nulls_and_outcomes_unknown(trained, capsys):
    table = pl.read_csv(trained / "new.csv", try_parse_dates=True).with_columns(
        region=pl.when(pl.int_range(pl.len()) % 3 == 0).then(pl.lit("overseas")).otherwise("region"),
        months=pl.lit(None, dtype=pl.Int64),
        defaulted=pl.when(pl.int_range(pl.len()) >= 10).then("defaulted"),
        w=pl.lit(2.5),
    )
    table.write_parquet(trained / "odd.parquet")
    figures = evaluated(trained, capsys, "--data", str(trained / "odd.parquet"), "--target", "defaulted", "--weight", "w")
    assert (figures["n"], figures["left_out"], figures["weighted"]) == (290, 10, True)


def test_predictions_are_written_for_cases_with_and_without_outcome(trained, capsys):
    out = trained / "judged.parquet"
    figures = evaluated(trained, capsys, "--data", str(trained / "new.csv"), "--target", "defaulted", "--out", str(out), "--by", "region")
    judged = pl.read_parquet(out)
    assert (len(judged), judged["outcome"].sum()) == (300, figures["events"]) and sum(row["n"] for row in figures["by"]["region"]) == 300
    pl.read_csv(trained / "new.csv").drop("defaulted").write_csv(trained / "applicants.csv")
    arguments = ["--data", str(trained / "applicants.csv"), "--keep", "loan_nr", "--out", str(trained / "scored.csv"), "--json"]
    assert run(["score", "apply", str(trained / "model.json"), *arguments]) == 0
    scored = pl.read_csv(trained / "scored.csv")
    assert scored["probability"].to_list() == judged["probability"].to_list() and "reason_1" in scored.columns
    assert json.loads(capsys.readouterr().out)["n"] == 300
    assert run(["score", "apply", str(trained / "model.json"), *arguments[:-2], str(trained / "scored.doc")]) == 2


def test_explanation_of_a_row(trained, capsys):
    assert run(["score", "explain", str(trained / "model.json"), "--data", str(trained / "new.csv"), "--row", "7", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["points"] == told["base_points"] + sum(row["points"] for row in told["variables"])
    assert 1 <= len(told["reasons"]) <= 4
    assert run(["score", "explain", str(trained / "model.json"), "--data", str(trained / "new.csv"), "--row", "7"]) == 0
    assert "Reasons, most points lost first" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["evaluate", "model.json", "--data", "new.csv", "--target", "outcome"], ["target outcome"]),
        (["evaluate", "model.json", "--data", "nowhere.csv", "--target", "defaulted"], ["nowhere.csv"]),
        (["evaluate", "model.json", "--data", "narrow.csv", "--target", "defaulted"], ["column turnover", "column region"]),
        (["evaluate", "loans.toml", "--data", "new.csv", "--target", "defaulted"], ["no JSON"]),
        (["evaluate", "model.json", "--data", "cut.parquet", "--target", "defaulted"], ["cut.parquet"]),
        (["explain", "model.json", "--data", "new.csv", "--row", "300"], ["0 to 299"]),
        (["train", "wrong.toml"], ["exlude", "did you mean", "split.folds"]),
        (["train", "bare.toml"], ["--data"]),
    ],
)
def test_bad_input_ends_with_two_and_every_fault(trained, capsys, monkeypatch, arguments, words):
    (trained / "narrow.csv").write_text("months,defaulted\n1,0\n2,1\n", encoding="utf-8")
    (trained / "cut.parquet").write_bytes((trained / "loans.parquet").read_bytes()[:2000])
    (trained / "wrong.toml").write_text('target = "defaulted"\nexlude = ["x"]\n[split]\nfolds = 1\n', encoding="utf-8")
    (trained / "bare.toml").write_text('target = "defaulted"\n', encoding="utf-8")
    monkeypatch.chdir(trained)
    assert run(["score", *arguments]) == 2
    told = capsys.readouterr().err
    for word in words:
        assert word in told


def test_scoring_loads_neither_django_nor_what_training_needs(trained):
    """A fresh process, because this one has loaded everything."""
    code = (
        "import sys; from puhui.site.command import run; "
        f"assert run(['score', 'evaluate', {str(trained / 'model.json')!r}, '--data', {str(trained / 'new.csv')!r}, "
        "'--target', 'defaulted']) == 0; "
        "print('loaded', sorted({'django', 'optbinning', 'sklearn', 'scipy', 'matplotlib', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.rstrip().endswith("loaded []")
