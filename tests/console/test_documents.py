"""Documents as pages hand them out: who may, of which rows, in which language, and the links that lead to them."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest

OF_LOAN = ("statement", "contract-note", "repayment-certificate", "what-you-pay")


def text_of(response: Any) -> str:
    from pypdf import PdfReader

    assert response.status_code == 200 and response["Content-Type"] == "application/pdf", response.content[:300]
    return "".join("".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(response.content)).pages)


def a_loan() -> Any:
    from puhui.loans.models import Loan

    return Loan.objects.order_by("pk").first()


@pytest.mark.parametrize("name", OF_LOAN)
def test_a_loan_s_documents(name: str, scenario: Any, client_of: Any) -> None:
    """The auditor reads them; each is about the loan and in the reader's language."""
    from puhui.reports.documents.words import word

    loan = a_loan()
    found = text_of(client_of("auditor", "zh-hans").get(f"/loans/{loan.pk}/documents/{name}.pdf"))
    assert loan.number in found and loan.firm.name in found
    assert word(name.replace("-", "_"), "zh-hans") in found or word("settlement_certificate", "zh-hans") in found


@pytest.mark.parametrize("address", ["trial-balance.xlsx", "ledger.xlsx?account=130301", "day-book.xlsx"])
def test_documents_of_the_books(address: str, scenario: Any, client_of: Any) -> None:
    from python_calamine import CalamineWorkbook

    response = client_of("accountant").get(f"/books/documents/{address}")
    assert response.status_code == 200, response.content[:300]
    assert scenario.institution.name in str(CalamineWorkbook.from_filelike(io.BytesIO(response.content)).get_sheet_by_index(0).to_python())
    assert client_of("officer").get(f"/books/documents/{address}").status_code == 403


def test_who_finds_which_rows(scenario: Any, client_of: Any) -> None:
    """Strangers sign in; a borrower finds the own firm only; another lender's staff finds nothing; unknown names and forms are no page."""
    from datetime import date

    from django.test import Client

    from puhui.parties.actions import create_institution, create_user

    loan = a_loan()
    of_loan, of_firm = f"/loans/{loan.pk}/documents/statement.xlsx", f"/firms/{loan.firm_id}/documents/balance-confirmation.xlsx"
    assert Client(SERVER_NAME="localhost").get(of_loan).status_code == 302
    borrower = client_of("borrower-en")
    assert borrower.get(of_loan).status_code == borrower.get(of_firm).status_code == 403
    assert borrower.get(f"/my/loans/{loan.pk}/documents/statement.xlsx").status_code == 404
    assert borrower.get("/my/documents/balance-confirmation.xlsx").status_code == 200
    other = create_institution("OTHER", "另一家银行", "bank", date(2026, 1, 1))
    create_user(other, "stranger", "secret-secret", "officer")
    assert client_of("stranger").get(of_loan).status_code == client_of("stranger").get(of_firm).status_code == 404
    officer = client_of("officer")
    assert officer.get(of_firm).status_code == 200
    for wrong in ("trial-balance.xlsx", "moon.pdf", "statement.exe"):
        assert officer.get(f"/loans/{loan.pk}/documents/{wrong}").status_code == 404, wrong


def test_what_an_own_loan_and_an_offer_cost(scenario: Any, client_of: Any) -> None:
    """The borrower of a loan gets its statement, and the sheet of an offer before signing; nobody else's offer."""
    from puhui.decisions.models import Offer

    borrower = scenario.borrowers["en"]
    loan = a_loan()
    offer = Offer.objects.filter(firm=loan.firm).order_by("pk").first()
    client = client_of("borrower-en")
    assert client.get(f"/my/offers/{offer.pk}/documents/what-you-pay.xlsx").status_code == 404
    person = loan.firm.people.get(role="legal_representative").person
    type(borrower).objects.filter(pk=borrower.pk).update(person=person)
    assert client.get(f"/my/loans/{loan.pk}/documents/statement.xlsx?firm={loan.firm_id}").status_code == 200
    assert client.get(f"/my/offers/{offer.pk}/documents/what-you-pay.xlsx").status_code == 200
    assert client.get(f"/my/offers/{offer.pk}/documents/statement.xlsx").status_code == 404


def test_links_lead_to_files(scenario: Any, client_of: Any) -> None:
    """Every link of the loan's, the firm's and the books' pages to a workbook answers with one."""
    loan = a_loan()
    client = client_of("risk")
    for page in (f"/loans/{loan.pk}/", f"/firms/{loan.firm_id}/", "/books/", "/books/accounts/130301/"):
        body = client.get(page).content.decode()
        links = re.findall(r'href="([^"]*/documents/[^"]*\.xlsx[^"]*)"', body)
        assert links, page
        for link in links:
            assert client.get(link.replace("&amp;", "&")).status_code == 200, link


def test_why_there_is_no_document(scenario: Any, client_of: Any) -> None:
    loan = a_loan()
    answer = client_of("officer").get(f"/loans/{loan.pk}/documents/statement.pdf?as_of=2000-01-01")
    assert answer.status_code == 422 and loan.number in answer.content.decode()
