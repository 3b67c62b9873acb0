"""Everything that can be said of a product file before anybody is decided on by it: faults, contradictions, remarks, and it in plain words.

`puhui products check`, the editor of drafts and every promotion ask the same questions. None of them needs a database.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from pathlib import Path

from puhui.calculations.faults import Fault, FaultsError
from puhui.decisions.examples import margin_remarks
from puhui.decisions.offering import terms_faults
from puhui.decisions.titles import titles
from puhui.features import registry
from puhui.products import parameters, reading
from puhui.products.contradictions import findings
from puhui.products.documents import Document, read_document, text_document
from puhui.products.explaining import Part, as_text, explain
from puhui.products.lawful import product_faults
from puhui.products.parameters import Table
from puhui.products.part_checks import part_findings
from puhui.products.terms import Product
from puhui.products.word_checks import version_before, word_remarks

__all__ = ["Checked", "check_file", "check_product", "check_text"]


@dataclass(frozen=True)
class Checked:
    """What was found; `product` None where the text cannot be read. Contradictions are faults; remarks may well be meant."""

    product: Product | None
    tables: dict[str, Table] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    remarks: list[Fault] = field(default_factory=list)

    def parts(self, language: str, day: date) -> list[Part]:
        """The product in plain words; nothing where it cannot be read or names tables that there are not."""
        if self.product is None or len(self.tables) < len(self.product.parameters):
            return []
        return explain(self.product, self.tables, day, language, titles())

    def words(self, language: str, day: date) -> str:
        """The same as text."""
        parts = self.parts(language, day)
        return as_text(self.product, parts, language) if self.product is not None and parts else ""


def check_file(path: Path, day: date, folder: Path | None) -> Checked:
    """A product file. `folder`: an institution's own catalogue, which goes first."""
    try:
        return _check_document(read_document(path, "product"), day, folder)
    except FaultsError as error:
        return Checked(None, faults=list(error.faults))


def check_text(text: str, day: date, folder: Path | None, file_name: str = "draft.toml", before: Product | None = None) -> Checked:
    """A product that somebody is writing. `before`: the version in force, where it is known; else that of the files."""
    try:
        return _check_document(text_document(text, "product", file_name), day, folder, before)
    except FaultsError as error:
        return Checked(None, faults=list(error.faults))


def check_product(product: Product, day: date, folder: Path | None, before: Product | None = None) -> Checked:
    """A product that could be read: against law, the catalogue of variables, the tables it names, itself, and the version before it."""
    tables, unread = _tables(product, folder)
    faults = [*product_faults(product, folder), *reading.against_catalogue(product, _units()), *terms_faults(product, day), *unread]
    found_tables = len(tables) == len(product.parameters)
    found = findings(product, tables, day) if found_tables else []
    told = [*((one.is_contradiction, one.fault) for one in found), *part_findings(product, day, folder)]
    faults += [fault for is_contradiction, fault in told if is_contradiction]
    remarks = [fault for is_contradiction, fault in told if not is_contradiction]
    earlier = before or version_before(product, day, folder)
    remarks += word_remarks(product, earlier) if earlier else []
    return Checked(product, tables, faults, remarks + (list(margin_remarks(product, tables, day)) if found_tables else []))


def _check_document(document: Document, day: date, folder: Path | None, before: Product | None = None) -> Checked:
    product, faults = reading.read_through(document)
    if not faults:
        return check_product(product, day, folder, before)
    # What does not rest on the places that are wrong is looked at all the same, so that one round of mending is enough.
    faults += [*reading.against_catalogue(product, _units()), *_tables(product, folder)[1]]
    faults += terms_faults(_ordinary(product), day) if product.terms else []
    return Checked(None, faults=sorted(faults, key=lambda fault: reading.position(fault.where)))


def _ordinary(product: Product) -> Product:
    """The product with an amount, months and a rate that are in order, to look at its terms of repayment alone."""
    price = replace(product.price, maximum_ppm=50_000, steps=())
    return replace(product, currency="CNY", minimum_fen=10_000_000, minimum_months=12, maximum_months=12, price=price)


def _tables(product: Product, folder: Path | None) -> tuple[dict[str, Table], list[Fault]]:
    """The parameter tables that a product names, by the part that each plays, and what is wrong with the rest."""
    tables, faults = {}, []
    for part, name in product.parameters.items():
        if not name:
            continue  # told already
        try:
            tables[part] = parameters.table(name, folder)
        except FaultsError as error:
            where = product.document.where("parameters", part)
            faults += [Fault(f"{where}: {one.where}", one.found, one.expected, one.remedy) for one in error.faults]
    return tables, faults


@cache
def _units() -> dict[str, str]:
    """Variable → unit of the catalogue of variables."""
    return {variable.name: variable.unit for variable in registry.catalogue()}
