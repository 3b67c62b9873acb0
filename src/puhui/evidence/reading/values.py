"""Each type of field read from its column, with its own checks: text, word, code, date, month, amount, number, whole, share, flag.

A layout says which type a field is and between which bounds it lies. A cell that holds nothing is null, not zero; a dash or `n/a` in a
column of figures or days holds nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import polars as pl

from puhui.evidence.codes import code_table
from puhui.evidence.layouts import KINDS, Field, Layout, flag_words
from puhui.evidence.reading.amounts import Converted
from puhui.evidence.reading.columns import Columns
from puhui.evidence.reading.dates import parse_months
from puhui.evidence.reading.faults import Problem
from puhui.evidence.reading.mapping import Mapping
from puhui.evidence.reading.numbers import parse_numbers, parse_shares, parse_wholes
from puhui.evidence.reading.words import heading_and_remark, plain

LAST_DAY = dt.date(2200, 1, 1)  # 9999-12-31 stands for "without end" in registers, and is read as no date at all
WITHOUT_END = (dt.date(9999, 12, 31), dt.date(2999, 12, 31), dt.date(9999, 12, 30))


def read_field(fields: Columns, field: Field, layout: Layout, mapping: Mapping, today: dt.date) -> pl.Series:
    """One field of every row in its type, null where nothing stands or a fault is recorded."""
    if field.name not in fields:
        return pl.repeat(None, fields.height, dtype=KINDS[field.type], eager=True).alias(field.name)
    values = READERS[field.type](fields, field, mapping)
    if field.needed and field.type not in ("word", "text", "code"):
        fields.need(field.name)
    if field.type in ("date", "month"):
        values = _within_time(fields, field, layout, values, today)
    _within_bounds(fields, field, values)
    return values.alias(field.name)


def _text(fields: Columns, field: Field, mapping: Mapping) -> pl.Series:
    return _null_if_empty(fields.text(field.name, field.longest, needed=field.needed))


def _code(fields: Columns, field: Field, mapping: Mapping) -> pl.Series:
    """A number that is a name: text with its zeros. What a spreadsheet has cut to 15 digits is a fault, and so is what its table lacks."""
    text = fields.text(field.name, field.longest, needed=field.needed).str.strip_chars_start("'")
    cut = text.str.contains(r"^\d(\.\d+)?[eE]\+?\d+$")
    remedy = "The spreadsheet has cut it: format the column as text and export again."
    fields.report(field.name, Problem(cut, "all digits of the number", remedy))
    if field.table:
        table = code_table(field.table)
        unknown = [code for code in text.unique().to_list() if code and not table.has(code)]
        problem = Problem(text.is_in(unknown), f"a code of the table {field.table}", "Correct it; the table is in catalogue/codes.")
        fields.report(field.name, problem)
    return _null_if_empty(text)


def _word(fields: Columns, field: Field, mapping: Mapping) -> pl.Series:
    canonical = {plain(meaning): meaning for meaning in field.words}
    spelled = {plain(word): meaning for meaning, words in field.words.items() for word in words}
    extra = {plain(word): meaning for word, meaning in mapping.words.get(field.name, {}).items()}
    return fields.word(field.name, {**canonical, **spelled, **extra}, needed=field.needed, section=f"words.{field.name}")


def _date(fields: Columns, field: Field, mapping: Mapping) -> pl.Series:
    return fields.date(field.name, mapping.date_format, needed=False)[0]


def _month(fields: Columns, field: Field, mapping: Mapping) -> pl.Series:
    return _reported(fields, field, parse_months(fields.raw(field.name), mapping.date_format, fields.table.date_1904))


def _amount(fields: Columns, field: Field, mapping: Mapping) -> pl.Series:
    return fields.amount(field.name, mapping.amount_unit or "yuan", mapping.rounding).values


def _number(fields: Columns, field: Field, mapping: Mapping) -> pl.Series:
    return _reported(fields, field, parse_numbers(fields.raw(field.name)))


def _whole(fields: Columns, field: Field, mapping: Mapping) -> pl.Series:
    return _reported(fields, field, parse_wholes(fields.raw(field.name)))


def _share(fields: Columns, field: Field, mapping: Mapping) -> pl.Series:
    in_percent = heading_and_remark(fields.columns[field.name])[1] == "%"
    return _reported(fields, field, parse_shares(fields.raw(field.name), in_percent))


def _flag(fields: Columns, field: Field, mapping: Mapping) -> pl.Series:
    cells = fields.raw(field.name)
    if cells.dtype == pl.Boolean:
        return cells
    text = cells.cast(pl.String, strict=False).fill_null("").str.strip_suffix(".0")
    meaning = {word: flag_words().get(plain(word)) for word in text.unique().to_list()}
    values = text.replace_strict(list(meaning), list(meaning.values()), return_dtype=pl.Boolean)
    wrong = values.is_null() & (text.str.strip_chars() != "")
    fields.report(field.name, Problem(wrong, "yes or no: 是/否, 1/0, Y/N, true/false", "Write one of these."))
    return values


READERS: dict[str, Callable[[Columns, Field, Mapping], pl.Series]] = {
    "text": _text, "code": _code, "word": _word, "date": _date, "month": _month, "amount": _amount, "number": _number, "whole": _whole,
    "share": _share, "flag": _flag,
}  # fmt: skip


def _null_if_empty(text: pl.Series) -> pl.Series:
    return pl.select(pl.when(text != "").then(text)).to_series()


def _reported(fields: Columns, field: Field, converted: Converted) -> pl.Series:
    for problem in converted.problems:
        fields.report(field.name, problem)
    return converted.values


def _within_time(fields: Columns, field: Field, layout: Layout, values: pl.Series, today: dt.date) -> pl.Series:
    """Nothing before the layout's earliest day; what is observed not after today, unless the layout looks ahead."""
    earliest = layout.earliest.replace(day=1) if field.type == "month" else layout.earliest
    remedy = "Correct the year; look for a day number read wrongly."
    fields.report(field.name, Problem(values < earliest, f"a day from {layout.earliest} on", remedy))
    if field.name == layout.observed and not layout.future:
        remedy = "Nothing is observed in the future: correct the year."
        fields.report(field.name, Problem(values > today, f"a day not after {today}", remedy))
        return values
    endless = values.is_in(list(WITHOUT_END))
    fields.report(field.name, Problem((values > LAST_DAY) & ~endless, f"a day before {LAST_DAY}", "Correct the year."))
    return pl.select(pl.when(~endless).then(values)).to_series()


def _within_bounds(fields: Columns, field: Field, values: pl.Series) -> None:
    """`least` and `most` of the layout, said in the unit that files are written in."""
    for name, bound in (("least", field.least), ("most", field.most)):
        if bound is not None:
            beyond = values < bound if name == "least" else values > bound
            shown = f"{bound / 100:,.2f} yuan" if field.type == "amount" else f"{bound:,}"
            fields.report(field.name, Problem(beyond, f"at {name} {shown}", "Correct the figure or its sign; look for a wrong unit."))
