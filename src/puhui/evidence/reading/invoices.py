"""Class C07: a file of invoices becomes rows that a lender may rest on, or a list of everything that is wrong with it.

Kept and marked, because they are facts about a firm: voids, red (negative) invoices, rows of zero, exact repeats (one of each counts),
and rows whose amount and tax do not add up to the total. Refused, because nobody can say what they mean: missing or unreadable values,
days that do not exist or lie ahead, states and firms nobody knows, tax against the sign of its amount.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Unpack
from zoneinfo import ZoneInfo

import polars as pl

from puhui.evidence.reading.around import without_repeated_headings, without_totals
from puhui.evidence.reading.cells import check_cells
from puhui.evidence.reading.columns import Columns
from puhui.evidence.reading.currencies import currency_columns, foreign_above, report_foreign
from puhui.evidence.reading.faults import Problem, RefusedFileError, RowFaults
from puhui.evidence.reading.files import read_table
from puhui.evidence.reading.headings import heading_finder, resolve_columns, unit_faults, with_unread_told
from puhui.evidence.reading.invoice_headings import missing_fields
from puhui.evidence.reading.keys import with_keys
from puhui.evidence.reading.knowing import known_at
from puhui.evidence.reading.limits import Limits
from puhui.evidence.reading.mapping import Mapping
from puhui.evidence.reading.options import ReadOptions, tell
from puhui.evidence.reading.parties import counterparties, directions, firms
from puhui.evidence.reading.raw import RawTable
from puhui.evidence.reading.rejects import rejected_rows
from puhui.evidence.reading.result import Reading
from puhui.evidence.reading.words import LINE_FIELDS, Vocabulary, plain, vocabulary

EVIDENCE_CLASS = "C07"
BUYER_ISSUED_KINDS = ("16", "24")
"""Farm-produce and scrap purchase invoices are issued by the buyer, so they are never the issuer's sales (digital invoice standard)."""
LOCAL_TIME = ZoneInfo("Asia/Shanghai")
ADDS_UP_WITHIN_FEN = 1
PAPER_DIGITS = 8

# Bits of `flags`: what was kept although it is odd.
FLAG_TOTAL_DIFFERS = 1
FLAG_ZERO = 2
FLAG_NO_COUNTERPARTY = 4
FLAG_NAMES = {FLAG_TOTAL_DIFFERS: "total_differs", FLAG_ZERO: "zero", FLAG_NO_COUNTERPARTY: "no_counterparty"}


def read_invoices(path: Path, **options: Unpack[ReadOptions]) -> Reading:
    """Read, check and mark the invoices of one file. Raises `RefusedFileError` when the file cannot be used at all; faults of rows are
    in the result, and the caller decides whether to refuse or to take the rest.

    `accepted` has row, firm, firm_id (null without `known_firms`), direction, invoice_code, invoice_number, issued_on, issued_hour,
    counterparty, kind, status, amount_fen, tax_fen, total_fen, known_at (UTC), known_at_assumed, duplicate, flags, content_key,
    identity_key, occurrence.
    """
    mapping, words, limits = options.get("mapping") or Mapping(), vocabulary(EVIDENCE_CLASS), options.get("limits") or Limits()
    tell(options, "reading")
    finder = heading_finder(mapping, words)
    table, digest = read_table(path, finder, mapping, limits, options.get("sheet", ""), options.get("file_name", ""))
    table = without_repeated_headings(table)
    columns, faults = resolve_columns(table, mapping, words)
    table = without_totals(table, columns.get("issued_on"), ())
    faults += missing_fields(table, columns, mapping, words, options.get("firm") is not None)
    faults += unit_faults(table, columns, mapping, words, ("amount", "tax", "total")) + foreign_above(table, ())
    if faults:
        raise RefusedFileError(faults)
    tell(options, "checking")
    row_faults = RowFaults(table.file, table.sheet)
    check_cells(table, row_faults, limits)
    in_currency = currency_columns(table, (), mapping)
    report_foreign(table, in_currency, row_faults)
    table = with_unread_told(table, [*columns.values(), *in_currency], mapping, words)
    fields = Columns(table, columns, row_faults)
    checked = _checked(fields, mapping, words, options)
    tell(options, "comparing")
    bad = row_faults.rows()
    good = checked.filter(~pl.col("row").is_in(bad.implode())) if len(bad) else checked
    accepted = _marked(with_keys(good)).drop("line_detail")
    rejected = rejected_rows(table, row_faults)
    counts = _counts(table, accepted, rejected)
    return Reading(table.file, digest, table.sheet, accepted, rejected, row_faults, counts, table.notes)


