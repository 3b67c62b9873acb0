"""Another repayment plan on the page of a contract: days of the harvest with their amounts, looked at, agreed, and every fault told."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest


@pytest.fixture(name="contract")
def contract_fixture(scenario: Any) -> Any:
    """A contract that nobody has signed: of a firm that asks once more."""
    from puhui.decisions import actions as decisions
    from puhui.decisions.models import Offer
    from puhui.loans.actions import draft_contract
    from puhui.parties.models import Firm

    institution = scenario.institution
    rows = [
        {
            "firm": firm, "product_code": "invoice-working-capital", "amount_fen": 3_000_000, "term_months": 12, "purpose": "stock",
            "channel": "counter", "key": f"plan:{firm.pk}",
        }
        for firm in Firm.objects.filter(institution=institution, applications__isnull=False).distinct().order_by("pk")
    ]  # fmt: skip
    decisions.decide_many(institution, decisions.submit_many(institution, rows, "officer"), "system")
    offer = Offer.objects.filter(institution=institution, status="open").latest("pk")
    return draft_contract(decisions.answer_offer(offer, True, "borrower"), "officer")


def harvest(contract: Any, *rows: tuple[int, str], **more: str) -> dict[str, str]:
    """The form with own days, so many days after the open day, and their amounts in yuan."""
    today = contract.institution.business_date
    sent = {"method": "custom", "act": "preview", "rate": "2.9"} | more
    for place, (days, amount) in enumerate(rows, 1):
        sent |= {f"due-{place}": (today + timedelta(days=days)).isoformat(), f"principal-{place}": amount}
    return sent


def test_days_of_the_harvest_are_looked_at_and_agreed(scenario: Any, client_of: Any, contract: Any) -> None:
    officer, auditor, address = client_of("officer"), client_of("auditor"), f"/payouts/{contract.pk}/plan/"
    half = f"{contract.amount_fen // 200:,}"
    assert f'href="{address}"' in officer.get(f"/payouts/{contract.pk}/").content.decode()
    sent = harvest(contract, (150, half), (300, ""))
    page = officer.post(address, sent).content.decode()
    assert "What it comes to" in page and page.count('<td class="nowrap">') == 2
    assert f'value="{half}"' in page and 'value="custom" selected' in page
    contract.refresh_from_db()
    assert "dues" not in contract.terms  # looking changes nothing
    assert auditor.post(address, sent).status_code == 403
    read = re.search(r'name="text" value="(\w+)"', officer.get(f"/payouts/{contract.pk}/").content.decode())
    assert officer.post(address, {**sent, "act": "agree"})["Location"] == f"/payouts/{contract.pk}/"
    contract.refresh_from_db()
    today = contract.institution.business_date
    assert [each["due"] for each in contract.terms["dues"]] == [str(today + timedelta(days=days)) for days in (150, 300)]
    assert sum(round(float(each["principal"]) * 100) for each in contract.terms["dues"]) == contract.amount_fen
    assert "按还款计划所列日期和金额还本" in contract.text
    stale = officer.post(f"/payouts/{contract.pk}/", {"act": "sign", "text": read.group(1) if read else ""})
    assert stale.status_code == 422 and "Read it again, then sign." in stale.content.decode()
    assert officer.post(f"/payouts/{contract.pk}/", {"act": "sign", "text": contract.text_digest}).status_code == 302
    page = officer.get(address).content.decode()
    assert "Another plan can be agreed while nobody has signed" in page and "fieldset disabled" in page


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "one due day at least"),
        ([(150, "1"), (300, "2")], "the amount of the contract"),
        ([(150, ""), (300, "")], "it takes the rest"),
        ([(300, "10000"), (150, "")], "a day after"),
        ([(150, "abc"), (300, "")], "an amount in yuan"),
        ([(800, "")], "the term that was offered"),
    ],
)
def test_faults_are_told_and_nothing_is_agreed(
    scenario: Any, client_of: Any, contract: Any, rows: list[tuple[int, str]], words: str
) -> None:
    before = contract.text_digest
    response = client_of("officer").post(f"/payouts/{contract.pk}/plan/", harvest(contract, *rows, act="agree"))
    assert response.status_code == 422 and words in response.content.decode()
    contract.refresh_from_db()
    assert contract.text_digest == before


def test_faults_are_told_in_chinese(scenario: Any, client_of: Any, contract: Any) -> None:
    client = client_of("officer", "zh-hans")
    page = client.post(f"/payouts/{contract.pk}/plan/", harvest(contract, (800, ""), rate="30")).content.decode()
    assert "不晚于报价期限" in page and "最后到期日" in page
    faults = re.search(r'role="alert">(.*?)</div></div>', page, re.DOTALL)
    assert faults and not re.search("[a-z]{3,}", re.sub(r"<[^>]+>", "", faults.group(1)))


def test_a_regular_plan_and_one_sum(scenario: Any, client_of: Any, contract: Any) -> None:
    officer, address = client_of("officer"), f"/payouts/{contract.pk}/plan/"
    for sent, count in (
        ({"method": "equal_principal", "instalments": "4", "every": "3 month", "rate": "2.9"}, 4),
        ({"method": "bullet", "instalments": "6", "rate": "2.9"}, 1),
    ):
        page = officer.post(address, {**sent, "act": "preview"}).content.decode()
        assert page.count('<td class="nowrap">') == count
    assert officer.post(address, {"method": "bullet", "instalments": "x", "act": "preview"}).status_code == 422
    assert officer.post(address, {"method": "own", "act": "preview"}).status_code == 422
