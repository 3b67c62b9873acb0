"""Proof that the books are what was posted: everything is computed again from the rows, and nothing stored is trusted.

Each row carries a digest over all its columns; a closed day holds the digests of its rows in order and of the totals per account; the
days are chained, and the newest link is kept outside the database. So a change shows where it was made: in the row, or, where
somebody made the row's digest fit, in its day, or in the chain, or at the anchor. Rows of the open day, which no chain holds yet,
are held against the tally that was kept while they were written.

What this cannot find: whoever owns the database and rewrites a row of the open day, its digest and the tally together; and whoever
can write the anchor file as well as the database.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.db.models import Sum

from puhui.books import anchor
from puhui.books.chart import chart
from puhui.books.models import Account, ClosedDay, Entry, Pending, VoucherDelivery
from puhui.books.posting import INTER_BRANCH
from puhui.books.queries import trial_balance
from puhui.books.statements import statement
from puhui.books.vouchers import content_digest, voucher_faults, vouchers
from puhui.parties.models import AuditRecord, Institution, Seal

# A table that was changed as a whole is one trouble and not a million lines.
MOST_FINDINGS_OF_A_KIND = 100


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it was written: where it stands, and what is wrong with it."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


def verify(institution: Institution | None = None) -> list[Finding]:
    """Everything that is wrong with the books of an institution, or of all of them; empty when they stand as posted."""
    if institution is None:
        institutions = Institution.objects.order_by("code")
        return [Finding(f"{each.code}, {finding.where}", finding.what) for each in institutions for finding in verify(each)]
    anchored_before = anchor.read(institution.code)
    with one_moment():
        institution = Institution.objects.get(pk=institution.pk)
        days = _rows("verify_days", institution)
        sealed = Seal.objects.filter(institution=institution).values_list("date", flat=True).first()
        last_day = days[-1]["date"] if days else None
        checks = (
            _row_findings(institution),
            _day_findings(days),
            _total_findings(institution),
            _branch_findings(institution),
            _pending_findings(institution),
            _voucher_findings(institution),
            _balance_findings(institution),
            _date_findings(institution, sealed, last_day),
            _tally_findings(institution, last_day),
        )
        found = [finding for each in checks for finding in _at_most(each)]
    return [*found, *_anchor_findings(days, anchored_before, anchor.read(institution.code))]


@contextmanager
def one_moment() -> Iterator[None]:
    """All reads see the database as of one moment, so that postings going on meanwhile are not taken for faults."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _rows(name: str, institution: Institution, **values: Any) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(statement(name), {"institution": institution.pk, **values})
        columns = [column.name for column in cursor.description]
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def _at_most(findings: Iterable[Finding]) -> Iterator[Finding]:
    number = 0
    for number, finding in enumerate(findings, 1):
        if number <= MOST_FINDINGS_OF_A_KIND:
            yield finding
    if number > MOST_FINDINGS_OF_A_KIND:
        yield Finding("and more", f"{number - MOST_FINDINGS_OF_A_KIND} findings of the same kind")


def _row_findings(institution: Institution) -> Iterator[Finding]:
    for row in _rows("verify_rows", institution):
        what = "belongs to no entry" if row["kind"] == "transfer" else "its digest is not that of its columns"
        if row["kind"] == "entry":
            what = "its digest is not that of its columns and transfers"
        yield Finding(f"{row['kind']} {row['id']} of {row['day']}", what)


def _day_findings(days: Iterable[dict[str, Any]]) -> Iterator[Finding]:
    for day in days:
        where = f"closed day {day['date']}"
        if not day["entries_hold"]:
            yield Finding(where, f"entries and transfers are not those that were sealed ({day['entry_count']}, now {day['entries_found']})")
        if not day["audit_holds"]:
            yield Finding(where, f"audit records are not those that were sealed ({day['audit_count']}, now {day['audit_found']})")
        if not day["accounts_hold"]:
            yield Finding(where, "the accounts opened by then are not those that were sealed")
        if not day["totals_hold"]:
            yield Finding(where, "the totals of accounts are not those that were sealed")
        if not day["previous_holds"]:
            yield Finding(where, "it does not continue the closed day before it: a day was changed, added or taken away")
        if not day["row_holds"]:
            yield Finding(where, "its chain digest is not that of its columns")


def _total_findings(institution: Institution) -> Iterator[Finding]:
    codes = dict(Account.objects.values_list("id", "code"))
    with connection.cursor() as cursor:
        cursor.execute(statement("verify_totals"), {"institution": institution.pk})
        for day, account, *figures in cursor.fetchall():
            stored, expected = figures[:3], figures[3:]
            where = f"total of account {codes.get(account, account)} on {day}"
            yield Finding(where, f"debit, credit and balance are {_fen(stored)}, the transfers come to {_fen(expected)}")


