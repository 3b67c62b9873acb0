"""Expected credit loss at month ends: what each loan is expected to cost and why, and what was posted of it."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from puhui.parties.models import APPEND_ONLY, Institution


class LossRun(models.Model):
    """One reckoning of expected credit loss for an institution on a day: its rules, its sums and its entries."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, db_index=False)  # the unique index begins with it
    date = models.DateField()
    rules = models.JSONField()  # the figures of policy that held, as read from the dated tables
    figures = models.JSONField()  # loans, exposure and loss by stage; the five-class floor; the reserve
    entry_ids = models.JSONField(default=list)
    recorded_by = models.CharField(max_length=150)
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table_comment = APPEND_ONLY
        constraints = [models.UniqueConstraint(fields=["institution", "date"], name="loss_run_once")]


class LossDetail(models.Model):
    """One loan in a run, or what may still be drawn on a line: all that its loss follows from, so that it can be explained and reckoned
    again."""

    run_date = models.DateField()
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, db_index=False)
    loan_id = models.BigIntegerField()  # of a line: its contract's, below zero
    branch_id = models.BigIntegerField()
    product_code = models.CharField(max_length=60)
    stage = models.SmallIntegerField()
    reason = models.CharField(max_length=16)  # days_past_due, class, restructured, probation, none
    clean_since = models.DateField(null=True)  # in probation: since when nothing speaks for the worse stage
    days_past_due = models.IntegerField()
    risk_class = models.CharField(max_length=16)
    security = models.CharField(max_length=12)
    probability_ppm = models.IntegerField()  # of default within twelve months
    lgd_ppm = models.IntegerField()
    rate_ppm = models.IntegerField()
    principal_fen = models.BigIntegerField()
    exposure_fen = models.BigIntegerField()  # gross carrying amount, without what is held back
    undrawn_fen = models.BigIntegerField()
    earned_fen = models.BigIntegerField(default=0)  # interest and penalty by contract, since the start
    unpaid_fen = models.BigIntegerField(default=0)  # of that
    held_back_fen = models.BigIntegerField(default=0)  # of that no income: stage 3 under the profile cas_22
    loss_fen = models.BigIntegerField()
    commitment_loss_fen = models.BigIntegerField()

    class Meta:
        db_table_comment = APPEND_ONLY
        constraints = [models.UniqueConstraint(fields=["institution", "run_date", "loan_id"], name="loss_detail_once")]
