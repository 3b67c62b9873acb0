"""What a snapshot is taken from: which classes of evidence may be read of which firm, what is new in them, and the rows themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

import polars as pl
from django.db.models import Max

from puhui.calculations.faults import Fault, FaultsError
from puhui.evidence.models import BatchFirm
from puhui.evidence.queries import evidence_as_of, firm_numbers, invoices_as_of, records_as_of
from puhui.features.profiles import COUNTERPARTY, INVOICE, class_of
from puhui.parties.models import Firm, Institution
from puhui.parties.queries import firms_with_live_consent

__all__ = ["State", "authorised", "counterparties", "frames_of", "states"]

FEW_FIRMS = 200
"""Up to so many firms all records are read together, in few statements; of more, one kind of record after the other, in less memory."""

State = Mapping[str, int]
"""class of evidence → its newest batch, 0 where nothing came of it; only the classes that may be read."""


def authorised(
    institution: Institution, purpose: str, classes: Iterable[str], firms: Sequence[Firm] | None = None
) -> dict[int, frozenset[str]]:
    """Firm → the classes that a live consent for the purpose covers on the open business day; firms without any are left out.

    Raises FaultsError naming each of `firms` that allows none.
    """
    allowed: dict[int, set[str]] = {}
    wanted = None if firms is None else [firm.pk for firm in firms]
    for evidence_class in classes:
        rows = firms_with_live_consent(institution, purpose, evidence_class, institution.business_date)
        rows = rows if wanted is None else rows.filter(pk__in=wanted)
        for number in rows.values_list("pk", flat=True):
            allowed.setdefault(number, set()).add(evidence_class)
    without = [firm for firm in firms or () if firm.pk not in allowed]
    if without:
        raise FaultsError(
            Fault(f"firm {firm.name}", f"no live consent for {purpose}", "one for some class of evidence", "Ask the firm for it first.")
            for firm in without
        )
    return {number: frozenset(found) for number, found in allowed.items()}


def states(institution: Institution, allowed: Mapping[int, frozenset[str]]) -> dict[int, State]:
    """Firm → its state, of the firms about which something came of a class that may be read."""
    newest = (
        BatchFirm.objects.filter(batch__institution=institution, firm_id__in=list(allowed))
        .values_list("firm_id", "batch__evidence_class")
        .annotate(newest=Max("batch_id"))
    )
    found: dict[int, dict[str, int]] = {}
    for number, evidence_class, batch in newest:
        if evidence_class in allowed[number]:
            found.setdefault(number, dict.fromkeys(sorted(allowed[number]), 0))[evidence_class] = batch
    return dict(found)


def frames_of(
    institution: Institution,
    records: Collection[str],
    as_of: date,
    states: Mapping[int, State],
    purpose: str,
    reader: str,
) -> dict[str, pl.DataFrame]:
    """record → what was known of it by the end of the day, of the firms of which its class may be read and something came; logged."""
    readable = {
        record: [number for number, state in states.items() if state.get(class_of(record))] for record in records if record != COUNTERPARTY
    }
    readable = {record: firms for record, firms in readable.items() if firms}
    frames = {COUNTERPARTY: counterparties(institution)} if COUNTERPARTY in records else {}
    if invoiced := readable.pop(INVOICE, None):
        frames[INVOICE] = invoices_as_of(institution, as_of, invoiced, purpose, reader)
    if len(states) <= FEW_FIRMS:
        return frames | evidence_as_of(institution, readable, as_of, purpose, reader)
    return frames | {record: records_as_of(institution, record, as_of, firms, purpose, reader) for record, firms in readable.items()}


def counterparties(institution: Institution) -> pl.DataFrame:
    """The lender's own firms by every identifier and name that means one of them."""
    known = firm_numbers(institution, names=True)
    return pl.DataFrame(
        {"counterparty": list(known), "party": [f"firm:{number}" for number in known.values()]},
        schema={"counterparty": pl.String, "party": pl.String},
    )
