"""The seven don'ts: each is found in a product, an offer, a contract; all products of the catalogue are free of them."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest

from puhui.calculations.faults import FaultsError
from puhui.calculations.prohibitions import prohibition_faults, top_rate_fault
from puhui.products import reading
from puhui.products.documents import text_document
from puhui.products.lawful import check_terms, product_faults
from puhui.products.parameters import table

DAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("name", "article"),
    [
        ("以贷转存保证金", "七不准 1"),
        ("日均存款奖励费", "七不准 2"),
        ("Commitment fee", "七不准 3"),
        ("财务顾问费", "七不准 4"),
        ("贵金属", "七不准 5"),
        ("Valuation fee", "七不准 7"),
        ("砍头息", "Civil Code 670"),
    ],
)
def test_each_is_found_with_its_article(name: str, article: str):
    terms = {"fees": [{"name": "Early repayment", "amount": "10"}, {"name": name, "amount": "100"}]}
    with pytest.raises(FaultsError) as raised:
        check_terms(terms, DAY, "offer")
    [fault] = raised.value.faults
    assert article in fault.expected
    assert fault.where == "offer: fees.2.name"
    check_terms({"fees": terms["fees"][:1]}, DAY, "offer")


def test_conditions_are_read_too_but_a_valuation_may_be_one():
    rows = table("seven-donts").valid_on(DAY)
    assert len(prohibition_faults(rows, {}, ["The firm agrees to buy a fund of the bank"])) == 1
    assert prohibition_faults(rows, {}, ["The valuation fee is paid by the bank; an appraisal is in hand"]) == []
    assert prohibition_faults(table("seven-donts").valid_on(date(2011, 1, 1)), {}, ["buy a fund"]) == []


@pytest.mark.parametrize(
    ("old", "new", "needle", "article"),
    [
        ("texts.zh-hans = \"法定代表人或经营者已签署", "texts.zh-hans = \"贷款的20%须存为本行定期存款", "存为本行", "七不准 2"),
        ("texts.zh-hans = \"法定代表人或经营者已签署", "texts.zh-hans = \"借款人购买本行理财", "购买本行", "七不准 5"),
        ("penalty = {", 'fees = [{ name = "财务顾问费", when = "drawdown", amount = "1000" }]\npenalty = {', "财务顾问费", "七不准 4"),
        ("rate_minimum = 0.03\nrate_maximum = 0.15", "rate_minimum = 0.24\nrate_maximum = 0.24", "rate_minimum", "七不准 6"),
    ],
)  # fmt: skip
def test_in_a_file_each_is_told_with_its_line(old: str, new: str, needle: str, article: str):
    text = (reading.CATALOGUE / "products" / "invoice-working-capital-2020-01-01.toml").read_text(encoding="utf-8")
    assert old in text
    text = text.replace(old, new, 1)
    faults = product_faults(reading.from_document(text_document(text, "product", "mine.toml")))
    line = text[: text.index(needle)].count("\n") + 1
    assert faults and all(one.where.startswith(f"mine.toml:{line}:") and article in one.expected for one in faults)


def test_all_at_the_top():
    assert top_rate_fault(240_000, 240_000, 240_000)[0].expected.endswith("(七不准 6, 一浮到顶)")
    assert top_rate_fault(30_000, 240_000, 240_000) == []
    assert top_rate_fault(29_000, 29_000, 240_000) == []  # one low rate for all is no top


def test_products_of_the_catalogue_are_lawful():
    products = reading.catalogue()
    assert len(products) > 20
    assert [fault for product in products for fault in product_faults(product)] == []
    terms = dict(products[0].terms) | {"fees": [{"name": "承诺费", "amount": "1"}]}
    assert len(product_faults(dataclasses.replace(products[0], terms=terms))) == 1
