"""Loans whose plan is changed under way (展期, 调整还款计划, 重组), ended early or written off: right by the clerk, or refused."""

from __future__ import annotations

from typing import Any

from hypothesis import event, given
from tests.examples import examples
from tests.oracle.answers import Doubt
from tests.oracle.answers import answer as clerk
from tests.oracle.comparing import differences
from tests.oracle.documents import changed_plans

from puhui.calculations.faults import FaultsError
from puhui.calculations.quote import answer


@examples(150)
@given(changed_plans())
def test_changed_plans_are_right_or_refused(document: dict[str, Any]) -> None:
    try:
        expected = clerk(document)
        found = answer(document)
    except (FaultsError, Doubt) as refusal:
        event(type(refusal).__name__)
        return
    event("answered")
    assert differences(found, expected) == []
