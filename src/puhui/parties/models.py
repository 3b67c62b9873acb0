"""Who takes part: the lender, the firms it serves, the people behind them, its officers, and what they allow.

An institution is the tenant. A firm is that institution's customer row, known by identifiers of several schemes (the unified
social credit code is one of them and may be missing). A person who borrows, and a farming household that borrows together, are
customers as a firm is and have such a row too: what is known of them, decided and lent hangs on it (`borrowers.py`). A consent names
purpose, classes of evidence and a period; without a live one nothing about the firm is read. Every act leaves a row in the audit trail,
which is never changed.
"""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils import timezone

APPEND_ONLY = "append-only"


class Institution(models.Model):
    class Kind(models.TextChoices):
        BANK = "bank"
        MICRO_LENDER = "micro_lender"

    class NonAccrual(models.TextChoices):
        """How interest of loans that do not pay is kept out of income: calculations/counters.py."""

        HOUSE_RULE = "house_rule"
        CAS_22 = "cas_22"

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    currency = models.CharField(max_length=3, default="CNY")
    non_accrual_profile = models.CharField(max_length=12, choices=NonAccrual.choices, default=NonAccrual.HOUSE_RULE)
    # The day that is open: postings are dated to it until the day end moves it on. Never read from a clock.
    business_date = models.DateField()

    def __str__(self) -> str:
        return self.name


class Branch(models.Model):
    """A branch of a lender's tree. The one without a parent is the head office: all that names no branch is its."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="branches")
    code = models.CharField(max_length=32)
    name = models.CharField(max_length=200)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="children")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["institution", "code"], name="branch_code_once"),
            models.UniqueConstraint(fields=["institution"], condition=models.Q(parent=None), name="one_head_branch"),
        ]

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    BORROWER = "borrower"
    OFFICER = "officer"
    APPROVER = "approver"
    RISK_MANAGER = "risk_manager"
    ACCOUNTANT = "accountant"
    COLLECTOR = "collector"
    AUDITOR = "auditor"
    SUPERVISOR = "supervisor"
    SYSTEM = "system"


class Person(models.Model):
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    name = models.CharField(max_length=100)
    # AES-GCM cipher texts and keyed blind indexes (design §8): equality search without reading.
    identity_number_encrypted = models.BinaryField()
    identity_number_index = models.BinaryField(max_length=32)
    phone_encrypted = models.BinaryField(null=True)
    phone_index = models.BinaryField(max_length=32, null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["institution", "identity_number_index"], name="person_once_per_institution")]

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, null=True)
    role = models.CharField(max_length=16, choices=Role.choices, default=Role.OFFICER)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True)
    language = models.CharField(max_length=10, default="zh-hans")


class Firm(models.Model):
    class Kind(models.TextChoices):
        ENTERPRISE = "enterprise"
        INDIVIDUAL_BUSINESS = "individual_business"
        COOPERATIVE = "cooperative"
        PERSON = "person"  # a natural person (自然人) who borrows for a business
        HOUSEHOLD = "household"  # a farming household (农户): its head and members owe together

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=24, choices=Kind.choices, default=Kind.ENTERPRISE)
    industry_code = models.CharField(max_length=4, blank=True)  # GB/T 4754-2017 class, empty when not known
    division_code = models.CharField(max_length=6, blank=True)  # GB/T 2260 county
    founded_on = models.DateField(null=True)
    staff_count = models.IntegerField(null=True)
    manager = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="managed_firms")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(fields=["institution", "name"]),
            GinIndex(models.Func("name", function="parties_pairs"), name="firm_name_pairs"),  # finds a part of a name
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_natural(self) -> bool:
        """Whether people owe it themselves and no legal person stands between: what is known of it is all personal."""
        return self.kind in (Firm.Kind.INDIVIDUAL_BUSINESS, Firm.Kind.PERSON, Firm.Kind.HOUSEHOLD)


class FirmIdentifier(models.Model):
    """One identifier of a firm. Schemes: `uscc` (GB 32100-2015), `registration`, `tax`, `platform`, `cumcm` (research data) …"""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    firm = models.ForeignKey(Firm, on_delete=models.PROTECT, related_name="identifiers")
    scheme = models.CharField(max_length=24)
    value = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["institution", "scheme", "value"], name="identifier_once_per_institution")]


class FirmPerson(models.Model):
    """A person's part in a firm: legal representative, owner, spouse of the owner, contact; `borrower` in the row of a person who
    borrows; in a household `head`, and `member` for everybody else who owes with the head (the spouse of the head is both)."""

    firm = models.ForeignKey(Firm, on_delete=models.PROTECT, related_name="people")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="firms")
    role = models.CharField(max_length=32)
    since = models.DateField(null=True)
    until = models.DateField(null=True)  # the part is over from this day on
    left_because = models.CharField(max_length=200, blank=True, default="", db_default="")  # of a household: why (`leaving.py`)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["firm", "person", "role"], condition=models.Q(until=None), name="person_role_once_per_firm"),
            models.UniqueConstraint(fields=["person"], condition=models.Q(role="borrower"), name="person_borrows_as_one_customer"),
            models.UniqueConstraint(
                fields=["person"], condition=models.Q(role__in=["head", "member"], until=None), name="person_in_one_household"
            ),
        ]


class Consent(models.Model):
    """What a firm allows: purpose, classes of evidence, period, and the text that was shown when it said yes."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    firm = models.ForeignKey(Firm, on_delete=models.PROTECT, related_name="consents")
    purpose = models.CharField(max_length=40)  # credit_decision, post_loan_monitoring
    classes = ArrayField(models.CharField(max_length=4))
    text_version = models.CharField(max_length=40)
    text_digest = models.CharField(max_length=64)
    channel = models.CharField(max_length=24)  # phone, counter, demonstration
    granted_by = models.CharField(max_length=150)
    granted_at = models.DateTimeField()
    expires_on = models.DateField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["firm", "purpose"])]


