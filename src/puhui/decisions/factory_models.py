"""Tables of the factory around the engine: questions of a referral, a committee's sitting, who stands in for whom, campaigns.

What somebody said (an answer, a vote) is a row that is never changed; who may speak (a delegation, an absence, a declared interest) is
dated. A campaign holds firms that were screened before they asked: its rows bind nobody until a firm takes its offer up.
"""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from puhui.parties.models import APPEND_ONLY, Firm, Institution, Person


class FactCheck(models.Model):
    """What an officer found when the papers of an application were looked at: the borrower's word, the facts that count, and the papers."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    application = models.OneToOneField("decisions.Application", on_delete=models.PROTECT, related_name="fact_check")
    stated = models.JSONField()  # fact → what the borrower said
    found = models.JSONField()  # fact → what was found; null where it could not be
    papers = models.JSONField()  # fact → which paper shows it, or who looked
    checked_by = models.ForeignKey("parties.User", on_delete=models.PROTECT)
    checked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table_comment = APPEND_ONLY


class Question(models.Model):
    """What must be answered before a referred decision is approved: made from what is missing or contradicts itself."""

    class Kind(models.TextChoices):
        RULE = "rule"  # a rule that sends to a person
        CONTRADICTION = "contradiction"  # two sources that do not agree
        MISSING = "missing"  # a variable without a number
        UNKNOWN = "unknown"  # what the product's evidence cannot tell
        CHECK = "check"  # of the dated checklist of due diligence

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    decision = models.ForeignKey("decisions.Decision", on_delete=models.PROTECT, related_name="questions")
    kind = models.CharField(max_length=13, choices=Kind.choices)
    subject = models.CharField(max_length=80)  # the rule, cross-check, variable or unknown
    text = models.JSONField()  # by language
    detail = models.JSONField(default=dict)  # values, bounds, reason of the null, innocent reasons
    is_required = models.BooleanField()
    asked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table_comment = APPEND_ONLY
        constraints = [models.UniqueConstraint(fields=["decision", "kind", "subject"], name="question_once_per_decision")]


class Answer(models.Model):
    """An officer's answer; a later one takes the place of an earlier, which stays to be read."""

    class Finding(models.TextChoices):
        SETTLED = "settled"  # the gap is closed or was none
        ACCEPTED = "accepted"  # it stays, and the risk is carried knowingly
        OPEN = "open"  # looked into, not settled

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    question = models.ForeignKey(Question, on_delete=models.PROTECT, related_name="answers")
    finding = models.CharField(max_length=8, choices=Finding.choices)
    text = models.TextField()
    answered_by = models.ForeignKey("parties.User", on_delete=models.PROTECT)
    answered_at = models.DateTimeField(default=timezone.now)
    key = models.CharField(max_length=100)  # idempotency

    class Meta:
        db_table_comment = APPEND_ONLY
        constraints = [models.UniqueConstraint(fields=["institution", "key"], name="answer_once")]


class Sitting(models.Model):
    """A committee's sitting on one decision: what is put to the vote, by which rules, and how it ended."""

    class Outcome(models.TextChoices):
        OPEN = "open"
        APPROVE = "approve"
        REFUSE = "refuse"

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    decision = models.OneToOneField("decisions.Decision", on_delete=models.PROTECT, related_name="sitting")
    amount_fen = models.BigIntegerField()
    rate_ppm = models.IntegerField()
    reason = models.TextField()
    members = models.JSONField()  # user ids that may vote: those of the roles who were neither away nor in conflict when it was called
    quorum = models.IntegerField()  # votes that must be cast
    majority_ppm = models.IntegerField()  # of the votes cast, abstentions counted
    chair = models.JSONField()  # roles, one of which must say yes
    opened_by = models.ForeignKey("parties.User", on_delete=models.PROTECT)
    opened_at = models.DateTimeField(default=timezone.now)
    outcome = models.CharField(max_length=8, choices=Outcome.choices, default=Outcome.OPEN)
    closed_at = models.DateTimeField(null=True)


class Vote(models.Model):
    class Voice(models.TextChoices):
        YES = "yes"
        NO = "no"
        ABSTAIN = "abstain"

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    sitting = models.ForeignKey(Sitting, on_delete=models.PROTECT, related_name="votes")
    member = models.ForeignKey("parties.User", on_delete=models.PROTECT)
    voice = models.CharField(max_length=7, choices=Voice.choices)
    reason = models.TextField()
    voted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table_comment = APPEND_ONLY
        constraints = [models.UniqueConstraint(fields=["sitting", "member"], name="one_vote_per_member")]


