"""Loans whose plan is changed under way (展期, 调整还款计划, 重组) or whose dues keep to working days: right by the clerk, or refused."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from tests.calculations.beside_the_clerk import right_or_refused
from tests.examples import examples
from tests.oracle.documents import changed_plans, working_day_loans


@examples(150)
@given(changed_plans())
def test_changed_plans_are_right_or_refused(document: dict[str, Any]) -> None:
    right_or_refused(document)


@examples(150)
@given(working_day_loans())
def test_working_days_are_right_or_refused(document: dict[str, Any]) -> None:
    """Where the due date alone moves, `days` may be those of the interest or to the moved day: the contract does not tell."""
    right_or_refused(document, () if document["business_days"]["interest_moves"] else ("days",))
