"""Loans with a history: draws in parts, new rates, money late and early, pauses, misuse, reversals, payoff and termination.

A refusal, or a doubt of the clerk's, is counted (`pytest --hypothesis-show-statistics`), never a failure; a wrong figure always is.
"""

from __future__ import annotations

from typing import Any

from hypothesis import given
from tests.calculations.beside_the_clerk import right_or_refused
from tests.examples import examples
from tests.oracle.documents import histories


@examples(150)
@given(histories())
def test_histories_are_right_or_refused(document: dict[str, Any]) -> None:
    right_or_refused(document)
