"""What exports carry beside their rows: sums, repeated headings, other currencies, second sheets, second days, traditional characters."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path

import pytest
import xlsxwriter
from tests.evidence.conftest import BUSINESS_DATE, HEADINGS, csv_text, line

from puhui.evidence.layouts import layouts
from puhui.evidence.reading.faults import RefusedFileError
from puhui.evidence.reading.invoices import LOCAL_TIME, read_invoices
from puhui.evidence.reading.parties import FirmIdentity
from puhui.evidence.reading.records import read_records
from puhui.evidence.reading.result import Reading

NOW = dt.datetime(2026, 1, 5, 9, 30, tzinfo=LOCAL_TIME)
FIRM = FirmIdentity("甲公司", 1)
BANK = ["交易日期", "借贷标志", "交易金额", "余额", "对方户名"]
MOVED = [["2025-03-05", "贷", "100.00", "300.00", "乙公司"], ["2025-03-07", "借", "50.00", "250.00", "丙公司"]]
EXPECTED = [(dt.date(2025, 3, 5), "in", 10_000, 30_000, "乙公司"), (dt.date(2025, 3, 7), "out", 5_000, 25_000, "丙公司")]


def bank(folder: Path, rows: list[list[str]], headings: list[str] = BANK, encoding: str = "utf-8") -> Reading:
    path = folder / "bank.csv"
    path.write_bytes(csv_text(rows, headings).encode(encoding))
    return read_records(path, layouts("C15"), today=BUSINESS_DATE, now=NOW, firm=FIRM)


def movements(reading: Reading) -> list[tuple[object, ...]]:
    assert reading.rejected.is_empty(), reading.faults.listed()
    return reading.accepted.select("booked_on", "direction", "amount_fen", "balance_fen", "counterparty").rows()


def invoices(folder: Path, rows: list[list[str]], headings: list[str] = HEADINGS) -> Reading:
    path = folder / "invoices.csv"
    path.write_text(csv_text(rows, headings), encoding="utf-8")
    return read_invoices(path, today=BUSINESS_DATE, now=NOW, firm=FIRM)


@pytest.mark.parametrize(
    "below",
    [
        [["合计", "", "150.00", "", ""]],
        [["本年累计：", "", "150.00", "", ""]],
        [["Grand Total", "", "150.00", "", ""]],
        [["共2笔", "", "", "", ""], ["", "", "", "", "打印时间：2025-05-01 10:00"]],
        [BANK, *[["", "", "", "", ""]] * 2],
    ],
)
def test_lines_that_are_no_movements_are_left_out_and_told(tmp_path, below):
    reading = bank(tmp_path, [*MOVED, *below])
    assert movements(reading) == EXPECTED
    assert any("left out" in note for note in reading.notes)


def grouped(group: str) -> tuple[list[str], list[list[str]]]:
    """Headings in two rows: three figures under one word, as reports of invoices have them."""
    upper = ["发票号码", "开票日期", "购方名称", group, "", "", "发票状态"]
    return upper, [["", "", "", "不含税金额", "税额", "价税合计", ""], ["12345601", "2025-03-01", "乙公司", "1000", "130", "1130", "正常"]]


def test_figures_under_one_heading_are_read_by_their_own(tmp_path):
    upper, rows = grouped("金额")
    accepted = invoices(tmp_path, rows, upper).accepted
    assert accepted.select("amount_fen", "tax_fen", "total_fen").rows() == [(100_000, 13_000, 113_000)]
    with pytest.raises(RefusedFileError, match="amount_unit"):
        invoices(tmp_path, grouped("金额（万元）")[1], grouped("金额（万元）")[0])
    unit = ["单位：万元", *[""] * 4]
    with pytest.raises(RefusedFileError, match="万元"):
        bank(tmp_path, [BANK, *MOVED], unit)


def test_text_in_the_way_of_a_formula_is_text(tmp_path):
    headings = ["发票代码", "发票号码", "开票日期", "购方名称", "金额", "税额", "价税合计", "发票状态"]
    row = ["乙公司", "1000", "130", "1130", "正常"]
    path = tmp_path / "invoices.csv"
    for number in ('="00123456"', '"=""00123456"""'):
        path.write_text(f'{",".join(headings)}\n="3300192130",{number},2025-03-01,{",".join(row)}\n', encoding="utf-8")
        accepted = read_invoices(path, today=BUSINESS_DATE, now=NOW, firm=FIRM).accepted
        assert accepted.select("invoice_code", "invoice_number").rows() == [("3300192130", "00123456")]
    for formula in ('="a"&"b"', '="=1+1"', "=1+1"):
        path.write_text(f"{','.join(headings)}\n1,{formula},2025-03-01,{','.join(row)}\n", encoding="utf-8")
        (fault,) = read_invoices(path, today=BUSINESS_DATE, now=NOW, firm=FIRM).faults.listed()
        assert "formula" in str(fault)


