"""The variables of a firm as of a day, frozen when they were computed. A decision reads one of these and nothing else."""

from django.db import models
from django.utils import timezone

from puhui.parties.models import APPEND_ONLY, Firm, Institution


class Snapshot(models.Model):
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    firm = models.ForeignKey(Firm, on_delete=models.PROTECT, related_name="snapshots")
    as_of = models.DateField()
    evidence_batch_id = models.BigIntegerField(null=True)  # the newest batch that was in it
    evidence = models.JSONField(default=dict)  # class of evidence → its newest batch, 0 where nothing came; no class without consent
    catalogue_digest = models.CharField(max_length=64)
    values = models.JSONField()  # variable → number or null
    null_reasons = models.JSONField(default=dict)  # variable → reason, for those that are null
    digest = models.CharField(max_length=64)  # of as_of, catalogue, values and reasons (RFC 8785)
    computed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table_comment = APPEND_ONLY
        indexes = [models.Index(fields=["firm", "-as_of", "-id"])]
