"""The units of what a rule speaks of: yuan, months, days, shares, and what multiplying and dividing them gives.

`inv_out_amt_12m >= 500_000` compares yuan with a bare figure, which takes the unit of its neighbour; `requested_amount > term_months`
compares yuan with months and is a fault. A unit is a product of powers, so that yuan per month times months is yuan again. Shares,
counts, flags and scores have no unit. Fen and yuan, days and months are different units on purpose: nothing converts silently.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Powers = tuple[tuple[str, int], ...]
Base = Literal["number", "boolean", "text"]

_WITHOUT_UNIT = frozenset({"", "1", "n", "ratio", "share", "0-1", "0/1", "count", "score", "points", "flag", "index", "number"})
_SPELLINGS = {"yuan": "CNY", "days": "day", "months": "month", "years": "year", "hours": "hour"}


@dataclass(frozen=True, slots=True)
class Kind:
    """What a value is: a number in a unit, a boolean, or a text. `powers` None is a bare figure that takes its neighbour's unit."""

    base: Base
    powers: Powers | None = ()

    def __str__(self) -> str:
        return f"number in {unit_text(self.powers)}" if self.base == "number" and self.powers else self.base


BOOLEAN = Kind("boolean")
TEXT = Kind("text")
BARE = Kind("number", None)


def number(unit: str) -> Kind:
    """The kind of a number in `unit`: `CNY`, `days`, `ratio`, `1/month`, `CNY/month` …"""
    top, _, bottom = unit.partition("/") if unit not in _WITHOUT_UNIT else ("", "", "")
    powers: dict[str, int] = {}
    for part, sign in ((top, 1), (bottom, -1)):
        for word in part.split("*"):
            name = _SPELLINGS.get(word.strip(), word.strip())
            if name not in _WITHOUT_UNIT:
                powers[name] = powers.get(name, 0) + sign
    return Kind("number", _tidy(powers))


def kind_of_unit(unit: str) -> Kind:
    """The kind that a declaration names: `boolean`, `text`, or the unit of a number."""
    return BOOLEAN if unit == "boolean" else TEXT if unit == "text" else number(unit)


def unit_text(powers: Powers | None) -> str:
    """A unit as people write it: `CNY/month`; without unit: `1`."""
    top = "*".join(name if power == 1 else f"{name}^{power}" for name, power in powers or () if power > 0)
    bottom = "*".join(name if power == -1 else f"{name}^{-power}" for name, power in powers or () if power < 0)
    return f"{top or '1'}/{bottom}" if bottom else top or "1"


def product(left: Kind, right: Kind, *, divide: bool = False) -> Kind:
    """The kind of `left * right`, or of `left / right`. Bare times bare stays bare."""
    if left.powers is None and right.powers is None:
        return BARE
    powers = dict(left.powers or ())
    for name, power in right.powers or ():
        powers[name] = powers.get(name, 0) + (-power if divide else power)
    return Kind("number", _tidy(powers))


def common(left: Kind, right: Kind) -> Kind | None:
    """The kind that both sides share, a bare figure taking the other's unit; None where they differ."""
    if left.base != right.base:
        return None
    if left.base != "number" or left.powers == right.powers or right.powers is None:
        return left
    return right if left.powers is None else None


def _tidy(powers: dict[str, int]) -> Powers:
    return tuple(sorted((name, power) for name, power in powers.items() if power))
