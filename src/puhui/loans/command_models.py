"""Acts as commands, and what they tell the outside.

Every act that moves money or changes what is owed is a command: its key is inserted first in the transaction of the act itself, so a
request that is sent again finds the key and gets the answer of the first one. A command that needs a second person waits here until
one approves or refuses it. What happened is told by the outbox, a row of the same transaction: told if and only if it happened.
"""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from puhui.parties.models import APPEND_ONLY, Institution


class Command(models.Model):
    """One act that was asked for. `key` is the asker's and names one act for ever."""

    class Status(models.TextChoices):
        WAITING = "waiting"  # for a second person
        DONE = "done"
        REFUSED = "refused"

    # The constraint's index begins with it; whoever writes a command holds the institution's day (docs/decisions/0014).
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, db_constraint=False, db_index=False)
    key = models.CharField(max_length=110)
    act = models.CharField(max_length=32)
    target_kind = models.CharField(max_length=16)  # loan, contract, line, firm
    target_id = models.BigIntegerField()
    request = models.JSONField()  # the arguments as they were given
    request_digest = models.CharField(max_length=64)  # SHA-256 of act, target and arguments (RFC 8785)
    business_date = models.DateField()  # on which it was asked for: the day of effect where the arguments name none
    maker = models.CharField(max_length=150)
    checker = models.CharField(max_length=150, blank=True)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.WAITING)
    reason = models.CharField(max_length=300, blank=True)  # why it waits, or why it was refused
    answer = models.JSONField(null=True)
    made_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["institution", "key"], name="command_once")]
        indexes = [
            # What waits at a loan or contract; what is done is found by its key.
            models.Index(fields=["target_kind", "target_id"], condition=models.Q(status="waiting"), name="command_of_target"),
            models.Index(fields=["institution", "id"], condition=models.Q(status="waiting"), name="command_waiting"),
        ]


class Outbox(models.Model):
    """Something that happened, to be told to others. `transaction_number` orders rows by what can be seen: see `loans.outbox`."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, db_constraint=False, db_index=False)
    transaction_number = models.BigIntegerField()
    topic = models.CharField(max_length=40)  # loan.repayment, contract.cancelled …
    payload = models.JSONField()
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table_comment = APPEND_ONLY
        indexes = [models.Index(fields=["institution", "transaction_number", "id"], name="outbox_order")]


class OutboxReader(models.Model):
    """How far one reader of the outbox has come."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    name = models.CharField(max_length=60)
    transaction_number = models.BigIntegerField(default=0)
    row_id = models.BigIntegerField(default=0)
    acknowledged_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["institution", "name"], name="outbox_reader_once")]
