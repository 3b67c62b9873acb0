"""Reading a credit line (随借随还) from the quote document: how much, until when, and whether draws share their dues.

A line is a promise to lend up to `limit` until a day, drawn, repaid and drawn again. `pooled` dues are those of one loan: interest of the
daily balances at each settlement, what is owed then at `until`. `own` dues are those of a note for each draw, by the method agreed and
counted from the day of the draw. What the two have in common is only the limit.

`amount` of a line is what is drawn on the start where no drawdown is named, at most the limit; with drawdowns it may be left out.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from puhui.calculations.calendar import Step, add_step, parse_date, parse_step
from puhui.calculations.money import decimal_fraction
from puhui.calculations.rates import read_spreads
from puhui.calculations.reading import Fields
from puhui.calculations.term_records import RATE_SCALE, Grace, Line, LineIndex

__all__ = ["fit_line", "read_line"]


def read_line(fields: Fields, exponent: int) -> Line | None:
    """The line under the key `line`, noting faults; None where there is none (or a faulty one)."""
    if not fields.has("line") or fields.raw("line") is None:
        return None
    child = fields.child("line")
    if child is None:
        return None
    limit = child.amount("limit", exponent, required=True)
    until = child.day("until", required=True)
    dues = child.choice("dues", ("own", "pooled"), "pooled")
    if not child.has("dues"):
        child.fault("dues", "own or pooled")
    child.finish()
    if limit is None or until is None:
        return None
    return Line(limit, until, dues == "pooled", fields.has("amount"), None if dues == "pooled" else _index(fields))


def _index(fields: Fields) -> LineIndex | None:
    """The index that rates follow, as far as it stands well in the document (`rates` notes its faults)."""
    link = fields.values.get("rate_link")
    if not isinstance(link, dict) or not isinstance(link.get("values"), list):
        return None
    step = parse_step(link.get("every"))
    spreads = read_spreads(Fields(link, []), parse_date(fields.values.get("start")))
    pairs = [item for item in link["values"] if isinstance(item, list) and len(item) == 2]
    values = [(parse_date(day), decimal_fraction(rate)) for day, rate in pairs]
    if spreads is None or step is None or not step.months:
        return None
    published = tuple((day, int(rate * RATE_SCALE)) for day, rate in values if day is not None and rate is not None)
    return LineIndex(published, spreads, step.months, link.get("on") == "anniversary")


def fit_line(fields: Fields, line: Line, method: str, start: date | None, amount: int | None, values: dict[str, Any]) -> tuple[str, int]:
    """(method, amount) of the terms of a line; `values`, the other terms read so far, are brought in line with it. Notes faults."""
    if start is not None and line.until <= start:
        fields.fault("line.until", f"a date after the start {start}", line.until.isoformat())
    if amount is not None and amount > line.limit:
        fields.fault("amount", "no more than the limit of the line")
    if values["maturity"] not in (None, line.until):
        fields.fault("maturity", f"nothing, or {line.until}, the day until which the line runs")
    recalculation = values.get("recalculation", True)
    if recalculation is None or (recalculation is not True and recalculation.rest != "daily"):
        fields.fault("interest_recalculation", "rest daily: interest of a line follows its daily balance")
    if values["prepayment"] == "next_instalments":
        fields.fault("prepayment", "reduce_instalment or reduce_term: another is not settled for a line")
    if line.pooled:
        method = _pooled(fields, line, method, start, values)
    else:
        _own(fields, line, method, values)
    return method, line.limit if amount is None else amount


def _pooled(fields: Fields, line: Line, method: str, start: date | None, values: dict[str, Any]) -> str:
    if not fields.has("method"):
        method = "interest_only"
    elif method not in ("interest_only", "bullet"):
        fields.fault("method", "interest_only or bullet (or nothing): principal of a pooled line is due at until")
    if values["instalments"] is not None:
        if not _reaches(fields, line, start, values):
            fields.fault("instalments", f"nothing, or a number that ends on {line.until}")
        values["instalments"] = None
    if method == "interest_only" and values["settlement_day"] is None and values["step"] is None:
        fields.fault("every", 'a step such as "1 month", or a settlement_day: interest of a pooled line is due at settlements')
    if values.get("grace", Grace()) != Grace():
        fields.fault("grace", "none: not settled for a pooled line")
    if values["part_periods"] == "whole":
        fields.fault("part_periods", "days: interest of a pooled line follows its daily balances")
    values["maturity"] = line.until
    return method


def _reaches(fields: Fields, line: Line, start: date | None, values: dict[str, Any]) -> bool:
    """Whether that number of steps ends on the last day of the line."""
    step: Step | None = values["step"]
    if step is None or start is None:
        return False
    count: int = values["instalments"]
    month_end = str(fields.values.get("month_end", "clamp"))
    if values["first_due"] is not None:
        return add_step(values["first_due"], step, count - 1, month_end) == line.until
    return add_step(start, step, count, month_end) == line.until


def _own(fields: Fields, line: Line, method: str, values: dict[str, Any]) -> None:
    if method in ("custom", "stepped"):
        fields.fault("method", "another method: dues of fixed amounts are not settled for draws with dues of their own")
    if values["balloon"]:
        fields.fault("balloon", "nothing: not settled for draws with dues of their own")
    if values["first_due"] is not None:
        fields.fault("first_due", "nothing: dues of a draw are counted from its day")
    if values["instalments"] is None:
        values["maturity"] = line.until
