"""Why a loan owes what it owes: each figure with its formula in words, the numbers in it, and the rows and events that it came from.

The numbers are those of `calculations.explaining`; here they become sentences. Every line says what it multiplies, and an event or an
instalment that a line rests on is named so that it can be found on the same page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from puhui.calculations.explaining import Explained, Piece, Span, explain_accrued, explain_costs, explain_row
from puhui.calculations.position import Row
from puhui.console.templatetags.figures import grouped, money
from puhui.console.words import EVENTS, word
from puhui.loans.fold import terms_of
from puhui.loans.queries import Dossier, StatementLine

__all__ = ["Line", "Reason", "next_due_reason", "piece_line", "reasons"]


@dataclass(frozen=True)
class Line:
    """One step to a figure: the nights it is of, what is multiplied, what it comes to; `anchor`: the event or row of the page."""

    text: str
    amount_fen: int | None = None
    when: str = ""
    anchor: str = ""
    heading: bool = False


@dataclass(frozen=True)
class Reason:
    """A figure in fen that opens to its formula in words and the lines that it is the sum of."""

    code: str
    label: str
    amount_fen: int
    formula: str
    lines: list[Line] = field(default_factory=list)
    total: bool = False
    help: str = ""


def percent(value_e8: int) -> str:
    """An annual rate or a markup over 10⁸ as a percentage with all its digits, at least two decimals."""
    exact = (Decimal(value_e8) / 10**6).normalize()
    exponent = exact.as_tuple().exponent
    return grouped(exact, max(2, -exponent if isinstance(exponent, int) else 2)) + "%"


def span_text(span: Span) -> str:
    """A share of a year in words: `20 days ÷ 360`, `1 month ÷ 12 + 3 days ÷ 360`."""
    days = ngettext("%(count)s day", "%(count)s days", span.days) % {"count": span.days}
    months = ngettext("%(count)s month", "%(count)s months", span.months) % {"count": span.months}
    if span.kind == "days":
        return f"{days} ÷ {span.base}"
    if span.kind == "part":
        share = _("%(days)s of %(all)s days") % {"days": span.days, "all": span.base}
        return f"{share} × {months} ÷ 12"
    if span.kind == "months":
        parts = [f"{months} ÷ 12"] if span.months else []
        parts += [f"{days} ÷ {span.base}"] if span.days else []
        return " + ".join(parts) if len(parts) == 1 else f"({' + '.join(parts)})"
    return _("%(days)s/%(all)s of a year") % {"days": span.days, "all": span.base}


def piece_line(piece: Piece) -> Line:
    """Principal × rate × days ÷ base, of one stretch."""
    markup = f" × (1 + {percent(piece.markup * 10_000)})" if piece.markup else ""
    text = f"{money(piece.amount)} × {percent(piece.rate_e8)}{markup} × {span_text(piece.span)}"
    return Line(text, piece.whole, f"{piece.first.isoformat()} – {piece.last.isoformat()}")


def _explained(told: Explained) -> Iterator[Line]:
    yield from map(piece_line, told.pieces)
    if told.brought:
        yield Line(_("put off from earlier instalments, less what was paid in advance"), told.brought)
    if told.rest:
        yield Line(_("by other rules of the contract: charges, days of grace, overdue principal at the contract rate"), told.rest)


def reasons(dossier: Dossier) -> list[Reason]:
    """The figures of what is owed on a day, noughts left out but the principal; the last closes the loan, where that is known."""
    terms, events, position = terms_of(dossier.loan.terms), dossier.happened, dossier.fold.position
    counters, day = dossier.fold.counters, dossier.day
    costs = explain_costs(terms, events, position)
    due = [row for row in position.rows if row.due <= day]
    parts = [
        _principal(dossier, counters.principal),
        _interest_due(dossier, counters.interest_receivable, due),
        Reason(
            "accrued", _("Interest since the last due date"), counters.accrued_interest,
            _("principal × rate a year × share of the year, for each stretch of nights up to the morning of %(day)s") % {"day": day},
            list(_explained(explain_accrued(position))),
        ),
        _cost("penalty", _("Penalty on principal that is late"), position.rows, costs["penalty"]),
        _cost("compound", _("Compound interest on interest that is late"), position.rows, costs["compound"]),
        _fees(dossier, counters.fee_receivable, due),
        Reason("overpaid", _("Paid beyond what was owed"), -counters.overpaid, _("the borrower's money, kept until it is paid back")),
    ]  # fmt: skip
    kept = [each for each in parts if each.amount_fen or each.code == "principal"]
    return kept if dossier.to_close_fen is None else [*kept, _closing(dossier, dossier.to_close_fen, kept)]


def _principal(dossier: Dossier, amount_fen: int) -> Reason:
    lines = [line for each in dossier.statement for line in _principal_lines(each)]
    waived = dossier.fold.counters.principal_waived
    lines += [Line(_("forgiven"), -waived)] if waived else []
    return Reason("principal", _("Principal"), amount_fen, _("paid out − repaid"), lines)


def _principal_lines(line: StatementLine) -> Iterator[Line]:
    """What an event did to the principal."""
    event = line.event
    amount = event.amount_fen or 0 if event.type == "drawdown" else -line.parts_fen.get("principal", 0)
    if amount and not line.is_reversed:
        text = _("%(event)s, event %(number)s") % {"event": word(EVENTS, event.type), "number": event.number}
        yield Line(text, amount, event.date.isoformat(), f"event-{event.number}")


def _interest_due(dossier: Dossier, amount_fen: int, due: Iterable[Row]) -> Reason:
    lines: list[Line] = []
    for row in due:
        if open_fen := row.owed("interest"):
            lines += _row_interest(dossier, row, open_fen)
    told = sum(line.amount_fen or 0 for line in lines if line.heading)
    if told != amount_fen:
        lines.append(Line(_("earned and due at once, because the whole loan is due"), amount_fen - told, heading=True))
    formula = _("interest of each instalment that has fallen due − what was paid of it")
    return Reason("interest_due", _("Interest that has fallen due"), amount_fen, formula, lines)


def _row_interest(dossier: Dossier, row: Row, open_fen: int) -> list[Line]:
    text = _("instalment %(number)s, due %(due)s") % {"number": row.number, "due": row.due}
    lines = [Line(text, open_fen, anchor=f"row-{row.number}", heading=True)]
    lines += _explained(explain_row(terms_of(dossier.loan.terms), dossier.happened, row))
    return lines + _paid(row.paid_interest, row.waived_interest)


def _paid(paid_fen: int, waived_fen: int) -> list[Line]:
    """What was paid and forgiven of something, as steps down."""
    lines = [Line(_("paid"), -paid_fen)] if paid_fen else []
    return [*lines, Line(_("forgiven"), -waived_fen)] if waived_fen else lines


def _cost(name: str, label: str, rows: Iterable[Row], told: Explained) -> Reason:
    rows = tuple(rows)
    paid = sum(int(getattr(row, f"paid_{name}")) for row in rows)
    waived = sum(int(getattr(row, f"waived_{name}")) for row in rows)
    if name == "penalty":
        formula = _("overdue principal × rate a year × (1 + markup) × days ÷ base, for each stretch − what was paid of it")
    else:
        formula = _("overdue interest × rate a year × days ÷ base, with the markup after the last due date − what was paid of it")
    return Reason(name, label, sum(row.owed(name) for row in rows), formula, [*_explained(told), *_paid(paid, waived)])


def _fees(dossier: Dossier, amount_fen: int, due: Iterable[Row]) -> Reason:
    lines = [
        Line(
            _("instalment %(number)s, due %(due)s") % {"number": row.number, "due": row.due},
            row.owed("fee"),
            anchor=f"row-{row.number}",
        )
        for row in due
        if row.owed("fee")
    ]
    told = sum(line.amount_fen or 0 for line in lines)
    if told != amount_fen:
        lines.append(Line(_("charged in the period under way"), amount_fen - told))
    return Reason("fee", _("Fees"), amount_fen, _("fees that have fallen due − what was paid of them"), lines)


def _closing(dossier: Dossier, amount: int, parts: Iterable[Reason]) -> Reason:
    parts = tuple(parts)
    lines = [Line(each.label, each.amount_fen, anchor=f"why-{each.code}") for each in parts]
    if amount and (difference := amount - sum(each.amount_fen for each in parts)):
        text = _("what the contract adds or takes off when the loan is closed on this day")
        lines.append(Line(text, difference))
    return Reason(
        "closing", _("Closes the loan on this day"), amount, _("all of the above together"), lines if amount else [], True, "closes"
    )


def next_due_reason(dossier: Dossier) -> Reason | None:
    """The next payment by the schedule; None where none is to come."""
    due, amount_fen = dossier.fold.next_due
    row = next((row for row in dossier.fold.position.rows if row.due == due), None)
    if due is None or row is None:
        return None
    lines = [Line(_("principal of instalment %(number)s") % {"number": row.number}, row.owed("principal"), anchor=f"row-{row.number}")]
    lines += [Line(_("its interest"), row.owed("interest"), heading=True)]
    lines += _explained(explain_row(terms_of(dossier.loan.terms), dossier.happened, row))
    lines += _paid(row.paid_interest, row.waived_interest)
    if fee := row.owed("fee"):
        lines.append(Line(_("its fee"), fee, heading=True))
    formula = _("principal + interest + fee of instalment %(number)s, if nothing happens before") % {"number": row.number}
    return Reason("next_due", _("Next payment, %(day)s") % {"day": due}, amount_fen, formula, lines)
