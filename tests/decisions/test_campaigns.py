"""Campaigns: a list with every fault named, screening like the engine, consent before evidence, budget and quotas, release by another."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
import xlsxwriter

from puhui.calculations.faults import FaultsError
from puhui.decisions import campaigns
from puhui.decisions.factory_models import Campaign, Invitee
from puhui.decisions.models import Application, Offer
from puhui.decisions.preview import preview
from puhui.parties.models import AuditRecord, Firm

PRODUCT = "invoice-working-capital"


def faults_of(call) -> str:
    with pytest.raises(FaultsError) as raised:
        call()
    return str(raised.value)


def wanted(bank, **changed):
    return {
        "name": "Spring", "kind": "village", "anchor": "Yunxi", "product_code": PRODUCT, "term_months": 12, "purpose": "stock",
        "amount_fen": 20_000_000, "expires_on": bank.institution.business_date + timedelta(days=30), "budget_fen": 100_000_000,
    } | changed  # fmt: skip


def make(bank, rows, key="k", **changed):
    data = "\n".join(["name,amount", *rows]).encode()
    return campaigns.make(bank.users["officer"], data=data, file_name="list.csv", key=key, **wanted(bank, **changed))


def send(bank, data, file_name):
    return campaigns.make(bank.users["officer"], data=data, file_name=file_name, key="k", **wanted(bank))


def outcome(campaign, name):
    row = campaign.invitees.get(firm__name=name)
    return row.outcome, [one["code"] for one in row.reasons]


def test_screening_says_what_the_engine_says(bank):
    names = {"Good": {}, "Gap": {"inv_out_gap_days_max_12m": 100}, "Shrinking": {"inv_out_yoy": -0.9, "inv_buyer_cnt_12m": 1}}
    firms = {name: bank.firm(name, **values) for name, values in names.items()}
    campaign = make(
        bank,
        [
            *names,
        ],
    )
    for name, firm in firms.items():
        record = preview(bank.institution, firm, PRODUCT, 20_000_000, 12, "stock", bank.institution.business_date)
        row = campaign.invitees.get(firm=firm)
        expected = {"approve": "offer", "refer": "invite", "refuse": "none"}[record["result"]["outcome"]]
        assert (name, row.outcome) == (name, expected)
        assert row.risk_class == record["result"]["risk_class"]
        if expected == "offer":
            assert (row.amount_fen, row.rate_ppm) == (record["result"]["amount_fen"], record["result"]["rate_ppm"])
        else:
            against = {one["code"] for one in record["reasons"] if one.get("severity") in ("veto", "refer")}
            assert against <= {one["code"] for one in row.reasons}
        assert all(set(one["text"]) == {"en", "zh-hans", "zh-hant"} for one in row.reasons)
    assert AuditRecord.objects.get(act="screen_campaign").subject_id == str(campaign.pk)


def test_without_consent_nothing_is_read(bank):
    bank.firm("Silent", consent=False)
    campaign = make(bank, ["Silent"])
    assert outcome(campaign, "Silent") == ("invite", ["no_consent"])
    row = campaign.invitees.get()
    assert (row.risk_class, row.amount_fen, row.rate_ppm) == ("", 0, None)


def test_every_fault_is_named_and_nothing_is_done(bank):
    bank.firm("One")
    bank.firm("Twin")
    bank.firm("Twin")
    text = faults_of(lambda: make(bank, ["One", "One,5", "Nobody", "Twin", "One,-3", ",7", "One,abc"]))
    expected = (
        "row 3", "stands in row 2 already", "Nobody, which is no firm", "the name of 2 firms", "row 6, amount: found -3",
        "row 7: found no firm", "row 8, amount: found abc",
    )  # fmt: skip
    assert [part for part in expected if part not in text] == []
    assert "a column identifier" in faults_of(lambda: send(bank, b"x,y\n1,2\n", "l.csv"))
    text = faults_of(lambda: make(bank, ["One"], kind="herd", term_months=999, budget_fen=0, expires_on=bank.institution.business_date))
    for part in ("kind", "term_months", "budget", "expires_on"):
        assert part in text
    assert "a damaged workbook" in faults_of(lambda: send(bank, b"PKxx", "l.xlsx"))
    assert not Campaign.objects.exists()
    assert not Invitee.objects.exists()


def test_a_workbook_is_read_like_text(bank):
    firm = bank.firm("云溪食品")
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["企业名称", "金额"])
    sheet.write_row(1, 0, ["云溪食品", 150000])
    book.close()
    campaign = campaigns.make(bank.users["officer"], data=target.getvalue(), file_name="l.xlsx", key="k", **wanted(bank))
    assert campaign.invitees.get().firm == firm
    assert campaign.invitees.get().wanted_fen == 15_000_000


def test_budget_and_quotas(bank):
    for number in range(4):
        bank.firm(f"Firm {number}")
    Firm.objects.filter(name="Firm 1").update(division_code="330101", industry_code="5211")
    Firm.objects.filter(name__in=["Firm 0", "Firm 2", "Firm 3"]).update(division_code="330202", industry_code="1310")
    rows = [f"Firm {number}" for number in range(4)]
    budget = make(bank, rows, "budget", budget_fen=50_000_000)  # two offers of 200,000 fit, and none of the next two
    assert [outcome(budget, name)[0] for name in rows] == ["offer", "offer", "waiting", "waiting"]
    assert outcome(budget, "Firm 2") == ("waiting", ["quota_budget"])
    region = make(bank, rows, "region", region={"3302": 40_000_000})
    assert [outcome(region, name) for name in rows] == [("offer", []), ("offer", []), ("offer", []), ("waiting", ["quota_region"])]
    industry = make(bank, rows, "industry", industry={"52": 0})
    assert [outcome(industry, name)[0] for name in rows] == ["offer", "waiting", "offer", "offer"]
    assert outcome(industry, "Firm 1") == ("waiting", ["quota_industry"])


def test_the_least_risk_comes_first(bank):
    bank.firm("Worse", inv_buyer_cnt_12m=3)
    bank.firm("Better")
    campaign = make(bank, ["Worse,100000", "Better,100000"], budget_fen=10_000_000)
    assert outcome(campaign, "Better")[0] == "offer"
    assert outcome(campaign, "Worse")[0] == "waiting"


def test_release_and_take_up(bank):
    firm = bank.firm("Good")
    bank.firm("Bad", inv_out_yoy=-0.9, inv_buyer_cnt_12m=1)
    campaign = make(bank, ["Good", "Bad"])
    assert make(bank, ["Good", "Bad"]).pk == campaign.pk  # the same key
    row, bad = campaign.invitees.get(firm=firm), campaign.invitees.get(firm__name="Bad")
    assert "one that is released" in faults_of(lambda: campaigns.take_up(row, "owner"))
    assert "maker and checker differ" in faults_of(lambda: campaigns.release(campaign, bank.users["officer"]))
    campaigns.release(campaign, bank.users["risk"])
    assert campaigns.release(campaign, bank.users["risk"]).status == "released"
    assert "at most 20000000" in faults_of(lambda: campaigns.take_up(row, "owner", 30_000_000))
    assert "one with an offer" in faults_of(lambda: campaigns.take_up(bad, "owner"))
    application = campaigns.take_up(row, "owner", 10_000_000)
    assert campaigns.take_up(row, "owner").pk == application.pk
    assert (application.status, application.channel, application.amount_fen) == ("offered", "campaign", 10_000_000)
    assert Offer.objects.get().rate_ppm == row.rate_ppm
    campaigns.close(campaign, bank.users["officer"])
    assert Application.objects.count() == 1


def test_an_offer_ends_on_its_day(bank):
    bank.firm("Good")
    campaign = make(bank, ["Good"])
    campaigns.release(campaign, bank.users["risk"])
    bank.institution.business_date = campaign.expires_on + timedelta(days=1)
    bank.institution.save(update_fields=["business_date"])
    assert "one that ended on" in faults_of(lambda: campaigns.take_up(campaign.invitees.get(), "owner"))


def test_an_offer_taken_up_twice_at_once_is_one_application(bank):
    from tests.decisions.test_referral import together

    bank.firm("Good")
    campaign = make(bank, ["Good"])
    campaigns.release(campaign, bank.users["risk"])
    row = campaign.invitees.get()
    together([lambda: campaigns.take_up(row, "owner")] * 2)
    assert Application.objects.count() == 1
