"""Money before it is due: 减额, 缩期, 提前还 to the next or the last instalment, interest recalculated or as scheduled, payoff."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from tests.calculations.beside_the_clerk import right_or_refused
from tests.examples import examples
from tests.oracle.documents import early_money
from tests.oracle.habits import prepaid_plans


@examples(150)
@given(early_money())
def test_early_money_is_right_or_refused(document: dict[str, Any]) -> None:
    right_or_refused(document)


@examples(150)
@given(prepaid_plans())
def test_prepaid_plans_are_right_or_refused(document: dict[str, Any]) -> None:
    right_or_refused(document)
