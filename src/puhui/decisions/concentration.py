"""Concentration by industry and region at decision: what is left of the lender's limits for a firm's place, and who took it.

A cell (`calculations.concentration`) has a kept figure: what the last count of the exposures found, and what was promised since. A decision
reads the sums of the few cells that have a limit in the trip in which it reads the application, and adds its promise in the trip in which
it is stored. Near a limit (`GUARDED`) decisions go one by one, and where the kept figure leaves too little room for what is asked the cell
is counted anew from the exposures, so that what was repaid or released makes room at once (`sql/concentration.sql`). Far from it decisions
beside each other do not wait for each other, and sums fall by repayments with the next count (`recount`, after each day end): they may be
too high and never too low by them.

Limits are those of the dated table `concentration-limits`. A decision freezes the limit and the sum of each of its cells, and the digest of
the table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Sum

from puhui.calculations.concentration import Cap, cap_of, caps_of, place_of, sections_of
from puhui.calculations.faults import Fault
from puhui.decisions.credit_models import ConcentrationFigure
from puhui.parties.models import Firm, Institution
from puhui.parties.statements import Statement, together
from puhui.products.parameters import Table, table

__all__ = [
    "Rooms",
    "cap_differences",
    "figures",
    "limits_table",
    "promising",
    "recount",
    "room_faults",
    "rooms_now",
    "rooms_of",
]

LIMITS, SECTIONS = "concentration-limits", "industry-sections"
GUARDED, LARGEST_FEN, BESIDE = Fraction(95, 100), 5_000_000_000, 16
"""A cell is read under a lock from this share of its limit on, or already where so many decisions beside each other of what is asked would
pass the limit, or one loan of this size where nobody tells what is asked."""


@dataclass
class Rooms:
    """The limits that hold for firms, with what is out and promised in their cells now, in fen; a promise is seen by all at once."""

    caps: Mapping[int, tuple[Cap, ...]]  # firm → its limits
    digest: str
    used: dict[str, int] = field(default_factory=dict)  # by cell

    def facts(self, firm_id: int) -> dict[str, Any] | None:
        """As a decision's record keeps it; nothing where no limit holds."""
        caps = self.caps.get(firm_id, ())
        cells = [
            {
                "level": one.level,
                "cell": one.cell,
                "share": one.share,
                "of": one.of,
                "most_fen": one.most_fen,
                "used_fen": self.used.get(one.cell, 0),
            }
            for one in caps
        ]
        return {"table": self.digest, "cells": cells} if caps else None

    def take(self, firm_id: int, amount_fen: int) -> None:
        """A promise to a firm."""
        for one in self.caps.get(firm_id, ()):
            self.used[one.cell] = self.used.get(one.cell, 0) + amount_fen

    def headroom_fen(self, firm_id: int) -> int | None:
        """What is left under the tightest limit of a firm; None where no limit holds."""
        left = [max(0, one.most_fen - self.used.get(one.cell, 0)) for one in self.caps.get(firm_id, ())]
        return min(left, default=None)

    def reading(self, institution_id: int, asked_fen: int | None = None) -> list[Statement]:
        """The statement whose rows `read` takes over; none where no limit holds.

        asked_fen: what may be promised by it, of all firms together; None: not known, so cells near their limits are counted anew.
        """
        most = {one.cell: one.most_fen for caps in self.caps.values() for one in caps}
        if not most:
            return []
        ahead_fen = LARGEST_FEN if asked_fen is None else min(LARGEST_FEN, BESIDE * asked_fen)
        guarded = [max(0, min(int(fen * GUARDED), fen - ahead_fen)) for fen in most.values()]
        room = [-1 if asked_fen is None else fen - asked_fen for fen in most.values()]
        asked = [institution_id, list(most), guarded, room, [_divisions_of(cell) for cell in most]]
        return [("SELECT * FROM decisions_concentrated(%s, %s, %s, %s, %s)", asked)]

    def read(self, answers: Sequence[Sequence[Sequence[Any]]]) -> None:
        """Take over the answers to `reading`."""
        self.used = {cell: used_fen for rows in answers for cell, used_fen in rows}


def limits_table() -> Table:
    """The table of limits: the institution's own, or the one that comes with Puhui."""
    return table(LIMITS, settings.PUHUI_CATALOGUE)


