"""The shapes of nights that loans share, in the database and in the memory of a process.

A shape's key follows from its content, so a shape once seen never changes, whichever database it came from.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

from puhui.loans.models import NightShape
from puhui.loans.nights import Run, Shape, shape_id

_MOST = 100_000
_seen: dict[int, Shape] = {}


def shape(key: int) -> Shape:
    """One shape. Raises KeyError for a key that no shape has, ValueError for a shape that is not its key's."""
    known([key])
    return _seen[key]


def known(keys: Iterable[int | None]) -> None:
    """Read those of some shapes that this process has not seen, in one statement."""
    missing = {key for key in keys if key is not None} - _seen.keys()
    if not missing:
        return
    if len(_seen) > _MOST:
        _seen.clear()
    for row in NightShape.objects.filter(pk__in=missing):
        if shape_id(row.first, row.units) != row.pk:
            raise ValueError(f"the shape of nights {row.pk} was changed")
        _seen[row.pk] = Shape(row.pk, row.first, tuple(row.units))


def store(runs: Iterable[Run]) -> None:
    """Write the shapes of some runs, those that are not there yet."""
    found = {run.shape.id: run.shape for run in runs}
    if not found:
        return
    _seen.update(found)
    rows = sorted(found.values())
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO loans_nightshape (id, first, last, units)"
            " SELECT id, first, last, units::bigint[]"
            " FROM unnest(%s::bigint[], %s::date[], %s::date[], %s::text[]) AS made(id, first, last, units)"
            " WHERE NOT EXISTS (SELECT FROM loans_nightshape AS there WHERE there.id = made.id)"
            " ON CONFLICT DO NOTHING",
            [
                [row.id for row in rows],
                [row.first for row in rows],
                [row.last for row in rows],
                ["{" + ",".join(map(str, row.units)) + "}" for row in rows],
            ],
        )
