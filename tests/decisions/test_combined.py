"""One application for the combined loan becomes two loans: each by its own product, reserved together, within the limit of the whole."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from puhui.calculations.faults import FaultsError

CLASSES = ["C01", "C04", "C05", "C06", "C08", "C16", "S1"]
START, JOBS = "business-start-guarantee-loan", "stable-employment-loan"
CLEAN = yaml.safe_load((Path(__file__).parents[1] / "cases" / "products" / "clean.yaml").read_text(encoding="utf-8"))["facts"]
FACTS: dict[str, Any] = CLEAN | {
    "si_headcount_now": 30, "si_headcount_12m_ago": 30, "si_decline_vs_target_flag": 1, "si_arrears_months": 0, "si_deferral_flag": 0,
    "wage_arrears_list_flag": 0, "payroll_late_cnt_12m": 0, "tax_credit_grade": 3, "vat_sales_12m": 6_000_000, "si_key_group_hires_12m": 3,
    "pcb_overdue_cnt_24m": 0, "fs_wc_loan_gap": None,
}  # fmt: skip
FORM = {"stable_loan_outstanding": 0, "is_supported_group": None, "start_loans_before": 0, "project_cost": 400_000, "own_funds": 120_000}


def firm(bank, name: str = "Bakery", **facts: Any):
    from puhui.parties.models import Consent

    made = bank.firm(name, **(FACTS | facts))
    Consent.objects.filter(firm=made).update(classes=CLASSES)
    return made


def apply(bank, borrower, amount_yuan: int = 500_000, *, key: str = "combined", **form: Any):
    from puhui.decisions.actions import submit

    return submit(
        bank.institution, borrower, "combined-start-and-jobs-loan", amount_yuan * 100, 24, "stock", channel="counter", key=key,
        actor="owner", facts=FORM | form,
    )  # fmt: skip


def parts_of(application) -> dict[str, Any]:
    """Product → part."""
    return {one.product_code: one for one in application.parts.order_by("pk")}


def owed(borrower) -> int:
    from puhui.decisions.exposures import exposure_of_firms

    return sum(exposure_of_firms([borrower.pk])[borrower.pk].values())


def test_one_application_two_loans_each_by_its_own_product(bank):
    """Project 400,000 less 120,000: the start part takes 280,000 of the 500,000, the jobs part the other 220,000. By hand from both files:
    start class A 3.0% + 0.2%, the treasury pays half; jobs class A 3.0% - 0.1%, no subsidy."""
    from puhui.decisions import actions
    from puhui.decisions.models import Exposure, Offer

    application = apply(bank, firm(bank))
    decision = actions.decide(application, "system")
    application.refresh_from_db()
    assert (decision.outcome, decision.amount_fen, application.status) == ("approve", 50_000_000, "in_parts")
    assert not Offer.objects.filter(application=application).exists()
    parts = parts_of(application)
    assert {code: (one.amount_fen, one.status, one.offer.rate_ppm) for code, one in parts.items()} == {
        START: (28_000_000, "offered", 32_000),
        JOBS: (22_000_000, "offered", 29_000),
    }
    assert sorted(Exposure.objects.values_list("reserved_fen", flat=True)) == [22_000_000, 28_000_000]
    jobs = parts[JOBS].latest_decision.record
    assert jobs["facts"]["exposure"] == {"reserved_fen": 0, "outstanding_fen": 0}  # its own limit does not count the start part again
    assert jobs["facts"]["credit_view"]["firm_fen"] == 28_000_000  # the ceilings of law do
    assert actions.replay_all(bank.institution) == []
    assert actions.decide(application, "system").pk == decision.pk  # decided once


def test_what_one_part_is_not_granted_is_left_to_the_next(bank):
    """Two such loans had before: the scheme refuses the start part, and the jobs part, which stands alone, takes the whole."""
    from puhui.decisions import actions

    application = apply(bank, firm(bank), start_loans_before=2)
    actions.decide(application, "system")
    parts = parts_of(application)
    assert (parts[START].status, parts[JOBS].status) == ("refused", "offered")
    assert parts[JOBS].offer.amount_fen == 50_000_000
    assert actions.replay_all(bank.institution) == []


def test_jobs_lost_refuse_the_jobs_part_alone(bank):
    from puhui.decisions import actions

    borrower = firm(bank, si_decline_vs_target_flag=0)
    application = apply(bank, borrower)
    actions.decide(application, "system")
    parts = parts_of(application)
    assert (parts[START].status, parts[JOBS].status) == ("offered", "refused")
    assert [one["code"] for one in parts[JOBS].latest_decision.record["reasons"] if one.get("severity") == "veto"] == ["jobs_kept"]
    assert owed(borrower) == 28_000_000


def test_no_part_goes_below_the_authority_of_the_whole(bank):
    """900,000 of class A needs two people, though each part by itself would need fewer."""
    from puhui.decisions import actions

    application = apply(bank, firm(bank), 900_000, project_cost=800_000, own_funds=240_000)
    decision = actions.decide(application, "system")
    parts = parts_of(application)
    assert decision.authority == "two_officers"
    assert {one.latest_decision.authority for one in parts.values()} == {"two_officers"}
    assert {one.status for one in parts.values()} == {"referred"}
    assert sum(one.amount_fen for one in parts.values()) == 90_000_000
    with pytest.raises(FaultsError, match="one that is referred"):
        actions.review(decision, bank.users["approver"], "approve", "the whole at once")


def test_a_person_approves_each_part_without_counting_the_other_twice(bank):
    """560,000 and 340,000: the jobs limit of 940,000 is less nothing for the sibling, so no deviation is told."""
    from puhui.decisions import actions

    borrower = firm(bank)
    application = apply(bank, borrower, 900_000, project_cost=800_000, own_funds=240_000)
    actions.decide(application, "system")
    for part in parts_of(application).values():
        decision = part.latest_decision
        answers = {one.pk: ("settled", "seen") for one in decision.questions.all()}
        if answers:
            actions.answer_questions(decision, bank.users["officer"], answers, key=f"answers-{decision.pk}")
        first = actions.review(decision, bank.users["officer"], "approve", "known for years")
        actions.review(decision, bank.users["approver"], "approve", "agreed")
        assert first.deviations == {}
    assert {one.status for one in parts_of(application).values()} == {"offered"}
    assert owed(borrower) == 90_000_000


def test_the_whole_is_refused_without_parts(bank):
    from puhui.decisions import actions

    application = apply(bank, firm(bank, dishonest_debtor_flag=1))
    assert actions.decide(application, "system").outcome == "refuse"
    application.refresh_from_db()
    assert (application.status, application.parts.count()) == ("refused", 0)


def test_the_next_application_of_the_firm_sees_both_parts(bank):
    """Asked twice in one set: the second whole is less what the first one's parts were promised."""
    from puhui.decisions import actions

    borrower = firm(bank)
    first, second = apply(bank, borrower, key="first"), apply(bank, borrower, key="second")
    actions.decide_many(bank.institution, [first, second], "system")
    again = second.decisions.get()
    assert again.record["stages"]["limit"]["already_owed_fen"] == 50_000_000
    assert first.decisions.get().amount_fen == 50_000_000
    assert actions.replay_all(bank.institution) == []


