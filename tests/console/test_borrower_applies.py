"""A borrower applies for any product from a phone, sees why the answer is what it is, and answers invitations."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest


def text_of(response: Any) -> str:
    return str(response.content.decode())


def own_firm(scenario: Any) -> Any:
    return scenario.borrowers["en"].person.firms.get().firm


def consent(client: Any, code: str) -> None:
    assert client.post(f"/my/consent/{code}/")["Location"] == f"/my/apply/{code}/"


def test_every_product_for_this_borrower_has_a_form_that_can_be_sent(scenario: Any, client_of: Any) -> None:
    """Every fact that a borrower can state has a field; an empty form names each of them, and nothing is kept."""
    from puhui.decisions.checking import stated_facts
    from puhui.decisions.models import Application
    from puhui.products.queries import products_on

    before, firm = Application.objects.count(), own_firm(scenario)
    client = client_of("borrower-en")
    codes = [one.code for one in products_on(scenario.institution.business_date) if firm.kind in one.borrower_kinds]
    assert len(codes) > 20
    listed = text_of(client.get("/my/products/"))
    for product in products_on(scenario.institution.business_date):
        if product.code not in codes:
            assert client.get(f"/my/apply/{product.code}/").status_code == 404
            continue
        if product.code != "invoice-working-capital":
            assert f"/my/apply/{product.code}/" in listed
        consent(client, product.code) if product.code != "invoice-working-capital" else client.post("/my/consent/")
        page = text_of(client.get(f"/my/apply/{product.code}/"))
        names = stated_facts(product)
        assert all(f'name="fact-{name}"' in page for name in names)
        assert not [name for name in product.application if name not in names and f"fact-{name}" in page]
        answer = client.post(f"/my/apply/{product.code}/", {})
        assert answer.status_code == 422
        assert all(product.application[name].texts["en"].replace("’", "’") in text_of(answer) for name in names)
    assert Application.objects.count() == before


def test_a_consent_names_all_that_the_product_reads(scenario: Any, client_of: Any) -> None:
    from puhui.parties.models import Consent

    client = client_of("borrower-en")
    assert client.get("/my/apply/tax-credit-loan/")["Location"] == "/my/consent/tax-credit-loan/"
    page = text_of(client.get("/my/consent/tax-credit-loan/"))
    assert "Tax, " in page
    assert "own credit report" in page
    consent(client, "tax-credit-loan")
    given = Consent.objects.filter(granted_by="borrower-en").get()
    assert set(given.classes) == {"C01", "C04", "C05", "C06", "C07", "C16", "S1"}


def test_a_product_without_papers_is_answered_at_once_with_its_reasons(scenario: Any, client_of: Any) -> None:
    """The county of the tests knows invoices only: what the tax loan reads is not known, so a person looks, and is told why."""
    from puhui.decisions.models import Application

    client = client_of("borrower-en")
    consent(client, "tax-credit-loan")
    sent = {"amount": "100000", "term_months": "12", "purpose": "stock"}
    address = client.post("/my/apply/tax-credit-loan/", sent)["Location"]
    found = Application.objects.get(product_code="tax-credit-loan")
    assert (found.stated, found.status) in ((False, "referred"), (False, "refused"))
    page = text_of(client.get(address))
    decision = found.latest_decision
    told = [one["text"]["en"] for one in decision.record["reasons"] if one.get("severity") in ("veto", "refer")]
    assert any(text.replace("'", "&#x27;") in page for text in told)


def test_papers_are_looked_at_before_the_engine_decides(scenario: Any, client_of: Any) -> None:
    from puhui.decisions.models import Application

    client, code = client_of("borrower-en"), "four-class-loan"
    consent(client, code)
    stated = {"fact-net_fixed_assets": "30万", "fact-other_unsecured": "0", "fact-owner_is_under_retirement": "yes"}
    address = client.post(f"/my/apply/{code}/", {"amount": "200000", "term_months": "12", "purpose": "stock"} | stated)["Location"]
    found = Application.objects.get(product_code=code)
    told = {"net_fixed_assets": 300_000.0, "other_unsecured": 0.0, "owner_is_under_retirement": True}
    assert (found.stated, found.status, found.facts) == (True, "submitted", told)
    page = text_of(client.get(address))
    assert "What you hand in" in page
    assert "Net fixed assets of firm and owner" in page
    officer = client_of("officer")
    assert f"/cases/{found.pk}/" in text_of(officer.get("/queue/?status=submitted"))
    assert "stated: 300,000 yuan" in text_of(officer.get(f"/cases/{found.pk}/"))
    facts = f"/cases/{found.pk}/facts/"
    assert officer.post(facts, {"fact-net_fixed_assets": "250000"}).status_code == 422  # which paper shows it?
    assert client_of("auditor").post(facts, {}).status_code == 403
    sent = {"fact-net_fixed_assets": "250000", "paper-net_fixed_assets": "balance sheet of November"}
    assert officer.post(facts, sent).status_code == 302
    found.refresh_from_db()
    assert found.facts == {"net_fixed_assets": 250_000.0}
    assert found.status in ("referred", "refused")
    assert "balance sheet of November" in text_of(officer.get(f"/cases/{found.pk}/"))
    page = text_of(client.get(address))
    assert "Why a person looks at it" in page or "The main reasons" in page
    diligence = officer.get(f"/decisions/{found.latest_decision.pk}/diligence.json").json()
    assert "balance sheet of November" in str(diligence)


@pytest.fixture
def invited(scenario: Any, client_of: Any) -> Any:
    """Two firms of a released campaign: the borrower's, without consent, and another."""
    from puhui.decisions import campaigns

    firm = own_firm(scenario)
    campaign = campaigns.make(
        scenario.users["officer"], data=f"firm,amount\n{firm.name},50000\n".encode(), file_name="list.csv", key="spring", name="Spring",
        kind="list", product_code="invoice-working-capital", term_months=12, purpose="stock", amount_fen=5_000_000,
        expires_on=scenario.institution.business_date + timedelta(days=20), budget_fen=100_000_000,
    )  # fmt: skip
    return campaigns.release(campaign, scenario.users["risk"]).invitees.get()


