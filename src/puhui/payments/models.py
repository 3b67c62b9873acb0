"""Money between the lender and the world: accounts at banks, payments ordered, dues debited, statements, and what was received.

Two kinds of rows. What others told us (answers, result lines, statement lines) and what a person or the matching decided about them
is append-only. Orders, batches and receipts carry a state that follows from those rows, so that lists need not read them all.

Account numbers are kept as cipher text, with a blind index to find them by and their last four digits to show.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from puhui.loans.models import Contract, Loan
from puhui.parties.models import APPEND_ONLY, Firm, Institution


class AccountNumber(models.Model):
    """An account at a bank: who holds it, where, and its number under cipher."""

    holder_name = models.CharField(max_length=200)
    bank_name = models.CharField(max_length=100, blank=True)
    bank_code = models.CharField(max_length=14, blank=True)  # 联行号, twelve digits, or BIC
    number_encrypted = models.BinaryField()
    number_index = models.BinaryField(max_length=32)
    number_tail = models.CharField(max_length=4)

    class Meta:
        abstract = True


class BankAccount(AccountNumber):
    """An account of the lender at an outside bank: money is paid from it and comes in on it."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    code = models.CharField(max_length=32)
    channel = models.CharField(max_length=40, blank=True)  # row of the parameter table payment-channels
    opened_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["institution", "code"], name="bank_account_code_once"),
            models.UniqueConstraint(fields=["institution", "number_index"], name="bank_account_number_once"),
        ]


class FirmAccount(AccountNumber):
    """An account of a borrower: for payout where the borrower pays itself, and for the debit of dues. Verified before it is used."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    firm = models.ForeignKey(Firm, on_delete=models.PROTECT, related_name="accounts")
    agreement = models.CharField(max_length=60, blank=True)  # 代扣协议号: without one nothing is debited
    verified_at = models.DateTimeField(null=True)
    verified_by = models.CharField(max_length=150, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["institution", "firm", "number_index"], name="firm_account_once")]


class PaymentOrder(AccountNumber):
    """One payment that leaves: a part of a payout, or money received that goes back. The account is the payee's."""

    class Purpose(models.TextChoices):
        PAYOUT = "payout"
        RETURN = "return"  # of a receipt, or of a payout that came back: out of suspense

    class Status(models.TextChoices):
        WAITING = "waiting"  # for a second person
        CREATED = "created"
        SENT = "sent"
        CONFIRMED = "confirmed"
        FAILED = "failed"
        CANCELLED = "cancelled"
        UNKNOWN = "unknown"  # with a person

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    bank_account = models.ForeignKey(BankAccount, on_delete=models.PROTECT)
    purpose = models.CharField(max_length=8, choices=Purpose.choices)
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, null=True, related_name="payment_orders")
    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, null=True, related_name="payment_orders", db_constraint=False)
    receipt = models.ForeignKey("Receipt", on_delete=models.PROTECT, null=True, related_name="return_orders")
    amount_fen = models.BigIntegerField()
    mode = models.CharField(max_length=12)  # entrusted, own, return
    grounds = ArrayField(models.CharField(max_length=40), default=list)  # rules that asked for the mode
    proof = models.CharField(max_length=300, blank=True)  # contract or invoice that shows the use
    key = models.CharField(max_length=120)
    reference = models.CharField(max_length=32)  # what the bank knows it by
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.CREATED)
    attention = models.CharField(max_length=300, blank=True)  # why a person must look
    sends = models.IntegerField(default=0)
    first_sent_at = models.DateTimeField(null=True)
    last_sent_at = models.DateTimeField(null=True)
    last_asked_at = models.DateTimeField(null=True)
    last_answer = models.CharField(max_length=10, blank=True)
    refused = models.BooleanField(default=False)
    busy_until = models.DateTimeField(null=True)  # somebody is asking the bank; ends by itself after a crash
    channel_reference = models.CharField(max_length=200, blank=True)
    paid_on = models.DateField(null=True)  # the bank's day
    reason = models.CharField(max_length=300, blank=True)
    created_by = models.CharField(max_length=150)
    created_on = models.DateField()  # business day
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["institution", "key"], name="payment_order_key_once"),
            models.UniqueConstraint(fields=["reference"], name="payment_order_reference_once"),
            models.CheckConstraint(condition=models.Q(amount_fen__gt=0), name="payment_order_amount_positive"),
        ]
        indexes = [
            models.Index(fields=["institution", "status"], name="payment_order_status"),
            models.Index(fields=["bank_account", "paid_on"], name="payment_order_paid_on"),
        ]


