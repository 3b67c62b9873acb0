"""Files of records that are wrong in one way each, made from any layout: its sample with a cell, a heading or the whole file spoilt."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator

import xlsxwriter
from tests.evidence.bad_files import REFUSED, Builder, content

from puhui.evidence.layouts import Field, Layout
from puhui.evidence.samples import sample_frame, sample_text

FIRM = "甲公司"
Table = list[list[str]]
Cells = Iterator[tuple[str, str, tuple[str, ...]]]  # what is wrong, the cell, what is said beside row and column
# Wrong whatever the layout: files that are no table at all.
NO_TABLE = (
    "a byte of no encoding", "Latin letters in the bytes of another encoding", "no headings", "empty file",
    "nothing but a mark and blanks", "a picture named xlsx", "a photograph", "a PDF", "gzip", "a database", "a web page named xls",
    "XML named xls", "a workbook with a password", "an old workbook", "a Word document", "a plain archive", "half a workbook",
    "entities in a workbook", "a damaged Parquet file", "Parquet of structures only", "JSON: one object", "JSON: a list of numbers",
    "JSON: one field twice", "JSON: nested without end", "JSON: empty list", "a folder", "no such file", "a link to itself",
    "a pipe", "a name too long for a file",
)  # fmt: skip


def csv_of(table: Table) -> str:
    def quoted(cell: str) -> str:
        return '"' + cell.replace('"', '""') + '"' if any(sign in cell for sign in ',"\n') else cell

    return "\n".join(",".join(quoted(cell) for cell in row) for row in table) + "\n"


def workbook(table: Table, *, formula: str = "", hidden: bool = False) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        if hidden:
            book.add_worksheet("封面")
        page = book.add_worksheet("数据")
        for row, cells in enumerate(table):
            page.write_row(row, 0, cells)
        if formula:
            page.write_formula(formula, "=1+1", None, 2)
        if hidden:
            page.hide()
    return buffer.getvalue()


def no_tables() -> list[tuple[str, Builder, tuple[str, ...]]]:
    return [(kind, *REFUSED[kind]) for kind in NO_TABLE]


Spoilt = Iterator[tuple[str, Builder, tuple[str, ...]]]


def spoilt_files(layout: Layout) -> Spoilt:
    """What is wrong, how it is made, and what the message must say: files that are broken, whatever their headings say."""
    table = sample_text(layout, FIRM)
    text = csv_of(table)
    parquet = io.BytesIO()
    sample_frame(layout, FIRM).write_parquet(parquet)
    objects = [dict(zip(table[0], row, strict=True)) for row in table[1:]]
    nested = json.dumps([{**objects[0], table[0][0]: {"value": 1}}], ensure_ascii=False)
    yield "headings only", content(csv_of(table[:1])), ("no row under them",)
    yield "headings only, workbook", content(workbook(table[:1]), "a.xlsx"), ("no row under them",)
    yield "a NUL byte", content(text.encode().replace(FIRM.encode(), FIRM.encode() + b"\0", 1)), ("a NUL byte",)
    yield "a row too short", content(csv_of([*table, table[1][:1]])), ("row 5", "1 cells")
    yield "a row too long", content(csv_of([*table, [*table[1], "x"]])), ("row 5", f"{len(table[0])} cells")
    yield "a quotation mark never closed", content(text + '"' + ("甲,乙\n" * 10_000)), ("row 5",)
    yield "a formula in a workbook", content(workbook(table, formula="A2"), "a.xlsx"), ("cell A2", "paste it as values")
    yield "the only rows on a hidden sheet", content(workbook(table, hidden=True), "a.xlsx"), ("1 hidden", "--sheet")
    yield "half a Parquet file", content(parquet.getvalue()[:-100], "a.parquet"), ("without its end",)
    yield "JSON: not closed", content(json.dumps(objects, ensure_ascii=False)[:-1], "a.json"), ("no valid JSON",)
    yield "JSON: a nested cell", content(nested, "a.json"), ("one flat object",)
    yield "no column of the firm", content(csv_of([row[1:] for row in table])), ("--firm",)


def spoilt_headings(layout: Layout) -> Spoilt:
    """The same for headings, of all fields at once: each must be named."""
    table = sample_text(layout, FIRM)
    fields = list(layout.fields.values())
    doubled = [[*row, *row[1:]] for row in table]
    said = tuple(f'column "{field.headings[0]} #2"' for field in fields if not field.joined)
    yield "every column twice", content(csv_of(doubled)), ("a second column", "Rename or delete", *said)
    others = [field for field in fields if len(field.headings) > 1 and not (field.joined or field.either)]
    if others:
        second = [[*row, *(row[1 + fields.index(field)] for field in others)] for row in table]
        second[0] = [*table[0], *(field.headings[1] for field in others)]
        yield "two headings of one meaning", content(csv_of(second)), tuple(f'column "{field.headings[1]}"' for field in others)
    frame = sample_frame(layout, FIRM)
    needed = [field for field in fields if field.needed]
    buffer = io.BytesIO()
    stand_ins = [layout.fields[field.or_from] for field in needed if field.or_from]
    frame.drop(field.headings[0] for field in (*needed, *stand_ins)).write_parquet(buffer)
    said = tuple(text for field in needed for text in (f'column "{field.name}"', field.headings[0]))
    yield "no column that is needed", content(buffer.getvalue(), "a.parquet"), ("no such column", "Add the column", *said)
    amounts = [field for field in fields if field.type == "amount"]
    if amounts and not layout.notices:  # public notices say their unit in the heading, and are read so
        heads = {field.headings[0]: f"{field.headings[0]}（万元）" for field in amounts}
        renamed = [[heads.get(heading, heading) for heading in table[0]], *table[1:]]
        yield "amounts in ten thousands", content(csv_of(renamed)), ("amount_unit", *heads.values())
    yield from _contradiction(layout, table)


def spoilt_rows(layout: Layout) -> tuple[Table, list[tuple[str, tuple[str, ...]]]]:
    """A table of which every row is wrong in one cell, and for each row what is wrong and what the message must say."""
    firm = sample_text(layout, FIRM)[0][0]
    spoilt = [
        ("an unknown firm", 0, "无此公司", (firm, "Register the firm first")),
        ("a firm that has not consented", 0, "戊公司", ("consent first", layout.evidence_class)),
        ("a firm left out", 0, "", (firm, "Fill the cell")),
    ]
    for position, field in enumerate(layout.fields.values(), start=1):
        for kind, cell, said in spoilt_cells(layout, field):
            spoilt.append((f"{field.name}: {kind}", position, cell, (f'column "{field.headings[0]}"', *said)))
    table = sample_text(layout, FIRM, len(spoilt))
    for row, (_, position, cell, _) in enumerate(spoilt, start=1):
        table[row][position] = cell
    return table, [(kind, said) for kind, _, _, said in spoilt]


def spoilt_cells(layout: Layout, field: Field) -> Cells:
    """What is wrong in a cell of a field, the cell, and what the message must say beside row and column."""
    yield "a formula", "=HYPERLINK(1)", ("not a formula",)
    yield "a cell of 40,000 letters", "x" * 40_000, ("40,000 characters",)
    if field.needed:
        yield "nothing", " ", ("Fill the cell",) if field.type != "word" else ("one of",)
    yield from CELLS[field.type](layout, field)


def _days(layout: Layout, field: Field) -> Cells:
    yield "a word", "soon", ("year first",)
    yield "30 February", "2025-02-30", ("'2025-02-30'",)
    yield "day zero", "0000-00-00", ("'0000-00-00'",)
    yield "which is the month?", "03/04/2025", ("[format] date",)
    yield "too early", "1900-01-01", (f"from {layout.earliest}",)
    if field.name == layout.observed and not layout.future:
        yield "a day ahead", "2027-01-01", ("not after 2026-01-05",)
    else:
        yield "far ahead", "2600-01-01", ("Correct the year",)
    if field.type == "month":
        yield "a thirteenth month", "2025-13", ("a month such as",)


def _amounts(layout: Layout, field: Field) -> Cells:
    yield "letters", "about 1000", ("'about 1000'",)
    yield "three decimals", "1000.005", ("whole fen",)
    yield "1e308", "1e308", ("'1e308'",)
    yield "too large", "99999999999999999", ("at most",)
    yield "a comma where the point stands", "1000,5", ("'1000,5'",)
    yield from _bounds(field, 100)


def _figures(layout: Layout, field: Field) -> Cells:
    yield "letters", "many", ("'many'",)
    yield "a unit", "12 kWh", ("'12 kWh'",)
    yield "a comma where the point stands", "1000,5", ("'1000,5'",)
    yield "infinity", "inf", ("'inf'",)
    if field.type == "whole":
        yield "parts", "1.5", ("whole number",)
    yield from _bounds(field, 1)


def _bounds(field: Field, scale: int) -> Cells:
    if field.least is not None:
        yield "too little", f"{field.least / scale - 1:.0f}", ("at least",)
    if field.most is not None:
        yield "too much", f"{field.most / scale + 1:.0f}", ("at most",)


def _words(layout: Layout, field: Field) -> Cells:
    yield "an unknown word", "奇怪", ("'奇怪'", f"[words.{field.name}]")


def _texts(layout: Layout, field: Field) -> Cells:
    yield "too long", "长" * (field.longest + 1), (f"at most {field.longest} characters",)


def _codes(layout: Layout, field: Field) -> Cells:
    yield from _texts(layout, field)
    yield "cut by a spreadsheet", "9.13301E+17", ("format the column as text",)
    if field.table:
        yield "a code nobody knows", "0Z", (f"the table {field.table}",)


def _flags(layout: Layout, field: Field) -> Cells:
    yield "neither yes nor no", "maybe", ("yes or no",)


CELLS: dict[str, Callable[[Layout, Field], Cells]] = {
    "text": _texts, "code": _codes, "word": _words, "date": _days, "month": _days, "amount": _amounts, "number": _figures,
    "whole": _figures, "share": _figures, "flag": _flags,
}  # fmt: skip


def _contradiction(layout: Layout, table: Table) -> Spoilt:
    """Two rows that speak of one fact and differ in a field that does not name it."""
    names = list(layout.fields)
    for name in names:
        if layout.identity and name not in layout.identity:
            rows = [table[0], table[1], list(table[1])]
            rows[2][1 + names.index(name)] = table[2][1 + names.index(name)]
            if rows[1] != rows[2]:
                yield "two rows that contradict each other", content(csv_of(rows)), ("row 2", "row 3", "contradict")
                return