def _checked(fields: Columns, mapping: Mapping, words: Vocabulary, options: ReadOptions) -> pl.DataFrame:
    """Every row with its fields; rows with a fault hold nulls and are taken out by the caller."""
    firm = options.get("firm")
    firm_keys, firm_ids = firms(fields, mapping, firm, options.get("known_firms"), options.get("consented_firms"))
    direction = directions(fields, mapping, words, firm, firm_keys)
    issued_on, issued_hour = _issued(fields, mapping, words, options["today"])
    amounts = _amounts(fields, mapping, words)
    status = _statuses(fields, mapping, words, amounts)
    frame = pl.DataFrame(
        {
            "row": fields.row,
            "firm": firm_keys,
            "firm_id": firm_ids,
            "direction": direction,
            "invoice_code": _number_text(fields, "invoice_code", 20),
            "invoice_number": _invoice_number(fields),
            "issued_on": issued_on,
            "issued_hour": issued_hour,
            "counterparty": counterparties(fields, direction),
            "kind": _kinds(fields, words),
            "status": status,
            **amounts,
            "line_detail": _line_detail(fields),
        }
    )
    return known_at(frame, fields, mapping, options["now"])


def _number_text(fields: Columns, field: str, longest: int) -> pl.Series:
    """A number that is a name: kept as text with its zeros; what a spreadsheet has already cut to 15 digits is a fault."""
    text = fields.text(field, longest)
    if field in fields:
        cut = text.str.contains(r"^\d(\.\d+)?[eE]\+?\d+$")
        fields.report(
            field, Problem(cut, "all digits of the number", "The spreadsheet has cut it: format the column as text and export again.")
        )
    return text.str.strip_chars_start("'")


def _invoice_number(fields: Columns) -> pl.Series:
    """The 20-digit digital number where there is one, else the number beside its code."""
    digital, number = _number_text(fields, "digital_number", 40), _number_text(fields, "invoice_number", 40)
    code = fields.text("invoice_code", 20)
    cut = code.str.contains(r"^(\d{10}|\d{12})$") & number.str.contains(
        r"^\d{1,7}$"
    )  # beside a code it has eight digits: a cell of numbers
    number = pl.select(pl.when(cut).then(number.str.zfill(PAPER_DIGITS)).otherwise(number)).to_series()  # has lost the zeros before them
    value = pl.select(pl.when(digital != "").then(digital).otherwise(number)).to_series().alias("invoice_number")
    field = "invoice_number" if "invoice_number" in fields else "digital_number"
    fields.report(field, Problem(value == "", "a number in every row", "Fill the cell."))
    return value


def _issued(fields: Columns, mapping: Mapping, words: Vocabulary, today: dt.date) -> tuple[pl.Series, pl.Series]:
    day, hour = fields.date("issued_on", mapping.date_format)
    fields.report("issued_on", Problem(day > today, f"a day not after {today}", "Nothing is issued in the future: correct the year."))
    earliest = words.earliest
    fields.report(
        "issued_on", Problem(day < earliest, f"a day from {earliest} on", "Correct the year; look for a day number read wrongly.")
    )
    return day, hour


def _amounts(fields: Columns, mapping: Mapping, words: Vocabulary) -> dict[str, pl.Series]:
    """amount_fen, tax_fen, total_fen; the one that is missing in a row follows from the other two."""
    unit, values, empty = mapping.amount_unit or "yuan", {}, {}
    for field in ("amount", "tax", "total"):
        if field in fields:
            values[field] = fields.amount(field, unit, mapping.rounding, words.no_tax if field == "tax" else frozenset()).values
            empty[field] = fields.raw(field).cast(pl.String, strict=False).fill_null("").str.strip_chars() == ""
        else:
            values[field] = pl.repeat(None, fields.height, dtype=pl.Int64, eager=True)
            empty[field] = pl.repeat(True, fields.height, eager=True)
    several = sum((mask.cast(pl.Int8) for mask in empty.values()), start=pl.zeros(fields.height, dtype=pl.Int8, eager=True)) > 1
    for field in ("amount", "tax", "total"):
        if field in fields:
            fields.report(field, Problem(several & empty[field], "at least two of amount, tax and total", "Fill the cell."))
    amount, tax, total = values["amount"], values["tax"], values["total"]
    full = pl.DataFrame({"amount": amount, "tax": tax, "total": total}).select(
        pl.col("amount").fill_null(pl.col("total") - pl.col("tax")).alias("amount_fen"),
        pl.col("tax").fill_null(pl.col("total") - pl.col("amount")).alias("tax_fen"),
        pl.col("total").fill_null(pl.col("amount") + pl.col("tax")).alias("total_fen"),
    )
    against = (full["amount_fen"] > 0) & (full["tax_fen"] < 0)
    field = "tax" if "tax" in fields else "total"
    fields.report(
        field, Problem(against, "tax of the same sign as the amount", "A positive invoice has no negative tax: correct the sign.")
    )
    return {name: full.get_column(name) for name in full.columns}


