"""Loans with a history: draws in parts, new rates, money late and early, pauses, misuse, reversals, payoff and termination.

PUHUI_EXAMPLES sets the number of documents (150 by default, the same ones each time; the nightly profile: PUHUI_EXAMPLES=2000).
A refusal, or a doubt of the clerk's, is counted (`pytest --hypothesis-show-statistics`), never a failure; a wrong figure always is.
"""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, event, given, settings
from tests.oracle.answers import Doubt
from tests.oracle.answers import answer as clerk
from tests.oracle.comparing import differences
from tests.oracle.documents import histories

from puhui.calculations.faults import FaultsError
from puhui.calculations.quote import answer


@settings(
    max_examples=int(os.environ.get("PUHUI_EXAMPLES", "150")),
    deadline=None,
    derandomize="PUHUI_EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
)
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
