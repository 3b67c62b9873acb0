"""Visits on their pages: two officers fill a form, both sheets stand side by side, and the case takes over what they agree on."""

from __future__ import annotations

from typing import Any

import pytest

ANSWERS = {
    "item-keeps_word": "100", "item-pays_people": "75", "item-tells_truly": "75", "item-knows_trade": "100", "item-demand": "75",
    "item-stock": "75", "item-works": "100", "item-who_answers": "75", "item-what_stands": "75", "item-claimed_sales_month": "120,000",
    "item-reference_1_relation": "supplier", "item-reference_1_independent": "yes", "item-reference_1_score": "75",
}  # fmt: skip


@pytest.fixture
def application(scenario: Any) -> Any:
    """An application for the relationship loan whose facts wait to be found out."""
    from puhui.decisions import actions
    from puhui.parties.models import Firm

    firm = Firm.objects.filter(institution=scenario.institution).order_by("pk").first()
    return actions.submit(
        scenario.institution, firm, "relationship-loan", 10_000_000, 12, "stock", channel="counter", key="seen", actor="owner", stated=True
    )


def post(client: Any, application: Any, code: str, key: str, **changes: str) -> Any:
    day = application.institution.business_date.isoformat()
    return client.post(f"/cases/{application.pk}/visits/{code}/", {"visited_on": day, "key": key, **ANSWERS, **changes})


def test_two_people_fill_the_form_and_the_case_takes_it_over(application: Any, client_of: Any) -> None:
    officer, approver = client_of("officer"), client_of("approver")
    form = officer.get(f"/cases/{application.pk}/visits/three-qualities/").content.decode()
    assert "Several suppliers say: paid on the day for years" in form
    assert post(officer, application, "three-qualities", "one").status_code == 302
    assert post(approver, application, "three-qualities", "two", **{"item-demand": "100"}).status_code == 302
    page = officer.get(f"/cases/{application.pk}/visits/").content.decode()
    assert "信贷员 林晓" in page and "审批人 周敏" in page and "differs" in page
    assert page.count("Several suppliers say: paid on the day for years") == 2
    # product: (3 × 75 + 2 × 75 + 2 × 100) ÷ 7 = 82.1 and (3 × 100 + 350) ÷ 7 = 92.9, together 87.5
    assert "82.1" in page and "92.9" in page and "87.5" in page
    case = officer.get(f"/cases/{application.pk}/").content.decode()
    assert 'name="fact-backing_score" value="75"' in case and "officer" in case.split('name="paper-backing_score"')[1][:80]


def test_what_cannot_be_read_is_named_and_nothing_is_kept(application: Any, client_of: Any) -> None:
    from puhui.decisions.visit_models import Visit

    refused = post(client_of("officer"), application, "three-qualities", "one", **{"item-demand": "60", "item-meter_days": "often"})
    assert refused.status_code == 422 and "often" in refused.content.decode()
    assert post(client_of("officer"), application, "three-qualities", "one", visited_on="2001-01-01").status_code == 422
    assert not Visit.objects.exists()


def test_only_who_may(application: Any, client_of: Any) -> None:
    assert client_of("auditor").get(f"/cases/{application.pk}/visits/").status_code == 200
    assert post(client_of("auditor"), application, "three-qualities", "one").status_code == 403
    assert client_of("officer").get(f"/cases/{application.pk}/visits/no-such-form/").status_code == 404
    assert client_of("officer").get("/cases/999999/visits/").status_code == 404
    assert client_of("borrower-en").get(f"/cases/{application.pk}/visits/").status_code == 403


@pytest.mark.parametrize(("language", "words"), [("zh-hans", "权益检验差额"), ("zh-hant", "權益檢驗差額")])
def test_the_cash_flow_sheet_in_the_reader_s_language(application: Any, client_of: Any, language: str, words: str) -> None:
    client = client_of("officer", language)
    answers = {"item-cash": "425,000", "item-equity_initial": "300000", "item-equity_profits": "240000", "item-equity_drawn": "100000"}
    day = application.institution.business_date.isoformat()
    assert client.post(f"/cases/{application.pk}/visits/cash-flow/", {"visited_on": day, "key": "sheet", **answers}).status_code == 302
    page = client.get(f"/cases/{application.pk}/visits/").content.decode()
    assert words in page and "3.5%" in page and "440,000" in page
