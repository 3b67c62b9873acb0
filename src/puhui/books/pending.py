"""Transfers that wait for somebody outside: a payout sent to a bank, a debit asked for.

Such a transfer is reserved first: its amount stands in the memo books (预留待转款项), and its accounts and amount are kept. When the
outside answers, one further entry takes the reservation back and posts the transfer, in full or in part; or takes it back and posts
nothing. Nothing is changed: the reservation and what became of it are two entries. An answer that comes twice finds the first.
"""

from __future__ import annotations

from django.db import connection, transaction
from django.db.models import QuerySet

from puhui.books import posting
from puhui.books.actions import open_day, post
from puhui.books.chart import chart
from puhui.books.models import Entry, Pending, PendingEnd
from puhui.calculations.faults import Fault, FaultsError, check
from puhui.parties.actions import head_branch
from puhui.parties.models import Institution

__all__ = ["open_pendings", "post_pending", "settle_pending", "void_pending"]

# Advisory locks of pending transfers: one session at a time decides what becomes of one.
_LOCK = 20183


@transaction.atomic
def post_pending(
    institution: Institution,
    debit: str,
    credit: str,
    amount_fen: int,
    *,
    key: str,
    act: str = "pending",
    loan_id: int | None = None,
    reference: str = "",
    branch_id: int | None = None,
    product_code: str = "",
    recorded_by: str,
) -> Pending:
    """Reserve a transfer of `amount_fen` from `credit` to `debit` (roles or codes) on the open day.

    A key that was used returns what it made. Raises FaultsError for accounts or an amount that cannot be posted, and for a key that
    was used for another transfer; DayClosedError where the open day is closed.
    """
    day = open_day(institution)
    accounts = chart(institution.kind, day)
    check(posting.pair_faults(debit, credit, accounts))
    codes = accounts.code(debit), accounts.code(credit)
    branch = branch_id or head_branch(institution).pk
    _lock(institution, key)
    found = Pending.objects.filter(institution=institution, key=key).first()
    if found is not None:
        if (found.debit_code, found.credit_code, found.amount_fen, found.branch_id) != (*codes, amount_fen, branch):
            asked = f"{codes[0]} / {codes[1]}, {amount_fen} fen"
            raise FaultsError([Fault("key", f"{key}, used for another transfer", asked, "Give each transfer a key of its own.")])
        return found
    entry = post(
        institution,
        act,
        day,
        [("memo_reserved", "memo_counterpart", amount_fen)],
        loan_id=loan_id,
        reference=reference,
        branch_id=branch,
        product_code=product_code,
        recorded_by=recorded_by,
    )
    return _kept(institution.pk, key, entry.pk, *codes, amount_fen, branch, product_code, loan_id, reference)


def _kept(*values: str | int | None) -> Pending:
    """The row of a reservation, with the digest of its columns; `values` from `institution_id` to `reference`."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO books_pending (id, institution_id, key, entry_id, debit_code, credit_code, amount_fen, branch_id, product_code,
                                          loan_id, reference, digest)
               SELECT given.*, parties_digest(books_pending_text(a, b, c, d, e, f, g, h, i, j, k))
                 FROM (SELECT nextval('books_pending_id_seq'), %s::bigint, %s::text, %s::bigint, %s::text, %s::text, %s::bigint, %s::bigint,
                              %s::text, %s::bigint, %s::text) AS given (a, b, c, d, e, f, g, h, i, j, k)
               RETURNING id""",
            values,
        )
        (pending_id,) = cursor.fetchone()
    return Pending.objects.get(pk=pending_id)


def settle_pending(pending: Pending, *, recorded_by: str, amount_fen: int | None = None, act: str = "settled", reason: str = "") -> Entry:
    """Post a pending transfer: all of it, or `amount_fen` of it and nothing of the rest. Asked again, returns the entry there is.

    Raises FaultsError when it is void already or was posted with another amount, or for an amount beyond what was reserved.
    """
    posted = pending.amount_fen if amount_fen is None else amount_fen
    if not 0 < posted <= pending.amount_fen:
        raise FaultsError([Fault("amount_fen", str(posted), f"from 1 to the {pending.amount_fen} that are reserved")])
    return _end(pending, posted, act, reason, recorded_by)


def void_pending(pending: Pending, *, reason: str, recorded_by: str, act: str = "void") -> Entry:
    """Take a reservation back without posting anything. Asked again, returns the entry there is. Raises FaultsError when it is posted."""
    return _end(pending, 0, act, reason, recorded_by)


@transaction.atomic
def _end(pending: Pending, posted: int, act: str, reason: str, recorded_by: str) -> Entry:
    institution = Institution.objects.get(pk=pending.institution_id)
    day = open_day(institution)
    _lock(institution, pending.key)
    ended = PendingEnd.objects.filter(pending=pending).select_related("entry").first()
    if ended is not None:
        if ended.posted_fen != posted:
            was = f"posted with {ended.posted_fen} fen" if ended.posted_fen else "void"
            raise FaultsError([Fault(f"pending transfer {pending.key}", f"{was} by entry {ended.entry_id}", "one that is open")])
        return ended.entry
    transfers: list[tuple[str, str, int]] = [("memo_counterpart", "memo_reserved", pending.amount_fen)]
    if posted:
        transfers.append((pending.debit_code, pending.credit_code, posted))
    entry = post(
        institution,
        act,
        day,
        transfers,
        loan_id=pending.loan_id,
        reference=pending.reference,
        branch_id=pending.branch_id,
        product_code=pending.product_code,
        recorded_by=recorded_by,
    )
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO books_pendingend (id, institution_id, pending_id, entry_id, posted_fen, reason, digest)
               SELECT given.*, parties_digest(books_pending_end_text(a, b, c, d, e, f))
                 FROM (SELECT nextval('books_pendingend_id_seq'), %s::bigint, %s::bigint, %s::bigint, %s::bigint, %s::text)
                      AS given (a, b, c, d, e, f)""",
            [institution.pk, pending.pk, entry.pk, posted, reason],
        )
    return entry


def _lock(institution: Institution, key: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_LOCK, f"{institution.pk}:{key}"])


def open_pendings(institution: Institution) -> QuerySet[Pending]:
    """Reservations that nothing became of yet, oldest first, with their entries."""
    return Pending.objects.filter(institution=institution, end=None).select_related("entry").order_by("pk")
