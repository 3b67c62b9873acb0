"""The general ledger of a lender: accounts, entries made of balanced transfers, and closed days chained by hash.

A transfer moves one amount from one account to another, so it cannot be out of balance; an entry groups the transfers of one act.
Nothing is changed or removed: a mistake is corrected by a further entry. No running balance is kept per account (a hot row that
every posting would fight over): a balance is the total of the last closed day plus the transfers since.

An account is one cell of the books: a code of the chart, at a branch, for a product or none, in a currency. What a reader calls an
account is the sum of the cells of a code. A transfer stays inside one branch; between two it goes over the accounts between branches.
"""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from puhui.parties.models import APPEND_ONLY, Branch, Institution


class Account(models.Model):
    class Kind(models.TextChoices):
        ASSET = "asset"
        LIABILITY = "liability"
        EQUITY = "equity"
        INCOME = "income"
        EXPENSE = "expense"
        COMMON = "common"  # 共同类: clearing, between branches; on either side
        MEMO = "memo"  # 表外

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, db_index=False)  # the unique index begins with it
    branch = models.ForeignKey(Branch, on_delete=models.PROTECT, db_index=False)
    code = models.CharField(max_length=16)
    product_code = models.CharField(max_length=60, default="", blank=True)  # empty: of no product
    name = models.CharField(max_length=100)  # Chinese name of the chart (CAS 22)
    name_english = models.CharField(max_length=100)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    currency = models.CharField(max_length=3, default="CNY")
    opened_on = models.DateField()  # the business day on which the account was opened
    # 1: opened before there were branches; its digest is over the columns of then, and it stands at the head office without a product.
    version = models.SmallIntegerField(default=2)
    digest = models.BinaryField(max_length=32)  # over every other column

    class Meta:
        db_table_comment = APPEND_ONLY
        constraints = [
            models.UniqueConstraint(fields=["institution", "code", "branch", "product_code", "currency"], name="account_once"),
        ]


class Entry(models.Model):
    # The index by day begins with it; whoever writes an entry holds the institution's day (docs/decisions/0014).
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, db_constraint=False, db_index=False)
    act = models.CharField(max_length=32)  # drawdown, repayment, accrual, due, reversal …
    posting_date = models.DateField()  # the business day whose books it stands in
    effective_date = models.DateField()  # the day it is true for; earlier when backdated
    loan_id = models.BigIntegerField(null=True)  # null for totals over many loans (daily accrual)
    event_id = models.BigIntegerField(null=True)  # the loan event that caused it
    reference = models.CharField(max_length=200, blank=True)
    recorded_at = models.DateTimeField(default=timezone.now)
    recorded_by = models.CharField(max_length=150)
    digest = models.BinaryField(max_length=32)  # over every column of the entry and of its transfers

    class Meta:
        db_table_comment = APPEND_ONLY
        indexes = [models.Index(fields=["institution", "posting_date", "id"]), models.Index(fields=["loan_id"])]


class Transfer(models.Model):
    # Millions of rows a day: the posting function writes entries and transfers together and takes institution and accounts from their
    # tables, none of which the application can delete from, so the database need not look each up again, nor keep an index of few
    # values. The proof finds a transfer without its entry.
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="transfers", db_constraint=False)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, db_constraint=False, db_index=False)
    posting_date = models.DateField()
    debit_account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    credit_account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    amount_fen = models.BigIntegerField()
    loan_id = models.BigIntegerField(null=True)

    class Meta:
        db_table_comment = APPEND_ONLY
        indexes = [models.Index(fields=["institution", "posting_date", "id"]), models.Index(fields=["loan_id"])]
        constraints = [
            models.CheckConstraint(condition=models.Q(amount_fen__gt=0), name="transfer_amount_positive"),
            models.CheckConstraint(condition=~models.Q(debit_account=models.F("credit_account")), name="transfer_between_two_accounts"),
        ]


