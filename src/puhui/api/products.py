"""Products in force: what may be asked for, and the facts that a form must bring."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import Http404
from ninja import Router, Schema

from puhui.api.access import Request, reads
from puhui.api.shapes import REFUSALS
from puhui.products.queries import products_on
from puhui.products.terms import Product

router = Router(tags=["products"])


class ProductShape(Schema):
    code: str
    names: dict[str, str]
    family: str
    valid_from: date
    valid_to: date | None
    digest: str  # of the file: what a decision names
    minimum_fen: int
    maximum_fen: int
    minimum_months: int
    maximum_months: int
    minimum_rate_ppm: int
    maximum_rate_ppm: int
    application_facts: dict[str, str]  # name → unit


@router.get("", auth=reads("product"), response={200: list[ProductShape], **REFUSALS}, summary="Products in force")
def products(request: Request) -> list[dict[str, Any]]:
    return [_told(each) for each in products_on(request.institution.business_date, request.institution)]


@router.get("/{code}", auth=reads("product"), response={200: ProductShape, **REFUSALS}, summary="One product")
def product(request: Request, code: str) -> dict[str, Any]:
    for each in products_on(request.institution.business_date, request.institution):
        if each.code == code:
            return _told(each)
    raise Http404


def _told(product: Product) -> dict[str, Any]:
    names = ("code", "family", "valid_from", "valid_to", "digest", "minimum_fen", "maximum_fen", "minimum_months", "maximum_months")
    return {
        **{name: getattr(product, name) for name in names},
        "names": dict(product.names),
        "minimum_rate_ppm": product.price.minimum_ppm,
        "maximum_rate_ppm": product.price.maximum_ppm,
        "application_facts": {name: fact.unit for name, fact in product.application.items()},
    }
