"""Does the balance run? After each movement an account holds what it held before and the movement; where it does not, rows are missing,
doubled or altered.

Banks list the oldest movement first or the newest: the order in which fewer balances break is taken. A balance that is not told is
passed over and the movements are summed up to the next one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = ["Break", "breaks"]


@dataclass(frozen=True)
class Break:
    """`position` of the movement whose balance does not follow; amounts in fen."""

    position: int
    expected_fen: int
    found_fen: int


def breaks(movements: Sequence[tuple[int | None, int | None]]) -> list[Break]:
    """The movements of one account, as (amount, balance after it) in the order of the file, money out below zero, at which the balance
    breaks, by position. A movement whose amount is not known starts anew."""
    numbered = [(position, amount, balance) for position, (amount, balance) in enumerate(movements)]
    found = min((_walked(numbered), _walked(numbered[::-1])), key=len)
    return sorted(found, key=lambda each: each.position)


def _walked(movements: Iterable[tuple[int, int | None, int | None]]) -> list[Break]:
    found, expected = [], None
    for position, amount, balance in movements:
        expected = None if expected is None or amount is None else expected + amount
        if balance is not None:
            if expected is not None and balance != expected:
                found.append(Break(position, expected, balance))
            expected = balance
    return found
