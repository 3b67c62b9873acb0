"""CSV: text cut into records by a delimiter that we find out, with every record cut wrongly named.

The quick path hands the bytes to Arrow's parser, which reads every cell as text and tells of each record with too few or too many
cells. Records are numbered as a spreadsheet shows them: the first line of the file is row 1, a quoted line break is inside its row.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import replace

import polars as pl
import pyarrow as pa
import pyarrow.csv as arrow_csv

from puhui.evidence.reading.encodings import first_bad_byte, to_utf8
from puhui.evidence.reading.faults import RefusedFileError, place, refuse
from puhui.evidence.reading.limits import Deadline, Limits
from puhui.evidence.reading.raw import BROKEN_SCHEMA, ROW, HeadingChoice, HeadingFinder, RawTable, distinct_names

DELIMITERS = (",", "\t", ";", "|", "，")
BIG5 = "big5hkscs"
TOP_RECORDS = 20
TOP_BYTES = 1 << 18
BLOCK_BYTES = 1 << 23
AS_TEXT = r'^\s*="([^"]*)"\s*$'  # ="00123": how exports keep the zeros of a number; there is nothing in it to calculate


def read_csv(
    data: bytes, file: str, find_headings: HeadingFinder, limits: Limits, *, encoding: str | None = None, delimiter: str | None = None
) -> RawTable:
    """Cut `data` into a table of text. Raises `RefusedFileError` when it is no text, has no headings we know, or is too large."""
    deadline = Deadline(limits, file)
    text, found_encoding = to_utf8(data, file, encoding)
    _refuse_nul(text, file)
    try:
        delimiter, choice, top = _find_table(text, file, find_headings, found_encoding, delimiter, limits)
    except RefusedFileError:  # almost any bytes pass for GB18030: those of Big5 do, and then have no headings that we know
        if found_encoding != "gb18030" or encoding or first_bad_byte(data, BIG5) is not None:
            raise
        text, found_encoding = to_utf8(data, file, BIG5)
        delimiter, choice, top = _find_table(text, file, find_headings, found_encoding, delimiter, limits)
    if delimiter == "，":  # a full-width comma is three bytes, which the parser does not take; the text then has no use for a tab
        text, delimiter = memoryview(bytes(text).replace("，".encode(), b"\t")), "\t"
        top = list(_records(text, delimiter, limits))[:TOP_RECORDS]
    first_data = choice.first + choice.depth
    start = top[first_data - 1][1]
    names = distinct_names(choice.names)
    deadline.check()
    notes = [f"read as {found_encoding} text"] if found_encoding != "utf-8" else []
    return replace(_parse(text[start:], file, names, delimiter, first_data + 1, limits, deadline, notes), above=choice.above)


def _refuse_nul(text: memoryview, file: str) -> None:
    position = bytes(text).find(b"\0") if not isinstance(text.obj, bytes) else text.obj.find(b"\0")
    if position >= 0:
        line = bytes(text[:position]).count(b"\n") + 1
        raise refuse(
            place(file, row=line), "a NUL byte", "text", "The file is damaged or not text: export it again, or save it as CSV UTF-8."
        )


def _records(text: memoryview, delimiter: str, limits: Limits) -> Iterator[tuple[list[str], int]]:
    """The first records with the byte position after each. Only the top of the file is looked at."""
    position = 0
    csv.field_size_limit(max(limits.cell_characters * 4, TOP_BYTES))

    def lines() -> Iterator[str]:
        nonlocal position
        for line in io.StringIO(bytes(text[:TOP_BYTES]).decode("utf-8", "ignore"), newline=""):
            position += len(line.encode())
            yield line

    try:
        for number, record in enumerate(csv.reader(lines(), delimiter=delimiter)):
            if number >= TOP_RECORDS:
                return
            yield record, position
    except csv.Error:
        return


def _find_table(
    text: memoryview, file: str, find_headings: HeadingFinder, encoding: str, declared: str | None, limits: Limits
) -> tuple[str, HeadingChoice, list[tuple[list[str], int]]]:
    """The delimiter under which the headings are best recognised, with the headings and the top records."""
    best: tuple[str, HeadingChoice, list[tuple[list[str], int]]] | None = None
    for delimiter in (declared,) if declared else DELIMITERS:
        top = list(_records(text, delimiter, limits))
        choice = find_headings.find([record for record, _ in top])
        if choice and (best is None or choice.recognised > best[1].recognised):
            best = (delimiter, choice, top)
    if best is None:
        first = bytes(text[:200]).decode("utf-8", "replace").splitlines() or [""]
        raise refuse(
            file,
            f"no row of headings among the first {TOP_RECORDS} (read as {encoding}; the file begins {first[0][:60]!r})",
            f"headings such as {find_headings.examples}",
            "If that is garbled, save the file as CSV UTF-8; else correct the headings or name the columns in a mapping file (--map).",
        )
    return best


def _parse(
    text: memoryview, file: str, names: Sequence[str], delimiter: str, first_row: int, limits: Limits, deadline: Deadline, notes: list[str]
) -> RawTable:
    broken: list[tuple[int, str, str, str]] = []
    skipped: list[int] = []  # positions (1-based among the records) that the parser left out

    def bad_record(record: arrow_csv.InvalidRow) -> str:
        skipped.append(record.number)
        if record.text.strip():
            broken.append(
                (first_row + record.number - 1, record.text, f"{record.expected_columns} cells", f"{record.actual_columns} cells")
            )
        return "skip"

    if not len(text):
        return RawTable(file, "", pl.DataFrame(schema={ROW: pl.Int64, **dict.fromkeys(names, pl.String)}), _broken_frame(broken), notes)
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(pa.py_buffer(text)),
            arrow_csv.ReadOptions(column_names=list(names), use_threads=False, block_size=BLOCK_BYTES),
            arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=bad_record),
            arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
        )
    except pa.ArrowInvalid as error:
        raise refuse(
            file,
            f"text that cannot be cut into cells ({error})",
            "rows of the same number of cells",
            "Look for a quotation mark that is opened and never closed, or a cell of millions of characters.",
        ) from error
    deadline.check()
    if table.num_rows > limits.rows:
        raise refuse(file, f"{table.num_rows:,} rows", f"at most {limits.rows:,} rows", "Split it into several files; they may overlap.")
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    del table
    frame = frame.insert_column(0, _row_numbers(frame.height, first_row, skipped))
    return RawTable(file, "", _without_blank_rows(_plain_text(frame, names), names), _broken_frame(broken), notes)


def _row_numbers(height: int, first_row: int, skipped: list[int]) -> pl.Series:
    """Numbers of the rows that were kept, given the 1-based positions of those that were left out."""
    if not skipped:
        return pl.int_range(first_row, first_row + height, eager=True).alias(ROW)
    every = pl.Series(ROW, range(height + len(skipped)), dtype=pl.Int64)
    left_out = pl.Series([position - 1 for position in skipped], dtype=pl.Int64)
    return every.filter(~every.is_in(left_out.implode())) + first_row


def _plain_text(frame: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """The text in cells that say in a formula's way that they are text. All other formulas stay, and are faults."""
    found = frame.select(pl.col(names).str.contains('="', literal=True).any()).row(0, named=True)
    return frame.with_columns(pl.col([name for name in names if found[name]]).str.replace(AS_TEXT, "$1")) if any(found.values()) else frame


def _without_blank_rows(frame: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Leave out lines that hold nothing but delimiters: spreadsheets add thousands of them."""
    return frame.filter(pl.any_horizontal(pl.col(name).str.strip_chars() != "" for name in names))


def _broken_frame(broken: list[tuple[int, str, str, str]]) -> pl.DataFrame:
    return pl.DataFrame(broken, schema=BROKEN_SCHEMA, orient="row")
