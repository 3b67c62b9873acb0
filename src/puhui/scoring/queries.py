"""Reading models, and the table that a model is trained on from stored snapshots."""

from __future__ import annotations

from datetime import date

import polars as pl
from django.db.models import QuerySet, Subquery
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from puhui.calculations.faults import Fault, FaultsError
from puhui.features.models import Snapshot
from puhui.parties.models import FirmIdentifier, Institution
from puhui.parties.promotion import in_force
from puhui.scoring.loading import AnyModel, load_model
from puhui.scoring.models import ModelPromotion, RegisteredModel
from puhui.scoring.trials import Entrant, Lineup

__all__ = ["VERSION", "champion", "in_use", "lineup", "loaded", "models", "promotions", "training_frame"]

VERSION = "scoring_registeredmodel.xmin::text || scoring_registeredmodel.ctid::text"
"""Of a stored row: the transaction that wrote it last, and its place in the table."""
_MOST_LOADED = 16
_LOADED: dict[tuple[str, str], AnyModel] = {}
"""Digest and version of a row → the model in it, the oldest first."""


def models(institution: Institution) -> QuerySet[RegisteredModel]:
    """Registered models, the newest first."""
    return RegisteredModel.objects.filter(institution=institution).order_by("-registered_at", "-id")


def champion(institution: Institution, name: str, day: date | None = None) -> RegisteredModel | None:
    """The model that decides under a name on a day (default: the open one), its content read where somebody asks for it.

    It is the one of the latest promotion in force, or the one taken into use with the lender's books. `promotion_id` and `challengers`
    are those of the promotion, None where there is none. One statement.
    """
    day = day or institution.business_date
    latest = in_force(ModelPromotion.objects.filter(institution=institution, code=name), day).reverse()
    first = RegisteredModel.objects.filter(institution=institution, name=name, status=RegisteredModel.Status.CHAMPION).order_by("-pk")
    chosen = Coalesce(Subquery(latest.values("model")[:1]), Subquery(first.values("pk")[:1]))
    rows = models(institution).filter(pk=chosen).annotate(version=RawSQL(VERSION, []))
    told = {each: Subquery(latest.values(field)[:1]) for each, field in (("promotion_id", "pk"), ("challengers", "challengers"))}
    return rows.annotate(**told).defer("body", "card", "plots").first()


def lineup(institution: Institution, name: str, day: date | None = None) -> Lineup | None:
    """The champion of a name on a day with the challengers tried beside it. One statement, and one more where there are challengers."""
    row = champion(institution, name, day)
    if row is None:
        return None
    tried = getattr(row, "challengers", None) or []
    rows = models(institution).filter(pk__in=[each["model"] for each in tried]).annotate(version=RawSQL(VERSION, [])) if tried else ()
    found = {each.pk: loaded(each) for each in rows}
    entrants = tuple(Entrant(found[each["model"]], each["share_ppm"], each["decides"]) for each in tried)
    return Lineup(name, getattr(row, "promotion_id", None) or 0, loaded(row), entrants)


def in_use(institution: Institution, day: date) -> dict[str, int]:
    """Name → the registered model that decides under it on a day."""
    first = RegisteredModel.objects.filter(institution=institution, status=RegisteredModel.Status.CHAMPION).order_by("pk")
    found = dict(first.values_list("name", "pk"))
    promoted = in_force(ModelPromotion.objects.filter(institution=institution), day)
    return found | dict(promoted.values_list("code", "model_id"))


def promotions(institution: Institution) -> QuerySet[ModelPromotion]:
    """Promotions of models, the newest first."""
    found = ModelPromotion.objects.filter(institution=institution).select_related("model", "proposed_by", "answered_by", "withdrawn_by")
    return found.order_by("-in_force_from", "-pk")


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