class ClosedDay(models.Model):
    """A day that is closed: control totals, the digests of its rows, and the chain from the closed day before.

    A closed day covers every row dated after the closed day before it, up to and including its own date.
    """

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    date = models.DateField()
    entry_count = models.BigIntegerField()
    transfer_count = models.BigIntegerField()
    audit_count = models.BigIntegerField()
    total_fen = models.BigIntegerField()
    entries_digest = models.BinaryField(max_length=32)  # the day's entries, each with its transfers, in order
    audit_digest = models.BinaryField(max_length=32)  # the day's audit records in order
    accounts_digest = models.BinaryField(max_length=32)  # all accounts opened by then
    totals_digest = models.BinaryField(max_length=32)  # the day's AccountDay rows
    previous_digest = models.BinaryField(max_length=32)  # chain digest of the closed day before; 32 zero bytes on the first
    chain_digest = models.BinaryField(max_length=32)  # over every other column of this row
    closed_at = models.DateTimeField(default=timezone.now)
    closed_by = models.CharField(max_length=150)

    class Meta:
        db_table_comment = APPEND_ONLY
        constraints = [models.UniqueConstraint(fields=["institution", "date"], name="day_closed_once")]


class AccountDay(models.Model):
    """An account's movement on a closed day and its balance after it (debit positive). Only accounts that moved have a row."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    account = models.ForeignKey(Account, on_delete=models.PROTECT)
    date = models.DateField()
    debit_fen = models.BigIntegerField()
    credit_fen = models.BigIntegerField()
    balance_fen = models.BigIntegerField()

    class Meta:
        db_table_comment = APPEND_ONLY
        constraints = [models.UniqueConstraint(fields=["institution", "account", "date"], name="account_day_once")]


class Pending(models.Model):
    """A transfer that waits for somebody outside: reserved in the memo books by its entry, and later posted or void by another entry."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    key = models.CharField(max_length=120)  # makes a request that is sent again happen once
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="pending")  # the reservation
    debit_code = models.CharField(max_length=16)
    credit_code = models.CharField(max_length=16)
    amount_fen = models.BigIntegerField()
    branch = models.ForeignKey(Branch, on_delete=models.PROTECT)
    product_code = models.CharField(max_length=60, default="", blank=True)
    loan_id = models.BigIntegerField(null=True)
    reference = models.CharField(max_length=200, blank=True)
    digest = models.BinaryField(max_length=32)  # over every other column

    class Meta:
        db_table_comment = APPEND_ONLY
        constraints = [
            models.UniqueConstraint(fields=["institution", "key"], name="pending_once"),
            models.CheckConstraint(condition=models.Q(amount_fen__gt=0), name="pending_amount_positive"),
        ]


class PendingEnd(models.Model):
    """What became of a pending transfer, once: posted, in full or in part, or void."""

    pending = models.OneToOneField(Pending, on_delete=models.PROTECT, related_name="end")
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="pending_end")
    posted_fen = models.BigIntegerField()  # 0: void
    reason = models.CharField(max_length=200, blank=True)
    digest = models.BinaryField(max_length=32)  # over every other column

    class Meta:
        db_table_comment = APPEND_ONLY


class VoucherDelivery(models.Model):
    """That the vouchers of a closed day were given to the bank's own general ledger, and what they came to."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    date = models.DateField()
    reversals = models.CharField(max_length=4)  # how reversals were told: red or blue
    line_count = models.IntegerField()
    total_fen = models.BigIntegerField()  # of the debit side
    content_digest = models.BinaryField(max_length=32)  # over all lines in order
    delivered_at = models.DateTimeField(default=timezone.now)
    delivered_by = models.CharField(max_length=150)

    class Meta:
        db_table_comment = APPEND_ONLY
        constraints = [
            models.UniqueConstraint(fields=["institution", "date", "reversals", "content_digest"], name="vouchers_delivered_once")
        ]
