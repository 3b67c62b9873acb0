"""How the whole of a combined loan is shared out among its parts (`products.loan_parts`): pure, so that it replays.

The whole is decided first, by the combined product's own rules and limit. Its record then says the most that each part may take. The parts
are filled in their order: each asks for what is left of the whole, up to that most, and is decided by its own product; what it is not
granted is left to the next. What a part owes counts once: its own product's limit is less what the firm owed before this application, the
whole keeps all parts together within the limit of the combination, and the ceilings of law see everything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from puhui.decisions.case import REFER, VETO, Case, Stage
from puhui.decisions.limit import fen_of_yuan
from puhui.decisions.texts import text
from puhui.products.terms import LoanPart

__all__ = ["Combination", "asked_fen", "is_split", "lifted", "shares_stage", "stand_or_fall"]


@dataclass(frozen=True)
class Combination:
    """Of which combined application a loan is a part, as its decision freezes it."""

    application: int
    product: str
    digest: str  # of the combined product's file
    part: int  # place in the order of filling, from 0
    whole_fen: int  # granted or proposed for all parts together
    taken_fen: int  # of it, by the parts before this one
    level: str  # of authority that the whole asks for: no part goes below it
    falls_with: str = ""  # product of a part that was refused, without which this one is not lent

    def facts(self) -> dict[str, Any]:
        """As the record of the part keeps it."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def shares_stage(case: Case) -> Stage:
    """The most that each part may take of the whole, in the order of filling."""
    return {"whole_fen": case.amount_fen, "order": [_share(case, one) for one in case.product.parts]}


def _share(case: Case, part: LoanPart) -> dict[str, Any]:
    value = part.formula.evaluate(case.values, case.product.tables)
    if value is None and part.when_null == "refer":
        case.speak_against("bound_unknown", "parts", REFER, text("bound_unknown"), bound=part.product)
    expression = part.formula.expression
    of_whole_fen = case.amount_fen * part.share_ppm // 1_000_000
    return {
        "product": part.product,
        "text": dict(part.names),
        "expression": part.formula.text.strip(),
        "inputs": {name: case.values.get(name) for name in expression.names},
        "null_means": part.when_null,
        "is_null": value is None,
        "share_ppm": part.share_ppm,
        "stands_alone": part.stands_alone,
        "most_fen": 0 if value is None else min(fen_of_yuan(float(value)), of_whole_fen),
    }


def asked_fen(most_fen: int, whole_fen: int, taken_fen: int, multiple_fen: int) -> int:
    """What a part asks for: what is left of the whole, up to its most, in steps of its own product."""
    return min(most_fen, whole_fen - taken_fen) // multiple_fen * multiple_fen


def stand_or_fall(case: Case) -> None:
    """A part whose sibling was refused, and that does not stand alone, is refused with it."""
    combination = case.facts.get("combination")
    if combination and combination["falls_with"]:
        case.speak_against("part_refused", "rules", VETO, text("part_refused"), part=combination["falls_with"])


def lifted(levels: Sequence[Mapping[str, Any]], level: str) -> Sequence[Mapping[str, Any]]:
    """The levels of authority from the one on that the whole asks for; all where it is none of them."""
    names = [one["level"] for one in levels]
    return levels[names.index(level) :] if level in names else levels


def is_split(record: Mapping[str, Any]) -> bool:
    """Whether a decision's record is that of a whole that becomes several loans."""
    return "parts" in record["stages"] and record["result"]["outcome"] != "refuse"
