"""What tables from elsewhere hold that no table of ours does: NaN, bytes, other encodings, ARFF, weights of any scale. Nothing may fail."""

from __future__ import annotations

import io
import json
from datetime import date

import numpy as np
import polars as pl
import pytest
from scipy.stats import ks_2samp, poisson
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score
from tests.commands import puhui

from puhui.calculations.faults import FaultsError
from puhui.scoring.applying import applied
from puhui.scoring.changing import actions_of
from puhui.scoring.configuration_file import read_configuration
from puhui.scoring.evaluation import evaluate
from puhui.scoring.seen_rows import _chance_of, note_of, sample_of
from puhui.scoring.tables import judge, read_table
from puhui.scoring.training import train

NAN = float("nan")


@pytest.fixture(scope="module")
def model(loans):
    body = {"target": "defaulted", "id": ["loan_nr"], "categories": ["months"], "split": {"folds": 2, "repeats": 1},
            "selection": {"minimum_information_value": 0.0}}  # fmt: skip
    return train(loans(500, seed=1), read_configuration(body)).model


@pytest.fixture
def own(loans):
    return loans(300, seed=2)


def test_nan_is_null_in_a_number_a_category_the_outcome_and_the_weight(model, own):
    def holed(hole):
        spoilt = [pl.Series(name, [hole] * 9 + own[name].cast(float).to_list()[9:], strict=False) for name in ("turnover", "months")]
        known = own.with_columns(spoilt, weight=pl.Series([1.0, hole, 2.0] * 100, strict=False))
        return known.with_columns(outcome=pl.Series([hole] * 5 + own["defaulted"].cast(float).to_list()[5:], strict=False))

    told, expected = (judge(model, holed(hole), "outcome", "weight", by=["months"]).figures for hole in (NAN, None))
    assert told == expected and (told["left_out"], told["left_out_without_weight"]) == (103, 98)
    assert applied(model, holed(NAN))[0].equals(applied(model, holed(None))[0])


@pytest.mark.parametrize("outcome", [pl.Binary, "b'%d'"])
def test_an_outcome_in_bytes_is_text(model, own, outcome, tmp_path):
    texts = own["defaulted"].cast(pl.String)
    coded = texts.cast(pl.Binary) if outcome is pl.Binary else pl.Series([outcome % each for each in own["defaulted"]])
    own.with_columns(coded.alias("defaulted")).write_parquet(tmp_path / "bytes.parquet")
    read = read_table(tmp_path / "bytes.parquet", as_text=True)
    assert judge(model, read, "defaulted").figures == judge(model, own, "defaulted").figures


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_a_file_in_every_encoding_holds_the_same_cases(model, own, encoding, tmp_path):
    own = own.with_columns(pl.col("region").str.replace("north", "北"))
    (tmp_path / "cases.csv").write_bytes(own.write_csv().encode(encoding))
    assert judge(model, read_table(tmp_path / "cases.csv", True), "defaulted").figures == judge(model, own, "defaulted").figures


def test_decimals_with_a_comma_are_read_where_they_cannot_be_thousands(model, own, tmp_path):
    buffer = io.StringIO()
    own.with_columns(pl.col("months").cast(pl.Int64)).write_csv(buffer, separator=";")
    (tmp_path / "cases.csv").write_text(buffer.getvalue().replace(".", ","), "utf-8")
    told = judge(model, read_table(tmp_path / "cases.csv", True), "defaulted").figures
    assert told["auc"] == judge(model, own, "defaulted").figures["auc"]
    assert "turnover: a comma is read as the decimal sign" in told["notes"]
    thousands = own.with_columns(pl.lit("12,345").alias("turnover"))
    assert not [note for note in judge(model, thousands, "defaulted").figures["notes"] if "comma" in note]


