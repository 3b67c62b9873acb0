"""Registered models: the whole model as JSON under its content hash, with its card. No pickle, nothing that runs on loading."""

from django.db import models
from django.utils import timezone

from puhui.parties.models import Institution


class RegisteredModel(models.Model):
    class Status(models.TextChoices):
        CANDIDATE = "candidate"
        CHAMPION = "champion"
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