def with_sums(path: Path, day: str = "", elsewhere: str = "") -> Path:
    book = xlsxwriter.Workbook(path)
    page = book.add_worksheet("流水")
    for number, row in enumerate([BANK, *MOVED]):
        page.write_row(number, 0, row)
    page.write_row(3, 0, [day or "合计", "借" if day else "", "", "", "合计" if day else ""])
    page.write_formula("C4", "=SUM(C2:C3)", None, 150)
    if elsewhere:
        page.write_formula(elsewhere, "=1", None, 1)
    book.close()
    return path


def test_a_line_of_sums_may_hold_formulas_and_nothing_else_may(tmp_path):
    def read(path: Path) -> Reading:
        return read_records(path, layouts("C15"), today=BUSINESS_DATE, now=NOW, firm=FIRM)

    reading = read(with_sums(tmp_path / "a.xlsx"))
    assert movements(reading) == EXPECTED and "lines of sums and remarks left out: 1" in reading.notes
    with pytest.raises(RefusedFileError, match="cell D3") as refusal:
        read(with_sums(tmp_path / "b.xlsx", elsewhere="D3"))
    assert "C4" not in str(refusal.value)
    dated = read(with_sums(tmp_path / "c.xlsx", day="2025-03-08"))
    faults = [str(fault) for fault in dated.faults.listed() if "row 4" in fault.where and "交易金额" in fault.where]
    assert dated.rejected.height == 1 and any("not a formula" in fault for fault in faults), "a movement of that day is no sum"


@pytest.mark.parametrize("day", ["45721", "05/03/2025", "05-Mar-2025", "2025年3月5日"])
def test_a_movement_whose_partner_begins_like_a_sum_stays_however_its_day_is_written(tmp_path, day):
    other = {"45721": "45723", "05/03/2025": "25/03/2025", "05-Mar-2025": "07-Mar-2025"}.get(day, "2025年3月7日")
    rows = [[day, "借", "1.00", "", "Total Energies"], [other, "借", "2.00", "", "打印时间机械厂"]]
    assert [row[4] for row in movements(bank(tmp_path, rows))] == ["Total Energies", "打印时间机械厂"]


def test_another_currency_is_never_taken_for_yuan(tmp_path):
    headings = [*BANK, "币种"]
    assert movements(bank(tmp_path, [[*row, "人民币"] for row in MOVED], headings)) == EXPECTED
    mixed = bank(tmp_path, [[*MOVED[0], "CNY"], [*MOVED[1], "美元"]], headings)
    (fault,) = mixed.faults.listed()
    assert mixed.accepted.height == 1 and (fault.where, fault.found) == ('bank.csv, row 3, column "币种"', "'美元'")
    with pytest.raises(RefusedFileError, match="amounts in 美元, as a line above the table says"):
        bank(tmp_path, [BANK, *MOVED], ["账号：6222", "币种：美元", "", "", ""])
    sold = invoices(tmp_path, [[*line(1), "USD"]], [*HEADINGS, "币种"])
    assert sold.accepted.is_empty() and sold.faults.total == 1


def test_columns_that_nobody_reads_are_named(tmp_path):
    reading = bank(tmp_path, [[*row, "x", ""] for row in MOVED], [*BANK, "网点", "空列"])
    assert movements(reading) == EXPECTED and "columns that are not read: 网点" in reading.notes


def test_of_two_days_that_of_the_transaction_counts(tmp_path):
    headings = ["记账日期", *BANK]
    reading = bank(tmp_path, [["2025-03-31", *row] for row in MOVED], headings)
    assert movements(reading) == EXPECTED and "columns that are not read: 记账日期" in reading.notes
    with pytest.raises(RefusedFileError, match="a second column for booked_on"):
        bank(tmp_path, [["2025-03-31", *row] for row in MOVED], ["交易日期", *BANK])