def test_replay_finds_a_share_that_is_not_that_of_the_whole(bank):
    from puhui.decisions import actions
    from puhui.decisions.models import Application

    application = apply(bank, firm(bank))
    actions.decide(application, "system")
    part = parts_of(application)[JOBS]
    Application.objects.filter(pk=part.pk).update(amount_fen=part.amount_fen + 1_000_000)
    assert {one.where for one in actions.replay_all(bank.institution)} == {"application amount_fen", "combination amount"}


def test_both_become_contracts_by_the_acts_of_any_loan(bank):
    """Accepting one part leaves the other open: two offers, two contracts."""
    from puhui.decisions import actions

    application = apply(bank, firm(bank))
    actions.decide(application, "system")
    parts = parts_of(application)
    actions.answer_offer(parts[START].offer, accepted=True, actor="owner")
    actions.answer_offer(parts[JOBS].offer, accepted=False, actor="owner")
    again = parts_of(application)
    assert (again[START].status, again[JOBS].status) == ("accepted", "declined")
    assert owed(application.firm) == 28_000_000
    assert date.fromisoformat(str(again[START].offer.expires_on)) > bank.institution.business_date


def test_the_page_of_the_case_shows_the_parts_and_each_part_its_whole(bank):
    from django.test import Client

    from puhui.decisions import actions

    application = apply(bank, firm(bank))
    actions.decide(application, "system")
    client = Client(headers={"accept-language": "en", "host": "localhost"})
    client.force_login(bank.users["officer"])
    whole = client.get(f"/cases/{application.pk}/").content.decode()
    parts = parts_of(application)
    assert all(f"/cases/{one.pk}/" in whole for one in parts.values())
    assert "Loans to industry division 13, of the loans planned" in whole  # the tightest of the lender's limits stands with the bounds
    assert "280,000" in whole and "220,000" in whole and "3.20%" in whole and "2.90%" in whole
    assert f"/cases/{application.pk}/" in client.get(f"/cases/{parts[START].pk}/").content.decode()


def test_the_page_of_industries_and_regions(bank):
    """220,000 and 280,000 of division 13, whose limit is 30% of the loans planned; the record of the decision names the same limit."""
    from django.test import Client

    from puhui.decisions import actions
    from puhui.reports.queries import report

    application = apply(bank, firm(bank))
    decision = actions.decide(application, "system")
    rows = report("concentration", bank.institution, None).table("concentration_industry").records()
    division = next(row for row in rows if row["place"].startswith("13"))
    cell = next(one for one in decision.record["facts"]["concentration"]["cells"] if one["cell"] == "industry:13")
    assert (division["out_and_promised"], division["most"]) == (50_000_000, cell["most_fen"])
    assert division["room"] == cell["most_fen"] - 50_000_000
    client = Client(headers={"accept-language": "en", "host": "localhost"})
    client.force_login(bank.users["risk"])
    assert "13 (Manufacturing)" in client.get("/portfolio/concentration/").content.decode()
    assert client.get("/portfolio/concentration/file.csv").status_code == 200


