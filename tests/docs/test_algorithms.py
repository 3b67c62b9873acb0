"""The worked examples of `docs/algorithms/` are recomputed: prose that no longer tells what the code does fails here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from puhui.calculations.limits import limit_under
from puhui.calculations.pricing import churn_aware_rate, required_rate
from puhui.calculations.quote import answer

FOLDER = Path(__file__).parents[2] / "docs" / "algorithms"
FENCED = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)


def examples(name: str) -> list[Any]:
    text = (FOLDER / name).read_text(encoding="utf-8")
    return [pytest.param(yaml.safe_load(block), id=f"{name} {number}") for number, block in enumerate(FENCED.findall(text), 1)]


def plain(value: Any) -> Any:
    """YAML reads dates as dates; the quote document has them as text."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def rows(answered: dict[str, Any], expected: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    by_number = {row["number"]: row for row in answered["instalments"]}
    for row in expected:
        yield {key: by_number[row["number"]][key] for key in row}, row


@pytest.mark.parametrize("example", examples("interest-and-schedules.md"))
def test_interest_and_schedules(example: dict[str, Any]) -> None:
    example = plain(example)
    expected = example.pop("expect")
    answered = answer(example.pop("terms") | example)
    for found, row in rows(answered, expected.pop("instalments", [])):
        assert found == row
    for part, values in expected.items():
        assert {key: answered[part][key] for key in values} == values


@pytest.mark.parametrize("example", examples("limit.md"))
def test_limit(example: dict[str, Any]) -> None:
    found = asdict(limit_under(example["limit"].pop("bounds"), **example["limit"]))
    found["missing"] = list(found["missing"])
    assert {key: found[key] for key in example["expect"]} == example["expect"]


@pytest.mark.parametrize("example", examples("price.md"))
def test_price(example: dict[str, Any]) -> None:
    if "required_rate" in example:
        found = {"rate_ppm": required_rate(**example["required_rate"])}
    else:
        arguments = example["churn_aware_rate"]
        found = asdict(churn_aware_rate([(rate, churn) for rate, churn in arguments.pop("curve")], **arguments))
    assert {key: found[key] for key in example["expect"]} == example["expect"]


def test_every_page_has_examples() -> None:
    assert all(examples(name) for name in ("interest-and-schedules.md", "limit.md", "price.md"))
