"""Drafts of products, what the policy lab found of them, and what is put in force of them by maker and checker.

A draft is written in versions that are never changed. A comparison keeps what was asked and what was found, so that it can be cited and
a promotion can name it. A promotion names one version and one comparison, and the text that is in force from its day.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from puhui.parties.models import APPEND_ONLY, Institution, User
from puhui.parties.promotion import Promotion


class Draft(models.Model):
    """A product that somebody writes at; its text stands in its versions."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    product_code = models.CharField(max_length=60)
    name = models.CharField(max_length=100)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table_comment = APPEND_ONLY
        indexes = [models.Index(fields=["institution", "product_code"])]


class DraftVersion(models.Model):
    """The text as somebody kept it. `digest` is that of the product it holds, empty where it does not pass the check."""

    draft = models.ForeignKey(Draft, on_delete=models.PROTECT, related_name="versions")
    number = models.IntegerField()  # 1, 2, 3 …
    text = models.TextField()
    digest = models.CharField(max_length=64, blank=True)
    note = models.CharField(max_length=200, blank=True)
    saved_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    saved_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table_comment = APPEND_ONLY
        constraints = [models.UniqueConstraint(fields=["draft", "number"], name="draft_version_once")]


class Comparison(models.Model):
    """Strategies side by side on a population: what was asked, what was found. The first of `digests` is that of the baseline."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    product_code = models.CharField(max_length=60)
    digests = ArrayField(models.CharField(max_length=64))  # of the products compared, in their order
    asked = models.JSONField()  # strategies, population, dates, threshold, scenarios
    found = models.JSONField()  # figures, swaps, groups, months, frontier, stress, and the cases that change
    digest = models.CharField(max_length=64)  # of asked and found (RFC 8785)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table_comment = APPEND_ONLY
        indexes = [models.Index(fields=["institution", "product_code"])]


class ProductPromotion(Promotion):
    """A version of a draft that shall be the product of its code. `digest`: of the text in force, dated to that day."""

    version = models.ForeignKey(DraftVersion, on_delete=models.PROTECT, related_name="promotions")
    comparison = models.ForeignKey(Comparison, on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64)

    class Meta:
        indexes = [models.Index(fields=["institution", "status", "in_force_from"])]
