"""What an application must be before it is taken: told whole, so that a form is mended once."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from puhui.calculations.faults import Fault
from puhui.decisions.derived import application_fact_faults
from puhui.parties.models import Institution
from puhui.products.terms import Product

LONGEST_PURPOSE = 200
LONGEST_KEY = 100


def application_faults(
    institution: Institution, row: Mapping[str, Any], products: Mapping[str, Product], number: int = 1
) -> Iterator[Fault]:
    """Everything that is wrong with one application (arguments of `actions.submit`)."""
    where = f"row {number}: "
    if row["firm"].institution_id != institution.pk:
        yield Fault(f"{where}firm", f"a firm of another institution than {institution}", "a firm of this institution")
    for key, longest in (("key", LONGEST_KEY), ("purpose", LONGEST_PURPOSE), ("channel", 24)):
        if not 1 <= len(str(row[key]).strip()) <= longest:
            yield Fault(f"{where}{key}", repr(row[key])[:60], f"a text of 1 to {longest} characters")
    product = products.get(row["product_code"])
    if product is None:
        likely = difflib.get_close_matches(str(row["product_code"]), products, n=1)
        known = ", ".join(sorted(products)) or f"none is valid on {institution.business_date}"
        yield Fault(f"{where}product", repr(row["product_code"]), known, f"Did you mean {likely[0]}?" if likely else "")
        return
    if row["firm"].kind not in product.borrower_kinds:
        expected = f"one of {', '.join(product.borrower_kinds)}, to whom {product.code} is lent"
        yield Fault(f"{where}firm", f"{row['firm'].name}, of the kind {row['firm'].kind}", expected, "Choose a product for this borrower.")
    for fault in application_fact_faults(product, row.get("facts") or {}):
        yield Fault(f"{where}{fault.where}", fault.found, fault.expected, fault.remedy)
    if not _is_whole(row["amount_fen"]) or row["amount_fen"] < product.minimum_fen:
        yield Fault(f"{where}amount_fen", repr(row["amount_fen"]), f"{product.minimum_fen} fen or more")
    elif row["amount_fen"] > _LARGEST_ASK * product.maximum_fen:
        yield Fault(f"{where}amount_fen", repr(row["amount_fen"]), f"about the product's highest amount, {product.maximum_fen} fen")
    if not _is_whole(row["term_months"]) or not product.minimum_months <= row["term_months"] <= product.maximum_months:
        yield Fault(f"{where}term_months", repr(row["term_months"]), f"{product.minimum_months} to {product.maximum_months} months")


_LARGEST_ASK = 100  # times the product's highest amount: more is a slip of the pen


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
