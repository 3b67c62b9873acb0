"""A file of records of any class becomes typed rows, or a list of everything that is wrong with it. The layout says what a record is.

The same steps as for invoices: find the headings, read and check every field, say since when each row is known, give it its keys. A fact
that two rows of one file tell differently is refused: a file must not contradict itself, and the order of its rows says nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Unpack

import polars as pl

from puhui.calculations.faults import Fault
from puhui.evidence.layouts import Layout, nothing_words
from puhui.evidence.reading.around import STATED, holder_columns, told_above, with_holders_told, without_repeated_headings, without_totals
from puhui.evidence.reading.cells import check_cells
from puhui.evidence.reading.columns import Columns
from puhui.evidence.reading.currencies import currency_columns, foreign_above, report_foreign
from puhui.evidence.reading.faults import RefusedFileError, RowFaults, place
from puhui.evidence.reading.files import read_table
from puhui.evidence.reading.folding import folded, only_meant
from puhui.evidence.reading.headings import REPEATED, first_finder, heading_finder, missing, resolve_columns, unit_faults, with_unread_told
from puhui.evidence.reading.keys import firm_key, with_record_keys
from puhui.evidence.reading.knowing import known_at
from puhui.evidence.reading.limits import Limits
from puhui.evidence.reading.mapping import Mapping
from puhui.evidence.reading.notices import plain_notices
from puhui.evidence.reading.options import ReadOptions, tell
from puhui.evidence.reading.parties import firms
from puhui.evidence.reading.raw import RawTable
from puhui.evidence.reading.rejects import rejected_rows
from puhui.evidence.reading.result import Reading
from puhui.evidence.reading.sides import by_sign, given_by_sides, read_sides, side_columns
from puhui.evidence.reading.values import read_field

VALUE_FOR_ALL = 'Add the column, or say in a mapping file (--map) which column it is, or one value for all rows: [values] {} = "…".'
AS_THEY_STAND = ("text", "code", "word")  # a dash in text is text


def read_records(path: Path, layouts: Layout | Sequence[Layout], **options: Unpack[ReadOptions]) -> Reading:
    """Read and check the records of one file. Of several layouts the one that the headings fit is taken.

    Without a mapping each row is known since when the layout says. Raises `RefusedFileError` when the file cannot be used at all; faults
    of rows are in the result, and the caller decides whether to refuse or to take the rest.

    `accepted` has row, firm, firm_id (null without `known_firms`), the fields of the layout in their types, known_at (UTC),
    known_at_assumed, content_key, identity_key, occurrence.
    """
    several = (layouts,) if isinstance(layouts, Layout) else tuple(layouts)
    limits, chosen = options.get("limits") or Limits(), options.get("mapping") or Mapping()
    tell(options, "reading")
    finder = first_finder([heading_finder(chosen, layout.vocabulary()) for layout in several])
    raw, digest = read_table(path, finder, chosen, limits, options.get("sheet", ""), options.get("file_name", ""))
    layout = several[0] if len(several) == 1 else fitting_layout(raw, several, chosen)
    if options.get("mapping") is None:
        chosen = Mapping(known_at=layout.known_at)
    raw, chosen = folded(only_meant(without_repeated_headings(raw), chosen), chosen, layout)
    named = resolve_columns(raw, chosen, layout.vocabulary())[0]
    day = named.get(layout.observed) or named.get(layout.fields[layout.observed].or_from)
    raw = plain_notices(without_totals(raw, day, layout.totals), named, layout, _meant(options), units=not chosen.columns)
    raw = by_sign(raw, named, layout, chosen.amount_unit or "yuan") if not {layout.direction} & chosen.values.keys() else raw
    table, columns = _columns(raw, layout, chosen, options.get("firm") is not None)
    tell(options, "checking")
    faults = RowFaults(raw.file, raw.sheet)
    check_cells(raw, faults, limits)
    in_currency = currency_columns(raw, layout.fields, chosen) if _has_amounts(layout, columns) else []
    report_foreign(raw, in_currency, faults)
    read = [*columns.values(), *in_currency, *holder_columns(raw, layout)]
    raw = with_unread_told(with_holders_told(raw, layout, options.get("firm")), read, chosen, layout.vocabulary())
    fields = Columns(table, columns, faults)
    checked = _checked(fields, layout, chosen, options)
    tell(options, "comparing")
    accepted = _accepted(checked, layout, faults, fields)
    rejected = rejected_rows(raw, faults)
    return Reading(raw.file, digest, raw.sheet, accepted, rejected, faults, _counts(raw, accepted, rejected), raw.notes, layout.record)


def _meant(options: ReadOptions) -> frozenset[str]:
    """The names of the firm that was given, or of all that are known."""
    firm = options.get("firm")
    return frozenset({firm.key, *firm.names}) if firm else frozenset(options.get("known_firms") or ())


def fitting_layout(table: RawTable, layouts: Sequence[Layout], mapping: Mapping) -> Layout:
    """The layout whose needed fields are all there and of which most is recognised. Raises `RefusedFileError` where none or two fit."""

    def fit(layout: Layout) -> tuple[int, int]:
        words = layout.vocabulary()
        named = {mapping.columns.get(column) if mapping.columns else words.field_of(column) for column in table.columns} - {None}
        told = {name for name in named if name} | set(mapping.values)
        half = {side.field for side in layout.sides if {side.column_in, side.column_out} & told}  # its other column is then missed by name
        found = told & set(layout.fields) | given_by_sides(layout, told) | half
        return -len(set(layout.needed) - found), len(found)

    fits = sorted(((fit(layout), layout) for layout in layouts), key=lambda pair: pair[0], reverse=True)
    if fits[0][0] == fits[1][0]:
        names = ", ".join(layout.record for score, layout in fits if score == fits[0][0])
        found = f"headings that fit {names} alike"
        raise RefusedFileError([Fault(place(table.file, table.sheet), found, "the headings of one record", "Say which: --record.")])
    return fits[0][1]


def _columns(table: RawTable, layout: Layout, mapping: Mapping, firm_given: bool) -> tuple[RawTable, dict[str, str]]:
    """The table as the fields are read from it, and field → column. Raises `RefusedFileError` with every fault of the headings."""
    words = layout.vocabulary()
    columns, faults = resolve_columns(table, mapping, words)
    table = _joined(table, columns, layout, mapping)
    columns |= {
        name: columns[field.or_from] for name, field in layout.fields.items() if name not in columns and field.or_from in columns
    }  # fmt: skip
    table, columns = _with_given_values(table, columns, told_above(table, layout) | mapping.values)
    two = given_by_sides(layout, columns)
    faults += [
        missing(table, words, (name,), VALUE_FOR_ALL.format(name) if name != layout.observed or name == STATED else "")
        for name in layout.needed
        if name not in columns and name not in two
    ]
    if not (firm_given or {"firm", "firm_name"} & set(columns) or mapping.firm_value):
        faults.append(missing(table, words, ("firm",), "Say whose records they are: --firm, or [firm] column in a mapping file."))
    amounts = [name for name, field in layout.fields.items() if field.type == "amount"] + side_columns(layout, "amount")
    faults += unit_faults(table, columns, mapping, words, amounts)
    faults += foreign_above(table, layout.fields) if _has_amounts(layout, columns) else []
    if mapping.known_at.origin == "column" and "known_at" not in columns:
        found, remedy = "no column that says so", 'Name it in a mapping file: [columns] "its heading" = "known_at".'
        faults.append(Fault(place(table.file, table.sheet), found, "a column with the moment from which each row was known", remedy))
    if faults:
        raise RefusedFileError(faults)
    return _without_nothing(table, columns, layout), _firm_column(columns)


def _has_amounts(layout: Layout, columns: dict[str, str]) -> bool:
    return any(
        name in columns
        for name in [*layout.fields, *side_columns(layout, "amount")]
        if name not in layout.fields or layout.fields[name].type == "amount"
    )


def _joined(table: RawTable, columns: dict[str, str], layout: Layout, mapping: Mapping) -> RawTable:
    """Texts that a file spreads over several columns, put together in the first of them. A mapping file names one column."""
    words, frame = layout.vocabulary(), table.frame
    for name in words.repeatable & columns.keys() if not mapping.columns else ():
        headed = [column for column in table.columns if words.field_of(REPEATED.sub("", column)) == name]
        cells = [pl.when(pl.col(column).str.strip_chars() != "").then(pl.col(column).str.strip_chars()) for column in headed]
        if len(headed) > 1:
            together = pl.concat_list(cells).list.drop_nulls().list.unique(maintain_order=True).list.join(" ")
            frame = frame.with_columns(together.alias(columns[name]))
    return replace(table, frame=frame)


def _with_given_values(table: RawTable, columns: dict[str, str], given: dict[str, str]) -> tuple[RawTable, dict[str, str]]:
    """What the mapping, or the lines above the table, give for fields without a column or a cell, put in as if the file had it."""
    frame, columns = table.frame, dict(columns)
    for name, value in given.items():
        if name in columns:
            cell = pl.col(columns[name]).cast(pl.String)
            empty = cell.is_null() | (cell.str.strip_chars() == "")
            frame = frame.with_columns(pl.when(empty).then(pl.lit(value)).otherwise(cell).alias(columns[name]))
        else:
            columns[name] = f"[values] {name}"
            frame = frame.with_columns(pl.lit(value).alias(columns[name]))
    return replace(table, frame=frame), columns


def _without_nothing(table: RawTable, columns: dict[str, str], layout: Layout) -> RawTable:
    """Dashes and their like emptied in columns of figures, days and flags."""
    names = {columns[name] for name, field in layout.fields.items() if name in columns and field.type not in AS_THEY_STAND}
    names |= {columns[name] for name in side_columns(layout, "amount") if name in columns}
    text = [name for name in names if table.frame.schema[name] == pl.String]
    nothing = list(nothing_words())
    emptied = [
        pl.when(pl.col(name).str.strip_chars().str.to_lowercase().is_in(nothing)).then(pl.lit("")).otherwise(pl.col(name)).alias(name)
        for name in text
    ]
    return replace(table, frame=table.frame.with_columns(emptied))


def _firm_column(columns: dict[str, str]) -> dict[str, str]:
    """The identifier names the firm where there is a column of it, else its name does."""
    return {"firm": columns["firm_name"], **columns} if "firm_name" in columns else columns


def _checked(fields: Columns, layout: Layout, mapping: Mapping, options: ReadOptions) -> pl.DataFrame:
    """Every row with its fields; rows with a fault hold nulls and are taken out by the caller."""
    firm_keys, firm_ids = firms(
        fields, mapping, options.get("firm"), options.get("known_firms"), options.get("consented_firms"),
        f"its evidence of class {layout.evidence_class}",
    )  # fmt: skip
    two = given_by_sides(layout, fields.columns)
    values = {
        name: read_field(fields, field, layout, mapping, options["today"]) for name, field in layout.fields.items() if name not in two
    }  # fmt: skip
    values |= read_sides(fields, layout, mapping, values.get(layout.direction))
    values = {name: values[name] for name in layout.fields}
    frame = pl.DataFrame({"row": fields.row, "firm": firm_keys, "firm_id": firm_ids, **values})
    month = layout.fields[layout.observed].type == "month"
    return known_at(frame, fields, mapping, options["now"], layout.observed, ahead=layout.future, month=month)


def _accepted(checked: pl.DataFrame, layout: Layout, faults: RowFaults, fields: Columns) -> pl.DataFrame:
    """The rows without a fault, with their keys. Rows that speak of one fact in two ways are faults as well."""
    bad = faults.rows()
    good = checked.filter(~pl.col("row").is_in(bad.implode())) if len(bad) else checked
    keyed = with_record_keys(good, tuple(layout.fields), layout.identity, layout.record)
    if not layout.identity:
        return keyed
    fact = (firm_key(), pl.col("identity_key"))
    first = pl.col("row").min().over(fact).alias("first")
    torn = keyed.with_columns(first).filter(pl.col("content_key").n_unique().over(fact) > 1)
    if torn.is_empty():
        return keyed
    named = " and ".join(fields.columns.get(name, name) for name in layout.identity)
    found = pl.concat_str([pl.col(name).cast(pl.String).fill_null("") for name in layout.identity], separator=", ")
    expected = "one row for this {}, or rows that do not contradict each other (see row {})"
    faults.add_frame(
        torn.select(
            "row",
            pl.lit(named).alias("column"),
            found.alias("found"),
            pl.format(expected, pl.lit(named), "first").alias("expected"),
            pl.lit("Take out the row that is wrong; a correction comes in a file of its own.").alias("remedy"),
        ).cast({"row": pl.Int64})
    )
    return keyed.filter(~pl.col("row").is_in(torn.get_column("row").implode()))


def _counts(table: RawTable, accepted: pl.DataFrame, rejected: pl.DataFrame) -> dict[str, int]:
    return {
        "read": table.frame.height + table.broken.height,
        "accepted": accepted.height,
        "rejected": rejected.height,
        "duplicates": int((accepted["occurrence"] > 1).sum()),
    }