class Delegation(models.Model):
    """Who speaks for whom, from day to day: asked for by one, confirmed by another."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    giver = models.ForeignKey("parties.User", on_delete=models.PROTECT, related_name="delegations_given")
    taker = models.ForeignKey("parties.User", on_delete=models.PROTECT, related_name="delegations_taken")
    starts_on = models.DateField()
    ends_on = models.DateField()  # the last day
    reason = models.TextField()
    asked_by = models.ForeignKey("parties.User", on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    confirmed_by = models.ForeignKey("parties.User", on_delete=models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)


class Absence(models.Model):
    """Days on which a person decides nothing and is not counted among those who could."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    user = models.ForeignKey("parties.User", on_delete=models.PROTECT, related_name="absences")
    starts_on = models.DateField()
    ends_on = models.DateField()
    reason = models.CharField(max_length=200)
    recorded_by = models.CharField(max_length=150)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "starts_on", "ends_on"], name="absence_once")]


class Interest(models.Model):
    """An own relation that a member of staff has declared: to a firm, or to a person and so to every firm of that person."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    user = models.ForeignKey("parties.User", on_delete=models.PROTECT, related_name="interests")
    firm = models.ForeignKey(Firm, on_delete=models.PROTECT, null=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True)
    kind = models.CharField(max_length=24)  # family, shareholder, former_employer, business, other
    note = models.CharField(max_length=200, blank=True)
    declared_by = models.CharField(max_length=150)
    declared_at = models.DateTimeField(default=timezone.now)
    ended_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(firm__isnull=False, person__isnull=True) | models.Q(firm__isnull=True, person__isnull=False),
                name="interest_in_one",
            )
        ]


class Escalation(models.Model):
    """That a case was not done in its time and who was told; once per case and step."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    application = models.ForeignKey("decisions.Application", on_delete=models.PROTECT, related_name="escalations")
    decision = models.ForeignKey("decisions.Decision", on_delete=models.PROTECT)
    step = models.CharField(max_length=24)
    to_role = models.CharField(max_length=16)
    due_at = models.DateTimeField()
    escalated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table_comment = APPEND_ONLY
        constraints = [models.UniqueConstraint(fields=["decision", "step"], name="escalation_once_per_step")]


class SavedFilter(models.Model):
    """A user's own name for a way to look at a list."""

    user = models.ForeignKey("parties.User", on_delete=models.CASCADE, related_name="saved_filters")
    page = models.CharField(max_length=24)
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=300)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "page", "name"], name="filter_name_once")]


class Campaign(models.Model):
    class Kind(models.TextChoices):
        LIST = "list"
        VILLAGE = "village"
        PLATFORM = "platform"
        CHAIN = "chain"

    class Status(models.TextChoices):
        SCREENED = "screened"  # offers are known, a second person must release them
        RELEASED = "released"
        CLOSED = "closed"

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    anchor = models.CharField(max_length=200, blank=True)  # the village, platform or core firm
    product_code = models.CharField(max_length=60)
    term_months = models.IntegerField()
    purpose = models.CharField(max_length=200)
    expires_on = models.DateField()  # the last day on which an offer can be taken up
    budget_fen = models.BigIntegerField()
    quotas = models.JSONField(default=dict)  # {"region": {division code prefix: fen}, "industry": {code prefix: fen}}
    file_name = models.CharField(max_length=200)
    file_digest = models.CharField(max_length=64)
    key = models.CharField(max_length=100)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.SCREENED)
    business_date = models.DateField()
    made_by = models.ForeignKey("parties.User", on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    released_by = models.ForeignKey("parties.User", on_delete=models.PROTECT, null=True, related_name="+")
    released_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["institution", "key"], name="campaign_once")]


class Invitee(models.Model):
    """One firm of a campaign: what the screening said and why, and what became of it."""

    class Outcome(models.TextChoices):
        OFFER = "offer"
        INVITE = "invite"  # no consent, no evidence or a person must look: asked to apply, nothing promised
        WAITING = "waiting"  # good, but budget or quota is used up
        NONE = "none"  # refused by the product's rules: not approached

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="invitees")
    row_number = models.IntegerField()  # in the file
    firm = models.ForeignKey(Firm, on_delete=models.PROTECT)
    wanted_fen = models.BigIntegerField()
    facts = models.JSONField(default=dict)  # what the list says of the product's form: fact → value, absent where it says nothing
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    risk_class = models.CharField(max_length=2, blank=True)
    amount_fen = models.BigIntegerField(default=0)
    rate_ppm = models.IntegerField(null=True)
    reasons = models.JSONField(default=list)  # codes with texts by language
    application = models.OneToOneField("decisions.Application", on_delete=models.PROTECT, null=True, related_name="invitee")
    declined_at = models.DateTimeField(null=True)  # the firm's own no
    declined_by = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "firm"], name="firm_once_per_campaign")]
