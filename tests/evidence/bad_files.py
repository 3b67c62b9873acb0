"""Builders of files that are wrong in one way each. Every builder takes a folder and returns the path of the file it made there."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter
from tests.evidence.conftest import HEADINGS, csv_text, line

Builder = Callable[[Path], Path]
GOOD = csv_text([line(1), line(2)])
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504


def content(data: str | bytes, name: str = "invoices.csv") -> Builder:
    def build(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    return build


def cell(**changes: str) -> Builder:
    """A CSV whose third row (the second invoice) has other cells."""
    return content(csv_text([line(1), line(2, **changes)]))


def headed(*headings: str) -> Builder:
    return content(csv_text([line(1)[: len(headings)]], list(headings)))


def sheet(rows: list[list[Any]], *, hidden: bool = False, formula: str = "", merged: bool = False, date_1904: bool = False) -> bytes:
    """A workbook with one sheet 发票; dates become date cells."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "default_date_format": "yyyy-mm-dd", "date_1904": date_1904})
    if hidden:
        book.add_worksheet("封面")
    page = book.add_worksheet("发票")
    for row, cells in enumerate(rows):
        for column, value in enumerate(cells):
            page.write(row, column, value)
    if formula:
        page.write_formula(formula, "=1000*0.13", None, 130)
    if merged:
        page.merge_range(0, 3, 0, 4, "销方")
    if hidden:
        page.hide()
    book.close()
    return buffer.getvalue()


def typed(*, number: Any = None, day: Any = None) -> list[list[Any]]:
    """Headings and one invoice as spreadsheet values: numbers as numbers."""
    cells: list[Any] = line(1)
    cells[1], cells[2], cells[5:8] = number or cells[1], day or cells[2], [1000.0, 130.0, 1130.0]
    return [HEADINGS, cells]


