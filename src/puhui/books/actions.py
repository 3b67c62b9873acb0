"""What is done with the books: opening them, posting to them, closing a day.

Posting belongs into the caller's transaction, so that an act and its entry stand or fall together. Closing a day is a transaction of its
own: it waits for the postings under way, and those that come later find the day closed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import connection, transaction

from puhui.books import anchor, posting
from puhui.books.chart import chart
from puhui.books.models import ClosedDay, Entry
from puhui.books.posting import DayClosedError, EntryDraft, Movement, Side
from puhui.books.statements import statement
from puhui.books.verify import Finding, verify
from puhui.calculations.faults import Fault, check
from puhui.parties.actions import head_branch
from puhui.parties.audit import record_act
from puhui.parties.models import Institution
from puhui.parties.statements import Statement, columns, instances, together

__all__ = [
    "DayClosedError",
    "EntryDraft",
    "Finding",
    "Side",
    "anchor_newest_day",
    "close_day",
    "lock_day",
    "open_books",
    "open_day",
    "post",
    "post_many",
    "verify",
]

# Entries per statement: large enough that statements do not count, small enough for memory.
CHUNK = 10_000
# What the first closed day has in place of a chain digest before it.
NO_DIGEST = bytes(32)


@transaction.atomic
def open_books(institution: Institution, actor: str) -> int:
    """Open the accounts of the chart valid on the business day at the head office; those that are open stay. Returns how many.

    At other branches and for products they open by themselves when they are first posted to.

    Raises:
        FaultsError: the chart in the catalogue cannot be read.
        DayClosedError: the business day is closed already.
    """
    head_branch(institution)
    rows = list(chart(institution.kind, institution.business_date).accounts.values())
    columns = [[getattr(row, column) for row in rows] for column in ("code", "name", "name_english", "kind")]
    with posting.refusals(institution), connection.cursor() as cursor:
        cursor.execute("SELECT books_open_accounts(%s, %s::text[], %s::text[], %s::text[], %s::text[])", [institution.pk, *columns])
        opened: int = cursor.fetchone()[0]
    if opened:
        record_act(institution, actor, "open_books", institution, {"accounts": opened})
    return opened


def post(
    institution: Institution,
    act: str,
    effective_date: date,
    transfers: Sequence[Movement],
    *,
    loan_id: int | None = None,
    event_id: int | None = None,
    reference: str = "",
    branch_id: int | None = None,
    product_code: str = "",
    recorded_by: str,
) -> Entry:
    """One entry of one or more transfers (debit, credit, amount in fen; roles or codes), dated to the open day. One statement.

    Raises:
        FaultsError: an account that is not open, an amount that is not above zero, one account on both sides, memo and balance-sheet
            accounts mixed, an effective date after the open day.
        DayClosedError: the open day is closed.
    """
    draft = EntryDraft(act, effective_date, transfers, loan_id, event_id, reference, branch_id, product_code)
    posted = posting.write(institution, [draft], recorded_by)
    known = {
        "id": posted.entry_ids[0],
        "institution_id": institution.pk,
        "act": act,
        "posting_date": posted.posting_date,
        "effective_date": effective_date,
        "loan_id": loan_id,
        "event_id": event_id,
        "reference": reference,
        "recorded_by": recorded_by,
    }
    return Entry.from_db(connection.alias, list(known), list(known.values()))  # digest and time are read when asked for


@transaction.atomic
def post_many(institution: Institution, entries: Sequence[EntryDraft], recorded_by: str) -> list[int]:
    """Many entries, set by set; returns their ids in order. Raises as `post`, with every fault of a set of 10,000 at once."""
    ids: list[int] = []
    for start in range(0, len(entries), CHUNK):
        ids += posting.write(institution, entries[start : start + CHUNK], recorded_by).entry_ids
    return ids


def open_day(institution: Institution) -> date:
    """The open business day, which stays so until the caller's transaction ends.

    Raises:
        DayClosedError: its books are closed and the next day is not open yet.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT business_day, sealed_through FROM parties_enter_day(%s)", [institution.pk])
        row: tuple[date, date | None] = cursor.fetchone()
    day, sealed = row
    if sealed is not None and sealed >= day:
        raise DayClosedError([Fault("posting date", f"The books of {day} are closed", "an open day", posting.RUN_DAY_END)])
    return day


def lock_day(institution: Institution) -> date:
    """The open business day, with nobody else in it: waits for the acts under way, and acts that come later wait for the caller's
    transaction. For moving the business date on."""
    _, ((day,),) = together(("SELECT parties_hold_day(%s)", [institution.pk]), _open_day(institution))
    found: date = day
    return found


