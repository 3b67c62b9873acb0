"""A churn curve from a file becomes a table of the institution's own catalogue."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from puhui.calculations.faults import FaultsError
from puhui.products import parameters
from puhui.products.churn import write_churn_curve


def test_written_curve_goes_first(tmp_path):
    source = tmp_path / "curve.parquet"
    pl.DataFrame({"annual_rate": [0.05, 0.04], "churn_a": [0.3, 0.0], "churn_b": [0.25, 0.0], "churn_c": [1 / 7, 0.0]}).write_parquet(
        source
    )
    write_churn_curve(source, tmp_path / "own")
    table = parameters.table("churn-curve", tmp_path / "own")
    assert [dict(row) for row in table.valid_on(date(2020, 1, 1))] == [
        {"rate": 0.04, "A": 0.0, "B": 0.0, "C": 0.0},
        {"rate": 0.05, "A": 0.3, "B": 0.25, "C": 0.142857},
    ]
    assert table.digest != parameters.table("churn-curve").digest


def test_file_without_a_column(tmp_path):
    source = tmp_path / "curve.parquet"
    pl.DataFrame({"annual_rate": [0.05]}).write_parquet(source)
    with pytest.raises(FaultsError, match="churn_a"):
        write_churn_curve(source, tmp_path)
