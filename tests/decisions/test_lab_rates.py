"""Rates firm by firm, between the points of the curve, under capital and quotas: each against plain loops."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from puhui.decisions.lab.allocating import between
from puhui.site.command import run

CURVE = {"annual_rate": [0.04, 0.06, 0.10, 0.15], "churn_a": [0.0, 0.2, 0.6, 0.9], "churn_b": [0.0, 0.1, 0.4, 0.8]}


@pytest.fixture
def files(tmp_path):
    random = np.random.default_rng(8)
    rows = {
        "grade": ["A", "B", "C"] * 12,
        "defaulted": random.integers(0, 8, 36) == 0,
        "p": random.uniform(0.001, 0.08, 36).round(4),
    }
    pl.DataFrame(rows).write_parquet(tmp_path / "firms.parquet")
    pl.DataFrame(CURVE).write_csv(tmp_path / "curve.csv")
    return tmp_path


def told(files, capsys, *more):
    base = ["lab", "rates", str(files / "firms.parquet"), "--curve", str(files / "curve.csv"), "--group", "grade", "--outcome", "defaulted"]
    assert run([*base, "--amount", "1000", "--json", *more]) == 0
    return json.loads(capsys.readouterr().out)


def leaves(grade, rate):
    """The curve by hand: the two points about the rate and the straight line between them."""
    rates, churns = CURVE["annual_rate"], CURVE[f"churn_{grade.lower()}"]
    place = max(number for number, each in enumerate(rates) if each <= rate + 1e-12)
    if place == len(rates) - 1:
        return churns[-1]
    part = (rate - rates[place]) / (rates[place + 1] - rates[place])
    return churns[place] + part * (churns[place + 1] - churns[place])


def test_every_firm_at_its_own_rate_between_the_points(files, capsys):
    """Every firm and every tenth of a percent looked at, in loops; expected and realised."""
    expected = realised = 0.0
    for row in pl.read_parquet(files / "firms.parquet").filter(pl.col("grade") != "C").iter_rows(named=True):
        best = (0.0, 0.0)
        for step in range(40, 151):
            rate = step / 1000
            lent = 1000 * (1 - leaves(row["grade"], rate))
            earned = lent * ((1 - row["p"]) * rate - row["p"] * 0.6 - 0.01)
            if earned > best[0] + 1e-9:
                best = (earned, lent * ((1 - row["defaulted"]) * rate - row["defaulted"] * 0.6 - 0.01))
        expected, realised = expected + best[0], realised + best[1]
    found = told(files, capsys, "--probability", "p", "--between", "0.001", "--loss-given-default", "0.6", "--cost", "0.01")
    assert found["profit"] == pytest.approx(expected, abs=1) and found["realised"] == pytest.approx(realised, abs=1)


def test_capital_and_quotas_bind(files, capsys):
    free = told(files, capsys, "--probability", "p")
    held = told(files, capsys, "--probability", "p", "--capital", "400", "--capital-share", "0.08")
    assert held["lent"] == pytest.approx(5000, abs=1) and held["profit"] < free["profit"]
    forced = told(files, capsys, "--probability", "p", "--capital", "400", "--quota", "B=12")
    assert sum(each["firms"] for each in forced["offers"] if each["group"] == "B") == pytest.approx(12)
    assert forced["profit"] <= held["profit"]


def test_bad_input_is_named(files, capsys):
    base = ["lab", "rates", str(files / "firms.parquet"), "--curve", str(files / "curve.csv"), "--group", "grade", "--outcome", "defaulted"]
    assert run([*base, "--quota", "Z=3"]) == 2 and "--quota" in capsys.readouterr().err
    assert run([*base, "--between", "0"]) == 2 and "--between" in capsys.readouterr().err
    assert run([*base, "--probability", "none"]) == 2 and "no such column" in capsys.readouterr().err


def test_points_between():
    assert between([(0.04, 0.0), (0.06, 0.2)], 0.01) == ((0.04, 0.0), (0.05, pytest.approx(0.1)), (0.06, 0.2))


@pytest.mark.parametrize("form", ["html", "xlsx", "csv", "json"])
def test_the_result_is_written(files, capsys, form):
    target = files / f"rates.{form}"
    found = told(files, capsys, "--budget", "6000", "--step", "0.5", "--step", "1", "--quota", "A=4", "--out", str(target))
    assert {each["step"] for each in found["offers"]} <= {0.5, 1.0} and found["lent"] <= 6001
    if form == "json":
        tables = json.loads(target.read_text(encoding="utf-8"))["tables"]
        assert {each["what"] for each in tables["sums"]} >= {"the best offers within the bounds"}
        assert tables["sums"][0]["profit_fen"] == pytest.approx(found["profit"] * 100, abs=60)
        assert len(tables["bounds"]) == 2 and len(tables["offers"]) == len(found["offers"])
    else:
        assert target.stat().st_size > 200


def test_a_file_that_cannot_be_written_is_refused_first(files, capsys):
    base = ["lab", "rates", str(files / "firms.parquet"), "--curve", str(files / "curve.csv"), "--group", "grade", "--outcome", "defaulted"]
    assert run([*base, "--out", "rates.docx", "--step", "1.5"]) == 2
    shown = capsys.readouterr().err
    assert "rates.docx" in shown and "--step" in shown
