"""A table from elsewhere is judged as the same table in the model's own spelling would be."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import brier_score_loss, roc_auc_score

from puhui.calculations.faults import FaultsError
from puhui.scoring.applying import applied, write_cases
from puhui.scoring.cells import dates, number, yes_or_no
from puhui.scoring.configuration_file import read_configuration
from puhui.scoring.tables import evaluate_table, judge, read_table
from puhui.scoring.training import train

STEPS = [
    {"name": "year", "kind": "year", "columns": ["start"]},
    {"name": "area", "kind": "prefix", "columns": ["zip"], "length": 2},
    {"name": "per_month", "kind": "ratio", "columns": ["turnover", "months"]},
]


def table(loans, size, seed):
    random = np.random.default_rng(seed)
    return loans(size, seed=seed).with_columns(
        pl.col("region").str.to_uppercase(),
        zip=pl.Series(random.choice([2108, 2109, 33101, 90210], size)),
        code=pl.Series(random.choice([1.0, 2.0, 7.0], size)),
    )


@pytest.fixture(scope="module", params=["lightgbm", "scorecard"])
def model(request, loans):
    body = {
        "target": "defaulted", "models": [request.param], "id": ["loan_nr"], "categories": ["code", "zip"], "preparation": STEPS,
        "split": {"folds": 2, "repeats": 1}, "lightgbm": {"rounds": 30}, "selection": {"minimum_information_value": 0.0},
    }  # fmt: skip
    return train(table(loans, 500, 1), read_configuration(body)).model


def elsewhere(frame: pl.DataFrame) -> pl.DataFrame:
    """The same cases as another system writes them, in another order."""
    money = [None if value is None else f"${value:,.6f} " for value in frame["turnover"]]
    return frame.select(
        pl.Series("Turnover", money).fill_null("?"),
        pl.format("{}.0", pl.col("months").cast(pl.Int64)).alias("MONTHS"),
        pl.col("region").str.to_lowercase().alias("Region "),
        pl.col("noise").cast(pl.String),
        pl.col("start").dt.strftime("%d-%b-%y").alias("Start"),
        pl.col("is_franchise").replace_strict({True: "Y", False: "N"}).alias("IsFranchise"),
        pl.col("zip").cast(pl.String).str.zfill(5),
        pl.col("code").cast(pl.Int64).cast(pl.String).str.zfill(2),
        pl.lit("of no use").alias("remark"),
        pl.col("defaulted").replace_strict({1: "CHGOFF", 0: "P I F"}).alias("MIS_Status"),
    ).reverse()


def test_the_same_cases_in_another_spelling_give_the_same_figures(model, loans, tmp_path):
    own = table(loans, 300, 2)
    expected = evaluate_table(model, own, "defaulted")
    elsewhere(own).write_csv(tmp_path / "other.csv", separator=";")
    found = evaluate_table(model, read_table(tmp_path / "other.csv", as_text=True), "MIS_Status")
    assert {key: found[key] for key in ("n", "events")} == {"n": 300, "events": expected["events"]}
    for key in ("auc", "brier", "mean_probability"):
        assert found[key] == pytest.approx(expected[key], abs=1e-9), key
    assert "Turnover is read as turnover" in found["notes"] and found["read_as_null"] == {}


def test_a_few_cells_that_cannot_be_read_are_null_and_told_and_many_are_a_fault(model, loans):
    own = table(loans, 300, 2)
    few = own.with_columns(pl.Series("months", ["1976A", *map(str, own["months"].to_list()[1:])]))
    found = evaluate_table(model, few, "defaulted")
    assert found["read_as_null"] == {"months": 1} and found["n"] == 300
    assert (
        evaluate_table(model, own.with_columns(months=pl.Series([None, *own["months"].to_list()[1:]])), "defaulted")["auc"] == found["auc"]
    )
    with pytest.raises(FaultsError, match="column months, row 0"):
        evaluate_table(model, own.with_columns(months=pl.lit("a year")), "defaulted")


def test_every_absent_column_is_named_with_what_may_be_meant(model, loans):
    narrow = table(loans, 300, 2).rename({"months": "month"}).drop("turnover")
    with pytest.raises(FaultsError) as raised:
        evaluate_table(model, narrow, "defaulted")
    told = {fault.where: fault.remedy for fault in raised.value.faults}
    assert {"column months", "column turnover"} <= set(told) and "'month'" in told["column months"]


@pytest.mark.parametrize(
    ("outcome", "named"),
    [(["CHGOFF", "P I F"], {}), ([1.0, 0.0], {}), ([True, False], {}), (["1.0", "0"], {}), (["2", "1"], {"positive": ["2"]})],
)
def test_outcomes_however_they_are_coded(model, loans, outcome, named):
    own = table(loans, 200, 2)
    coded = own.with_columns(outcome=pl.Series([outcome[0] if each else outcome[1] for each in own["defaulted"]]))
    assert evaluate_table(model, coded, "outcome", **named)["events"] == own["defaulted"].sum()


def test_an_outcome_that_is_neither_default_nor_repaid_is_named(model, loans):
    own = table(loans, 200, 2)
    words = pl.Series(["PIF" if row < 5 else "CHGOFF" if each else "P I F" for row, each in enumerate(own["defaulted"])])
    found = evaluate_table(model, own.with_columns(outcome=words), "outcome", positive=["CHGOFF"], negative=["P I F"])
    assert found["left_out"] == 5
    assert "outcome: outcomes that mean neither default nor repaid are left out ('PIF' 5)" in found["notes"]


def test_rows_without_a_weight_are_left_out_and_a_weight_below_nothing_is_a_fault(model, loans):
    own = table(loans, 200, 2).with_columns(w=pl.Series(["", "1,000.5", "2"] + ["1"] * 197))
    found = evaluate_table(model, own, "defaulted", "w")
    assert (found["n"], found["left_out_without_weight"]) == (199, 1)
    with pytest.raises(FaultsError, match="row 0"):
        evaluate_table(model, own.with_columns(w=pl.lit("-1")), "defaulted", "w")
    with pytest.raises(FaultsError, match="no row with a weight"):
        evaluate_table(model, own.with_columns(w=pl.lit(None)), "defaulted", "w")


def test_values_that_training_never_met_and_columns_of_nothing_are_told(model, loans):
    odd = table(loans, 200, 2).with_columns(
        region=pl.when(pl.int_range(pl.len()) < 30).then(pl.lit("MARS")).otherwise("region"), months=pl.lit(None, dtype=pl.Int64)
    )
    notes = evaluate_table(model, odd, "defaulted")["notes"]
    assert "region: 30 of 200 cells hold a value that training never met ('MARS')" in notes
    assert "months: nothing is known in any row" in notes
    assert evaluate_table(model, table(loans, 200, 2), "defaulted")["notes"] == []


def test_judged_cases_give_the_figures_again_and_groups_theirs(model, loans):
    own = table(loans, 300, 2).with_columns(w=pl.Series(np.random.default_rng(3).uniform(0.5, 3, 300)))
    own = own.with_columns(defaulted=pl.when(pl.int_range(pl.len()) >= 20).then("defaulted"))
    judged = judge(model, own, "defaulted", "w", by=["region", "is_franchise"])
    cases, figures = judged.cases, judged.figures
    assert cases["row"].to_list() == list(range(20, 300)) and cases["weight"].to_list() == own["w"].to_list()[20:]
    assert figures["auc"] == pytest.approx(roc_auc_score(cases["outcome"], cases["probability"], sample_weight=cases["weight"]))
    assert figures["brier"] == pytest.approx(brier_score_loss(cases["outcome"], cases["probability"], sample_weight=cases["weight"]))
    regions = figures["by"]["region"]
    assert [row["n"] for row in regions] == own[20:]["region"].value_counts(sort=True)["count"].to_list()
    one = evaluate_table(model, own[20:].filter(pl.col("region") == regions[0]["value"]), "defaulted", "w")
    assert {name: one[name] for name in ("n", "events", "auc", "brier")} == {
        name: regions[0][name] for name in ("n", "events", "auc", "brier")
    }
    assert sum(row["n"] for row in figures["by"]["is_franchise"]) == 280
    with pytest.raises(FaultsError, match="--by county"):
        judge(model, own, "defaulted", by=["county"])


def test_a_model_applied_to_cases_without_outcome_gives_each_its_score(model, loans):
    own = table(loans, 50, 4)
    cases, notes = applied(model, elsewhere(own).drop("MIS_Status"), ["remark"])
    exact = model.score_frame(own.reverse())
    assert cases["row"].to_list() == list(range(50)) and set(cases["remark"]) == {"of no use"}
    assert cases["probability"].to_list() == pytest.approx(exact["probability"].to_list(), abs=1e-6)
    assert "Turnover is read as turnover" in notes
    with pytest.raises(FaultsError, match="--keep key"):
        applied(model, own, ["key"])
    with pytest.raises(FaultsError, match="--keep points"):
        applied(model, own.with_columns(points=pl.lit(1)), ["points"])


@pytest.mark.parametrize(("ending", "read"), [("parquet", pl.read_parquet), ("csv", pl.read_csv), ("json", pl.read_json)])
def test_scored_cases_are_written_as_the_ending_says(tmp_path, ending, read):
    cases = pl.DataFrame({"row": [0, 1], "probability": [0.25, 0.5]})
    write_cases(cases, tmp_path / f"cases.{ending}")
    assert read(tmp_path / f"cases.{ending}").equals(cases)
    with pytest.raises(FaultsError, match="ends in"):
        write_cases(cases, tmp_path / "cases.doc")
    with pytest.raises(FaultsError, match="can be written"):
        write_cases(cases, tmp_path / "nowhere" / f"cases.{ending}")


def test_a_file_in_an_old_encoding_is_read(tmp_path):
    (tmp_path / "old.csv").write_bytes("名称\t金额\n普惠\t1\n".encode("gb18030"))
    assert read_table(tmp_path / "old.csv").rows() == [("普惠", 1)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$60,000.00 ", 60000), ("(1,234)", -1234), ("１２３４．５", 1234.5), ("5%", 0.05), ("?", None), ("n/a", None), ("-1e-3", -0.001),
        ("US$5", 5), ("inf", None),
    ],
)  # fmt: skip
def test_numbers(text, expected):
    assert number(text) == expected


@pytest.mark.parametrize("text", ["1,23", "12a", "1_000", "--5"])
def test_no_numbers(text):
    with pytest.raises(ValueError, match=r".+"):
        number(text)


@pytest.mark.parametrize(
    ("texts", "expected", "note"),
    [
        (["28-Feb-97", "7-May-68"], [date(1997, 2, 28), date(1968, 5, 7)], ""),
        (["1997-02-28 00:00:00", "19970301", "1997年3月2日"], [date(1997, 2, 28), date(1997, 3, 1), date(1997, 3, 2)], ""),
        (["2/28/1997", "3/1/1997"], [date(1997, 2, 28), date(1997, 3, 1)], "month/day/year"),
        (["28/2/1997", "1/3/1997"], [date(1997, 2, 28), date(1997, 3, 1)], "day/month/year"),
        (["1/3/1997"], [date(1997, 1, 3)], "do not settle"),
        (["35489"], [date(1997, 2, 28)], ""),
    ],
)
def test_days(texts, expected, note):
    read, wrong, told = dates(texts)
    assert ([read[text] for text in texts], wrong) == (expected, set())
    assert note in told


@pytest.mark.parametrize(
    ("text", "levels", "expected"),
    [("yes", ["N", "Y"], "Y"), ("No", ["N", "Y"], "N"), ("是", ["0", "1"], "1"), ("T", ["N", "Y"], None), ("0", ["N", "Y"], None),
     ("yes", ["N", "Y", "true"], None), ("yes", ["CA", "TX"], None)],
)  # fmt: skip
def test_whole_words_of_yes_and_no_are_the_level_that_means_them_and_codes_stay_codes(text, levels, expected):
    assert yes_or_no(text, levels) == expected


def test_day_numbers_are_told_with_the_days_that_they_give():
    read, wrong, note = dates(["35489", "35490"])
    assert not wrong and read["35489"] == date(1997, 2, 28)
    assert note.endswith("which gives 1997-02-28 to 1997-03-01")
    assert dates(["19970228", "1997-03-01"])[2] == ""


def test_a_category_of_y_and_n_is_found_in_words(loans):
    def coded(frame, yes, no):
        return frame.with_columns(new=pl.when(pl.col("months") > 30).then(pl.lit(yes)).otherwise(pl.lit(no)))

    body = {"target": "defaulted", "id": ["loan_nr"], "categories": ["new"], "split": {"folds": 2, "repeats": 1},
            "selection": {"minimum_information_value": 0.0}}  # fmt: skip
    model = train(coded(loans(300, seed=5), "Y", "N"), read_configuration(body)).model
    own = loans(200, seed=6)
    told = [evaluate_table(model, coded(own, *words), "defaulted") for words in (("Y", "N"), ("yes", "no"), ("TRUE", "FALSE"))]
    assert told[1] == told[0] and told[2] == told[0]


def test_no_days():
    read, wrong, _ = dates(["soon", "2001-02-30", "", "2001-02-28"])
    assert wrong == {"soon", "2001-02-30"} and read["2001-02-28"] == date(2001, 2, 28)
