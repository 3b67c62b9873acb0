"""What a combined product and the products of its parts say against each other: the parts are read from the catalogue of the same day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from puhui.calculations.faults import Fault, FaultsError
from puhui.products import reading
from puhui.products.terms import Product

__all__ = ["part_findings"]


def part_findings(product: Product, day: date, folder: Path | None) -> Iterator[tuple[bool, Fault]]:
    """(whether it is a contradiction, what was found) of each part: unknown, split itself, or asking for what the whole does not have."""
    for number, part in enumerate(product.parts):
        where = product.document.where("parts", number, "product")
        try:
            its = reading.load(part.product, day, folder)
        except FaultsError as error:
            yield from ((True, Fault(where, fault.found, fault.expected, fault.remedy)) for fault in error.faults)
            continue
        yield from ((is_wrong, Fault(where, found, expected)) for is_wrong, found, expected in _against(product, its))


def _against(whole: Product, part: Product) -> Iterator[tuple[bool, str, str]]:
    if part.parts:
        yield True, f"{part.code}, which is itself shared out", "a product that becomes one loan"
    if part.consent_purpose != whole.consent_purpose:
        yield True, f"a consent for {part.consent_purpose}", f"one consent for all, for {whole.consent_purpose}"
    if unread := [one for one in part.evidence_classes if one not in whole.evidence_classes]:
        yield True, f"{part.code}, which reads {', '.join(unread)}", "classes that the whole's consent covers"
    for name, fact in part.application.items():
        asked = whole.application.get(name)
        if asked is None:
            yield True, f"{part.code}, whose form asks for {name}", "a form of the whole that asks for it"
        elif (asked.unit, asked.by) != (fact.unit, fact.by):
            yield True, f"{name} in {fact.unit} by the {fact.by}", f"in {asked.unit} by the {asked.by}, as the whole's form has it"
    if not set(part.borrower_kinds) & set(whole.borrower_kinds):
        yield True, f"{part.code} for {', '.join(part.borrower_kinds)}", f"one for {', '.join(whole.borrower_kinds)}"
    if part.maximum_months < whole.minimum_months or part.minimum_months > whole.maximum_months:
        yield True, f"{part.minimum_months} to {part.maximum_months} months", f"some of {whole.minimum_months} to {whole.maximum_months}"
    elif part.minimum_months > whole.minimum_months or part.maximum_months < whole.maximum_months:
        months = f"{part.minimum_months} to {part.maximum_months} months"
        yield (
            False,
            f"{part.code} for {months}",
            f"{whole.minimum_months} to {whole.maximum_months}, or the part is refused outside its own",
        )
    if part.minimum_fen > whole.minimum_fen:
        yield False, f"{part.code} from {part.minimum_fen // 100:,} yuan", f"{whole.minimum_fen // 100:,}, or the part is left out below"
