"""A run of the engine for many over the firms in the database: combined products in their parts, and the room of each industry and region
taken in the order of the rows.

Nothing of it is kept, so it promises nothing; it tells what would come of deciding these firms one after another now.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from puhui.decisions.batch_parts import Deciding, answers_of
from puhui.decisions.batch_rooms import in_order
from puhui.decisions.concentration import rooms_now
from puhui.parties.models import Firm, Institution

__all__ = ["in_order_of_firms"]


def in_order_of_firms(
    institution: Institution, frame: pl.DataFrame, strategy: Deciding, parts: Sequence[Deciding], day: date
) -> pl.DataFrame:
    """`answers_of` the rows of `firms_frame`, each within the room that the rows before it leave."""
    firms = Firm.objects.filter(institution=institution, pk__in=frame["firm_id"].to_list())
    rooms = rooms_now(institution, firms.only("pk", "industry_code", "division_code"))
    cells = [[one.cell for one in rooms.caps.get(number, ())] for number in frame["firm_id"]]
    room_fen = {one.cell: one.most_fen - rooms.used.get(one.cell, 0) for caps in rooms.caps.values() for one in caps}
    most_fen = strategy.product.maximum_fen

    def decide(rows: pl.DataFrame) -> pl.DataFrame:
        return answers_of(rows, strategy, parts, day, institution.kind)

    return in_order(decide, frame, cells, room_fen, most_fen)
