"""Statements as three kinds of banks head their columns: the same movements come out of each."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from puhui.evidence.layouts import layout
from puhui.evidence.reading.parties import FirmIdentity
from puhui.evidence.reading.records import read_records

STATEMENTS = {
    "corporate online banking": (
        "账号,交易日期,借贷标志,交易金额,账户余额,对方户名,对方账号,摘要,用途",
        ["622,2024-02-05,贷,1000.50,2000.50,甲公司,6217,货款,", "622,2024-02-06,借,500,1500.50,乙公司,6218,货款,二月"],
    ),
    "county bank": (
        "本方账号,记账日期,收支方向,发生额,交易后余额,对方单位名称,对方账户,交易摘要,附言",
        ["622,20240205,收入,1000.5,2000.5,甲公司,6217,货款,", "622,20240206,支出,500.00,1500.5,乙公司,6218,货款,二月"],
    ),
    "in English": (
        "account,booking date,direction,amount,balance,counterparty,counterparty account,memo,purpose",
        ["622,2024/2/5,CRDT,1000.50,2000.50,甲公司,6217,货款,", "622,2024/2/6,DBIT,500.00,1500.50,乙公司,6218,货款,二月"],
    ),
}


@pytest.mark.parametrize("bank", STATEMENTS)
def test_the_same_movements_come_out(tmp_path: Path, bank: str) -> None:
    headings, rows = STATEMENTS[bank]
    path = tmp_path / "statement.csv"
    path.write_text("\n".join([headings, *rows]), "utf-8")
    own = FirmIdentity("own", 1)
    reading = read_records(path, layout("account_flow"), today=date(2024, 3, 1), now=datetime(2024, 3, 1, tzinfo=UTC), firm=own)
    names = ("account", "booked_on", "direction", "amount_fen", "balance_fen", "counterparty", "counterparty_account", "memo", "purpose")
    assert reading.accepted.select(names).rows() == [
        ("622", date(2024, 2, 5), "in", 100_050, 200_050, "甲公司", "6217", "货款", None),
        ("622", date(2024, 2, 6), "out", 50_000, 150_050, "乙公司", "6218", "货款", "二月"),
    ]
