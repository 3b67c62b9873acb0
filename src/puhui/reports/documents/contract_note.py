"""The contract note (借款借据): who owes whom how much, since when, at what price, secured by what, and what falls due when."""

from __future__ import annotations

from puhui.loans.models import Loan
from puhui.reports.documents.document import Document, Facts, Paper, Section, Signatures, Text
from puhui.reports.documents.loan_facts import Known, amount_facts, borrower_facts, known, schedule_rows, term_facts
from puhui.reports.documents.sums import check_equal
from puhui.reports.documents.words import known_word

__all__ = ["contract_note"]


def contract_note(paper: Paper, loan: Loan) -> Document:
    """The note with its schedule as it stands on the day of the paper. Raises FaultsError."""
    found = known(loan, paper.as_of)
    _check(found)
    contract = loan.contract
    parties = Facts("parties", paper.word("parties"), (
        paper.fact("lender", paper.institution.name), *borrower_facts(paper, loan.firm),
        paper.fact("loan_number", loan.number), paper.fact("contract_number", contract.number),
    ))  # fmt: skip
    purpose = contract.offer.application.purpose
    money = Facts("money", paper.word("money"), (
        *amount_facts(paper, "amount", found.counters.lent), paper.fact("currency", paper.institution.currency),
        paper.fact("purpose", known_word(f"purpose_{purpose}", paper.language, purpose)), *term_facts(paper, found),
        paper.fact("security", _security(paper, loan)), paper.fact("text_digest", contract.text_digest[:16]),
    ))  # fmt: skip
    sections: list[Section] = [
        parties,
        money,
        schedule_rows(paper, found.fold.position.rows),
        Text((paper.word("note_promise", borrower=loan.firm.name, lender=paper.institution.name, contract=contract.number),)),
        Signatures((paper.word("borrower_signs"), paper.word("lender_signs"))),
    ]
    return paper.document("contract-note", loan.number, sections)


def _check(found: Known) -> None:
    """What the rows still ask of the principal is what is owed of it."""
    rows = sum(row.owed("principal") for row in found.fold.position.rows)
    check_equal(f"contract note {found.loan.number}", [("principal of the schedule", rows, found.counters.principal)])


def _security(paper: Paper, loan: Loan) -> str:
    named = [f"{paper.word(f'security_{each.kind}')}: {each.provider}" for each in loan.contract.securities.order_by("pk")]
    return "; ".join(named) or paper.word("unsecured")
