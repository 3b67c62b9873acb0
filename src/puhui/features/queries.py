"""All reads of snapshots."""

from __future__ import annotations

from datetime import date

import polars as pl

from puhui.features.models import Snapshot
from puhui.parties.models import Firm, Institution


def latest_snapshot(firm: Firm, as_of: date) -> Snapshot | None:
    """The newest snapshot of a firm as of a day or an earlier one."""
    return Snapshot.objects.filter(firm=firm, as_of__lte=as_of).order_by("-as_of", "-id").first()


def frame(institution: Institution, as_of: date) -> pl.DataFrame:
    """The newest snapshots taken as of a day as a table: firm_id and the variables. Empty where there is none."""
    newest = Snapshot.objects.filter(institution=institution, as_of=as_of).order_by("firm_id", "-id").distinct("firm_id")
    rows = [{"firm_id": firm_id, **values} for firm_id, values in newest.values_list("firm_id", "values")]
    return pl.DataFrame(rows, infer_schema_length=None)
