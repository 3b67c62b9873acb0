"""The stage of rules over many rows: more rules than an octet of reasons holds, and each way that a rule may take what is unknown."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

import polars as pl
import pytest
from tests.decisions.conftest import DAY
from tests.decisions.test_engine import PRODUCT

from puhui.calculations.rule_units import BOOLEAN, number
from puhui.calculations.rules import Vocabulary, parse
from puhui.decisions.batch_stages import Many, reason_codes, rules
from puhui.products.terms import Formula

ROWS = 60
KINDS = list(itertools.product(("veto", "refer"), ("pass", "fail", "refer"), (True, False)))


def of_many_rules(count: int):
    """A product whose rule number n asks that column c_n be above a half, or equal to a figure; each way of null and severity in turn."""
    vocabulary = Vocabulary({f"c_{place}": number("ratio") for place in range(count)}, {})
    made = []
    for place, (severity, when_null, compares) in zip(range(count), itertools.cycle(KINDS), strict=False):
        text = f"c_{place} > 0.5" if compares else f"c_{place} in (1, 2)"
        formula = Formula(parse(text, vocabulary, BOOLEAN), lambda facts, tables: None)
        made.append(replace(PRODUCT.rules[0], code=f"rule_{place}", require=formula, severity=severity, when_null=when_null))
    return replace(PRODUCT, rules=tuple(made))


def by_hand(product, row) -> tuple[set[str], set[str], bool]:
    """(codes against, those that refuse, whether a person is asked)"""
    against, refusing, asked = set(), set(), False
    if row["firm_kind"] not in product.borrower_kinds:
        against.add("borrower_kind")
    if row["term_months"] is None or not product.minimum_months <= row["term_months"] <= product.maximum_months:
        against.add("term")
    refusing |= against
    for place, rule in enumerate(product.rules):
        value = row[f"c_{place}"]
        if (value is None and rule.when_null != "pass") or value == 0:
            against.add(rule.code)
            doubtful = rule.severity == "refer" or (value is None and rule.when_null == "refer")
            asked |= doubtful
            if not doubtful:
                refusing.add(rule.code)
    return against, refusing, asked


@pytest.mark.parametrize("count", [1, 6, 7, 14, 15, 30, 31, 45])
def test_every_rule_has_its_bit(count):
    product, dice = of_many_rules(count), random.Random(count)
    columns = {f"c_{place}": [dice.choice([None, 0.0, 1.0, 1.0, 1.0]) for _ in range(ROWS)] for place in range(count)}
    columns["c_0"] = [1.0] * ROWS  # the same in all rows
    frame = pl.DataFrame(columns, dict.fromkeys(columns, pl.Float64)).with_columns(
        firm_kind=pl.Series([dice.choice([*product.borrower_kinds, "public_body", None]) for _ in range(ROWS)]),
        term_months=pl.Series([dice.choice([12.0, 12.0, 600.0, None]) for _ in range(ROWS)]),
    )
    many = Many(frame, frame, product, None, {}, DAY, "bank")
    rules(many)
    codes = reason_codes(product)
    for place, row in enumerate(frame.iter_rows(named=True)):
        found = [{code for bit, code in enumerate(codes) if int(word[place]) >> bit & 1} for word in (many.reasons, many.vetoes)]
        assert (*found, bool(many.referred[place])) == by_hand(product, row), row


def test_a_reason_of_the_engine_has_room_beside_those_of_the_rules():
    """Fourteen rules fill the sixteen bits that their stage asks for; what comes later is wider."""
    product = of_many_rules(14)
    frame = pl.DataFrame({f"c_{place}": [0.0, 1.0] for place in range(14)}).with_columns(
        firm_kind=pl.lit(product.borrower_kinds[0]), term_months=pl.lit(12.0)
    )
    many = Many(frame, frame, product, None, {}, DAY, "bank")
    rules(many)
    many.against("part_refused", many.vetoes != 0, "veto")
    every = [rule.code for rule in product.rules]
    told = [[code for bit, code in enumerate(reason_codes(product)) if int(word) >> bit & 1] for word in many.reasons]
    assert told == [[*every, "part_refused"], []]
    assert int(many.vetoes[0]) >> reason_codes(product).index("part_refused") & 1
