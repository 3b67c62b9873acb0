"""The shipped configuration on the labelled firms of CUMCM 2020 C: invoices only, never the rating given there, which leaks the outcome.

One of the ten repeats behind the figure in docs/algorithms/scorecard.md, to keep the test short.
"""

import os
from importlib.resources import files
from pathlib import Path

import polars as pl
import pytest

from puhui.calculations.faults import FaultsError
from puhui.scoring.configuration import Evidence
from puhui.scoring.configuration_file import read_configuration
from puhui.scoring.from_evidence import evidence_table
from puhui.scoring.training import train

FOLDER = Path(os.environ.get("PUHUI_REAL_DATA") or Path(__file__).parents[3] / "shared" / "data")


@pytest.mark.real_data
@pytest.mark.skipif(not (FOLDER / "cumcm2020c_firms.parquet").exists(), reason=f"no real data in {FOLDER}; set PUHUI_REAL_DATA")
def test_the_invoice_scorecard_orders_unseen_firms():
    table = evidence_table(FOLDER, Evidence("cumcm2020c_firms.parquet", keep="attachment = 1"), "defaulted")
    path = files("puhui.catalogue").joinpath("scores/invoice-scorecard.toml")
    configuration = read_configuration(Path(str(path)))
    assert (configuration.split.folds, configuration.split.repeats) == (5, 10)
    short = read_configuration(_with_repeats(Path(str(path)), 1))
    trained = train(table, short)
    assert (trained.figures.n, trained.figures.events) == (123, 27)
    assert trained.figures.auc_mean >= 0.86
    assert len(trained.model.score_frame(table)) == 123
    assert "credit_rating" not in trained.card
    for variable in trained.model.document.variables:
        points = [row.points for row in variable.bins]
        if variable.sign == "+":
            assert points == sorted(points), variable.name
        if variable.sign == "-":
            assert points == sorted(points, reverse=True), variable.name


def _with_repeats(path: Path, repeats: int) -> dict:
    import tomllib

    body = tomllib.loads(path.read_text(encoding="utf-8"))
    body["split"]["repeats"] = repeats
    return body


def test_outcomes_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    pl.DataFrame({"firm": ["A"], "late": [1]}).write_parquet(tmp_path / "outcomes.parquet")
    with pytest.raises(FaultsError) as raised:
        evidence_table(tmp_path, Evidence("outcomes.parquet"), "defaulted")
    assert [fault.where.rsplit(" ", 1)[1] for fault in raised.value.faults] == ["firm_id", "defaulted"]
    with pytest.raises(FaultsError, match="SQL condition"):
        evidence_table(tmp_path, Evidence("outcomes.parquet", key="firm", keep="late >"), "late")
