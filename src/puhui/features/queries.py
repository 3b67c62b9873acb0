"""All reads of snapshots."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl
from django.db.models import Max, OuterRef, Subquery

from puhui.features.models import Snapshot
from puhui.features.peers import ATTRIBUTES
from puhui.parties.models import Firm, Institution


def latest_snapshot(firm: Firm, as_of: date) -> Snapshot | None:
    """The newest snapshot of a firm as of a day or an earlier one."""
    return Snapshot.objects.filter(firm=firm, as_of__lte=as_of).order_by("-as_of", "-id").first()


def snapshot_among_others(firm: Firm, as_of: date) -> tuple[Snapshot | None, int]:
    """The same, and the number of the snapshot that the institution took last, at once: pages keep figures of many firms by it."""
    last = Snapshot.objects.filter(institution=OuterRef("institution")).order_by("-pk").values("pk")[:1]
    rows = Snapshot.objects.filter(firm=firm, as_of__lte=as_of).annotate(last=Subquery(last)).order_by("-as_of", "-id")
    found = rows.first()
    return (found, found.last) if found else (None, 0)


def frame(institution: Institution, as_of: date) -> pl.DataFrame:
    """The newest snapshots taken as of a day as a table: firm_id and the variables. Empty where there is none."""
    newest = Snapshot.objects.filter(institution=institution, as_of=as_of).order_by("firm_id", "-id").distinct("firm_id")
    rows = [{"firm_id": firm_id, **values} for firm_id, values in newest.values_list("firm_id", "values")]
    return pl.DataFrame(rows, infer_schema_length=None)


def peer_frames(institution: Institution, as_of: date, names: Sequence[str] | None = None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The newest snapshots of the month of a day, up to that day, and who the firms are: what `puhui.features.peers` compares.

    With `names` those variables only: the documents of the others stay in the database.
    """
    newest = Snapshot.objects.filter(institution=institution, as_of__range=(as_of.replace(day=1), as_of))
    newest = newest.order_by("firm_id", "-as_of", "-id").distinct("firm_id")
    wanted = ["values"] if names is None else [f"values__{name}" for name in names]
    rows = list(newest.values_list("firm_id", "firm__industry_code", "firm__division_code", "firm__staff_count", *wanted))
    firms = pl.DataFrame([row[:4] for row in rows], schema=ATTRIBUTES, orient="row")
    if names is not None:
        schema = {"firm_id": pl.Int64, **dict.fromkeys(names, pl.Float64)}
        return pl.DataFrame([(row[0], *row[4:]) for row in rows], schema=schema, orient="row"), firms
    return pl.DataFrame([{"firm_id": row[0], **row[4]} for row in rows], infer_schema_length=None), firms


def newest_values(institution: Institution, most: int) -> list[tuple[int, str, dict[str, float | None]]]:
    """Firm, its name and its variables, of the `most` snapshots that were taken last; of a firm the newest alone."""
    rows = Snapshot.objects.filter(institution=institution).order_by("-pk").values_list("firm_id", "firm__name", "values")[:most]
    return list({firm_id: (firm_id, name, values) for firm_id, name, values in reversed(rows)}.values())


def snapshot_days(institution: Institution, most: int = 2) -> list[date]:
    """The newest days of which there are snapshots, the newest first."""
    days = Snapshot.objects.filter(institution=institution).order_by("-as_of").values_list("as_of", flat=True).distinct()
    return list(days[:most])


def newest_number(institution: Institution) -> int:
    """Number of the snapshot taken last; 0 where there is none."""
    return Snapshot.objects.filter(institution=institution).aggregate(newest=Max("pk"))["newest"] or 0
