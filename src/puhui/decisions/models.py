"""From the wish for a loan to an offer: applications, decisions, what persons said of them, offers, and exposure reserved.

A decision is kept with everything it rested on and never changed; what an officer says afterwards is a review, a row of its own.
Exposure is reserved when a decision says yes, so that two decisions cannot both spend the same limit.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from puhui.features.models import Snapshot
from puhui.parties.models import APPEND_ONLY, Firm, Institution


def _digest(part: str) -> models.GeneratedField:
    """The digest of the product or model that a decision's record names; null where it names none."""
    kept = models.Func("record", models.Value(part), function="decisions_digest")
    return models.GeneratedField(expression=kept, output_field=models.TextField(null=True), db_persist=True)


class Application(models.Model):
    class Status(models.TextChoices):
        SUBMITTED = "submitted"
        REFERRED = "referred"  # a person decides
        REFUSED = "refused"
        OFFERED = "offered"
        ACCEPTED = "accepted"
        DECLINED = "declined"  # by the borrower
        EXPIRED = "expired"
        IN_PARTS = "in_parts"  # a combined application: its parts, linked to it, stand where they stand

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    firm = models.ForeignKey(Firm, on_delete=models.PROTECT, related_name="applications")
    product_code = models.CharField(max_length=60)
    amount_fen = models.BigIntegerField()
    term_months = models.IntegerField()
    purpose = models.CharField(max_length=200)
    channel = models.CharField(max_length=24)
    facts = models.JSONField(default=dict)  # of the product's form, as the product names them; null or absent where not given
    stated = models.BooleanField(default=False)  # the facts are the borrower's own word: nothing is decided before they are checked
    key = models.CharField(max_length=100)  # idempotency
    business_date = models.DateField()
    submitted_at = models.DateTimeField(default=timezone.now)
    submitted_by = models.CharField(max_length=150)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.SUBMITTED)
    part_of = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="parts", db_index=False
    )  # the combined application

    class Meta:
        constraints = [models.UniqueConstraint(fields=["institution", "key"], name="application_once")]
        indexes = [
            models.Index(fields=["institution", "status", "submitted_at"]),
            models.Index(fields=["part_of"], condition=models.Q(part_of__isnull=False), name="application_parts"),  # few are parts
        ]

    @property
    def latest_decision(self) -> Decision | None:
        """The last word of the engine, from what a query has brought along (`decisions_newest_first`) or else asked for."""
        brought = getattr(self, "decisions_newest_first", None)
        if brought is not None:
            return brought[0] if brought else None
        return self.decisions.order_by("-pk").first()


class Decision(models.Model):
    class Outcome(models.TextChoices):
        APPROVE = "approve"
        REFER = "refer"
        REFUSE = "refuse"

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="decisions")
    firm = models.ForeignKey(Firm, on_delete=models.PROTECT)
    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, null=True)
    business_date = models.DateField()
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    risk_class = models.CharField(max_length=2, blank=True)
    probability_ppm = models.IntegerField(null=True)
    points = models.IntegerField(null=True)
    limit_fen = models.BigIntegerField()
    amount_fen = models.BigIntegerField()  # proposed: the lesser of what was asked and the limit
    rate_ppm = models.IntegerField(null=True)
    authority = models.CharField(max_length=24)  # straight_through, officer, two_officers, committee
    record = models.JSONField()  # facts, versions and hashes, every stage with inputs and result, reasons (decisions/engine.py)
    digest = models.CharField(max_length=64)  # of the record (RFC 8785)
    decided_at = models.DateTimeField(default=timezone.now)
    duration_microseconds = models.BigIntegerField(default=0)
    # What is read of many records at once is kept beside them by the database: unpacking each record would take longer than all else.
    causes = models.GeneratedField(  # "veto:code", "refer:code" or, of a fact nobody knew, "refer?:code"
        expression=models.Func("record", function="decisions_causes"), output_field=ArrayField(models.TextField()), db_persist=True
    )
    product_digest = _digest("product")
    model_digest = _digest("model")

    spelling = ""  # the record's canonical JSON, of which the digest is, until it is stored

    class Meta:
        db_table_comment = APPEND_ONLY
        indexes = [models.Index(fields=["institution", "business_date"]), models.Index(fields=["firm"])]


class Review(models.Model):
    """An officer's yes or no on a referred decision, with the reason. A yes never goes beyond the officer's authority."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="reviews")
    reviewer = models.ForeignKey("parties.User", on_delete=models.PROTECT)
    outcome = models.CharField(max_length=8, choices=Decision.Outcome.choices)
    amount_fen = models.BigIntegerField(null=True)
    rate_ppm = models.IntegerField(null=True)
    reason = models.TextField()
    deviations = models.JSONField(default=dict)  # what went beyond the engine's proposal: over_limit_fen, under_floor_ppm …
    cause = models.CharField(max_length=32, blank=True)  # of a no: a code of parameters/refusal-causes
    on_behalf_of = models.ForeignKey("parties.User", on_delete=models.PROTECT, null=True, related_name="+")  # by a delegation
    level = models.CharField(max_length=24, blank=True)  # of authority that a yes needs in all; empty for a no
    reviewed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table_comment = APPEND_ONLY


class Offer(models.Model):
    class Status(models.TextChoices):
        OPEN = "open"
        ACCEPTED = "accepted"
        DECLINED = "declined"
        EXPIRED = "expired"

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    application = models.OneToOneField(Application, on_delete=models.PROTECT, related_name="offer")
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT)
    firm = models.ForeignKey(Firm, on_delete=models.PROTECT)
    amount_fen = models.BigIntegerField()
    rate_ppm = models.IntegerField()
    terms = models.JSONField()  # as `puhui loans quote` takes them, without the start date
    annual_cost_ppm = models.IntegerField()  # effective
    expires_on = models.DateField()
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.OPEN)
    made_at = models.DateTimeField(default=timezone.now)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        # Few of all offers are open, and each night asks which of them run out.
        indexes = [models.Index(fields=["institution", "expires_on"], condition=models.Q(status="open"), name="offer_open")]


class Exposure(models.Model):
    """What one decision may cost: reserved at approval, drawn at payout, released when refused, expired or repaid."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    firm = models.ForeignKey(Firm, on_delete=models.PROTECT, related_name="exposures")
    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="exposure")
    reserved_fen = models.BigIntegerField()  # approved and not yet drawn
    outstanding_fen = models.BigIntegerField(default=0)  # drawn and not yet repaid
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(reserved_fen__gte=0, outstanding_fen__gte=0), name="exposure_not_negative")
        ]


from puhui.decisions import credit_models, factory_models, visit_models  # noqa: E402, F401  Django finds an app's tables here
