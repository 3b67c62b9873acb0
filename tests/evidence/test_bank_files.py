"""Bank files: the same movements come out of every layout and of camt.053, and whatever is wrong with a file is said."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.evidence.bad_records import no_tables
from tests.evidence.bank_files import EXPECTED, GOOD, HEADS, PAID, ROW, bad_camt, bad_tables, camt, entry, text, workbook
from tests.evidence.conftest import BUSINESS_DATE, consent

from puhui.evidence import queries
from puhui.evidence.importing import import_file
from puhui.evidence.layouts import layout, layouts
from puhui.evidence.models import Batch, Record
from puhui.evidence.oddities import oddities, words
from puhui.evidence.reading.faults import RefusedFileError
from puhui.evidence.reading.parties import FirmIdentity
from puhui.evidence.reading.records import read_records
from puhui.evidence.running_balance import breaks

NAMES = ("account", "booked_on", "direction", "amount_fen", "balance_fen", "counterparty", "counterparty_account", "memo")
NOW = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)


def movements(frame: pl.DataFrame) -> set[tuple]:
    return set(frame.select(NAMES).with_columns(pl.col("booked_on").cast(pl.String)).rows())


def read(path: Path):
    return read_records(path, layouts("C15"), today=BUSINESS_DATE, now=NOW, firm=FirmIdentity("own", 1))


@pytest.mark.parametrize("bank", GOOD)
def test_the_same_movements_come_out_of_each_bank(tmp_path, bank):
    path = tmp_path / "bank.csv"
    path.write_text(GOOD[bank], "utf-8")
    reading = read(path)
    assert [str(fault) for fault in reading.faults.listed()] == []
    assert reading.record == "account_flow" and movements(reading.accepted) == EXPECTED


def test_several_texts_of_purpose_are_put_together_and_reversals_turn_round(tmp_path):
    path = tmp_path / "bank.csv"
    heads = ["账号", "交易日期", "收入金额", "支出金额", "用途", "附言"]
    path.write_text(
        text([["1", "2024-03-05", "", "100.00", "货款", "三月"], ["1", "2024-03-06", "", "-100.00", "退回", ""]], heads), "utf-8"
    )
    rows = read(path).accepted.select("direction", "amount_fen", "purpose").rows()
    assert rows == [("out", 10_000, "货款 三月"), ("in", 10_000, "退回")]


@pytest.mark.parametrize("name", ["csv", "xlsx"])
def test_a_file_is_imported_and_its_broken_balance_is_told(lender, name):
    consent([lender.firm], ["C15"])
    second = ["3305", "2024-03-06", "", "800.50", "4999.50", "张三", "工资"]
    data = workbook([ROW, second]) if name == "xlsx" else text([ROW, second])
    path = lender.write(data, f"bank.{name}")
    (result,) = import_file(lender.institution, path, "C15", firm=lender.firm)
    assert (result.record, result.counts["accepted"]) == ("account_flow", 2)
    assert [note for note in result.notes if "4,999.50" in note and "4,199.50" in note and "2024-03-06" in note]
    (again,) = import_file(lender.institution, path, "C15", firm=lender.firm)
    assert (again.counts["accepted"], again.counts["unchanged"]) == (0, 2)
    rows = queries.records_as_of(lender.institution, "account_flow", BUSINESS_DATE, [lender.firm])
    assert rows.sort("booked_on")["balance_fen"].to_list() == [500_000, 499_950]


def test_what_is_odd_in_stored_movements_needs_no_order():
    """Two movements of one day in either order run; a balance that nobody left behind is told once, the opening one is not."""
    form = layout("account_flow")
    rows = [
        ("2024-03-05", "in", 100_000, 500_000), ("2024-03-05", "out", 80_050, 419_950), ("2024-03-07", "in", 10_000, 439_950),
        ("2024-03-08", "out", 39_950, 400_000),
    ]  # fmt: skip
    names = ("booked_on", "direction", "amount_fen", "balance_fen")
    for order in (rows, rows[::-1]):
        frame = pl.DataFrame([dict(zip(names, (dt.date.fromisoformat(day), *rest), strict=True)) for day, *rest in order])
        frame = frame.with_columns(firm_id=pl.lit(1), account=pl.lit("3305"))
        (odd,) = oddities(frame, form)
        assert (odd.kind, odd.place, odd.first, odd.value) == ("unexplained", "3305", dt.date(2024, 3, 7), 4299.5)
        assert "4,299.50" in words(odd) and "4,299.50" in words(odd, "zh-hans")
    assert oddities(frame.with_columns(balance_fen=pl.lit(None, dtype=pl.Int64)), form) == []


@pytest.mark.parametrize("version", ["02", "08", "14"])
def test_camt_becomes_the_same_movements(lender, version):
    consent([lender.firm], ["C15"])
    state = "<Sts>BOOK</Sts>" if version == "02" else "<Sts><Cd>BOOK</Cd></Sts>"
    pending = entry(amount="9.00", state=state.replace("BOOK", "PDNG"))
    path = lender.write(camt(entry(state=state), pending, entry(**PAID, state=state), version=version), "bank.xml")
    (result,) = import_file(lender.institution, path, "C15", firm=lender.firm)
    assert result.counts["accepted"] == 2 and not [note for note in result.notes if "balance" in note]
    rows = queries.records_as_of(lender.institution, "account_flow", BUSINESS_DATE, [lender.firm])
    assert movements(rows) == EXPECTED and set(rows["purpose"]) == {"二月"}


def test_what_is_odd_in_camt_is_told_and_taken(lender):
    consent([lender.firm], ["C15"])
    second = (
        camt(entry(day="2024-04-01", serial="3"), closing="5000.00", number="9").split("<BkToCstmrStmt>")[1].split("</BkToCstmrStmt>")[0]
    )
    path = lender.write(camt(closing="4300.00", more=second), "bank.xml")
    (result,) = import_file(lender.institution, path, "C15", firm=lender.firm)
    assert result.counts["accepted"] == 3
    told = "\n".join(result.notes)
    assert "4,300.00" in told and "+199.50" in told and "statement 9 follows statement 7" in told
    rows = queries.records_as_of(lender.institution, "account_flow", BUSINESS_DATE, [lender.firm]).sort("booked_on")
    assert rows["balance_fen"].to_list() == [None, None, 500_000], "a balance is given where the statement's own two agree"


def test_a_batch_is_as_many_movements_as_it_tells(tmp_path):
    from puhui.evidence.documents.reading import read_document

    parts = "".join(f'<TxDtls><Amt Ccy="CNY">{each}</Amt></TxDtls>' for each in ("600.00", "400.00"))
    whole = entry().replace("<NtryDtls>", f"<NtryDtls>{parts}", 1)
    start = whole.index("<TxDtls><RltdPties>")
    whole = whole[:start] + whole[whole.index("</NtryDtls>") :]
    (tmp_path / "bank.xml").write_text(camt(whole, entry(**PAID)), "utf-8")
    rows = read_document(tmp_path / "bank.xml").rows
    assert [(row["借贷标志"], row["交易金额"], row["余额"]) for row in rows] == [
        ("贷", "600.00", "4600.00"), ("贷", "400.00", "5000.00"), ("借", "800.50", "4199.50"),
    ]  # fmt: skip


def test_bad_files_end_in_clear_errors_and_nothing_half_done(lender, tmp_path):
    consent([lender.firm], ["C15"])
    kinds = [*bad_tables(), *bad_camt(), *no_tables()]
    assert len(kinds) >= 70
    for number, (kind, build, said) in enumerate(kinds):
        (tmp_path / str(number)).mkdir()
        path = build(tmp_path / str(number))
        with pytest.raises(RefusedFileError) as refusal:
            import_file(lender.institution, path, "C15", firm=lender.firm)
        told = str(refusal.value)
        assert [part for part in said if part not in told] == [], f"{kind}: {told[:1500]}"
        assert all(fault.where and fault.found and fault.expected and fault.remedy for fault in refusal.value.faults), kind
    assert Record.objects.count() == Batch.objects.count() == 0


def test_good_rows_of_a_bad_file_are_taken_where_the_user_chose_so(lender):
    consent([lender.firm], ["C15"])
    path = lender.write(text([ROW, [*ROW[:3], "5.00", *ROW[4:]]]), "bank.csv")
    (result,) = import_file(lender.institution, path, "C15", firm=lender.firm, partial=True)
    assert (result.counts["accepted"], result.counts["rejected"]) == (1, 1)


def test_the_heads_of_the_bad_files_are_right(tmp_path):
    path = tmp_path / "bank.csv"
    path.write_text(text([ROW]), "utf-8")
    assert read(path).accepted.height == 1 and len(HEADS) == len(ROW)


@settings(deadline=None)  # under load a case may take longer
@given(st.integers(-(10**9), 10**9), st.lists(st.integers(-(10**6), 10**6), min_size=3, max_size=30), st.booleans(), st.data())
def test_a_balance_that_runs_has_no_break_and_an_altered_one_has(opening, amounts, newest_first, data):
    rows, balance = [], opening
    for amount in amounts:
        balance += amount
        rows.append((amount, balance))
    told = rows[::-1] if newest_first else rows
    assert breaks(told) == []
    untold = [(amount, None if data.draw(st.booleans()) else balance) for amount, balance in told]
    assert breaks(untold) == []
    place = data.draw(st.integers(1, len(told) - 2))
    altered = [*told[:place], (told[place][0], told[place][1] + 1), *told[place + 1 :]]
    assert 1 <= len(breaks(altered)) <= 2 + len({amount for amount, _ in told})
