"""Rules over columns where polars could be asked in more than one way."""

from __future__ import annotations

import polars as pl
import pytest

from puhui.calculations.rule_units import BOOLEAN, TEXT
from puhui.calculations.rules import Vocabulary, parse
from puhui.calculations.rules_python import compile_python
from puhui.decisions.rules_polars import compile_polars


@pytest.mark.parametrize("members", [("66", "67"), ("A",), ("林业", "A"), ("four", "çà"), ("eight888", "8fürzeit"), ("66", "667"), ("",)])
def test_membership_of_texts(members):
    """Texts of one length are compared as numbers: the longer, the shorter, the empty and null must not be taken for members."""
    texts = ["66", "67", "667", "6", "A", "林业", "four", "çà", "eight888", "8fürzeit", "", "77", "66\x00", None]
    written = "".join(f"'{member}', " for member in members)
    for operator in ("in", "not in"):
        expression = parse(f"word {operator} ({written})", Vocabulary({"word": TEXT}, {}), BOOLEAN)
        one = [compile_python(expression)({"word": text}, {}) for text in texts]
        many = pl.DataFrame({"word": texts}).lazy().select(compile_polars(expression, {})).collect().to_series().to_list()
        assert one == many == [None if text is None else (text in members) == (operator == "in") for text in texts]