class PaymentAttempt(models.Model):
    """One thing asked of the bank, or told by it, or decided by a person about an order. What is asked is written before it is."""

    order = models.ForeignKey(PaymentOrder, on_delete=models.PROTECT, related_name="attempts")
    act = models.CharField(max_length=12)  # send, query, cancel: asked; answer, notice, statement: told; give_up, person
    status = models.CharField(max_length=10)  # of the order after it
    detail = models.JSONField(default=dict)
    at = models.DateTimeField()
    recorded_by = models.CharField(max_length=150)

    class Meta:
        db_table_comment = APPEND_ONLY


class DebitBatch(models.Model):
    """Dues handed to a bank to be debited from the borrowers' accounts, in one file."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    bank_account = models.ForeignKey(BankAccount, on_delete=models.PROTECT)
    reference = models.CharField(max_length=32)
    layout = models.CharField(max_length=40)
    collect_on = models.DateField()
    line_count = models.IntegerField()
    total_fen = models.BigIntegerField()
    content = models.BinaryField()  # the file as it went out
    digest = models.CharField(max_length=64)
    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["institution", "reference"], name="debit_batch_once")]


class DebitLine(models.Model):
    """One due in a batch. What came of it is the sum of its results."""

    batch = models.ForeignKey(DebitBatch, on_delete=models.PROTECT, related_name="lines")
    number = models.IntegerField()
    reference = models.CharField(max_length=32)
    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="debit_lines", db_constraint=False)
    firm_account = models.ForeignKey(FirmAccount, on_delete=models.PROTECT)
    amount_fen = models.BigIntegerField()
    collected_fen = models.BigIntegerField(default=0)
    is_open = models.BooleanField(default=True)  # the bank has not given its last word
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reference"], name="debit_line_reference_once"),
            models.UniqueConstraint(fields=["batch", "number"], name="debit_line_number_once"),
            models.UniqueConstraint(fields=["loan"], condition=models.Q(is_open=True), name="debit_line_open_once"),
        ]


class ImportedFile(models.Model):
    """A file of results or a statement that was taken in. The same content is not taken in twice."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    bank_account = models.ForeignKey(BankAccount, on_delete=models.PROTECT)
    kind = models.CharField(max_length=12)  # results, statement
    name = models.CharField(max_length=200)
    layout = models.CharField(max_length=40)
    digest = models.CharField(max_length=64)
    line_count = models.IntegerField()
    total_fen = models.BigIntegerField()
    opening_fen = models.BigIntegerField(null=True)
    closing_fen = models.BigIntegerField(null=True)
    first_day = models.DateField(null=True)
    last_day = models.DateField(null=True)
    imported_on = models.DateField()  # business day
    imported_at = models.DateTimeField(default=timezone.now)
    imported_by = models.CharField(max_length=150)

    class Meta:
        db_table_comment = APPEND_ONLY
        constraints = [models.UniqueConstraint(fields=["institution", "digest"], name="imported_file_once")]


class DebitResult(models.Model):
    """One result line of a debit: the bank took so much on that day, or nothing and why."""

    file = models.ForeignKey(ImportedFile, on_delete=models.PROTECT, related_name="results")
    line = models.ForeignKey(DebitLine, on_delete=models.PROTECT, related_name="results")
    key = models.CharField(max_length=120)
    collected_fen = models.BigIntegerField()
    taken_on = models.DateField()
    is_last = models.BooleanField()
    code = models.CharField(max_length=20)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table_comment = APPEND_ONLY
        constraints = [models.UniqueConstraint(fields=["line", "key"], name="debit_result_once")]