class AuditRecord(models.Model):
    """Who did what to which record, when, and with what particulars. Sealed with the day's books."""

    # The index by day begins with it; whoever writes a record holds the institution's day (docs/decisions/0014).
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, db_constraint=False, db_index=False)
    business_date = models.DateField()
    recorded_at = models.DateTimeField(default=timezone.now)
    actor = models.CharField(max_length=150)
    act = models.CharField(max_length=64)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=64)
    detail = models.JSONField(default=dict)
    digest = models.BinaryField(max_length=32)  # over every other column

    class Meta:
        db_table_comment = APPEND_ONLY
        indexes = [
            models.Index(fields=["institution", "business_date", "id"]),
            models.Index(fields=["subject_kind", "subject_id"]),
        ]


class Seal(models.Model):
    """The last day of an institution that is closed: no act is dated to it, or before it, any more.

    A row of its own and not a column of the institution, so that saving an institution read earlier cannot open a day again.
    """

    institution = models.OneToOneField(Institution, on_delete=models.PROTECT, primary_key=True, related_name="seal")
    date = models.DateField()


class Tally(models.Model):
    """How many sealed rows were added on a day, and the sum of their digests: what a day is compared with before it is closed.

    Each database session counts on a row of its own (`lane` is its process number), so postings never wait for one another here.
    """

    class Kind(models.TextChoices):
        AUDIT = "audit"
        ACCOUNT = "account"
        ENTRY = "entry"

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    date = models.DateField()
    kind = models.CharField(max_length=8, choices=Kind.choices)
    lane = models.IntegerField()
    row_count = models.BigIntegerField()
    digest_sum = models.DecimalField(max_digits=40, decimal_places=0)  # of the first eight bytes of each digest

    class Meta:
        constraints = [models.UniqueConstraint(fields=["institution", "date", "kind", "lane"], name="tally_once_per_lane")]


from puhui.parties import match_models  # noqa: E402, F401  Django finds an app's tables here
