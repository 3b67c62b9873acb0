"""The engine beside the clerk (`tests/oracle`): equal in every figure, or one of the two refuses."""

from __future__ import annotations

from typing import Any

from hypothesis import event
from tests.oracle.answers import Doubt
from tests.oracle.answers import answer as clerk
from tests.oracle.comparing import differences

from puhui.calculations.faults import FaultsError
from puhui.calculations.quote import answer

__all__ = ["right_or_refused"]


def right_or_refused(document: dict[str, Any], left_out: tuple[str, ...] = ()) -> None:
    """A refusal, or a doubt of the clerk's, is counted and never a failure; a wrong figure (but of the keys left out) always is."""
    try:
        expected = clerk(document)
        found = answer(document)
    except (FaultsError, Doubt) as refusal:
        event(type(refusal).__name__)
        return
    event("answered")
    assert [each for each in differences(found, expected) if each[1] not in left_out] == []
