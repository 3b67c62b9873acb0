"""The page of source health names a field that suddenly holds nothing, and the pull that found another shape."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from puhui.parties.models import Firm

HEADINGS = "决定书文号,处罚决定日期,处罚类别,处罚领域,罚款金额"


@pytest.fixture
def firm(scenario: Any) -> Firm:
    from puhui.parties.actions import grant_consents

    found: Firm = Firm.objects.filter(institution=scenario.institution).order_by("pk")[0]
    grant_consents(
        scenario.institution, [found], purpose="credit_decision", classes=["C03"], expires_on=date(2030, 1, 1), text_version="2",
        text="同意", channel="counter", granted_by="owner",
    )  # fmt: skip
    return found


def deliver(firm: Firm, folder: Path, name: str, amount: str) -> None:
    """Forty penalties from one source."""
    from puhui.evidence.actions import import_records
    from puhui.evidence.reading.mapping import Mapping

    day = firm.institution.business_date - timedelta(days=30)
    lines = [f"{name}-{number},{day},罚款,市场监管,{amount}" for number in range(40)]
    path = folder / f"{name}.csv"
    path.write_text("\n".join([HEADINGS, *lines]), encoding="utf-8")
    columns = dict(zip(HEADINGS.split(","), ("decision_number", "decided_on", "kind", "field", "amount_fen"), strict=True))
    mapping = Mapping(source="register", record="penalty", columns=columns, amount_unit="yuan")
    import_records(firm.institution, path, "C03", "penalty", mapping, firm=firm)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("changed", "holds nothing any more", "changed shape", "Health of sources", "too little history")),
        ("zh-hans", ("有变动", "不再有值", "结构改变", "数据源健康度", "历史不足")),
        ("zh-hant", ("有變動", "不再有值", "結構改變", "數據源健康度", "歷史不足")),
    ],
)
def test_a_field_that_suddenly_holds_nothing(language: str, words: tuple[str, ...], firm: Firm, client_of: Any, tmp_path: Path) -> None:
    from puhui.parties.actions import record_audit

    deliver(firm, tmp_path, "A", "100.00")
    client = client_of("risk", language)
    assert words[4] in client.get("/evidence/health/").content.decode()
    for name in ("B", "C"):
        deliver(firm, tmp_path, name, "100.00")
    assert words[1] not in client.get("/evidence/health/").content.decode()
    deliver(firm, tmp_path, "D", "")
    record_audit(firm.institution, "system", "pull_evidence", "evidence_source", "tax-office", {"outcome": "changed", "failures": 3})
    page = client.get("/evidence/health/").content.decode()
    assert all(text in page for text in words[:4]) and "tax-office" in page and "register" in page


def test_what_a_firm_no_longer_allows_is_not_looked_at(firm: Firm, client_of: Any, tmp_path: Path) -> None:
    from puhui.parties.actions import withdraw_consent
    from puhui.parties.models import Consent

    for name in ("A", "B", "C"):
        deliver(firm, tmp_path, name, "100.00")
    deliver(firm, tmp_path, "D", "")
    for consent in Consent.objects.filter(firm=firm):
        withdraw_consent(consent, "owner")
    page = client_of("auditor").get("/evidence/health/").content.decode()
    assert "register" in page and "holds nothing any more" not in page


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Variables beyond what they can be", "at least 0", "1 of 1")),
        ("zh-hans", ("超出合理范围的变量", "不低于 0", "1 家中有 1 家")),
        ("zh-hant", ("超出合理範圍的變量", "不低於 0", "1 家中有 1 家")),
    ],
)
def test_a_count_below_nought_is_told_as_long_as_the_firm_allows_it(
    language: str, words: tuple[str, ...], firm: Firm, client_of: Any
) -> None:
    from puhui.features.models import Snapshot
    from puhui.parties.actions import withdraw_consent
    from puhui.parties.models import Consent

    client = client_of("risk", language)
    day = firm.institution.business_date
    for number, values in enumerate(({"admin_penalty_cnt_12m": -1.0}, {"admin_penalty_cnt_12m": 1.0}, {"admin_penalty_cnt_12m": -2.0})):
        assert (words[0] in client.get("/evidence/health/").content.decode()) is (number == 1), "the newest figures of a firm count"
        Snapshot.objects.create(institution=firm.institution, firm=firm, as_of=day, catalogue_digest="by hand", values=values, digest="x")
    page = client.get("/evidence/health/").content.decode()
    assert all(text in page for text in words) and firm.name in page and ">-2<" in page
    for consent in Consent.objects.filter(firm=firm):
        withdraw_consent(consent, "owner")
    assert words[0] not in client.get("/evidence/health/").content.decode()


def test_only_who_may(client_of: Any) -> None:
    assert client_of("accountant").get("/evidence/health/").status_code == 403
    assert client_of("borrower-en").get("/evidence/health/").status_code == 403
