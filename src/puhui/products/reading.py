"""From a product file to frozen terms: every field checked, every expression parsed and compiled, every fault placed.

A product file declares the variables it uses with their units, so that a stored product can be read again years later, whatever the
catalogue of variables has become; `against_catalogue` holds the two against each other while the product is in use.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from puhui.calculations.faults import Fault, FaultsError, check
from puhui.calculations.rule_units import kind_of_unit
from puhui.products import vocabulary
from puhui.products.classes import coded_rows, policy_faults, read_classes
from puhui.products.derived import read_derived
from puhui.products.documents import CATALOGUE, Document, read_document, stored_document
from puhui.products.fields import Fields
from puhui.products.formulas import Formulas
from puhui.products.lawful import product_faults
from puhui.products.linkages import read_linkage
from puhui.products.loan_parts import read_loan_parts
from puhui.products.mechanisms import read_application, read_security, read_support
from puhui.products.price_steps import read_days, read_steps, steps_consistent
from puhui.products.seasons import read_season
from puhui.products.terms import Bound, Price, Product, Rule, Unknown

__all__ = ["against_catalogue", "catalogue", "from_body", "from_document", "load", "position", "product_paths", "read_through"]

BORROWER_KINDS = ("enterprise", "individual_business", "cooperative", "person", "household")
CONSENT_OF = ("firm", "owner", "spouse", "guarantor", "platform")
MOST_RULES = 50  # with the engine's own reasons they fill the 63 bits of a set of reasons


def load(source: str | Path, day: date | None = None, folder: Path | None = None) -> Product:
    """A product by path, or by code as it is valid on `day`. `folder`: an institution's own catalogue, which goes first.

    Raises FaultsError naming every fault, or that no such product is valid on that day.
    """
    path = Path(source)
    if isinstance(source, Path) or path.suffix == ".toml":
        product = from_document(read_document(path, "product"))
        check(product_faults(product, folder))
        return product
    products = [product for product in catalogue(day, folder) if product.code == source]
    if not products:
        codes = sorted({product.code for product in catalogue(day, folder)})
        likely = difflib.get_close_matches(str(source), codes, n=1)
        remedy = f"Did you mean {likely[0]}?" if likely else ""
        raise FaultsError([Fault("product", repr(str(source)), f"a product valid on {day}: {', '.join(codes) or 'there is none'}", remedy)])
    return products[0]


def catalogue(day: date | None = None, folder: Path | None = None) -> list[Product]:
    """The products valid on `day` (all versions without a day), by code, the newest first."""
    products = [from_document(read_document(path, "product")) for path in product_paths(folder)]
    check(fault for product in products for fault in product_faults(product, folder))
    valid = [one for one in products if day is None or (one.valid_from <= day and (one.valid_to is None or day <= one.valid_to))]
    return sorted(valid, key=lambda one: (one.code, -one.valid_from.toordinal()))


def product_paths(folder: Path | None = None) -> list[Path]:
    """The product files; one in the institution's folder hides the file of the same name that comes with Puhui."""
    files = {path.name: path for root in (CATALOGUE, folder) if root for path in sorted((root / "products").glob("*.toml"))}
    return [files[name] for name in sorted(files)]


def from_body(code: str, body: dict[str, Any]) -> Product:
    """The product of a stored body."""
    return from_document(stored_document("product", code, body))


def from_document(document: Document) -> Product:
    """The terms of a document. Raises FaultsError naming every fault."""
    product, faults = read_through(document)
    check(faults)
    return product


def read_through(document: Document) -> tuple[Product, list[Fault]]:
    """The terms of a document and every fault of it, by line. Where there are faults, something else stands in their places."""
    faults: list[Fault] = []
    root = Fields(document, faults, document.body)
    product = _read(root, faults, document)
    root.finish()
    return product, sorted(faults, key=lambda fault: position(fault.where))


def against_catalogue(product: Product, units: Mapping[str, str]) -> list[Fault]:
    """Faults where the product's variables are not in the catalogue of variables (`units`: name → unit) or have another unit there."""
    faults = []
    for name, unit in product.variables.items():
        where = product.document.where("variables", name)
        if name not in units:
            likely = difflib.get_close_matches(name, units, n=1)
            remedy = f"Did you mean {likely[0]}?" if likely else ""
            faults.append(Fault(where, f"the variable {name!r}", "a variable of the catalogue", remedy))
        elif kind_of_unit(units[name]) != kind_of_unit(unit):
            faults.append(Fault(where, f"the unit {unit!r}", f"{units[name]!r}, as the catalogue has it"))
    return faults


