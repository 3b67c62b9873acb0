"""Visits for an application: two people, side by side, held against the evidence, and used by the loan that lives by them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from puhui.calculations.faults import FaultsError
from puhui.decisions import actions, visiting
from puhui.decisions.visit_evidence import rows_of
from puhui.decisions.visit_models import Visit
from puhui.evidence.models import Record
from puhui.products import queries as products
from puhui.products.documents import text_document
from puhui.products.visit_forms import form, forms_on, from_document

QUALITIES = {
    "keeps_word": 100, "pays_people": 75, "tells_truly": 75, "knows_trade": 100, "demand": 75, "stock": 75, "works": 100, "who_answers": 75,
    "what_stands": 75, "claimed_sales_month": 50_000_000, "meter_days": 60, "power_kwh": 600.0, "staff_seen": 8, "staff_told": 9,
    "photo_matches": True,
    **{f"reference_{n}_relation": "supplier" for n in (1, 2, 3)}, **{f"reference_{n}_independent": True for n in (1, 2, 3)},
    **{f"reference_{n}_score": score for n, score in ((1, 75), (2, 75), (3, 100))},
}  # fmt: skip
CASH_FLOW = {
    "cash": 5_000_000, "stock": 20_000_000, "payables": 4_000_000, "private_debts": 1_000_000, "equity_initial": 20_000_000,
    "months_normal": 12, "sales_normal": 50_000_000, "goods_share": 0.7, "wages_month": 3_000_000, "purchases_month": 30_000_000,
    "markup": 0.6, "family_spending_month": 800_000, "instalments_month": 200_000, "spouse_signs": True,
}  # fmt: skip


@pytest.fixture
def case(bank):
    """An application for the relationship loan, its facts still to be found out, of a firm that lets visits be kept."""
    from puhui.parties.actions import grant_consents

    firm = bank.firm(
        "Weaver", dishonest_debtor_flag=0, dishonest_debtor_owner_flag=0, cb_npl_balance=0, cb_overdue_now_amt=0, pcb_overdue_now_amt=0,
        elec_kwh_12m=3_600, si_headcount_now=4,
    )  # fmt: skip
    grant_consents(
        bank.institution, [firm], purpose="credit_decision", classes=["C04", "C16", "S2"], expires_on=date(2030, 1, 1), text_version="1",
        text="yes", channel="counter", granted_by="owner",
    )  # fmt: skip
    return actions.submit(
        bank.institution, firm, "relationship-loan", 10_000_000, 12, "stock", channel="counter", key="visited", actor="owner", stated=True
    )


def took(case, bank, who, code="three-qualities", days=3, key="", **changes):
    answers = (QUALITIES if code == "three-qualities" else CASH_FLOW) | changes
    day = bank.institution.business_date - timedelta(days=days)
    return visiting.record(case, bank.users[who], code, day, answers, key or f"{who} {code} {days} {sorted(changes.items())}")


def withdraw(case):
    from puhui.parties.actions import withdraw_consent

    for consent in case.firm.consents.filter(classes__contains=["S2"]):
        withdraw_consent(consent, "owner")


def seen_of(case):
    return {one.form.code: one for one in visiting.overview(case, forms_on(case.institution.business_date))}


def test_two_visits_become_facts_evidence_and_a_decision(bank, case):
    """Points 75, 75 and 100 of three independent people: character 83.3; product (3×75 + 2×75 + 2×100) ÷ 7 = 82.1; backing 75."""
    took(case, bank, "officer")
    seen = list(seen_of(case).values())
    product = products.product("relationship-loan", case.business_date)
    assert visiting.facts_of(product, seen)[0]["seen_by_two"] is False
    took(case, bank, "approver", demand=100)
    took(case, bank, "officer", "cash-flow")
    seen = list(seen_of(case).values())
    facts, who = visiting.facts_of(product, seen)
    assert facts["seen_by_two"] is True and facts["backing_score"] == 75
    assert facts["product_score"] == pytest.approx(((3 * 75 + 2 * 75 + 200) / 7 + (3 * 100 + 2 * 75 + 200) / 7) / 2)
    assert "officer" in who["product_score"] and "approver" in who["product_score"]
    actions.check_facts(case, bank.users["approver"], facts, who)
    decision = actions.decide(case, "system")
    variables = decision.record["facts"]["variables"]
    assert (variables["sv_informant_cnt"], variables["sv_character_score"]) == (6, pytest.approx(250 / 3))
    assert variables["sv_disposable_income_month"] == pytest.approx(150_000 - 30_000 - 8_000 - 2_000)
    assert variables["sv_visit_age_days"] == 3
    assert decision.outcome != "refuse" and decision.risk_class in "AB", decision.record["reasons"]


def test_two_who_differ_stand_side_by_side_and_a_third_is_needed(bank, case):
    took(case, bank, "officer")
    took(case, bank, "approver", keeps_word=0, tells_truly=0, knows_trade=25)
    seen = seen_of(case)["three-qualities"]
    assert [visit.visitor.username for visit in seen.visits] == ["officer", "approver"]
    assert seen.differ == {"keeps_word", "tells_truly", "knows_trade"}
    assert seen.together["character"].needs_third and seen.together["product"].score is not None
    took(case, bank, "risk", keeps_word=75)
    assert seen_of(case)["three-qualities"].together["character"].score == pytest.approx(80)


def test_what_was_told_is_held_against_the_evidence(bank, case):
    """Electricity 600 kWh in 60 days is 3,650 a year against 3,600 billed; nine on the shift against four insured is 125% too many."""
    withdraw(case)  # else the variables written by hand would be computed anew, from evidence that is not there
    took(case, bank, "officer")
    checks = {one.code: one for one in seen_of(case)["three-qualities"].checks}
    assert checks["meter_and_bills"].gap == pytest.approx(50 / 3600) and not checks["meter_and_bills"].is_outside
    assert checks["shift_and_insured"].gap == pytest.approx(1.25) and checks["shift_and_insured"].is_outside
    assert checks["told_and_invoiced"].gap == pytest.approx(0.0)
    assert checks["water_and_bills"].gap is None


def test_a_visit_is_taken_down_once_and_a_second_look_is_another_row(bank, case):
    first = took(case, bank, "officer", key="once")
    assert took(case, bank, "officer", key="once").pk == first.pk
    took(case, bank, "officer", days=1, key="again", works=25)
    assert Visit.objects.count() == 2
    [shown] = seen_of(case)["three-qualities"].visits
    assert shown.answers["works"] == 25 and shown.key == "again"


def test_without_consent_nothing_becomes_evidence(bank, case):
    withdraw(case)
    took(case, bank, "officer")
    assert Visit.objects.count() == 1 and not Record.objects.filter(record="site_visit").exists()


def test_everything_that_is_wrong_is_named_and_nothing_is_kept(bank, case):
    from puhui.parties.actions import create_user

    day = bank.institution.business_date
    clerk = create_user(bank.institution, "clerk", "secret-secret", "accountant")
    wrong = {"keeps_word": 60, "nothing_of_ours": 1, "meter_days": 0, "claimed_sales_month": -1, "photo_matches": "maybe"}
    with pytest.raises(FaultsError) as raised:
        visiting.record(case, clerk, "three-qualities", day + timedelta(days=1), wrong, "wrong")
    assert len(raised.value.faults) == 7
    with pytest.raises(FaultsError, match="cash-flow, three-qualities"):
        visiting.record(case, bank.users["officer"], "two-qualities", day, {}, "wrong")
    assert not Visit.objects.exists() and not Record.objects.exists()


def test_sheets_of_one_day_make_one_row(bank, case):
    """Two forms on one day speak of one visit: the rows of both are one, and who was asked is told apart by visitor and number."""
    visits = [took(case, bank, "officer"), took(case, bank, "officer", "cash-flow"), took(case, bank, "approver", staff_seen=7)]
    rows = rows_of(visits)
    [row] = rows["site_visit"]
    assert (row["staff_seen"], row["assets_fen"], row["power_kwh"], row["private_debt_fen"]) == (7, 25_000_000, 300.0, 1_000_000)
    assert len(rows["informant_note"]) == 6 and {one["method"] for one in rows["sales_estimate"]} == {"calendar", "purchase"}


def test_every_form_is_whole_in_three_languages_and_a_broken_one_is_refused(bank):
    for one in forms_on(date(2026, 3, 2)):
        assert all(set(item.texts) == {"en", "zh-hans", "zh-hant"} for item in one.items.values())
    text = """
[form]
code = "x"
valid_from = 2020-01-01
names = { en = "X", zh-hans = "X", zh-hant = "X" }
source = "made up"
verified = false
most_apart = 25
fewest_share = 0.5
[[sections]]
code = "a"
scored = true
names = { en = "A", zh-hans = "A" }
[[sections.items]]
code = "b"
kind = "anchord"
texts = { en = "B", zh-hans = "B", zh-hant = "B" }
"""
    with pytest.raises(FaultsError) as raised:
        from_document(text_document(text, "visit-forms", "x.toml"))
    told = " ".join(str(fault) for fault in raised.value.faults)
    assert "anchored" in told and "zh-hant" in told and "anchors" in told
    assert form("cash-flow", date(2026, 3, 2)).items["goods_share"].most == 1
