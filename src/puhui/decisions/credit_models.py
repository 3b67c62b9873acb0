"""Who belongs with whom beyond the people that firms share: holdings that the register shows, and what an officer declares."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from puhui.parties.models import Firm, Institution


class CreditLink(models.Model):
    """A firm belongs with another firm, or (where `other` is empty) with the lender itself: one of its related parties."""

    class Kind(models.TextChoices):
        HOLDING = "holding"  # one holds a quarter or more of the other, by the register (evidence of class C02)
        DECLARED = "declared"  # an officer has shown that they act as one
        LENDER = "lender"  # related to the lender: a shareholder, a director, their family and firms

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    firm = models.ForeignKey(Firm, on_delete=models.PROTECT, related_name="credit_links")
    other = models.ForeignKey(Firm, on_delete=models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    evidence = models.CharField(max_length=200)  # what shows it
    recorded_by = models.CharField(max_length=150)
    recorded_at = models.DateTimeField(default=timezone.now)
    ended_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["firm", "other", "kind"], condition=models.Q(ended_on=None), nulls_distinct=False, name="credit_link_once"
            ),
            models.CheckConstraint(
                condition=models.Q(kind="lender", other=None) | (~models.Q(kind="lender") & models.Q(other__isnull=False)),
                name="credit_link_lender_has_no_other",
            ),
        ]


class ConcentrationFigure(models.Model):
    """What is out and promised in one cell of industry or region (`concentration.py`), in several rows whose sum counts."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, db_index=False)
    cell = models.CharField(max_length=24)  # industry:K, industry:26, region:33, region:3307, region:330781
    part = models.SmallIntegerField()  # 0: as last counted; 1 to 16: promised less released since, spread over rows
    amount_fen = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["institution", "cell", "part"], name="concentration_cell")]
