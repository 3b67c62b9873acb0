"""The village: made up, filed through the import, offered to by its list, and lent to with dues that follow the harvest."""

from __future__ import annotations

from collections import Counter
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

DAY = date(2026, 11, 10)


def test_the_village_is_the_same_each_time_and_of_all_lists() -> None:
    from puhui.county.village import HOUSEHOLDS, build

    village = build(2025)
    assert village == build(2025) and village != build(2026) and len(village) == HOUSEHOLDS
    assert {one.listed for one in village} == {"white", "grey", "negative"}
    assert all(one.people[0]["part"] == "head" and one.area_mu > 0 for one in village)
    numbers = [person["identity_number"] for one in village for person in one.people]
    assert len(numbers) == len(set(numbers))


def test_the_score_leaves_the_highest_and_the_lowest_out() -> None:
    from dataclasses import replace

    from puhui.county.village import build

    one = replace(build(2025)[0], points=(20, 60, 70, 80, 100))
    assert one.panel_score == 70.0 and one.listed == "white"
    assert replace(one, points=(10, 55, 55, 55, 90)).listed == "grey"
    assert replace(one, points=(10, 40, 45, 50, 90)).listed == "negative"


@pytest.fixture
def told(database: str) -> Any:
    """A lender that has filed the village and lent to it on one day."""
    from puhui.books.actions import open_books
    from puhui.county.papers.village import file_village
    from puhui.county.plan import USERS
    from puhui.county.village_desk import lend_to_the_village
    from puhui.features import actions as features
    from puhui.parties.actions import create_institution, create_user

    institution = create_institution("YUNXI", "云溪县农村商业银行", "bank", DAY)
    open_books(institution, "test")
    people = {name: create_user(institution, name, "secret-secret", role, name=full_name) for name, role, full_name in USERS}
    village = file_village(institution, DAY, 2025)
    features.refresh(institution, DAY.replace(day=1), actor="night run")
    county = SimpleNamespace(institution=institution, village=village)
    lend_to_the_village(county, people)
    return county


def test_the_village_gets_offers_and_some_households_are_lent_to(told: Any) -> None:
    from puhui.books.verify import verify
    from puhui.decisions.factory_models import Campaign
    from puhui.loans.models import Instalment, Loan
    from puhui.parties.models import FirmIdentifier

    campaign = Campaign.objects.get(institution=told.institution)
    outcomes = Counter(campaign.invitees.values_list("outcome", flat=True))
    listed = Counter(one.listed for one in told.village.values())
    assert outcomes["offer"] > 8
    assert outcomes["none"] == listed["negative"]  # the panel's no, and nobody else
    assert outcomes["invite"] == listed["grey"]  # a person asks further
    numbers = {one.firm_id: one.value for one in FirmIdentifier.objects.filter(scheme="household")}
    offered = campaign.invitees.filter(outcome="offer")
    assert {told.village[numbers[one.firm_id]].listed for one in offered} == {"white"}
    loans = Loan.objects.filter(institution=told.institution)
    assert Counter(loans.values_list("contract__product_code", flat=True)) == {"village-batch-credit": 5, "farm-season-loan": 4}
    for loan in loans.filter(contract__product_code="farm-season-loan"):
        one = told.village[numbers[loan.firm_id]]
        dues = [due for due in Instalment.objects.filter(loan=loan).order_by("due") if due.principal_fen]
        months = [(due.due.year - DAY.year) * 12 + due.due.month - DAY.month for due in dues]
        assert months == [one.months_to_harvest, one.months_to_harvest + 2]
        assert sum(due.principal_fen for due in dues) == loan.amount_fen
        assert all(person["name"] in loan.contract.text for person in one.people)
    assert verify(told.institution) == []
