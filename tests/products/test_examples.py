"""Example applications of every product (tests/cases/products): what a credit officer reckons by hand is what the engine says."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from tests.decisions.conftest import tiny_model_body

from puhui.calculations.linkage import Link, Observation, review
from puhui.decisions import batch, engine, facts
from puhui.products import parameters, reading
from puhui.products.linkages import change_of_rate
from puhui.products.terms import Product
from puhui.scoring.model import Model

DAY = date(2026, 3, 2)
FOLDER = Path(__file__).parents[1] / "cases" / "products"
CLEAN = yaml.safe_load((FOLDER / "clean.yaml").read_text(encoding="utf-8"))
FILES = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.yaml")) if path.stem != "clean"}
CASES = [(name, case) for name, file in FILES.items() for case in file["cases"]]
PRODUCTS = reading.catalogue()
TABLES = {name: parameters.table(name) for product in PRODUCTS for name in product.parameters.values()}
KINDS = {"approve", "refuse", "refer", "boundary"}


def product_of(file: dict[str, Any]) -> Product:
    """The version in force on the day of the file."""
    day = file.get("day", DAY)
    return next(one for one in PRODUCTS if one.code == file["product"] and one.valid_from <= day and (one.valid_to or day) >= day)


def model_of(product: Product) -> Model | None:
    return None if product.policy_class else Model.load(tiny_model_body())


def asked(file: dict[str, Any], case: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The frozen facts of an example and its request."""
    product, day, model = product_of(file), file.get("day", DAY), model_of(product_of(file))
    values = CLEAN["facts"] | file.get("facts", {}) | case.get("facts", {})
    unknown = values.keys() - product.variables.keys() - CLEAN["facts"].keys() - set(model.columns if model else ())
    assert not unknown, f"variables that the product does not read: {sorted(unknown)}"
    frozen = facts.freeze(
        business_date=day,
        snapshot={
            "id": 1,
            "digest": "d",
            "catalogue_digest": "c",
            "as_of": str(day - timedelta(days=2)),
            "values": values,
            "null_reasons": {},
        },
        consent={"id": 1, "text_version": "1"},
        lender={"kind": "bank", "currency": "CNY"},
        firm=CLEAN["firm"] | file.get("firm", {}) | case.get("firm", {}),
        exposure={"reserved_fen": 0, "outstanding_fen": file.get("exposure", 0) * 100},
        wanted=set(product.variables) | set(model.columns if model else ()),
        titles={},
    )
    ask = {"months": 12, "purpose": "stock"} | case["ask"]
    request = {"amount_fen": ask["amount"] * 100, "term_months": ask["months"], "purpose": ask["purpose"], "channel": "counter"}
    request["facts"] = file.get("form", {}) | case.get("form", {})
    return frozen, request


def tables_of(product: Product) -> dict[str, parameters.Table]:
    return {part: TABLES[name] for part, name in product.parameters.items()}


def decided(file: dict[str, Any], case: dict[str, Any]) -> dict[str, Any]:
    product = product_of(file)
    frozen, request = asked(file, case)
    return engine.decide(frozen, product, model_of(product), tables_of(product), request)


