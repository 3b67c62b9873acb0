"""The single checks of the proof (`books.verify`): rows, days, totals, branches, pending transfers, vouchers, balances, dates, tallies.

Each takes the institution and the span that it looks at, and yields what it finds. None trusts what another has found right.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Sum

from puhui.books.chart import chart
from puhui.books.findings import Finding, statement_rows
from puhui.books.models import Account, Pending, VoucherDelivery
from puhui.books.posting import INTER_BRANCH
from puhui.books.queries import trial_balance
from puhui.books.vouchers import content_digest, voucher_faults, vouchers
from puhui.parties.models import Institution


class Days(NamedTuple):
    """A span of posting dates, both included."""

    since: date
    until: date


class Ids(NamedTuple):
    """A span of ids, both included."""

    first: int
    last: int


def entry_findings(institution: Institution, ids: Ids) -> Iterator[Finding]:
    """Entries whose digest is not that of their columns and transfers; transfers of no entry."""
    for row in statement_rows("verify_entries", institution, whole_spans=True, first=ids.first, last=ids.last):
        wrong = "belongs to no entry" if row["kind"] == "transfer" else "its digest is not that of its columns and transfers"
        yield Finding(f"{row['kind']} {row['id']} of {row['day']}", wrong, row["day"])


def record_findings(institution: Institution) -> Iterator[Finding]:
    """Accounts and audit records whose digest is not that of their columns."""
    for row in statement_rows("verify_records", institution):
        yield Finding(f"{row['kind']} {row['id']} of {row['day']}", "its digest is not that of its columns", row["day"])


def day_findings(institution: Institution, days: Days) -> Iterator[Finding]:
    """Closed days against what their rows come to now, and against the closed day before."""
    for row in statement_rows("verify_days", institution, since=days.since, until=days.until):
        where, on = f"closed day {row['date']}", row["date"]
        if not row["entries_hold"]:
            counts = f"({row['entry_count']}, now {row['entries_found']})"
            yield Finding(where, f"entries and transfers are not those that were sealed {counts}", on)
        if not row["audit_holds"]:
            yield Finding(where, f"audit records are not those that were sealed ({row['audit_count']}, now {row['audit_found']})", on)
        if not row["accounts_hold"]:
            yield Finding(where, "the accounts opened by then are not those that were sealed", on)
        if not row["totals_hold"]:
            yield Finding(where, "the totals of accounts are not those that were sealed", on)
        if not row["previous_holds"]:
            yield Finding(where, "it does not continue the closed day before it: a day was changed, added or taken away", on)
        if not row["row_holds"]:
            yield Finding(where, "its chain digest is not that of its columns", on)


def total_findings(institution: Institution, days: Days) -> Iterator[Finding]:
    """Account totals of closed days against the transfers; and transfers that do not stay inside one branch and product."""
    codes = dict(Account.objects.filter(institution=institution).values_list("id", "code"))
    for row in statement_rows("verify_totals", institution, since=days.since, until=days.until):
        if row["kind"] == "crossing":
            where = f"transfers of {row['date']} between accounts {row['account_id']} and {row['other_id']}"
            yield Finding(where, "they move between two branches or products", row["date"])
            continue
        stored, expected = _fen(row, "stored"), _fen(row, "expected")
        where = f"total of account {codes.get(row['account_id'], row['account_id'])} on {row['date']}"
        yield Finding(where, f"debit, credit and balance are {stored}, the transfers come to {expected}", row["date"])


def _fen(row: dict[str, Any], prefix: str) -> str:
    figures = [row[f"{prefix}_{side}"] for side in ("debit", "credit", "balance")]
    return "missing" if figures[0] is None else " / ".join(f"{figure} fen" for figure in figures)


def pending_findings(institution: Institution) -> Iterator[Finding]:
    """Pending transfers against their entries, and all that are open against the memo books."""
    code = chart(institution.kind, institution.business_date).roles.get("memo_reserved")
    for row in statement_rows("verify_pendings", institution, memo_pending=code):
        yield Finding(f"pending transfer {row['key']}", f"{row['what']} is not what its entry says")
    reserved = Pending.objects.filter(institution=institution, end=None).aggregate(fen=Sum("amount_fen"))["fen"] or 0
    held = sum(row.balance_fen for row in trial_balance(institution, date.max) if row.code == code)
    if held != reserved:
        yield Finding("pending transfers", f"{reserved} fen are reserved and open, the memo books hold {held}")


def voucher_findings(institution: Institution) -> Iterator[Finding]:
    """Vouchers that were delivered against what their days come to now."""
    for delivery in VoucherDelivery.objects.filter(institution=institution).order_by("date", "pk"):
        lines = vouchers(institution, delivery.date, delivery.reversals)  # type: ignore[arg-type]
        if content_digest(lines) != bytes(delivery.content_digest):
            delivered = f"{delivery.line_count} lines over {delivery.total_fen} fen were delivered"
            yield Finding(f"vouchers of {delivery.date}", f"{delivered}, the day now comes to other lines", delivery.date)
        for fault in voucher_faults(institution, delivery.date, lines):
            yield Finding(fault.where, f"{fault.found}, not {fault.expected}", delivery.date)


def balance_findings(institution: Institution) -> Iterator[Finding]:
    """The trial balance of each branch, and the accounts between branches over all of them."""
    rows = trial_balance(institution, date.max, by_branch=True)
    for branch in sorted({row.branch_code or "" for row in rows}):
        own = [row for row in rows if row.branch_code == branch]
        for label, chosen in (
            ("accounts of the balance sheet", [row for row in own if row.kind != Account.Kind.MEMO]),
            ("memo accounts", [row for row in own if row.kind == Account.Kind.MEMO]),
        ):
            debit, credit = sum(row.debit_fen for row in chosen), sum(row.credit_fen for row in chosen)
            if debit != credit or sum(row.balance_fen for row in chosen) != 0:
                yield Finding(f"trial balance of branch {branch}", f"{label}: debits {debit} fen, credits {credit} fen")
    code = chart(institution.kind, institution.business_date).roles.get(INTER_BRANCH)
    open_between = sum(row.balance_fen for row in rows if row.code == code)
    if open_between:
        yield Finding("accounts between branches", f"come to {open_between} fen over all branches, not 0")


def date_findings(institution: Institution, sealed: date | None, last_day: date | None) -> Iterator[Finding]:
    """Rows on days where nothing may stand, and days that were closed and are gone."""
    if sealed != last_day:
        yield Finding("closed days", f"the newest is {last_day or 'missing'}, days were closed through {sealed or 'none'}")
    if last_day and institution.business_date < last_day:
        yield Finding("business date", f"{institution.business_date} is before the last closed day {last_day}")
    for row in statement_rows("verify_dates", institution, open_day=institution.business_date, sealed=last_day):
        over = "a day that is over and not closed: run the day end again"
        what = f"after the open day {institution.business_date}" if row["is_ahead"] else over
        yield Finding(f"{row['kind']} {row['id']}", f"dated {row['day']}, {what}", row["day"])


def tally_findings(institution: Institution, last_day: date | None) -> Iterator[Finding]:
    """Rows of days that are not closed against what was counted while they were written."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM books_tally_differences(%s, %s, NULL)", [institution.pk, last_day])
        for day, kind, counted, found in cursor.fetchall():
            what = f"{counted} were written, {found} are there" if counted != found else "their digests are not those that were written"
            yield Finding(f"{kind} rows of the open day {day}", what, day)