def arff(frame: pl.DataFrame, kinds: dict[str, str]) -> str:
    head = [
        "% from the archive",
        "@RELATION 'loans of 2015'",
        "",
        *(f"@attribute '{name}' {kind}" for name, kind in kinds.items()),
        "@DATA",
    ]
    rows = [",".join("?" if cell is None else str(cell) for cell in row) for row in frame.select(list(kinds)).iter_rows()]
    return "\n".join([*head, "% rows", *rows, ""])


KINDS = {"turnover": "numeric", "months": "real", "region": "{north,south,east}", "noise": "numeric", "is_franchise": "{true,false}",
         "defaulted": "{0,1}"}  # fmt: skip


def test_an_arff_file_holds_the_same_cases(model, own, tmp_path):
    own = own.with_columns(pl.col("is_franchise").cast(pl.String))
    (tmp_path / "cases.arff").write_text(arff(own, KINDS))
    for as_text in (True, False):
        told = judge(model, read_table(tmp_path / "cases.arff", as_text), "defaulted").figures
        assert told == judge(model, own, "defaulted").figures
    assert read_table(tmp_path / "cases.arff").schema["turnover"] == pl.Float64


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("@relation x\n@attribute a numeric\n@attribute a real\n@attribute\n1,2\n", {"no line @data", "@attribute a real", "@attribute"}),
        ("@relation x\n@data\n1,2\n", {"no line @attribute"}),
        ("@relation x\n@attribute a numeric\n@data\n1,2\n", {"2 cells in a row"}),
        ("@relation x\n@attribute a numeric\n@data\n{0 1}\n", {"sparse rows"}),
        ("@relation x\n@attribute a numeric\n@data\nmuch\n", {"'much'"}),
        ("@relation x\n@attribute a numeric\n@data\n", {"no rows"}),
    ],
)
def test_every_fault_of_an_arff_file_is_named(text, found, tmp_path):
    (tmp_path / "bad.arff").write_text(text)
    with pytest.raises(FaultsError) as raised:
        read_table(tmp_path / "bad.arff")
    assert {fault.found for fault in raised.value.faults} == found


def test_weights_of_any_scale_give_the_figures_of_sklearn_and_scipy(model, own):
    weight = np.random.default_rng(3).uniform(1, 9, len(own))
    cases = judge(model, own, "defaulted").cases
    outcome, probability = cases["outcome"].to_numpy().astype(float), cases["probability"].to_numpy()
    plain, weighted = evaluate(outcome, probability), evaluate(outcome, probability, weight)
    assert plain.ks == pytest.approx(ks_2samp(probability[outcome == 1], probability[outcome == 0]).statistic)
    assert weighted.auc == pytest.approx(roc_auc_score(outcome, probability, sample_weight=weight))
    assert weighted.brier == pytest.approx(brier_score_loss(outcome, probability, sample_weight=weight))
    odds = np.log(probability / (1 - probability))[:, None]
    line = LogisticRegression(C=1e12, tol=1e-10, max_iter=1000).fit(odds, outcome, sample_weight=weight)
    assert (weighted.calibration_intercept, weighted.calibration_slope) == pytest.approx((line.intercept_[0], line.coef_[0, 0]), abs=1e-4)
    for scale in (1e-300, 1e306):
        scaled = evaluate(outcome, probability, weight * scale).as_dict()
        assert scaled == {name: pytest.approx(value) for name, value in weighted.as_dict().items()}


def test_columns_named_in_another_case_are_found_and_told(model, own):
    found = own.rename({"defaulted": "Defaulted", "months": "MONTHS"}).with_columns(Weight=pl.lit(2))
    figures = judge(model, found, "defaulted", "weight", by=["months"]).figures
    assert {"Defaulted is read as defaulted", "Weight is read as weight"} <= set(figures["notes"])
    assert figures["by"]["months"] and figures["auc"] == judge(model, own, "defaulted").figures["auc"]


def test_one_outcome_alone_is_told(model, own):
    told = judge(model, own.filter(pl.col("defaulted") == 0), "defaulted").figures
    assert told["auc"] is None and told["notes"][-1].startswith("only repaid cases are in the table")


