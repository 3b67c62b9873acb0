"""Keeping models: a trained model is registered under the digest of its content, as a candidate; promotions say which one decides.

A lender's books begin with models already chosen: the first of each name may be taken into use as it is registered. Every later one needs
somebody who proposes it and somebody who agrees (`promoting`).
"""

from __future__ import annotations

from typing import Any, Protocol

from django.db import transaction

from puhui.parties.actions import record_audit
from puhui.parties.models import Institution
from puhui.scoring.loading import AnyModel
from puhui.scoring.models import ModelPromotion, RegisteredModel

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
    """Keep a model with its card. The same content again is the same row.

    champion: take it into use at once, where nothing of its name is or was in use; otherwise it stays a candidate.
    """
    model = trained.model
    with transaction.atomic():
        Institution.objects.select_for_update(no_key=True).get(pk=institution.pk)  # one at a time
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
        if champion and not _is_used(institution, row.name):
            row.status = RegisteredModel.Status.CHAMPION
            row.save(update_fields=["status"])
            _audit(row, actor, "model.promote", {})
    return row


def _is_used(institution: Institution, name: str) -> bool:
    status = RegisteredModel.Status
    in_use = RegisteredModel.objects.filter(institution=institution, name=name, status__in=(status.CHAMPION, status.RETIRED))
    promoted = ModelPromotion.objects.filter(institution=institution, code=name, status=ModelPromotion.Status.AGREED)
    return in_use.exists() or promoted.exists()


def _audit(row: RegisteredModel, actor: str, act: str, detail: dict[str, Any]) -> None:
    record_audit(row.institution, actor, act, "model", str(row.pk), {"name": row.name, "digest": row.digest, **detail})


def _short(model: AnyModel) -> dict[str, Any]:
    training = model.document.training
    return {key: training[key] for key in ("n", "events", "auc_mean", "auc_spread") if key in training}