def told(record: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    """What the record says of everything that the example expects, and of the reasons always."""
    result, reasons = record["result"], record["reasons"]
    found = {
        "outcome": result["outcome"],
        "class": result["risk_class"],
        "limit": result["limit_fen"] / 100,
        "amount": result["amount_fen"] / 100,
        "rate": None if result["rate_ppm"] is None else result["rate_ppm"] / 1_000_000,
        "bound": record["stages"]["limit"]["bound"],
        "authority": result["authority"],
        "vetoes": [reason["code"] for reason in reasons if reason.get("severity") == "veto"],
        "refers": [reason["code"] for reason in reasons if reason.get("severity") == "refer"],
        "interest": record["stages"]["offer"].get("cost", {}).get("interest_fen", 0) / 100,
        "dues": {
            date.fromisoformat(each["due"]): float(each["principal"]) for each in record["stages"]["offer"].get("terms", {}).get("dues", ())
        },
    }
    return {key: value for key, value in found.items() if key in expected or key in ("vetoes", "refers")}


@pytest.mark.parametrize(("name", "case"), CASES, ids=[f"{name}: {case['kind']}, {case['name']}" for name, case in CASES])
def test_example(name: str, case: dict[str, Any]) -> None:
    expected = {"vetoes": [], "refers": []} | case["expect"]
    assert told(decided(FILES[name], case), expected) == expected


@pytest.mark.parametrize("name", FILES)
def test_examples_in_a_batch_are_answered_alike(name: str) -> None:
    """The engine for many on the examples of a product, all at once: outcome, class, limit, amount, rate and authority to the fen."""
    file, product = FILES[name], product_of(FILES[name])
    rows, expected = [], []
    for case in file["cases"]:
        frozen, request = asked(file, case)
        rows.append({**facts.case_facts(frozen, request), **dict.fromkeys(product.application), **request["facts"]})
        result = decided(file, case)["result"]
        expected.append({key: result[key] for key in ("outcome", "risk_class", "limit_fen", "amount_fen", "rate_ppm", "authority")})
    frame = pl.DataFrame(rows, infer_schema_length=None)
    found = batch.decide_many(frame, product, model_of(product), tables_of(product), day=file.get("day", DAY), lender_kind="bank")
    assert found.select(list(expected[0])).to_dicts() == expected


def test_every_version_of_every_product_has_examples_of_every_kind() -> None:
    kinds: dict[str, set[str]] = {one.digest: set() for one in PRODUCTS}
    for file in FILES.values():
        kinds[product_of(file).digest] |= {case["kind"] for case in file["cases"]}
    assert [f"{one.code} {one.valid_from}: {KINDS - kinds[one.digest]}" for one in PRODUCTS if kinds[one.digest] != KINDS] == []


@pytest.mark.parametrize("name", FILES)
def test_examples_are_what_their_kind_says(name: str) -> None:
    outcomes = {case["kind"]: case["expect"]["outcome"] for case in FILES[name]["cases"]}
    assert (outcomes["approve"], outcomes["refuse"], outcomes["refer"]) == ("approve", "refuse", "refer")


LOOKS = [(name, look) for name, file in FILES.items() for look in file.get("looks", ())]


@pytest.mark.parametrize(("name", "look"), LOOKS, ids=[f"{name}: {look['name']}" for name, look in LOOKS])
def test_look_at_what_the_rate_follows(name: str, look: dict[str, Any]) -> None:
    """A case that was decided, and what is seen on a review date with its evidence: the change of the rate and the rate."""
    file = FILES[name]
    product = product_of(file)
    record = decided(file, next(case for case in file["cases"] if case["name"] == look["case"]))
    link = next(one for one in product.linkage if one.code == look["link"])
    value = change_of_rate(link, product, record["facts"]["variables"], look["seen"]) if link.formula else look["seen"]
    day = date(2026, 6, 2)
    seen = Observation(link.code, value, day, day, link.evidence)
    calculated = Link(link.code, None if link.formula else link.steps, link.measured_months, link.evidence, link.clawback)
    limits = {"lowest_ppm": product.price.minimum_ppm, "highest_ppm": product.price.maximum_ppm}
    found = review(record["result"]["rate_ppm"], [calculated], [seen], day, **limits)
    assert (found.changes[0][1], found.rate_ppm) == (round((look["expect"]["change"] or 0) * 1e6), round(look["expect"]["rate"] * 1e6))
    assert (link.code in found.unproved) == (look["expect"]["change"] is None)


def test_every_link_is_looked_at_in_an_example() -> None:
    """The two versions of a product share its examples."""
    seen = {(product_of(FILES[name]).code, look["link"]) for name, look in LOOKS}
    assert {(one.code, link.code) for one in PRODUCTS for link in one.linkage} - seen == set()
