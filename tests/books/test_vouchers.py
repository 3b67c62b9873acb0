"""The vouchers of a day come to the day, in every branch, however reversals are told."""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from datetime import timedelta
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from puhui.books.actions import Side, close_day, post, verify
from puhui.books.models import AccountDay, VoucherDelivery
from puhui.books.voucher_files import render
from puhui.books.vouchers import VoucherLine, deliver_vouchers, voucher_faults, vouchers
from puhui.calculations.faults import FaultsError
from puhui.parties.actions import create_branch
from puhui.parties.models import Institution

from .conftest import FIRST_DAY

DAY = FIRST_DAY + timedelta(days=1)


@pytest.fixture
def closed(institution: Any) -> Any:
    """Two closed days: a payout at a branch; then a payment at the head office, a part of it undone, and a memo entry."""
    town = create_branch(institution, "01", "城关支行", actor="admin")
    lent = [("principal", "settlement", 100_00)]
    post(institution, "drawdown", FIRST_DAY, lent, branch_id=town.pk, product_code="spring", recorded_by="clerk")
    close_day(institution, FIRST_DAY, "day end")
    Institution.objects.update(business_date=DAY)
    institution.refresh_from_db()
    head = institution.branches.get(parent=None).pk
    given = {"branch_id": town.pk, "recorded_by": "clerk"}
    post(institution, "repayment", DAY, [(Side("settlement", head), "principal", 40_00)], product_code="spring", **given)
    post(institution, "reversal", DAY, [("principal", Side("settlement", head), 15_00)], product_code="spring", **given)
    post(institution, "collateral_taken", DAY, [("memo_collateral", "memo_counterpart", 900_00)], **given)
    close_day(institution, DAY, "day end")
    return institution


def told(lines: list[VoucherLine]) -> dict[tuple[str, str, str], tuple[int, int]]:
    return {(line.branch, line.account, line.colour): (line.debit_fen, line.credit_fen) for line in lines}


def test_red_reversals_stand_below_zero_on_the_side_that_they_undo(closed: Any) -> None:
    assert told(vouchers(closed, DAY, "red")) == {
        ("01", "130301", "plain"): (0, 40_00),
        ("01", "130301", "red"): (0, -15_00),
        ("01", "3003", "plain"): (40_00, 0),
        ("01", "3003", "red"): (-15_00, 0),
        ("01", "9000", "plain"): (0, 900_00),
        ("01", "9104", "plain"): (900_00, 0),
        ("RIVER", "2011", "plain"): (40_00, 0),
        ("RIVER", "2011", "red"): (-15_00, 0),
        ("RIVER", "3003", "plain"): (0, 40_00),
        ("RIVER", "3003", "red"): (0, -15_00),
    }
    assert told(vouchers(closed, DAY, "blue"))["01", "130301", "blue"] == (15_00, 0)


@pytest.mark.parametrize("reversals", ["red", "blue"])
def test_the_lines_come_to_the_totals_that_were_sealed(closed: Any, reversals: Any) -> None:
    for day in (FIRST_DAY, DAY):
        lines = deliver_vouchers(closed, day, "clerk", reversals)
        net: dict[str, int] = defaultdict(int)
        for line in lines:
            net[line.account] += line.debit_fen - line.credit_fen
        sealed: dict[str, int] = defaultdict(int)
        for row in AccountDay.objects.filter(date=day).select_related("account"):
            sealed[row.account.code] += row.debit_fen - row.credit_fen
        assert net == sealed and net
        assert deliver_vouchers(closed, day, "clerk", reversals) == lines
    assert VoucherDelivery.objects.count() == 2
    assert verify(closed) == []


def test_lines_that_do_not_come_to_the_day_are_named(closed: Any) -> None:
    lines = vouchers(closed, DAY)[1:]
    faults = {fault.where for fault in voucher_faults(closed, DAY, lines)}
    assert faults == {"voucher 20260331-01-CNY", "vouchers of 2026-03-31, branch 01, account 130301"}


def test_an_open_day_is_shown_and_not_delivered(institution: Any) -> None:
    post(institution, "drawdown", FIRST_DAY, [("principal", "settlement", 1_00)], recorded_by="clerk")
    assert len(vouchers(institution, FIRST_DAY)) == 2
    with pytest.raises(FaultsError, match="a closed day"):
        deliver_vouchers(institution, FIRST_DAY, "clerk")
    with pytest.raises(FaultsError, match="red or blue"):
        vouchers(institution, FIRST_DAY, "green")  # type: ignore[arg-type]


def test_a_delivery_that_the_day_no_longer_comes_to_is_found(closed: Any, owner_connection: Any) -> None:
    deliver_vouchers(closed, DAY, "clerk")
    owner_connection.execute("UPDATE books_entry SET act = 'repayment' WHERE act = 'reversal'")
    found = [finding for finding in verify(closed) if finding.where == f"vouchers of {DAY}"]
    assert len(found) == 1 and "the day now comes to other lines" in found[0].what


def test_the_files_hold_the_same_lines(closed: Any) -> None:
    lines = vouchers(closed, DAY)
    rows = list(csv.DictReader(io.StringIO(render(lines, "csv", is_closed=True).decode("utf-8-sig"))))
    assert [row["debit"] for row in rows[:3]] == ["0.00", "0.00", "40.00"] and len(rows) == len(lines)
    document = json.loads(render(lines, "json", is_closed=True))
    assert document["closed"] and document["total_debit_fen"] == document["total_credit_fen"] == 40_00 * 2 - 15_00 * 2 + 900_00
    rows = CalamineWorkbook.from_filelike(io.BytesIO(render(lines, "xlsx", is_closed=True))).get_sheet_by_index(0).to_python()
    assert rows[1][2] == "01" and rows[1][4] == "130301" and rows[1][9] == 40
