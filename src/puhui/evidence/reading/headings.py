"""Which row holds the headings, and which column is which field.

Exports begin with a title, have headings merged over two rows, call one thing by many names. The row under which most names are known
is taken. What is missing or double is then said all at once, with the names that would have done.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from puhui.calculations.faults import Fault
from puhui.evidence.reading.faults import place
from puhui.evidence.reading.mapping import IGNORED, Mapping
from puhui.evidence.reading.raw import HeadingChoice, HeadingFinder, RawTable
from puhui.evidence.reading.words import Vocabulary, plain

LEAST_RECOGNISED = 3
REPEATED = re.compile(r" #\d+$")
ONE_COLUMN_SAYS_IT = "Rename or delete one of the columns, or name the right one in a mapping file (--map)."
# Particulars of a line: they tell two lines of one invoice apart and are otherwise not read.
LINE_FIELDS = ("goods", "goods_code", "specification", "unit", "quantity", "unit_price", "tax_rate")


def heading_finder(mapping: Mapping, vocabulary: Vocabulary) -> HeadingFinder:
    """A function that finds the headings among the first records of a sheet."""
    if mapping.columns:
        wanted = {plain(column) for column, field in mapping.columns.items() if field != IGNORED} | {plain(mapping.firm_column)} - {""}
        return lambda top: _best(top, lambda name: plain(name) if plain(name) in wanted else None, min(2, len(wanted)))
    return lambda top: _best(top, vocabulary.field_of, LEAST_RECOGNISED)


def _best(top: Sequence[Sequence[str]], known: Callable[[str], str | None], least: int) -> HeadingChoice | None:
    best: HeadingChoice | None = None
    for position, record in enumerate(top):
        below = top[position + 1] if position + 1 < len(top) else []
        for depth, names in ((1, list(record)), (2, _merged(record, below))):
            count = len({known(name) for name in names} - {None})
            if count >= least and (best is None or count > best.recognised):
                best = HeadingChoice(position, depth, tuple(name.strip() for name in names), count)
    return best


def _merged(upper: Sequence[str], lower: Sequence[str]) -> list[str]:
    """Two rows of headings as one: `销方` over `名称 | 税号` becomes `销方名称 | 销方税号`; an empty lower cell leaves the upper name."""
    names, carried = [], ""
    for position in range(max(len(upper), len(lower))):
        above = upper[position] if position < len(upper) else ""
        carried = above or carried
        below = lower[position] if position < len(lower) else ""
        names.append(carried + below if below else above)
    return names


def resolve_columns(table: RawTable, mapping: Mapping, vocabulary: Vocabulary) -> tuple[dict[str, str], list[Fault]]:
    """field → column of the table, and the faults of the headings themselves (double, or named in the mapping and not there)."""
    if mapping.columns:
        return _mapped(table, mapping)
    columns: dict[str, str] = {}
    faults = []
    for column in table.columns:
        field = vocabulary.field_of(REPEATED.sub("", column))
        if field in columns and field not in LINE_FIELDS:
            where = place(table.file, table.sheet, column=column)
            faults.append(Fault(where, f'a second column for {field} beside "{columns[field]}"', "one column", ONE_COLUMN_SAYS_IT))
        elif field:
            columns.setdefault(field, column)
    firm, firm_faults = _mapped(table, mapping)
    return columns | firm, faults + firm_faults


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


def missing_fields(table: RawTable, columns: dict[str, str], mapping: Mapping, vocabulary: Vocabulary, firm_given: bool) -> list[Fault]:
    """A fault for every field that neither the headings nor the mapping give."""
    have = set(columns)
    faults = []

    def need(present: bool, fields: Sequence[str], remedy: str = "") -> None:
        if not present:
            names = ", ".join(title for field in fields for title in vocabulary.titles[field][:3])
            default = "Add the column, or say in a mapping file (--map) which column it is."
            found = f"no such column among {', '.join(table.columns[:20])}"
            faults.append(Fault(place(table.file, table.sheet, column=fields[0]), found, f"a column such as {names}", remedy or default))

    need(bool(have & {"invoice_number", "digital_number"}), ("invoice_number", "digital_number"))
    need("issued_on" in have, ("issued_on",))
    if len(have & {"amount", "tax", "total"}) < 2:
        for field in ("amount", "tax", "total"):
            need(field in have, (field,))
    need(
        bool(have & {"status", "positive"}) or bool(mapping.status_default),
        ("status", "positive"),
        'Add the column; or, when all rows are valid, say so in a mapping file: [status] default = "normal".',
    )
    need(
        firm_given or "firm" in have or bool(mapping.firm_value),
        ("firm",),
        "Say whose invoices they are: --firm, or [firm] column in a mapping file.",
    )
    sides = {"seller_id", "seller_name", "buyer_id", "buyer_name"}
    need(bool(have & (sides | {"counterparty_id", "counterparty_name"})), ("seller_name", "buyer_name"))
    if not have & sides and "direction" not in have and not mapping.direction:
        need(False, ("direction",), 'Say whether they are sales or purchases in a mapping file: [direction] value = "out" or "in".')
    return faults
