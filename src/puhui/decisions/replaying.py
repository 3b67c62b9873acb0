"""Replay: the decision made again from what it rested on, and compared whole.

No stored result is trusted. Product, parameters and model are taken by the digests that the record names, each checked against its
digest; the engine runs on the frozen facts; and the whole new record is compared with the stored one, as are the decision's columns,
its digest, the application it answers and the snapshot that its variables were taken from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from puhui.calculations.faults import FaultsError
from puhui.decisions import engine
from puhui.decisions.combining import share_differences
from puhui.decisions.concentration import cap_differences
from puhui.decisions.deciding import columns_of, request_of
from puhui.decisions.models import Decision
from puhui.decisions.strategy import Stored
from puhui.parties.models import Institution
from puhui.products.documents import normalised

_NOTHING = object()


@dataclass(frozen=True)
class Difference:
    """One place where the decision stored and the decision made again are not the same."""

    decision_id: int
    where: str
    stored: str
    again: str

    def __str__(self) -> str:
        return f"decision {self.decision_id}: {self.where}: stored {self.stored}, replayed {self.again}"


def replay(decision: Decision, stored: Stored | None = None) -> list[Difference]:
    """What differs; nothing when the decision stands."""
    stored = stored or Stored(decision.institution)
    pairs = list(_pairs(decision, stored))
    return [Difference(decision.pk, where, _shown(left), _shown(right)) for where, left, right in pairs]


def replay_all(institution: Institution, progress: Callable[[int], None] | None = None) -> list[Difference]:
    """What differs over all decisions of an institution."""
    stored = Stored(institution)
    rows = Decision.objects.filter(institution=institution).select_related("application", "snapshot").order_by("pk")
    differences = []
    for decision in rows.iterator(chunk_size=500):
        differences.extend(replay(decision, stored))
        if progress:
            progress(1)
    return differences


def _pairs(decision: Decision, stored: Stored) -> Iterator[tuple[str, Any, Any]]:
    record = decision.record
    try:
        strategy = stored.strategy(record["versions"])
        trial = stored.trial(record.get("trial"), strategy, decision.application_id)
        again = engine.decide(record["facts"], strategy.product, strategy.model, strategy.parameters, record["request"], trial)
    except FaultsError as error:
        for fault in error.faults:
            yield fault.where, fault.found, fault.expected
        return
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        yield "record", f"one that cannot be read ({type(error).__name__}: {error})", "a whole record"
        return
    yield from differences(normalised(record), normalised(again))
    yield from _unlike("digest", decision.digest, engine.digest(again))
    for name, value in columns_of(again["result"]).items():
        yield from _unlike(f"column {name}", getattr(decision, name), value)
    yield from _unlike("column business_date", decision.business_date.isoformat(), record["facts"]["business_date"])
    for name, value in request_of(decision.application).items():
        asked = record["request"].get(name)
        if name == "facts":
            asked = {key: asked.get(key) for key in value} if isinstance(asked, dict) else asked
        yield from _unlike(f"application {name}", value, asked)
    yield from _snapshot_pairs(decision, record["facts"])
    yield from share_differences(decision, strategy.product.multiple_fen)
    yield from _limit_pairs(record, stored)


def _limit_pairs(record: dict[str, Any], stored: Stored) -> Iterator[tuple[str, Any, Any]]:
    """The frozen limits on industry and region against the table that they are of."""
    try:
        yield from cap_differences(record, stored.table)
    except FaultsError as error:
        for fault in error.faults:
            yield fault.where, fault.found, fault.expected


def _snapshot_pairs(decision: Decision, facts: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """The frozen variables against the snapshot's own row."""
    snapshot = decision.snapshot
    if snapshot is None:
        yield "snapshot", "none", facts["snapshot"]["id"]
        return
    yield from _unlike("snapshot id", snapshot.pk, facts["snapshot"]["id"])
    yield from _unlike("snapshot digest", snapshot.digest, facts["snapshot"]["digest"])
    yield from _unlike("snapshot firm", snapshot.firm_id, decision.firm_id)
    for name, value in facts["variables"].items():
        yield from _unlike(f"snapshot variable {name}", normalised(snapshot.values.get(name)), normalised(value))


def differences(stored: Any, again: Any, where: str = "record") -> Iterator[tuple[str, Any, Any]]:
    """(where, stored, again) of every leaf in which two JSON values are not the same."""
    if isinstance(stored, dict) and isinstance(again, dict):
        for key in sorted(stored.keys() | again.keys()):
            yield from differences(stored.get(key, _NOTHING), again.get(key, _NOTHING), f"{where}.{key}")
    elif isinstance(stored, list) and isinstance(again, list) and len(stored) == len(again):
        for number, (left, right) in enumerate(zip(stored, again, strict=True)):
            yield from differences(left, right, f"{where}[{number}]")
    else:
        yield from _unlike(where, stored, again)


def _unlike(where: str, left: Any, right: Any) -> Iterator[tuple[str, Any, Any]]:
    if left != right or isinstance(left, bool) != isinstance(right, bool):
        yield where, left, right


def _shown(value: Any) -> str:
    text = "nothing" if value is _NOTHING or value is None else str(value)
    return text if len(text) <= 120 else text[:117] + "…"
