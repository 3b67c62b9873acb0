"""What was found and judged about two rows being one firm: a layer over the rows, which are never rewritten."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from puhui.parties.models import APPEND_ONLY, Firm, Institution


class MatchAct(models.Model):
    """One step in what is thought of a pair; its newest step is what holds. A merge counts from the step of a second person on."""

    class Act(models.TextChoices):
        FOUND = "found"  # by the comparison, with weight and levels
        ASKED = "asked"  # an officer asks to treat both as one
        MERGED = "merged"  # a second officer agrees
        NOT_SAME = "not_same"
        LATER = "later"
        UNDONE = "undone"  # of a merge: from here on both stand alone again

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    first = models.ForeignKey(Firm, on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey(Firm, on_delete=models.PROTECT, related_name="+")
    act = models.CharField(max_length=8, choices=Act.choices)
    weight = models.FloatField(null=True)  # bits; null for steps of a person
    levels = models.JSONField(default=dict)
    actor = models.CharField(max_length=150)
    note = models.CharField(max_length=200, blank=True)
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table_comment = APPEND_ONLY
        constraints = [models.CheckConstraint(condition=models.Q(first__lt=models.F("second")), name="match_pair_in_order")]
        indexes = [models.Index(fields=["institution", "first", "second", "-id"])]

    @property
    def both(self) -> tuple[Firm, Firm]:
        return self.first, self.second
