"""A campaign's list and the product's form: the village of the documentation, every fault by row and column, nobody refused unasked."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from puhui.calculations.faults import FaultsError
from puhui.decisions import actions, campaigns
from puhui.decisions.campaign_facts import cell_value, resting_on
from puhui.decisions.factory_models import Campaign, FactCheck
from puhui.decisions.preview import preview
from puhui.products.queries import product as product_in_force

DOCUMENT = Path(__file__).parents[2] / "docs" / "factory.md"
VILLAGE = "village-batch-credit"
DAY = date(2026, 3, 2)
KNOWN = {"dishonest_debtor_flag": 0, "dishonest_debtor_owner_flag": 0, "agri_village_list": 1, "panel_disagreement": 10}
HEADINGS = "name,amount,panel_score,panel_members,household_income,household_debts,shown_in_public"


def documented_list() -> str:
    [found] = re.findall(r"```csv\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.S)
    return found


def household(bank, name, **values):
    from django.utils import timezone

    from puhui.parties.models import Consent

    firm = bank.firm(name, kind="individual_business", consent=False, **KNOWN | values)
    Consent.objects.create(
        institution=bank.institution, firm=firm, purpose="credit_decision", classes=["C04", "C17", "S2"], text_version="1",
        text_digest="0" * 64, channel="counter", granted_by="owner", granted_at=timezone.make_aware(timezone.datetime(2026, 1, 5)),
        expires_on=date(2027, 1, 5),
    )  # fmt: skip
    return firm


def make(bank, text, key="k"):
    return campaigns.make(
        bank.users["officer"], data=text.encode(), file_name="village.csv", key=key, name="Village", kind="village", anchor="Yunxi",
        product_code=VILLAGE, term_months=12, purpose="stock", amount_fen=5_000_000, expires_on=DAY + timedelta(days=30),
        budget_fen=100_000_000,
    )  # fmt: skip


def test_the_village_of_the_documentation(bank):
    names = [line.split(",")[0] for line in documented_list().splitlines()[1:]]
    for name in names:
        household(bank, name)
    campaign = make(bank, documented_list())
    pears, noodles, ducks, tea = (campaign.invitees.get(firm__name=name) for name in names)
    # 85 points: 200,000, asked 80,000; 70 points: 100,000 and class B, asked 50,000.
    assert (pears.outcome, pears.risk_class, pears.amount_fen, pears.rate_ppm) == ("offer", "A", 8_000_000, 40_000)
    assert (noodles.outcome, noodles.risk_class, noodles.amount_fen) == ("offer", "B", 5_000_000)
    assert (ducks.outcome, [one["code"] for one in ducks.reasons]) == ("none", ["panel"])
    assert (tea.outcome, tea.risk_class, [one["code"] for one in tea.reasons]) == ("invite", "", ["asked_for"])
    assert tea.reasons[0]["text"]["en"] == "Asked for: Score of the panel, 0 to 100, highest and lowest left out"
    assert "评议小组评分" in tea.reasons[0]["text"]["zh-hans"]


def test_the_answer_is_the_engines(bank):
    firm = household(bank, "Pears")
    campaign = make(bank, f"{HEADINGS}\nPears,80000,70,4,30000,15000,yes\n")
    facts = {"panel_score": 70, "panel_members": 4, "household_income": 30_000, "household_debts": 15_000, "shown_in_public": True}
    record = preview(bank.institution, firm, VILLAGE, 8_000_000, 12, "stock", DAY, facts=facts)
    row = campaign.invitees.get()
    result = record["result"]
    assert row.facts == facts
    assert (result["outcome"], row.outcome) == ("approve", "offer")
    assert (row.risk_class, row.amount_fen, row.rate_ppm) == (result["risk_class"], result["amount_fen"], result["rate_ppm"])
    assert row.amount_fen == 4_500_000  # twice 30,000 less 15,000


def test_nobody_is_refused_for_what_nobody_asked(bank):
    household(bank, "Plain")
    household(bank, "Barred", agri_village_list=-1)
    household(bank, "Unread", agri_village_list=None)
    campaign = make(bank, "name\nPlain\nBarred\nUnread\n")
    plain, barred, unread = (campaign.invitees.get(firm__name=name) for name in ("Plain", "Barred", "Unread"))
    assert (plain.outcome, [one["code"] for one in plain.reasons]) == ("invite", ["asked_for"])
    assert barred.outcome == "none"  # the list of the village does not wait for the panel
    assert [one["code"] for one in barred.reasons] == ["not_on_negative_list", "grey_list"]
    assert unread.outcome == "invite"
    assert "On the negative list" not in str([one["text"]["en"] for one in unread.reasons])  # not known is not bad


def test_every_fault_by_row_and_column(bank):
    household(bank, "Pears")
    household(bank, "Ducks")
    with pytest.raises(FaultsError) as raised:
        make(bank, "name,amount,panel_scoer,colour,amount\nPears,1,2,red,5\n")
    text = str(raised.value)
    for part in ("column 3", "panel_scoer", "Did you mean panel_score?", "column 4", "colour", "column 5: found amount"):
        assert part in text
    with pytest.raises(FaultsError) as raised:
        make(bank, f"{HEADINGS}\nPears,80000,high,4,-5,0,perhaps\nDucks,80000,nan,4,1e30,30%,yes\n")
    text = str(raised.value)
    for row, name in ((2, "panel_score"), (2, "household_income"), (2, "shown_in_public"), (3, "panel_score"), (3, "household_debts")):
        assert f"row {row}, {name}" in text
    assert "row 3, household_income" in text
    assert not Campaign.objects.exists()


def test_headings_in_chinese(bank):
    household(bank, "梨园")
    form = product_in_force(VILLAGE, DAY).application
    headings = ["企业名称", "金额", *(fact.texts["zh-hans"] for fact in form.values())]
    campaign = make(bank, ",".join(headings) + "\n梨园,80000,85,5,120000,20000,是\n")
    assert campaign.invitees.get().outcome == "offer"


def test_what_the_list_says_is_checked_by_another_officer(bank):
    household(bank, "Pears")
    campaign = make(bank, f"{HEADINGS}\nPears,80000,85,5,120000,20000,yes\n")
    campaigns.release(campaign, bank.users["risk"])
    row = campaign.invitees.get()
    application = campaigns.take_up(row, "officer", facts={"household_debts": 30_000.0})
    assert (application.status, application.stated) == ("submitted", True)
    assert application.facts == {**row.facts, "household_debts": 30_000.0}  # the firm's own word stands before the list's
    papers = dict.fromkeys(application.facts, "file of the village")
    with pytest.raises(FaultsError) as raised:
        actions.check_facts(application, bank.users["officer"], application.facts, papers)
    assert "another person" in str(raised.value)
    actions.check_facts(application, bank.users["second"], application.facts, papers)
    actions.decide(application, "second")
    application.refresh_from_db()
    assert application.status == "offered"
    assert FactCheck.objects.get().stated["panel_score"] == 85


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [("30%", "ratio", 0.3), ("0.3", "ratio", 0.3), ("１", "n", 1.0), ("1,200", "CNY", 1200.0), ("否", "flag", False),
     ("True", "flag", True), ("", "n", None), ("5", "1-5", 5.0)],
)  # fmt: skip
def test_cells(text, unit, expected):
    assert cell_value(text, unit) == expected


@pytest.mark.parametrize(
    ("text", "unit"), [("6", "1-5"), ("30%", "CNY"), ("inf", "n"), ("-1", "CNY"), ("maybe", "flag"), ("x" * 201, "text")]
)
def test_cells_that_say_nothing(text, unit):
    with pytest.raises(ValueError, match=r"."):
        cell_value(text, unit)


def test_what_rests_on_a_fact():
    product = product_in_force(VILLAGE, DAY)
    assert resting_on(product, []) == set()
    score = resting_on(product, ["panel_score"])
    assert {"panel_score", "panel_class", "panel_limit", "risk_class", "class_not_lent", "limit_below_minimum"} <= score
    assert {"panel", "published", "dishonest_debtor"}.isdisjoint(score)
    assert "panel" in resting_on(product, ["panel_members"])
