"""The balance confirmation (余额确认书): all that a firm owes on a day, loan by loan, with a slip on which it says yes or no."""

from __future__ import annotations

from typing import Any

from puhui.calculations.faults import Fault, FaultsError
from puhui.loans.keeping import events_of, fold_loan
from puhui.loans.models import Loan
from puhui.parties.models import Firm
from puhui.reports.documents.document import Document, Facts, Paper, Section, Signatures, Text, with_total
from puhui.reports.documents.loan_facts import COMPONENTS, amount_facts, borrower_facts
from puhui.reports.documents.statement import owing
from puhui.reports.documents.sums import check_equal
from puhui.reports.documents.words import percent
from puhui.reports.tables import Column

__all__ = ["balance_confirmation"]


def balance_confirmation(paper: Paper, firm: Firm) -> Document:
    """What the firm owes on the day of the paper, as known then. Raises FaultsError for a day that has not come."""
    if paper.as_of > paper.institution.business_date:
        raise FaultsError([Fault("as of", str(paper.as_of), f"a day up to the open one, {paper.institution.business_date}")])
    columns = (
        *paper.columns(("loan_number", "text"), ("start", "date"), ("maturity", "date"), ("rate", "text"), ("lent_fen", "fen")),
        *(Column(f"{name}_fen", paper.word(name), "fen") for name in COMPONENTS),
        *paper.columns(("overpaid_fen", "fen"), ("owed_fen", "fen")),
    )
    rows = _rows(paper, firm)
    table = with_total("loans", paper.word("loans_of_firm"), columns, rows, paper.word("total"))
    total = table.table.rows[-1]
    check_equal(f"balance confirmation of {firm.name}", [("total", sum(total[5:10]), total[10])])
    facts = Facts("borrower", paper.word("borrower"), (*borrower_facts(paper, firm), *amount_facts(paper, "owed", total[10])))
    sections: list[Section] = [
        Text((paper.word("confirm_ask", lender=paper.institution.name, day=paper.as_of),)),
        facts,
        table,
        Text((paper.word("confirm_reply"), paper.word("confirm_yes"), paper.word("confirm_no"), paper.word("confirm_limits"))),
        Signatures((paper.word("lender_signs"), paper.word("borrower_signs"))),
    ]
    return paper.document("balance-confirmation", firm.name, sections, landscape=True)


def _rows(paper: Paper, firm: Firm) -> list[tuple[Any, ...]]:
    """Loans on which something is owed, or was and is over-paid; each folded by what had been entered by then."""
    loans = list(Loan.objects.filter(firm=firm, start__lte=paper.as_of).order_by("start", "pk"))
    history = events_of(loan.pk for loan in loans)
    rows = []
    for loan in loans:
        events = [event for event in history[loan.pk] if event.known_on <= paper.as_of]
        if not events:
            continue
        folded = fold_loan(loan, events, paper.as_of)
        owed = owing(folded.counters)
        if owed.total == 0 and not folded.counters.overpaid:
            continue
        maturity = max((row.due for row in folded.position.rows), default=loan.maturity)
        running = folded.position.running
        rate = running.line.rate_on(paper.as_of) if running else loan.rate_ppm * 100
        parts = (owed.principal, owed.interest, owed.penalty, owed.fee, -owed.overpaid)
        rows.append((loan.number, loan.start, maturity, percent(rate), folded.counters.lent, *parts, owed.total))
    return rows
