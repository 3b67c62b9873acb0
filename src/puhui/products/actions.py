"""Keeping the texts that decisions rest on."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from puhui.products.documents import Document
from puhui.products.models import StoredDocument
from puhui.products.queries import Borrower, conditions_of

__all__ = ["Borrower", "conditions_of", "store"]


@transaction.atomic
def store(documents: Iterable[Document]) -> None:
    """Keep each document under its digest; one that is there already stays as it is."""
    rows = {one.digest: StoredDocument(digest=one.digest, kind=one.kind, name=one.name[:100], body=one.body) for one in documents}
    known = set(StoredDocument.objects.filter(pk__in=rows).values_list("digest", flat=True))
    StoredDocument.objects.bulk_create([row for digest, row in rows.items() if digest not in known], ignore_conflicts=True)
