"""Products and parameter tables as they are in force, and as they were when a decision used them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from puhui.calculations.faults import Fault, FaultsError
from puhui.parties.models import Institution
from puhui.products import parameters, reading
from puhui.products.documents import CATALOGUE, digest_of, read_document
from puhui.products.fields import LANGUAGES, Texts
from puhui.products.models import StoredDocument
from puhui.products.parameters import Table
from puhui.products.promoted import promoted_products
from puhui.products.terms import Product

__all__ = [
    "EVERY",
    "Borrower",
    "Condition",
    "catalogue_state",
    "condition_texts",
    "conditions_of",
    "product",
    "product_names",
    "products_by_digest",
    "products_on",
    "stored_products",
    "stored_tables",
    "tables_of",
    "versions",
]


@dataclass(frozen=True)
class Condition:
    """A condition precedent to payout. Kinds: signature, resolution, security, insurance, account, address, purpose, other."""

    code: str
    texts: Texts
    kind: str = "other"


@dataclass(frozen=True)
class Borrower:
    """What of a borrower decides which conditions are asked for."""

    is_company: bool
    has_spouse: bool = False
    securities: frozenset[str] = frozenset()  # guarantor, mortgage, pledge
    has_members: bool = False  # a household whose members owe with its head


# Of whom every condition would be asked: for the texts of all of them.
EVERY = Borrower(True, True, frozenset({"guarantor", "mortgage", "pledge"}), True)


def product(code: str, day: date, institution: Institution | None = None) -> Product:
    """The product of a code as it is valid on a day. Raises FaultsError naming the products there are."""
    for one in products_on(day, institution):
        if one.code == code:
            return one
    return reading.load(code, day, _folder())  # raises, with the codes there are


def products_on(day: date, institution: Institution | None = None) -> list[Product]:
    """Every product valid on a day, by code; of several versions the one valid from the latest day.

    institution: what it has put in force itself stands beside the files; without one the files alone.
    """
    products = _files() + (promoted_products(institution, day) if institution else [])
    valid = [one for one in products if one.valid_from <= day and (one.valid_to is None or day <= one.valid_to)]
    newest = {one.code: one for one in sorted(valid, key=lambda one: one.valid_from)}  # of one day the promoted one
    return [newest[code] for code in sorted(newest)]


def versions(code: str, institution: Institution | None = None) -> list[Product]:
    """Every version of a product, the newest first; those that the institution has agreed on and that are to come too."""
    products = _files() + (promoted_products(institution, date.max) if institution else [])
    return sorted((one for one in products if one.code == code), key=lambda one: one.valid_from, reverse=True)


def product_names() -> dict[str, Texts]:
    """Code → name by language, of every product there is or was; of several versions the newest."""
    return {one.code: one.names for one in sorted(_files(), key=lambda one: one.valid_from)}


def tables_of(product: Product) -> dict[str, Table]:
    """Part → parameter table of a product, as they stand now."""
    return {part: _table(name) for part, name in product.parameters.items()}


def conditions_of(
    product_code: str, day: date, borrower: Borrower | None = None, institution: Institution | None = None
) -> list[Condition]:
    """The conditions precedent of a product: its own, one for each unknown that asks for one, and those that law and the house ask for of
    this borrower (parameter table `conditions-precedent`), each code once."""
    found = product(product_code, day, institution)
    rows = {str(row["code"]): row for row in _table("conditions-precedent").valid_on(day)}
    kinds = {code: str(row["kind"]) for code, row in rows.items()}
    own = [Condition(code, texts, kinds.get(code, "other")) for code, texts in found.conditions]
    own += [Condition(one.code, one.condition) for one in found.unknowns if one.condition]
    if borrower is None:
        return own
    known = {one.code for one in own}
    asked = [row for code, row in rows.items() if code not in known and _is_asked(str(row["asked_of"]), borrower)]
    return own + [Condition(str(row["code"]), {each: str(row[each]) for each in LANGUAGES}, str(row["kind"])) for row in asked]


def condition_texts() -> dict[str, Texts]:
    """Code → texts of every condition precedent: of the parameter table, and of each product file, the latest version's."""
    found: dict[str, Texts] = {
        str(row["code"]): {each: str(row[each]) for each in LANGUAGES} for row in _table("conditions-precedent").rows
    }
    for one in sorted(_files(), key=lambda each: each.valid_from):
        found |= dict(one.conditions)
        found |= {each.code: each.condition for each in one.unknowns if each.condition}
    return found


