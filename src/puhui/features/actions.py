"""Taking snapshots: the variables of firms as of a day, computed from what was known then and stored for decisions to read.

When evidence arrives only what rests on it is computed again: a snapshot remembers the newest batch of each class that was in it, and the
values of classes that did not change since are carried over from the last snapshot of the same day and formulas. A variable that sets one
class against another is computed again when either changed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction

from puhui.calculations.canonical import digest_of
from puhui.features import registry
from puhui.features.models import Snapshot
from puhui.features.profiles import classes_of, null_reasons, profile, records_for
from puhui.features.registry import catalogue_digest
from puhui.features.taking import State, authorised, frames_of, states
from puhui.parties.actions import record_audit
from puhui.parties.bulk import copy_rows
from puhui.parties.models import Firm, Institution

PURPOSE = "credit_decision"

MOST_GROUPS = 12
"""Firms are computed together where the same classes changed; with more kinds of change than this, all of it is computed anew."""


@dataclass(frozen=True)
class _Asked:
    institution: Institution
    as_of: date
    purpose: str
    actor: str
    unreachable: frozenset[str]


@transaction.atomic
def refresh(
    institution: Institution,
    as_of: date,
    firms: Iterable[Firm] | None = None,
    *,
    actor: str,
    purpose: str = PURPOSE,
    unreachable: Collection[str] = (),
) -> list[Snapshot]:
    """Snapshots as of the end of `as_of` for those firms (all with a live consent where None) whose evidence is newer than their last.

    Each class of evidence is read where a live consent covers it; variables of the others are null with `not_authorised`. `unreachable`:
    classes whose source could not be asked now; what is null of them says `source_down`. A firm whose newest snapshot of that day was
    made by the same formulas from the same evidence under the same consents keeps it. Returns the new snapshots.
    Raises FaultsError where a named firm has no live consent.
    """
    asked = _Asked(institution, as_of, purpose, actor, frozenset(unreachable))
    classes = sorted({each for used in classes_of().values() for each in used})
    now = states(institution, authorised(institution, purpose, classes, None if firms is None else list(firms)))
    last = _last_snapshots(asked, now)
    stale = {number: state for number, state in now.items() if number not in last or last[number].evidence != state}
    snapshots: list[Snapshot] = []
    for changed, group in _groups(stale, last).items():
        snapshots += _computed(asked, changed, {number: stale[number] for number in group}, last)
    if not snapshots:
        return []
    stored = copy_rows(snapshots)
    record_audit(
        institution, actor, "features.refreshed", "institution", institution.pk, {"as_of": as_of.isoformat(), "firms": len(stored)}
    )
    return list(stored)


def _last_snapshots(asked: _Asked, firms: Iterable[int]) -> dict[int, Snapshot]:
    """Firm → its newest snapshot of the day by the present formulas."""
    rows = Snapshot.objects.filter(
        institution=asked.institution, firm_id__in=list(firms), as_of=asked.as_of, catalogue_digest=catalogue_digest()
    )
    return {row.firm_id: row for row in rows.order_by("firm_id", "-id").distinct("firm_id")}


def _groups(stale: Mapping[int, State], last: Mapping[int, Snapshot]) -> dict[frozenset[str] | None, list[int]]:
    """Classes that changed → the firms of which just these did; None where everything is computed."""
    groups: dict[frozenset[str] | None, list[int]] = {}
    for number, state in stale.items():
        before = last[number].evidence if number in last else None
        changed = None if before is None else frozenset(each for each in {*before, *state} if before.get(each) != state.get(each))
        groups.setdefault(changed, []).append(number)
    return groups if len(groups) <= MOST_GROUPS else {None: sorted(stale)}


def _computed(asked: _Asked, changed: frozenset[str] | None, now: Mapping[int, State], last: Mapping[int, Snapshot]) -> list[Snapshot]:
    """New snapshots of firms of which the same classes changed. A firm of which nothing was known by the day gets none."""
    names = [each.name for each in registry.catalogue() if changed is None or classes_of()[each.name] & changed]
    frames = frames_of(asked.institution, records_for(names), asked.as_of, now, asked.purpose, asked.actor)
    found = profile(frames, asked.as_of, names, firms=[number for number in now if number in last], as_known=True)
    reasons = null_reasons(found, _refused(now, asked.unreachable))
    snapshots = []
    for row in found.values.iter_rows(named=True):
        number = row.pop("firm_id")
        before = last.get(number) if changed is not None else None
        values, nulls = _merged(before, row, reasons[number]) if before else (row, reasons[number])
        snapshots.append(snapshot_of(asked.institution, number, asked.as_of, now[number], values, nulls))
    return snapshots


def _merged(
    before: Snapshot, values: Mapping[str, float | None], nulls: Mapping[str, str]
) -> tuple[dict[str, float | None], dict[str, str]]:
    """The last values and reasons with those that were computed again in their place."""
    kept = {name: reason for name, reason in before.null_reasons.items() if name not in values}
    return {**before.values, **values}, {**kept, **nulls}


def _refused(now: Mapping[int, State], unreachable: frozenset[str]) -> dict[int, dict[str, str]]:
    """Firm → class → why it could not be read."""
    every = {each for used in classes_of().values() for each in used}
    down = dict.fromkeys(unreachable, "source_down")
    return {number: {**down, **dict.fromkeys(every - set(state), "not_authorised")} for number, state in now.items()}


def snapshot_of(
    institution: Institution,
    firm_id: int,
    as_of: date,
    evidence: State,
    values: Mapping[str, float | None],
    reasons: Mapping[str, str],
) -> Snapshot:
    """An unsaved snapshot, sealed by its digest. `evidence`: class → newest batch that is in it."""
    document: dict[str, Any] = {
        "as_of": as_of.isoformat(),
        "catalogue_digest": catalogue_digest(),
        "values": dict(values),
        "null_reasons": dict(reasons),
    }
    return Snapshot(
        institution=institution,
        firm_id=firm_id,
        as_of=as_of,
        evidence_batch_id=max(evidence.values(), default=0) or None,
        evidence=dict(evidence),
        catalogue_digest=document["catalogue_digest"],
        values=document["values"],
        null_reasons=document["null_reasons"],
        digest=digest_of(document),
    )