@pytest.mark.parametrize("encoding", ["utf-8", "big5"])
def test_traditional_headings_and_words(tmp_path, encoding):
    rows = [["2025-03-05", "貸", "100.00", "300.00", "乙公司"], ["2025-03-07", "借", "50.00", "250.00", "丙公司"]]
    assert movements(bank(tmp_path, rows, ["交易日期", "借貸標誌", "交易金額", "餘額", "對方戶名"], encoding)) == EXPECTED


def test_full_width_signs_tell_the_direction(tmp_path):
    rows = [["2025-03-05", "＋100.00", "300.00", "乙公司"], ["2025-03-07", "－50.00", "250.00", "丙公司"]]
    assert movements(bank(tmp_path, rows, ["交易日期", "发生额", "余额", "对方户名"])) == EXPECTED


def test_another_holder_of_the_account_is_told(tmp_path):
    told = "the account is 王小明's, not 甲公司's: look whose it is"
    beside = bank(tmp_path, [["王小明", *row] for row in MOVED], ["户名", *BANK])
    above = bank(tmp_path, [BANK, *MOVED], ["户名：王小明", "币种：人民币", "", "", ""])
    own = bank(tmp_path, [["甲 公司", *row] for row in MOVED], ["户名", *BANK])
    assert [movements(each) for each in (beside, above, own)] == [EXPECTED] * 3
    assert told in beside.notes and told in above.notes and not own.notes


def test_sums_below_invoices_are_left_out(tmp_path):
    total = ["", "", "", "", "合计：", "1000.00", "130.00", "1130.00", ""]
    reading = invoices(tmp_path, [line(1), HEADINGS, line(2), total])
    assert reading.rejected.is_empty() and reading.accepted["invoice_number"].to_list() == ["00000001", "00000002"]


def test_a_number_that_a_spreadsheet_has_shortened_is_the_same_invoice(tmp_path):
    whole, cut = invoices(tmp_path, [line(345681)]), invoices(tmp_path, [line(1, 发票号码="345681")])
    assert whole.accepted["identity_key"].to_list() == cut.accepted["identity_key"].to_list()
    without_code = invoices(tmp_path, [line(1, 发票号码="345681", 发票代码="")])
    assert without_code.accepted["invoice_number"].to_list() == ["345681"]


def test_rows_that_go_on_in_another_sheet_are_not_lost(tmp_path):
    def book(*sheets: tuple[str, list[list[str]]]) -> Path:
        buffer = io.BytesIO()
        with xlsxwriter.Workbook(buffer) as workbook:
            for name, rows in sheets:
                sheet = workbook.add_worksheet(name)
                for row, cells in enumerate(rows):
                    sheet.write_row(row, 0, cells)
        (tmp_path / "book.xlsx").write_bytes(buffer.getvalue())
        return tmp_path / "book.xlsx"

    path = book(("一月", [HEADINGS, line(1)]), ("二月", [HEADINGS, line(2)]))
    with pytest.raises(RefusedFileError, match='sheets with the same headings: "一月", "二月"'):
        read_invoices(path, today=BUSINESS_DATE, now=NOW, firm=FIRM)
    assert read_invoices(path, today=BUSINESS_DATE, now=NOW, firm=FIRM, sheet="二月").accepted.height == 1
    other = book(
        ("发票", [HEADINGS, line(1)]), ("明细", [["发票号码", "金额", "税额", "商品名称"], ["1", "1", "1", "x"]]), ("空", [HEADINGS])
    )
    reading = read_invoices(other, today=BUSINESS_DATE, now=NOW, firm=FIRM)
    assert reading.accepted.height == 1 and 'sheet "明细" holds headings we know as well and was not read' in " ".join(reading.notes)


def test_an_extract_says_of_what_day_it_is_above_its_rows(tmp_path):
    heads, row = "股东名称,股东类型,持股比例", "张三,自然人,60%"

    def read(above: str) -> Reading:
        path = tmp_path / "holders.csv"
        path.write_text(f"{above}{heads}\n{row}\n", "utf-8")
        return read_records(path, layouts("C02"), today=BUSINESS_DATE, now=NOW, firm=FIRM)

    for above in ("持股截至日期：2025-03-01,,\n", "股东名册,,\n持股截至日期：,2025年3月1日,\n"):
        assert read(above).accepted.select("holder", "share", "stated_on").rows() == [("张三", 0.6, dt.date(2025, 3, 1))]
    with pytest.raises(RefusedFileError, match=r"\[values\] stated_on = "):
        read("")
    (ahead,) = read("持股截至日期：2099-03-01,,\n").faults.listed()
    assert "2099-03-01" in ahead.found and "stated_on" in ahead.where
