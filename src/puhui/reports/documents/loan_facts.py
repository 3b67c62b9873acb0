"""What several documents of a loan tell: the loan as known at the end of a day, its parties and terms, what is owed on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from puhui.calculations.faults import Fault, FaultsError
from puhui.calculations.position import Row
from puhui.calculations.posting import Counters
from puhui.calculations.term_records import MARKUP_SCALE, Penalty, Terms
from puhui.loans.fold import Fold, terms_of
from puhui.loans.keeping import events_of, fold_loan
from puhui.loans.models import Event, Loan
from puhui.parties.models import Firm
from puhui.reports.documents.document import Fact, Paper, Rows, with_total
from puhui.reports.documents.words import capitals, known_word, percent

__all__ = ["COMPONENTS", "Known", "amount_facts", "borrower_facts", "known", "rate_on", "schedule_rows", "term_facts"]

COMPONENTS = ("principal", "interest", "penalty", "fee")


@dataclass(frozen=True)
class Known:
    """A loan folded as of a day by the events entered up to that day."""

    loan: Loan
    day: date
    events: Sequence[Event]
    fold: Fold

    @property
    def counters(self) -> Counters:
        return self.fold.counters

    @property
    def terms(self) -> Terms:
        return terms_of(self.loan.terms)


def known(loan: Loan, day: date) -> Known:
    """Raises FaultsError for a day before the payout, or after the open day."""
    institution = loan.institution
    if day > institution.business_date:
        raise FaultsError([Fault("as of", str(day), f"a day up to the open one, {institution.business_date}")])
    events = [event for event in events_of([loan.pk])[loan.pk] if event.known_on <= day]
    if day < loan.start or not events:
        raise FaultsError([Fault("as of", str(day), f"a day from the payout of {loan.number} on, {loan.start}")])
    return Known(loan, day, events, fold_loan(loan, events, day))


def rate_on(found: Known) -> int:
    """The contract rate of the night after the day, times 10⁸."""
    running = found.fold.position.running
    if running is not None:
        return running.line.rate_on(found.day)
    return [rate for day, rate in found.terms.rates if day <= found.day][-1]


def borrower_facts(paper: Paper, firm: Firm) -> tuple[Fact, ...]:
    """Name and unified code of the borrower."""
    code = next((each.value for each in firm.identifiers.all() if each.scheme == "uscc"), None)
    return (paper.fact("borrower", firm.name), *((paper.fact("unified_code", code),) if code else ()))


def amount_facts(paper: Paper, name: str, amount_fen: int) -> tuple[Fact, ...]:
    """An amount in figures, and in capitals where the form is Chinese and the money is yuan."""
    figures = paper.fact(name, amount_fen, "fen")
    in_capitals = capitals(amount_fen, paper.language) if paper.institution.currency == "CNY" else None
    if in_capitals is None:
        return (figures,)
    return figures, Fact(f"{name}_capitals", f"{paper.word(name)}{paper.word('in_capitals')}", in_capitals)


def term_facts(paper: Paper, found: Known) -> tuple[Fact, ...]:
    """What was agreed: days, rate, way of repayment, day count, and what lateness costs."""
    terms, loan = found.terms, found.loan
    rate = rate_on(found)
    facts: list[Fact] = [
        paper.fact("start", loan.start, "date"),
        paper.fact("maturity", max((row.due for row in found.fold.position.rows), default=loan.maturity), "date"),
        paper.fact("rate", percent(rate)),
        paper.fact("method", paper.word(f"method_{terms.method}")),
        paper.fact("day_count", known_word(f"day_count_{terms.day_count}", paper.language, terms.day_count)),
        paper.fact("penalty_terms", penalty_text(paper, terms.penalty, rate)),
    ]
    return tuple(facts)


def penalty_text(paper: Paper, penalty: Penalty | None, rate_e8: int) -> str:
    """What overdue and misused money costs, in a sentence."""
    if penalty is None:
        return paper.word("no_penalty")
    overdue, misuse = (rate_e8 * (MARKUP_SCALE + markup) // MARKUP_SCALE for markup in (penalty.markup_overdue, penalty.markup_misuse))
    return paper.word("penalty_rates", overdue=percent(overdue), misuse=percent(misuse))


def schedule_rows(paper: Paper, rows: Sequence[Row], title: str = "schedule") -> Rows:
    """Instalments with the sums of their parts; what was waived is in none of them."""
    columns = paper.columns(
        ("number", "text"), ("due", "date"), ("principal_fen", "fen"), ("interest_fen", "fen"), ("fee_fen", "fen"),
        ("penalty_fen", "fen"), ("total_fen", "fen"), ("paid_fen", "fen"), ("principal_left_fen", "fen"),
    )  # fmt: skip
    told: list[tuple[Any, ...]] = []
    for row in rows:
        parts = [int(getattr(row, name)) - int(getattr(row, f"waived_{name}")) for name in ("principal", "interest", "fee")]
        late = row.penalty + row.compound - row.waived_penalty - row.waived_compound
        told.append((row.number, row.due, *parts, late, sum(parts) + late, row.paid, row.balance))
    return with_total("schedule", paper.word(title), columns, told, paper.word("total"), left_out=("principal_left_fen",))


def event_word(paper: Paper, event: Event) -> str:
    """What an event is called, with what it undoes or forgives."""
    told = known_word(f"event_{event.type}", paper.language, event.type)
    if event.type == "reversal":
        return f"{told} {paper.word('of_event', number=event.detail.get('of', ''))}"
    if event.type == "waiver":
        return f"{told}: {known_word(str(event.detail.get('of', '')), paper.language, str(event.detail.get('of', '')))}"
    return told
