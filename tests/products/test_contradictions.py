"""What a product file says against itself is found, at its place; what is in order is left alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.decisions.full_product import full_product, full_text
from tests.decisions.random_strategies import APPLICATION, VARIABLES, Maker
from tests.examples import examples

from puhui.calculations.domains import false_in, holds_nowhere, not_true_in, true_in
from puhui.calculations.rule_units import BOOLEAN, TEXT, kind_of_unit, number
from puhui.calculations.rules import TableKind, Vocabulary, parse
from puhui.calculations.rules_python import compile_python
from puhui.products import parameters, reading, vocabulary
from puhui.products.contradictions import findings

DAY = date(2026, 3, 2)
MORE_BOUND = """"
null = "zero"
names.en = "x"
names.zh-hans = "x"
names.zh-hant = "x"

[[limit.bounds]]
code = "more"
yuan = "0.3 * inv_out_amt_12m"""
OVERLAPPING = """{ when = "conduct_points < 20 and inv_out_yoy > 0", then = 1 },
  { when = "conduct_points > 10 and inv_out_yoy > -1", then = "0.5"""


def found(product):
    tables = {part: parameters.table(name) for part, name in product.parameters.items()}
    return findings(product, tables, DAY)


@pytest.mark.parametrize("path", reading.product_paths(), ids=lambda path: path.stem)
def test_no_product_of_the_catalogue_contradicts_itself(path):
    assert [str(one.fault) for one in found(reading.load(path)) if one.is_contradiction] == []


@pytest.mark.parametrize(
    ("old", "new", "needle", "words"),
    [
        ('require = "firm_age_months >= 12"', 'require = "firm_age_months < -1"', "firm_age_months < -1", "no firm can meet"),
        ('require = "firm_age_months >= 12"', 'require = "firm_age_months >= -1"', "firm_age_months >= -1", "every firm meets"),
        ('require = "inv_out_amt_12m >= 200_000"', 'require = "inv_out_active_months_12m < 9"', "12m < 9", "no firm can meet together"),
        ('require = "inv_out_amt_12m >= 200_000"', 'require = "inv_out_active_months_12m >= 6"', "12m >= 6", "cannot be reached"),
        ('require = "firm_age_months >= 12"', 'require = "inv_out_active_months_12m >= 13"', "12m >= 13", "no firm can meet"),
        ('require = "inv_out_active_months_12m >= 9"', 'require = "inv_out_amt_12m >= 100_000"', "12m >= 100_000", "Rule sales_amount"),
        ('require = "inv_out_last_days <= 60"', 'require = "inv_out_amt_12m >= 150_000"', "12m >= 150_000", "would send to a person"),
        ("{ A = 0.15, B = 0.12, C = 0.08 }", "{ A = 0.15, C = 0.08 }", "values = { A = 0.15, C", "a table without a row for B"),
        ('0.15\nrate_multiple = 0.0005\nsecurity = "un', '0.3\nrate_multiple = 0.0005\nsecurity = "x', "rate_maximum = 0.3", "24.00%"),
        ('"conduct_points >= 5"', '"conduct_points >= 25 and inv_out_yoy > 0"', "25 and inv_out_yoy > 0", "row that cannot be reached"),
        ('"conduct_points >= 5"', '"conduct_points >= 56"', "conduct_points >= 56", "nothing can meet"),
        ("from = 12, points = 30 }", "from = 12, points = 30 }, { from = -1, points = 1 }, { from = 0, points = 2 }", "from = -1", "next"),
        ('then = "C"', 'then = "B"', 'code = "C"', "the class C"),
        ("rate_maximum = 0.15", "rate_maximum = 0.3", "rate_maximum = 0.3", "24.00%"),
        ("spread = { A = 0.0135", "spread = { A = 0.135", "spread = {", "16.50% for class A"),
        ("rate_maximum = 0.15", "rate_maximum = 0.035", 'lent = true\nnames.en = "B', "class B of a bank, whose loans cost 3.55%"),
        ('yuan = "lender_single_borrower_limit"', 'yuan = "min(5000, inv_out_amt_12m)"', "min(5000", "5,000 yuan"),
        ("0.2 * inv_out_amt_12m * (1 - inv_buyer_top1_share)", f"0.2 * inv_out_amt_12m{MORE_BOUND}", "0.3 * inv_out_amt_12m", "0.3 times"),
    ],
)  # fmt: skip
def test_contradictions_are_found_and_placed(tmp_path, old, new, needle, words):
    product = full_product(tmp_path, old, new)
    contradictions = [one.fault for one in found(product) if one.is_contradiction and words in str(one.fault)]
    assert contradictions, [str(one.fault) for one in found(product)]
    text = full_text().replace(old, new, 1)
    assert int(contradictions[0].where.split(":")[1]) == text[: text.index(needle)].count("\n") + 1


def test_a_class_that_nobody_may_grant():
    """The grid has columns for A to D; were E lent to, every yes would end as a no."""
    product = reading.load("four-class-loan", DAY)
    product = replace(product, classes=(*product.classes[:-1], replace(product.classes[-1], is_lent=True)))
    told = [str(one.fault) for one in found(product) if one.is_contradiction]
    assert any("class E, of which no level of authority may grant more than 0 yuan" in each for each in told), told


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("", "", "This bound can never bind."),  # the lender's single-borrower limit is far above a small loan
        ('otherwise = 300_000', "", "a gap: is_first_loan in [0, 1] except 1.0, risk_class in B, C"),
        ("{ A = 0.15, B = 0.12, C = 0.08 }", "{ A = 0.15, B = 0.12, C = 0.08, E = 0.2 }", "a row that nothing looks up: E"),
        ('{ when = "is_first_loan == 1", then = "0.5', OVERLAPPING, "overlaps with row 2"),
    ],
)  # fmt: skip
def test_remarks(tmp_path, old, new, words):
    remarks = [str(one.fault) for one in found(full_product(tmp_path, old, new)) if not one.is_contradiction]
    assert any(words in remark for remark in remarks), remarks


NAMES = {name: kind_of_unit(unit) for name, unit in (VARIABLES | APPLICATION | vocabulary.CASE_FACTS).items()}
TABLES = Maker(0).tables
KINDS = {name: TableKind(TEXT, number("ratio"), frozenset(values)) for name, values in TABLES.items()}


@given(st.integers(0, 2**40))
@examples(150)
def test_what_is_said_to_be_impossible_never_happens(seed):
    """Random conditions and firms: one that holds somewhere must not be called impossible, nor one that fails somewhere certain."""
    maker = Maker(seed)
    expression = parse(maker.condition(3), Vocabulary(NAMES, KINDS), BOOLEAN)
    evaluate = compile_python(expression)
    values = {evaluate(maker.firm(), TABLES) for _ in range(30)}
    assert not (True in values and holds_nowhere(true_in(expression.tree), {}))
    assert not (False in values and holds_nowhere(false_in(expression.tree), {}))
    assert not (values - {True} and holds_nowhere(not_true_in(expression.tree), {}))
