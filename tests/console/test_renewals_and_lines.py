"""The renewal cockpit and the lines: what matures, the five conditions, the renewal itself; limit, draws and what is done with a line."""

from __future__ import annotations

import re
from typing import Any

KEY = f"page-{'0c' * 12}"
EVIDENCE = {
    f"conditions.{code}": text
    for code, text in {
        "lawful_operation": "licence seen", "stable_production": "invoices of twelve months", "good_credit": "credit report 3",
        "lending_standards": "decision 17", "own_conditions": "none further",
    }.items()
}  # fmt: skip


def text_of(response: Any) -> str:
    return response.content.decode()


def states(page: str, heading: str) -> list[str]:
    body = re.search(rf"<h2>{heading}</h2>(.*?)</table>", page, re.S).group(1)
    return re.findall(r"</svg>(met|not met|to be shown)</span>", body)


def test_what_matures_in_sixty_days(scenario: Any, client_of: Any) -> None:
    maturing = scenario.life.maturing
    page = text_of(client_of("officer").get("/renewals/"))
    assert page.count("<tr data-row>") == 1 and maturing.number in page and "2025-02-18" in page
    assert scenario.life.renewal.number in page


def test_each_condition_is_met_or_says_why_not(scenario: Any, client_of: Any) -> None:
    from puhui.loans.commands import perform

    maturing = scenario.life.maturing
    client = client_of("officer")
    page = text_of(client.get(f"/renewals/{maturing.pk}/"))
    assert states(page, "The five conditions") == ["to be shown"] * 5
    assert "registered until 2025-08-09, the new note until 2026-01-21" in page
    perform(
        scenario.users["officer"], "record_finding", maturing, {"code": "purpose_changed", "of": "loan", "evidence": "paid a broker"}, "f"
    )
    page = text_of(client.get(f"/renewals/{maturing.pk}/"))
    assert states(page, "The five conditions") == ["to be shown", "to be shown", "not met", "not met", "to be shown"]
    assert "purpose changed without consent since" in page and "the old note is special mention" in page


def test_a_renewal_is_previewed_asked_for_and_agreed(scenario: Any, client_of: Any) -> None:
    """The mortgage that ends too early stands in the way, and is named; then the renewal moves no cash but the interest."""
    from puhui.loans.credit_models import Refinancing, Security
    from puhui.loans.models import Command

    maturing, renewal = scenario.life.maturing, scenario.life.renewal
    client = client_of("officer")
    sent = {
        "contract": str(renewal.pk), "loans": [str(maturing.pk)], "kind": "renewal", "in_difficulty": "no",
        "reason": "stock is not sold yet",
        "step": "preview", "key": KEY, "consents.周木": "letter 2",
    }  # fmt: skip
    refused = client.post(f"/renewals/{maturing.pk}/", sent)
    assert refused.status_code == 422 and "no evidence" in text_of(refused)
    sent |= EVIDENCE
    refused = client.post(f"/renewals/{maturing.pk}/", sent)
    assert refused.status_code == 422 and "a registration that stands until" in text_of(refused)
    Security.objects.filter(contract=renewal, kind="mortgage").update(registered_until=None)
    page = text_of(client.post(f"/renewals/{maturing.pk}/", sent))
    assert states(page, "The five conditions") == ["met"] * 5
    assert f"Close the old notes by {renewal.number}" in page and "A second person must agree" in page
    assert not Refinancing.objects.filter(old_loan=maturing).exists()
    # 300,000.00 over the clearing account of refinancing, both ways; the borrower's account pays interest alone
    assert page.count(">300,000.00<") >= 4
    response = client.post(f"/renewals/{maturing.pk}/", {**sent, "step": "do"})
    command = Command.objects.get(key=KEY)
    assert response["Location"] == f"/acts/{command.pk}/"
    client_of("approver").post(f"/acts/{command.pk}/", {"answer": "approve"})
    row = Refinancing.objects.get(old_loan=maturing)
    assert (row.kind, row.principal_fen, row.generation) == ("renewal", 30_000_000, 1)
    page = text_of(client.get(f"/loans/{maturing.pk}/"))
    assert "Closed by" in page and row.new_loan.number in page
    assert client.get(f"/renewals/{maturing.pk}/").status_code == 404, "a closed note is not renewed"


def test_a_line_is_opened_drawn_frozen_and_released(scenario: Any, client_of: Any) -> None:
    from puhui.loans.credit_models import CreditLine

    line, to_open = scenario.life.line, scenario.life.to_open
    officer, approver = client_of("officer"), client_of("approver")
    page = text_of(officer.get("/lines/"))
    assert "500,000" in page and "300,000" in page and f"/acts/contract/{to_open.pk}/open_line/" in page
    contract = line.contract_id
    drawn = officer.post(f"/acts/contract/{contract}/draw_on_line/", {"amount_fen": "5万", "step": "do", "key": KEY})
    assert drawn.status_code == 302
    page = text_of(officer.get(f"/lines/{line.pk}/"))
    assert ">250,000.00<" in page and page.count("/loans/") >= 2
    frozen = {"reason": "a warning", "step": "do", "key": f"page-{'1c' * 12}"}
    assert officer.post(f"/acts/contract/{contract}/freeze_line/", frozen)["Location"] == f"/lines/{line.pk}/"
    refused = officer.post(f"/acts/contract/{contract}/draw_on_line/", {"amount_fen": "1", "step": "preview"})
    assert refused.status_code == 422 and "Release it first" in text_of(refused)
    asked = officer.post(f"/acts/contract/{contract}/release_line/", {**frozen, "reason": "cleared up", "key": f"page-{'2c' * 12}"})
    assert CreditLine.objects.get(pk=line.pk).status == "frozen", "a second person releases it"
    approver.post(asked["Location"], {"answer": "approve"})
    assert CreditLine.objects.get(pk=line.pk).status == "open"
    reduced = {"limit_fen": "300,000", "reason": "turnover fell", "step": "preview"}
    assert "Reduce the line to 300,000 yuan" in text_of(approver.post(f"/acts/contract/{contract}/reduce_line/", reduced))


def test_whoever_may_not_open_payouts_comes_back_to_the_lines(scenario: Any, client_of: Any) -> None:
    """A risk manager may give up a contract and may not read the payout's page: neither the way back nor the end leads to a refusal."""
    to_open = scenario.life.to_open
    client = client_of("risk")
    assert 'href="/lines/"' in text_of(client.get(f"/acts/contract/{to_open.pk}/cancel/"))
    sent = {"reason": "the firm is closed", "step": "do", "key": f"page-{'3c' * 12}"}
    assert client.post(f"/acts/contract/{to_open.pk}/cancel/", sent)["Location"] == "/lines/"
    to_open.refresh_from_db()
    assert to_open.status == "cancelled"
    assert f'href="/lines/{scenario.life.line.pk}/"' in text_of(client.get(f"/acts/contract/{scenario.life.line.contract_id}/freeze_line/"))


def test_a_loan_past_its_last_day_is_told_as_past(scenario: Any, client_of: Any) -> None:
    """Not as one that matures in minus so many days."""
    from datetime import date

    from puhui.parties.models import Institution

    Institution.objects.filter(pk=scenario.institution.pk).update(business_date=date(2025, 3, 1))
    page = text_of(client_of("officer").get(f"/renewals/{scenario.life.maturing.pk}/"))
    assert "were to be paid back on 2025-02-18 Tuesday, 11 days ago" in page and "−11" not in page
