"""Fees of every kind, a margin and third parties' fees: what a schedule charges and what it costs a year."""

from __future__ import annotations

from typing import Any

from hypothesis import event, given
from tests.examples import examples
from tests.oracle.answers import Doubt
from tests.oracle.answers import answer as clerk
from tests.oracle.comparing import differences
from tests.oracle.documents import costly_terms

from puhui.calculations.faults import FaultsError
from puhui.calculations.quote import answer


def right_or_refused(document: dict[str, Any]) -> None:
    try:
        expected = clerk(document)
        found = answer(document)
    except (FaultsError, Doubt) as refusal:
        event(type(refusal).__name__)
        return
    event("answered")
    assert differences(found, expected) == []


@examples(100)
@given(costly_terms())
def test_costly_terms_are_right_or_refused(document: dict[str, Any]) -> None:
    right_or_refused(document)
