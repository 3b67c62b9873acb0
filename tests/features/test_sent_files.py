"""Files as their sources send them give the variables that Puhui's own files give, and their faults are told by row and column."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from puhui.calculations.faults import FaultsError
from puhui.features.profiles import compute_profile
from puhui.features.record_sources import read_records

DAY = dt.date(2025, 6, 30)
HEADINGS = ["企业名称", "交易日期", "借贷标志", "交易金额", "余额", "对方户名"]
ROWS = [
    ["甲公司", "2025-03-05", "贷", "1,000.50", "5,000.50", "乙公司"],
    ["甲公司", "2025-04-07", "借", "200.25元整", "4,800.25", "丙公司"],
    ["丁公司", "2025-05-08", "贷", "30", "30", "甲公司"],
]


def own(folder: Path) -> Path:
    """The same rows under Puhui's own names."""
    columns = {"firm_id": 0, "booked_on": 1, "counterparty": 5}
    frame = pl.DataFrame({name: [row[place] for row in ROWS] for name, place in columns.items()}).with_columns(
        pl.col("booked_on").str.to_date(), direction=pl.Series(["in", "out", "in"]), amount_fen=pl.Series([100_050, 20_025, 3_000]),
        balance_fen=pl.Series([500_050, 480_025, 3_000]),
    )  # fmt: skip
    folder.mkdir()
    frame.write_parquet(folder / "account_flow.parquet")
    return folder


def sent(folder: Path, ending: str, rows: list[list[str]] = ROWS) -> Path:
    folder.mkdir()
    frame = pl.DataFrame(rows, schema=HEADINGS, orient="row")
    if ending == "xlsx":
        frame.write_excel(folder / "account_flow.xlsx")
    elif ending == "json":
        frame.write_json(folder / "account_flow.json")
    else:
        (folder / "account_flow.csv").write_bytes(frame.write_csv().encode("gbk"))
    return folder


@pytest.mark.parametrize("ending", ["csv", "xlsx", "json"])
def test_a_file_as_a_bank_sends_it_gives_the_same_variables(tmp_path, ending):
    expected, found = read_records(own(tmp_path / "own")), read_records(sent(tmp_path / "sent", ending))
    values = [folder.named(compute_profile(folder.frames, DAY)) for folder in (expected, found)]
    assert values[1].equals(values[0]) and values[0]["firm_id"].to_list() == ["丁公司", "甲公司"]
    flows = [name for name in values[0].columns if name.startswith("flow_")]
    assert len(flows) > 5 and sum(values[0][name].is_not_null().any() for name in flows) > 5
    assert found.known_at_assumed == ("account_flow",)


def test_what_is_wrong_with_a_sent_file_is_told_by_row_and_column(tmp_path):
    with pytest.raises(FaultsError, match=r'account_flow\.csv, row 3, column "交易金额": found \'viel\''):
        read_records(sent(tmp_path / "bad", "csv", [ROWS[0], [*ROWS[1][:3], "viel", *ROWS[1][4:]]]))
    (tmp_path / "nobody").mkdir()
    pl.DataFrame(ROWS, schema=HEADINGS, orient="row").drop("企业名称").write_csv(tmp_path / "nobody" / "account_flow.csv")
    with pytest.raises(FaultsError, match="企业代号"):
        read_records(tmp_path / "nobody")
