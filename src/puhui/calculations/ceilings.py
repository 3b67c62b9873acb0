"""The most that one borrower, a group that belongs together, and the lender's own related parties may owe a lender.

These ceilings come from law, not from a product: a share of the lender's capital (practice.md 21), or for an online micro-lender an amount
for a household's business (regulation.md §10), less what is owed and promised already.
Each speaks of another circle of debtors: the firm alone; the firm with everybody who belongs with it (the owner, the spouse, their firms
and related parties: one credit view); and, where the firm is related to the lender itself, all who are. The least headroom binds.

Amounts are fen, shares decimals of the dated table `lender-limits`; what is absent there sets no ceiling.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

__all__ = ["Ceiling", "Circles", "ceilings", "is_major"]


@dataclass(frozen=True, slots=True)
class Circles:
    """What is owed and promised before this case, in fen: by the firm, by its group (the firm counted), by all related parties."""

    firm_fen: int
    group_fen: int
    is_lender_related: bool = False
    related_fen: int = 0


@dataclass(frozen=True, slots=True)
class Ceiling:
    """`most_fen` that a circle may owe, `used_fen` of it, and the share of which figure it is."""

    code: str
    share: float
    of: str  # capital, tier_one; amount: of no figure of the lender's, the law names an amount
    most_fen: int
    used_fen: int

    @property
    def headroom_fen(self) -> int:
        return max(0, self.most_fen - self.used_fen)


def ceilings(row: Mapping[str, Any], circles: Circles) -> tuple[Ceiling, ...]:
    """Every ceiling that holds for a borrower, from a row of the table `lender-limits`."""
    return tuple(_of(row, circles))


def _of(row: Mapping[str, Any], circles: Circles) -> Iterator[Ceiling]:
    wanted = [
        ("single_borrower", "single_borrower_share", "capital", circles.firm_fen),
        ("single_exposure", "exposure_share", "tier_one", circles.firm_fen),
        ("group", "group_share", "tier_one", circles.group_fen),
        ("group_of_capital", "group_of_capital_share", "capital", circles.group_fen),
    ]
    if circles.is_lender_related:
        wanted += [
            ("related_one", "related_one_share", "capital", circles.firm_fen),
            ("related_group", "related_group_share", "capital", circles.group_fen),
            ("related_all", "related_all_share", "capital", circles.related_fen),
        ]
    fixed = row.get("household_yuan")
    if fixed is not None:
        yield Ceiling("household", 1.0, "amount", share_of_fen(1, fixed), circles.group_fen)
    for code, column, of, used_fen in wanted:
        share, base = row.get(column), row.get(f"{of}_yuan")
        if share is not None and base is not None:
            yield Ceiling(code, share, of, share_of_fen(share, base), used_fen)


def is_major(row: Mapping[str, Any], amount_fen: int, related_before_fen: int) -> bool:
    """Whether a loan to a related party is a major transaction: its own share of capital, or its sum with those before, is reached."""
    capital = row.get("capital_yuan")
    if capital is None:
        return False
    one, all_of_them = row.get("related_major_share"), row.get("related_major_cumulative_share")
    if one is not None and amount_fen >= share_of_fen(one, capital):
        return True
    return all_of_them is not None and amount_fen + related_before_fen >= share_of_fen(all_of_them, capital)


def share_of_fen(share: float, yuan: float) -> int:
    """A share of an amount of yuan in whole fen, rounded down; the decimal is taken as it is written."""
    return int(Fraction(str(share)) * Fraction(str(yuan)) * 100)
