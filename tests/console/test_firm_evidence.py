"""A firm's evidence on one screen: what is known by class, where sources contradict each other, and the rows behind it."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

PENALTY = "决定书文号,处罚决定日期,处罚类别,处罚领域,罚款金额,统一社会信用代码\n云溪市监罚〔2025〕7号,{day},罚款,市场监管,1234.50,{code}\n"


@pytest.fixture
def firm(scenario: Any) -> Any:
    """A firm with variables, whose consent covers penalties too."""
    from puhui.features.models import Snapshot
    from puhui.parties.actions import grant_consents

    found = Snapshot.objects.order_by("pk").first().firm
    grant_consents(
        scenario.institution, [found], purpose="credit_decision", classes=["C03", "C07"], expires_on=date(2030, 1, 1), text_version="2",
        text="同意", channel="counter", granted_by="owner",
    )  # fmt: skip
    return found


def upload(client: Any, firm: Any, day: date, record: str = "C03 penalty") -> Any:
    text = PENALTY.format(day=day, code=firm.identifiers.first().value)
    return client.post("/evidence/", {"record": record, "file": SimpleUploadedFile("处罚.csv", text.encode())})


def test_a_file_of_another_class_is_imported_and_its_rows_are_shown(firm: Any, client_of: Any) -> None:
    officer, day = client_of("officer"), firm.institution.business_date - timedelta(days=40)
    assert upload(officer, firm, day).status_code == 200
    page = officer.get(f"/firms/{firm.pk}/evidence/").content.decode()
    assert "Administrative penalty" in page and "fine" in page
    rows = officer.get(f"/firms/{firm.pk}/evidence/penalty/").content.decode()
    assert "云溪市监罚〔2025〕7号" in rows and "1,234.50" in rows and day.isoformat() in rows


def test_a_package_of_procurement_is_known_by_its_content(firm: Any, client_of: Any) -> None:
    """An award, a contract and a payment of one supplier, in one OCDS package."""
    from tests.evidence.test_ocds import RELEASES, package

    from puhui.evidence.models import Record
    from puhui.parties.actions import grant_consents

    grant_consents(
        firm.institution, [firm], purpose="credit_decision", classes=["C14"], expires_on=date(2030, 1, 1), text_version="2",
        text="同意", channel="counter", granted_by="owner",
    )  # fmt: skip
    told = json.dumps(json.loads(package(*RELEASES)), ensure_ascii=False).replace("甲公司", firm.name).replace("2025-", "2024-").encode()
    file = SimpleUploadedFile("package.json", told)
    answer = client_of("officer").post("/evidence/", {"record": "C14 procurement_award", "file": file})
    assert answer.status_code == 200
    assert sorted(Record.objects.filter(firm=firm).values_list("record", flat=True)) == [
        "contract_payment", "procurement_award", "procurement_contract",
    ]  # fmt: skip


def test_a_wrong_file_is_refused_with_its_faults(firm: Any, client_of: Any) -> None:
    from puhui.evidence.models import Record

    ahead = firm.institution.business_date + timedelta(days=3)
    refused = upload(client_of("officer"), firm, ahead)
    assert refused.status_code == 422 and ahead.isoformat() in refused.content.decode()
    assert upload(client_of("officer"), firm, ahead, "C99 nothing").status_code == 422
    assert not Record.objects.filter(firm=firm).exists()


FINES = "决定书文号,处罚决定日期,处罚类别,处罚领域,罚款金额（万元）\nA-1,2024-05-06,罚款,市场监管,1.2345\n"


def test_a_mapping_is_chosen_by_name_or_sent_along(firm: Any, client_of: Any, monkeypatch: Any, tmp_path: Path) -> None:
    """Amounts in ten thousands are refused, and taken where the mapping of the source says so: Puhui's, the institution's or a file."""
    from puhui.evidence.models import Batch, Record

    own = tmp_path / "mappings" / "county-register.toml"
    own.parent.mkdir()
    own.write_text('class = "C03"\nsource = "county register"\n[format]\namount_unit = "wan_yuan"\n', "utf-8")
    monkeypatch.setattr("django.conf.settings.PUHUI_CATALOGUE", tmp_path)
    client = client_of("officer")

    def send(number: str, **form: Any) -> Any:
        file = SimpleUploadedFile("处罚.csv", FINES.replace("A-1", number).encode())
        return client.post("/evidence/", {"record": "C03 penalty", "firm": str(firm.pk), "file": file, **form})

    page = client.get("/evidence/").content.decode()
    assert "county-register" in page and "uk-council-awards" in page and ">C07<" not in page
    assert send("A-1").status_code == 422
    assert send("A-2", mapping="amounts-in-ten-thousands").status_code == 200
    assert send("A-3", mapping="county-register").status_code == 200
    assert send("A-4", mapping_file=SimpleUploadedFile("m.toml", own.read_bytes())).status_code == 200
    for wrong in ("../mappings/county-register", "C07", str(own)):
        assert send("A-5", mapping=wrong).status_code == 422
    assert send("A-5", mapping="county-register", mapping_file=SimpleUploadedFile("m.toml", own.read_bytes())).status_code == 422
    broken = send("A-5", mapping_file=SimpleUploadedFile("m.toml", b"[format]\namount_unit = 'dozen'"))
    assert broken.status_code == 422 and "m.toml" in broken.content.decode()
    rows = {each.content["decision_number"]: each.content["amount_fen"] for each in Record.objects.filter(firm=firm)}
    assert rows == dict.fromkeys(("A-2", "A-3", "A-4"), 1_234_500)
    assert Batch.objects.order_by("-pk")[1].source == "county register"


def test_what_has_no_consent_is_not_shown(scenario: Any, firm: Any, client_of: Any) -> None:
    from puhui.parties.actions import withdraw_consent
    from puhui.parties.models import Consent

    officer, day = client_of("officer"), firm.institution.business_date - timedelta(days=40)
    upload(officer, firm, day)
    for consent in Consent.objects.filter(firm=firm):
        withdraw_consent(consent, "owner")
    page = officer.get(f"/firms/{firm.pk}/evidence/").content.decode()
    assert "Administrative penalty" not in page and "no consent" in page
    assert "1,234.50" not in officer.get(f"/firms/{firm.pk}/evidence/penalty/").content.decode()


@pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
def test_cross_checks_stand_in_the_reader_s_language(language: str, firm: Any, client_of: Any) -> None:
    page = client_of("auditor", language).get(f"/firms/{firm.pk}/evidence/").content.decode()
    assert {"en": "Circular trade", "zh-hans": "循环交易", "zh-hant": "循環交易"}[language] in page
    assert {"en": "nothing to compare", "zh-hans": "无可比数据", "zh-hant": "無可比資料"}[language] in page


def test_only_who_may(firm: Any, client_of: Any) -> None:
    assert client_of("borrower-en").get(f"/firms/{firm.pk}/evidence/").status_code == 403
    assert client_of("officer").get("/firms/999999/evidence/").status_code == 404
    assert client_of("officer").get(f"/firms/{firm.pk}/evidence/nothing/").status_code == 404


HOLDINGS = "股权信息日期,被投资企业,股东名称,股东类型,持股比例"
GUARANTEES = "担保信息日期,担保人,被担保人,担保金额,主债务逾期"


def test_the_firm_among_others_as_a_picture_and_as_tables(firm: Any, client_of: Any) -> None:
    """Holders up to persons, what it holds, circles and guarantees; on a day before, what was stated and known by then."""
    from puhui.parties.actions import grant_consents
    from puhui.parties.models import Firm

    grant_consents(
        firm.institution, [firm], purpose="credit_decision", classes=["C01", "C02"], expires_on=date(2030, 1, 1), text_version="2",
        text="同意", channel="counter", granted_by="owner",
    )  # fmt: skip
    other = Firm.objects.filter(institution=firm.institution).exclude(pk=firm.pk).order_by("pk").first()
    officer, day = client_of("officer"), firm.institution.business_date

    def send(record: str, head: str, *rows: str) -> None:
        file = SimpleUploadedFile("told.csv", "\n".join([head, *rows, ""]).encode())
        answer = officer.post("/evidence/", {"record": record, "file": file, "firm": str(firm.pk)})
        assert answer.status_code == 200, answer.content.decode()

    before = day - timedelta(days=90)
    send("C02 shareholding", HOLDINGS, f"{before},,旧东家,自然人,100%", f"{day},,控股甲,企业,60%", f"{day},控股甲,王海,自然人,51%",
         f"{day},控股甲,{firm.name},企业,40%", f"{day},{other.name},{firm.name},企业,70%")  # fmt: skip
    send("C02 guarantee", GUARANTEES, f"{day},,担保乙,2000000,否", f"{day},担保乙,,10000,是")
    page = officer.get(f"/firms/{firm.pk}/evidence/").content.decode()
    panel = page.split('id="tree"')[1]
    assert panel.count("<svg") - panel.count('class="icon"') == 2 and f'href="/firms/{other.pk}/evidence/#tree"' in panel
    table = panel.split("Persons behind it")[1]
    assert "王海" in table and "30.6%" in table and f"王海 → 控股甲 → {firm.name}" in table
    assert f"{firm.name} → {other.name}" in table and "Firms hold each other" in panel and "They stand in for each other" in panel
    assert "debtor does not pay" in panel and "2,000,000.00" in panel
    past = officer.get(f"/firms/{firm.pk}/evidence/?as_of={day - timedelta(days=1)}").content.decode().split('id="tree"')[1]
    assert "旧东家" in past and "王海" not in past
    then = officer.get(f"/firms/{firm.pk}/evidence/?as_of={day - timedelta(days=1)}&known=then").content.decode().split('id="tree"')[1]
    assert "No statement of shareholders" in then, "what was sent today was not known yesterday"


def test_a_number_opens_to_the_rows_it_was_made_of(firm: Any, client_of: Any) -> None:
    """Sales of twelve months: the rows shown first are those that change the sum, and each says by how much; file and row are named."""
    from puhui.console.evidence_figures import INVOICE
    from puhui.console.trace_figures import rows_behind, with_effects
    from puhui.evidence.models import Invoice
    from puhui.evidence.source_rows import known_invoices
    from puhui.features.queries import latest_snapshot

    officer = client_of("officer")
    snapshot = latest_snapshot(firm, firm.institution.business_date)
    assert snapshot is not None
    frames = {INVOICE: known_invoices(firm, snapshot.as_of)}
    behind = rows_behind("inv_out_amt_12m", frames, INVOICE, snapshot.as_of)
    assert behind.tried == frames[INVOICE].height > len(behind.effects) > 0
    (first,) = with_effects("inv_out_amt_12m", frames, INVOICE, behind.places[:1], snapshot.as_of, behind)
    row = Invoice.objects.get(pk=first["record_id"])
    left = snapshot.values["inv_out_amt_12m"] - row.amount_fen / 100
    assert first["changes"] and first["without"] == f"{left:,.0f}" and first["line"] == row.row_number

    page = officer.get(f"/firms/{firm.pk}/variables/inv_out_amt_12m/").content.decode()
    assert "The rows below give the same number again." in page
    assert first["without"] in page and row.invoice_number in page and row.batch.file_name in page
    assert f"{len(behind.effects):,} of {behind.tried:,} rows change the number" in page
    assert f'href="/firms/{firm.pk}/variables/inv_out_amt_12m/"' in officer.get(f"/firms/{firm.pk}/").content.decode()
    assert officer.get(f"/firms/{firm.pk}/variables/nothing/").status_code == 404
    whole = officer.get(f"/firms/{firm.pk}/evidence/invoice/").content.decode()
    assert f"{behind.tried:,} rows as known today" in whole and row.batch.file_name in whole


def test_rows_behind_a_number_are_not_shown_without_consent(firm: Any, client_of: Any) -> None:
    from puhui.evidence.models import ReadLog
    from puhui.parties.actions import withdraw_consent
    from puhui.parties.models import Consent

    officer = client_of("officer")
    before = ReadLog.objects.filter(firm=firm, evidence_class="C07").count()
    officer.get(f"/firms/{firm.pk}/variables/inv_out_amt_12m/")
    assert ReadLog.objects.filter(firm=firm, evidence_class="C07").count() == before + 1
    for consent in Consent.objects.filter(firm=firm):
        withdraw_consent(consent, "owner")
    closed = officer.get(f"/firms/{firm.pk}/variables/inv_out_amt_12m/")
    assert "no longer agrees, that C07 is read" in closed.content.decode() and 'id="rows"' not in closed.content.decode()
    assert "no longer agrees, that this class is read" in officer.get(f"/firms/{firm.pk}/evidence/invoice/").content.decode()
