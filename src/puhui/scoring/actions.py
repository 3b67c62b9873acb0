"""Keeping models: a trained model is registered under the digest of its content; one of each name is the champion that decides."""

from __future__ import annotations

from typing import Any, Protocol

from django.db import transaction

from puhui.parties.actions import record_audit
from puhui.parties.models import Institution
from puhui.scoring.loading import AnyModel
from puhui.scoring.models import RegisteredModel

__all__ = ["register"]


class TrainedModel(Protocol):
    """What is registered: a `training.Trained`, or anything with its model, card and plots."""

    @property
    def model(self) -> AnyModel: ...
    @property
    def card(self) -> str: ...
    @property
    def plots(self) -> dict[str, str]: ...


def register(institution: Institution, trained: TrainedModel, actor: str, champion: bool = True) -> RegisteredModel:
    """Keep a model with its card. The same content again is the same row. As champion it takes the place of the one of its name."""
    model = trained.model
    with transaction.atomic():
        Institution.objects.select_for_update(no_key=True).get(pk=institution.pk)  # one promotion at a time
        row, created = RegisteredModel.objects.get_or_create(
            institution=institution,
            digest=model.digest,
            defaults={
                "name": model.document.name,
                "body": model.document.as_dict(),
                "card": trained.card,
                "plots": trained.plots,
                "registered_by": actor,
            },
        )
        if created:
            _audit(row, actor, "model.register", {"figures": _short(model)})
        if champion and row.status != RegisteredModel.Status.CHAMPION:
            _promote(row, actor)
    return row


def _promote(row: RegisteredModel, actor: str) -> None:
    status = RegisteredModel.Status
    same_name = RegisteredModel.objects.filter(institution=row.institution, name=row.name)
    same_name.filter(status=status.CHAMPION).update(status=status.RETIRED)
    row.status = status.CHAMPION
    row.save(update_fields=["status"])
    _audit(row, actor, "model.promote", {})


def _audit(row: RegisteredModel, actor: str, act: str, detail: dict[str, Any]) -> None:
    record_audit(row.institution, actor, act, "model", str(row.pk), {"name": row.name, "digest": row.digest, **detail})


def _short(model: AnyModel) -> dict[str, Any]:
    training = model.document.training
    return {key: training[key] for key in ("n", "events", "auc_mean", "auc_spread") if key in training}
