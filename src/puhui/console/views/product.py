"""Products: what is lent, and each product in plain words with the formulas behind them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render

from puhui.console.access import Request, may_act, page
from puhui.console.decision_figures import language
from puhui.console.words import FACTS, FAMILIES, FIGURES, WHEN_NULL, in_language, unit_word, word
from puhui.decisions.examples import examples
from puhui.decisions.titles import titles
from puhui.products import explaining
from puhui.products.queries import products_on, tables_of, versions
from puhui.products.terms import Formula, Product
from puhui.products.wording import Wording


@page("product")
def products(request: Request) -> HttpResponse:
    """Every product in force, by family: name, who, how much, for how long, at what rate, on what class, how soon."""
    order = list(FAMILIES)
    lender = request.institution
    found = sorted(products_on(lender.business_date, lender), key=lambda one: (_place(order, one.family), one.code))
    families = [
        {"name": word(FAMILIES, family), "rows": [_row(one) for one in rows]}
        for family, rows in groupby(found, key=lambda one: one.family or "working_capital")
    ]
    context = {"families": families, "count": len(found), "day": request.institution.business_date}
    return render(request, "console/products.html", context)


@page("product")
def product(request: Request, code: str) -> HttpResponse:
    """One product as it is in force: the questions it answers in words, then rules, bounds and figures as the file has them."""
    day = request.institution.business_date
    found = next((one for one in products_on(day, request.institution) if one.code == code), None)
    if found is None:
        raise Http404
    parts = explaining.explain(found, tables_of(found), day, language(), titles())
    context = {
        "product": found,
        **_row(found),
        "parts": parts,
        "formulas": list(_formulas(found)),
        "examples": examples(found, tables_of(found), day, request.institution.kind),
        "figures": list(_figures(found)),
        "unverified": sum("[GK]" in source or "product policy" in source for source in _sources(found.document.body)),
        "versions": [
            {"from": one.valid_from, "to": one.valid_to, "digest": one.digest, "used": one is found}
            for one in versions(code, request.institution)
        ],
        "may_draft": may_act(request.user, "drafts"),
        "file": f"{found.code}-{found.valid_from}.toml",
    }
    return render(request, "console/product.html", context)


def _place(order: list[str], family: str) -> int:
    """Families in the order of the list of words, working capital first; one that it lacks goes last."""
    family = family or "working_capital"
    return order.index(family) if family in order else len(order)


def _row(product: Product) -> dict[str, Any]:
    price = product.price
    return {
        "code": product.code,
        "name": in_language(product.names, language()),
        "family": word(FAMILIES, product.family or "working_capital"),
        "low_fen": product.minimum_fen,
        "high_fen": product.maximum_fen,
        "months": "–".join(dict.fromkeys((str(product.minimum_months), str(product.maximum_months)))),
        "low_ppm": price.minimum_ppm,
        "high_ppm": price.maximum_ppm,
        "days": product.decision_days,
        "subsidised": bool(product.support.interest_shares),
        "guaranteed_ppm": 1_000_000 - product.support.bank_share_ppm,
        "linked": bool(product.linkage),
        "by_model": not product.policy_class,
    }


def _formulas(product: Product) -> Iterator[dict[str, str]]:
    """Rules, named values and bounds as the file spells them, each with what it says in words."""
    words = Wording(product, language(), titles())
    for rule in product.rules:
        yield _formula(words, in_language(rule.names, language()), rule.require, rule.when_null)
    for one in product.derived:
        yield _formula(words, in_language(one.texts, language()) if one.texts else one.name, one.formula, "")
    for bound in product.bounds:
        yield _formula(words, in_language(bound.names, language()), bound.formula, bound.when_null)


def _formula(words: Wording, name: str, formula: Formula, null: str) -> dict[str, str]:
    return {"name": name, "text": formula.text.strip(), "words": words.formula(formula.expression.tree), "null": word(WHEN_NULL, null)}


def _figures(product: Product) -> Iterator[dict[str, str]]:
    """Constants and tables with their source."""
    body = product.document.body
    for name, constant in body.get("constants", {}).items():
        yield {
            "name": name,
            "label": word(FIGURES | FACTS, name),
            "value": f"{constant['value']:,}",
            "unit": unit_word(constant["unit"]),
            "source": _source(constant),
        }
    for name, table in body.get("tables", {}).items():
        value = "; ".join(f"{key} {value:,}" for key, value in table["values"].items())
        yield {"name": name, "label": "", "value": value, "unit": unit_word(table["unit"]), "source": _source(table)}


def _source(figure: Mapping[str, Any]) -> str:
    """Where a figure comes from, in the reader's language where the file tells it in several."""
    source = figure.get("source", "")
    return in_language(source if isinstance(source, str) else dict(source), language())


def _sources(body: Any) -> Iterator[str]:
    """Every source named anywhere in the file."""
    if isinstance(body, Mapping):
        found = (value for key, value in body.items() if key == "source")
        yield from (str(value["en"]) if isinstance(value, Mapping) else value for value in found)
    for part in body.values() if isinstance(body, Mapping) else body if isinstance(body, list) else ():
        yield from _sources(part)
