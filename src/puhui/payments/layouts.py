"""Files for and from banks, by layouts that are data: CSV or fixed width, any encoding, amounts in yuan or fen.

A layout is a TOML file `catalogue/layouts/NAME.toml` (an institution's own folder goes first):

    [layout]    name, kind (csv, fixed), encoding (utf-8, gb18030 …), delimiter, header (true, false), amount_unit (yuan, fen),
                date_format (as strftime), totals (none, first, last: which line tells count and sum), widths_in (characters, bytes)
    [[columns]] field, heading (csv with header), start and width (fixed, from 1), align (left, right), fill
    [[totals]]  the columns of the line of totals: fields count and total, and `text` for what always stands there
    [codes]     success, partial, failed, waiting: the bank's codes of results

Fields that end in `_on` are dates, `amount`, `collected`, `amount_in`, `amount_out`, `balance` and `total` are amounts, the rest is text.
A file that does not fit is refused whole, each fault with line and column.
"""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.conf import settings

from puhui.calculations.faults import Fault, FaultsError, check

__all__ = ["Column", "FileRow", "Layout", "layout", "read_file", "write_file"]

AMOUNTS = ("amount", "collected", "amount_in", "amount_out", "balance", "total")
LARGEST_FILE_BYTES = 50_000_000
MOST_FAULTS = 50
_PACKAGED = Path(__file__).parent.parent / "catalogue"


@dataclass(frozen=True, slots=True)
class Column:
    field: str
    heading: str = ""
    start: int = 0
    width: int = 0
    align: str = "left"
    fill: str = " "
    text: str = ""
    optional: bool = False


@dataclass(frozen=True)
class Layout:
    """How a file is written. `totals_line` is none, first or last."""

    name: str
    kind: str
    columns: tuple[Column, ...]
    encoding: str = "utf-8"
    delimiter: str = ","
    header: bool = False
    amount_unit: str = "yuan"
    date_format: str = "%Y%m%d"
    line_end: str = "\r\n"
    totals_line: str = "none"
    totals: tuple[Column, ...] = ()
    codes: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def outcome(self, code: str) -> str | None:
        """success, partial, failed or waiting; None for a code that the layout does not know."""
        return next((outcome for outcome, codes in self.codes.items() if code in codes), None)


@dataclass(frozen=True, slots=True)
class FileRow:
    """One line as read: its number in the file, amounts in fen, dates as dates, the rest as text."""

    line: int
    values: Mapping[str, Any]


def layout(name: str) -> Layout:
    """The layout of a name. Raises FaultsError where there is none or it cannot be read."""
    folders = _folders()
    path = next((folder / f"{name}.toml" for folder in folders if "/" not in name and (folder / f"{name}.toml").exists()), None)
    if path is None:
        known = sorted({found.stem for folder in folders for found in folder.glob("*.toml")})
        raise FaultsError([Fault("layout", name, ", ".join(known) or "a file of catalogue/layouts")])
    try:
        body = tomllib.loads(path.read_text(encoding="utf-8"))
        head = dict(body["layout"])
        columns = tuple(Column(**row) for row in body["columns"])
        totals = tuple(Column(**row) for row in body.get("totals", []))
        "".encode(head.get("encoding", "utf-8"))
        return Layout(columns=columns, totals=totals, codes=body.get("codes", {}), totals_line=head.pop("totals", "none"), **head)
    except (tomllib.TOMLDecodeError, KeyError, TypeError, LookupError) as error:
        raise FaultsError([Fault(path.name, str(error), "a layout: see payments/layouts.py")]) from error


def _folders() -> list[Path]:
    return [Path(root) / "layouts" for root in (getattr(settings, "PUHUI_CATALOGUE", None), _PACKAGED) if root]


def layouts_with(*fields: str) -> list[str]:
    """The names of all layouts that have every one of some fields, the institution's own and the packaged ones."""
    names = sorted({found.stem for folder in _folders() for found in folder.glob("*.toml")})
    return [name for name in names if set(fields) <= {column.field for column in layout(name).columns}]


def write_file(form: Layout, rows: Sequence[Mapping[str, Any]], total_fen: int) -> bytes:
    """The rows as a file. Raises FaultsError for a text that is too long for its column or not in the encoding, with row and column."""
    faults: list[Fault] = []
    lines = [_line(form, form.columns, row, f"row {number}", faults) for number, row in enumerate(rows, 1)]
    if form.header:
        lines.insert(0, _joined(form, [column.heading or column.field for column in form.columns]))
    if form.totals_line != "none":
        told = _line(form, form.totals, {"count": str(len(rows)), "total": total_fen}, "totals", faults)
        lines.insert(0 if form.totals_line == "first" else len(lines), told)
    check(faults)
    return "".join(line + form.line_end for line in lines).encode(form.encoding)


def _line(form: Layout, columns: Sequence[Column], row: Mapping[str, Any], where: str, faults: list[Fault]) -> str:
    cells = []
    for column in columns:
        text = column.text or _written(form, column.field, row.get(column.field))
        try:
            size = len(text.encode(form.encoding)) if form.kind == "fixed" else len(text)
        except UnicodeEncodeError:
            faults.append(Fault(f"{where}, {column.field}", text, f"characters of {form.encoding}"))
            size = 0
        if form.kind == "fixed":
            if size > column.width:
                faults.append(Fault(f"{where}, {column.field}", f"{size} bytes", f"at most {column.width}"))
            space = column.fill * max(column.width - size, 0)
            text = space + text if column.align == "right" else text + space
        cells.append(text)
    return "".join(cells) if form.kind == "fixed" else _joined(form, cells)


