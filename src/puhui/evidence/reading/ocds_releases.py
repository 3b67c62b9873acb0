"""OCDS packages become contracting processes as they stand: the releases of each process, merged.

A process is told by releases, each of which adds to or corrects what the ones before said. They are laid over one another in the order of
their moments: objects key by key, objects of a list by their ids, all else replaced; a null takes a value away. A record package may hold
the merge already, as compiledRelease. Source: OCDS 1.1, merging rules.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from puhui.calculations.faults import Fault
from puhui.evidence.reading.faults import shown

__all__ = ["RELEASE_PARTS", "Findings", "Process", "objects", "processes"]

RELEASE_PARTS = ("awards", "contracts", "tender", "tag", "parties", "buyer")
MOMENT = re.compile(r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:?\d{2}))?$")


@dataclass
class Findings:
    """What is wrong with a file, every fault of it, and how often something was left out for a reason that is no fault."""

    file: str
    faults: list[Fault] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    def fault(self, where: str, found: object, expected: str, remedy: str = "Correct it, or ask the publisher to.") -> None:
        self.faults.append(Fault(f"{self.file}, {where}", shown(found), expected, remedy))

    def is_told(self, where: str, value: dict[str, Any], key: str) -> bool:
        """Whether a text that is needed is there; a fault where not."""
        if isinstance(value.get(key), str) and value[key].strip():
            return True
        self.fault(f"{where}.{key}", value.get(key), "a text or a number")
        return False


@dataclass(frozen=True)
class Process:
    """`merged` as the newest release leaves it; `where` that release stands; `first_amounts`: contract id → the amount first told."""

    where: str
    merged: dict[str, Any]
    first_amounts: dict[str, str]


def processes(document: dict[str, Any], findings: Findings) -> Iterator[Process]:
    """Each contracting process of a package."""
    releases: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for where, release in _releases(document, findings):
        if findings.is_told(where, release, "ocid") and _is_moment(findings, where, release):
            releases.setdefault(release["ocid"], []).append((where, release))
    for several in releases.values():
        several.sort(key=lambda pair: pair[1]["date"].replace(" ", "T"))
        merged: dict[str, Any] = {}
        first: dict[str, str] = {}
        for _, release in several:
            merged = _merged(merged, release)
            for contract in objects(release.get("contracts")):
                amount = contract.get("value", {}).get("amount") if isinstance(contract.get("value"), dict) else None
                if isinstance(amount, str):
                    first.setdefault(str(contract.get("id")), amount)
        yield Process(several[-1][0], merged, first)


def _releases(document: dict[str, Any], findings: Findings) -> Iterator[tuple[str, dict[str, Any]]]:
    for kind in ("releases", "records"):
        several = document.get(kind, [])
        if not isinstance(several, list):
            findings.fault(kind, type(several).__name__, "a list")
            continue
        told = document.get("places") if kind == "releases" else None
        places = told or [f"{kind}[{number}]" for number in range(len(several))]
        for where, each in zip(places, several, strict=True):
            if not isinstance(each, dict):
                findings.fault(where, type(each).__name__, "an object")
            elif kind == "releases":
                yield where, each
            else:
                yield from _of_record(where, each, findings)


def _of_record(where: str, record: dict[str, Any], findings: Findings) -> Iterator[tuple[str, dict[str, Any]]]:
    """The compiled release of a record where there is one, else its releases."""
    compiled, releases = record.get("compiledRelease"), record.get("releases")
    if isinstance(compiled, dict):
        yield f"{where}.compiledRelease", {"ocid": record.get("ocid"), **compiled}
    elif isinstance(releases, list) and releases and all(isinstance(each, dict) and "url" not in each for each in releases):
        for number, each in enumerate(releases):
            yield f"{where}.releases[{number}]", {"ocid": record.get("ocid"), **each}
    else:
        remedy = "Ask for the package with its releases inside; links are not followed."
        findings.fault(where, "neither compiledRelease nor embedded releases", "one of them", remedy)


def _merged(old: Any, new: Any) -> Any:
    """`new` laid over `old`: objects key by key, lists of objects with ids object by object, all else replaced; a null takes away."""
    if isinstance(old, dict) and isinstance(new, dict):
        both = {key: _merged(old.get(key), value) for key, value in new.items() if value is not None}
        return {**{key: value for key, value in old.items() if key not in new}, **both}
    if isinstance(old, list) and isinstance(new, list) and all(isinstance(each, dict) and "id" in each for each in [*old, *new]):
        found = {str(each["id"]): each for each in old}
        for each in new:
            found[str(each["id"])] = _merged(found.get(str(each["id"]), {}), each)
        return list(found.values())
    return new


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects of a list, and nothing of anything else."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _is_moment(findings: Findings, where: str, release: dict[str, Any]) -> bool:
    if isinstance(release.get("date"), str) and MOMENT.match(release["date"]):
        return True
    findings.fault(f"{where}.date", release.get("date"), "the moment of the release, such as 2024-03-31T09:00:00Z")
    return False
