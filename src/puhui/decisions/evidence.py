"""The evidence of a set of firms as of a day: the newest snapshot of each, and the consent under which it may be read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from django.utils.timezone import get_current_timezone_name

from puhui.calculations.faults import Fault, check
from puhui.decisions.titles import titles
from puhui.features.models import Snapshot
from puhui.parties import consents
from puhui.parties.models import Consent, Firm, Institution
from puhui.parties.statements import Statement, columns, instances, together
from puhui.products.terms import Product


@dataclass(frozen=True)
class Evidence:
    """Snapshots by firm as of `day`, consents by firm (all that are live on `read_on`), titles of the variables."""

    day: date
    read_on: date
    snapshots: Mapping[int, Snapshot]
    consents: Mapping[int, Sequence[Consent]]
    titles: Mapping[str, Mapping[str, str]]

    def of(self, firm: Firm, product: Product) -> tuple[Snapshot, Consent]:
        """The firm's snapshot and the consent that covers what the product reads. Raises FaultsError where either is missing."""
        covering = [one for one in self.consents.get(firm.pk, ()) if one.purpose == product.consent_purpose]
        consent = next((one for one in covering if set(product.evidence_classes) <= set(one.classes)), None)
        snapshot = self.snapshots.get(firm.pk)
        faults = []
        if consent is None:
            wanted = f"one for {product.consent_purpose} and {', '.join(product.evidence_classes)}, live on {self.read_on}"
            faults.append(Fault(f"consent of {firm.name}", "none", wanted, "Ask the firm for it."))
        elif snapshot is None:
            remedy = "Import its invoices and run `puhui features compute`."
            faults.append(Fault(f"variables of {firm.name}", "no snapshot", f"one as of {self.day} or earlier", remedy))
        check(faults)
        assert consent is not None and snapshot is not None
        return snapshot, consent


def read_evidence(institution: Institution, firms: Sequence[Firm], day: date, read_on: date | None = None) -> Evidence:
    """What may be read of the firms: one trip to the database for all together.

    `day` is the day that the evidence is of. Consent counts on the day of reading, `read_on`, where that is another: a consent that was
    withdrawn since covers no look back either.
    """
    return evidence_in(together(*reading(institution, {firm.pk for firm in firms}, day, read_on)), day, read_on)


def reading(institution: Institution, firm_ids: Iterable[int], day: date, read_on: date | None = None) -> list[Statement]:
    """The statements of `read_evidence`, to travel with others; `evidence_in` reads their answers."""
    ids = sorted(firm_ids)
    return [_newest_snapshots(institution, day, ids), _live_consents(read_on or day, get_current_timezone_name(), ids)]


def evidence_in(answers: Sequence[Sequence[Sequence[Any]]], day: date, read_on: date | None = None) -> Evidence:
    """The evidence that the answers to `reading` hold."""
    newest, given = answers
    granted: dict[int, list[Consent]] = {}
    for consent in instances(Consent, given):
        granted.setdefault(consent.firm_id, []).append(consent)
    return Evidence(day, read_on or day, {row.firm_id: row for row in instances(Snapshot, newest)}, granted, titles())


def _newest_snapshots(institution: Institution, day: date, firm_ids: Sequence[int]) -> Statement:
    text = f"""SELECT DISTINCT ON (firm_id) {columns(Snapshot)} FROM features_snapshot
                WHERE institution_id = %s AND firm_id = ANY(%s) AND as_of <= %s ORDER BY firm_id, as_of DESC, id DESC"""
    return text, [institution.pk, firm_ids, day]


def _live_consents(day: date, zone: str, firm_ids: Sequence[int]) -> Statement:
    """The consents that are live on the day, whatever for, the latest granted first."""
    text, parameters = _liveness(day, zone)
    return f"SELECT * FROM ({text}) AS consent WHERE firm_id = ANY(%s) ORDER BY granted_at DESC, id DESC", [*parameters, firm_ids]


@lru_cache(maxsize=64)
def _liveness(day: date, zone: str) -> Statement:
    """All consents that are live, as a statement: composed once a day. `zone`: whose day it is."""
    text, parameters = Consent.objects.filter(consents.in_force(day)).query.sql_with_params()
    return text, parameters
