"""Who may not speak on a case reads why in the own language: nothing of what committee and review refuse is left in English."""

from __future__ import annotations

import re

import pytest
from django.utils.translation import override

from puhui.calculations.faults import Fault
from puhui.console.fault_words import told
from puhui.decisions.factory_models import Sitting
from puhui.decisions.seats import quorum_faults
from puhui.decisions.standing import Standing, standing_faults
from puhui.parties.models import User


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant"])
def test_an_interest_and_an_absence_are_told(language: str) -> None:
    user = User(username="approver", role="approver")
    faults = standing_faults(user, Standing(True, ("family",), ()))
    assert len(faults) == 2
    _all_in_chinese(faults, language)


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant"])
def test_a_committee_without_quorum_is_told(language: str) -> None:
    sitting = Sitting(members=[1, 2, 3], quorum=2, chair=["risk_manager"], opened_by=User(username="officer"))
    faults = [*quorum_faults(sitting, [1], {}), *quorum_faults(sitting, [1, 2], {1: "officer", 2: "approver"})]
    assert [fault.where for fault in faults] == ["quorum", "chair"]
    _all_in_chinese(faults, language)


def _all_in_chinese(faults: list[Fault], language: str) -> None:
    with override(language):
        for fault in faults:
            for text in filter(None, (fault.where, fault.found, fault.expected, fault.remedy)):
                assert re.search("[\u4e00-\u9fff]", told(text)), text
