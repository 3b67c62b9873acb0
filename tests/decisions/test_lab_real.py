"""Firm by firm on the published problem: probabilities of unseen firms, rates between the points, against plain loops.

The score is the shipped one, each firm scored by models that did not see it (five folds, the first of the ten repeats). What it says within
a grade is shifted so that the mean of the grade is its observed share, as in the grade's own optimum. The figures stand in
docs/algorithms/price.md.
"""

from __future__ import annotations

import json
import math
import os
import re
from importlib.resources import files
from pathlib import Path

import polars as pl
import pytest

from puhui.site.command import run

FOLDER = Path(os.environ.get("PUHUI_REAL_DATA") or Path(__file__).parents[3] / "shared" / "data")
pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not (FOLDER / "cumcm2020c_firms.parquet").exists(), reason=f"no real data in {FOLDER}; set PUHUI_REAL_DATA"),
]


@pytest.fixture(scope="module")
def unseen() -> pl.DataFrame:
    """The labelled firms with their log-odds out of fold."""
    from tests.scoring.test_real_invoices import _with_repeats

    from puhui.features.compute import compute
    from puhui.features.sources import complete_as_of, read_folder
    from puhui.scoring.configuration_file import read_configuration
    from puhui.scoring.population import population_of
    from puhui.scoring.resampling import out_of_fold
    from puhui.scoring.training import catalogue_signs

    everybody = read_folder(FOLDER).invoices
    firms = pl.read_parquet(FOLDER / "cumcm2020c_firms.parquet").filter(pl.col("attachment") == 1)
    labels = firms.select("firm_id", "defaulted")
    table = compute(everybody.join(labels, on="firm_id", how="semi"), complete_as_of(everybody)).join(labels, on="firm_id")
    path = Path(str(files("puhui.catalogue").joinpath("scores/invoice-scorecard.toml")))
    configuration = read_configuration(_with_repeats(path, 1))
    scores = out_of_fold(population_of(table, configuration, catalogue_signs()), configuration).log_odds[0]
    return firms.join(table.select("firm_id").with_columns(pl.Series("log_odds", scores)), on="firm_id")


def own_probabilities(log_odds: list[float], share: float, slope: float) -> list[float]:
    """slope × log-odds, shifted until the mean probability is the share of the grade."""
    low, high = -60.0, 60.0
    for _ in range(200):
        shift = (low + high) / 2
        found = [1 / (1 + math.exp(-(slope * each + shift))) for each in log_odds]
        low, high = (shift, high) if sum(found) / len(found) < share else (low, shift)
    return found if share else [0.0] * len(log_odds)


def table_of_the_page() -> dict[tuple[float, float], tuple[int, int]]:
    """(cost, slope) → (expected, realised) as docs/algorithms/price.md has them."""
    page = Path("docs/algorithms/price.md").read_text(encoding="utf-8")
    rows = re.findall(r"\| (\d)% \| ([\d.]+) \| ([\d,]+) \| ([\d,]+) \|", page)
    return {(int(c) / 100, float(s)): (int(e.replace(",", "")), int(r.replace(",", ""))) for c, s, e, r in rows}


@pytest.mark.parametrize(("cost", "by_grade"), [(0.0, 2_455_559), (0.02, 1_668_468)])
@pytest.mark.parametrize("slope", [0.25, 1.0])
def test_firm_by_firm(cost, by_grade, slope, unseen, tmp_path, capsys):
    table = pl.read_parquet(FOLDER / "cumcm2020c_rate_churn.parquet").sort("annual_rate")
    given = table["annual_rate"].to_list()
    parts, expected, realised = [], 0.0, 0.0
    for grade in "ABC":
        firms = unseen.filter(pl.col("credit_rating") == grade)
        bad = [each == "是" for each in firms["defaulted"]]
        own = own_probabilities(firms["log_odds"].to_list(), sum(bad) / len(bad), slope)
        parts.append(firms.with_columns(pl.Series("p", own)))
        churn = table[f"churn_{grade.lower()}"].to_list()
        points = dict(zip(given, churn, strict=True))
        for left in range(len(given) - 1):  # straight lines between the points, every twentieth of a percent
            for step in range(math.ceil(given[left] / 0.0005), math.floor(given[left + 1] / 0.0005) + 1):
                rate = step * 0.0005
                part = (rate - given[left]) / (given[left + 1] - given[left])
                points.setdefault(round(rate, 9), churn[left] + part * (churn[left + 1] - churn[left]))
        for p, failed in zip(own, bad, strict=True):
            best = max(points, key=lambda rate: (1 - points[rate]) * ((1 - p) * rate - p - cost))
            earned = (1 - points[best]) * ((1 - p) * best - p - cost)
            if earned > 0:
                expected += 1e6 * earned
                realised += 1e6 * (1 - points[best]) * ((1 - failed) * best - failed - cost)
    pl.concat(parts).write_parquet(tmp_path / "firms.parquet")
    curve = FOLDER / "cumcm2020c_rate_churn.parquet"
    arguments = ["lab", "rates", str(tmp_path / "firms.parquet"), "--curve", str(curve), "--group", "credit_rating", "--json"]
    more = ["--outcome", "defaulted", "--probability", "p", "--between", "0.0005", "--cost", str(cost)]
    assert run([*arguments, *more]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["profit"], told["realised"]) == (pytest.approx(expected, abs=1), pytest.approx(realised, abs=1))
    assert told["profit"] > by_grade
    page = table_of_the_page()[cost, slope]

    assert page == (pytest.approx(told["profit"], abs=2), pytest.approx(told["realised"], abs=2))
