"""The worked examples of `docs/algorithms/` are recomputed: prose that no longer tells what the code does fails here."""

from __future__ import annotations

import re
import tomllib
from dataclasses import asdict
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.calculations.case_files import compare
from tests.calculations.workings import unexplained, wrong_sums

from puhui.calculations.extension import ExtensionLimit, latest_maturity
from puhui.calculations.limits import limit_under
from puhui.calculations.pricing import churn_aware_rate, required_rate
from puhui.calculations.quote import answer
from puhui.calculations.rate_steps import started
from puhui.products.reading import catalogue

FOLDER = Path(__file__).parents[2] / "docs" / "algorithms"
CATALOGUE = Path(__file__).parents[2] / "src" / "puhui" / "catalogue" / "parameters"
QUOTED = ("interest.md", "schedules.md", "order-of-repayment.md", "overdue.md", "repricing.md", "lines.md", "renewal.md")
FENCED = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)


def examples(name: str) -> list[Any]:
    text = (FOLDER / name).read_text(encoding="utf-8")
    return [pytest.param(yaml.safe_load(block), id=f"{name} {number}") for number, block in enumerate(FENCED.findall(text), 1)]


@pytest.mark.parametrize("example", [example for name in QUOTED for example in examples(name)])
def test_quoted(example: dict[str, Any]) -> None:
    """An example of terms and events: its sums come out, its figures stand in them, and Puhui answers with them."""
    if "latest_maturity" in example:
        limits = [
            ExtensionLimit(row.get("term_months_up_to"), Fraction(row["share_of_term"]), row.get("months_maximum"))
            for row in rows_of("extension-limits")
        ]
        assert latest_maturity(example["latest_maturity"]["start"], example["latest_maturity"]["maturity"], limits) == example["expect"]
        return
    if "refused" not in example:
        assert wrong_sums(example) == []
        assert unexplained(example) == []
    compare(example)


def rows_of(name: str) -> list[dict[str, Any]]:
    return tomllib.loads((CATALOGUE / f"{name}.toml").read_text(encoding="utf-8"))["rows"]


def test_the_conditions_of_a_renewal_are_those_of_the_table() -> None:
    text = (FOLDER / "renewal.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| `(\w+)` \| ?(.*?) ?\|$", text, re.MULTILINE))
    assert {code: bool(words) for code, words in told.items()} == {row["code"]: row["checked"] for row in rows_of("renewal-conditions")}


@pytest.mark.parametrize("example", examples("limit.md"))
def test_limit(example: dict[str, Any]) -> None:
    found = asdict(limit_under(example["limit"].pop("bounds"), **example["limit"]))
    found["missing"] = list(found["missing"])
    assert {key: found[key] for key in example["expect"]} == example["expect"]


@pytest.mark.parametrize("example", examples("price.md"))
def test_price(example: dict[str, Any]) -> None:
    found: dict[str, Any]
    if "days" in example:
        found = {"used": {used: interest_of_days(example["days"], used) for used in example["expect"]["used"]}}
    elif "required_rate" in example:
        found = {"rate_ppm": required_rate(**example["required_rate"])}
    else:
        arguments = example["churn_aware_rate"]
        found = asdict(churn_aware_rate([(rate, churn) for rate, churn in arguments.pop("curve")], **arguments))
    assert {key: found[key] for key in example["expect"]} == example["expect"]


def interest_of_days(terms: dict[str, Any], used: int) -> str:
    """What closes a loan of the bridging product `used` days after its payout, less what was lent."""
    product = next(one for one in catalogue() if one.code == "emergency-bridging")
    start = date.fromisoformat(terms["start"])
    end = (start + timedelta(days=used)).isoformat()
    document = started({**product.terms, "instalments": 1, **terms}, start)
    lent = {"date": terms["start"], "type": "drawdown", "amount": terms["amount"]}
    totals = answer({**document, "events": [lent, {"date": end, "type": "payoff"}], "as_of": end})["totals"]
    return str(Decimal(totals["total"]) - Decimal(terms["amount"]))


def test_every_page_has_examples() -> None:
    assert all(examples(name) for name in (*QUOTED, "limit.md", "price.md"))