def _statuses(fields: Columns, mapping: Mapping, words: Vocabulary, amounts: dict[str, pl.Series]) -> pl.Series:
    """normal, red, void or blank: the word of the file, and the sign of the total, which must not contradict it."""
    extra = {plain(word): meaning for word, meaning in mapping.status_words.items()}
    value = pl.repeat(mapping.status_default or "normal", fields.height, dtype=pl.String, eager=True)
    if "status" in fields:
        value = fields.word("status", {**words.words["status"], **extra}, needed=not mapping.status_default)
        value = value.fill_null(mapping.status_default) if mapping.status_default else value
    total = amounts["total_fen"]
    if "positive" in fields:
        sign = fields.word("positive", words.words["positive"], needed=False)
        value = pl.select(pl.when((sign == "red") & (value == "normal")).then(pl.lit("red")).otherwise(value)).to_series()
    fields.report(
        "status" if "status" in fields else "positive",
        Problem(
            (value == "red") & (total > 0),
            "a total below zero on a red invoice",
            "Give red invoices negative amounts, or correct the state.",
        ),
    )
    return pl.select(pl.when((value == "normal") & (total < 0)).then(pl.lit("red")).otherwise(value).alias("status")).to_series()


def _kinds(fields: Columns, words: Vocabulary) -> pl.Series:
    """The type code where the word is known, before it the special element of an invoice that the buyer issued; other words are left out,
    since nothing rests on them."""
    kind, special = (_kind_codes(fields.text(name, 60), words) if name in fields else None for name in ("kind", "special"))
    told = fields.text("kind", 60) if kind is None else kind
    return told if special is None else told.zip_with(~special.is_in(BUYER_ISSUED_KINDS), special)


def _kind_codes(text: pl.Series, words: Vocabulary) -> pl.Series:
    codes = {
        word: words.words["kind"].get(plain(word), word if word.isascii() and len(word) <= 3 else "") for word in text.unique().to_list()
    }
    return text.replace_strict(list(codes), list(codes.values()), return_dtype=pl.String)


def _line_detail(fields: Columns) -> pl.Series:
    """Goods, quantity, price and rate as one text: lines of one invoice that differ only there are no repeats."""
    present = [fields.text(field, 32_767) for field in LINE_FIELDS if field in fields]
    if not present:
        return pl.repeat("", fields.height, dtype=pl.String, eager=True)
    return pl.select(pl.concat_str(present, separator="\x1e")).to_series()


def _marked(frame: pl.DataFrame) -> pl.DataFrame:
    differs = (pl.col("amount_fen") + pl.col("tax_fen") - pl.col("total_fen")).abs() > ADDS_UP_WITHIN_FEN
    zero = (pl.col("total_fen") == 0) & (pl.col("amount_fen") == 0)
    flags = (
        differs.cast(pl.Int32) * FLAG_TOTAL_DIFFERS
        + zero.cast(pl.Int32) * FLAG_ZERO
        + (pl.col("counterparty") == "").cast(pl.Int32) * FLAG_NO_COUNTERPARTY
    )
    return frame.with_columns(flags.alias("flags"), (pl.col("occurrence") > 1).alias("duplicate"))


def _counts(table: RawTable, accepted: pl.DataFrame, rejected: pl.DataFrame) -> dict[str, int]:
    status = dict(accepted.group_by("status").len().iter_rows())
    flags = {name: int((accepted["flags"] & bit).cast(pl.Boolean).sum()) for bit, name in FLAG_NAMES.items()}
    return {
        "read": table.frame.height + table.broken.height,
        "accepted": accepted.height,
        "rejected": rejected.height,
        "duplicates": int(accepted["duplicate"].sum()),
        "voids": status.get("void", 0) + status.get("blank", 0),
        "reds": status.get("red", 0),
        **flags,
    }
