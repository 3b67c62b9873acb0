"""Proof that the books are what was posted: everything is computed again from the rows, and nothing stored is trusted.

Each row carries a digest over all its columns; a closed day holds the digests of its rows in order and of the totals per account; the
days are chained, and the newest link is kept outside the database. So a change shows where it was made: in the row, or, where
somebody made the row's digest fit, in its day, or in the chain, or at the anchor. Rows of the open day, which no chain holds yet,
are held against the tally that was kept while they were written.

What this cannot find: whoever owns the database and rewrites a row of the open day, its digest and the tally together; and whoever
can write the anchor file as well as the database.

Large books are proved on several connections at once, each reading spans of entries and days as of the same moment. What belongs to the
earliest day is told first: that is where somebody who looks into it begins.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial
from itertools import count, takewhile

from django.db import connection
from django.db.models import Max, Min

from puhui.books import anchor, checks
from puhui.books.checks import Days, Ids
from puhui.books.findings import Check, Finding, one_moment, run_checks
from puhui.books.models import ClosedDay, Entry
from puhui.parties.models import AuditRecord, Institution, Seal

__all__ = ["Finding", "one_moment", "row_counts", "verify"]

# Entries that one check reads: enough that a statement does not count, few enough that their texts stay in memory.
ENTRIES_A_CHECK = 50_000
MOST_CONNECTIONS = 4
SPANS_OF_SMALL_BOOKS = 3  # one of entries, and all ids before and after it


def verify(
    institution: Institution | None = None, *, connections: int | None = None, entries_a_check: int = ENTRIES_A_CHECK
) -> list[Finding]:
    """Everything that is wrong with the books of an institution, or of all of them, the earliest day first; empty when they stand.

    `connections`: how many to read on; without it as many as there are processors, or one for small books.
    """
    if institution is None:
        institutions = Institution.objects.order_by("code")
        return [Finding(f"{each.code}, {finding.where}", finding.what, finding.day) for each in institutions for finding in verify(each)]
    anchored_before = anchor.read(institution.code)
    alone = connection.in_atomic_block
    with one_moment():
        institution = Institution.objects.get(pk=institution.pk)
        days = [
            (day, bytes(digest).hex())
            for day, digest in ClosedDay.objects.filter(institution=institution).order_by("date").values_list("date", "chain_digest")
        ]
        spans = _id_spans(institution, entries_a_check)
        wanted = _checks(institution, spans, days, entries_a_check)
        few = 1 if len(spans) <= SPANS_OF_SMALL_BOOKS else min(os.cpu_count() or 1, MOST_CONNECTIONS)
        found = run_checks(wanted, 1 if alone else connections or few)
    found.sort(key=lambda finding: finding.day or date.max)
    return [*found, *_anchor_findings(days, anchored_before, anchor.read(institution.code))]


def _checks(institution: Institution, spans: Sequence[Ids], days: Sequence[tuple[date, str]], entries_a_check: int) -> list[Check]:
    """All checks, the largest first."""
    sealed = Seal.objects.filter(institution=institution).values_list("date", flat=True).first()
    last_day = days[-1][0] if days else None
    dates = _day_spans(institution, entries_a_check)
    return [
        *(partial(checks.entry_findings, institution, span) for span in spans),
        *(partial(checks.day_findings, institution, span) for span in dates),
        *(partial(checks.total_findings, institution, span) for span in dates),
        partial(checks.record_findings, institution),
        partial(checks.voucher_findings, institution),
        partial(checks.pending_findings, institution),
        partial(checks.balance_findings, institution),
        partial(checks.date_findings, institution, sealed, last_day),
        partial(checks.tally_findings, institution, last_day),
    ]


def _id_spans(institution: Institution, size: int) -> list[Ids]:
    """Spans of entry ids that hold all entries of an institution, and all transfers that name one, wherever it is."""
    bounds = Entry.objects.filter(institution=institution).aggregate(first=Min("pk"), last=Max("pk"))
    first, last = bounds["first"] or 0, bounds["last"] or 0
    starts = takewhile(lambda start: start <= last, count(first, size))
    spans = [Ids(start, min(start + size - 1, last)) for start in starts]
    return [Ids(-(2**63), first - 1), *spans, Ids(last + 1, 2**63 - 1)] if spans else [Ids(-(2**63), 2**63 - 1)]


def _day_spans(institution: Institution, size: int) -> list[Days]:
    """Spans of days, each of closed days with some entries together; the first begins, and the last ends, beyond all days."""
    starts, held = [date.min], 0
    for day, entries in ClosedDay.objects.filter(institution=institution).order_by("date").values_list("date", "entry_count"):
        if held + entries > size and held:
            starts.append(day)
            held = 0
        held += entries
    return [Days(start, _day_before(end) if end else date.max) for start, end in zip(starts, [*starts[1:], None], strict=True)]


def _day_before(day: date) -> date:
    return date.fromordinal(day.toordinal() - 1)


def _anchor_findings(days: Sequence[tuple[date, str]], before: list[anchor.Anchor], after: list[anchor.Anchor]) -> Iterator[Finding]:
    if not days:
        return
    chain = dict(days)
    books, newest = days[0][1], days[-1][0]
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
