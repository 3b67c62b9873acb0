"""The page of a product in Chinese: where its figures come from, and a price that goes by days, in the reader's words."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("language", "source", "step"),
    [
        ("zh-hans", "产品参考资料第20节［P26］", "用款满5天后，超出天数的年利率加收7.2个百分点"),
        ("zh-hant", "產品參考資料第20節［P26］", "用款滿5天後，超出天數的年利率加收7.2個百分點"),
        ("en", "products.md §20 [P26]", "From the night 5 days after the payout on, 7.2 points a year more"),
    ],
)
def test_sources_and_steps_in_the_language_of_the_reader(scenario: Any, client_of: Any, language: str, source: str, step: str) -> None:
    client = client_of("risk")
    client.cookies["django_language"] = language
    page = client.get("/products/emergency-bridging/").content.decode()
    assert f"<td>{source}</td>" in page and step in page
    assert language == "en" or "products.md" not in page
