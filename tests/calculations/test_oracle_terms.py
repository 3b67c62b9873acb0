"""Schedules without a history: the engine's figures are those of the clerk who counts day by day, or it refuses.

PUHUI_EXAMPLES sets the number of documents (150 by default, the same ones each time; the nightly profile: PUHUI_EXAMPLES=2000).
"""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, event, given, settings
from tests.oracle.answers import Doubt
from tests.oracle.answers import answer as clerk
from tests.oracle.comparing import differences
from tests.oracle.documents import chinese_terms, international_terms

from puhui.calculations.faults import FaultsError
from puhui.calculations.quote import answer

EXAMPLES = settings(
    max_examples=int(os.environ.get("PUHUI_EXAMPLES", "150")),
    deadline=None,
    derandomize="PUHUI_EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
)


@EXAMPLES
@given(chinese_terms())
def test_what_chinese_lenders_write_is_answered_and_right(document: dict[str, Any]) -> None:
    """No refusal here: the contract settles all of it."""
    assert differences(answer(document), clerk(document)) == []


@EXAMPLES
@given(international_terms())
def test_international_terms_are_right_or_refused(document: dict[str, Any]) -> None:
    try:
        expected = clerk(document)
        found = answer(document)
    except (FaultsError, Doubt) as refusal:
        event(type(refusal).__name__)
        return
    event("answered")
    assert differences(found, expected) == []
