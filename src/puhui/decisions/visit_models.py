"""Visits: what one person saw of a firm on one day for one application, on a form. Never changed; another visit is another row."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from puhui.parties.models import APPEND_ONLY, Institution


class Visit(models.Model):
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    application = models.ForeignKey("decisions.Application", on_delete=models.PROTECT, related_name="visits")
    form_code = models.CharField(max_length=40)
    form_digest = models.CharField(max_length=64)  # of the form as it stood (products.models.StoredDocument)
    visited_on = models.DateField()
    visitor = models.ForeignKey("parties.User", on_delete=models.PROTECT, related_name="+")
    answers = models.JSONField()  # item of the form → value; amounts in fen
    key = models.CharField(max_length=100)
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table_comment = APPEND_ONLY
        constraints = [models.UniqueConstraint(fields=["institution", "key"], name="visit_once")]
        indexes = [models.Index(fields=["application", "id"])]
