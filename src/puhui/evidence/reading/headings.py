"""Which row holds the headings, and which column is which field.

Exports begin with a title, have headings merged over two rows, call one thing by many names. The row under which most names are known
is taken. What is missing or double is then said all at once, with the names that would have done.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace

import polars as pl

from puhui.calculations.faults import Fault
from puhui.evidence.reading.faults import place
from puhui.evidence.reading.mapping import IGNORED, Mapping
from puhui.evidence.reading.raw import HeadingChoice, HeadingFinder, RawTable
from puhui.evidence.reading.words import Vocabulary, heading_and_remark, plain

REPEATED = re.compile(r" #\d+$")
UNIT_ABOVE = re.compile(r"单位\s*[:：]\s*([^\s,，;；)）]+)")
UNNAMED = re.compile(r"^\(column \d+\)$")
COUNTING = {"序号", "行号", "行次", "no", "#"}
SHOWN_UNREAD = 12
ONE_COLUMN_SAYS_IT = "Rename or delete one of the columns, or name the right one in a mapping file (--map)."


def heading_finder(mapping: Mapping, vocabulary: Vocabulary) -> HeadingFinder:
    """A function that finds the headings among the first records of a sheet."""
    examples = ", ".join(vocabulary.examples)
    if mapping.columns:
        wanted = {plain(column) for column, field in mapping.columns.items() if field != IGNORED} | {plain(mapping.firm_column)} - {""}
        return HeadingFinder(
            lambda top: _best(top, lambda name: plain(name) if plain(name) in wanted else None, min(2, len(wanted))), examples
        )
    return HeadingFinder(lambda top: _best(top, vocabulary.field_of, vocabulary.least_recognised), examples)


def first_finder(finders: Sequence[HeadingFinder]) -> HeadingFinder:
    """The headings under which most names are known, whichever of the finders knows them: for a file of one of several records."""

    def find(top: Sequence[Sequence[str]]) -> HeadingChoice | None:
        choices = [choice for choice in (finder.find(top) for finder in finders) if choice]
        return max(choices, key=lambda choice: choice.recognised, default=None)

    return HeadingFinder(find, " — or ".join(finder.examples for finder in finders))


def _best(top: Sequence[Sequence[str]], known: Callable[[str], str | None], least: int) -> HeadingChoice | None:
    best: HeadingChoice | None = None
    for position, record in enumerate(top):
        below = top[position + 1] if position + 1 < len(top) else []
        for depth, names in ((1, list(record)), (2, _merged(record, below, known))):
            count = len({known(name) for name in names} - {None})
            if depth == 2 and count <= len({known(name) for name in below} - {None}):
                continue  # a title, or the unit, over headings that say as much without it
            if count >= least and (best is None or count > best.recognised):
                above = tuple(tuple(each) for each in top[: position + depth - 1])
                best = HeadingChoice(position, depth, tuple(name.strip() for name in names), count, above)
    return best


def _merged(upper: Sequence[str], lower: Sequence[str], known: Callable[[str], str | None]) -> list[str]:
    """Two rows of headings as one: `销方` over `名称 | 税号` becomes `销方名称 | 销方税号`; `金额` over `不含税金额 | 税额`, where
    only the lower names are known, gives those; an empty lower cell leaves the upper name."""
    names, carried = [], ""
    for position in range(max(len(upper), len(lower))):
        above = upper[position] if position < len(upper) else ""
        carried = above or carried
        below = lower[position] if position < len(lower) else ""
        remark = heading_and_remark(carried)[1]  # 金额（万元） over 不含税金额 speaks of its unit
        alone = (f"{below}（{remark}）" if remark else below) if known(below) and not known(carried + below) else carried + below
        names.append(alone if below else above)
    return names


def resolve_columns(table: RawTable, mapping: Mapping, vocabulary: Vocabulary) -> tuple[dict[str, str], list[Fault]]:
    """field → column of the table, and the faults of the headings themselves (double, or named in the mapping and not there)."""
    if mapping.columns:
        return _mapped(table, mapping)
    columns: dict[str, str] = {}
    faults = []
    for column in table.columns:
        field = vocabulary.field_of(REPEATED.sub("", column))
        if field in columns and field in vocabulary.either and _rank(column, field, vocabulary) != _rank(columns[field], field, vocabulary):
            columns[field] = min(columns[field], column, key=lambda each: _rank(each, field, vocabulary))
        elif field in columns and field not in vocabulary.repeatable:
            where = place(table.file, table.sheet, column=column)
            faults.append(Fault(where, f'a second column for {field} beside "{columns[field]}"', "one column", ONE_COLUMN_SAYS_IT))
        elif field:
            columns.setdefault(field, column)
    firm, firm_faults = _mapped(table, mapping)
    return columns | firm, faults + firm_faults


def _rank(column: str, field: str | None, vocabulary: Vocabulary) -> int:
    """The place of a heading among those of its field."""
    column, names = REPEATED.sub("", column), [plain(title) for title in vocabulary.titles[field or ""]]
    return next((names.index(name) for name in (heading_and_remark(column)[0], plain(column)) if name in names), len(names))


def with_unread_told(table: RawTable, read: Collection[str], mapping: Mapping, vocabulary: Vocabulary) -> RawTable:
    """The table, its notes naming the columns with a heading and a filled cell that are not `read`, where no mapping chose them."""
    if mapping.columns:
        return table
    unread = [
        name
        for name in table.columns
        if name not in read
        and not UNNAMED.match(name)
        and vocabulary.field_of(REPEATED.sub("", name)) not in vocabulary.repeatable
        and plain(name) not in COUNTING
        and (table.frame.get_column(name).cast(pl.String, strict=False).fill_null("").str.strip_chars() != "").any()
    ]
    if not unread:
        return table
    more = f" and {len(unread) - SHOWN_UNREAD} more" if len(unread) > SHOWN_UNREAD else ""
    return replace(table, notes=[*table.notes, f"columns that are not read: {', '.join(unread[:SHOWN_UNREAD])}{more}"])


def _mapped(table: RawTable, mapping: Mapping) -> tuple[dict[str, str], list[Fault]]:
    """What the mapping file says of columns: those of [columns], and the one that names the firm."""
    there = {plain(column): column for column in reversed(table.columns)}
    columns, faults = {}, []
    for column, field in [*mapping.columns.items(), *([(mapping.firm_column, "firm")] if mapping.firm_column else [])]:
        if field == IGNORED:
            continue
        if column in table.columns or plain(column) in there:
            columns[field] = column if column in table.columns else there[plain(column)]
        else:
            faults.append(
                Fault(
                    place(table.file, table.sheet, column=column),
                    f"no such column among {', '.join(table.columns[:20])}",
                    f"the column that the mapping file reads as {field}",
                    "Correct the column's name in the mapping file or the heading in the file.",
                )
            )
        if sum(REPEATED.sub("", name) == column for name in table.columns) > 1:
            faults.append(
                Fault(place(table.file, table.sheet, column=column), "two columns of this name", "one column", ONE_COLUMN_SAYS_IT)
            )
    return columns, faults


def missing(table: RawTable, vocabulary: Vocabulary, fields: Sequence[str], remedy: str = "") -> Fault:
    """The fault of fields (any one would do) that neither the headings nor the mapping give."""
    names = ", ".join(title for field in fields for title in vocabulary.titles[field][:3])
    default = "Add the column, or say in a mapping file (--map) which column it is."
    found = f"no such column among {', '.join(table.columns[:20])}"
    return Fault(place(table.file, table.sheet, column=fields[0]), found, f"a column such as {names}", remedy or default)


def unit_faults(table: RawTable, columns: dict[str, str], mapping: Mapping, words: Vocabulary, amounts: Iterable[str]) -> list[Fault]:
    """An amount column headed in another unit than yuan needs a mapping that says so: a factor of 10,000 is never guessed."""
    unit = mapping.amount_unit or "yuan"
    above = "" if mapping.amount_unit else unit_above(table)
    found = [field for field in amounts if field in columns]
    if above and words.units.get(above) not in (None, unit) and any(not unit_said(columns[field]) for field in found):
        remedy = 'Write them in yuan, or name the unit in a mapping file: [format] amount_unit = "wan_yuan".'
        return [Fault(place(table.file, table.sheet), f"amounts in {above}, as a line above the table says", "amounts in yuan", remedy)]
    return [
        Fault(
            place(table.file, table.sheet, column=columns[field]),
            "a heading that names another unit than yuan" if not mapping.amount_unit else f"a heading that contradicts the unit {unit!r}",
            f"amounts in {unit}",
            'Write them in yuan, or name the unit in a mapping file: [format] amount_unit = "wan_yuan".',
        )
        for field in found
        if words.unit_of(columns[field]) not in (None, unit)
    ]


def unit_said(heading: str) -> str:
    """The unit in the remark of a heading: `金额（单位：万元）` → 万元; empty where there is none."""
    return bare_unit(heading_and_remark(heading)[1])


def unit_above(table: RawTable) -> str:
    """The unit that a line above the table says (`单位：万元`), empty where none does."""
    found = (UNIT_ABOVE.search(cell) for record in table.above for cell in record)
    return next((bare_unit(match[1]) for match in found if match), "")


def bare_unit(text: str) -> str:
    """A unit as it is compared, without 单位 and 人民币 before it."""
    return plain(text).removeprefix("金额").removeprefix("单位").removeprefix("人民币")