def _joined(form: Layout, cells: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=form.delimiter, lineterminator="").writerow(cells)
    return text.getvalue()


def _written(form: Layout, name: str, value: Any) -> str:
    if value is None:
        return ""
    if name in AMOUNTS:
        return str(value) if form.amount_unit == "fen" else f"{Decimal(value) / 100:.2f}"
    return value.strftime(form.date_format) if isinstance(value, date) else str(value)


def read_file(form: Layout, content: bytes, name: str) -> list[FileRow]:
    """The rows of a file, with its totals compared. Raises FaultsError naming every fault by line and column; nothing of it is used."""
    if len(content) > LARGEST_FILE_BYTES:
        raise FaultsError([Fault(name, f"{len(content)} bytes", f"at most {LARGEST_FILE_BYTES}")])
    try:
        text = content.decode("utf-8-sig" if form.encoding.lower() in ("utf-8", "utf8") else form.encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise FaultsError([Fault(f"{name}, line {line}", f"byte 0x{content[error.start]:02X}", f"text in {form.encoding}")]) from error
    faults: list[Fault] = []
    lines = [(number, cells) for number, cells in _split(form, text) if any(cell.strip() for cell in cells)]
    told = None
    if lines and form.totals_line != "none":
        told = lines.pop(0 if form.totals_line == "first" else -1)
    columns: Sequence[tuple[int, Column]] = list(enumerate(form.columns))
    if form.header:
        columns = _placed(form, lines.pop(0)[1] if lines else [], name, faults)
        check(faults)
    rows = [FileRow(number, _values(form, columns, cells, f"{name}, line {number}", faults)) for number, cells in lines]
    if told is not None:
        _compare_totals(form, told, rows, name, faults)
    elif form.totals_line != "none":
        faults.append(Fault(name, "no line of totals", f"one, {form.totals_line}"))
    check(faults[:MOST_FAULTS])
    return rows


def _split(form: Layout, text: str) -> Iterable[tuple[int, list[str]]]:
    if form.kind == "csv":
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=form.delimiter)
        try:
            for cells in reader:
                yield reader.line_num, cells
        except csv.Error as error:
            raise FaultsError([Fault(f"line {reader.line_num}", str(error), "a line of CSV")]) from error
        return
    for number, line in enumerate(text.splitlines(), 1):
        yield number, [line]


def _placed(form: Layout, headings: Sequence[str], name: str, faults: list[Fault]) -> list[tuple[int, Column]]:
    found = {heading.strip(): place for place, heading in enumerate(headings)}
    placed = []
    for column in form.columns:
        if column.heading in found:
            placed.append((found[column.heading], column))
        elif not column.optional:
            faults.append(Fault(f"{name}, headings", ", ".join(found) or "none", f"a column {column.heading}"))
    return placed


def _values(form: Layout, columns: Sequence[tuple[int, Column]], cells: list[str], where: str, faults: list[Fault]) -> dict[str, Any]:
    if form.kind == "fixed":
        raw = cells[0].encode(form.encoding)
        cells = [raw[column.start - 1 : column.start - 1 + column.width].decode(form.encoding, "replace") for _, column in columns]
        columns = list(enumerate(column for _, column in columns))
    values = {}
    for place, column in columns:
        text = cells[place].strip() if place < len(cells) else ""
        if column.fill != " " and column.align == "right" and form.kind == "fixed":
            text = text.lstrip(column.fill) or column.fill
        values[column.field] = _read(form, column, text, where, faults)
    return values


def _read(form: Layout, column: Column, text: str, where: str, faults: list[Fault]) -> Any:
    where = f"{where}, {column.heading or column.field}"
    is_date, is_amount = column.field.endswith("_on"), column.field in AMOUNTS
    if not text:
        if (is_date or is_amount) and not column.optional:
            faults.append(Fault(where, "nothing", "a date" if is_date else "an amount"))
        return None if is_date or is_amount else ""
    if is_date:
        try:
            return datetime.strptime(text, form.date_format).date()  # noqa: DTZ007 (a date without time)
        except ValueError:
            faults.append(Fault(where, text, f"a date as {form.date_format}"))
            return None
    return _amount(form, text, where, faults) if is_amount else text


def _amount(form: Layout, text: str, where: str, faults: list[Fault]) -> int | None:
    try:
        number = Decimal(text.replace(",", ""))
        fen = number if form.amount_unit == "fen" else number * 100
        if fen.is_finite() and fen == fen.to_integral_value() and abs(fen) < 10**15:
            return int(fen)
    except InvalidOperation:
        pass
    faults.append(Fault(where, text, "whole fen" if form.amount_unit == "fen" else "an amount with at most two decimals"))
    return None


def _compare_totals(form: Layout, told: tuple[int, list[str]], rows: Sequence[FileRow], name: str, faults: list[Fault]) -> None:
    where = f"{name}, line {told[0]} (totals)"
    values = _values(form, list(enumerate(form.totals)), told[1], where, faults)
    counted = str(values.get("count", "")).lstrip("0") or "0"
    if counted != str(len(rows)):
        faults.append(Fault(f"{where}, count", counted, f"{len(rows)}, the lines of the file"))
    summed = sum(row.values.get("collected", row.values.get("amount")) or 0 for row in rows)
    if values.get("total") != summed:
        faults.append(Fault(f"{where}, total", str(values.get("total")), f"{summed} fen, the sum of the lines"))
