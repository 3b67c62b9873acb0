"""Formulas of what a rate follows: typed and checked like rules, over the facts of a review date and those of the decision."""

from __future__ import annotations

from typing import Any

import pytest

from puhui.calculations.faults import FaultsError
from puhui.products import reading
from puhui.products.linkages import change_of_rate
from puhui.products.terms import Product

CODE = "employment-linked-loan"
BODY: dict[str, Any] = next(one for one in reading.catalogue() if one.code == CODE).document.body
TEXTS = {"en": "New shops", "zh-hans": "新店", "zh-hant": "新店"}


def product(**changes: Any) -> Product:
    """The product with other fields of its link; None takes one out."""
    link = {key: value for key, value in {**BODY["linkage"][0], **changes}.items() if value is not None}
    return reading.from_body(CODE, {**BODY, "linkage": [link]})


def test_the_formula_speaks_of_both_days() -> None:
    found = product()
    (link,) = found.linkage
    assert (link.fact, link.steps, list(link.observed)) == ("", (), ["insured_now", "key_group_hires"])
    # 5% × max(0, 12% − 5.5%) + 5% × 12% − 5% × 3 ÷ 25
    change = change_of_rate(link, found, {"si_headcount_now": 25}, {"insured_now": 22, "key_group_hires": 3})
    assert change == pytest.approx(0.05 * (0.12 - 0.055) + 0.05 * 0.12 - 0.05 * 3 / 25)
    # Nobody was insured at the decision, or it is not known how many: the change is not known.
    assert [change_of_rate(link, found, {"si_headcount_now": base}, {"insured_now": 22}) for base in (0, None)] == [None, None]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"change": "insured_now"}, "persons"),  # people are no share
        ({"change": "(insured_now - key_group_hires) / vat_sales_12m"}, "persons/CNY"),  # people by yuan
        ({"change": "(insured_now - hired) / si_headcount_now + 0 * key_group_hires / insured_now"}, "the unknown name 'hired'"),
        ({"change": "0 * insured_now / si_headcount_now"}, "linkage.0.observed"),  # says nothing of the hires
        ({"change": "probability"}, "the unknown name 'probability'"),  # not one of the facts of the case
        ({"fact": "headcount_growth"}, "linkage.0.fact"),
        ({"steps": [{"from": 0, "change": 0}]}, "linkage.0.steps"),
        ({"observed": None, "observed_texts": None}, "linkage.0.observed"),
        ({"observed": {**BODY["linkage"][0]["observed"], "si_headcount_now": "persons"}}, "linkage.0.observed"),
        ({"observed": {"insured_now": "heads", "key_group_hires": "persons"}}, "linkage.0.observed.insured_now"),
        ({"observed_texts": {"insured_now": TEXTS}}, "linkage.0.observed_texts"),
        ({"observed_texts": {**BODY["linkage"][0]["observed_texts"], "shops": TEXTS}}, "linkage.0.observed_texts.shops"),
    ],
)  # fmt: skip
def test_what_a_formula_may_not_be(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(FaultsError) as caught:
        product(**changes)
    assert any(told in str(fault) for fault in caught.value.faults), [str(fault) for fault in caught.value.faults]


def test_nobody_is_judged_by_what_the_law_forbids() -> None:
    observed = {"insured_now": "persons", "key_group_hires": "persons", "female_staff": "persons"}
    texts = {**BODY["linkage"][0]["observed_texts"], "female_staff": TEXTS}
    with pytest.raises(FaultsError, match="the law allows"):
        product(observed=observed, observed_texts=texts, change=BODY["linkage"][0]["change"] + " + 0 * female_staff / insured_now")