def _branch_findings(institution: Institution) -> Iterator[Finding]:
    for row in _rows("verify_branches", institution):
        yield Finding(f"transfer {row['first_id']}", f"moves between two branches or products ({row['transfers']} such transfers)")
    role = chart(institution.kind, institution.business_date).roles.get(INTER_BRANCH)
    open_between = sum(row.balance_fen for row in trial_balance(institution, date.max) if row.code == role)
    if open_between:
        yield Finding("accounts between branches", f"come to {open_between} fen over all branches, not 0")


def _pending_findings(institution: Institution) -> Iterator[Finding]:
    roles = chart(institution.kind, institution.business_date).roles
    for row in _rows("verify_pendings", institution, memo_pending=roles.get("memo_reserved")):
        yield Finding(f"pending transfer {row['key']}", f"{row['what']} is not what its entry says")
    reserved = Pending.objects.filter(institution=institution, end=None).aggregate(fen=Sum("amount_fen"))["fen"] or 0
    held = sum(row.balance_fen for row in trial_balance(institution, date.max) if row.code == roles.get("memo_reserved"))
    if held != reserved:
        yield Finding("pending transfers", f"{reserved} fen are reserved and open, the memo books hold {held}")


def _voucher_findings(institution: Institution) -> Iterator[Finding]:
    for delivery in VoucherDelivery.objects.filter(institution=institution).order_by("date", "pk"):
        where = f"vouchers of {delivery.date}"
        lines = vouchers(institution, delivery.date, delivery.reversals)
        if content_digest(lines) != bytes(delivery.content_digest):
            yield Finding(
                where, f"{delivery.line_count} lines over {delivery.total_fen} fen were delivered, the day now comes to other lines"
            )
        for fault in voucher_faults(institution, delivery.date, lines):
            yield Finding(fault.where, f"{fault.found}, not {fault.expected}")


def _fen(figures: list[Any]) -> str:
    return "missing" if figures[0] is None else " / ".join(f"{figure} fen" for figure in figures)


def _balance_findings(institution: Institution) -> Iterator[Finding]:
    rows = trial_balance(institution, date.max)
    for label, chosen in (
        ("accounts of the balance sheet", [row for row in rows if row.kind != Account.Kind.MEMO]),
        ("memo accounts", [row for row in rows if row.kind == Account.Kind.MEMO]),
    ):
        debit, credit = sum(row.debit_fen for row in chosen), sum(row.credit_fen for row in chosen)
        if debit != credit or sum(row.balance_fen for row in chosen) != 0:
            yield Finding("trial balance", f"{label}: debits {debit} fen, credits {credit} fen")


def _date_findings(institution: Institution, sealed: date | None, last_day: date | None) -> Iterator[Finding]:
    if sealed != last_day:
        yield Finding("closed days", f"the newest is {last_day or 'missing'}, days were closed through {sealed or 'none'}")
    if last_day and institution.business_date < last_day:
        yield Finding("business date", f"{institution.business_date} is before the last closed day {last_day}")
    for row in _rows("verify_dates", institution, open_day=institution.business_date, sealed=last_day):
        what = (
            f"after the open day {institution.business_date}"
            if row["is_ahead"]
            else "a day that is over and not closed: run the day end again"
        )
        yield Finding(f"{row['kind']} {row['id']}", f"dated {row['day']}, {what}")


def _tally_findings(institution: Institution, last_day: date | None) -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM books_tally_differences(%s, %s, NULL)", [institution.pk, last_day])
        for day, kind, counted, found in cursor.fetchall():
            what = f"{counted} were written, {found} are there" if counted != found else "their digests are not those that were written"
            yield Finding(f"{kind} rows of the open day {day}", what)


def _anchor_findings(days: list[dict[str, Any]], before: list[anchor.Anchor], after: list[anchor.Anchor]) -> Iterator[Finding]:
    if not days:
        return
    chain = {day["date"]: day["chain_digest"] for day in days}
    books, newest = days[0]["chain_digest"], days[-1]["date"]
    own = [each for each in after if each.books == books]
    where = f"anchor file {anchor.path()}"
    if not own:
        others = {each.books for each in after}
        known = f"; it knows {len(others)} other books of this institution, so the chain may have been rewritten" if others else ""
        yield Finding(where, f"no anchor of these books{known}")
        return
    for each in own:
        if each.date in chain and chain[each.date] != each.digest:
            yield Finding(where, f"the chain digest of {each.date} is not the one that was anchored: the chain was rewritten")
    for each in before:
        if each.books == books and each.date not in chain:
            yield Finding(where, f"{each.date} was anchored and is no closed day")
    if newest not in {each.date for each in own}:
        yield Finding(where, f"the newest closed day {newest} is not anchored: run the day end again, or close the next day")


def row_counts(institution: Institution) -> dict[str, int]:
    """How many rows a proof covers, to be told beside its result."""
    return {
        "closed_days": ClosedDay.objects.filter(institution=institution).count(),
        "entries": Entry.objects.filter(institution=institution).count(),
        "audit_records": AuditRecord.objects.filter(institution=institution).count(),
    }
