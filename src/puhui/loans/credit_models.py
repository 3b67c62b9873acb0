"""What stands around a note: who secures it, which note it closed, how it was restructured, and the line it was drawn on."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from puhui.parties.models import APPEND_ONLY, Firm, Institution


class Security(models.Model):
    """A guarantor, mortgage or pledge behind a contract. A renewal, an extension or a restructuring asks each for its consent."""

    class Kind(models.TextChoices):
        GUARANTOR = "guarantor"
        MORTGAGE = "mortgage"
        PLEDGE = "pledge"

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    contract = models.ForeignKey("loans.Contract", on_delete=models.PROTECT, related_name="securities")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    provider = models.CharField(max_length=150)  # who guarantees, or who owns what is mortgaged or pledged
    registration = models.CharField(max_length=80, blank=True)  # number in the register; a guarantor has none
    registered_until = models.DateField(null=True)
    evidence = models.CharField(max_length=300)
    recorded_by = models.CharField(max_length=150)
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["contract", "kind", "provider"], name="security_once")]


class SecurityValue(models.Model):
    """What a security was worth on a day, by the rules of its kind; the newest counts. A guarantee is worth what is guaranteed."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    security = models.ForeignKey(Security, on_delete=models.PROTECT, related_name="values")
    day = models.DateField()
    item_kind = models.CharField(max_length=24)  # of the dated table security-kinds
    base_fen = models.BigIntegerField()  # confirmed, paid, appraised or guaranteed, as the kind is valued
    age_years = models.IntegerField(default=0)
    prior_fen = models.BigIntegerField(default=0)  # claims that rank before
    value_fen = models.BigIntegerField()  # after haircut and prior claims
    registered_on = models.DateField(null=True)
    insured_until = models.DateField(null=True)
    evidence = models.CharField(max_length=300)
    recorded_by = models.CharField(max_length=150)
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table_comment = APPEND_ONLY
        indexes = [models.Index(fields=["security", "day"], name="security_value_newest")]


class SecurityRelease(models.Model):
    """That a security was given back: nothing is owed under its contract any more."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    security = models.OneToOneField(Security, on_delete=models.PROTECT, related_name="release")
    day = models.DateField()
    evidence = models.CharField(max_length=300)  # the cancellation in the register
    recorded_by = models.CharField(max_length=150)
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table_comment = APPEND_ONLY


class RateLink(models.Model):
    """The index that the rate of a contract's loan follows, by how much more, and on which days it is set anew."""

    class On(models.TextChoices):
        ANNIVERSARY = "anniversary"  # of the payout
        NEW_YEAR = "01-01"

    contract = models.OneToOneField("loans.Contract", on_delete=models.PROTECT, primary_key=True, related_name="rate_link")
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    index = models.CharField(max_length=12)  # a column of the dated table loan-prime-rate
    spread_e8 = models.BigIntegerField()  # hundred-millionths
    every_months = models.SmallIntegerField()
    on = models.CharField(max_length=12, choices=On.choices)

    class Meta:
        db_table_comment = APPEND_ONLY


class LinkReview(models.Model):
    """One look at the fact that a rate follows: on which review date, what was seen, what shows it, and the rate that came of it.

    A correction names the same review date again: the fact was another, and what it had saved is paid back where the link says so.
    """

    class Kind(models.TextChoices):
        REVIEW = "review"
        CORRECTION = "correction"

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    loan = models.ForeignKey("loans.Loan", on_delete=models.PROTECT, related_name="link_reviews")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    code = models.CharField(max_length=40)  # of the link, in the product's file
    review_date = models.DateField()
    value = models.FloatField(null=True)  # null: not known, which brings no discount; of a formula the change that it gives, as a share
    facts = models.JSONField(default=dict)  # what a formula was made of: fact → number, those not known left out
    as_of = models.DateField()  # the day that the fact is of
    evidence = models.JSONField(default=dict)  # class of evidence → document
    change_ppm = models.IntegerField()  # of the rate, by this link alone
    base_ppm = models.IntegerField()  # the rate without any link
    rate_ppm = models.IntegerField()  # the rate with all of them, within the caps
    clawback_fen = models.BigIntegerField(default=0)
    day = models.DateField()  # business day on which it was entered
    recorded_by = models.CharField(max_length=150)
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table_comment = APPEND_ONLY
        constraints = [
            models.UniqueConstraint(fields=["loan", "code", "review_date"], condition=models.Q(kind="review"), name="link_review_once")
        ]


class Refinancing(models.Model):
    """A note closed by a new one without cash for its principal: renewal without principal, other refinancing, consolidation."""

    class Kind(models.TextChoices):
        RENEWAL = "renewal"  # 无还本续贷, its conditions met: may stay in its class
        REFINANCING = "refinancing"  # 借新还旧: at least special mention
        CONSOLIDATION = "consolidation"  # several notes into one

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    kind = models.CharField(max_length=14, choices=Kind.choices)
    old_loan = models.OneToOneField("loans.Loan", on_delete=models.PROTECT, related_name="refinanced_by")
    new_loan = models.ForeignKey("loans.Loan", on_delete=models.PROTECT, related_name="refinances")
    day = models.DateField()
    principal_fen = models.BigIntegerField()
    interest_fen = models.BigIntegerField()  # with penalty and fees: paid in cash, first
    generation = models.IntegerField()  # how many notes of this debt were refinanced, this one counted
    conditions = models.JSONField()  # code → {met, evidence or why not}
    recorded_by = models.CharField(max_length=150)
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table_comment = APPEND_ONLY


class Restructuring(models.Model):
    """Terms eased because the debtor is in difficulty. Its observation runs from the first due date after the change."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    loan = models.ForeignKey("loans.Loan", on_delete=models.PROTECT, related_name="restructurings")
    day = models.DateField()
    kind = models.CharField(max_length=16)  # extension, new_plan, rate, waiver, refinancing
    was_non_performing = models.BooleanField()
    observed_from = models.DateField()
    observed_until = models.DateField()
    detail = models.JSONField(default=dict)  # difficulty, consents, limits as checked
    recorded_by = models.CharField(max_length=150)
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table_comment = APPEND_ONLY
        indexes = [models.Index(fields=["loan", "day"], name="restructuring_of_loan")]


class CreditLine(models.Model):
    """A contract that holds a line: draws up to the limit until a day; what is repaid can be drawn again while it is open."""

    class Status(models.TextChoices):
        OPEN = "open"
        FROZEN = "frozen"  # no draw for now; the commitment stands
        CLOSED = "closed"
        EXPIRED = "expired"

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    firm = models.ForeignKey(Firm, on_delete=models.PROTECT, related_name="credit_lines")
    contract = models.OneToOneField("loans.Contract", on_delete=models.PROTECT, related_name="line")
    limit_fen = models.BigIntegerField()
    until = models.DateField()  # the last day of draws
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.OPEN)
    draw_count = models.IntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["institution", "until"], condition=models.Q(status__in=("open", "frozen")), name="line_expiry")]


class LineChange(models.Model):
    """What happened to a line, each change of limit or state a row."""

    line = models.ForeignKey(CreditLine, on_delete=models.PROTECT, related_name="changes")
    day = models.DateField()
    act = models.CharField(max_length=16)  # open, reduce, freeze, release, close, expire
    limit_fen = models.BigIntegerField()
    status = models.CharField(max_length=8)
    reason = models.CharField(max_length=300, blank=True)
    recorded_by = models.CharField(max_length=150)
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table_comment = APPEND_ONLY
