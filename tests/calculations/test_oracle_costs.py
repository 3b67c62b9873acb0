"""Fees of every kind, a margin and third parties' fees: what a schedule charges and what it costs a year."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from tests.calculations.beside_the_clerk import right_or_refused
from tests.examples import examples
from tests.oracle.documents import costly_terms


@examples(100)
@given(costly_terms())
def test_costly_terms_are_right_or_refused(document: dict[str, Any]) -> None:
    right_or_refused(document)