def test_the_factory_tells_each_part(bank):
    """From the database, over two firms: what a run says is what deciding them says."""
    from puhui.decisions import actions
    from puhui.decisions.batch_run import in_order_of_firms
    from puhui.decisions.population import firms_frame
    from puhui.decisions.strategy import in_force, part_strategies

    day = bank.institution.business_date
    firms = [firm(bank, "Kept"), firm(bank, "Lost", si_decline_vs_target_flag=0)]
    strategy = in_force(bank.institution, "combined-start-and-jobs-loan", day)
    parts = part_strategies(bank.institution, strategy, day)
    frame, left_out = firms_frame(bank.institution, strategy, day, [name for part in parts for name in part.wanted])
    form = {name: value for name, value in FORM.items() if value is not None}
    asked = {**form, "requested_amount": 500_000.0, "term_months": 24, "purpose": "stock", "is_supported_group": None, "partners": None}
    frame = frame.with_columns(pl.lit(value).alias(name) for name, value in asked.items())
    answers = in_order_of_firms(bank.institution, frame, strategy, parts, day)
    decided = [apply(bank, one, key=one.name) for one in firms]
    actions.decide_many(bank.institution, decided, "system")
    assert left_out == 0
    for row, application in zip(answers.iter_rows(named=True), decided, strict=True):
        found = {code: (row[f"{code}:outcome"], row[f"{code}:amount_fen"], row[f"{code}:rate_ppm"]) for code in (START, JOBS)}
        made = {code: one.latest_decision for code, one in parts_of(application).items()}
        assert found == {code: (one.outcome, one.amount_fen, one.rate_ppm) for code, one in made.items()}
    assert answers["amount_fen"].to_list() == [50_000_000, 28_000_000]


@pytest.fixture
def together(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The combined product of an institution that lends both parts or none."""
    from django.conf import settings

    from puhui.products.documents import CATALOGUE

    name = "combined-start-and-jobs-loan-2025-05-20.toml"
    text = (CATALOGUE / "products" / name).read_text(encoding="utf-8")
    (tmp_path / "products").mkdir()
    (tmp_path / "products" / name).write_text(text.replace("stands_alone = true", "stands_alone = false"), encoding="utf-8")
    monkeypatch.setattr(settings, "PUHUI_CATALOGUE", tmp_path)


def test_parts_that_do_not_stand_alone_fall_with_each_other(bank, together):
    """The start part would be granted; it is decided again, and refused, because the jobs part was."""
    from puhui.decisions import actions

    borrower = firm(bank, si_decline_vs_target_flag=0)
    application = apply(bank, borrower)
    actions.decide(application, "system")
    parts = parts_of(application)
    assert {one.status for one in parts.values()} == {"refused"}
    vetoes = [one["code"] for one in parts[START].latest_decision.record["reasons"] if one.get("severity") == "veto"]
    assert vetoes == ["part_refused"]
    assert owed(borrower) == 0
    assert actions.replay_all(bank.institution) == []


def test_what_a_person_refuses_ends_the_other_part_too(bank, together):
    """The start part was approved by two people and reserved; the jobs part is refused, so its offer ends and the room is given back."""
    from puhui.decisions import actions
    from puhui.decisions.models import Offer

    borrower = firm(bank)
    application = apply(bank, borrower, 900_000, project_cost=800_000, own_funds=240_000)
    actions.decide(application, "system")
    parts = parts_of(application)
    start = parts[START].latest_decision
    if answers := {one.pk: ("settled", "seen") for one in start.questions.all()}:
        actions.answer_questions(start, bank.users["officer"], answers, key="answers")
    actions.review(start, bank.users["officer"], "approve", "known for years")
    actions.review(start, bank.users["approver"], "approve", "agreed")
    assert owed(borrower) == 56_000_000
    actions.review(parts[JOBS].latest_decision, bank.users["officer"], "refuse", "sales do not bear it")
    assert {one.status for one in parts_of(application).values()} == {"refused"}
    assert (owed(borrower), Offer.objects.get().status) == (0, "expired")


def test_the_command_and_the_interface_tell_the_parts(bank):
    from puhui.decisions import actions
    from puhui.decisions.queries import part_decisions
    from puhui.site.commands.decide import told

    application = apply(bank, firm(bank))
    record = actions.decide(application, "system").record
    parts = part_decisions(application.pk)
    assert [(one["product"], one["asked_fen"], one["amount_fen"], one["rate_ppm"]) for one in parts] == [
        (START, 28_000_000, 28_000_000, 32_000),
        (JOBS, 22_000_000, 22_000_000, 29_000),
    ]
    lines = told(record | {"parts": parts})
    assert any("approve of" in line and START in line and "3.20%" in line for line in lines)
    assert part_decisions(parts[0]["application"]) == []
