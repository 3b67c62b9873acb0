"""Whole lives of loans: Chinese notes with settlements, LPR, markup and extension; international ones with all that happens to a loan."""

from __future__ import annotations

from typing import Any

from hypothesis import event, given
from tests.examples import examples
from tests.oracle.answers import Doubt
from tests.oracle.answers import answer as clerk
from tests.oracle.comparing import differences
from tests.oracle.habits import chinese_lives, international_lives

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
@given(chinese_lives())
def test_chinese_lives_are_right_or_refused(document: dict[str, Any]) -> None:
    right_or_refused(document)


@examples(100)
@given(international_lives())
def test_international_lives_are_right_or_refused(document: dict[str, Any]) -> None:
    right_or_refused(document)
