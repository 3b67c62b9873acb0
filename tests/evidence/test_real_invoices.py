"""The 1.1 million real invoices of 425 firms: what the README of that data counts is what is stored, once."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import polars as pl
import pytest
from tests.evidence.conftest import consent

from puhui.evidence import queries
from puhui.evidence.actions import import_invoices
from puhui.evidence.models import Batch, Invoice
from puhui.evidence.reading.mapping import named_mapping
from puhui.parties import actions

DATA = Path(os.environ.get("PUHUI_REAL_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
FILES = {  # rows, surplus repeats, voids, negative totals that are not void, amount + tax ≠ total
    "a1_input": (210_947, 803, 7_608, 1_881 - 21, 2),
    "a1_output": (162_484, 4_436, 11_206, 8_556 - 132, 1),
    "a2_input": (395_175, 4_681, 17_236, 3_630 - 78, 2),
    "a2_output": (330_835, 1_745, 27_555, 5_697 - 115, 0),
}
pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not (DATA / "cumcm2020c_firms.parquet").exists(), reason=f"the real data is not at {DATA} (PUHUI_REAL_DATA)"),
]


def test_all_four_files(database):
    bank = actions.create_institution("bank", "Bank", "bank", dt.date(2020, 3, 1))
    rows = pl.read_parquet(DATA / "cumcm2020c_firms.parquet").select("firm_id", "firm_name").rows()
    firms = actions.register_firms(bank, [{"name": name, "identifiers": {"cumcm": key}} for key, name in rows], "test")
    consent(firms)
    for name, expected in FILES.items():
        path, mapping = DATA / f"cumcm2020c_{name}_invoices.parquet", named_mapping(f"cumcm2020-{name[3:]}")
        counts = import_invoices(bank, path, mapping).counts
        assert tuple(counts[key] for key in ("accepted", "duplicates", "voids", "reds", "total_differs")) == expected
    assert Invoice.objects.count() == 1_099_441
    again = import_invoices(bank, DATA / "cumcm2020c_a1_output_invoices.parquet", named_mapping("cumcm2020-output"))
    assert (again.counts["accepted"], again.counts["unchanged"], Batch.objects.count()) == (0, 162_484, 4)
    frame = queries.invoices_as_of(bank, dt.date(2020, 3, 1))
    assert frame.height == 1_099_441
    _amounts_are_those_of_the_source(frame, firms, rows)
    early = queries.invoices_as_of(bank, dt.date(2018, 12, 31))
    assert early["issued_on"].max() == dt.date(2018, 12, 30)
    assert early.filter(status="void")["issued_on"].max() < dt.date(2018, 12, 1)


def _amounts_are_those_of_the_source(frame: pl.DataFrame, firms: list, rows: list) -> None:
    """Sums by firm, recomputed from the file with exact decimals."""
    key = {firm.pk: value for firm, (value, _) in zip(firms, rows, strict=True)}
    ours = frame.filter(pl.col("direction") == "out", ~pl.col("duplicate"), pl.col("status").is_in(["normal", "red"]))
    sums = {key[number]: amount for number, amount in ours.group_by("firm_id").agg(pl.col("amount_fen").sum()).rows()}
    source = pl.concat(pl.read_parquet(DATA / f"cumcm2020c_a{part}_output_invoices.parquet").drop("row_no") for part in (1, 2))
    valid = source.unique().filter(pl.col("status") == "有效发票").with_columns((pl.col("amount") * 100).round().cast(pl.Int64))
    assert sums == dict(valid.group_by("firm_id").agg(pl.col("amount").sum()).rows())
