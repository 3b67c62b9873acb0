"""A draft becomes the product from a day: compared, checked, proposed by one person and agreed by another.

What is in force is the text of the draft's version with `valid_from` set to that day. It is checked when it is proposed and again when it
is agreed on: the whole check of a product file, with the laws that no product can switch off, as of its day.
"""

from __future__ import annotations

import copy
from datetime import date
from pathlib import Path

from django.db import transaction

from puhui.calculations.faults import Fault, FaultsError, check
from puhui.decisions.product_check import check_product
from puhui.parties import promotion
from puhui.parties.models import User
from puhui.products import drafting, queries, reading
from puhui.products.actions import store
from puhui.products.strategy_models import Comparison, DraftVersion, ProductPromotion
from puhui.products.terms import Product

__all__ = ["agree", "propose", "refuse", "withdraw"]


@transaction.atomic
def propose(
    version: DraftVersion, comparison: Comparison, in_force_from: date, reason: str, user: User, folder: Path | None
) -> ProductPromotion:
    """Raises FaultsError: a text that fails the check, a comparison that does not hold it against what is in force, and as `promotion`."""
    draft = version.draft
    product = _dated(drafting.product_of(version), in_force_from)
    check(
        [
            *_check_faults(product, in_force_from, folder),
            *_comparison_faults(version, comparison),
            *_code_faults(draft.product_code, product),
        ]
    )
    row = ProductPromotion(
        institution=draft.institution,
        code=product.code,
        in_force_from=in_force_from,
        reason=reason.strip(),
        proposed_by=user,
        version=version,
        comparison=comparison,
        digest=product.digest,
    )
    return promotion.propose(row)


@transaction.atomic
def agree(row: ProductPromotion, user: User, folder: Path | None, reason: str = "") -> ProductPromotion:
    """The second person agrees; from its day the text is the product. Checked again, as rules and tables may have changed since."""
    product = _dated(drafting.product_of(row.version), row.in_force_from)
    faults = _check_faults(product, row.in_force_from, folder) + _comparison_faults(row.version, row.comparison)
    if product.digest != row.digest:
        faults.append(Fault("text", product.digest, f"the text that was proposed, {row.digest}"))
    check(faults)
    promotion.agree(row, user, reason)
    store([product.document])
    return row


def refuse(row: ProductPromotion, user: User, reason: str) -> ProductPromotion:
    """The second person says no, and why."""
    return promotion.refuse(row, user, reason)


def withdraw(row: ProductPromotion, user: User, reason: str) -> ProductPromotion:
    """Taken back before its day."""
    return promotion.withdraw(row, user, reason)


def _dated(product: Product, day: date) -> Product:
    """The same product valid from a day."""
    if product.valid_to is not None and product.valid_to < day:
        raise FaultsError([Fault("in force from", str(day), f"no day after valid_to of the draft, {product.valid_to}")])
    body = copy.deepcopy(product.document.body)
    body["product"]["valid_from"] = day.isoformat()
    return reading.from_body(product.code, body)


def _check_faults(product: Product, day: date, folder: Path | None) -> list[Fault]:
    return check_product(product, day, folder).faults


def _code_faults(code: str, product: Product) -> list[Fault]:
    return [] if product.code == code else [Fault("product code", product.code, f"{code}, of which it is a draft")]


def _comparison_faults(version: DraftVersion, comparison: Comparison) -> list[Fault]:
    """The comparison must hold this very text against the product that is in force now."""
    institution = version.draft.institution
    if comparison.institution_id != institution.pk or version.digest not in comparison.digests:
        found = f"comparison {comparison.pk} of other texts"
        return [Fault("comparison", found, f"one of version {version.number} of the draft", "Compare this version first.")]
    used = queries.product(version.draft.product_code, institution.business_date, institution)
    if used.digest not in comparison.digests:
        found = f"comparison {comparison.pk}, without the product that is in force now"
        return [Fault("comparison", found, f"one against {used.code} of {used.valid_from}", "Compare again.")]
    return []
