"""One payment over several debts: each sentence of Civil Code 560 and 561 with a case of its own, and what must always hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from puhui.calculations.debts import Debt, distribute, proportional
from puhui.calculations.faults import FaultsError

TODAY = date(2026, 3, 20)


def debt(name: str, days_past_due: int = 10, principal: int = 100_00, **figures: int) -> Debt:
    return Debt(name, TODAY - timedelta(days=days_past_due), principal, **figures)


def paid(payment: int, *debts: Debt, **named: object) -> dict[str, int]:
    shares, _ = distribute(payment, debts, TODAY, **named)  # type: ignore[arg-type]
    return {share.debt: share.amount for share in shares}


def test_560_the_agreement_goes_first_then_what_the_debtor_says() -> None:
    a, b, c = debt("a"), debt("b"), debt("c", days_past_due=90)
    assert paid(150_00, a, b, c, agreed=["b"], designated=["a"]) == {"b": 100_00, "a": 50_00}
    assert paid(150_00, a, b, c, designated=["a"]) == {"a": 100_00, "c": 50_00}


def test_560_debts_that_are_due_before_those_that_are_not() -> None:
    """债务人未作指定的，应当优先履行已经到期的债务."""
    due, later = debt("due", security_ppm=1_000_000), debt("later", days_past_due=-30)
    assert paid(60_00, later, due, not_due=True) == {"due": 60_00}
    assert distribute(150_00, [later, due], TODAY)[1] == 50_00  # what is not due is left alone unless it is asked for
    assert paid(150_00, later, due, not_due=True) == {"due": 100_00, "later": 50_00}


def test_560_then_the_debt_without_security_or_with_the_least() -> None:
    """数项债务均到期的，优先履行对债权人缺乏担保或者担保最少的债务."""
    mortgage, part, none = debt("mortgage", 99, security_ppm=1_000_000), debt("part", security_ppm=300_000), debt("none", 1)
    shares, _ = distribute(250_00, [mortgage, part, none], TODAY)
    assert [(share.debt, share.amount, share.ground) for share in shares] == [
        ("none", 100_00, "security"), ("part", 100_00, "security"), ("mortgage", 50_00, "security")
    ]  # fmt: skip


def test_560_then_the_heavier_burden_then_the_earlier_due_date() -> None:
    """均无担保或者担保相等的，优先履行债务人负担较重的债务；负担相同的，按照债务到期的先后顺序履行."""
    light, heavy = debt("light", 90, burden_ppm=43_500), debt("heavy", 5, burden_ppm=65_250)
    assert paid(120_00, light, heavy) == {"heavy": 100_00, "light": 20_00}
    shares, _ = distribute(120_00, [debt("younger", 5), debt("older", 90)], TODAY)
    assert [(share.debt, share.amount, share.ground) for share in shares] == [("older", 100_00, "due_date"), ("younger", 20_00, "due_date")]


def test_560_and_what_fell_due_on_one_day_in_proportion() -> None:
    """到期时间相同的，按照债务比例履行."""
    shares, left = distribute(100_00, [debt("a", principal=300_00), debt("b", principal=100_00)], TODAY)
    assert [(share.debt, share.amount, share.ground) for share in shares] == [("a", 75_00, "proportion"), ("b", 25_00, "proportion")]
    assert left == 0
    assert paid(1_00, debt("a", principal=1), debt("b", principal=1), debt("c", principal=1)) == {"a": 1, "b": 1, "c": 1}
    assert proportional(100, [1, 1, 1]) == [34, 33, 33]


def test_561_costs_then_interest_then_the_principal() -> None:
    """（一）实现债权的有关费用；（二）利息；（三）主债务."""
    owed = debt("a", principal=1000_00, interest=80_00, cost=20_00)
    ((share,), left) = distribute(90_00, [owed], TODAY)
    assert (dict(share.components), left) == ({"cost": 20_00, "interest": 70_00}, 0)
    ((share,), left) = distribute(200_00, [owed], TODAY)
    assert dict(share.components) == {"cost": 20_00, "interest": 80_00, "principal": 100_00}
    ((share,), left) = distribute(150_00, [owed], TODAY, within=("principal", "interest", "cost"))  # agreed otherwise
    assert dict(share.components) == {"principal": 150_00}


def test_faults_are_named_together() -> None:
    with pytest.raises(FaultsError) as caught:
        distribute(0, [debt("a"), debt("a"), replace(debt("b"), cost=-1)], TODAY, agreed=["x"], within=("interest",))
    assert {fault.where for fault in caught.value.faults} == {"payment", "debt a", "debt b", "agreed", "within"}


debts = st.lists(
    st.builds(
        Debt,
        id=st.uuids().map(str),
        due=st.dates(TODAY - timedelta(days=3), TODAY + timedelta(days=2)),
        principal=st.integers(0, 500),
        interest=st.integers(0, 50),
        cost=st.integers(0, 9),
        security_ppm=st.sampled_from([0, 500_000]),
        burden_ppm=st.sampled_from([43_500, 65_250]),
    ),
    max_size=6,
    unique_by=lambda each: each.id,
)


@given(payment=st.integers(1, 2_000), owed=debts, not_due=st.booleans())
def test_nothing_is_lost_and_nobody_is_paid_out_of_turn(payment: int, owed: list[Debt], not_due: bool) -> None:
    shares, left = distribute(payment, owed, TODAY, not_due=not_due)
    got = {share.debt: share.amount for share in shares}
    assert sum(got.values()) + left == payment
    assert all(sum(share.components.values()) == share.amount for share in shares)
    payable = [each for each in owed if not_due or each.due <= TODAY]
    assert all(got.get(each.id, 0) <= each.total for each in owed)
    assert left == 0 or all(got.get(each.id, 0) == each.total for each in payable)

    def rank(each: Debt) -> tuple[object, ...]:
        return each.due > TODAY, each.security_ppm, -each.burden_ppm, each.due

    for first in payable:
        for second in payable:
            if rank(first) < rank(second) and got.get(second.id):
                assert got.get(first.id, 0) == first.total  # the later one got something only because the earlier one is whole
