"""What a borrower only states is not decided on before an officer has seen the papers."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from puhui.calculations.faults import FaultsError

STATED = {"season_cost": 80_000.0, "months_to_harvest": 7.0}
FOUND = {"season_cost": 60_000.0, "months_to_harvest": 7.0, "land_contract_seen": True}
PAPERS = {"season_cost": "cost sheet of the county, 40 mu", "months_to_harvest": "crop calendar", "land_contract_seen": "contract 2023-118"}
VALUES = {
    "dishonest_debtor_flag": 0, "dishonest_debtor_owner_flag": 0, "agri_area_mu": 50, "agri_livestock_cnt": 0,
    "agri_crop_income_est": 120_000, "agri_insurance_flag": 1, "agri_subsidy_amt_12m": 6_000, "agri_village_list": 1,
}  # fmt: skip


@pytest.fixture
def farm(bank: Any) -> Any:
    """An application that a farmer sent from a phone, with consent and evidence, and an officer."""
    from puhui.decisions import actions
    from puhui.parties import actions as parties

    firm = bank.firm("Li's farm", kind="individual_business", consent=False, **VALUES)
    parties.grant_consent(
        firm, purpose="credit_decision", classes=["C04", "C17"], expires_on=date(2028, 1, 1), text_version="1", text="yes",
        channel="phone", granted_by="borrower", at=parties.start_of_day(date(2026, 1, 1)),
    )  # fmt: skip
    application = actions.submit(
        bank.institution, firm, "farm-season-loan", 5_000_000, 9, "farming", channel="phone", key="k", actor="borrower", facts=STATED,
        stated=True,
    )  # fmt: skip
    return application, bank.users["officer"]


def test_nothing_is_decided_on_the_borrowers_word(farm: Any) -> None:
    from puhui.decisions import actions
    from puhui.decisions.models import Decision

    application, _ = farm
    with pytest.raises(FaultsError, match="only what the borrower says"):
        actions.decide(application, "system")
    assert not Decision.objects.exists()


def test_the_engine_decides_on_what_was_found(farm: Any) -> None:
    """70% of 60,000 found, not of 80,000 stated: 42,000. What was stated stays to be read."""
    from puhui.decisions import actions
    from puhui.parties.models import AuditRecord

    application, officer = farm
    row = actions.check_facts(application, officer, FOUND, PAPERS)
    decision = actions.decide(application, "officer")
    assert (decision.outcome, decision.limit_fen, decision.amount_fen) == ("approve", 4_200_000, 4_200_000)
    assert (row.stated, row.found, row.papers) == (STATED, FOUND, PAPERS)
    assert AuditRecord.objects.get(act="check_facts").detail == {"differ": ["season_cost"]}
    assert actions.check_facts(application, officer, {}, {}) == row  # sent twice: the check that is there


def test_what_could_not_be_found_out_is_left_to_the_rules(farm: Any) -> None:
    from puhui.decisions import actions

    application, officer = farm
    found = {name: value for name, value in FOUND.items() if name != "land_contract_seen"}
    actions.check_facts(application, officer, found, PAPERS)
    decision = actions.decide(application, "officer")
    assert decision.outcome == "refer"
    assert decision.questions.filter(kind="rule", subject="land").exists()


def test_every_fault_of_a_check_is_named(farm: Any) -> None:
    from puhui.decisions import actions
    from puhui.decisions.factory_models import FactCheck

    application, officer = farm
    with pytest.raises(FaultsError) as caught:
        actions.check_facts(application, officer, {"season_cost": "much", "harvest": 3}, {"season_cost": " "})
    assert {fault.where for fault in caught.value.faults} == {"fact season_cost", "fact harvest", "paper of season_cost"}
    application.submitted_by = "officer"
    application.save()
    with pytest.raises(FaultsError, match="maker and checker differ"):
        actions.check_facts(application, officer, FOUND, PAPERS)
    assert not FactCheck.objects.exists()
