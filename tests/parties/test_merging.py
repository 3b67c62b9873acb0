"""Merges as a layer: two persons, undone exactly, one step at a time."""

from __future__ import annotations

from datetime import date

import pytest
from django.core import serializers
from tests.parties.test_matching import PRIOR, REVIEW, levels

from puhui.calculations.faults import FaultsError
from puhui.parties import actions, merging
from puhui.parties.match_models import MatchAct
from puhui.parties.models import Firm, FirmIdentifier, FirmPerson, Institution

TODAY = date(2026, 3, 30)


@pytest.fixture
def bank(rolled_back_database) -> Institution:
    return actions.create_institution("RIVER", "河口农商行", "bank", TODAY)


def twice(bank: Institution) -> tuple[Firm, Firm]:
    one = actions.register_firm(bank, "杭州市清溪竹木制品有限公司", identifiers={"uscc": "91330106MA0000015K"}, actor="officer")
    two = actions.register_firm(bank, "清溪竹木製品有限責任公司", identifiers={"registration": "330106000012345"}, actor="officer")
    person = actions.register_person(bank, "王芳", "330106199003071236", "13800001234", actor="officer")
    for firm in (one, two):
        actions.link_person(firm, person, "owner", actor="officer")
    return one, two


def rows() -> str:
    return serializers.serialize(
        "json", [*Firm.objects.order_by("pk"), *FirmIdentifier.objects.order_by("pk"), *FirmPerson.objects.order_by("pk")]
    )


def test_found_merged_and_undone(bank: Institution) -> None:
    one, two = twice(bank)
    before = rows()
    found, new = merging.find(bank, levels(), PRIOR, REVIEW, "system")
    assert [(pair.first, pair.second) for pair in found] == [(one.pk, two.pk)] and new == 1
    assert merging.find(bank, levels(), PRIOR, REVIEW, "system")[1] == 0  # not put there again
    assert merging.same_firms(one) == (one.pk,)
    merging.ask(bank, two.pk, one.pk, "maker")
    assert merging.same_firms(one) == (one.pk,)  # one person is not enough
    with pytest.raises(FaultsError, match="somebody other"):
        merging.confirm(bank, one.pk, two.pk, "maker")
    merging.confirm(bank, one.pk, two.pk, "checker")
    assert merging.same_firms(one) == merging.same_firms(two) == (one.pk, two.pk)
    assert merging.pairs(bank) == []
    merging.undo(bank, one.pk, two.pk, "checker")
    assert merging.same_firms(one) == (one.pk,) and rows() == before
    assert [row.act for row in MatchAct.objects.order_by("pk")] == ["found", "asked", "merged", "undone"]


def test_merges_in_a_circle_end(bank: Institution) -> None:
    firms = [actions.register_firm(bank, f"河口{name}厂", actor="officer") for name in "一二三四"]
    for one, other in ((0, 1), (1, 2), (0, 2)):
        for act in ("found", "merged"):
            MatchAct.objects.create(institution=bank, first=firms[one], second=firms[other], act=act, actor="x")
    assert merging.same_firms(firms[2]) == tuple(firm.pk for firm in firms[:3])
    assert merging.same_firms(firms[3]) == (firms[3].pk,)


def test_steps_that_do_not_follow(bank: Institution) -> None:
    one, two = twice(bank)
    for call in (merging.ask, merging.confirm, merging.undo):
        with pytest.raises(FaultsError, match="nothing"):
            call(bank, one.pk, two.pk, "officer")
    other = actions.create_institution("LAKE", "湖口农商行", "bank", TODAY)
    with pytest.raises(FaultsError, match="two firms"):
        merging.ask(other, one.pk, two.pk, "officer")
    with pytest.raises(FaultsError, match="not_same or later"):
        merging.judge(bank, one.pk, two.pk, "merged", "officer")
    merging.find(bank, levels(), PRIOR, REVIEW, "system")
    merging.judge(bank, one.pk, two.pk, "later", "officer")
    assert [row.act for row in merging.pairs(bank)] == ["later"]
    merging.judge(bank, one.pk, two.pk, "not_same", "officer")
    assert merging.pairs(bank) == []


def test_a_name_from_before_finds_the_firm(bank: Institution) -> None:
    """The other row bears the name that the firm had until it was renamed; without that, nothing speaks for the pair but the person."""
    one = actions.register_firm(bank, "杭州市清溪竹木制品有限公司", actor="officer")
    two = actions.register_firm(bank, "云岭家居有限公司", actor="officer")
    person = actions.register_person(bank, "王芳", "330106199003071236", actor="officer")
    for firm in (one, two):
        actions.link_person(firm, person, "owner", actor="officer")
    assert merging.find(bank, levels(), PRIOR, -20, "system")[0][0].levels["name"] != "same"
    weighed = merging.find(bank, levels(), PRIOR, -20, "system", {two.pk: ("清溪竹木制品有限公司",)})[0]
    assert weighed[0].levels["name"] == "same"
