"""The pure reading of files: amounts to the fen, days, headings, sheets, keys. No database."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from decimal import ROUND_HALF_UP, Decimal

import polars as pl
import pytest
import xlsxwriter
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.evidence.conftest import BUSINESS_DATE, HEADINGS, csv_text, line

from puhui.evidence.reading.amounts import parse_amounts
from puhui.evidence.reading.dates import parse_dates
from puhui.evidence.reading.invoices import LOCAL_TIME, read_invoices
from puhui.evidence.reading.mapping import Mapping, named_mapping, parse_mapping
from puhui.evidence.reading.parties import FirmIdentity
from puhui.evidence.reading.words import heading_and_remark, vocabulary

NOW = dt.datetime(2026, 1, 5, 9, 30, tzinfo=LOCAL_TIME)
FIRM = FirmIdentity("甲公司", 1)
FULL_WIDTH = str.maketrans("0123456789.,-", "０１２３４５６７８９．，－")
amounts = st.integers(-900_000_000_000_000, 900_000_000_000_000)


def read(tmp_path, data: str | bytes, name: str = "a.csv", **options):
    path = tmp_path / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return read_invoices(path, **{"today": BUSINESS_DATE, "now": NOW, "firm": FIRM, **options})


@settings(deadline=None)
@given(amounts, st.sampled_from(["plain", "grouped", "full-width", "marked", "float"]))
@example(439_893_853_293_085, "plain")  # a hundred times the double is a sixteenth of a fen away
def test_amounts_are_exact_to_the_fen(fen, form):
    exact = Decimal(fen).scaleb(-2)
    text = {
        "plain": f"{exact:.2f}",
        "grouped": f"{exact:,.2f}",
        "full-width": f"{exact:,.2f}".translate(FULL_WIDTH),
        "marked": f" ¥{exact:.2f}元 " if fen >= 0 else f"({-exact:,.2f})",
    }
    column = pl.Series([float(exact)]) if form == "float" else pl.Series([text[form]])
    converted = parse_amounts(column, "yuan")
    assert converted.values.to_list() == [fen]
    assert not any(problem.rows.any() for problem in converted.problems)


@settings(deadline=None)
@given(st.integers(-(10**9), 10**9), st.integers(1, 9))
def test_a_part_of_a_fen_is_never_rounded_away_silently(fen, part):
    exact = Decimal(fen).scaleb(-2) + Decimal(part).scaleb(-3)
    column = pl.Series([f"{exact:.3f}"])
    assert parse_amounts(column, "yuan").values.to_list() == [None]
    assert parse_amounts(column, "yuan", "half_up").values.item() == int(exact.scaleb(2).quantize(Decimal(1), ROUND_HALF_UP))


@settings(deadline=None)
@given(st.dates(dt.date(1994, 1, 1), dt.date(2100, 1, 1)))
def test_every_spelling_of_a_day_is_the_same_day(day):
    number = (day - dt.date(1899, 12, 30)).days
    texts = [
        day.isoformat(), f"{day.year}/{day.month}/{day.day}", f"{day.year}年{day.month}月{day.day}日", f"{day:%Y%m%d}",
        f"{day:%Y.%m.%d}", f"{day} 08:15:00", str(number),
    ]  # fmt: skip
    converted, hours = parse_dates(pl.Series(texts))
    assert converted.values.to_list() == [day] * len(texts)
    assert hours.to_list() == [None] * 5 + [8, None]


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("金额（元）", "amount"), (" *发票号码 ", "invoice_number"), ("数电票号码", "digital_number"), ("价税合计(小写)", "total"),
        ("销 售 方 名 称", "seller_name"), ("Invoice No.", "invoice_number"), ("invoice-date", "issued_on"), ("税率/征收率", "tax_rate"),
        ("是否正数发票", "positive"), ("随便", None),
    ],
)  # fmt: skip
def test_headings(heading, field):
    assert vocabulary("C07").field_of(heading) == field


def test_the_remark_of_a_heading_is_its_unit():
    assert heading_and_remark("金额（万元）") == ("金额", "万元")
    assert vocabulary("C07").unit_of("金额（万元）") == "wan_yuan"


def test_the_sheet_with_invoices_is_found_and_can_be_named(tmp_path):
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        for name, rows in (("说明", [["看下一页"]]), ("一月", [HEADINGS, line(1)]), ("二月", [[*HEADINGS, "备注"], line(2), line(3)])):
            sheet = book.add_worksheet(name)
            for row, cells in enumerate(rows):
                sheet.write_row(row, 0, cells)
    first = read(tmp_path, buffer.getvalue(), "a.xlsx")
    assert (first.sheet, first.counts["accepted"], first.notes[0]) == ("一月", 1, 'read sheet "一月" of 3')
    assert read(tmp_path, buffer.getvalue(), "a.xlsx", sheet="二月").counts["accepted"] == 2


def test_positive_flag_of_the_tax_office_export(tmp_path):
    headings = ["数电票号码", "发票号码", "开票日期", "购买方名称", "金额", "税额", "价税合计", "发票状态", "是否正数发票", "发票票种"]
    rows = [
        ["25332000000012345678", "", "2025-03-01 23:59:59", "乙公司", "100", "13", "113", "已红冲-全额", "是", "数电票（增值税专用发票）"],
        ["25332000000012345679", "", "2025-03-02 00:00:00", "乙公司", "-100", "-13", "-113", "正常", "否", "数电票（普通发票）"],
    ]
    reading = read(tmp_path, csv_text(rows, headings))
    columns = reading.accepted.select("invoice_number", "direction", "status", "kind", "issued_hour")
    assert columns.rows() == [
        ("25332000000012345678", "out", "normal", "81", 23),
        ("25332000000012345679", "out", "red", "82", 0),
    ]


def test_known_at_from_a_column(tmp_path):
    mapping = Mapping(columns={}, known_at=parse_mapping({"known_at": {"from": "column"}}, "m", vocabulary("C07")).known_at)
    columns = dict(
        zip(HEADINGS[1:], ["invoice_number", "issued_on", "seller_name", "buyer_name", "amount", "tax", "total", "status"], strict=True)
    )
    mapping = parse_mapping({"columns": {**columns, "到达": "known_at"}, "known_at": {"from": "column"}}, "m", vocabulary("C07"))
    rows = [
        [*line(1)[1:], "2025-03-02 08:00:00"], [*line(2)[1:], "2025-03-02"], [*line(3)[1:], "2025-02-28 08:00:00"],
        [*line(4)[1:], "2026-01-05 09:31:00"], [*line(5)[1:], "2025-03-02T00:00:00+00:00"], [*line(6)[1:], ""],
    ]  # fmt: skip
    reading = read(tmp_path, csv_text(rows, [*HEADINGS[1:], "到达"]), mapping=mapping)
    assert reading.accepted.select("row", "known_at", "known_at_assumed").rows() == [
        (2, dt.datetime(2025, 3, 2, 0, 0, tzinfo=dt.UTC), False),
        (3, dt.datetime(2025, 3, 2, 15, 59, 59, 999_999, tzinfo=dt.UTC), False),
        (6, dt.datetime(2025, 3, 2, 0, 0, tzinfo=dt.UTC), False),
    ]
    assert [fault.where.split(", ")[1] for fault in reading.faults.listed()] == ["row 4", "row 5", "row 7"]


def test_keys_stay_what_they_are(tmp_path):
    """They are stored: another way to compute them would make every known row new."""
    (row,) = read(tmp_path, csv_text([line(1)])).accepted.select("content_key", "identity_key").rows()
    content = "out|3300221130|00000001|20148||乙公司||normal|100000|13000|113000|"  # 20148: days from 1970-01-01 to 2025-03-01
    identity = "out|3300221130|00000001|"
    assert row == tuple(hashlib.md5(text.replace("|", "\x1f").encode()).hexdigest() for text in (content, identity))


def test_a_short_number_names_an_invoice_only_with_its_day_and_party(tmp_path):
    rows = [["7", "2025-03-01", "乙"], ["7", "2025-03-02", "乙"], ["7", "2025-03-01", "丙"], ["7", "2025-03-01", "乙"]]
    text = csv_text(
        [[*row, str(100 + index), "0", "正常"] for index, row in enumerate(rows)],
        ["发票号码", "开票日期", "购方名称", "金额", "税额", "状态"],
    )
    keys = read(tmp_path, text).accepted["identity_key"].to_list()
    assert keys[0] == keys[3] and len(set(keys)) == 3


def test_own_mappings_are_right():
    from puhui.evidence.reading.mapping import load_mapping

    for name, direction in (("cumcm2020-output", "out"), ("cumcm2020-input", "in")):
        mapping = load_mapping(named_mapping(name), vocabulary("C07"))
        assert (mapping.direction, mapping.firm_scheme, mapping.known_at.origin, mapping.known_at.void_from) == (
            direction, "cumcm", "observed", "month_end",
        )  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "fen"),
    [
        (["1.234,50", "-2,5", "", "1.000", "（7,25）"], [123_450, -250, None, 100_000, -725]),
        (["1,234.50", "1,000", "12.5"], [123_450, 100_000, 1_250]),
        (["1.234,50", "12.50"], [None, 1_250]),  # the two cannot both be meant
        (["1,234", "5,50"], [None, None]),  # 1,234 may be a thousand or one: nobody guesses
        (["1.234"], [None]),  # parts of a fen, unless another cell proves that the point groups
    ],
)
def test_commas_are_decimals_only_where_the_column_proves_it(cells: list[str], fen: list[int | None]) -> None:
    from puhui.evidence.reading.amounts import parse_amounts

    assert parse_amounts(pl.Series("amount", cells), "yuan").values.to_list() == fen
