"""Folders with files of every class: read by the names of their records, in the columns of their layouts, faults all named."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from puhui.calculations.faults import FaultsError
from puhui.evidence.layouts import layout
from puhui.features.profiles import compute_profile
from puhui.features.record_sources import read_records
from puhui.site.commands.features import app

from .record_frames import record_frame
from .test_customs import FRAMES as CUSTOMS
from .test_people import AS_OF, EXPECTED, FRAMES, NAMES


def write(folder: Path, frames: dict[str, pl.DataFrame]) -> Path:
    for record, rows in frames.items():
        rows.with_columns(firm_id=pl.lit("甲公司")).write_parquet(folder / f"{record}.parquet")
    return folder


def test_a_folder_gives_what_the_frames_give(tmp_path: Path) -> None:
    folder = read_records(write(tmp_path, FRAMES))
    assert folder.frames.keys() == FRAMES.keys() and folder.known_at_assumed == () and folder.invoices is None
    for record, rows in folder.frames.items():
        assert rows.schema == pl.Schema(layout(record).schema())
    values = folder.named(compute_profile(folder.frames, AS_OF, NAMES))
    assert values["firm_id"].to_list() == ["甲公司"]
    for name, expected in EXPECTED.items():
        assert values[name].item() == pytest.approx(expected, rel=1e-12, abs=1e-12), name


def test_parts_and_csv_are_read_too(tmp_path: Path) -> None:
    rows = CUSTOMS["customs_declaration"]
    (tmp_path / "customs_declaration").mkdir()
    for part in range(2):
        rows[part::2].write_parquet(tmp_path / "customs_declaration" / f"{part}.parquet")
    CUSTOMS["foreign_receipt"].drop("known_at", "record_id", "observed_on", "country", "payer").write_csv(tmp_path / "foreign_receipt.csv")
    folder = read_records(tmp_path)
    assert folder.frames["customs_declaration"].sort("declaration").equals(rows.sort("declaration"))
    receipts = folder.frames["foreign_receipt"]
    assert receipts["value_usd"].to_list() == [380, 20, 999] and receipts["payer"].null_count() == 3
    assert folder.known_at_assumed == ("foreign_receipt",)
    # 2 March 2024 and 30 days, at midnight in China
    assert receipts["known_at"][0] == datetime(2024, 3, 31, 16, tzinfo=UTC)


def test_a_month_is_known_some_days_after_its_end(tmp_path: Path) -> None:
    pl.DataFrame({"firm_id": [7], "month": [date(2024, 2, 1)], "heads": [3]}).write_parquet(tmp_path / "housing_fund_month.parquet")
    assert read_records(tmp_path).frames["housing_fund_month"]["known_at"][0] == datetime(2024, 3, 14, 16, tzinfo=UTC)  # 29 February + 15


def test_every_fault_is_named_at_once(tmp_path: Path) -> None:
    bad = record_frame("tax_grade", [{"year": 2023, "grade": "A", "published_on": date(2024, 4, 20)}])
    bad.with_columns(year=pl.lit("last year"), published_on=pl.lit(None, dtype=pl.Date)).write_parquet(tmp_path / "tax_grade.parquet")
    pl.DataFrame({"firm_id": [1]}).write_csv(tmp_path / "foreign_receipt.csv")
    (tmp_path / "tax_return.parquet").write_bytes(b"PAR1 cut off")
    with pytest.raises(FaultsError) as caught:
        read_records(tmp_path)
    text = str(caught.value)
    for part in ("last year", "column published_on", "1 empty cells", "column reference", "column value_usd", "a readable parquet file"):
        assert part in text
    with pytest.raises(FaultsError, match=r"no invoice file and no file of a record(.|\n)*docs/record-layouts.md"):
        read_records(_empty(tmp_path))
    with pytest.raises(FaultsError, match="expected a folder"):
        read_records(tmp_path / "absent")


def _empty(folder: Path) -> Path:
    (folder / "nothing").mkdir()
    return folder / "nothing"


def test_the_command_takes_such_a_folder(tmp_path: Path) -> None:
    write(tmp_path, FRAMES)
    result = CliRunner().invoke(
        app, ["compute", "--source", str(tmp_path), "--as-of", "2025-01-31", "--out", str(tmp_path / "out.csv"), "--json"]
    )
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["records"]["wage_tax_month"] == 20
    assert pl.read_csv(tmp_path / "out.csv")["payroll_12m"].item() == 2_160_000
    without = CliRunner().invoke(app, ["compute", "--source", str(tmp_path)])
    assert without.exit_code == 2 and "--as-of" in without.output