def sections() -> dict[str, str]:
    """Division of industries → its section."""
    found = table(SECTIONS, settings.PUHUI_CATALOGUE)
    if found.digest not in _SECTIONS:
        _SECTIONS[found.digest] = sections_of(found.rows)
    return _SECTIONS[found.digest]


_SECTIONS: dict[str, dict[str, str]] = {}
"""Digest of the table of sections → what it says."""


def _divisions_of(cell: str) -> str | None:
    """The divisions that a cell of industry takes in, as the database writes an array; None of a region."""
    level, _, code = cell.partition(":")
    if level != "industry":
        return None
    found = [code] if code.isdigit() else [division for division, section in sections().items() if section == code]
    return "{" + ",".join(found) + "}"


def rooms_of(institution: Institution, firms: Iterable[Firm], day: date | None = None) -> Rooms:
    """The limits that hold for firms on the day, nothing read yet."""
    limits = limits_table()
    rows, of_division = limits.valid_on(day or institution.business_date), sections()
    places = {firm.pk: place_of(of_division, firm.industry_code, firm.division_code) for firm in firms}
    return Rooms({number: caps_of(rows, institution.kind, place) for number, place in places.items()}, limits.digest)


def rooms_now(institution: Institution, firms: Iterable[Firm], asked_fen: int | None = None) -> Rooms:
    """The limits that hold for firms, with the sums as they stand; `asked_fen` as `Rooms.reading`."""
    rooms = rooms_of(institution, firms)
    if statements := rooms.reading(institution.pk, asked_fen):
        rooms.read(together(*statements))
    return rooms


def promising(institution: Institution, rooms: Rooms, promises: Iterable[tuple[int, int]]) -> list[Statement]:
    """The statement that adds promises, (firm, fen), to the cells with limits; none where there is nothing to add."""
    pairs = [(one.cell, fen) for firm, fen in promises if fen for one in rooms.caps.get(firm, ())]
    if not pairs:
        return []
    cells, amounts = zip(*pairs, strict=True)
    return [("SELECT decisions_promise(%s, %s, %s)", [institution.pk, list(cells), list(amounts)])]


def room_faults(rooms: Rooms, firm_id: int, amount_fen: int) -> list[Fault]:
    """Limits on industry and region that an amount would break now; no level of authority may pass them."""
    return [
        Fault(
            "amount_fen",
            f"{amount_fen}, with {used_fen} out and promised in {one.cell}",
            f"at most {max(0, one.most_fen - used_fen)} under the limit of {one.cell}: {one.share:.1%} of {one.of} is {one.most_fen} fen",
            "Lend less, or wait until something is repaid: no authority passes this limit.",
        )
        for one in rooms.caps.get(firm_id, ())
        if amount_fen > one.most_fen - (used_fen := rooms.used.get(one.cell, 0))
    ]


def cap_differences(record: Mapping[str, Any], table_of: Callable[[str], Table]) -> Iterator[tuple[str, Any, Any]]:
    """(where, stored, again) of limits that a decision's record names otherwise than the table it rests on (`table_of`: by digest)."""
    facts = record["facts"]
    if (found := facts.get("concentration")) is None:
        return
    rows = table_of(found["table"]).valid_on(date.fromisoformat(facts["business_date"]))
    own = [row for row in rows if row["lender_kind"] == facts["lender"]["kind"]]
    for one in found["cells"]:
        cap = cap_of(own, one["level"], one["cell"].partition(":")[2])
        stored = {name: one[name] for name in ("cell", "share", "of", "most_fen")}
        again = {name: getattr(cap, name) for name in stored} if cap else None
        if stored != again:
            yield f"concentration {one['cell']}", stored, again


def figures(institution: Institution) -> dict[str, int]:
    """Every cell with what is out and promised in it, in fen; cells without anything are left out."""
    rows = ConcentrationFigure.objects.filter(institution=institution).values("cell").annotate(fen=Sum("amount_fen")).order_by("cell")
    return {row["cell"]: int(row["fen"]) for row in rows if row["fen"]}


def recount(institution: Institution) -> int:
    """Count all cells anew from the exposures; how many figures changed."""
    divisions = sections()
    with connection.cursor() as cursor:
        cursor.execute("SELECT decisions_count_concentration(%s, %s, %s)", [institution.pk, list(divisions), list(divisions.values())])
        (count,) = cursor.fetchone()
    return int(count)
