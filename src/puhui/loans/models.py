"""The loan from contract to the last fen: contract, signatures, conditions before payout, the note, its events and its day ends.

A loan is the fold of its events (`calculations.replay`). The rows here that say what is owed are a cache of that fold, kept so that
the day end and the pages need not replay; they can be rebuilt at any time and must then be the same.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Upper
from django.utils import timezone

from puhui.decisions.models import Decision, Offer
from puhui.loans.class_models import ClassChange, Finding, LoanClass  # noqa: F401  (tables with a subject of their own)
from puhui.loans.command_models import Command, Outbox, OutboxReader  # noqa: F401
from puhui.loans.credit_models import (  # noqa: F401
    CreditLine,
    LineChange,
    LinkReview,
    RateLink,
    Refinancing,
    Restructuring,
    Security,
    SecurityRelease,
    SecurityValue,
)
from puhui.loans.loss_models import LossDetail, LossRun  # noqa: F401
from puhui.parties.models import APPEND_ONLY, Branch, Firm, Institution


class Contract(models.Model):
    class Status(models.TextChoices):
        DRAFTED = "drafted"
        SIGNED = "signed"
        CLEARED = "cleared"  # conditions met and checked by a second person: money may go out
        DRAWN = "drawn"
        CANCELLED = "cancelled"

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    firm = models.ForeignKey(Firm, on_delete=models.PROTECT, related_name="contracts")
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT)
    offer = models.OneToOneField(Offer, on_delete=models.PROTECT)
    number = models.CharField(max_length=40)
    product_code = models.CharField(max_length=60)
    amount_fen = models.BigIntegerField()
    terms = models.JSONField()
    text = models.TextField()
    text_digest = models.CharField(max_length=64)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.DRAFTED)
    revolves = models.BooleanField(default=False)  # holds an open line: what is repaid can be drawn again
    drafted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["institution", "number"], name="contract_number_once")]
        # Nearly all contracts are drawn; those that are not are listed, the newest first.
        indexes = [models.Index("institution", models.F("id").desc(), condition=~models.Q(status="drawn"), name="contract_not_drawn")]


class Signature(models.Model):
    """Who signed which text, how, and what shows it (Electronic Signature Law art. 13)."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="signatures")
    party = models.CharField(max_length=24)  # borrower, lender
    signer = models.CharField(max_length=150)
    method = models.CharField(max_length=40)
    text_digest = models.CharField(max_length=64)
    evidence = models.JSONField(default=dict)
    signed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table_comment = APPEND_ONLY


