"""Rules whose condition changed while their words stayed: who reads the words, borrower or committee, would be told the old one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from puhui.calculations.faults import Fault
from puhui.products import reading
from puhui.products.documents import read_document
from puhui.products.terms import Product

__all__ = ["version_before", "word_remarks"]


def version_before(product: Product, day: date, folder: Path | None) -> Product | None:
    """The version of the same product among the files that is or was in force on `day`, the product itself left out."""
    found = [
        one
        for path in reading.product_paths(folder)
        if path.name.startswith(f"{product.code}-")
        for one in [reading.from_document(read_document(path, "product"))]
        if one.code == product.code and one.digest != product.digest and one.valid_from <= day and one.valid_from <= product.valid_from
    ]
    return max(found, key=lambda one: one.valid_from, default=None)


def word_remarks(product: Product, before: Product) -> Iterator[Fault]:
    """A remark for each rule whose condition is another than in `before` and whose words are the same."""
    rules = {rule.code: rule for rule in before.rules}
    for number, rule in enumerate(product.rules):
        old = rules.get(rule.code)
        if old is None or old.require.text == rule.require.text:
            continue
        for part, words, old_words in (("names", rule.names, old.names), ("against", rule.against, old.against)):
            if words == old_words:
                found = f"the same words as before, while the condition is now {rule.require.text} instead of {old.require.text}"
                yield Fault(product.document.where("rules", number, part), found, "words that tell the condition of this version")
