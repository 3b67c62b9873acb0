"""A file of financial statements, in whatever layout, as the rows of `statement_line`, with what was odd about it.

Nothing is dropped in silence: a label that no list knows becomes a line `unmapped` under its own words, a label that heads a group or is a
figure per share is counted, a cell that holds words where a figure should be is a fault with its place. A label that stands in two
columns is kept twice, told apart by `copy`; restated and comparative figures stand beside the first ones.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import polars as pl

from puhui.calculations.faults import Fault
from puhui.evidence.reading.faults import LISTED_FAULTS, RefusedFileError, place, refuse
from puhui.evidence.reading.limits import Limits
from puhui.evidence.reading.raw import ROW, RawTable, no_broken_rows
from puhui.evidence.reading.words import simplify
from puhui.evidence.statements.cells import Cell, cells_of
from puhui.evidence.statements.figures import Figure, figure, has_comma_decimals
from puhui.evidence.statements.grid import Sheet, sheets
from puhui.evidence.statements.lines import UNMAPPED, Lines, lines, plain_label

UNIT = re.compile(r"(?:单位|金额单位|货币单位)\s*[:：]?\s*(?:人民币)?\s*(?P<unit>百万元|千元|万元|亿元|元)")
FOREIGN = re.compile(
    r"(?:单位|币种|货币)\s*[:：]?\s*\S{0,3}?(?P<money>美元|港元|港币|欧元|英镑|日元|加元|澳元|台币|USD|HKD|EUR|GBP|JPY|US\$|HK\$)",
    re.IGNORECASE,
)
ENGLISH_UNIT = re.compile(r"(?P<unit>['’]000|thousands?\b|millions?\b)", re.IGNORECASE)
ENGLISH_YUAN = {"'000": 1_000, "’000": 1_000, "thousand": 1_000, "million": 1_000_000}
YUAN = re.compile(r"RMB|CNY|\byuan\b|renminbi|人民币|元", re.IGNORECASE)
ENGLISH_FOREIGN = re.compile(r"(?P<money>US\$|HK\$|USD|HKD|EUR|GBP|JPY|€|£|dollars?|euros?)", re.IGNORECASE)
UNIT_YUAN = {"元": 1, "千元": 1_000, "万元": 10_000, "百万元": 1_000_000, "亿元": 100_000_000}
CURRENCIES = {"人民币": "CNY", "cny": "CNY", "rmb": "CNY", "港元": "HKD", "港币": "HKD", "hkd": "HKD", "美元": "USD", "usd": "USD"}
TOP_ROWS = 8
LEAST_CELLS = 5
LEAST_YEARLY = 3
SHOWN_LABELS = 12
COLUMNS = (
    "firm_name", "statement", "line", "label", "copy", "period_start", "period_end", "value_fen", "precision_fen", "layout",
    "line_number", "restated", "comparative", "version", "currency", "place",
)  # fmt: skip


def read_statements(path: Path, *, version: str = "", limits: Limits | None = None, name: str = "") -> tuple[RawTable, str] | None:
    """The figures of the file as a table whose headings are fields of `statement_line`, and the file's digest; None where the file holds
    no statement in a layout of statements. Raises `RefusedFileError` with every cell that cannot be read."""
    found, data = sheets(path, limits or Limits(), name)
    file, known = name or path.name, lines()
    each = [(sheet, cells_of(sheet.rows, known, f"{file} {sheet.name}")) for sheet in found]
    cells = [(sheet, cell) for sheet, inside in each for cell in inside]
    if sum(bool(known.known(cell.label)) for _, cell in cells) < LEAST_CELLS:
        return None
    faults: list[Fault] = _in_other_money(file, [sheet for sheet, inside in each if inside])
    faults += _without_money(file, each, known)
    notes: Counter[str] = Counter()
    rows = [] if faults else _rows(file, cells, known, version, faults, notes)
    if faults:
        raise RefusedFileError(faults[:LISTED_FAULTS], len(faults))
    if not rows:
        raise refuse(file, "labels of a statement and no figure", "figures", "Fill the columns of figures and send it again.")
    frame = pl.DataFrame(
        {ROW: range(1, len(rows) + 1), **{name: [row[name] for row in rows] for name in COLUMNS}}, schema_overrides={ROW: pl.Int64}
    )
    frame = frame.drop([name for name in COLUMNS if (frame[name] == "").all()])
    return RawTable(file, "", frame, no_broken_rows(), _told(notes)), hashlib.sha256(data).hexdigest()


@dataclass(frozen=True, slots=True)
class _Around:
    """What the cells of a file say together about each of them; sheets by their `id`."""

    layouts: dict[int, str]
    units: dict[int, int]  # yuan in one unit
    with_commas: dict[int, bool]  # 1.234,50
    yearly: set[str]  # firms
    earlier: dict[int, dt.date]  # the day that is there to compare


def _around(cells: Sequence[tuple[Sheet, Cell]], known: Lines) -> _Around:
    inside: dict[int, list[Cell]] = {}
    for sheet, cell in cells:
        inside.setdefault(id(sheet), []).append(cell)
    return _Around(
        {number: layout_of(its, known) for number, its in inside.items()},
        {id(sheet): unit_of(sheet) for sheet in {id(sheet): sheet for sheet, _ in cells}.values()},
        {number: has_comma_decimals(cell.text for cell in its if not known.is_group(cell.label)) for number, its in inside.items()},
        _yearly(cells),
        _paired_days(cells),
    )


def _rows(
    file: str, cells: Sequence[tuple[Sheet, Cell]], known: Lines, version: str, faults: list[Fault], notes: Counter[str]
) -> list[dict[str, str]]:
    around, rows = _around(cells, known), []
    for sheet, cell in cells:
        if known.is_group(cell.label):
            notes[f"heading or figure per share: {plain_label(cell.label)}"] += 1
            continue
        where = place(file, sheet.name, cell.row, cell.heading or cell.label)
        try:
            found = figure(cell.text, around.units[id(sheet)], around.with_commas[id(sheet)])
        except ValueError:
            faults.append(Fault(where, repr(cell.text[:60]), f"the figure of {cell.label}", "Write digits, or leave it empty."))
            continue
        if found is None:
            continue
        if cell.period_end is None or not cell.statement:
            missing = "the day it speaks of" if cell.period_end is None else "the statement it belongs to"
            faults.append(Fault(where, "a figure without " + missing, "a day such as 2024-12-31 above it or in its row", "Add it."))
            continue
        rows.append(_row(sheet, cell, found, around, known, notes) | {"version": version})
    return rows


def _row(sheet: Sheet, cell: Cell, found: Figure, around: _Around, known: Lines, notes: Counter[str]) -> dict[str, str]:
    """The row of `statement_line` that a figure becomes."""
    layout = around.layouts[id(sheet)]
    start, end, comparative = _period(cell, cell.statement, cell.firm in around.yearly, around.earlier.get(id(sheet)))
    return {
        "firm_name": cell.firm,
        "statement": cell.statement,
        "line": _line(cell, layout, known, notes),
        "label": plain_label(cell.label)[:200],
        "copy": str(cell.copy),
        "period_start": start.isoformat() if start else "",
        "period_end": end.isoformat(),
        "value_fen": _text(found.yuan),
        "precision_fen": _text(found.precision),
        "layout": layout,
        "line_number": str(cell.line_number or ""),
        "restated": "是" if cell.restated else "否",
        "comparative": "是" if comparative else "否",
        "currency": CURRENCIES.get(cell.currency.lower(), cell.currency if len(cell.currency) == 3 else ""),
        "place": f"{sheet.name + ' ' if sheet.name else ''}row {cell.row}, column {cell.column + 1}",
    }


def _line(cell: Cell, layout: str, known: Lines, notes: Counter[str]) -> str:
    """The line that a label stands for: by its words, by its number in the small firms' form, or unmapped."""
    line = known.line(cell.statement, cell.label, layout)
    if line is None and cell.line_number and layout == "small_business":
        line = known.numbers[cell.statement].get(cell.line_number)
        notes[f"told by its line number: {cell.label}"] += 1
    if line is None:
        notes[f"unknown label: {cell.label}"] += 1
    return line or UNMAPPED


