"""What each variable told of a lender's own loans: worked by hand, over decisions that each read its own snapshot."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import pytest
from tests.decisions.conftest import DAY, Bank, snapshot_digest

BAD, GOOD = 12, 30


@pytest.fixture
def bank(database: str) -> Bank:
    return Bank()


def decided(bank: Bank, count: int, **variables: Any) -> list[Any]:
    from puhui.decisions.actions import decide

    return [decide(bank.apply(bank.firm(f"firm {number} {variables}", **variables)), "officer") for number in range(count)]


def tell(monkeypatch: pytest.MonkeyPatch, told: dict[int, int | None]) -> None:
    """What came of the loans; how it is told of real ones is tested in test_outcomes.py."""
    from puhui.reports import variable_strength

    monkeypatch.setattr(variable_strength, "settled_outcomes", lambda *_: told)


def test_strength_by_hand_of_what_stood_when_it_was_decided(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    from puhui.features.models import Snapshot
    from puhui.reports.variable_strength import strengths

    bad, good = decided(bank, BAD, inv_buyer_cnt_12m=4, reg_age_months=None), decided(bank, GOOD, inv_buyer_cnt_12m=12, reg_age_months=90)
    young = decided(bank, 3, inv_buyer_cnt_12m=4)
    for decision in bad:  # what became of the firm later tells nothing of what could be seen
        later = {"inv_buyer_cnt_12m": 99}
        place = {"institution": bank.institution, "firm": decision.firm, "as_of": DAY, "catalogue_digest": "by hand"}
        Snapshot.objects.create(**place, values=later, digest=snapshot_digest(DAY, later))
    tell(monkeypatch, {each.pk: 1 for each in bad} | {each.pk: 0 for each in good} | {each.pk: None for each in young})
    found = strengths(bank.institution, DAY + timedelta(days=1))
    assert (found.loans, found.defaults, found.least_loans, found.least_defaults) == (BAD + GOOD, BAD, 30, 10)
    # Three bins (to 4, above, null) with half a firm in each: bad 12.5, 0.5, 0.5 of 13.5; good 0.5, 30.5, 0.5 of 31.5.
    shares = [(12.5 / 13.5, 0.5 / 31.5), (0.5 / 13.5, 30.5 / 31.5), (0.5 / 13.5, 0.5 / 31.5)]
    by_hand = sum((good - bad) * math.log(good / bad) for bad, good in shares)
    assert found.values["inv_buyer_cnt_12m"] == pytest.approx(by_hand, rel=1e-12)
    # Null tells as much as a number, one bin less: (0.5, 12.5) of 13 against (30.5, 0.5) of 31.
    shares = [(0.5 / 13, 30.5 / 31), (12.5 / 13, 0.5 / 31)]
    assert found.values["reg_age_months"] == pytest.approx(sum((good - bad) * math.log(good / bad) for bad, good in shares), rel=1e-12)
    assert "si_headcount_now" not in found.values  # nobody has a number


def test_too_few_tell_nothing(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    from puhui.reports.variable_strength import strengths

    # Thirty have a number of buyers, one less an age: the others of them are null.
    aged, known, unknown = decided(bank, 29, reg_age_months=90), decided(bank, 1), decided(bank, 1, inv_buyer_cnt_12m=None)
    numbers = [each.pk for each in (*aged, *known, *unknown)]
    day = DAY + timedelta(days=1)
    for defaults, enough in ((9, False), (10, True), (21, True), (22, False)):
        tell(monkeypatch, {number: int(place < defaults) for place, number in enumerate(numbers)})
        found = strengths(bank.institution, day)
        assert (found.loans, found.defaults) == (31, defaults)
        assert ("inv_buyer_cnt_12m" in found.values) == enough, defaults
        assert "reg_age_months" not in found.values
    tell(monkeypatch, {})
    assert strengths(bank.institution, day).values == {}


def test_of_many_some_are_drawn_and_of_few_none_is_lost(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    from puhui.reports import variable_strength

    numbers = [each.pk for each in decided(bank, 40)]
    monkeypatch.setattr(variable_strength, "MOST_WEIGHED", 15)
    tell(monkeypatch, {number: int(place % 4 == 0) for place, number in enumerate(numbers)})
    found = variable_strength.strengths(bank.institution, DAY + timedelta(days=1))
    assert (found.loans, found.defaults) == (25, 10)
    assert list(variable_strength._evenly(range(100, 160))) == list(range(100, 160, 4))


def test_another_lender_is_not_read(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    from puhui.parties.actions import create_institution
    from puhui.reports.variable_strength import strengths

    mine = decided(bank, 2)
    tell(monkeypatch, {each.pk: 1 for each in mine})
    other = create_institution("OTHER", "另一家银行", "bank", DAY)
    assert strengths(other, DAY).loans == 0 and strengths(bank.institution, DAY).loans == 2
