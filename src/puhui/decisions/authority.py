"""On whose word: the first level of the grid whose amount for the class suffices and that may decide what was referred.

The grid is a dated parameter table. A level names how many different people must say yes, the roles that may, and who must be among
them; and how far it may go beyond the limit or below the floor price, each such step being recorded as a deviation.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from puhui.calculations.faults import Fault
from puhui.decisions.case import VETO, Case, Stage, ppm
from puhui.decisions.shares import lifted
from puhui.decisions.texts import text
from puhui.products.parameters import Row

STRAIGHT_THROUGH = "straight_through"


def authority_stage(case: Case) -> Stage:
    """The level that the case goes to, with every level's power over it."""
    levels = [_level(row, case.risk_class) for row in case.parameters["authority"].valid_on(case.day)]
    stage: Stage = {"levels": levels, "is_referred": case.is_referred(), "amount_fen": case.amount_fen}
    if case.is_refused():
        return stage | {"skipped": "refused", "level": None}
    combination = case.facts.get("combination")
    able = lifted(levels, combination["level"]) if combination else levels
    found = first_level(able, case.amount_fen, is_referred=case.is_referred())
    if found is None:
        case.speak_against("no_authority", "authority", VETO, text("no_authority"), amount_fen=case.amount_fen)
        return stage | {"level": None}
    case.authority = found["level"]
    return stage | {"level": found["level"]}


def _level(row: Row, risk_class: str) -> dict[str, Any]:
    return {
        "level": row["level"],
        "persons": row["persons"],
        "roles": list(row["roles"]),
        "chair": list(row["chair"]),
        "amount_maximum_fen": int(row.get(risk_class, 0)) * 100,
        "refer": row["refer"],
        "over_limit_share_ppm": ppm(row["over_limit_share"]),
        "under_floor_ppm": ppm(row["under_floor"]),
    }


def first_level(
    levels: Iterable[Mapping[str, Any]], amount_fen: int, *, is_referred: bool, over_limit_ppm: int = 0, under_floor_ppm: int = 0
) -> Mapping[str, Any] | None:
    """The least level that may grant this; None where none may."""
    for level in levels:
        if amount_fen > level["amount_maximum_fen"] or (is_referred and not level["refer"]):
            continue
        if over_limit_ppm > level["over_limit_share_ppm"] or under_floor_ppm > level["under_floor_ppm"]:
            continue
        return level
    return None


def missing_voices(level: Mapping[str, Any], approvers: Collection[tuple[str, str]]) -> list[str]:
    """What a level still lacks, given (username, role) of those who said yes; empty when it is complete."""
    missing = []
    able = {name for name, role in approvers if role in level["roles"]}
    if len(able) < level["persons"]:
        missing.append(f"{level['persons'] - len(able)} more of {', '.join(level['roles'])}")
    if level["chair"] and not any(role in level["chair"] for _, role in approvers):
        missing.append(f"one of {', '.join(level['chair'])}")
    return missing


def role_faults(level: Mapping[str, Any], role: str) -> list[Fault]:
    """A fault where the role has no say on this level."""
    if role in level["roles"]:
        return []
    return [Fault("reviewer", f"the role {role}", f"one of {', '.join(level['roles'])}, for the level {level['level']}")]
