"""Treating two rows as one firm, and taking that back.

A merge is a step that one officer asks for and another agrees to; loans, evidence and books of both rows stay where they are. The rows
that count as one are those that can be reached over merged pairs (`same_firms`). Undoing adds a step, and everything is as it was.
Both firms are locked, in the order of their numbers, while a step is taken: of two officers at once the second sees the first's step.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from django.db import connection, transaction
from django.db.models import QuerySet

from puhui.calculations.faults import Fault, FaultsError
from puhui.parties.audit import record_act
from puhui.parties.match_models import MatchAct
from puhui.parties.matching import Pair, Record, find_pairs
from puhui.parties.models import Firm, FirmIdentifier, FirmPerson, Institution
from puhui.parties.registration import PEOPLE_KINDS

__all__ = ["ask", "confirm", "find", "findings", "identifiers", "judge", "pairs", "records", "same_firms", "undo"]

Act = MatchAct.Act

_ACTING = ("legal_representative", "owner")
_FORMER_NAME = "former_name"

_ALLOWED: Mapping[str, tuple[str, ...]] = {
    Act.ASKED: (Act.FOUND, Act.LATER, Act.UNDONE, Act.NOT_SAME),
    Act.MERGED: (Act.ASKED,),
    Act.NOT_SAME: (Act.FOUND, Act.LATER, Act.ASKED),
    Act.LATER: (Act.FOUND, Act.ASKED, Act.LATER),
    Act.UNDONE: (Act.MERGED,),
}

_SAME = """
    WITH RECURSIVE held AS (
        SELECT DISTINCT ON (first_id, second_id) first_id, second_id, act
          FROM parties_matchact WHERE institution_id = %(institution)s ORDER BY first_id, second_id, id DESC
    ), reached(firm) AS (
        SELECT %(firm)s::bigint
        UNION
        SELECT CASE WHEN held.first_id = reached.firm THEN held.second_id ELSE held.first_id END
          FROM reached JOIN held ON held.act = 'merged' AND reached.firm IN (held.first_id, held.second_id)
    )
    SELECT firm FROM reached ORDER BY firm