class Condition(models.Model):
    """A condition precedent: nothing is paid out until each is met, and a second person has checked them all."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="conditions")
    code = models.CharField(max_length=40)
    met_at = models.DateTimeField(null=True)
    met_by = models.CharField(max_length=150, blank=True)
    evidence = models.CharField(max_length=300, blank=True)
    checked_at = models.DateTimeField(null=True)
    checked_by = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["contract", "code"], name="condition_once")]


class Loan(models.Model):
    """A note (借据) and what is owed on it: a cache of the fold of its events."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    firm = models.ForeignKey(Firm, on_delete=models.PROTECT, related_name="loans")
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="loans")
    branch = models.ForeignKey(Branch, on_delete=models.PROTECT, null=True, db_constraint=False, db_index=False)  # null: head office
    number = models.CharField(max_length=40)
    product_code = models.CharField(max_length=60)
    risk_class = models.CharField(max_length=2)
    probability_ppm = models.IntegerField()
    terms = models.JSONField()
    amount_fen = models.BigIntegerField()
    rate_ppm = models.IntegerField()
    start = models.DateField()
    maturity = models.DateField()
    opened_at = models.DateTimeField(default=timezone.now)

    # The fold as of `state_date`, after that day's events. Counters only ever tell sums since the start; what is outstanding is the
    # difference of two of them, and what an act posts is the difference of each from before to after (calculations/posting.py).
    state_date = models.DateField()
    status = models.CharField(max_length=12)  # quote.md: performing, overdue, non_accrual, closed …
    overdue_since = models.DateField(null=True)  # due date of the oldest unpaid instalment
    lent_fen = models.BigIntegerField(default=0)
    principal_repaid_fen = models.BigIntegerField(default=0)
    interest_earned_fen = models.BigIntegerField(default=0)  # contract interest of all nights before `state_date`
    interest_due_fen = models.BigIntegerField(default=0)  # of that, what has fallen due
    interest_paid_fen = models.BigIntegerField(default=0)
    penalty_earned_fen = models.BigIntegerField(default=0)  # penalty and compound interest
    penalty_paid_fen = models.BigIntegerField(default=0)
    fee_due_fen = models.BigIntegerField(default=0)
    fee_paid_fen = models.BigIntegerField(default=0)
    overpaid_fen = models.BigIntegerField(default=0)
    principal_waived_fen = models.BigIntegerField(default=0)  # forgiven
    interest_waived_fen = models.BigIntegerField(default=0)
    penalty_waived_fen = models.BigIntegerField(default=0)
    fee_waived_fen = models.BigIntegerField(default=0)
    interest_suspended_fen = models.BigIntegerField(default=0)  # levels: due, unpaid and not recognised as income
    accrued_interest_suspended_fen = models.BigIntegerField(default=0)  # not yet due and not recognised
    penalty_suspended_fen = models.BigIntegerField(default=0)
    principal_written_off_fen = models.BigIntegerField(default=0)  # levels: written off and not recovered
    interest_written_off_fen = models.BigIntegerField(default=0)
    penalty_written_off_fen = models.BigIntegerField(default=0)
    fee_written_off_fen = models.BigIntegerField(default=0)
    interest_waived_written_off_fen = models.BigIntegerField(default=0)  # of what is waived, what had been written off
    penalty_waived_written_off_fen = models.BigIntegerField(default=0)
    fee_waived_written_off_fen = models.BigIntegerField(default=0)
    interest_tax_fen = models.BigIntegerField(default=0)  # value added tax inside what is due
    penalty_tax_fen = models.BigIntegerField(default=0)
    fee_tax_fen = models.BigIntegerField(default=0)
    tax_waiting_fen = models.BigIntegerField(default=0)  # on interest that is taxed when the cash comes
    fee_deferred_fen = models.BigIntegerField(default=0)  # integral fees, income over the life
    fee_amortised_fen = models.BigIntegerField(default=0)
    fee_deferred_written_off_fen = models.BigIntegerField(default=0)
    undrawn_fen = models.BigIntegerField(default=0)  # of a line
    # How the institution keeps this loan: its profile of non-accrual, and the tax inside interest and fees (0 where exempt).
    non_accrual_profile = models.CharField(max_length=12, default=Institution.NonAccrual.HOUSE_RULE)
    interest_tax_ppm = models.IntegerField(default=0)
    fee_tax_ppm = models.IntegerField(default=0)

    # From `state_date` on interest runs along paths compiled ahead: element k (from 0) is what k nights add to the counter. The day
    # end books the differences of one night over all loans together and touches none of them.
    interest_path = ArrayField(models.BigIntegerField(), default=list)
    penalty_path = ArrayField(models.BigIntegerField(), default=list)
    next_action_date = models.DateField(null=True)  # the next day on which more than interest happens; null when nothing will
    event_count = models.IntegerField(default=0)
    # An ordinary loan has no path but a run along a shape that it shares with others (loans/nights.py). `next_number` is the instalment
    # that falls due on `next_action_date` where the day end's SQL can settle it alone; null where Python has to fold the loan.
    run_shape = models.BigIntegerField(null=True)
    run_offset = models.BigIntegerField(null=True)
    run_product = models.BigIntegerField(null=True)
    run_denominator = models.BigIntegerField(null=True)
    next_number = models.IntegerField(null=True)

    class Meta:
        # In eight partitions by a hash of the id (sql/storage.sql), so that an institution's numbers are kept once by LoanNumber.
        indexes = [
            models.Index(
                fields=["institution", "next_action_date"], condition=models.Q(next_action_date__isnull=False), name="loan_next_action"
            ),
            # Due and unpaid, or penalty run up: what a debit may take.
            models.Index(
                fields=["institution", "firm"],
                condition=models.Q(overdue_since__isnull=False) | models.Q(penalty_earned_fen__gt=models.F("penalty_paid_fen")),
                name="loan_owing",
            ),
            models.Index(fields=["firm"]),
        ]

    @property
    def principal_fen(self) -> int:
        """What the borrower owes of the principal, written off or not."""
        return self.lent_fen - self.principal_repaid_fen - self.principal_waived_fen


