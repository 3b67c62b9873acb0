"""The leak guard finds by itself what was written after the outcome, and leaves alone what was not."""

import os
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from puhui.scoring.configuration_file import read_configuration
from puhui.scoring.leakage import suspicions
from puhui.scoring.population import population_of

FOLDER = Path(os.environ.get("PUHUI_REAL_DATA") or Path(__file__).parents[3] / "shared" / "data")


def found(frame: pl.DataFrame, **body) -> dict[str, str]:
    configuration = read_configuration({"target": "defaulted", **body})
    return suspicions(population_of(frame, configuration, {}), frame, configuration)


def test_a_term_that_ended_when_the_loan_failed_is_certain_at_odd_values(loans):
    random = np.random.default_rng(1)
    frame = loans(4000)
    granted = random.choice([12, 24, 36, 60], 4000)
    ended = np.where((frame["defaulted"].to_numpy() == 1) & (random.random(4000) < 0.5), granted - random.integers(1, 8, 4000), granted)
    suspected = found(frame.with_columns(term=pl.Series(ended), granted=pl.Series(granted)))
    assert set(suspected) == {"term"}
    assert "all but settle the outcome" in suspected["term"]


def test_days_counted_from_a_date_after_the_decision_are_late(loans):
    frame = loans(800)
    days = np.random.default_rng(2).integers(1, 900, 800)
    ended = [start + timedelta(days=int(count)) for start, count in zip(frame["start"], days, strict=True)]
    step = {"name": "lasted", "kind": "days_between", "columns": ["start", "ended"]}
    suspected = found(frame.with_columns(ended=pl.Series(ended)), preparation=[step], split={"date": "start"}, exclusions=["ended"])
    assert suspected == {"lasted": "rests on ended, which lies after start in 100% of the cases that have it"}


def test_plain_variables_are_not_suspected(loans):
    assert found(loans(2000)) == {}


@pytest.mark.real_data
@pytest.mark.skipif(not (FOLDER / "sba_national_sample21k.parquet").exists(), reason=f"no real data in {FOLDER}; set PUHUI_REAL_DATA")
def test_the_term_of_guaranteed_loans_and_the_rating_of_firms_are_found():
    loans = pl.read_parquet(FOLDER / "sba_national_sample21k.parquet")
    names = ["term", "no_emp", "create_job", "retained_job", "gr_appv", "state", "bank", "approval_fy", "urban_rural", "naics", "zip"]
    assert set(found(loans, variables=names)) == {"term"}
    firms = pl.read_parquet(FOLDER / "cumcm2020c_firms.parquet").filter(pl.col("attachment") == 1)
    assert set(found(firms, variables=["credit_rating", "industry_handlabel"])) == {"credit_rating"}


def test_one_default_that_is_ordered_perfectly_is_chance_and_no_leak():
    frame = pl.DataFrame({"x": list(range(40)), "defaulted": [int(place == 39) for place in range(40)]})
    configuration = read_configuration({"target": "defaulted", "split": {"folds": 2}})
    assert suspicions(population_of(frame, configuration, {}), frame, configuration) == {}
    more = frame.with_columns(defaulted=(pl.col("x") >= 28).cast(pl.Int64))
    assert "AUC" in suspicions(population_of(more, configuration, {}), more, configuration)["x"]
