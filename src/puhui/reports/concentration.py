"""Where the book stands: what is out and promised by industry and by region, beside the limits of the lender, as it is now.

The figures are those that decisions read (`decisions.concentration`): the last count of the exposures and what was promised since.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings

from puhui.calculations.concentration import LEVELS, Cap, cap_of
from puhui.decisions.concentration import SECTIONS, limits_table
from puhui.decisions.concentration import figures as kept_figures
from puhui.evidence.codes import code_table
from puhui.parties.models import Institution
from puhui.products.parameters import table
from puhui.reports.tables import Column, Report, Table
from puhui.reports.titles import title

__all__ = ["concentration"]

_REGIONS = {2: "province", 4: "city", 6: "county"}


def concentration(institution: Institution, as_of: date, language: str = "en") -> Report:
    """A table of industries and one of regions: each cell with money in it or a limit of its own, the fullest first."""
    rows = [row for row in limits_table().valid_on(institution.business_date) if row["lender_kind"] == institution.kind]
    used = kept_figures(institution)
    named = {f"{LEVELS[row['level']]}:{row['code']}" for row in rows if row.get("code")}
    whole_fen = sum(fen for cell, fen in used.items() if cell.startswith("industry:") and level_of(cell) == "section")
    tables = [
        Table(f"concentration_{dimension}", title(f"concentration_{dimension}", language), _columns(language), tuple(found))
        for dimension in ("industry", "region")
        for found in [_rows(dimension, {**dict.fromkeys(sorted(named), 0), **used}, rows, whole_fen, language)]
    ]
    notes = (title("concentration_note", language),)
    return Report("concentration", title("concentration", language), institution.name, institution.business_date, tuple(tables), notes)


def level_of(cell: str) -> str:
    """The level of a cell: by what it is of and the length of its code."""
    dimension, _, code = cell.partition(":")
    if dimension == "region":
        return _REGIONS[len(code)]
    return "section" if code.isalpha() else "division"


def _columns(language: str) -> tuple[Column, ...]:
    kinds: dict[str, Any] = {
        "place": "text", "level_of_place": "text", "out_and_promised": "fen", "share_of_book": "share", "most": "fen",
        "share_of_limit": "share", "room": "fen",
    }  # fmt: skip
    return tuple(Column(name, title(name, language), kind) for name, kind in kinds.items())


def _rows(dimension: str, used: dict[str, int], limits: list[Any], whole_fen: int, language: str) -> list[tuple[Any, ...]]:
    found = []
    for cell, fen in used.items():
        if cell.startswith(f"{dimension}:"):
            level, code = level_of(cell), cell.partition(":")[2]
            cap = cap_of(limits, level, code)
            cells = _of_limit(cap, fen)
            share = fen / whole_fen if whole_fen else None
            found.append((place_name(level, code, language), title(f"level_{level}", language), fen, share, *cells))
    order = ["section", "division", "province", "city", "county"]
    names = {title(f"level_{level}", language): place for place, level in enumerate(order)}
    return sorted(found, key=lambda row: (names[row[1]], -(row[5] or 0), -row[2], row[0]))


def _of_limit(cap: Cap | None, fen: int) -> tuple[int | None, float | None, int | None]:
    """The most, the share of it that is taken, and what is left; nothing where there is no limit."""
    if cap is None:
        return None, None, None
    return cap.most_fen, fen / cap.most_fen if cap.most_fen else None, max(0, cap.most_fen - fen)


def place_name(level: str, code: str, language: str) -> str:
    """An industry or a region in words, its code before it. Official names are Chinese: English tells the section, and regions by code."""
    if level == "section":
        rows = {row["code"]: row for row in table(SECTIONS, settings.PUHUI_CATALOGUE).rows}
        return f"{code} {rows[code][language.replace('-', '_')]}" if code in rows else code
    if level == "division":
        return _division_name(code, language)
    if language == "en":
        return code
    places = code_table("gbt2260-places").codes
    names = (code_table("gbt2260").codes.get(code[:2]), *(places.get(code[:length]) for length in (4, 6) if length <= len(code)))
    return " ".join((code, *filter(None, names)))


def _division_name(code: str, language: str) -> str:
    if language == "zh-hans" and (name := code_table("gbt4754-divisions").codes.get(code)):
        return f"{code} {name}"
    rows = {each: row for row in table(SECTIONS, settings.PUHUI_CATALOGUE).rows for each in row["divisions"]}
    if code not in rows:
        return code
    name = rows[code][language.replace("-", "_")]
    return f"{code} ({name})" if language == "en" else f"{code}（{name}）"
