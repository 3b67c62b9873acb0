"""Reading models, and the table that a model is trained on from stored snapshots."""

from __future__ import annotations

from datetime import date

import polars as pl
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from puhui.calculations.faults import Fault, FaultsError
from puhui.features.models import Snapshot
from puhui.parties.models import FirmIdentifier, Institution
from puhui.scoring.loading import AnyModel, load_model
from puhui.scoring.models import RegisteredModel

__all__ = ["VERSION", "champion", "loaded", "models", "training_frame"]

VERSION = "scoring_registeredmodel.xmin::text || scoring_registeredmodel.ctid::text"
"""Of a stored row: the transaction that wrote it last, and its place in the table."""
_MOST_LOADED = 16
_LOADED: dict[tuple[str, str], AnyModel] = {}
"""Digest and version of a row → the model in it, the oldest first."""


def models(institution: Institution) -> QuerySet[RegisteredModel]:
    """Registered models, the newest first."""
    return RegisteredModel.objects.filter(institution=institution).order_by("-registered_at", "-id")


def champion(institution: Institution, name: str) -> RegisteredModel | None:
    """The model of that name that decides now; its content is read where somebody asks for it."""
    rows = models(institution).filter(name=name, status=RegisteredModel.Status.CHAMPION)
    return rows.annotate(version=RawSQL(VERSION, [])).defer("body", "card", "plots").first()


def loaded(row: RegisteredModel) -> AnyModel:
    """The model itself. FaultsError when its content is not what its digest says.

    A row that brings its `version` along is read and checked once for each: whatever changes a row gives it another.
    """
    key = (row.digest, version) if (version := getattr(row, "version", None)) else None
    if key and (known := _LOADED.get(key)) is not None:
        return known
    model = load_model(row.body)
    if model.digest != row.digest:
        raise FaultsError([Fault(f"model {row.pk}", f"content with digest {model.digest}", row.digest, "restore it from a copy")])
    if key:
        while len(_LOADED) >= _MOST_LOADED:
            _LOADED.pop(next(iter(_LOADED)), None)
        _LOADED[key] = model
    return model


def training_frame(institution: Institution, as_of: date, outcomes: pl.DataFrame, scheme: str = "") -> pl.DataFrame:
    """Variables of each firm's newest snapshot as of the day, beside its outcome. One row per firm that has both.

    outcomes: the first column holds the firm's identifier in `scheme` (or its id when there is no scheme); the others are kept.
    """
    newest = Snapshot.objects.filter(institution=institution, as_of=as_of).order_by("firm_id", "-id").distinct("firm_id")
    rows = dict(newest.values_list("firm_id", "values"))
    if not rows:
        raise FaultsError(
            [Fault(f"snapshots as of {as_of}", "none", "snapshots of the firms", "run `puhui features compute --as-of` first")]
        )
    names = {firm_id: str(firm_id) for firm_id in rows}
    if scheme:
        known = FirmIdentifier.objects.filter(institution=institution, scheme=scheme).values_list("firm_id", "value")
        names = {firm_id: value for firm_id, value in known if firm_id in rows}
    key = outcomes.columns[0]
    variables = sorted({name for values in rows.values() for name in values})
    columns = {name: [rows[firm_id].get(name) for firm_id in names] for name in variables}
    frame = pl.DataFrame({key: list(names.values()), **columns}, schema_overrides=dict.fromkeys(variables, pl.Float64))
    return frame.join(outcomes.with_columns(pl.col(key).cast(pl.String)), on=key, how="inner")
