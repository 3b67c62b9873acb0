"""Registered models: the whole model as JSON under its content hash, with its card. No pickle, nothing that runs on loading.

Which of them decides is told by promotions: from a day on, a model decides under a name, and others may be tried beside it.
"""

from django.db import models
from django.utils import timezone

from puhui.parties.models import APPEND_ONLY, Institution, User
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


class ScoreLook(models.Model):
    """A look at all scores at work on a day: that nothing was found is known, too."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    as_of = models.DateField()
    looked_at = models.DateTimeField(default=timezone.now)
    looked_by = models.CharField(max_length=150)
    scores = models.IntegerField()  # looked at
    raised = models.IntegerField()
    closed = models.IntegerField()

    class Meta:
        db_table_comment = APPEND_ONLY
        indexes = [models.Index(fields=["institution", "-as_of"])]


class ScoreAlarm(models.Model):
    """Something about a score at work that asks for somebody (`reports.score_alarms`). It ends by itself when a look finds it no more."""

    class Measure(models.TextChoices):
        STABILITY = "stability"  # points of a month against those of the first ones
        VARIABLE = "variable"  # one variable against training
        ORDER = "order"  # AUC
        SEPARATION = "separation"  # KS, and what it has lost against the development sample
        TRUTH = "truth"  # defaults against those expected, of all settled loans, the newest of them, the young
        GROUP = "group"  # approval of one group against that of the highest

    class Level(models.TextChoices):
        WATCH = "watch"
        ALARM = "alarm"

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    model = models.ForeignKey(RegisteredModel, on_delete=models.PROTECT, related_name="alarms")
    measure = models.CharField(max_length=12, choices=Measure.choices)
    subject = models.CharField(max_length=100, blank=True)  # the variable; dimension and group ("region 320583"); of truth which and how
    level = models.CharField(max_length=8, choices=Level.choices)  # the highest since it was raised
    figure = models.FloatField()  # of the last look
    limit = models.FloatField()  # that it passed
    causes = models.JSONField(default=list)  # [{"variable", "points": change of the mean, "share": of all movement}]
    raised_on = models.DateField()
    seen_on = models.DateField()  # the day of the last look that found it
    closed_on = models.DateField(null=True)
    acknowledged_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    acknowledged_at = models.DateTimeField(null=True)
    note = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "model", "measure", "subject"], condition=models.Q(closed_on=None), name="score_alarm_open_once"
            )
        ]


class Training(models.Model):
    """A model asked for on a page: the table, what to train on it, what the guard found in it, and what became of it (`trainings`)."""

    class Status(models.TextChoices):
        DRAFT = "draft"  # being set up; nothing runs
        WAITING = "waiting"  # asked for
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    table_name = models.CharField(max_length=200)
    table = models.BinaryField()  # Parquet
    table_digest = models.CharField(max_length=64)  # sha-256 of it
    table_deleted_at = models.DateTimeField(null=True)  # then `table` is empty; digest and rows stay
    rows = models.BigIntegerField()
    columns = models.JSONField()  # [{"name", "type", "known": share, "distinct", "example", "unusable"}]
    configuration = models.JSONField(default=dict)  # as a TOML file would hold it
    found = models.JSONField(default=dict)  # what was looked at before training: cases, defaults, suspects, what is left out and why
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.DRAFT)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    tries = models.IntegerField(default=0)
    fits = models.IntegerField(default=0)  # to be done in all
    fits_done = models.IntegerField(default=0)
    faults = models.JSONField(default=list)  # why it failed, in sentences
    results = models.JSONField(default=list)  # [{"kind", "model": id, "auc_mean", "auc_spread", "ks_mean", "warnings"}]

    class Meta:
        indexes = [models.Index(fields=["institution", "-made_at"])]

    @property
    def name(self) -> str:
        """The model's name, the table's where none is told yet."""
        return str(self.configuration.get("name") or self.table_name)
