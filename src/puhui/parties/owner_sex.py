"""Whether women and men who own firms are treated alike: the sex of owners, for figures of groups and for nothing else.

It is stored nowhere. A citizen's identity number tells it, and the numbers are kept encrypted, so it is read out of them when a report on
groups is made and forgotten with it. Only `reports` may use this module, which an import rule of the tests holds: no variable, product,
rule, model or decision can know it, and no page shows it of a person.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from puhui.parties.encryption import decrypt
from puhui.parties.identifiers import sex
from puhui.parties.models import FirmPerson

__all__ = ["known_apart", "owner_sexes"]

_ROLES = ("owner", "legal_representative")  # the first that a firm has


def owner_sexes(firm_ids: Iterable[int]) -> dict[int, str]:
    """Firm → `female`, `male`, or `both` where owners of both sexes stand behind it; a firm without a known owner is left out.

    Owners are those of today, else the legal representative. One statement. Raises FaultsError where the numbers do not open.
    """
    found: dict[str, dict[int, set[str]]] = {role: defaultdict(set) for role in _ROLES}
    people = FirmPerson.objects.filter(firm__in=list(firm_ids), role__in=_ROLES, until=None)
    for firm, role, number in people.values_list("firm_id", "role", "person__identity_number_encrypted"):
        found[role][firm].add(sex(decrypt(number, "identity_number")))
    sexes = found["legal_representative"] | found["owner"]
    return {firm: told.copy().pop() if len(told) == 1 else "both" for firm, told in sexes.items()}


def known_apart(told: Sequence[str | None], least: int) -> list[str | None]:
    """The sexes as they are where each that occurs has `least` cases or more; else nobody is told apart.

    With two groups the figures of the one and of all together give those of the other, so one small group hides them all.
    """
    sizes = [sum(one == each for each in told) for one in set(told) - {None}]
    return list(told) if all(size >= least for size in sizes) else [None] * len(told)