def test_an_endless_weight_is_a_fault(model, own):
    with pytest.raises(FaultsError, match="weight w, row 0"):
        judge(model, own.with_columns(w=pl.Series([float("inf")] + [1.0] * 299)), "defaulted", "w")


def test_a_heading_that_stands_twice_is_named(tmp_path):
    (tmp_path / "twice.csv").write_text("a,b, a\n1,2,3\n")
    with pytest.raises(FaultsError, match="column a: found a heading that stands twice"):
        read_table(tmp_path / "twice.csv")


def test_what_can_be_changed_names_every_row_that_is_none():
    for rows, where in (([3], "row 1"), ([{"variable": "x"}], "effort"), ([{"months": "soon"}], "months")):
        with pytest.raises(FaultsError, match=where):
            actions_of(rows)


def test_the_command_names_faults_and_ends_with_2(model, own, tmp_path):
    own.write_csv(tmp_path / "cases.csv")
    (tmp_path / "model.json").write_text(json.dumps(model.document.as_dict()))
    (tmp_path / "can.toml").write_text("rows = 3")
    explain = ["score", "explain", str(tmp_path / "model.json"), "--data", str(tmp_path / "cases.csv")]
    asked = {"--below": ["--row", "300", "--below", "5"], "--can": ["--row", "1", "--below", "0.1", "--can", str(tmp_path / "can.toml")]}
    for found, extra in asked.items():
        done = puhui(*explain, *extra)
        assert done.returncode == 2 and found in done.stderr and "Traceback" not in done.stderr


CONFIGURATION = {"target": "defaulted", "id": ["loan_nr"], "split": {"folds": 2, "repeats": 1}}


def test_a_number_spoilt_by_a_few_texts_is_named_before_training_and_a_code_is_none(loans):
    frame = loans(400, seed=4)
    spoilt = frame.with_columns(
        turnover=pl.Series(["much", "more", *map(str, frame["turnover"].fill_null(1.5).to_list()[2:])]),
        noise=frame["noise"].cast(pl.String),
        months=pl.Series(["1976A", *map(str, range(100, 499))]),
        trade=pl.Series([f"{4400 + row % 90}" for row in range(400)]),
        area=pl.Series([f"{2100 + row % 90:05d}" for row in range(400)]),
    )
    with pytest.raises(FaultsError) as raised:
        train(spoilt, read_configuration(CONFIGURATION))
    told = {fault.where: fault.found for fault in raised.value.faults}
    assert told == {
        "column turnover, row 0": "'much' (2 of 400 known cells are no numbers)",
        "column noise, row 0": f"'{frame['noise'][0]}': numbers written as text",
        "column months, row 0": "'1976A' (1 of 400 known cells are no numbers)",
    }
    named = CONFIGURATION | {"categories": ["months"], "exclusions": {"turnover": "spoilt", "noise": "spoilt"}}
    assert train(spoilt, read_configuration(named)).figures.n == 400


def test_a_csv_file_may_say_that_a_number_is_not_known(loans, tmp_path):
    frame = loans(50, seed=4)
    for mark in ("NA", "?", "n/a", "-"):
        frame.with_columns(pl.col("turnover").cast(pl.String).fill_null(mark)).write_csv(tmp_path / "gaps.csv")
        assert read_table(tmp_path / "gaps.csv")["turnover"].equals(frame["turnover"]), mark


def test_values_named_as_default_that_the_table_does_not_hold_are_a_fault(model, own, loans):
    with pytest.raises(FaultsError, match="some late, which is named as default"):
        train(loans(100), read_configuration(CONFIGURATION | {"target": {"column": "defaulted", "positive": ["late"]}}))
    with pytest.raises(FaultsError, match="some late, which is named as default"):
        judge(model, own, "defaulted", positive=["late"])


