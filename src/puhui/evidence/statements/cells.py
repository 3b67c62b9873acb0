"""A statement taken apart: which cell of a sheet is which line of which period.

Four shapes are met. Lines in columns, one row for each report day (exports of databases). A long table of statement, day, item,
value. The form of the accounting standards: labels down the side, twice side by side in a balance sheet, with columns such as
期末余额 and 年初余额. The same with days as headings. A sheet is told by where labels that we know stand, never by its name.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from puhui.evidence.reading.words import simplify
from puhui.evidence.statements.lines import Lines, plain_label

Grid = Sequence[Sequence[str]]
DAY = re.compile(r"(?P<year>(?:19|20)\d{2})\s*(?:[-/.年]\s*(?P<month>\d{1,2})(?:\s*[-/.月]\s*(?P<day>\d{1,2}))?|(?P<compact>\d{4})(?!\d))")
YEAR = re.compile(r"(?P<year>(?:19|20)\d{2})\s*年?\s*(?:度|年报|年$|$)")
LEAST_LABELS = 3
HEADINGS = {"项目", "行次", "资产"}
"""Groups that stand in the heading itself."""
TITLES = {
    "balance": ("资产负债表", "balance sheet", "statement of financial position"),
    "income": ("利润表", "损益表", "income statement", "statement of profit"),
    "cash_flow": ("现金流量表", "cash flow statement", "statement of cash flows"),
}
TITLE = re.compile(
    r"(资产负债表|利润表|损益表|现金流量表)(?!日)|balance sheet|statement of financial position|income statement|statement of profit"
    r"|cash flow statement|statement of cash flows"
)


@dataclass(frozen=True)
class Cell:
    """One figure as it stands: `row` (1-based) and `column` of the sheet, label and text as written.

    `kind`: current, current_short, prior.
    """

    row: int
    column: int
    label: str
    text: str
    statement: str
    period_end: dt.date | None
    kind: str = "current"
    restated: bool = False
    line_number: int | None = None
    copy: int = 1
    firm: str = ""
    currency: str = ""
    heading: str = ""


def end_of(text: str) -> dt.date | None:
    """The last day that a heading or cell names: `2024-12-31`, `20241231`, `2024年12月`, `2024年度`."""
    found: list[dt.date] = []
    for match in DAY.finditer(text):
        month, day = match["month"], match["day"]
        if match["compact"]:
            month, day = match["compact"][:2], match["compact"][2:]
        try:
            number = int(month)
            last = calendar.monthrange(int(match["year"]), number)[1] if 1 <= number <= 12 else 0
            found.append(dt.date(int(match["year"]), number, int(day) if day else last))
        except ValueError:
            continue
    if not found and (year := YEAR.search(text.strip())):
        found.append(dt.date(int(year["year"]), 12, 31))
    return found[-1] if found else None


def is_restated(heading: str, lines: Lines) -> bool:
    plain = plain_label(heading)
    return any(word in plain for word in lines.columns["restated"]) and not any(word in plain for word in lines.columns["not_restated"])


def statement_of(labels: Sequence[str], lines: Lines, title: str = "") -> str:
    """The statement that a set of labels belongs to; a title decides where it names exactly one."""
    title = simplify(title).lower()
    named = [name for name, words in TITLES.items() if any(word in title for word in words)]
    if len(named) == 1:
        return named[0]
    votes = {"balance": 0, "income": 0, "cash_flow": 0}
    for label in labels:
        known = lines.known(label)
        for each in known:
            votes[each] += 2 if len(known) == 1 else 1
    return max(votes, key=lambda each: votes[each])


def cells_of(grid: Grid, lines: Lines, title: str = "") -> list[Cell]:
    """Every figure of a sheet; none where it holds no statement."""
    long = _long_header(grid, lines)
    if long is not None:
        return list(_long(grid, *long))
    wide = _wide_header(grid, lines)
    if wide is not None:
        return list(_wide(grid, wide, lines, title))
    return list(_form(grid, lines, title))


def _words(row: Sequence[str]) -> list[str]:
    return [plain_label(cell) for cell in row]


# A long table ---------------------------------------------------------------------------------------------------------------------------


def _long_header(grid: Grid, lines: Lines) -> tuple[int, dict[str, int]] | None:
    names = {
        **{kind: {plain_label(word) for word in words} for kind, words in lines.columns.items()},
        "text": {"text"},
        "firm": {"companyname", "公司名称", "公司"},
        "currency": {"currency", "币种"},
    }
    for number, row in enumerate(grid[:20]):
        words = [word.replace("_", "") for word in _words(row)]
        found: dict[str, int] = {}
        for kind in ("statement", "date", "item", "value", "text", "firm", "currency"):
            wanted = {word.replace("_", "") for word in names[kind]}
            positions = [position for position, word in enumerate(words) if word in wanted]
            if positions:
                found.setdefault(kind, positions[-1])
        if {"date", "item", "value"} <= found.keys():
            return number, found
    return None


def _long(grid: Grid, header: int, at: dict[str, int]) -> Iterator[Cell]:
    copies: dict[tuple[object, ...], int] = {}
    for number, row in enumerate(grid[header + 1 :], start=header + 2):
        values = {kind: row[position].strip() if position < len(row) else "" for kind, position in at.items()}
        text = values.get("text") or values["value"]  # what the source wrote tells how far it was rounded
        label, end = values["item"], end_of(values["date"])
        statement = _statement_word(values.get("statement", ""))
        key = (values.get("firm", ""), statement, plain_label(label), end)  # `*资产合计`, the headline, and `资产合计` are one label
        copies[key] = copies.get(key, 0) + 1
        yield Cell(
            number, at["value"], label, text, statement, end, copy=copies[key], firm=values.get("firm", ""),
            currency=values.get("currency", ""),
        )  # fmt: skip


def _statement_word(text: str) -> str:
    low = text.lower()
    if "balance" in low or "资产负债" in text:
        return "balance"
    if "cash" in low or "现金流量" in text:
        return "cash_flow"
    return "income" if "income" in low or "profit" in low or "利润" in text or "损益" in text else ""


# Lines in columns -----------------------------------------------------------------------------------------------------------------------


def _wide_header(grid: Grid, lines: Lines) -> int | None:
    for number, row in enumerate(grid[:20]):
        words = _words(row)
        if sum(bool(lines.known(word)) for word in words) >= 5 and any(word in lines.columns["date"] for word in words):
            return number
    return None


def _wide(grid: Grid, header: int, lines: Lines, title: str) -> Iterator[Cell]:
    labels = [cell.strip() for cell in grid[header]]
    statement = statement_of(labels, lines, title)
    days = [position for position, word in enumerate(_words(labels)) if word in lines.columns["date"]]
    currency = next((position for position, word in enumerate(labels) if word == "币种"), None)
    copies = _copies(labels)
    for number, row in enumerate(grid[header + 1 :], start=header + 2):
        day = row[days[0]] if days[0] < len(row) else ""
        if not any(cell.strip() for cell in row):
            continue
        money = row[currency].strip() if currency is not None and currency < len(row) else ""
        for position, (label, text) in enumerate(zip(labels, row, strict=False)):
            if position in days or not label or not text.strip() or lines.is_group(label):
                continue
            yield Cell(
                number, position, label, text, statement, end_of(day), restated=is_restated(day, lines), copy=copies[position],
                currency=money, heading=day,
            )  # fmt: skip


def _copies(labels: Sequence[str]) -> list[int]:
    """1 for the first column of a label, 2 for the next: `*资产合计`, the headline, and `资产合计` are one label twice."""
    seen: dict[str, int] = {}
    copies = []
    for label in labels:
        name = plain_label(label)
        seen[name] = seen.get(name, 0) + 1
        copies.append(seen[name])
    return copies


# Labels down the side -------------------------------------------------------------------------------------------------------------------


def _form(grid: Grid, lines: Lines, title: str) -> Iterator[Cell]:
    """Blocks of labels beside figures; several statements may stand under each other, each with headings of its own."""
    width = max((len(row) for row in grid), default=0)
    square = [[*(cell.strip() for cell in row), *[""] * (width - len(row))] for row in grid]
    for first, last in _parts(square):
        part = square[first:last]
        columns = [
            position for position in range(width) if sum(bool(lines.known(row[position])) for row in part if row[position]) >= LEAST_LABELS
        ]
        if not columns:
            continue
        top = _first_label(part, columns, lines)
        head = " ".join(cell for row in part[:top] for cell in row if cell)
        statement = statement_of([row[at] for row in part for at in columns if row[at]], lines, head or title)
        for begin, end in zip(columns, [*columns[1:], width], strict=True):
            for cell in _block(part, begin, end, top, statement, head + " " + title, lines):
                yield replace(cell, row=cell.row + first)


def _parts(square: Grid) -> list[tuple[int, int]]:
    """Where a sheet holds several statements under each other: cut before each title."""
    titles = []
    for number, row in enumerate(square):
        text = simplify("".join(row))
        filled = sum(bool(cell) for cell in row)
        if filled <= 3 and TITLE.search(text.lower()) and len(text) < 60:
            titles.append(number)
    cuts = [0, *[number for number in titles if number > 0], len(square)]
    return [(begin, end) for begin, end in pairwise(cuts) if end > begin]


def _first_label(part: Grid, columns: Sequence[int], lines: Lines) -> int:
    for number, row in enumerate(part):
        told = [row[at] for at in columns if row[at]]
        labelled = any(lines.known(label) or plain_label(label) in lines.groups - HEADINGS for label in told)
        if labelled and not any(_role(cell, lines) for cell in row):
            return number
    return len(part)


def _role(heading: str, lines: Lines) -> str:
    """What a column heading says: a kind of figures, `number` for 行次, or nothing."""
    plain = plain_label(re.sub(r"[(（].*?[)）]", "", heading)) or plain_label(heading)
    if plain in ("行次", "行号", "序号"):
        return "number"
    for kind in ("current", "current_short", "prior"):
        if any(plain.startswith(plain_label(word)) for word in lines.columns[kind]):
            return kind
    return ""


def _block(part: Grid, begin: int, end: int, top: int, statement: str, head: str, lines: Lines) -> Iterator[Cell]:
    above = {at: list(dict.fromkeys(row[at] for row in part[max(0, top - 3) : top] if row[at])) for at in range(begin + 1, end)}
    headings = {at: "".join(pieces) for at, pieces in above.items()}
    roles = {at: _role_of(pieces, lines) for at, pieces in above.items()}
    numbers = next((at for at, role in roles.items() if role[0] == "number"), None)
    values = {at: role for at, role in roles.items() if role[0] not in ("number", "")}
    reported = end_of(head)
    seen: dict[tuple[str, int], int] = {}
    for number, row in enumerate(part[top:], start=top + 1):
        label = row[begin]
        if not label or (lines.is_group(label) and not any(row[at] for at in values)):
            continue
        line_number = int(row[numbers]) if numbers is not None and row[numbers].isdigit() else None
        for at, (kind, day) in values.items():
            key = (plain_label(label), at)
            seen[key] = seen.get(key, 0) + 1
            yield Cell(
                number, at, label, row[at], statement, day or reported, kind, is_restated(headings[at], lines), line_number, seen[key],
                heading=headings[at],
            )  # fmt: skip


def _role_of(pieces: Sequence[str], lines: Lines) -> tuple[str, dt.date | None]:
    """What stands above a column: the lowest heading that says something goes before a day that stands in the title over it."""
    for piece in reversed(pieces):
        role = _role(piece, lines)
        if role:
            return role, end_of(piece)
    day = end_of("".join(pieces))
    return ("current", day) if day else ("", None)