class StatementLine(models.Model):
    """One line of a bank's statement of an account of ours: money in is above zero."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    bank_account = models.ForeignKey(BankAccount, on_delete=models.PROTECT, related_name="statement_lines")
    file = models.ForeignKey(ImportedFile, on_delete=models.PROTECT, related_name="lines")
    number = models.IntegerField()
    key = models.CharField(max_length=120)
    booked_on = models.DateField()
    value_on = models.DateField()
    amount_fen = models.BigIntegerField()
    bank_reference = models.CharField(max_length=100, blank=True)
    our_reference = models.CharField(max_length=100, blank=True)
    other_name = models.CharField(max_length=200, blank=True)
    other_account_index = models.BinaryField(max_length=32, null=True)
    other_account_tail = models.CharField(max_length=4, blank=True)
    text = models.CharField(max_length=500, blank=True)

    class Meta:
        db_table_comment = APPEND_ONLY
        constraints = [models.UniqueConstraint(fields=["bank_account", "key"], name="statement_line_once")]
        indexes = [models.Index(fields=["bank_account", "booked_on"], name="statement_line_booked_on")]


class StatementMatch(models.Model):
    """Which of our payments or batches a statement line is. Money in that is neither is a receipt."""

    line = models.OneToOneField(StatementLine, on_delete=models.PROTECT, related_name="match")
    order = models.ForeignKey(PaymentOrder, on_delete=models.PROTECT, null=True, related_name="statement_matches")
    batch = models.ForeignKey(DebitBatch, on_delete=models.PROTECT, null=True, related_name="statement_matches")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table_comment = APPEND_ONLY


class Receipt(models.Model):
    """Money that came in. What is not applied to loans or returned stands in suspense."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    bank_account = models.ForeignKey(BankAccount, on_delete=models.PROTECT)
    statement_line = models.OneToOneField(StatementLine, on_delete=models.PROTECT, null=True, related_name="receipt")
    debit_result = models.OneToOneField(DebitResult, on_delete=models.PROTECT, null=True, related_name="receipt")
    amount_fen = models.BigIntegerField()
    value_on = models.DateField()
    booked_on = models.DateField()  # business day on which it came into our books
    applied_fen = models.BigIntegerField(default=0)
    returning_fen = models.BigIntegerField(default=0)  # ordered back, not confirmed yet
    returned_fen = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(applied_fen__gte=0, returning_fen__gte=0, returned_fen__gte=0)
                & models.Q(amount_fen__gte=models.F("applied_fen") + models.F("returning_fen") + models.F("returned_fen")),
                name="receipt_not_used_twice",
            ),
            models.CheckConstraint(condition=models.Q(amount_fen__gt=0), name="receipt_amount_positive"),
        ]
        indexes = [models.Index(fields=["institution", "booked_on"], name="receipt_booked_on")]

    @property
    def open_fen(self) -> int:
        """What of it stands in suspense and is free."""
        return self.amount_fen - self.applied_fen - self.returning_fen - self.returned_fen


class ReceiptApplication(models.Model):
    """A receipt, or a part of it, put to a loan, or taken back from it (`undoes`)."""

    receipt = models.ForeignKey(Receipt, on_delete=models.PROTECT, related_name="applications")
    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="receipt_applications", db_constraint=False)
    event_id = models.BigIntegerField()  # the loan's repayment, or its reversal
    amount_fen = models.BigIntegerField()
    key = models.CharField(max_length=120)
    score = models.IntegerField(default=0)  # 0 to 100; 0 where a person chose
    grounds = ArrayField(models.CharField(max_length=40), default=list)
    undoes = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="undone_by")
    reason = models.CharField(max_length=300, blank=True)
    applied_on = models.DateField()  # business day
    applied_at = models.DateTimeField(default=timezone.now)
    applied_by = models.CharField(max_length=150)

    class Meta:
        db_table_comment = APPEND_ONLY
        constraints = [models.UniqueConstraint(fields=["receipt", "key"], name="receipt_application_once")]