@pytest.mark.parametrize(("day", "found"), [("2030-01-01", "0 from then on"), (None, "no row with a date")])
def test_a_split_by_date_that_leaves_nobody_is_told_before_anything_is_fitted(loans, day, found):
    frame = loans(100) if day else loans(100).with_columns(start=pl.lit(None, dtype=pl.Date))
    split = {**CONFIGURATION["split"], "date": "start"} | ({"since": date.fromisoformat(day)} if day else {})
    fits = []
    with pytest.raises(FaultsError, match=found):
        train(frame, read_configuration(CONFIGURATION | {"split": split}), fits.append)
    assert not fits


def test_a_model_that_could_not_be_written_is_not_trained(tmp_path, loans):
    loans(100).write_csv(tmp_path / "cases.csv")
    (tmp_path / "loans.toml").write_text('name = "loans"\ntarget = "defaulted"\n')
    for out in (tmp_path, tmp_path / "cases.csv" / "model.json"):
        done = puhui("score", "train", str(tmp_path / "loans.toml"), "--data", str(tmp_path / "cases.csv"), "--out", str(out))
        assert done.returncode == 2 and "--out" in done.stderr and "Fitting" not in done.stderr


def test_a_few_hits_that_chance_makes_are_no_rows_of_training():
    """Poisson by scipy: of 274 rows with 0.73% by chance, 3 come often, 15 never."""
    for hits, mean in ((3, 2.0), (15, 2.0), (1, 0.01)):
        assert _chance_of(hits, mean) == pytest.approx(poisson.sf(hits - 1, mean))
    rows = pl.DataFrame({"x": np.arange(274.0)})
    kept = sorted(sample_of(rows)["rows"])
    sample = {"rows": [kept[0], kept[1], kept[-1]], "whole": False, "chance": 0.003167}
    assert note_of(rows, sample) == ""
    assert note_of(rows, sample | {"rows": kept[:14] + kept[-1:]}).startswith("about 5.5% of the rows")


def test_training_reads_money_days_and_decimal_commas_as_people_write_them(loans, tmp_path):
    own = loans(300, seed=4).with_columns(pl.col("turnover").round(2), pl.col("noise").round(4))
    own = own.with_columns(area=pl.Series([f"{2100 + row % 90:05d}" for row in range(300)]), remark=pl.lit("1,5 or more"))
    written = own.with_columns(
        pl.Series("turnover", [None if value is None else f"${value:,.2f} " for value in own["turnover"]]).fill_null("?"),
        pl.Series("noise", [f"{value:.4f}".replace(".", ",") for value in own["noise"]]),
        pl.col("start").dt.strftime("%d-%b-%y"),
    )
    written.write_csv(tmp_path / "written.csv", separator=";")
    written.write_parquet(tmp_path / "written.parquet")
    for file in ("written.csv", "written.parquet"):
        read = read_table(tmp_path / file)
        for name in ("turnover", "noise", "start"):
            assert read[name].equals(own[name]), (file, name)
        assert read["remark"].dtype == pl.String
    assert read_table(tmp_path / "written.parquet")["area"].equals(own["area"]), "a code of figures stays a code"
    other = own.with_columns(pl.col("start").dt.replace(day=5).dt.strftime("%m/%d/%Y"))
    other.write_csv(tmp_path / "order.csv")
    assert read_table(tmp_path / "order.csv")["start"].dtype == pl.String, "May or the fifth: nobody knows"


def test_training_names_the_nearest_of_a_table_that_spells_otherwise(loans):
    body = {"target": "Defaulted", "id": ["LoanNr"], "variables": ["turn_over", "nois*"], "split": {"folds": 2, "repeats": 1}}
    with pytest.raises(FaultsError) as raised:
        train(loans(100), read_configuration(body))
    told = {fault.where: fault.remedy for fault in raised.value.faults}
    assert told["target: column Defaulted"] == "is 'defaulted' meant?" and told["id: column LoanNr"] == "is 'loan_nr' meant?"
    assert told["variables: turn_over"] == "is 'turnover' meant?"
