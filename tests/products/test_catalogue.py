"""The shipped products as a whole: what they name exists, and every rule, bound and figure says where it comes from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import pytest

from puhui.products import parameters, reading

PRODUCTS = reading.catalogue()
DAY = date(2026, 3, 2)


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda one: f"{one.code} {one.valid_from}")
def test_securities_are_kinds_that_the_house_can_value(product: Any) -> None:
    kinds = {row["kind"] for row in parameters.table("security-kinds").valid_on(DAY)}
    assert set(product.security.kinds) <= kinds


@pytest.mark.parametrize("product", [one for one in PRODUCTS if one.policy_class], ids=lambda one: f"{one.code} {one.valid_from}")
def test_every_rule_bound_and_figure_names_its_source(product: Any) -> None:
    body = product.document.body
    rows = [*body["rules"], *body["limit"]["bounds"], *body.get("constants", {}).values(), *body.get("tables", {}).values()]
    without = [row.get("code", row) for row in rows if not row.get("source")]
    assert without == []
    named = [source for source in sources(body) if source.startswith(("products.md", "models_to_follow.md"))]
    assert named, "no section of the reference is named"


def test_versions_of_a_product_do_not_overlap() -> None:
    for one in PRODUCTS:
        later = [other for other in PRODUCTS if other.code == one.code and other.valid_from > one.valid_from]
        assert all(one.valid_to is not None and one.valid_to < other.valid_from for other in later), one.code


def sources(body: Any) -> Iterator[str]:
    if isinstance(body, Mapping):
        yield from (value for key, value in body.items() if key == "source" and isinstance(value, str))
    for part in body.values() if isinstance(body, Mapping) else body if isinstance(body, list) else ():
        yield from sources(part)


HAN = re.compile(r"[\u4e00-\u9fff]")
HALF_WIDTH = re.compile(r"[\u4e00-\u9fff][,;:!?()\[\]\"']|[,;:!?()\[\]\"'][\u4e00-\u9fff]")
CHINESE_NAMES = re.compile(r"款项支付条例|银税|[甲乙丙丁]")  # that English texts use


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda one: f"{one.code} {one.valid_from}")
def test_where_each_figure_comes_from_is_told_in_three_languages(product: Any) -> None:
    """What the product's page shows beside its figures; Chinese is Chinese, with punctuation of full width."""
    body = product.document.body
    figures = {**body.get("constants", {}), **body.get("tables", {})}
    assert [name for name, figure in figures.items() if set(figure["source"]) != {"en", "zh-hans", "zh-hant"}] == []
    for source in (figure["source"] for figure in figures.values()):
        assert not HAN.search(CHINESE_NAMES.sub("", source["en"]))
        for language in ("zh-hans", "zh-hant"):
            assert HAN.search(source[language]) and not HALF_WIDTH.search(source[language]), source[language]
            assert not re.search(r"[a-z]{2}", source[language]), source[language]
