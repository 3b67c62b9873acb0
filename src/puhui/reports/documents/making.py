"""The documents by name: what each is about, and the one way in which every one is made and written.

Names are those of the command and of the addresses of pages. A document is about a loan, an offer, a firm, a decision, or the books.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from puhui.calculations.faults import Fault, FaultsError
from puhui.decisions.models import Decision, Offer
from puhui.loans.models import Loan
from puhui.parties.models import Branch, Firm
from puhui.reports import tables
from puhui.reports.documents import books, pdf, xlsx
from puhui.reports.documents.balance_confirmation import balance_confirmation
from puhui.reports.documents.contract_note import contract_note
from puhui.reports.documents.cost_sheet import loan_sheet, offer_sheet
from puhui.reports.documents.diligence import diligence
from puhui.reports.documents.document import Document, Paper
from puhui.reports.documents.repayment_certificate import repayment_certificate
from puhui.reports.documents.statement import statement

__all__ = ["DOCUMENTS", "FILES", "FORMATS", "Subject", "file_name", "make", "render"]

FORMATS = ("pdf", *tables.FORMATS)
#: what is handed out as a file on pages, with its type
FILES = {"pdf": "application/pdf", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
MOST_ROWS_OF_PDF = 2_000  # some ten milliseconds each


@dataclass(frozen=True)
class Subject:
    """What a document is about, and its first day where it tells a span of days."""

    loan: Loan | None = None
    offer: Offer | None = None
    firm: Firm | None = None
    decision: Decision | None = None
    account: str = ""
    branch: Branch | None = None
    since: date | None = None


def _what_you_pay(paper: Paper, subject: Subject) -> Document:
    if subject.offer is not None:
        return offer_sheet(paper, subject.offer)
    return loan_sheet(paper, _given("loan", subject.loan))


Maker = Callable[[Paper, Subject], Document]
#: name → what it is about (any one of these), and how it is made
DOCUMENTS: dict[str, tuple[tuple[str, ...], Maker]] = {
    "statement": (("loan",), lambda paper, subject: statement(paper, _given("loan", subject.loan), subject.since)),
    "contract-note": (("loan",), lambda paper, subject: contract_note(paper, _given("loan", subject.loan))),
    "repayment-certificate": (("loan",), lambda paper, subject: repayment_certificate(paper, _given("loan", subject.loan))),
    "balance-confirmation": (("firm",), lambda paper, subject: balance_confirmation(paper, _given("firm", subject.firm))),
    "what-you-pay": (("loan", "offer"), _what_you_pay),
    "diligence": (("decision",), lambda paper, subject: diligence(paper, _given("decision", subject.decision))),
    "trial-balance": (("books",), lambda paper, subject: books.trial_balance(paper, subject.since, subject.branch)),
    "ledger": (("books",), lambda paper, subject: books.ledger(paper, _given("account", subject.account), subject.since, subject.branch)),
    "day-book": (("books",), lambda paper, subject: books.day_book(paper, subject.since, subject.branch)),
}


def make(name: str, paper: Paper, subject: Subject) -> Document:
    """The document `name`. Raises KeyError for an unknown name, FaultsError where it cannot be told, DoesNotAddUpError where wrong."""
    _, maker = DOCUMENTS[name]
    return maker(paper, subject)


def render(document: Document, form: str) -> bytes:
    """The document in one of FORMATS. Raises KeyError for another, FaultsError where it cannot be drawn or has too many rows for pages."""
    if form == "pdf":
        rows = sum(len(table.rows) for table in document.tables())
        if rows > MOST_ROWS_OF_PDF:
            raise FaultsError([Fault("pdf", f"{rows:,} rows", f"at most {MOST_ROWS_OF_PDF:,}", "Ask for fewer days, or take it as XLSX.")])
        return pdf.render(document)
    return xlsx.render(document) if form == "xlsx" else tables.render(document.as_report(), form)


def file_name(document: Document, form: str) -> str:
    """A name for the file, of letters that every system takes."""
    number = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-_.") else "" for letter in document.number)
    return "-".join(dict.fromkeys(part for part in (document.name, number, document.as_of.isoformat()) if part)) + f".{form}"


def _given(what: str, value: Any) -> Any:
    if not value:
        raise FaultsError([Fault(what, "nothing", f"the {what} that the document is about")])
    return value
