"""A product in plain words: every product, every language, no spelling of the file left over, and sums said as somebody would say them."""

from __future__ import annotations

import re
from datetime import date

import pytest

from puhui.features import registry
from puhui.products import explaining, parameters, reading
from puhui.products.documents import text_document
from puhui.products.fields import LANGUAGES
from puhui.products.wording import Wording

DAY = date(2026, 3, 2)
PRODUCTS = {product.code: product for product in reading.catalogue(DAY)}
TITLES = {variable.name: dict(variable.titles) for variable in registry.catalogue()}
ALWAYS = {"who", "proof", "class", "amount", "term", "rate", "security", "loss", "interest", "approval", "conditions", "time"}
OF_EACH_LOAN = {"rate", "security", "loss", "interest", "conditions"}
SPELT = re.compile(r"[a-z]+_[a-z_]+|[{}]|==|>=|<=")


def parts(code: str, language: str) -> dict[str, explaining.Part]:
    product = PRODUCTS[code]
    tables = {part: parameters.table(name) for part, name in product.parameters.items()}
    return {part.code: part for part in explaining.explain(product, tables, DAY, language, TITLES)}


@pytest.mark.parametrize("code", PRODUCTS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_product_explains_itself(code: str, language: str) -> None:
    told = parts(code, language)
    assert told.keys() >= (ALWAYS - OF_EACH_LOAN | {"loans"} if PRODUCTS[code].parts else ALWAYS)
    assert not (PRODUCTS[code].parts and OF_EACH_LOAN & told.keys())  # the products of the parts tell them
    for part in told.values():
        assert part.title and all(line.strip() for line in part.lines)
        left = [line for line in part.lines if SPELT.search(line)]
        assert not left, left
    assert told == parts(code, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_figures_below_nought_have_a_minus_and_chinese_brackets_are_of_full_width(language: str) -> None:
    lines = [line for code in PRODUCTS for part in parts(code, language).values() for line in part.lines]
    assert [line for line in lines if "−30%" in line], "the growth that a need of working capital is bounded by"
    assert [line for line in lines if re.search(r"(?<![\w\u4e00-\u9fff])-\d", line)] == []
    if language != "en":
        formulas = [line for line in lines if re.search("[×÷]", line)]
        assert [line for line in formulas if "(" in line or ")" in line] == []


def test_every_rule_bound_condition_and_fact_is_told() -> None:
    for code, product in PRODUCTS.items():
        told = parts(code, "en")
        assert all(any(rule.names["en"] in line for line in told["who"].lines) for rule in product.rules), code
        assert all(any(bound.names["en"] in line for line in told["amount"].lines) for bound in product.bounds), code
        conditions = told["conditions"].lines if "conditions" in told else ()
        assert len(conditions) == len(product.conditions) + sum(bool(one.condition) for one in product.unknowns)
        assert all(any(one.product in line for line in told["loans"].lines) for one in product.parts), code
        assert ("asked" in told) == bool(product.application)


def test_a_rule_is_told_with_its_condition() -> None:
    """So a threshold that was changed is told, whatever the words of the rule say."""
    text = (reading.CATALOGUE / "products" / "invoice-working-capital-2020-01-01.toml").read_text(encoding="utf-8")
    for threshold in (9, 12):
        changed = text.replace("inv_out_active_months_12m >= 9", f"inv_out_active_months_12m >= {threshold}")
        product = reading.from_document(text_document(changed, "product", "x.toml"))
        tables = {part: parameters.table(name) for part, name in product.parameters.items()}
        who = next(part for part in explaining.explain(product, tables, DAY, "en", TITLES) if part.code == "who")
        assert f"Sales in nine or more of the last twelve months (Months with sales, of 12 is at least {threshold})" in who.lines[1]


def test_formula_in_words() -> None:
    product = PRODUCTS["equipment-mortgage-loan"]
    bound = next(one for one in product.bounds if one.code == "forced_sale").formula.expression.tree
    assert Wording(product, "en", TITLES).formula(bound) == (
        "[60% for A; 50% for B; 40% for C] × Price on the purchase invoices × “What is left of the cost: 85% a year, (1 − 15%) to the "
        "power of the years; nothing after seven” × How well the machines sell, by the appraiser: 1 at once, 0 not at all"
    )
    rule = next(one for one in PRODUCTS["procurement-contract-loan"].rules if one.code == "term_fits").require.expression.tree
    assert Wording(PRODUCTS["procurement-contract-loan"], "en", TITLES).formula(rule) == (
        "months of the loan is at most Months to the last payment + 2 months"
    )
    assert Wording(PRODUCTS["procurement-contract-loan"], "zh-hans", TITLES).formula(rule) == "贷款月数不超过距末次付款月数 + 2个月"


def test_a_figure_beside_an_amount_is_an_amount() -> None:
    product = PRODUCTS["tax-credit-loan"]
    rule = next(one for one in product.rules if one.code == "taxes_paid").require.expression.tree
    assert Wording(product, "en", TITLES).formula(rule) == "Taxes paid and relieved, 12 months is at least 50,000 yuan"
    assert Wording(product, "zh-hans", TITLES).formula(rule).endswith("不低于5万元")
    bound = next(one for one in PRODUCTS["four-class-loan"].bounds if one.code == "unsecured_in_all").formula.expression.tree
    assert Wording(PRODUCTS["four-class-loan"], "zh-hans", TITLES).formula(bound) == "100万元 − 他行非抵押授信余额"


def test_who_shares_pays_and_approves() -> None:
    told = parts("business-start-guarantee-loan", "en")
    assert told["loss"].lines == ("the guarantee fund 80%, the lender 20% of the principal lost.",)
    assert told["interest"].lines == ("The treasury pays 50% of the interest for up to 36 months; the borrower pays the rest.",)
    assert told["rate"].lines[1] == "From 2.9% to 3.5% a year, and within what the law permits."
    assert told["approval"].lines[0] == "Nobody, at once: A up to 500,000 yuan; B up to 300,000 yuan; C up to 100,000 yuan."
    assert parts("equipment-upgrade-loan", "zh-hans")["interest"].lines == ("财政贴息1.5个百分点，最长24个月，其余由借款人承担。",)