def position(where: str) -> tuple[int, int]:
    """Line and column of the place of a fault, to put them in order; zeros where it has none."""
    numbers = [int(part) for part in where.split(":")[1:3] if part.strip().isdigit()]
    return (numbers[0], numbers[1]) if len(numbers) == 2 else (0, 0)


def _read(root: Fields, faults: list[Fault], document: Document) -> Product:
    head, amount, term = root.table("product"), root.table("amount"), root.table("term")
    repayment, offer = root.table("repayment"), root.table("offer")
    evidence, score = root.table("evidence"), root.table("score")
    variables = _variables(root)
    tables = _tables(root)
    constants = _constants(root)
    policy_class = score.text("policy_class", None) or ""
    classes = read_classes(root, by_policy=bool(policy_class))
    application = read_application(root)
    formulas = Formulas(faults, document, variables, tables, {name: one.unit for name, one in application.items()})
    derived = read_derived(root, formulas)
    terms = _terms(repayment)
    minimum_months = term.whole("minimum_months", 1, 120)
    product = Product(
        code=head.text("code"),
        names=head.texts("names"),
        valid_from=head.day("valid_from"),
        valid_to=head.day("valid_to", None),
        currency=head.text("currency", choices=("CNY",)),
        borrower_kinds=head.strings("borrower_kinds", choices=BORROWER_KINDS),
        minimum_fen=amount.amount_fen("minimum"),
        maximum_fen=amount.amount_fen("maximum"),
        multiple_fen=amount.amount_fen("multiple"),
        minimum_months=minimum_months,
        maximum_months=term.whole("maximum_months", 1, 120),
        forbidden_purposes=head.strings("forbidden_purposes", ()),
        terms=terms,
        offer_days=offer.whole("valid_days", 1, 365),
        conditions=tuple(
            (row.text("code"), row.texts("texts")) for row in coded_rows(offer, "conditions", required="parts" not in root.body)
        ),
        consent_purpose=evidence.text("purpose"),
        evidence_classes=evidence.strings("classes"),
        model="" if policy_class else score.text("model"),
        probability_minimum_ppm=score.rate_ppm("probability_minimum", 0.0, 0.5, 0),
        variables=variables,
        tables=tables,
        constants=constants,
        parameters=_parameters(root),
        rules=_rules(root, formulas),
        unknowns=tuple(_unknown(row) for row in coded_rows(root, "unknowns", required=False)),
        classes=classes,
        bounds=tuple(_bound(row, formulas) for row in coded_rows(root.table("limit"), "bounds")),
        price=_price(root.table("price"), [one.code for one in classes if one.is_lent]),
        document=document,
        family=head.text("family", None) or "",
        decision_days=head.whole("decision_days", 0, 365, None),
        consent_of=head.strings("requires_consent_of", (), choices=CONSENT_OF),
        application=application,
        derived=derived,
        policy_class=policy_class,
        security=read_security(root),
        linkage=read_linkage(root, {**variables, **application, **{one.name: one for one in derived}}, formulas),
        support=read_support(root),
        season=read_season(repayment, terms.get("method"), application, minimum_months),
        days_fact=read_days(repayment, application, terms),
        parts=read_loan_parts(root, formulas),
    )
    head.take("source", "")
    score.take("source", "")
    if policy_class:
        policy_faults(score, policy_class, derived, classes)
    _consistent(product, head, amount, term)
    steps_consistent(product, root.table("price"))
    for fields in (head, amount, term, repayment, offer, evidence, score):
        fields.finish()
    return product


def _terms(repayment: Fields) -> dict[str, Any]:
    expected = "the terms as `puhui loans quote` takes them"
    terms = repayment.take("terms", expected=expected)
    if terms is not None and not isinstance(terms, dict):
        repayment.fault("terms", terms, f"a table: {expected}")
    return terms if isinstance(terms, dict) else {}


def _variables(root: Fields) -> dict[str, str]:
    fields = root.table("variables")
    return {name: fields.text(name) for name in fields.body}