def _is_asked(whom: str, borrower: Borrower) -> bool:
    facts = {"everybody": True, "company": borrower.is_company, "spouse": borrower.has_spouse, "members": borrower.has_members}
    facts["product"] = False
    return facts.get(whom, whom in borrower.securities)


def stored_products(digests: Iterable[str]) -> dict[str, Product]:
    """Digest → product as stored. Raises FaultsError where one is missing or its body does not have its digest."""
    return {row.digest: reading.from_body(row.name, row.body) for row in _stored("product", digests)}


def products_by_digest(wanted: Iterable[tuple[str, str]]) -> dict[str, Product]:
    """Digest → product of (code, digest): from its file where that is still the same text, else as stored. One statement at most.

    Raises FaultsError as `stored_products`.
    """
    wanted = set(wanted)
    digests = {digest for _, digest in wanted}
    found = {one.digest: one for code in {code for code, _ in wanted} for one in versions(code) if one.digest in digests}
    return found | (stored_products(digests - found.keys()) if digests - found.keys() else {})


def stored_tables(digests: Iterable[str]) -> dict[str, Table]:
    """Digest → parameter table as stored. Raises FaultsError where one is missing or its body does not have its digest."""
    return {row.digest: parameters.from_body(row.name, row.body) for row in _stored("parameters", digests)}


def _stored(kind: str, digests: Iterable[str]) -> list[StoredDocument]:
    wanted = set(digests)
    rows = list(StoredDocument.objects.filter(pk__in=wanted, kind=kind))
    faults = [Fault(f"stored {kind} {digest}", "nothing", "its text") for digest in sorted(wanted - {row.digest for row in rows})]
    for row in rows:
        found = digest_of(row.body)
        if found != row.digest:
            faults.append(Fault(f"stored {kind} {row.name} {row.digest}", f"a text with the digest {found}", "the text that was stored"))
    if faults:
        raise FaultsError(faults)
    return rows


def _files() -> list[Product]:
    """Every version that has a file."""
    return [_read_product(path, *_stamp(path)) for path in reading.product_paths(_folder())]


_LOOK_SECONDS = 1.0


def catalogue_state() -> tuple[tuple[str, int, int], ...]:
    """Every file of products and parameters with its time and size: another state where any of them changed.

    A process looks at the files once a second at most: a hundred of them cost more than what is asked of the database meanwhile.
    """
    return _state_of(_folder(), int(time.monotonic() / _LOOK_SECONDS))


@lru_cache(maxsize=1)
def _state_of(own: Path | None, look: int) -> tuple[tuple[str, int, int], ...]:
    folders = [root / part for root in (CATALOGUE, own) if root for part in ("products", "parameters")]
    entries = [entry for folder in folders if folder.is_dir() for entry in os.scandir(folder)]
    return tuple(sorted((entry.path, (status := entry.stat()).st_mtime_ns, status.st_size) for entry in entries))


def _folder() -> Path | None:
    return getattr(settings, "PUHUI_CATALOGUE", None)


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size


@lru_cache(maxsize=256)
def _read_product(path: Path, modified: int, size: int) -> Product:
    return reading.from_document(read_document(path, "product"))


def _table(name: str) -> Table:
    path = parameters.path_of(name, _folder())
    return _read_table(path, *_stamp(path))


@lru_cache(maxsize=256)
def _read_table(path: Path, modified: int, size: int) -> Table:
    return parameters.from_document(read_document(path, "parameters"))