def repacked(data: bytes, change: Callable[[str, bytes], bytes | None]) -> bytes:
    """A workbook with parts changed, or left out where `change` gives None."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = change(name, old.read(name))
            if part is not None:
                new.writestr(name, part)
    return buffer.getvalue()


@cache
def bomb() -> bytes:
    """A workbook of some 100 kB that unpacks to 100 MB."""
    data = sheet(typed())
    return repacked(data, lambda name, part: part + b" " * 100_000_000 if name.endswith("sheet1.xml") else part)


def lying_bomb() -> bytes:
    """The same, with a directory that claims small sizes and check sums that fit the claim."""
    data = bytearray(bomb())
    kept = zipfile.ZipFile(io.BytesIO(bytes(data))).read("xl/worksheets/sheet1.xml")[:1000]
    real, claimed = struct.pack("<L", 0), struct.pack("<LL", zlib.crc32(kept), 0)
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as archive:
        entry = archive.getinfo("xl/worksheets/sheet1.xml")
        real = struct.pack("<LLL", entry.CRC, entry.compress_size, entry.file_size)
        claimed = struct.pack("<LLL", zlib.crc32(kept), entry.compress_size, len(kept))
    return bytes(data).replace(real, claimed)


def parquet(change: Callable[[pl.DataFrame], pl.DataFrame] = lambda frame: frame) -> bytes:
    frame = pl.DataFrame([line(1), line(2)], schema=HEADINGS, orient="row")
    buffer = io.BytesIO()
    change(frame.with_columns(pl.col("金额", "税额", "价税合计").cast(pl.Float64))).write_parquet(buffer)
    return buffer.getvalue()


def with_amount(values: list[Any], kind: Any = None) -> bytes:
    return parquet(lambda frame: frame.with_columns(pl.Series("金额", values, dtype=kind)))


def records(*changes: dict[str, Any]) -> str:
    return json.dumps([{**dict(zip(HEADINGS, line(1), strict=True)), **change} for change in changes], ensure_ascii=False)


def folder(path: Path) -> Path:
    (path / "invoices.csv").mkdir()
    return path / "invoices.csv"


def loop(path: Path) -> Path:
    (path / "a.csv").symlink_to(path / "b.csv")
    (path / "b.csv").symlink_to(path / "a.csv")
    return path / "a.csv"


def pipe(path: Path) -> Path:
    os.mkfifo(path / "pipe.csv")
    return path / "pipe.csv"


def zipped(**parts: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), data)
    return buffer.getvalue()


SALES_ONLY = [name for name in HEADINGS if name != "销方名称"]

# What is wrong → (how to make it, what the message must say: where, and what to do).
REFUSED: dict[str, tuple[Builder, tuple[str, ...]]] = {
    "Big5 text": (content(GOOD.replace("发", "發").encode("big5", "ignore")), ("no row of headings", "CSV UTF-8")),
    "a byte of no encoding": (content(GOOD.encode() + b"\xff\xff\n"), ("row 4", "byte 0xFF", "CSV UTF-8")),
    "Latin letters in the bytes of another encoding": (content("numéro;date;montant\n1;2;3\n".encode("latin-1")), ("headings", "--map")),
    "amounts missing": (headed(*HEADINGS[:5], "发票状态"), ("金额", "税额", "价税合计", "no such column", "Add the column")),
    "day missing": (headed("发票号码", "金额", "税额", "购方名称", "发票状态"), ("issued_on", "开票日期", "Add the column")),
    "state missing": (headed(*HEADINGS[:8]), ("status", "发票状态", '[status] default = "normal"')),
    "number missing": (headed("开票日期", "金额", "税额", "购方名称", "发票状态"), ("invoice_number", "发票号码")),
    "both parties missing": (headed("发票号码", "开票日期", "金额", "税额", "发票状态"), ("购方名称", "销方名称")),
    "duplicate heading": (headed(*HEADINGS, "金额"), ('column "金额 #2"', "a second column", "Rename or delete")),
    "two headings of one meaning": (headed(*HEADINGS, "合计金额"), ('column "合计金额"', "a second column")),
    "no headings": (content("1,2,3\n4,5,6\n"), ("no row of headings", "--map")),
    "empty file": (content(b""), ("an empty file", "Export it again")),
    "nothing but a mark and blanks": (content(b"\xef\xbb\xbf \r\n\r\n"), ("an empty file",)),
    "headings only": (content(csv_text([])), ("headings and no row under them", "Export it again")),
    "headings only, workbook": (content(sheet([HEADINGS]), "a.xlsx"), ("headings and no row under them",)),
    "heading in ten thousands": (headed(*HEADINGS[:5], "金额（万元）", *HEADINGS[6:]), ("金额（万元）", "amount_unit")),
    "text in numbers": (cell(金额="about 1000"), ("row 3", "金额", "'about 1000'", "Write digits")),
    "1e308": (cell(金额="1e308"), ("row 3", "金额", "'1e308'", "exponents")),
    "NaN": (cell(税额="NaN"), ("row 3", "税额", "'NaN'")),
    "infinity": (cell(价税合计="inf"), ("row 3", "价税合计", "'inf'")),
    "too large an amount": (cell(金额="99999999999999999.00"), ("row 3", "金额", "at most 9,000,000,000,000")),
    "three decimals": (cell(金额="1000.005"), ("row 3", "whole fen", "half_up")),
    "a decimal comma beside a decimal point": (
        content(csv_text([line(1, 金额="1000,5"), line(2, 金额="12.50")], delimiter=";")),
        ("row 2", "金额", "'1000,5'"),
    ),
    "negative tax on a positive amount": (cell(税额="-130.00"), ("row 3", "税额", "correct the sign")),
    "red with a positive amount": (cell(发票状态="红字"), ("row 3", "发票状态", "negative amounts")),
    "two amounts missing": (cell(金额="", 税额=""), ("row 3", "金额", "an empty cell", "Fill the cell")),
    "number missing in a row": (cell(发票号码=""), ("row 3", "发票号码", "an empty cell", "Fill the cell")),
    "day missing in a row": (cell(开票日期=" "), ("row 3", "开票日期", "Fill the cell")),
    "number cut by a spreadsheet": (cell(发票号码="2.53320E+19"), ("row 3", "发票号码", "format the column as text")),
    "day zero": (cell(开票日期="0000-00-00"), ("row 3", "开票日期", "'0000-00-00'", "year first")),
    "30 February": (cell(开票日期="2025-02-30"), ("row 3", "开票日期", "'2025-02-30'")),
    "the year 1900": (cell(开票日期="1900-01-01"), ("row 3", "开票日期", "from 1994-01-01", "day number")),
    "the year 2099": (cell(开票日期="2099-01-01"), ("row 3", "开票日期", "not after 2026-01-05", "correct the year")),
    "tomorrow": (cell(开票日期="2026-01-06"), ("row 3", "not after 2026-01-05")),
    "day or month first among year first": (cell(开票日期="03/04/2025"), ("row 3", "'03/04/2025'", "[format] date")),
    "unknown state": (cell(发票状态="奇怪"), ("row 3", "发票状态", "'奇怪'", "mapping file")),
    "empty state": (cell(发票状态=""), ("row 3", "发票状态", "an empty cell")),
    "somebody else's invoice": (cell(销方名称="别人"), ("row 3", "the firm as seller or as buyer", "--firm")),
    "a name too long": (cell(购方名称="乙" * 201), ("row 3", "购方名称", "at most 200 characters")),
    "a cell of 100,000 letters": (cell(购方名称="x" * 100_000), ("row 3", "购方名称", "100,000 characters", "quotation mark")),
    "a quotation mark never closed": (content(csv_text([line(1), line(2, 购方名称='"乙')] + [line(3)] * 2000)), ("row 3",)),
    "a NUL byte": (content(GOOD.encode().replace(b"1130.00,", b"1130.00\0,", 1)), ("row 2", "a NUL byte", "export it again")),
    "a row too short": (content(csv_text([line(1), line(2)[:4]])), ("row 3", "4 cells", "9 cells", "line broken in two")),
    "a row too long": (content(csv_text([line(1), [*line(2), "x"]])), ("row 3", "10 cells", "9 cells")),
    "a formula in text": (cell(购方名称="=HYPERLINK(1)"), ("row 3", "购方名称", "Paste the column as values")),
    "a formula in a workbook": (content(sheet(typed(), formula="G2"), "a.xlsx"), ('sheet "发票"', "cell G2", "paste it as values")),
    "a zip bomb": (content(bomb(), "a.xlsx"), ("unpacks to", "save them as CSV")),
    "a zip bomb that lies about its size": (content(lying_bomb(), "a.xlsx"), ("unpacks to", "save them as CSV")),
    "a picture named xlsx": (content(b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "a.xlsx"), ("a PNG picture", "not a picture")),
    "a photograph": (content(b"\xff\xd8\xff\xe0" + b"\0" * 100, "a.csv"), ("a JPEG picture",)),
    "a PDF": (content(b"%PDF-1.7\n", "a.xlsx"), ("a PDF document", "CSV or XLSX")),
    "gzip": (content(b"\x1f\x8b\x08" + b"\0" * 20, "a.csv.gz"), ("a gzip archive", "Unpack it")),
    "a database": (content(b"SQLite format 3\0" + b"\0" * 100, "a.csv"), ("an SQLite database",)),
    "a web page named xls": (content("<html><table><tr><td>发票号码</td></tr></table></html>", "a.xls"), ("a web page", "save it as XLSX")),
    "XML named xls": (content('<?xml version="1.0"?><Workbook/>', "a.xls"), ("an XML document", "save it as XLSX")),
    "a workbook with a password": (content(OLD_OFFICE + "EncryptedPackage".encode("utf-16-le"), "a.xlsx"), ("password", "Save it without")),
    "an old workbook": (content(OLD_OFFICE, "a.xls"), ("old Excel file", "save it as XLSX")),
    "a Word document": (content(zipped(word__document_xml=b"<a/>"), "a.xlsx"), ("a Word document",)),
    "a plain archive": (content(zipped(readme=b"hello"), "a.xlsx"), ("a ZIP archive", "Unpack it")),
    "half a workbook": (content(sheet(typed())[:3000], "a.xlsx"), ("a damaged workbook", "Save it again")),
    "a workbook with a broken sheet": (
        content(repacked(sheet(typed()), lambda name, part: part[:300] if name.endswith("sheet1.xml") else part), "a.xlsx"),
        ("a.xlsx", "Save it again"),
    ),
    "a workbook without its sheet": (
        content(repacked(sheet(typed()), lambda name, part: None if name.endswith("sheet1.xml") else part), "a.xlsx"),
        ("a.xlsx",),
    ),
    "entities in a workbook": (
        content(
            repacked(sheet(typed()), lambda name, part: b'<!DOCTYPE a [<!ENTITY b "c">]>' + part if name == "xl/workbook.xml" else part),
            "a.xlsx",
        ),
        ("declares entities",),
    ),
    "the only invoices on a hidden sheet": (content(sheet(typed(), hidden=True), "a.xlsx"), ("1 hidden", "--sheet")),
    "a number cut in a workbook": (content(sheet(typed(number=2.533200000001e19)), "a.xlsx"), ("row 2", "发票号码", "as text")),
    "half a Parquet file": (content(parquet()[:-200], "a.parquet"), ("without its end", "Send it again")),
    "a damaged Parquet file": (content(b"PAR1" + b"\7" * 500 + b"\x10\0\0\0PAR1", "a.parquet"), ("a damaged Parquet file",)),
    "nested Parquet": (
        content(parquet(lambda frame: frame.select(pl.struct("金额", "税额").alias("金额"), pl.exclude("金额"))[:, :-4]), "a.parquet"),
        ("amount", "no such column"),
    ),
    "Parquet of structures only": (
        content(parquet(lambda frame: frame.select(pl.struct(pl.all()).alias("a"))), "a.parquet"),
        ("only nested",),
    ),
    "2^63 in Parquet": (content(with_amount([1, 2**63], pl.UInt64), "a.parquet"), ("row 2", "金额", "at most")),
    "NaN in Parquet": (content(with_amount([1000.0, float("nan")]), "a.parquet"), ("row 2", "金额", "'NaN'")),
    "1e308 in Parquet": (content(with_amount([1000.0, 1e308]), "a.parquet"), ("row 2", "金额", "at most")),
    "truth values for amounts": (content(with_amount([True, False]), "a.parquet"), ("row 1", "金额", "a number, not Boolean")),
    "numbers for days": (
        content(parquet(lambda frame: frame.with_columns(pl.Series("开票日期", [True, False]))), "a.parquet"),
        ("row 1", "开票日期"),
    ),
    "JSON: one object": (content('{"a": {"b": 1}}', "a.json"), ("row 1", "a list of objects", "one flat object")),
    "JSON: a list of numbers": (content("[1, 2, 3]", "a.json"), ("row 1", "a value that stands alone", "a list of objects")),
    "JSON: a nested cell": (content(records({}, {"金额": {"value": 1}}), "a.json"), ("row 2", "金额", "one flat object")),
    "JSON: not closed": (content(records({}, {})[:-1], "a.json"), ("line 1", "no valid JSON")),
    "JSON: a broken line": (content('{"发票号码": "1"}\n{"发票号码"; "2"}\n', "a.json"), ("line 2", "no valid JSON")),
    "JSON: one field twice": (content('[{"金额": 1, "金额": 2}]', "a.json"), ("twice",)),
    "JSON: nested without end": (content("[" * 100_000, "a.json"), ("nested too deep",)),
    "JSON: NaN": (content(records({}, {"金额": float("nan")}), "a.json"), ("row 2", "金额", "'NaN'")),
    "JSON: empty list": (content("[]", "a.json"), ("a.json",)),
    "a folder": (folder, ("a directory", "Name the file itself")),
    "no such file": (lambda path: path / "nothing.csv", ("no such file", "spelling")),
    "a link to itself": (loop, ("leads back to itself",)),
    "a pipe": (pipe, ("a device or a pipe",)),
    "a path through a file": (lambda path: content(GOOD)(path) / "a.csv", ("leads through a file",)),
    "a name too long for a file": (lambda path: path / ("x" * 300), ("too long",)),
}

# What looks odd and is read rightly: both invoices, or the one of a workbook.
READ: dict[str, Builder] = {
    "GBK": content(GOOD.encode("gbk")),
    "GB18030 with a rare character": content(GOOD.replace("乙", "𠀀").encode("gb18030")),
    "UTF-8 with mark": content(GOOD.encode("utf-8-sig")),
    "UTF-16": content(GOOD.encode("utf-16")),
    "line ends of Windows": content(GOOD.replace("\n", "\r\n")),
    "line ends of old Macs": content(GOOD.replace("\n", "\r")),
    "tabs": content(GOOD.replace(",", "\t")),
    "semicolons": content(GOOD.replace(",", ";")),
    "full-width commas": content(GOOD.replace(",", "，")),
    "a title above the headings": content("甲公司发票明细,,,,,,,,\n导出日期：2026-01-01,,,,,,,,\n" + GOOD),
    "blank lines": content(GOOD.replace("\n", "\n\n,,,,,,,,\n")),
    "a line break inside a cell": content(csv_text([line(1, 购方名称='"乙\n公司"'), line(2)])),
    "grouped and full-width numbers": content(csv_text([line(1, 金额='"￥1,000.00"'), line(2, 金额="１０００．００")])),
    "many spellings of a day": content(csv_text([line(1, 开票日期="2025/3/1"), line(2, 开票日期="2025年3月1日")])),
    "a day number": content(csv_text([line(1, 开票日期="45717"), line(2, 开票日期="20250301")])),
    "a tax of stars": content(csv_text([line(1, 税额="***", 价税合计="1000.00"), line(2)])),
    "CSV named xlsx": content(GOOD, "a.xlsx"),
    "headings with remarks": content(GOOD.replace("金额,税额", "金额（元）,税额(元)").replace("发票号码", "*发票号码 ")),
    "a workbook with date cells": content(sheet(typed(day=dt.date(2025, 3, 1))), "a.xlsx"),
    "a workbook with day numbers": content(sheet(typed(day=45717)), "a.xlsx"),
    "a workbook that counts from 1904": content(sheet(typed(day=45717 - 1462), date_1904=True), "a.xlsx"),
    "a workbook with merged headings": content(
        sheet([["发票号码", "开票日期", "状态", "销方", "", "购方名称", "金额", "税额"], ["", "", "", "识别号", "名称", "", "", ""],
               ["00000001", "2025-03-01", "正常", "9133", "甲公司", "乙公司", 1000, 130]], merged=True), "a.xlsx"),
    "JSON": content(records({}, {"发票号码": "00000002"}), "a.json"),
    "JSON with numbers": content(records({"金额": 1000, "税额": 130.00}), "a.json"),
    "JSON lines": content(records({}, {"发票号码": "00000002"})[1:-1].replace("}, {", "}\n{"), "a.jsonl"),
    "Parquet": content(parquet(), "a.parquet"),
    "Parquet with noise of floats": content(with_amount([1000.0000000001, 999.9999999999]), "a.parquet"),
    "Parquet with categories": content(parquet(lambda frame: frame.with_columns(pl.col("发票状态").cast(pl.Categorical))), "a.parquet"),
}  # fmt: skip