def _tables(root: Fields) -> dict[str, dict[str | float, float]]:
    tables: dict[str, dict[str | float, float]] = {}
    for name in root.table("tables", required=False).body:
        fields = root.table("tables").table(name)
        fields.text("key"), fields.text("unit")
        fields.source()
        values = fields.table("values")
        tables[name] = {key: values.number(key, -1e12, 1e12) for key in values.body}
        fields.finish()
    return tables


def _constants(root: Fields) -> dict[str, float]:
    constants = {}
    for name in root.table("constants", required=False).body:
        fields = root.table("constants").table(name)
        fields.text("unit")
        fields.source()
        constants[name] = fields.number("value", -1e12, 1e12)
        fields.finish()
    return constants


def _parameters(root: Fields) -> dict[str, str]:
    fields = root.table("parameters")
    parameters = {part: fields.text(part) for part in vocabulary.PARTS}
    fields.finish()
    return parameters


def _rules(root: Fields, formulas: Formulas) -> tuple[Rule, ...]:
    rules = tuple(_rule(row, formulas) for row in coded_rows(root, "rules"))
    if len(rules) > MOST_RULES:
        root.fault("rules", f"{len(rules)} rules", f"at most {MOST_RULES}", "Join some with and, or make a decision table of them.")
    return rules


def _rule(row: Fields, formulas: Formulas) -> Rule:
    code = row.text("code")
    row.take("source", "")
    require = formulas.read(row, "require", "boolean", scored=False)
    if require.text and not require.expression.names:
        row.fault("require", require.text, "a condition on some fact", "It is the same for every firm.")
    return Rule(
        code,
        row.texts("names"),
        require,
        row.text("severity", choices=("veto", "refer")),
        row.text("null", choices=("pass", "fail", "refer")),
        row.texts("against"),
        row.boolean("speaks_for", False),
    )


def _unknown(row: Fields) -> Unknown:
    row.take("source", "")
    return Unknown(row.text("code"), row.texts("names"), row.texts("handling"), row.texts("condition", None))


def _bound(row: Fields, formulas: Formulas) -> Bound:
    row.take("source", "")
    code, names = row.text("code"), row.texts("names")
    formula = formulas.read(row, "yuan", "CNY", scored=True)
    return Bound(code, names, formula, row.text("null", choices=("leave_out", "zero", "refer")))


def _price(fields: Fields, lent: list[str]) -> Price:
    methods = ("churn_aware", "tiers")
    tiers = fields.table("tiers")
    spread = tiers.table("spread")
    price = Price(
        fields.text("method", choices=methods),
        fields.text("beside", choices=methods),
        fields.rate_ppm("rate_minimum"),
        fields.rate_ppm("rate_maximum"),
        fields.rate_ppm("rate_multiple", low=0.000001),
        tiers.text("base"),
        {code: spread.rate_ppm(code, low=-1.0) for code in lent},
        fields.text("security"),
        read_steps(fields),
    )
    if price.minimum_ppm > price.maximum_ppm and not fields.has_fault("rate_minimum", "rate_maximum"):
        fields.fault("rate_maximum", price.maximum_ppm / 1e6, f"at least the minimum, {price.minimum_ppm / 1e6}")
    fields.take("source", "")
    for one in (spread, tiers, fields):
        one.finish()
    return price


def _consistent(product: Product, head: Fields, amount: Fields, term: Fields) -> None:
    if product.valid_to and product.valid_to < product.valid_from:
        head.fault("valid_to", product.valid_to.isoformat(), f"no day before valid_from, {product.valid_from}")
    if product.minimum_fen > product.maximum_fen and not amount.has_fault("minimum", "maximum"):
        amount.fault("maximum", product.maximum_fen // 100, f"at least the minimum, {product.minimum_fen // 100}")
    if not product.multiple_fen and not amount.has_fault("multiple"):
        amount.fault("multiple", 0, "more than 0")
    if product.minimum_months > product.maximum_months and not term.has_fault("minimum_months", "maximum_months"):
        term.fault("maximum_months", product.maximum_months, f"at least the minimum, {product.minimum_months}")
    left = ("amount", "rate_annual", "start", "instalments", "currency", *(("dues", "every") if product.season else ()))
    for key in left:
        if key in product.terms:
            head.faults.append(Fault(head.document.where("repayment", "terms", key), key, "left to the offer", "Remove it."))