def _text(yuan: Decimal) -> str:
    return f"{yuan:f}"


def layout_of(cells: Sequence[Cell], known: Lines) -> str:
    """The layout whose labels fit best: the small firms' form has line numbers, Hong Kong labels are of their own."""
    labels = {plain_label(label) for label in {cell.label for cell in cells}}
    other = {label for names in known.hong_kong.values() for label in names} - {label for names in known.labels.values() for label in names}
    if len(labels & other) >= 3:
        return "hong_kong"
    own = {
        plain_label(name)
        for name in ("短期投资", "长期债券投资", "固定资产账面价值", "应付利润", "固定资产原价", "商品维修费", "广告费和业务宣传费",
                     "支付的职工薪酬",
                     "销售产成品、商品、提供劳务收到的现金", "偿还借款本金支付的现金", "现金净增加额")
    }  # fmt: skip
    return "small_business" if len(labels & own) >= 2 else "enterprise"


def unit_of(sheet: Sheet) -> int:
    """Yuan in one unit of the sheet, told by 单位：万元 above the figures; yuan where nothing says so."""
    for row in sheet.rows[:TOP_ROWS]:
        match = UNIT.search(simplify(" ".join(row)))
        if match:
            return UNIT_YUAN[match["unit"]]
        english = ENGLISH_UNIT.search(" ".join(row))
        if english and YUAN.search(" ".join(row)):
            return ENGLISH_YUAN[english["unit"].lower().rstrip("s")]
    return 1


