"""Rules over columns where polars could be asked in more than one way."""

from __future__ import annotations

import polars as pl
import pytest

from puhui.calculations.rule_units import BOOLEAN, TEXT, number
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


@pytest.mark.parametrize("operator", ["==", "!=", "<", "<=", ">", ">="])
@pytest.mark.parametrize("value", [1.0, 2.0, 3.0, None])
def test_a_figure_beside_what_is_the_same_in_all_rows(operator, value):
    expression = parse(f"2 {operator} score", Vocabulary({"score": number("n")}, {}), BOOLEAN)
    frame = pl.DataFrame({"row": [1, 2, 3]}).with_columns(pl.lit(value, dtype=pl.Float64).alias("score"))
    many = frame.with_columns(compile_polars(expression, {}).alias("found"))["found"].to_list()
    assert many == [compile_python(expression)({"score": value}, {})] * 3
