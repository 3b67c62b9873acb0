"""Public notices as registers and portals publish them, made into plain rows.

Three habits of theirs: amounts in 万元, said in the heading, in a column beside or in the cell; a currency as a sign before the figure; and
several suppliers in one cell, of a consortium or of a list. The first two are what the file says and are reckoned exactly, in decimals. Of
the third, how the suppliers share the amount is not told: each gets a row of its own without an amount, and the notes say so.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import replace
from decimal import Decimal

import polars as pl

from puhui.evidence.layouts import Layout
from puhui.evidence.reading.headings import bare_unit, unit_above, unit_said
from puhui.evidence.reading.raw import RawTable
from puhui.evidence.reading.words import heading_and_remark, plain

__all__ = ["plain_notices"]

UNITS = {"元": 1, "万": 10_000, "万元": 10_000, "亿": 100_000_000, "亿元": 100_000_000}
UNIT_HEADINGS = {plain(each) for each in ("单位", "金额单位", "货币单位", "计价单位", "币种及单位")}
SIGNS = {"£": "GBP", "€": "EUR", "US$": "USD", "$": "USD", "HK$": "HKD"}
CODES = {"usd": "USD", "eur": "EUR", "euro": "EUR", "gbp": "GBP", "hkd": "HKD", "美元": "USD", "欧元": "EUR", "英镑": "GBP", "港元": "HKD"}
SIGN = r"£|€|US\$|HK\$|\$"
FIGURE = re.compile(
    rf"^(?P<sign>{SIGN})?\s*(?P<minus>-?)\s*(?P<after>{SIGN})?\s*(?P<digits>\d[\d,]*(?:\.\d+)?)\s*(?P<unit>万元|亿元|万|亿)?(?:整|人民币)?$"
)
SEVERAL = re.compile(r"[;；、,，\n|]|\s/\s")
SEVERAL_LATIN = re.compile(r"[;；\n|]")  # a comma belongs to the names of firms
IN_BRACKETS = re.compile(r"\[([^|\]]+)\|[^\]]*\]")  # Contracts Finder: [name|address|kind of number|number|…]
CHINESE = re.compile(r"[\u4e00-\u9fff]")
ROLE = "联合体牵头人|联合体成员|联合体|牵头人|牵头单位|牵头方|成员单位|成员方|成员|主体"
ROLES = re.compile(rf"^({ROLE})\s*[:：]|[(（]({ROLE})[)）]")
SHORTEST_NAME = 2


def plain_notices(table: RawTable, columns: dict[str, str], layout: Layout, known: Collection[str], *, units: bool) -> RawTable:
    """The table with one supplier to a row, and with `units` (no mapping says them) amounts in yuan.

    columns  field → column
    known    identifiers and names of the firms that are meant; of several suppliers in a cell those are kept, if there are any
    """
    if not layout.notices:
        return table
    amounts = [columns[name] for name, field in layout.fields.items() if field.type == "amount" and name in columns]
    table = _one_supplier_each(_identified(table, columns, known), columns, amounts, known)
    above = unit_above(table)
    for column in amounts if units else ():
        table = _in_yuan(table, column, columns.get("currency", ""), above)
    if units and amounts and "currency" in layout.fields and "currency" not in columns and "币种" not in table.columns:
        said = {unit_said(column) or above for column in amounts} & {"元", "万", "万元", "亿", "亿元"}
        table = table if said else replace(table, notes=[*table.notes, "no currency is told: the amounts count as yuan"])
    return replace(table, above=()) if units and UNITS.get(above, 1) != 1 else table


def _identified(table: RawTable, columns: dict[str, str], known: Collection[str]) -> RawTable:
    """Where a file gives code and name of the supplier, the name stands in for a code that is empty or that nobody knows."""
    if not {"firm", "firm_name"} <= columns.keys():
        return table
    code, name = (pl.col(columns[each]).cast(pl.String).str.strip_chars() for each in ("firm", "firm_name"))
    unknown = code.is_null() | (code == "") | ~code.is_in(list(known)) & name.is_in(list(known))
    return replace(table, frame=table.frame.with_columns(pl.when(unknown).then(name).otherwise(code).alias(columns["firm"])))


def _in_yuan(table: RawTable, column: str, currency: str, above: str) -> RawTable:
    """The amounts of a column in yuan, or in the currency that their sign or that of the heading names."""
    unit = unit_said(column) or above
    said = UNITS.get(unit, 1)
    beside = next((each for each in table.columns if heading_and_remark(each)[0] in UNIT_HEADINGS), "")
    cells = table.frame.get_column(column).cast(pl.String).fill_null("").to_list()
    units = table.frame.get_column(beside).cast(pl.String).to_list() if beside else [""] * len(cells)
    read = [_figure(cell, said * UNITS.get(bare_unit(told or ""), 1)) for cell, told in zip(cells, units, strict=True)]
    values, signs = [value for value, _ in read], [sign for _, sign in read if sign]
    headed = SIGNS.get(unit.upper()) or CODES.get(unit) or next((code for word, code in CODES.items() if plain(column).endswith(word)), "")
    signs += [headed] if headed else []
    if values == cells and not signs:
        return table
    scaled = sum(cell != value and not sign for cell, (value, sign) in zip(cells, read, strict=True))
    notes = [
        *table.notes,
        *([f"{column}: {scaled:,} amounts told in ten thousands, or with their unit, were read in yuan"] if scaled else []),
    ]
    frame = table.frame.with_columns(pl.Series(column, values, dtype=pl.String))
    if unit_said(column):
        frame = frame.rename({column: heading_and_remark(column)[0]})  # its remark no longer holds
    return _with_currency(replace(table, frame=frame, notes=notes), [sign for _, sign in read], signs, currency)


def _figure(cell: str, factor: int) -> tuple[str, str]:
    """The cell in units of the currency, and the currency that a sign in it names; a cell that is no such figure as it stands."""
    clean = re.sub(r"^(人民币|RMB|CNY)\s*|(?<![万亿])元$", "", unicodedata.normalize("NFKC", cell).strip().replace("¥", ""))
    match = FIGURE.match(clean)
    if match is None:
        return cell, ""
    value = Decimal(match["digits"].replace(",", "")) * factor * UNITS.get(match["unit"] or "", 1)
    sign = match["sign"] or match["after"] or ""
    if not sign and not match["unit"] and factor == 1:
        return cell, ""
    text = f"{value:f}"
    return f"{match['minus']}{text.rstrip('0').rstrip('.') if '.' in text else text}", SIGNS.get(sign, "")


def _with_currency(table: RawTable, by_row: list[str], signs: list[str], currency: str) -> RawTable:
    """The currency of the signs where the file has no column of currencies, or nothing in it. One sign alone speaks of the whole column."""
    if not signs:
        return table
    only = signs[0] if len(set(signs)) == 1 else None
    told = pl.Series("told", [sign or only for sign in by_row], dtype=pl.String)
    notes = [*table.notes, f"currency as the signs of the amounts say: {', '.join(sorted(set(signs)))}"]
    if not currency:
        return replace(table, frame=table.frame.with_columns(told.alias("币种")), notes=notes)
    cell = pl.col(currency).cast(pl.String)
    empty = cell.is_null() | (cell.str.strip_chars() == "")
    return replace(table, frame=table.frame.with_columns(pl.when(empty).then(told).otherwise(cell).alias(currency)), notes=notes)


def _one_supplier_each(table: RawTable, columns: dict[str, str], amounts: list[str], known: Collection[str]) -> RawTable:
    """Cells with several suppliers as so many rows without an amount. A cell that is the name of a known firm is one supplier."""
    column = columns.get("firm") or columns.get("firm_name")
    if column is None or table.frame.schema[column] != pl.String:
        return table
    cells = table.frame.get_column(column)
    several = {cell: names for cell in cells.unique().to_list() if cell for names in [_meant(cell, known)] if names != [cell]}
    if not several:
        return table
    joint = [cell for cell in several if len(suppliers(cell, known)) > 1]
    parts = cells.map_elements(lambda cell: several.get(cell, [cell]), return_dtype=pl.List(pl.String), skip_nulls=False)
    is_joint = cells.is_in(joint).fill_null(False)
    emptied = [pl.when(is_joint).then(None).otherwise(pl.col(name)).alias(name) for name in amounts]
    frame = table.frame.with_columns(parts.alias(column), *emptied).explode(column)
    count = int(is_joint.sum())
    note = f"{count:,} rows name several suppliers: a row for each of ours, without an amount, for how they share it is not told"
    return replace(table, frame=frame, notes=[*table.notes, note] if count else table.notes)


def _meant(cell: str, known: Collection[str]) -> list[str]:
    names = suppliers(cell, known)
    return [name for name in names if name in known] or names


def suppliers(cell: str, known: Collection[str] = ()) -> list[str]:
    """The suppliers that a cell names, without what they are in a consortium."""
    if cell.strip() in known:
        return [cell]
    if IN_BRACKETS.match(cell):
        return list(dict.fromkeys(name.strip() for name in IN_BRACKETS.findall(cell))) or [cell]
    separators = SEVERAL if CHINESE.search(cell) else SEVERAL_LATIN
    parts = [ROLES.sub("", part.strip()).strip() for part in separators.split(cell)]
    return [part for part in dict.fromkeys(parts) if len(part) >= SHORTEST_NAME] or [cell]
