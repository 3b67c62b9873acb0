"""Schedules without a history: the engine's figures are those of the clerk who counts day by day, or it refuses."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from tests.calculations.beside_the_clerk import right_or_refused
from tests.examples import examples
from tests.oracle.answers import answer as clerk
from tests.oracle.comparing import differences
from tests.oracle.documents import chinese_terms, international_terms

from puhui.calculations.quote import answer


@examples(150)
@given(chinese_terms())
def test_what_chinese_lenders_write_is_answered_and_right(document: dict[str, Any]) -> None:
    """No refusal here: the contract settles all of it."""
    assert differences(answer(document), clerk(document)) == []


@examples(150)
@given(international_terms())
def test_international_terms_are_right_or_refused(document: dict[str, Any]) -> None:
    right_or_refused(document)
