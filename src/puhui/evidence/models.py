"""What is known about firms, as it was told and when: batches as they came in, invoices (class C07) row by row, records of all other
classes by their layouts, and readings of meters and machines a month to a row.

Nothing is overwritten. Every row has three times: when it was true, when a lender could know it, when it arrived here. A later
batch that tells the same invoice with another status adds a row that replaces the earlier one from its own `known_at` on, so the
question "what did we know on that day" always has the same answer.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from puhui.parties.models import APPEND_ONLY, Consent, Firm, Institution


class Batch(models.Model):
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    evidence_class = models.CharField(max_length=4)  # C01 … C18, S1, S2
    source = models.CharField(max_length=100)
    file_name = models.CharField(max_length=255)
    file_digest = models.CharField(max_length=64)
    mapping = models.JSONField(default=dict)
    counts = models.JSONField(default=dict)  # read, accepted, rejected, unchanged, duplicates, voids, reds, flagged …
    received_at = models.DateTimeField(default=timezone.now)
    received_by = models.CharField(max_length=150)

    class Meta:
        indexes = [models.Index(fields=["institution", "evidence_class", "received_at"])]


class Invoice(models.Model):
    class Direction(models.TextChoices):
        SALE = "out"
        PURCHASE = "in"

    class Status(models.TextChoices):
        NORMAL = "normal"  # 00
        RED = "red"  # 01, negative
        BLANK = "blank"  # 02, an empty form voided
        VOID = "void"  # 03 and 04

    # Rows come by the million and are made only by an import, which has just looked up firm and batch in the same transaction: the
    # database need not look them up once more for each row.
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, db_constraint=False, db_index=False)
    firm = models.ForeignKey(Firm, on_delete=models.PROTECT, db_constraint=False, db_index=False)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, db_constraint=False, db_index=False)
    row_number = models.IntegerField()  # as the file shows it: in a sheet the headings are row 1
    direction = models.CharField(max_length=3, choices=Direction.choices)
    invoice_code = models.CharField(max_length=20, blank=True)
    invoice_number = models.CharField(max_length=40)
    issued_on = models.DateField()  # observed_at
    issued_hour = models.SmallIntegerField(null=True)
    counterparty = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=8, blank=True)  # standards.md §7 type code
    status = models.CharField(max_length=6, choices=Status.choices)
    amount_fen = models.BigIntegerField()  # net of tax
    tax_fen = models.BigIntegerField()
    total_fen = models.BigIntegerField()
    known_at = models.DateTimeField()
    known_at_assumed = models.BooleanField()
    received_at = models.DateTimeField()
    duplicate = models.BooleanField()  # an exact repeat inside its file: kept, left out of sums
    flags = models.IntegerField(default=0)  # bits named in evidence/reading/invoices.py: 1 = amount + tax ≠ total, 2 = zero row …
    content_key = models.UUIDField()  # digest of every field of the row (evidence/reading/keys.py)
    identity_key = models.UUIDField()  # digest of what names the invoice, whatever its state and amounts
    occurrence = models.SmallIntegerField()  # 1 for the first row with this content in its file, 2 for the next …

    class Meta:
        db_table_comment = APPEND_ONLY
        # Begins with the firm, so it also finds all rows of a firm: a second index would cost a fifth of every import.
        constraints = [models.UniqueConstraint(fields=["firm", "content_key", "occurrence"], name="invoice_once")]


class InvoiceReplacement(models.Model):
    """From `known_at` on, `later` tells what `earlier` told before: a void, a correction. Both rows stay."""

    firm = models.ForeignKey(Firm, on_delete=models.PROTECT)
    earlier = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="replaced_by")
    later = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="replaces")
    known_at = models.DateTimeField()

    class Meta:
        db_table_comment = APPEND_ONLY
        constraints = [models.UniqueConstraint(fields=["earlier", "later"], name="replacement_once")]


class Record(models.Model):
    """One row of a file of any class but invoices. What its fields mean says the layout of that name (puhui.evidence.layouts).

    Rows of one firm with one identity speak of one fact: the one known last is believed, the earlier ones stay.
    """

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, db_constraint=False, db_index=False)
    firm = models.ForeignKey(Firm, on_delete=models.PROTECT, db_constraint=False, db_index=False)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, db_constraint=False, db_index=False)
    record = models.CharField(max_length=40)  # name of the layout
    row_number = models.IntegerField()
    observed_on = models.DateField()
    known_at = models.DateTimeField()
    known_at_assumed = models.BooleanField()
    received_at = models.DateTimeField()
    content = models.JSONField()  # field → value; a field that holds nothing is not there; amounts in fen, days as text
    content_key = models.UUIDField()
    identity_key = models.UUIDField()
    occurrence = models.SmallIntegerField()

    class Meta:
        db_table_comment = APPEND_ONLY
        constraints = [models.UniqueConstraint(fields=["firm", "record", "content_key", "occurrence"], name="record_once")]


class SeriesMonth(models.Model):
    """Daily readings of one series (a meter, a machine) in one month, as one batch told them: arrays side by side, one place per day.

    A later batch adds a row with the days that are new or told otherwise; of a day told twice the reading known last is believed.
    The table is in partitions by firm; it is made in evidence/sql/series_storage.sql.
    """

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, db_constraint=False, db_index=False)
    firm = models.ForeignKey(Firm, on_delete=models.PROTECT, db_constraint=False, db_index=False)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, db_constraint=False, db_index=False)
    record = models.CharField(max_length=40)
    series_key = models.UUIDField()  # digest of `key`
    key = models.JSONField()  # the fields that tell one series from another
    month = models.DateField()  # its first day
    known_at_assumed = models.BooleanField()
    received_at = models.DateTimeField()
    days = ArrayField(models.SmallIntegerField())  # 1 … 31
    row_numbers = ArrayField(models.IntegerField())
    known_at = ArrayField(models.DateTimeField())
    fields = ArrayField(models.CharField(max_length=64))
    values = ArrayField(ArrayField(models.FloatField(null=True)))  # [place of the day][place of the field]; amounts in fen, flags 0 and 1

    class Meta:
        db_table_comment = APPEND_ONLY
        constraints = [
            models.UniqueConstraint(fields=["firm", "batch", "record", "series_key", "month", "known_at_assumed"], name="series_month_once")
        ]


class BatchFirm(models.Model):
    """What a batch brought of one firm: how many new rows, of which days. Tells in one look-up which evidence of a firm is the newest."""

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="firms")
    firm = models.ForeignKey(Firm, on_delete=models.PROTECT, db_index=False)
    record = models.CharField(max_length=40)  # name of the layout, or `invoice`
    row_count = models.IntegerField()
    first_observed_on = models.DateField()
    last_observed_on = models.DateField()

    class Meta:
        db_table_comment = APPEND_ONLY
        constraints = [models.UniqueConstraint(fields=["firm", "batch", "record"], name="batch_firm_once")]


class PaperDocument(models.Model):
    """A document on paper or drawn as paper (PDF, picture) that a person must look at: the file as it was sent, and what was read from it.

    `reading` is the first reading (`documents.model.Document.as_dict`) and stays as it is, whatever a person makes of it. A document
    without a review waits.
    """

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    firm = models.ForeignKey(Firm, on_delete=models.PROTECT)
    evidence_class = models.CharField(max_length=4)
    file_name = models.CharField(max_length=255)
    file_digest = models.CharField(max_length=64)
    content = models.BinaryField()
    reading = models.JSONField()
    received_at = models.DateTimeField(default=timezone.now)
    received_by = models.CharField(max_length=150)

    class Meta:
        db_table_comment = APPEND_ONLY
        constraints = [models.UniqueConstraint(fields=["firm", "evidence_class", "file_digest"], name="paper_document_once")]


class DocumentReview(models.Model):
    """What a person made of a document, once: taken in with these corrections, or set aside for this reason."""

    class Outcome(models.TextChoices):
        TAKEN_IN = "taken_in"
        SET_ASIDE = "set_aside"

    document = models.OneToOneField(PaperDocument, on_delete=models.PROTECT, related_name="review")
    outcome = models.CharField(max_length=9, choices=Outcome.choices)
    corrections = models.JSONField(default=dict)  # field → [as read, as corrected]
    as_printed = models.BooleanField(default=False)  # checks fail, and the paper itself says so
    reason = models.CharField(max_length=500, blank=True)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, null=True)  # none where everything was known already
    reviewed_by = models.CharField(max_length=150)
    reviewed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table_comment = APPEND_ONLY


class ReadLog(models.Model):
    """Each reading of a firm's evidence: whose, which class, for what purpose, by which consent, by whom."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    firm = models.ForeignKey(Firm, on_delete=models.PROTECT)
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT)
    evidence_class = models.CharField(max_length=4)
    purpose = models.CharField(max_length=40)
    reader = models.CharField(max_length=150)
    read_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table_comment = APPEND_ONLY
        indexes = [models.Index(fields=["firm", "read_at"])]


