"""Whole lives of loans: Chinese notes with settlements, LPR, markup and extension; international ones with all that happens to a loan."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from tests.calculations.beside_the_clerk import right_or_refused
from tests.examples import examples
from tests.oracle.habits import chinese_lives, international_lives


@examples(100)
@given(chinese_lives())
def test_chinese_lives_are_right_or_refused(document: dict[str, Any]) -> None:
    right_or_refused(document)


@examples(100)
@given(international_lives())
def test_international_lives_are_right_or_refused(document: dict[str, Any]) -> None:
    right_or_refused(document)
