"""What the forms do: an officer's yes and no, a payout by two persons, a repayment, an import, the borrower's steps."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile


def text_of(response: Any) -> str:
    return response.content.decode()


def decidable(scenario: Any, who: str) -> int:
    """A waiting case on which this person may say yes."""
    from puhui.decisions import queries

    user = scenario.users[who]
    for number in scenario.waiting:
        application = queries.case(user, number)
        hindrances = set(queries.may_approve(application.latest_decision, user).hindrances)
        if application.latest_decision.authority == "officer" and hindrances <= {"questions"}:
            return number
    raise AssertionError("no case within this person's authority")


def test_an_officer_refuses_with_a_reason(scenario: Any, client_of: Any) -> None:
    from puhui.decisions.models import Application, Review

    number = scenario.waiting[0]
    response = client_of("officer").post(f"/cases/{number}/", {"outcome": "refuse", "reason": "The orders cannot be shown."})
    assert response.status_code == 302
    assert Application.objects.get(pk=number).status == "refused"
    assert Review.objects.get().reason == "The orders cannot be shown."


def test_without_a_reason_nothing_happens_and_the_page_says_why(scenario: Any, client_of: Any) -> None:
    from puhui.decisions.models import Review

    response = client_of("officer").post(f"/cases/{scenario.waiting[0]}/", {"outcome": "refuse", "reason": ""})
    assert response.status_code == 422
    assert 'role="alert"' in text_of(response)
    assert not Review.objects.exists()


def test_an_officer_approves_within_authority(scenario: Any, client_of: Any) -> None:
    from puhui.decisions.models import Application, Offer

    number = decidable(scenario, "officer")
    decision = Application.objects.get(pk=number).latest_decision
    amount = decision.amount_fen
    answers = {f"text-{pk}": "Orders seen." for pk in decision.questions.filter(is_required=True).values_list("pk", flat=True)}
    if answers:
        sent = {"outcome": "approve", "reason": "Orders seen.", "amount": f"{amount // 100:,}"}
        assert client_of("officer").post(f"/cases/{number}/", sent).status_code == 422, "not before the answers"
        assert client_of("officer").post(f"/cases/{number}/answers/", answers).status_code == 302
    page = client_of("officer").get(f"/cases/{number}/")
    assert f"Approve {amount // 100:,}" in text_of(page), "the button says what it does"
    sent = {"outcome": "approve", "reason": "Orders seen.", "amount": f"{amount // 100:,}"}
    assert client_of("officer").post(f"/cases/{number}/", sent).status_code == 302
    assert Offer.objects.get(application_id=number).amount_fen == amount


def test_replay_gives_the_same_answer(scenario: Any, client_of: Any) -> None:
    from puhui.decisions.models import Decision

    decision = Decision.objects.order_by("pk").first()
    response = client_of("auditor").post(f"/decisions/{decision.pk}/replay/", headers={"HX-Request": "true"})
    assert "the same answer" in text_of(response)


def test_payout_needs_a_second_person(scenario: Any, client_of: Any) -> None:
    from puhui.loans.models import Contract

    address = f"/payouts/{scenario.contract.pk}/"
    assert "whoever recorded them cannot" in text_of(client_of("officer").get(address))
    assert client_of("officer").post(address, {"act": "clear"}).status_code == 422
    accountant = client_of("accountant")
    assert accountant.post(address, {"act": "clear"}).status_code == 302
    assert accountant.post(address, {"act": "draw"}).status_code == 302
    contract = Contract.objects.get(pk=scenario.contract.pk)
    assert contract.status == "drawn"
    assert contract.loans.count() == 1


def test_a_term_that_is_no_number_is_refused_in_words(scenario: Any, client_of: Any) -> None:
    from puhui.decisions.models import Application

    before = Application.objects.count()
    client = client_of("borrower-en")
    client.post("/my/consent/")
    for months in ("abc", "²", "-3", "9" * 5000):
        response = client.post("/my/apply/", {"amount": "30000", "term_months": months, "purpose": "stock"})
        assert response.status_code == 422
    assert Application.objects.count() == before


def test_a_bad_file_is_shown_row_by_row(scenario: Any, client_of: Any) -> None:
    from puhui.evidence.models import Batch, Invoice

    before = Invoice.objects.count(), Batch.objects.count()
    body = "企业代号,发票号码,开票日期,购方名称,金额,税额,价税合计,发票状态\n9199,1,2025-02-30,某公司,一百,13,113,正常\n".encode()
    file = SimpleUploadedFile("sales.csv", body, content_type="text/csv")
    response = client_of("officer").post("/evidence/", {"file": file, "firm": "", "partial": ""})
    assert response.status_code == 422
    assert 'id="faults"' in text_of(response)
    assert "2025-02-30" in text_of(response)
    assert (Invoice.objects.count(), Batch.objects.count()) == before


def test_the_card_of_a_model_cannot_run_anything(scenario: Any, client_of: Any) -> None:
    from puhui.scoring.models import RegisteredModel

    model = RegisteredModel.objects.get()
    client = client_of("risk")
    page = text_of(client.get(f"/models/{model.pk}/"))
    assert "<script>alert" not in page
    assert "style=" not in page
    assert f'src="/models/{model.pk}/plots/roc.svg"' in page
    plot = client.get(f"/models/{model.pk}/plots/roc.svg")
    assert plot["Content-Type"].startswith("image/svg+xml")
    assert "sandbox" in plot["Content-Security-Policy"]


def test_portfolio_files(scenario: Any, client_of: Any) -> None:
    client = client_of("risk")
    assert client.get("/portfolio/file.csv").content.startswith(b"\xef\xbb\xbf")
    assert client.get("/portfolio/file.xlsx").content.startswith(b"PK")
    assert client.get("/portfolio/file.exe").status_code == 404


def test_trail_as_a_file_holds_no_formula(scenario: Any, client_of: Any) -> None:
    from puhui.parties.actions import record_audit

    record_audit(scenario.institution, "=cmd()", "submit", "application", "1", {})
    body = b"".join(client_of("auditor").get("/trail/file.csv?act=submit").streaming_content).decode()
    assert "'=cmd()" in body


def test_withdrawn_consent_leads_back_to_asking(scenario: Any, client_of: Any) -> None:
    client = client_of("borrower-en")
    assert client.get("/my/apply/")["Location"] == "/my/consent/"
    for _ in range(2):  # sent twice it is one consent, so that one withdrawal ends it
        assert client.post("/my/consent/")["Location"] == "/my/apply/"
    assert client.get("/my/apply/").status_code == 200
    from puhui.parties.models import Consent

    consent = Consent.objects.filter(granted_by="borrower-en").get()
    assert consent.channel == "phone"
    assert client.post("/my/data/", {"consent": consent.pk}).status_code == 302
    assert client.get("/my/apply/")["Location"] == "/my/consent/"


def test_a_form_is_for_the_firm_that_it_was_shown_for(scenario: Any, client_of: Any) -> None:
    """Somebody who acts for two firms, with a page of each open: the form of the first is sent after the second was looked at."""
    from puhui.parties.actions import link_person
    from puhui.parties.models import Consent, Firm

    client = client_of("borrower-en")
    person = scenario.borrowers["en"].person
    first = Firm.objects.get(people__person=person)
    second = Firm.objects.filter(institution=scenario.institution).exclude(pk=first.pk).first()
    link_person(second, person, "legal_representative", actor="officer")
    address = f"?firm={first.pk}"
    assert f'action="{address}"' in text_of(client.get(f"/my/consent/{address}"))
    client.get(f"/my/?firm={second.pk}")
    client.post(f"/my/consent/{address}")
    assert Consent.objects.get(granted_by="borrower-en").firm_id == first.pk


def test_the_language_is_the_readers(scenario: Any, client_of: Any) -> None:
    words = {"en": ("Work queue", 'lang="en"'), "zh-hans": ("待办案件", 'lang="zh-Hans"'), "zh-hant": ("待辦案件", 'lang="zh-Hant"')}
    for language, expected in words.items():
        page = text_of(client_of("officer", language).get("/queue/"))
        assert all(word in page for word in expected), language


def test_policy_of_every_page(scenario: Any, client_of: Any) -> None:
    response = client_of("officer").get("/queue/")
    policy = response["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert response["Cache-Control"] == client_of("officer").get("/portfolio/file.csv")["Cache-Control"] == "no-store"


def test_the_schedule_adds_up_to_what_is_owed(scenario: Any, client_of: Any) -> None:
    """On a loan that is late: what is open by today, and the penalty that runs in the row under way, are what the page says is due."""
    import re

    from puhui.loans import queries
    from puhui.loans.models import Loan

    loan = Loan.objects.filter(overdue_since__isnull=False).first()
    day = scenario.institution.business_date
    owed = queries.owed(loan, day)
    assert owed.penalty_fen > 0
    page = text_of(client_of("accountant").get(f"/loans/{loan.pk}/"))
    rows = re.search(r'data-part="schedule">.*?<tbody>(.*?)</tbody>', page, re.S).group(1).split("</tr>")
    open_fen = 0
    for row in rows[:-1]:
        cells = re.findall(r"<td[^>]*>(.*?)</td>", row, re.S)
        column = 6 if cells[1][:10] <= day.isoformat() else 4
        open_fen += int(cells[column].replace(",", "").replace(".", ""))
    assert open_fen == owed.due_fen


def test_an_error_of_ours_is_told_in_plain_words(scenario: Any, client_of: Any, monkeypatch: Any) -> None:
    """500 says that nothing was saved halfway, in the reader's language, and shows nothing of the inside."""
    from puhui.decisions import queries

    def broken(*arguments: Any) -> None:
        raise RuntimeError("inside")

    monkeypatch.setattr(queries, "work_queue", broken)
    client = client_of("officer", "zh-hans")
    client.raise_request_exception = False
    response = client.get("/queue/")
    assert response.status_code == 500
    assert "没有保存不完整的数据" in text_of(response)
    assert "inside" not in text_of(response)


