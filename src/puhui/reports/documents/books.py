"""The documents of the books: trial balance, ledger of an account, day book. What they tell of a day was true when the day closed:
entries stand on the day on which they were posted, so that what comes late changes no earlier page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from puhui.books import queries
from puhui.books.models import ClosedDay, Entry, Transfer
from puhui.calculations.faults import Fault, FaultsError
from puhui.parties.models import Branch
from puhui.reports.documents.document import Document, Facts, Paper, Rows, Section, Text, with_total
from puhui.reports.documents.sums import check_equal
from puhui.reports.documents.words import known_word
from puhui.reports.tables import Table

__all__ = ["day_book", "ledger", "trial_balance"]

MOST_ROWS = 200_000
MEMO = "memo"


def trial_balance(paper: Paper, since: date | None = None, branch: Branch | None = None) -> Document:
    """Every account that moved or holds anything: opening, movements and closing, each on its side. Raises FaultsError.

    Debits equal credits in the openings, the movements and the closings, on the balance sheet and off it each; checked here.
    """
    first = _span(paper, since)
    found = queries.trial_balance(paper.institution, paper.as_of, first, branch=branch)
    sections: list[Section] = [_about(paper, first, branch)]
    for currency in sorted({row.currency for row in found}, key=lambda each: (each != paper.institution.currency, each)):
        of_currency = [row for row in found if row.currency == currency]
        for name, is_memo in (("on_balance", False), ("off_balance", True)):
            if rows := [
                row for row in of_currency if (row.kind == MEMO) == is_memo and (row.balance_fen or row.debit_fen or row.credit_fen)
            ]:
                sections.append(_balances(paper, name, rows, currency))
    sections.append(Text((paper.word("trial_balance_note"),)))
    return paper.document("trial-balance", str(paper.as_of), sections, landscape=True)


def _balances(paper: Paper, name: str, found: Sequence[queries.TrialBalanceRow], currency: str) -> Rows:
    columns = paper.columns(
        ("code", "text"), ("account_name", "text"), ("opening_debit_fen", "fen"), ("opening_credit_fen", "fen"), ("debit_fen", "fen"),
        ("credit_fen", "fen"), ("closing_debit_fen", "fen"), ("closing_credit_fen", "fen"),
    )  # fmt: skip
    rows = []
    for row in found:
        opening = row.balance_fen - row.debit_fen + row.credit_fen
        rows.append(
            (row.code, _name(paper, row), *_sides(opening), row.debit_fen or None, row.credit_fen or None, *_sides(row.balance_fen))
        )
    title = paper.word(name) if currency == paper.institution.currency else f"{paper.word(name)} {currency}"
    made = with_total(name, title, columns, rows, paper.word("total"))
    total = made.table.rows[-1]
    pairs = [(paper.word(columns[index].name.removesuffix("_fen")), total[index], total[index + 1]) for index in (2, 4, 6)]
    check_equal(f"trial balance {paper.as_of}", pairs)
    return made


def _sides(balance_fen: int) -> tuple[int | None, int | None]:
    """A balance on its side: (debit, credit)."""
    return (balance_fen or None, None) if balance_fen >= 0 else (None, -balance_fen)


def ledger(paper: Paper, code: str, since: date | None = None, branch: Branch | None = None) -> Document:
    """The transfers of an account in order, with its balance after each. Raises FaultsError.

    The opening, and the closing that the transfers lead to, must be those of the trial balance.
    """
    first = _span(paper, since)
    currency = paper.institution.currency
    rows = queries.trial_balance(paper.institution, paper.as_of, first, branch=branch)
    row = next((row for row in rows if (row.code, row.currency) == (code, currency)), None)
    if row is None:
        raise FaultsError(
            [Fault("account", code, f"the code of an account opened by {paper.as_of}", "puhui report trial-balance lists them.")]
        )
    found = queries.account_entries(paper.institution, code, first, paper.as_of, branch=branch)
    found = found.filter(debit_account__currency=currency).order_by("posting_date", "id")
    _bounded(found.count(), "the account")
    opening = row.balance_fen - row.debit_fen + row.credit_fen
    lines, closing, debit, credit = _ledger_lines(paper, list(found), code, first, opening)
    check_equal(
        f"ledger of {code}", [("debit", debit, row.debit_fen), ("credit", credit, row.credit_fen), ("closing", closing, row.balance_fen)]
    )
    about = _about(paper, first, branch, (paper.fact("account", f"{code} {_name(paper, row)}"),))
    columns = paper.columns(
        ("day", "date"), ("effective", "date"), ("entry", "text"), ("act", "text"), ("against", "text"), ("reference", "text"),
        ("debit_fen", "fen"), ("credit_fen", "fen"), ("balance_fen", "fen"),
    )  # fmt: skip
    table = Table("transfers", paper.word("transfers"), columns, tuple(lines))
    sections: list[Section] = [about, Rows(table, frozenset({0, len(lines) - 1})), Text((paper.word("balance_side"),))]
    return paper.document("ledger", code, sections, landscape=True)


def _ledger_lines(paper: Paper, found: list[Transfer], code: str, first: date, opening: int) -> tuple[list[tuple[Any, ...]], int, int, int]:
    """The lines with opening and closing, the closing balance, and the sums of debits and credits."""
    blank = (None, None, None, None)
    lines: list[tuple[Any, ...]] = [(first, None, paper.word("opening"), *blank[1:], None, None, opening)]
    balance, sums = opening, [0, 0]
    for transfer in found:
        for side, (own, other) in enumerate(
            ((transfer.debit_account, transfer.credit_account), (transfer.credit_account, transfer.debit_account))
        ):
            if own.code != code:
                continue
            sums[side] += transfer.amount_fen
            balance += -transfer.amount_fen if side else transfer.amount_fen
            amounts = (None, transfer.amount_fen) if side else (transfer.amount_fen, None)
            entry = transfer.entry
            effective = entry.effective_date if entry.effective_date != entry.posting_date else None
            against = f"{other.code} {_name(paper, other)}"
            lines.append((entry.posting_date, effective, str(entry.pk), _act(paper, entry), against, entry.reference, *amounts, balance))
    lines.append((paper.as_of, None, paper.word("closing"), *blank[1:], *sums, balance))
    return lines, balance, sums[0], sums[1]


def day_book(paper: Paper, since: date | None = None, branch: Branch | None = None) -> Document:
    """Every entry of the days in the order of posting, each transfer with both its sides. Raises FaultsError.

    Over closed days, the number of transfers and their sum must be those that the days were closed with.
    """
    first = since or paper.as_of
    _check_span(paper, first)
    rows = queries.transfers_of_days(paper.institution, first, paper.as_of, branch)
    _bounded(rows.count(), "the days")
    transfers = list(rows)
    total = sum(transfer.amount_fen for transfer in transfers)
    closed = [] if branch else _closed(paper, first)
    if closed:
        check_equal(f"day book {paper.as_of}", [
            ("sum", total, sum(day.total_fen for day in closed)),
            ("number of transfers", len(transfers), sum(day.transfer_count for day in closed)),
        ])  # fmt: skip
    columns = paper.columns(
        ("day", "date"), ("entry", "text"), ("act", "text"), ("effective", "date"), ("reference", "text"), ("account", "text"),
        ("debit_fen", "fen"), ("credit_fen", "fen"),
    )  # fmt: skip
    lines = [line for transfer in transfers for line in _both_sides(paper, transfer)]
    table = with_total("entries", paper.word("entries"), columns, lines, paper.word("total"))
    digests = tuple(
        paper.fact(f"chain {day.date}", f"{day.date} {bytes(day.chain_digest).hex()[:16]}", label="chain_digest") for day in closed
    )
    count = paper.fact("transfer_count", len(transfers), "count")
    return paper.document("day-book", str(paper.as_of), [_about(paper, first, branch, (count, *digests[-1:])), table], landscape=True)


def _both_sides(paper: Paper, transfer: Transfer) -> list[tuple[Any, ...]]:
    """The debit and the credit of a transfer; the entry is told on the first."""
    entry = transfer.entry
    effective = entry.effective_date if entry.effective_date != entry.posting_date else None
    told = (entry.posting_date, str(entry.pk), _act(paper, entry), effective, entry.reference)
    debit, credit = (f"{account.code} {_name(paper, account)}" for account in (transfer.debit_account, transfer.credit_account))
    return [(*told, debit, transfer.amount_fen, None), (None, None, None, None, None, credit, None, transfer.amount_fen)]


def _closed(paper: Paper, first: date) -> list[ClosedDay]:
    """The closed days that cover exactly the days asked for; none where the last is open, or the first was closed with earlier ones."""
    days = list(queries.closed_days(paper.institution).filter(date__range=(first, paper.as_of)).order_by("date"))
    before = queries.closed_days(paper.institution).filter(date__lt=first).first()
    starts_there = before is not None and (first - before.date).days == 1
    return days if days and days[-1].date == paper.as_of and (starts_there or before is None) else []


def _span(paper: Paper, since: date | None) -> date:
    """The first day: as asked, else the first of the month."""
    first = since or paper.as_of.replace(day=1)
    _check_span(paper, first)
    return first


def _check_span(paper: Paper, first: date) -> None:
    faults = []
    if paper.as_of > paper.institution.business_date:
        faults.append(Fault("as of", str(paper.as_of), f"a day up to the open one, {paper.institution.business_date}"))
    if first > paper.as_of:
        faults.append(Fault("from", str(first), f"a day up to the last one told, {paper.as_of}"))
    if faults:
        raise FaultsError(faults)


def _bounded(count: int, what: str) -> None:
    if count > MOST_ROWS:
        raise FaultsError([Fault(what, f"{count:,} transfers", f"at most {MOST_ROWS:,}", "Ask for fewer days, or for one branch.")])


def _about(paper: Paper, first: date, branch: Branch | None, more: tuple[Any, ...] = ()) -> Facts:
    """Of which days and which branch, and whether the last day is closed."""
    is_closed = queries.closed_days(paper.institution).filter(date__gte=paper.as_of).exists()
    return Facts("about", paper.word("about"), (
        *more, paper.fact("period_told", paper.word("period", since=first, until=paper.as_of)),
        paper.fact("branch", branch.name if branch else paper.word("all_branches")), paper.fact("currency", paper.institution.currency),
        paper.fact("day_state", paper.word("day_closed" if is_closed else "day_open")),
    ))  # fmt: skip


def _name(paper: Paper, account: Any) -> str:
    return str(account.name_english if paper.language == "en" else account.name)


def _act(paper: Paper, entry: Entry) -> str:
    return known_word(f"act_{entry.act}", paper.language, entry.act)