def _without_money(file: str, found: Sequence[tuple[Sheet, Sequence[Cell]]], known: Lines) -> list[Fault]:
    """A fault for each sheet in English that does not say above its figures that they are yuan: of Chinese ones nothing else is likely."""
    faults = []
    for sheet, cells in found:
        labels = {cell.label for cell in cells}
        head = " ".join(" ".join(row) for row in sheet.rows[:TOP_ROWS])
        if sum(map(known.is_english, labels)) * 2 <= len(labels) or any(cell.currency for cell in cells):
            continue
        foreign = ENGLISH_FOREIGN.search(head)
        if foreign or not YUAN.search(head):
            told = f"amounts in {foreign['money']}" if foreign else "no currency"
            expected = "yuan, as in RMB, RMB'000 or RMB million above the figures"
            faults.append(Fault(place(file, sheet.name), told, expected, "Say the currency and unit above the table."))
    return faults


def _in_other_money(file: str, found: Sequence[Sheet]) -> list[Fault]:
    """A fault for each sheet that says another currency above its figures: they are never taken for yuan."""
    told = [(sheet, FOREIGN.search(simplify(" ".join(row)))) for sheet in found for row in sheet.rows[:TOP_ROWS]]
    return [
        Fault(
            place(file, sheet.name), f"amounts in {match['money']}, as a line above the table says", "amounts in yuan", "Send it in yuan."
        )
        for sheet, match in told
        if match
    ]


def _yearly(cells: Sequence[tuple[Sheet, Cell]]) -> set[str]:
    """Firms whose reports all end on one day of the year, and there are several: their flows are of a year, whenever it ends."""
    days: dict[str, set[dt.date]] = {}
    for _, cell in cells:
        if cell.period_end:
            days.setdefault(cell.firm, set()).add(cell.period_end)
    return {firm for firm, ends in days.items() if len(ends) >= LEAST_YEARLY and len({(day.month, day.day) for day in ends}) == 1}


def _paired_days(cells: Sequence[tuple[Sheet, Cell]]) -> dict[int, dt.date]:
    """Sheets with two days as headings: the earlier one, whose figures are there to compare."""
    days: dict[int, set[dt.date]] = {}
    for sheet, cell in cells:
        if cell.heading and cell.period_end and cell.line_number is None and cell.heading != cell.label:
            days.setdefault(id(sheet), set()).add(cell.period_end)
    return {sheet: min(found) for sheet, found in days.items() if len(found) == 2}


def _period(cell: Cell, statement: str, yearly: bool, earlier: dt.date | None) -> tuple[dt.date | None, dt.date, bool]:
    """First day (flows only), last day, and whether the figure is there to compare. Flows are told from 1 January on, as the law has it."""
    end = cell.period_end
    assert end is not None
    comparative = cell.kind == "prior" or (earlier is not None and end == earlier)
    if cell.kind == "prior":
        opening = statement == "balance" and not re.search("上年同期|上年金额|上期", cell.heading)
        end = dt.date(end.year - 1, 12, 31) if opening or statement == "balance" else _year_before(end)
    if statement == "balance":
        return None, end, comparative
    if yearly:
        return _year_before(end) + dt.timedelta(days=1), end, comparative
    if cell.kind == "current_short" and re.search("本月", cell.heading):
        return end.replace(day=1), end, comparative
    if cell.kind == "current_short" and re.search("本季", cell.heading):
        return dt.date(end.year, end.month - (end.month - 1) % 3, 1), end, comparative
    return dt.date(end.year, 1, 1), end, comparative


def _year_before(day: dt.date) -> dt.date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:  # 29 February
        return day.replace(year=day.year - 1, day=28)


def _told(notes: Counter[str]) -> list[str]:
    """What a reader of the result must know: labels nobody knows, by name."""
    told = []
    for kind, words in (
        ("unknown label: ", "labels that no list knows, kept as unmapped lines"),
        ("told by its line number: ", "labels known by their line number only"),
        ("heading or figure per share: ", "headings and figures per share, which are no amounts"),
    ):
        names = [note.removeprefix(kind) for note in notes if note.startswith(kind)]
        if names:
            more = f" and {len(names) - SHOWN_LABELS} more" if len(names) > SHOWN_LABELS else ""
            told.append(f"{len(names)} {words}: {', '.join(names[:SHOWN_LABELS])}{more}")
    return told