def test_a_form_without_its_token_is_refused_in_plain_words(scenario: Any) -> None:
    from django.test import Client

    response = Client(SERVER_NAME="localhost", enforce_csrf_checks=True).post("/sign-in/", {"username": "officer", "password": "x"})
    assert response.status_code == 403
    assert "Go back" in text_of(response) or "返回" in text_of(response)


def test_invoices_are_shown_by_a_live_consent_only_and_each_look_is_logged(scenario: Any, client_of: Any) -> None:
    from puhui.evidence.models import ReadLog
    from puhui.parties.actions import withdraw_consent
    from puhui.parties.models import Consent, Firm

    firm = Firm.objects.filter(consents__withdrawn_at__isnull=True, applications__isnull=False).order_by("pk").first()
    client = client_of("officer")
    before = ReadLog.objects.filter(firm=firm, reader="officer").count()
    assert "none are shown" not in text_of(client.get(f"/firms/{firm.pk}/"))
    assert ReadLog.objects.filter(firm=firm, reader="officer").count() == before + 1
    for consent in Consent.objects.filter(firm=firm):
        withdraw_consent(consent, "officer")
    assert "none are shown" in text_of(client.get(f"/firms/{firm.pk}/"))
    assert ReadLog.objects.filter(firm=firm, reader="officer").count() == before + 1
