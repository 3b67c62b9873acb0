"""What a technology firm may be worth stands on the case of a technology product, by consent, and on no other."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

CLASSES = ["C01", "C04", "C05", "C06", "C13", "C16", "S1"]
VALUES = {
    "reg_status_normal_flag": 1, "dishonest_debtor_flag": 0, "dishonest_debtor_owner_flag": 0, "serious_illegal_list_flag": 0,
    "tax_major_violation_flag": 0, "sme_specialised_flag": 1, "vat_sales_12m": 8_000_000, "rd_expense_12m": 1_200_000,
    "rd_expense_yoy": 1 / 3, "rd_intensity": 0.15, "rd_staff_share": 0.4, "patent_invention_valid_cnt": 12, "patent_lapsed_fee_cnt_24m": 0,
    "patent_main_business_share": 0.9, "ip_dispute_def_cnt_36m": 0, "hightech_revenue_share": 0.8, "cb_npl_balance": 0,
    "cb_overdue_now_amt": 0, "pcb_overdue_now_amt": 0, "fs_debt_ratio": 0.4, "private_order_unpaid_amt": 2_000_000,
}  # fmt: skip


def decided(scenario: Any, classes: list[str]) -> Any:
    """A firm with those figures that asked for the loan by the scorecard of science."""
    from puhui.decisions import actions
    from puhui.features.models import Snapshot
    from puhui.parties.actions import grant_consents
    from puhui.parties.models import Firm

    firm = Firm.objects.filter(institution=scenario.institution, kind="enterprise").order_by("pk").first()
    Firm.objects.filter(pk=firm.pk).update(industry_code="4011")
    grant_consents(
        firm.institution, [firm], purpose="credit_decision", classes=classes, expires_on=date(2030, 1, 1), text_version="2", text="同意",
        channel="counter", granted_by="owner",
    )  # fmt: skip
    Snapshot.objects.create(
        institution=firm.institution, firm=firm, as_of=firm.institution.business_date, catalogue_digest="x", digest="x", values=VALUES
    )
    application = actions.submit(
        firm.institution, firm, "science-scorecard-loan", 50_000_000, 12, "research", channel="counter", key="science", actor="owner"
    )
    actions.decide(application, "system")
    return application


@pytest.mark.parametrize(("language", "words"), [("en", "What the firm may be worth"), ("zh-hans", "企业估值"), ("zh-hant", "企業估值")])
def test_the_interval_and_its_sides(scenario: Any, client_of: Any, language: str, words: str) -> None:
    """Research (1.2 + 0.9 × 0.8) × 0.5 = 0.96 million; orders are of a class that nobody may look at, and the page says so."""
    application = decided(scenario, CLASSES)
    page = client_of("officer", language).get(f"/cases/{application.pk}/").content.decode()
    panel = page.split('id="worth"')[1]
    assert words in panel and "96.00" in panel and "C14" in panel
    assert "136.00" not in panel


def test_with_a_consent_orders_count_too(scenario: Any, client_of: Any) -> None:
    application = decided(scenario, [*CLASSES, "C02", "C14"])
    panel = client_of("officer").get(f"/cases/{application.pk}/").content.decode().split('id="worth"')[1]
    assert "136.00" in panel and "want of a consent" not in panel


def test_no_other_product_shows_it(scenario: Any, client_of: Any) -> None:
    assert 'id="worth"' not in client_of("officer").get(f"/cases/{scenario.waiting[0]}/").content.decode()


def test_the_page_asks_the_database_as_little_as_others(scenario: Any, client_of: Any) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    application, client = decided(scenario, CLASSES), client_of("officer")
    with CaptureQueriesContext(connection) as asked:
        client.get(f"/cases/{application.pk}/")
    statements = [each["sql"] for each in asked if not each["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    assert len(statements) <= 12, "\n".join(statements)
