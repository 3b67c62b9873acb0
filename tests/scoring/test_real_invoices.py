"""The shipped configuration on the labelled firms of CUMCM 2020 C: invoices only, never the rating given there, which leaks the outcome.

One of the ten repeats behind the figure in docs/algorithms/scorecard.md, to keep the test short.
"""

import os
from importlib.resources import files
from pathlib import Path

import polars as pl
import pytest

from puhui.features.compute import compute
from puhui.features.sources import complete_as_of, read_folder
from puhui.scoring.configuration import read_configuration
from puhui.scoring.training import train

FOLDER = Path(os.environ.get("PUHUI_REAL_DATA") or Path(__file__).parents[3] / "shared" / "data")


@pytest.mark.real_data
@pytest.mark.skipif(not (FOLDER / "cumcm2020c_firms.parquet").exists(), reason=f"no real data in {FOLDER}; set PUHUI_REAL_DATA")
def test_the_invoice_scorecard_orders_unseen_firms():
    everybody = read_folder(FOLDER).invoices
    labels = pl.read_parquet(FOLDER / "cumcm2020c_firms.parquet").filter(pl.col("attachment") == 1).select("firm_id", "defaulted")
    labelled = everybody.join(labels, on="firm_id", how="semi")
    table = compute(labelled, complete_as_of(everybody)).join(labels, on="firm_id")
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
