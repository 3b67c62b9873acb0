"""The versions of products that an institution has put in force itself: they stand beside the files of the catalogue.

A promoted version counts from its day like a file of that `valid_from`, and goes before a file of the same day.
"""

from __future__ import annotations

from datetime import date

from puhui.calculations.faults import Fault, check
from puhui.parties.models import Institution
from puhui.parties.promotion import in_force
from puhui.products import reading
from puhui.products.documents import digest_of
from puhui.products.models import StoredDocument
from puhui.products.strategy_models import ProductPromotion
from puhui.products.terms import Product

__all__ = ["promoted_products"]

_MOST_READ = 256
_READ: dict[str, Product] = {}
"""Digest → product that has this digest."""


def promoted_products(institution: Institution, day: date) -> list[Product]:
    """Every version in force from `day` or before, the latest last; one statement where all of them were read before.

    Raises FaultsError where a text is missing or is not what its digest says.
    """
    rows = in_force(ProductPromotion.objects.filter(institution=institution), day)
    digests = list(rows.values_list("digest", flat=True))
    missing = set(digests) - _READ.keys()
    if missing:
        if len(_READ) > _MOST_READ:
            _READ.clear()
            missing = set(digests)
        stored = StoredDocument.objects.filter(pk__in=missing, kind="product")
        _READ.update({row.digest: reading.from_body(row.name, row.body) for row in stored if digest_of(row.body) == row.digest})
        check(Fault(f"stored product {each}", "nothing, or another text", "its text") for each in sorted(missing - _READ.keys()))
    return [_READ[digest] for digest in digests]
