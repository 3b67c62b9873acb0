"""Tables whose columns are named otherwise: found where it is sure, told where it was assumed, named with the nearest where it is not."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
from tests.commands import puhui

from puhui.calculations.faults import FaultsError
from puhui.scoring.configuration_file import read_configuration
from puhui.scoring.headings import columns_named, nearest
from puhui.scoring.tables import evaluate_table, judge, read_table
from puhui.scoring.training import train

RATIOS = 12


def statements(size: int, seed: int) -> pl.DataFrame:
    """Ratios attr_1 to attr_12, of which some tell whether a company failed; a twentieth of the cells is not known."""
    random = np.random.default_rng(seed)
    ratios = random.normal(size=(size, RATIOS)).round(5)
    failed = random.uniform(size=size) < 1 / (1 + np.exp(1.5 - ratios[:, 0] - 0.7 * ratios[:, 6]))
    columns = {
        f"attr_{place + 1}": [None if random.uniform() < 0.05 else float(each) for each in ratios[:, place]] for place in range(RATIOS)
    }
    return pl.DataFrame({"file_year": [1] * size, **columns, "bankrupt": failed.astype(int), "importance": random.uniform(1, 9, size)})


@pytest.fixture(scope="module", params=["lightgbm", "scorecard"])
def model(request):
    body = {"target": "bankrupt", "weight": "importance", "models": [request.param], "variables": ["attr_*"], "lightgbm": {"rounds": 20},
            "split": {"folds": 2, "repeats": 1}, "selection": {"minimum_information_value": 0.0}}  # fmt: skip
    return train(statements(500, 1), read_configuration(body)).model


@pytest.fixture(scope="module")
def own():
    return statements(300, 2)


def renamed(frame: pl.DataFrame, form: str) -> pl.DataFrame:
    return frame.rename({f"attr_{number}": form.format(number) for number in range(1, RATIOS + 1)})


@pytest.mark.parametrize("form", ["X{}", "x_{:02}", "Attr{}", "ATTR {}", "attr{:03}", "{}"])
def test_numbered_columns_by_another_word_are_read_by_their_numbers_and_told_once(model, own, form):
    figures = evaluate_table(model, renamed(own, form).reverse(), "bankrupt")
    expected = evaluate_table(model, own, "bankrupt")
    assert (figures["auc"], figures["brier"]) == (pytest.approx(expected["auc"]), pytest.approx(expected["brier"]))
    (told,) = [note for note in figures["notes"] if "read as" in note]
    read = [name for name in (f"attr_{number}" for number in range(1, RATIOS + 1)) if name in model.columns]
    numbers = (int(read[0].removeprefix("attr_")), int(read[-1].removeprefix("attr_")))
    ends = " to ".join(form.format(number) for number in numbers)
    assert told.startswith(f"{ends} ({len(read)} columns) are read as {read[0]} to {read[-1]}")
    assert ("make sure" in told) == (not form.lower().startswith("attr"))


def test_numbers_alone_decide_nothing_where_a_number_is_absent_or_two_families_fit(model, own):
    some = next(name for name in model.columns if name != "attr_1").removeprefix("attr_")
    short = renamed(own, "X{}").drop(f"X{some}")
    two = renamed(own, "X{}").hstack(renamed(own, "Y{}").select("^Y.*$"))
    for table in (short, two):
        with pytest.raises(FaultsError) as raised:
            evaluate_table(model, table, "bankrupt")
        told = {fault.where: fault.remedy for fault in raised.value.faults}
        assert {f"column {name}" for name in model.columns} <= set(told)
        assert "'X1'" in told["column attr_1"]
    remedy = {fault.where: fault.remedy for fault in _faults(model, short)}[f"column attr_{some}"]
    assert remedy.startswith("add it"), "no column of that number is left"


def _faults(model, table):
    with pytest.raises(FaultsError) as raised:
        evaluate_table(model, table, "bankrupt")
    return raised.value.faults


def test_an_absent_target_is_told_together_with_every_absent_column_and_what_else_the_table_holds(model, own):
    table = own.drop("attr_1", "attr_7").rename({"bankrupt": "bankruptcy"})
    told = {fault.where: fault for fault in _faults(model, table)}
    assert {"target bankrupt", "column attr_1", "column attr_7"} <= set(told)
    assert "'bankruptcy'" in told["target bankrupt"].remedy
    assert told["column attr_1"].remedy.startswith("add it"), "attr_10 is near in letters, and another ratio"
    assert "bankruptcy" in told["columns that the model does not read"].found


@pytest.mark.parametrize(
    ("name", "columns", "expected"),
    [
        ("mis_status", ["MIS_Stat", "ApprovalDate"], "MIS_Stat"),
        ("gr_appv", ["GrossApproval", "GR_APPROVED"], "GR_APPROVED"),
        ("naics", ["NaicsCode", "State"], "NaicsCode"),
        ("attr_5", ["attr_6", "Ratio 5"], "Ratio 5"),
        ("attr_5", ["attr_50", "attr_6"], None),
        ("class1", ["attr_1", "class"], "class"),
        ("turnover", ["x"], None),
        ("no", ["annotated"], None),
    ],
)
def test_the_nearest_column(name, columns, expected):
    assert nearest(name, columns) == expected


def test_a_few_numbered_columns_are_no_family():
    assert columns_named(["v1", "v2"], ["w1", "w2"]) == {"v1": None, "v2": None}


def test_weights_of_training_that_are_not_given_are_told(model, own):
    def weighted_note(frame, weight=""):
        return [note for note in judge(model, frame, "bankrupt", weight).figures["notes"] if "weight" in note]

    (there,) = weighted_note(own.rename({"importance": "Importance"}))
    assert "--weight Importance" in there and "importance" in there
    (absent,) = weighted_note(own.drop("importance"))
    assert "no such column" in absent
    assert not weighted_note(own, "importance")


@pytest.mark.parametrize(
    "outcomes", [("b'1'", "b'0'"), ("bad", "good"), ("1.0", "0.0"), ("Charged Off", "Paid in Full"), ("TRUE", "FALSE")]
)
def test_the_command_judges_a_table_in_arff_or_csv_with_gaps(model, own, outcomes, tmp_path):
    (tmp_path / "model.json").write_text(json.dumps(model.document.as_dict()))
    expected = evaluate_table(model, own.head(290), "bankrupt", "importance")
    failed = pl.Series([outcomes[0] if each else outcomes[1] for each in own["bankrupt"].head(290)] + ["NA"] * 10)
    table = renamed(own, "Attr{}").drop("bankrupt").with_columns(failed.alias("class"))
    names = [name for name in table.columns if name != "class"]
    cells = table.select(pl.all().cast(pl.String).fill_null("?"))
    cells.write_csv(tmp_path / "cases.csv")
    quoted = cells.with_columns(pl.format('"{}"', pl.col("class")).alias("class"))
    head = ["@relation '1year'", *(f"@attribute {name} numeric" for name in names), "@attribute class string", "@data"]
    rows = [",".join(row) for row in quoted.select(*names, "class").iter_rows()]
    (tmp_path / "cases.arff").write_text("\n".join([*head, *rows]))
    for file in ("cases.csv", "cases.arff"):
        done = puhui("score", "evaluate", str(tmp_path / "model.json"), "--data", str(tmp_path / file), "--target", "class", "--weight",
                     "importance", "--json")  # fmt: skip
        assert done.returncode == 0, (file, done.stderr)
        figures = json.loads(done.stdout)
        assert (figures["n"], figures["left_out"], figures["auc"]) == (290, 10, pytest.approx(expected["auc"])), file
    assert read_table(tmp_path / "cases.arff", as_text=True).height == 300
