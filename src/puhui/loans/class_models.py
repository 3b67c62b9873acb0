"""Classes of loans: the one held, every change of it, and the findings that articles rest on.

A loan without a row here was never other than normal: most never have one.
"""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from puhui.parties.models import APPEND_ONLY, Firm, Institution


class LoanClass(models.Model):
    """The class held by a loan, and the day on which a clock can next change it."""

    loan = models.OneToOneField("loans.Loan", on_delete=models.PROTECT, primary_key=True, related_name="held_class")
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    risk_class = models.CharField(max_length=16)  # calculations.classification.CLASSES
    since = models.DateField()
    articles = models.JSONField(default=list)  # codes of table classification-articles that held when it was last looked at
    overdue_since = models.DateField(null=True)  # as it was then
    next_class_date = models.DateField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["institution", "next_class_date"], condition=models.Q(next_class_date__isnull=False), name="class_clock"),
        ]


class ClassChange(models.Model):
    """One change of a loan's class, with the articles that held and the facts they rested on."""

    class Source(models.TextChoices):
        ARTICLES = "articles"
        CONTAGION = "contagion"
        PERSON = "person"  # a downgrade, at once
        WORKFLOW = "workflow"  # an upgrade, agreed by a second person

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    loan = models.ForeignKey("loans.Loan", on_delete=models.PROTECT, related_name="class_changes")
    day = models.DateField()
    before = models.CharField(max_length=16)
    after = models.CharField(max_length=16)
    source = models.CharField(max_length=12, choices=Source.choices)
    articles = models.JSONField()  # [{code, article, at_least, fact}]
    reason = models.CharField(max_length=300, blank=True)
    recorded_by = models.CharField(max_length=150)
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table_comment = APPEND_ONLY
        indexes = [models.Index(fields=["loan", "day"], name="class_change_of_loan"), models.Index(fields=["institution", "day"])]


class Finding(models.Model):
    """A fact about a debtor or a loan that no counter tells: evasion, bankruptcy, impairment, debts elsewhere, technical overdue."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    firm = models.ForeignKey(Firm, on_delete=models.PROTECT, related_name="findings")
    loan = models.ForeignKey("loans.Loan", on_delete=models.PROTECT, null=True, related_name="findings")  # null: of all its loans
    code = models.CharField(max_length=32)
    share_ppm = models.IntegerField(null=True)  # where the article asks how much
    since = models.DateField()
    known_on = models.DateField()
    evidence = models.CharField(max_length=300)
    recorded_by = models.CharField(max_length=150)
    ended_on = models.DateField(null=True)
    ended_known_on = models.DateField(null=True)
    ended_by = models.CharField(max_length=150, blank=True)
    ended_evidence = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=["firm"], condition=models.Q(ended_on__isnull=True), name="finding_open")]
