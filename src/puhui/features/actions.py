"""Taking snapshots: the variables of firms as of a day, computed from what was known then and stored for decisions to read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import polars as pl
import rfc8785
from django.db import transaction
from django.db.models import Max

from puhui.evidence.models import Invoice
from puhui.evidence.queries import invoices_as_of
from puhui.features.compute import compute, null_reasons
from puhui.features.models import Snapshot
from puhui.features.registry import catalogue_digest
from puhui.parties.actions import record_audit
from puhui.parties.bulk import copy_rows
from puhui.parties.models import Firm, Institution
from puhui.parties.queries import firms_with_live_consent

PURPOSE = "credit_decision"
EVIDENCE_CLASS = "C07"


@transaction.atomic
def refresh(
    institution: Institution, as_of: date, firms: Iterable[Firm] | None = None, *, actor: str, purpose: str = PURPOSE
) -> list[Snapshot]:
    """Snapshots as of the end of `as_of` for those firms (all with a live consent where None) whose evidence is newer than their last.

    A firm whose newest snapshot of that day was made by the same formulas from the same evidence keeps it. Returns the new snapshots.
    Raises FaultsError where a named firm has no live consent.
    """
    wanted = _wanted(institution, firms, purpose)
    newest = dict(Invoice.objects.filter(institution=institution, firm_id__in=wanted).values_list("firm_id").annotate(Max("batch_id")))
    stale = sorted(_stale(institution, as_of, wanted, newest))
    if not stale:
        return []
    values = compute(invoices_as_of(institution, as_of, stale, purpose, actor), as_of)
    snapshots = [snapshot_of(institution, firm_id, as_of, newest.get(firm_id), row, reasons) for firm_id, row, reasons in _rows(values)]
    stored = copy_rows(snapshots)
    record_audit(
        institution, actor, "features.refreshed", "institution", institution.pk, {"as_of": as_of.isoformat(), "firms": len(stored)}
    )
    return list(stored)


def _wanted(institution: Institution, firms: Iterable[Firm] | None, purpose: str) -> list[int]:
    if firms is not None:
        return [firm.pk for firm in firms]
    live = firms_with_live_consent(institution, purpose, EVIDENCE_CLASS, institution.business_date)
    return list(live.values_list("pk", flat=True))


def _stale(institution: Institution, as_of: date, wanted: Sequence[int], newest: dict[int, int]) -> set[int]:
    """Firms without a snapshot of the day that rests on the present formulas and the newest evidence."""
    known = Snapshot.objects.filter(institution=institution, firm_id__in=wanted, as_of=as_of, catalogue_digest=catalogue_digest())
    fresh = {firm_id for firm_id, batch in known.values_list("firm_id", "evidence_batch_id") if batch == newest.get(firm_id)}
    return set(newest) - fresh


def _rows(values: pl.DataFrame) -> Iterable[tuple[int, dict[str, float | None], dict[str, str]]]:
    reasons: dict[int, dict[str, str]] = {}
    for firm_id, variable, reason in null_reasons(values).iter_rows():
        reasons.setdefault(firm_id, {})[variable] = reason
    for row in values.iter_rows(named=True):
        firm_id = row.pop("firm_id")
        yield firm_id, row, reasons.get(firm_id, {})


def snapshot_of(
    institution: Institution, firm_id: int, as_of: date, batch_id: int | None, values: dict[str, float | None], reasons: dict[str, str]
) -> Snapshot:
    """An unsaved snapshot, sealed by its digest."""
    document: dict[str, Any] = {
        "as_of": as_of.isoformat(),
        "catalogue_digest": catalogue_digest(),
        "values": values,
        "null_reasons": reasons,
    }
    return Snapshot(
        institution=institution,
        firm_id=firm_id,
        as_of=as_of,
        evidence_batch_id=batch_id,
        catalogue_digest=document["catalogue_digest"],
        values=values,
        null_reasons=reasons,
        digest=hashlib.sha256(rfc8785.dumps(document)).hexdigest(),
    )