"""


def records(institution: Institution, former_names: Mapping[int, Sequence[str]] | None = None) -> list[Record]:
    """What is compared of every firm of an institution; people and phones by their blind indexes. Persons and households are left out:
    the database keeps them from being entered twice, and two of one name are two (`borrowers.py`).

    former_names  firm → names it bore before, as its evidence tells them; those entered as identifiers are added
    """
    told = former_names or {}
    numbers: dict[int, list[tuple[str, str]]] = {}
    for firm, scheme, value in FirmIdentifier.objects.filter(institution=institution).values_list("firm_id", "scheme", "value"):
        numbers.setdefault(firm, []).append((scheme, value))
    people: dict[int, set[str]] = {}
    phones: dict[int, set[str]] = {}
    parts = FirmPerson.objects.filter(firm__institution=institution, until=None, role__in=_ACTING)
    for firm, person, phone in parts.values_list("firm_id", "person__identity_number_index", "person__phone_index"):
        people.setdefault(firm, set()).add(bytes(person).hex())
        if phone is not None:
            phones.setdefault(firm, set()).add(bytes(phone).hex())
    firms = Firm.objects.filter(institution=institution).exclude(kind__in=PEOPLE_KINDS)
    rows = firms.order_by("pk").values_list("pk", "name", "division_code", "industry_code")
    return [
        Record(
            firm, name, tuple(numbers.get(firm, ())), division, industry, frozenset(people.get(firm, ())), frozenset(phones.get(firm, ())),
            tuple(dict.fromkeys([*told.get(firm, ()), *(value for scheme, value in numbers.get(firm, ()) if scheme == _FORMER_NAME)])),
        )
        for firm, name, division, industry in rows
    ]  # fmt: skip


@transaction.atomic
def find(
    institution: Institution,
    levels: Mapping[str, Mapping[str, tuple[float, float]]],
    prior_share: float,
    least_weight: float,
    actor: str,
    former_names: Mapping[int, Sequence[str]] | None = None,
) -> tuple[list[Pair], int]:
    """Compare all firms; pairs not seen before are put into the queue. Returns all pairs found and the number of new ones.

    former_names  as `records` takes them
    """
    Institution.objects.select_for_update(no_key=True).get(pk=institution.pk)  # two runs at once would find the same pairs
    found = find_pairs(records(institution, former_names), levels, prior_share, least_weight)
    seen = set(MatchAct.objects.filter(institution=institution).values_list("first_id", "second_id"))
    new = [pair for pair in found if (pair.first, pair.second) not in seen]
    MatchAct.objects.bulk_create(
        MatchAct(
            institution=institution, first_id=pair.first, second_id=pair.second, act=Act.FOUND, weight=pair.weight,
            levels=dict(pair.levels), actor=actor,
        )
        for pair in new
    )  # fmt: skip
    if new:
        record_act(institution, actor, "find_matches", institution, {"pairs": len(new)})
    return found, len(new)


def ask(institution: Institution, first: int, second: int, actor: str, note: str = "") -> MatchAct:
    """Ask to treat two rows as one firm."""
    return _step(institution, first, second, Act.ASKED, actor, note)


def confirm(institution: Institution, first: int, second: int, actor: str, note: str = "") -> MatchAct:
    """Agree to a merge that somebody else asked for."""
    return _step(institution, first, second, Act.MERGED, actor, note)


def judge(institution: Institution, first: int, second: int, verdict: str, actor: str, note: str = "") -> MatchAct:
    """Say that two rows are not the same firm (`not_same`), or put the pair off (`later`)."""
    if verdict not in (Act.NOT_SAME, Act.LATER):
        raise FaultsError([Fault("verdict", verdict, "not_same or later")])
    return _step(institution, first, second, verdict, actor, note)


def undo(institution: Institution, first: int, second: int, actor: str, note: str = "") -> MatchAct:
    """Take a merge back: from now on both rows stand alone."""
    return _step(institution, first, second, Act.UNDONE, actor, note)


@transaction.atomic
def _step(institution: Institution, first: int, second: int, act: str, actor: str, note: str) -> MatchAct:
    """Raises FaultsError where the pair is not in a state from which the step can be taken, or asker and checker are one person."""
    first, second = sorted((first, second))
    both = Firm.objects.select_for_update(no_key=True).filter(institution=institution, pk__in=(first, second)).order_by("pk")
    if len(both) != 2:
        raise FaultsError([Fault("firms", f"{first} and {second}", "two firms of this institution")])
    newest = MatchAct.objects.filter(institution=institution, first=first, second=second).order_by("-pk").first()
    state = newest.act if newest else "nothing"
    if state not in _ALLOWED[act]:
        expected = " or ".join(_ALLOWED[act])
        raise FaultsError([Fault("pair", state, expected, "Somebody else has taken a step: look at the pair again.")])
    if newest and act == Act.MERGED and newest.actor == actor:
        raise FaultsError([Fault("checker", actor, "somebody other than who asked for the merge")])
    row = MatchAct.objects.create(institution=institution, first_id=first, second_id=second, act=act, actor=actor, note=note[:200])
    record_act(institution, actor, f"match_{act}", both[0], {"other": second})
    return row


def same_firms(firm: Firm) -> tuple[int, ...]:
    """Numbers of the rows that count as this firm, itself among them, over merged pairs; safe where merges run in circles."""
    with connection.cursor() as cursor:
        cursor.execute(_SAME, {"institution": firm.institution_id, "firm": firm.pk})
        return tuple(row[0] for row in cursor.fetchall())


def pairs(institution: Institution | int, states: Iterable[str] = (Act.FOUND, Act.ASKED, Act.LATER)) -> Sequence[MatchAct]:
    """The newest step of each pair that is in one of the states, the oldest first, with both firms read along."""
    newest: QuerySet[MatchAct] = MatchAct.objects.filter(institution=institution).order_by("first_id", "second_id", "-pk")
    held = newest.distinct("first_id", "second_id").values("pk")
    return list(MatchAct.objects.filter(pk__in=held, act__in=list(states)).select_related("first", "second").order_by("pk"))


def findings(shown: Iterable[MatchAct]) -> dict[tuple[int, int], MatchAct]:
    """(first, second) → the newest step of the comparison, with weight and levels, for pairs that it found. One statement."""
    shown = list(shown)
    wanted = {(pair.first_id, pair.second_id) for pair in shown}
    firms = {pair.first_id for pair in shown}
    rows = MatchAct.objects.filter(first__in=firms, act=Act.FOUND).order_by("pk")
    return {(row.first_id, row.second_id): row for row in rows if (row.first_id, row.second_id) in wanted}


def identifiers(firms: Iterable[int]) -> dict[int, list[tuple[str, str]]]:
    """Firm → (scheme, value) of its numbers and former names. One statement."""
    found: dict[int, list[tuple[str, str]]] = {}
    for firm, scheme, value in FirmIdentifier.objects.filter(firm__in=set(firms)).order_by("pk").values_list("firm_id", "scheme", "value"):
        found.setdefault(firm, []).append((scheme, value))
    return found
