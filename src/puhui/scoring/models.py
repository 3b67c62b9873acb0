"""Registered models: the whole model as JSON under its content hash, with its card. No pickle, nothing that runs on loading.

Which of them decides is told by promotions: from a day on, a model decides under a name, and others may be tried beside it.
"""

from django.db import models
from django.utils import timezone

from puhui.parties.models import Institution
from puhui.parties.promotion import Promotion


class RegisteredModel(models.Model):
    class Status(models.TextChoices):
        CANDIDATE = "candidate"
        CHAMPION = "champion"  # taken into use with the lender's books, as the first of its name; promotions say what came after
        RETIRED = "retired"

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64)  # sha-256 of the body (RFC 8785)
    body = models.JSONField()
    card = models.TextField()  # Markdown, plots as SVG files' text inside `plots`
    plots = models.JSONField(default=dict)  # file name → SVG text
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.CANDIDATE)
    registered_at = models.DateTimeField(default=timezone.now)
    registered_by = models.CharField(max_length=150)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["institution", "digest"], name="model_once")]


class ModelPromotion(Promotion):
    """From its day on `model` decides under the name `code`, and the challengers are tried beside it; a later one replaces all."""

    model = models.ForeignKey(RegisteredModel, on_delete=models.PROTECT, related_name="promotions")
    challengers = models.JSONField(default=list)  # [{"model": id, "share_ppm": of the applications, "decides": or only scores beside}]
    evidence = models.JSONField(default=dict)  # digest → figures on unseen cases, leakage check and card's digest, as they were proposed

    class Meta:
        indexes = [models.Index(fields=["institution", "code", "in_force_from"])]
