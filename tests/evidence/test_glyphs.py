"""Bank statements as PDF whose rows were drawn in one go, or whose pages lie on their side: read letter by letter."""

from __future__ import annotations

from pathlib import Path

import pytest
from pypdf import PdfWriter, Transformation

from puhui.evidence.documents.glyphs import glyph_words
from puhui.evidence.documents.reading import read_document

weasyprint = pytest.importorskip("weasyprint")

HEADS = ["交易日期", "借方发生额", "贷方发生额", "余额", "对方户名"]
MOVED = [
    ["2024-03-05 10:11:12", "", "12,345.67", "112,345.67", "杭州甲贸易有限公司"],
    ["2024-03-07 09:00:00", "5,000.00", "", "107,345.67", "宁波乙材料有限公司"],
    ["2024-03-20 23:59:59", "", "1,000,000.00", "1,107,345.67", "上海丙公司"],
]


@pytest.fixture(scope="module", params=[5, 14])
def page(request, tmp_path_factory) -> Path:
    """A statement as a browser prints it: the cells of a row stand close together, or apart."""
    rows = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in MOVED)
    heads = "".join(f"<th>{head}</th>" for head in HEADS)
    style = "@page{size:A4 landscape} body{font:9pt sans-serif} td:nth-child(-n+4){text-align:right} td,th{padding:2px %dpx}"
    style %= request.param
    path = tmp_path_factory.mktemp("page") / "statement.pdf"
    weasyprint.HTML(string=f"<style>{style}</style><p>账号：6222020200011122334</p><table><tr>{heads}</tr>{rows}</table>").write_pdf(path)
    if "交易日期" not in "".join(word.text for word in glyph_words(path.read_bytes())):
        pytest.skip("no Chinese font is installed here")
    return path


def cells(path: Path) -> list[list[str]]:
    document = read_document(path)
    assert document.kind == "bank_statement" and not document.faults
    assert all(row["账号"] == "6222020200011122334" for row in document.rows)
    assert all(field.box and all(-0.01 <= side <= 1.01 for side in field.box) for field in document.fields)
    return [[row[head] for head in HEADS] for row in document.rows]


def test_rows_that_were_drawn_in_one_go_are_cut_into_cells(page):
    assert cells(page) == MOVED


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_note_that_turns_the_page_changes_nothing(page, tmp_path, degrees):
    writer = PdfWriter(clone_from=page)
    for sheet in writer.pages:
        sheet.rotate(degrees)
    writer.write(tmp_path / "noted.pdf")
    assert cells(tmp_path / "noted.pdf") == MOVED


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_page_that_was_drawn_lying_on_its_side_is_read_upright(page, tmp_path, degrees):
    writer = PdfWriter(clone_from=page)
    for sheet in writer.pages:
        width, height = float(sheet.mediabox.width), float(sheet.mediabox.height)
        move = {90: (height, 0), 180: (width, height), 270: (0, width)}[degrees]
        sheet.add_transformation(Transformation().rotate(degrees).translate(*move))
        if degrees != 180:
            sheet.mediabox.upper_right = (height, width)
    writer.write(tmp_path / "lying.pdf")
    assert cells(tmp_path / "lying.pdf") == MOVED
    assert read_document(tmp_path / "lying.pdf").turns == {1: degrees}