class LoanNumber(models.Model):
    """The register of loan numbers: one an institution. A trigger enters each new loan. The parts between hyphens are indexed."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, db_index=False)
    number = models.CharField(max_length=40)
    loan_id = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["institution", "number"], name="loan_number_once")]
        indexes = [GinIndex(models.Func(Upper("number"), models.Value("-"), function="string_to_array"), name="loan_number_parts")]


class NightShape(models.Model):
    """The shares of a year of the nights of a period, as whole numbers, for all loans with such a period: see loans/nights.py."""

    id = models.BigIntegerField(primary_key=True)  # follows from the content
    first = models.DateField()
    last = models.DateField()
    units = ArrayField(models.BigIntegerField())  # element k: after k nights; element 0 is 0

    class Meta:
        db_table_comment = APPEND_ONLY
        indexes = [models.Index(fields=["last"])]


class Standing(models.Model):
    """What changes of loans come to, by branch, product and whether interest is suspended; a trigger writes it: see loans/standing.py."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, db_constraint=False)
    branch = models.ForeignKey(Branch, on_delete=models.PROTECT, null=True, db_constraint=False, db_index=False)  # null: head office
    product_code = models.CharField(max_length=60)
    suspended = models.BooleanField()
    # Balances as of the last day end, debit positive, by the roles of the sub-ledger.
    principal_fen = models.BigIntegerField()
    accrued_interest_fen = models.BigIntegerField()
    interest_receivable_fen = models.BigIntegerField()
    penalty_receivable_fen = models.BigIntegerField()
    fee_receivable_fen = models.BigIntegerField()
    loans = models.BigIntegerField()  # that owe principal
    owed_fen = models.BigIntegerField()  # the principal they owe, written off or not
    # The nights after that: element k of each belongs to the k-th of `nights`.
    nights = ArrayField(models.DateField())
    night_loans = ArrayField(models.BigIntegerField())  # that earn in it
    night_interest_fen = ArrayField(models.BigIntegerField())
    night_penalty_fen = ArrayField(models.BigIntegerField())


class Event(models.Model):
    """One thing that happened to a loan. Append-only; `key` makes a retried request happen once."""

    # Written under the loan's lock by the thousand; the database need not look institution and loan up again, nor keep indexes of them.
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, db_constraint=False, db_index=False)
    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="events", db_constraint=False, db_index=False)
    number = models.IntegerField()  # order of arrival within the loan
    type = models.CharField(max_length=16)  # quote.md: drawdown, repayment, payoff …
    date = models.DateField()  # takes effect
    known_on = models.DateField()  # business day on which it was entered
    amount_fen = models.BigIntegerField(null=True)
    detail = models.JSONField(default=dict)
    key = models.CharField(max_length=120)
    recorded_at = models.DateTimeField(default=timezone.now)
    recorded_by = models.CharField(max_length=150)

    class Meta:
        db_table_comment = APPEND_ONLY
        constraints = [
            models.UniqueConstraint(fields=["institution", "key"], name="event_once"),
            models.UniqueConstraint(fields=["loan", "number"], name="event_number_once"),
        ]
        indexes = [models.Index(fields=["institution", "known_on"], name="event_known_on")]


class Instalment(models.Model):
    """A row of the schedule as it stands (cache of the fold): what falls due when, and what of it is paid."""

    pk = models.CompositePrimaryKey("loan_id", "number")
    loan = models.ForeignKey(Loan, on_delete=models.CASCADE, related_name="instalments", db_constraint=False, db_index=False)
    number = models.IntegerField()
    start = models.DateField()
    due = models.DateField()
    principal_fen = models.BigIntegerField()
    interest_fen = models.BigIntegerField()
    fee_fen = models.BigIntegerField(default=0)
    penalty_fen = models.BigIntegerField(default=0)
    compound_fen = models.BigIntegerField(default=0)
    paid_fen = models.BigIntegerField(default=0)
    balance_fen = models.BigIntegerField()
    # How interest will run in a coming period of an ordinary loan; null where it is not compiled (loans/nights.py).
    run_shape = models.BigIntegerField(null=True)
    run_product = models.BigIntegerField(null=True)
    run_denominator = models.BigIntegerField(null=True)


class DebitAccount(models.Model):
    """The borrower's account at the simulated bank: dues are debited from it as far as it holds money."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    firm = models.OneToOneField(Firm, on_delete=models.PROTECT, related_name="debit_account")
    balance_fen = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(balance_fen__gte=0), name="debit_account_not_negative")]


class DayEndStep(models.Model):
    """A step of a day end that is done: a day end that was cut off goes on where it stopped."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    date = models.DateField()
    step = models.CharField(max_length=24)
    figures = models.JSONField(default=dict)
    finished_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["institution", "date", "step"], name="day_end_step_once")]


class SetAside(models.Model):
    """A loan that a day end could not process, with the reason; the rest of the day went on."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    loan = models.ForeignKey(Loan, on_delete=models.PROTECT)
    date = models.DateField()
    reason = models.TextField()
    resolved_at = models.DateTimeField(null=True)
