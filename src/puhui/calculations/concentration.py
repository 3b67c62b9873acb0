"""How much a lender may have out in one industry or one region: shares of its loans or capital, set by supervisors or by the lender itself.

A book that stands on one trade or one place fails with it, however good each loan is. The dated table `concentration-limits` names, by
kind of lender, the most for a section or division of industries (GB/T 4754) or a province, city or county (GB/T 2260): a row with a code
holds for that one, a row without for each code of its level that has no row of its own. A borrower counts under every level with a limit.

A cell of exposure is written `industry:K` (a section), `industry:26` (a division), `region:33`, `region:3307`, `region:330781`. Amounts are
fen, shares decimals.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from puhui.calculations.ceilings import share_of_fen

__all__ = ["LEVELS", "Cap", "Place", "cap_of", "caps_of", "cells_of", "place_of", "sections_of"]

LEVELS = {"section": "industry", "division": "industry", "province": "region", "city": "region", "county": "region"}
"""Level of a limit → what it is a level of."""
_DIGITS = {"division": 2, "province": 2, "city": 4, "county": 6}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a borrower stands: the section and code of its industry, the code of its county; empty where not known."""

    section: str
    industry_code: str
    division_code: str

    def code(self, level: str) -> str:
        """Its code on a level; empty where it is not known so closely."""
        if level == "section":
            return self.section
        code, digits = self.industry_code if LEVELS[level] == "industry" else self.division_code, _DIGITS[level]
        return code[:digits] if len(code) >= digits else ""


@dataclass(frozen=True, slots=True)
class Cap:
    """The most in one cell: `share` of which figure of the lender's (`of`: loans, capital)."""

    level: str
    cell: str
    share: float
    of: str
    most_fen: int


def sections_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Division of industries → its section, from the rows of the table `industry-sections`."""
    return {division: row["code"] for row in rows for division in row["divisions"]}


def place_of(sections: Mapping[str, str], industry_code: str, division_code: str) -> Place:
    """Where a borrower with these codes stands."""
    return Place(sections.get(industry_code[:2], ""), industry_code, division_code)


def cells_of(place: Place) -> tuple[str, ...]:
    """All cells that a borrower counts in."""
    return tuple(f"{LEVELS[level]}:{code}" for level in LEVELS if (code := place.code(level)))


def caps_of(rows: Iterable[Mapping[str, Any]], lender_kind: str, place: Place) -> tuple[Cap, ...]:
    """The limits that hold for a borrower, from the rows in force, in the order of the cells' names."""
    return tuple(sorted(_caps([row for row in rows if row["lender_kind"] == lender_kind], place), key=lambda cap: cap.cell))


def _caps(rows: list[Mapping[str, Any]], place: Place) -> Iterator[Cap]:
    for level in LEVELS:
        code = place.code(level)
        cap = cap_of(rows, level, code) if code else None
        if cap is not None:
            yield cap


def cap_of(rows: Iterable[Mapping[str, Any]], level: str, code: str) -> Cap | None:
    """The limit on one code of a level, from the rows of a lender: its own row, or the one for each; None where there is none."""
    of_level = [row for row in rows if row["level"] == level and row.get("code", "") in (code, "")]
    row = max(of_level, key=lambda one: (one.get("code", "") == code, one.get("valid_from", "")), default=None)
    if row is None:
        return None
    return Cap(level, f"{LEVELS[level]}:{code}", row["share"], row["of"], share_of_fen(row["share"], row["base_yuan"]))
