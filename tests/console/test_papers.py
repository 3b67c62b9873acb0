"""The pages of documents that were read from PDF or scan: what waits, one beside its picture, corrected and taken in."""

from __future__ import annotations

from typing import Any

import pytest
from tests.console.paper_scenario import keep_invoice, keep_statement

from puhui.parties.models import Firm


@pytest.fixture
def firm(scenario: Any) -> Firm:
    found: Firm = Firm.objects.filter(institution=scenario.institution).order_by("pk")[0]
    return found


def test_a_document_is_uploaded_corrected_and_taken_in(firm: Firm, client_of: Any) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile
    from tests.evidence.papers import NUMBER, invoice_pdf

    from puhui.evidence.models import DocumentReview, Invoice

    client = client_of("officer")
    upload = SimpleUploadedFile("11月.pdf", invoice_pdf(firm.name, day="", total="1160.00"))
    sent = client.post("/evidence/", {"file": upload, "record": "C07 invoice", "firm": str(firm.pk)})
    address = sent["Location"]
    assert sent.status_code == 302 and address.startswith("/evidence/documents/")
    assert "11月.pdf" in client.get("/evidence/documents/").content.decode()
    page = client.get(address).content.decode()
    assert page.count("does not hold") == 3 and "+100.00" in page and 'data-place="total"' in page
    # two checks, and the box to tick where the paper itself says so
    first = page.index('name="field:issued_on"')
    assert first < page.index('name="field:total"') < page.index('name="field:number"'), "what fails comes first"
    values = {"field:issued_on": "2024-11-01", "field:total": "1060.00"}
    checked = client.post(address, {**values, "act": "check"}).content.decode()
    assert "does not hold" not in checked and 'value="2024-11-01"' in checked and "as read: 1160.00" in " ".join(checked.split())
    assert Invoice.objects.filter(invoice_number=NUMBER).count() == 0
    refused = client.post(address, {"field:issued_on": "2024-11-01", "act": "confirm"})
    assert refused.status_code == 422 and "1 checks do not hold" in refused.content.decode()
    assert client.post(address, {**values, "act": "confirm"}).status_code == 302
    assert Invoice.objects.get(invoice_number=NUMBER).firm_id == firm.pk
    review = DocumentReview.objects.get()
    assert (review.reviewed_by, review.corrections) == ("officer", {"issued_on": ["", "2024-11-01"], "total": ["1160.00", "1060.00"]})
    after = client.get(address).content.decode()
    assert "taken in" in after and 'value="1060.00"' in after and 'value="confirm"' not in after
    assert client.post(address, {**values, "act": "confirm"}).status_code == 422


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Documents to be corrected", "balance before + movement = balance after", "Take in 3 movements")),
        ("zh-hans", ("待更正单据", "上笔余额 + 发生额 = 本笔余额", "导入 3 笔流水")),
        ("zh-hant", ("待更正單據", "上筆餘額 + 發生額 = 本筆餘額", "匯入 3 筆流水")),
    ],
)
def test_a_statement_in_three_languages(language: str, words: tuple[str, ...], firm: Firm, client_of: Any) -> None:
    from puhui.evidence.models import Record

    paper = keep_statement(firm)
    client, address = client_of("officer", language), f"/evidence/documents/{paper.pk}/"
    page = client.get(address).content.decode()
    assert all(text in page for text in words)
    assert page.count('name="field:') == 6, "the row at which the balance breaks"
    opened = client.post(address, {"open": "3", "act": "check"}).content.decode()
    assert opened.count('name="field:') == 12
    assert client.post(address, {"field:借方发生额#2": "860.50", "act": "confirm"}).status_code == 302
    assert Record.objects.filter(firm=firm, record="account_flow").count() == 3
    assert client.post(address, {"field:colour": "blue", "act": "check"}).status_code in (200, 404)


def test_pictures_and_their_consent(firm: Firm, client_of: Any) -> None:
    from puhui.evidence.models import ReadLog
    from puhui.parties.actions import withdraw_consent
    from puhui.parties.models import Consent

    paper = keep_invoice(firm)
    client, address = client_of("auditor"), f"/evidence/documents/{paper.pk}/"
    picture = client.get(f"{address}pages/1.jpg")
    assert (picture.status_code, picture["Content-Type"], picture.content[:3]) == (200, "image/jpeg", b"\xff\xd8\xff")
    assert client.get(f"{address}pages/2.jpg").status_code == 404
    assert client.get(address).status_code == 200 and ReadLog.objects.filter(firm=firm, reader="auditor").exists()
    for consent in Consent.objects.filter(firm=firm):
        withdraw_consent(consent, "owner")
    closed = client.get(address).content.decode()
    assert "No consent of" in closed and "field:" not in closed
    assert client.get(f"{address}pages/1.jpg").status_code == 403


def test_who_may(firm: Firm, client_of: Any) -> None:
    from datetime import date

    from puhui.evidence.models import DocumentReview
    from puhui.parties.actions import create_institution, create_user

    address = f"/evidence/documents/{keep_invoice(firm).pk}/"
    assert 'value="confirm"' not in client_of("auditor").get(address).content.decode()
    for who in ("auditor", "risk", "accountant", "borrower-en"):
        assert client_of(who).post(address, {"act": "set_aside", "reason": "no"}).status_code == 403
    create_user(create_institution("OTHER", "另一家银行", "bank", date(2026, 1, 1)), "stranger", "secret-secret", "officer")
    for path in (address, f"{address}pages/1.jpg"):
        assert client_of("accountant").get(path).status_code == 403
        assert client_of("stranger").get(path).status_code == 404
    assert not DocumentReview.objects.exists()
    officer = client_of("officer")
    assert officer.post(address, {"act": "set_aside", "reason": ""}).status_code == 422
    assert officer.post(address, {"act": "set_aside", "reason": "a copy"}).status_code == 302
    assert "a copy" in officer.get(address).content.decode()


def test_at_most_twelve_queries(firm: Firm, client_of: Any) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    papers = [keep_invoice(firm), keep_statement(firm)]
    client = client_of("officer")
    for address in ("/evidence/documents/", *(f"/evidence/documents/{paper.pk}/" for paper in papers)):
        with CaptureQueriesContext(connection) as asked:
            assert client.get(address).status_code == 200
        statements = [each["sql"] for each in asked if not each["sql"].startswith(("SAVEPOINT", "RELEASE"))]
        assert len(statements) <= 12, "\n".join(statements)
