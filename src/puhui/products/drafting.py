"""Drafts of product files: written in versions, each kept as it was, by whom and when. Nothing here is in force.

A version is kept whatever it says, so that work half done is not lost; whether it is a product at all is told by its digest.
"""

from __future__ import annotations

from pathlib import Path

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery

from puhui.calculations.faults import Fault, FaultsError, check
from puhui.parties.audit import record_act
from puhui.parties.models import Institution, User
from puhui.products import reading
from puhui.products.documents import LARGEST_FILE_BYTES, read_document, text_document
from puhui.products.strategy_models import Draft, DraftVersion, ProductPromotion
from puhui.products.terms import Product

__all__ = ["create", "drafts", "product_of", "read", "save", "source_of", "version"]


@transaction.atomic
def create(institution: Institution, product_code: str, name: str, text: str, user: User) -> DraftVersion:
    """A new draft with its first version. Raises FaultsError without a name."""
    check([] if name.strip() else [Fault("name", "nothing", "what the draft is for, in a few words")])
    _check_text(text)
    draft = Draft.objects.create(institution=institution, product_code=product_code, name=name.strip()[:100], created_by=user)
    record_act(institution, user.username, "draft.create", draft, {"product": product_code, "name": draft.name})
    return _keep(draft, 1, text, "", user)


@transaction.atomic
def save(draft: Draft, text: str, user: User, based_on: int, note: str = "") -> DraftVersion:
    """The next version; the same text again is the version that is there.

    based_on: number of the version that the writer saw. Raises FaultsError where somebody has kept another since.
    """
    _check_text(text)
    Institution.objects.select_for_update(no_key=True).get(pk=draft.institution_id)  # one writer at a time; drafts themselves only grow
    last = draft.versions.order_by("-number")[0]
    if last.text == text:
        return last
    if last.number != based_on:
        found = f"version {last.number}, kept by {last.saved_by.username} meanwhile"
        raise FaultsError([Fault("draft", found, f"version {based_on}, which you changed", "Open it again and write your change into it.")])
    return _keep(draft, last.number + 1, text, note, user)


def read(text: str) -> Product:
    """The product that a text says. Raises FaultsError, each fault with line and column."""
    return reading.from_document(text_document(text, "product", "draft.toml"))


def product_of(version: DraftVersion) -> Product:
    """The product of a version. Raises FaultsError where it is none."""
    return read(version.text)


def source_of(product: Product, institution: Institution, folder: Path | None) -> str:
    """The text of a product as somebody wrote it: of its promoted draft, or of its file. Raises FaultsError where neither is there."""
    promoted = ProductPromotion.objects.filter(institution=institution, digest=product.digest).select_related("version").first()
    if promoted is not None:
        return promoted.version.text
    for path in reading.product_paths(folder):
        if path.name.startswith(product.code) and read_document(path, "product").digest == product.digest:
            return path.read_text(encoding="utf-8-sig")
    raise FaultsError([Fault("product", product.code, "one whose file is there")])


def drafts(institution: Institution) -> QuerySet[Draft]:
    """The drafts of a lender, the newest first, each with the number, digest and day of its last version."""
    last = DraftVersion.objects.filter(draft=OuterRef("pk")).order_by("-number")
    told = {name: Subquery(last.values(name)[:1]) for name in ("number", "digest", "saved_at")}
    rows = Draft.objects.filter(institution=institution).select_related("created_by")
    return rows.annotate(**{f"last_{name}": each for name, each in told.items()}).order_by("-pk")


def version(institution: Institution, draft: int, number: int | None = None) -> DraftVersion:
    """One version of a draft, the last without a number. Raises FaultsError where there is none."""
    rows = DraftVersion.objects.filter(draft=draft, draft__institution=institution).select_related("draft", "saved_by")
    found = (rows.filter(number=number) if number else rows).order_by("-number").first()
    if found is None:
        raise FaultsError([Fault("draft", f"{draft}" + (f".{number}" if number else ""), "a draft of this lender")])
    return found


def _keep(draft: Draft, number: int, text: str, note: str, user: User) -> DraftVersion:
    try:
        product = read(text)
        digest = product.digest if product.code == draft.product_code else ""
    except FaultsError:
        digest = ""
    row = DraftVersion.objects.create(draft=draft, number=number, text=text, digest=digest, note=note.strip()[:200], saved_by=user)
    record_act(draft.institution, user.username, "draft.save", draft, {"version": number, "digest": digest})
    return row


def _check_text(text: str) -> None:
    size = len(text.encode())
    check([Fault("text", f"{size} bytes", f"at most {LARGEST_FILE_BYTES} bytes")] if size > LARGEST_FILE_BYTES else [])
