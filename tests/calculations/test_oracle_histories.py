"""Loans with a history: draws in parts, new rates, money late and early, pauses, misuse, reversals, payoff and termination.

A refusal, or a doubt of the clerk's, is counted (`pytest --hypothesis-show-statistics`), never a failure; a wrong figure always is.
"""

from __future__ import annotations

from typing import Any

from hypothesis import event, given
from tests.examples import examples
from tests.oracle.answers import Doubt
from tests.oracle.answers import answer as clerk
from tests.oracle.comparing import differences
from tests.oracle.documents import histories

from puhui.calculations.faults import FaultsError
from puhui.calculations.quote import answer


@examples(150)
@given(histories())
def test_histories_are_right_or_refused(document: dict[str, Any]) -> None:
    try:
        expected = clerk(document)
        found = answer(document)
    except (FaultsError, Doubt) as refusal:
        event(type(refusal).__name__)
        return
    event("answered")
    assert differences(found, expected) == []
