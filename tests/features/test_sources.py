"""Folders of invoice files: what is recognised, what is assumed, what is refused."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from puhui.calculations.faults import FaultsError
from puhui.features import sources
from puhui.features.compute import compute

from .frames import frame, row
from .test_worked_firm import AS_OF, ROWS

REAL_DATA = Path(os.environ.get("PUHUI_REAL_DATA", Path(__file__).parents[3] / "shared" / "data"))

real_data = pytest.mark.skipif(
    not (REAL_DATA / "cumcm2020c_a1_output_invoices.parquet").exists(),
    reason=f"no real invoices in {REAL_DATA}; set PUHUI_REAL_DATA to the folder that holds them",
)

SHEET = pl.DataFrame(
    {
        "row_no": [0, 1, 2, 3, 4],
        "firm_id": ["E1"] * 5,
        "invoice_no": [1, 1, 2, 3, 4],
        "invoice_date": [date(2019, 5, 1)] * 5,
        "buyer_id": ["B1"] * 5,
        "amount": [9401.71, 9401.71, -10.10, 7.0, 0.0],
        "tax": [1598.29, 1598.29, -1.01, 0.7, 0.0],
        "total": [11000.0, 11000.0, -11.11, 7.7, 0.0],
        "status": ["有效发票", "有效发票", "有效发票", " 作废发票", "作废发票"],
    }
)


def test_own_parquet_csv_and_parts_give_the_same(tmp_path: Path) -> None:
    whole = frame(ROWS)
    for name in ("one", "two", "three"):
        (tmp_path / name).mkdir()
    whole.write_parquet(tmp_path / "one" / "invoices.parquet")
    whole.write_csv(tmp_path / "two" / "invoices.csv")
    (tmp_path / "three" / "invoices").mkdir()
    whole.head(9).write_parquet(tmp_path / "three" / "invoices" / "a.parquet")
    whole.tail(-9).write_parquet(tmp_path / "three" / "invoices" / "b.parquet")
    expected = compute(whole, AS_OF)
    for name in ("one", "two", "three"):
        source = sources.read_folder(tmp_path / name)
        assert (source.layout, source.known_at_assumed, source.void_time_known) == ("puhui", False, False)
        assert compute(source.invoices, AS_OF).equals(expected)


def test_without_known_at_the_date_of_issue_stands_in_and_repeats_are_found(tmp_path: Path) -> None:
    rows = frame([*ROWS, ROWS[3]]).drop("known_at", "duplicate")
    rows.write_parquet(tmp_path / "invoices.parquet")
    source = sources.read_folder(tmp_path)
    assert source.known_at_assumed
    assert source.invoices["known_at"].to_list() == source.invoices["issued_on"].to_list()
    assert source.invoices["duplicate"].sum() == 1
    assert compute(source.invoices, AS_OF).equals(compute(frame(ROWS), AS_OF))


def test_contest_sheet_becomes_the_canonical_frame(tmp_path: Path) -> None:
    SHEET.write_parquet(tmp_path / "cumcm2020c_a1_output_invoices.parquet")
    SHEET.rename({"buyer_id": "seller_id"}).write_parquet(tmp_path / "cumcm2020c_a1_input_invoices.parquet")
    source = sources.read_folder(tmp_path)
    assert (source.layout, source.known_at_assumed, source.void_time_known) == ("cumcm2020c", True, False)
    for side in ("out", "in"):
        found = source.invoices.filter(pl.col("direction") == side)
        assert found["amount_fen"].to_list() == [940171, 940171, -1010, 700, 0]
        assert found["tax_fen"].to_list() == [159829, 159829, -101, 70, 0]
        assert found["total_fen"].to_list() == [1100000, 1100000, -1111, 770, 0]
        assert found["status"].to_list() == ["normal", "normal", "red", "void", "blank"]
        assert found["duplicate"].to_list() == [False, True, False, False, False]
        assert found["counterparty"].to_list() == ["B1"] * 5


def test_every_fault_is_named_at_once(tmp_path: Path) -> None:
    bad = frame(ROWS).with_columns(
        direction=pl.lit("sideways"), status=pl.lit("lost"), amount_fen=pl.col("amount_fen") / 3, issued_on=pl.lit(None, dtype=pl.Date)
    )
    bad.write_parquet(tmp_path / "invoices.parquet")
    with pytest.raises(FaultsError) as caught:
        sources.read_folder(tmp_path)
    text = str(caught.value)
    for part in ("sideways", "lost", "column amount_fen", "whole numbers of fen", "column issued_on", f"{len(ROWS)} empty cells"):
        assert part in text
    frame(ROWS).drop("status", "tax_fen").write_parquet(tmp_path / "invoices.parquet")
    with pytest.raises(FaultsError, match=r"column tax_fen(.|\n)*column status"):
        sources.read_folder(tmp_path)


def test_unreadable_and_missing_files_are_said(tmp_path: Path) -> None:
    with pytest.raises(FaultsError, match="no invoice file"):
        sources.read_folder(tmp_path)
    with pytest.raises(FaultsError, match="found nothing, expected a folder"):
        sources.read_folder(tmp_path / "absent")
    (tmp_path / "invoices.parquet").write_bytes(b"PAR1 cut off")
    with pytest.raises(FaultsError, match="a readable parquet file"):
        sources.read_folder(tmp_path)


def test_a_ragged_end_is_not_read_as_a_fall_in_sales() -> None:
    months = [date(2018, month, 9) for month in range(1, 13)]
    rows = [row(side, day, "P", 5, firm_id=f"F{firm}") for day in months for firm in range(10) for side in ("out", "in")]
    ragged = [row(side, date(2019, 1, 9), "P", 5, firm_id=f"F{firm}") for firm in range(6) for side in ("out", "in")]
    straggler = [row("out", date(2019, 2, 9), "P", 5, firm_id="F1")]
    assert sources.complete_as_of(frame(rows)) == date(2018, 12, 31)
    assert sources.complete_as_of(frame(rows + ragged[:10] + straggler)) == date(2018, 12, 31)
    assert sources.complete_as_of(frame(rows + ragged + straggler)) == date(2019, 1, 31)
    assert sources.complete_as_of(frame(rows[:1])) == date(2018, 1, 9)


@real_data
def test_real_invoices() -> None:
    source = sources.read_folder(REAL_DATA)
    invoices = source.invoices
    assert invoices.height == 1_099_441
    assert invoices["firm_id"].n_unique() == 425
    assert invoices["duplicate"].sum() == 803 + 4436 + 4681 + 1745
    counts = dict(invoices.group_by("status").len().iter_rows())
    assert counts["void"] + counts["blank"] == 7608 + 11206 + 17236 + 27555
    assert counts["blank"] == 1679 + 2340
    assert sources.complete_as_of(invoices) == date(2019, 12, 31)
    values = compute(invoices, date(2019, 12, 31))
    assert values.height == 425
    year = invoices.filter(
        (pl.col("firm_id") == "E2")
        & (pl.col("direction") == "out")
        & pl.col("status").is_in(["normal", "red"])
        & ~pl.col("duplicate")
        & (pl.col("issued_on").dt.year() == 2019)
    )
    assert values.filter(pl.col("firm_id") == "E2")["inv_out_amt_12m"].item() == pytest.approx(year["amount_fen"].sum() / 100, rel=1e-12)
