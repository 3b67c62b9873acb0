"""The vouchers of a day as files that a general ledger takes: CSV and XLSX with amounts in yuan, JSON with amounts in fen."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any

import xlsxwriter

from puhui.books.vouchers import VoucherLine, content_digest

__all__ = ["FORMATS", "render"]

FORMATS = ("csv", "xlsx", "json")
HEADINGS = ("voucher", "date", "branch", "currency", "account", "name", "kind", "colour", "debit", "credit", "transfers")
# What a spreadsheet would take for a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def render(lines: Sequence[VoucherLine], form: str, *, is_closed: bool) -> bytes:
    """The lines in one of FORMATS. Raises KeyError for another."""
    return {"csv": _csv, "xlsx": _xlsx, "json": _json}[form](lines, is_closed)


def _row(line: VoucherLine) -> list[Any]:
    values = asdict(line)
    debit, credit = Decimal(values.pop("debit_fen")).scaleb(-2), Decimal(values.pop("credit_fen")).scaleb(-2)
    transfers = values.pop("transfers")
    return [line.date.isoformat() if key == "date" else _safe(value) for key, value in values.items()] + [debit, credit, transfers]


def _safe(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value[:1] in FORMULA_STARTS else value


def _csv(lines: Sequence[VoucherLine], is_closed: bool) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADINGS)
    for line in lines:
        writer.writerow(_row(line))
    # The mark lets spreadsheet programs see that the file is UTF-8.
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _xlsx(lines: Sequence[VoucherLine], is_closed: bool) -> bytes:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet("vouchers")
    bold, money = book.add_format({"bold": True}), book.add_format({"num_format": "#,##0.00;[Red]-#,##0.00"})
    sheet.write_row(0, 0, HEADINGS, bold)
    for number, line in enumerate(lines, 1):
        for column, value in enumerate(_row(line)):
            if isinstance(value, Decimal):
                sheet.write_number(number, column, value, money)
            else:
                sheet.write(number, column, value)
    sheet.autofit()
    book.close()
    return target.getvalue()


def _json(lines: Sequence[VoucherLine], is_closed: bool) -> bytes:
    document = {
        "closed": is_closed,
        "lines": [{**asdict(line), "date": line.date.isoformat()} for line in lines],
        "total_debit_fen": sum(line.debit_fen for line in lines),
        "total_credit_fen": sum(line.credit_fen for line in lines),
        "digest": content_digest(lines).hex(),
    }
    return json.dumps(document, ensure_ascii=False, indent=2).encode()
