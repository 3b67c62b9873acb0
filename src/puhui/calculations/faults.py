"""What is wrong with an input, said once for everybody: where it stands, what was found, what was expected, how to mend it.

Checks collect every fault and raise them together, so that a person corrects a file or a form once and not ten times.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong. `where` names field, file, sheet, row or column as far as they are known."""

    where: str
    found: str
    expected: str
    remedy: str = ""

    def __str__(self) -> str:
        text = f"{self.where}: found {self.found}, expected {self.expected}"
        return f"{text}. {self.remedy}" if self.remedy else text

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


class FaultsError(Exception):
    """Input that cannot be used; `faults` names all that is wrong with it, and nothing was changed.

    `events`: for each fault the place in its list of the event that cannot be carried out; empty where events are not to blame.
    """

    def __init__(self, faults: Iterable[Fault], events: Iterable[int] = ()) -> None:
        self.faults = tuple(faults)
        self.events = tuple(events)
        super().__init__("\n".join(str(fault) for fault in self.faults))


def check(faults: Iterable[Fault]) -> None:
    """Raise `FaultsError` when there is any fault."""
    found = tuple(faults)
    if found:
        raise FaultsError(found)