@transaction.atomic
def close_day(institution: Institution, day: date, actor: str) -> ClosedDay:
    """Close a day: account totals, digests of all its rows, and the chain from the closed day before it.

    A day that the business date has left is closed while others post to the next one; closing the open day itself makes them wait,
    and nothing can be posted until the business date, which stays as it is, has moved on. After commit the chain digest is anchored
    outside the database. A day that is closed already is returned, and anchored if it is the newest and that is missing.

    Raises:
        FaultsError: `day` is ahead, or not after the last closed day; the books are not open; rows of the day were changed, added or
            taken away past Puhui's actions.
    """
    _, ((open_day,),) = together(("SELECT parties_begin_closing(%s)", [institution.pk]), _open_day(institution))
    if open_day <= day:
        lock_day(institution)
    last, closed = _closed_days(institution, day)
    if closed is None:
        check(_closing_faults(institution, day, last))
        record_act(institution, actor, "close_day", institution, {"date": day})
        closed = _close(institution, day, last, actor)
    transaction.on_commit(lambda: anchor_newest_day(institution))
    return closed


def _close(institution: Institution, day: date, last: ClosedDay | None, actor: str) -> ClosedDay:
    values: dict[str, Any] = {
        "institution": institution.pk,
        "after": last.date if last else None,
        "date": day,
        "previous_digest": last.chain_digest if last else NO_DIGEST,
        "actor": actor,
    }
    with connection.cursor() as cursor:
        cursor.execute(
            ";\n".join((statement("account_days"), statement("close_day"), _SEAL, _CLOSED_DAY.format(columns=columns(ClosedDay)))), values
        )
        while cursor.nextset():  # the row that the last of them gives
            pass
        return instances(ClosedDay, cursor.fetchall())[0]


_SEAL = """
INSERT INTO parties_seal (institution_id, date) VALUES (%(institution)s, %(date)s)
    ON CONFLICT (institution_id) DO UPDATE SET date = excluded.date
"""
_CLOSED_DAY = "SELECT {columns} FROM books_closedday WHERE institution_id = %(institution)s AND date = %(date)s"


def _open_day(institution: Institution) -> Statement:
    return "SELECT business_date FROM parties_institution WHERE id = %s", [institution.pk]


def _closed_days(institution: Institution, day: date) -> tuple[ClosedDay | None, ClosedDay | None]:
    """The last closed day, and `day` where it is closed."""
    text = f"SELECT {columns(ClosedDay)} FROM books_closedday WHERE institution_id = %s"
    found = together((f"{text} ORDER BY date DESC LIMIT 1", [institution.pk]), (f"{text} AND date = %s", [institution.pk, day]))
    last, closed = (next(iter(instances(ClosedDay, rows)), None) for rows in found)
    return last, closed


def _closing_faults(institution: Institution, day: date, last: ClosedDay | None) -> list[Fault]:
    faults = []
    since = last.date if last else None
    ((open_day,),), ((has_accounts,),), differences = together(
        _open_day(institution),
        ("SELECT EXISTS (SELECT FROM books_account WHERE institution_id = %s)", [institution.pk]),
        ("SELECT day, kind, counted, found FROM books_tally_differences(%s, %s::date, %s)", [institution.pk, since, day]),
    )
    if day > open_day:
        faults.append(Fault("date", str(day), f"a day not after the open day {open_day}"))
    if last and day <= last.date:
        faults.append(Fault("date", str(day), f"a day after the last closed day {last.date}"))
    if not has_accounts:
        faults.append(Fault("books", "no accounts", "open books", "Open the books of the institution first."))
    for on, kind, counted, found in differences:
        remedy = "Run `puhui books verify`: rows were changed, added or taken away past Puhui's actions."
        faults.append(Fault(f"{kind} rows of {on}", f"{found} in another sum of digests", f"the {counted} that were written", remedy))
    return faults


def anchor_newest_day(institution: Institution) -> bool:
    """Tell the newest closed day to the anchor file, unless it knows it; False where no day is closed yet. Outside a transaction."""
    text = "SELECT date, chain_digest FROM books_closedday WHERE institution_id = %s ORDER BY date"
    firsts, newests = together((f"{text} LIMIT 1", [institution.pk]), (f"{text} DESC LIMIT 1", [institution.pk]))
    if not firsts:
        return False
    (_, books), (day, digest) = firsts[0], newests[0]
    anchor.write(anchor.Anchor(institution.code, bytes(books).hex(), day, bytes(digest).hex()))
    return True