def test_an_invitation_is_taken_up(scenario: Any, client_of: Any, invited: Any) -> None:
    client = client_of("borrower-en")
    assert f"/my/invitations/{invited.pk}/" in text_of(client.get("/my/"))
    page = text_of(client.get(f"/my/invitations/{invited.pk}/"))
    assert f"/my/consent/?invitation={invited.pk}" in page
    assert client.post(f"/my/consent/?invitation={invited.pk}")["Location"] == f"/my/invitations/{invited.pk}/"
    refused = client.post(f"/my/invitations/{invited.pk}/", {"answer": "accept", "amount": "60000"})
    assert refused.status_code == 422  # more than was offered
    address = client.post(f"/my/invitations/{invited.pk}/", {"answer": "accept", "amount": "30000"})["Location"]
    invited.refresh_from_db()
    assert address == f"/my/applications/{invited.application_id}/"
    assert invited.application.amount_fen == 3_000_000
    assert invited.application.status == "offered"
    sheet = text_of(client.get(f"/my/offers/{invited.application.offer.pk}/costs/"))
    assert "Interest" in sheet
    assert "Borne by: borrower" in sheet
    assert client.get(f"/my/invitations/{invited.pk}/").status_code == 404  # answered


def test_an_invitation_is_declined_once_and_for_all(scenario: Any, client_of: Any, invited: Any) -> None:
    from puhui.calculations.faults import FaultsError
    from puhui.decisions import campaigns

    client = client_of("borrower-en")
    assert client.post(f"/my/invitations/{invited.pk}/", {"answer": "decline"})["Location"] == "/my/"
    invited.refresh_from_db()
    assert (invited.declined_by, invited.application_id) == ("borrower-en", None)
    assert "/my/invitations/" not in text_of(client.get("/my/"))
    with pytest.raises(FaultsError, match="said no"):
        campaigns.take_up(invited, "officer")
    assert client_of("borrower-zh-hans").get(f"/my/invitations/{invited.pk}/").status_code == 404


def test_pages_of_campaigns_and_files_ask_the_database_little(scenario: Any, client_of: Any, invited: Any) -> None:
    """Twelve statements for a page; a diligence file, which reads everything about a case, twenty."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from puhui.decisions.models import Decision

    decision = Decision.objects.filter(application_id=scenario.waiting[0]).latest("pk")
    pages = {
        f"/campaigns/{invited.campaign_id}/": ("officer", 12), f"/my/invitations/{invited.pk}/": ("borrower-en", 12),
        "/my/consent/tax-credit-loan/": ("borrower-en", 12), f"/decisions/{decision.pk}/diligence.json": ("auditor", 20),
    }  # fmt: skip
    for address, (who, most) in pages.items():
        client = client_of(who)
        with CaptureQueriesContext(connection) as asked:
            assert client.get(address).status_code == 200, address
        assert len(asked) <= most, (address, "\n".join(each["sql"][:150] for each in asked))