class EvidenceDeletion(models.Model):
    """Proof that the evidence of one class of a firm was deleted: how much, by which digest, when, by whom, after which consent had ended.

    Written by the database function that deletes (evidence/sql/deletion_with_documents.sql): no row goes without it. Batches, with the
    digests of their files, and `BatchFirm` stay.
    """

    class Reason(models.TextChoices):
        CONSENT_ENDED = "consent_ended"  # the consent has ended, and the class's time of keeping has passed
        FIRM_ASKED = "firm_asked"  # the firm withdrew its consent and asked for deletion

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    firm = models.ForeignKey(Firm, on_delete=models.PROTECT)
    evidence_class = models.CharField(max_length=4)
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT)  # the one that ended last
    consent_ended_on = models.DateField()
    reason = models.CharField(max_length=16, choices=Reason.choices)
    deleted_by = models.CharField(max_length=150)
    deleted_at = models.DateTimeField()
    business_date = models.DateField()
    last_batch_id = models.BigIntegerField()  # up to which batch: what came later is another deletion's
    counts = models.JSONField()  # kind of record → rows
    content_digest = models.CharField(max_length=64)  # SHA-256 over the sorted content keys of all rows

    class Meta:
        db_table_comment = APPEND_ONLY
        indexes = [models.Index(fields=["firm", "deleted_at"])]
