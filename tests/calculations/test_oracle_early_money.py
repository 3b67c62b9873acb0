"""Money before it is due: 减额, 缩期, 提前还 to the next or the last instalment, interest recalculated or as scheduled, payoff."""

from __future__ import annotations

from typing import Any

from hypothesis import event, given
from tests.examples import examples
from tests.oracle.answers import Doubt
from tests.oracle.answers import answer as clerk
from tests.oracle.comparing import differences
from tests.oracle.documents import early_money

from puhui.calculations.faults import FaultsError
from puhui.calculations.quote import answer


@examples(150)
@given(early_money())
def test_early_money_is_right_or_refused(document: dict[str, Any]) -> None:
    try:
        expected = clerk(document)
        found = answer(document)
    except (FaultsError, Doubt) as refusal:
        event(type(refusal).__name__)
        return
    event("answered")
    assert differences(found, expected) == []
