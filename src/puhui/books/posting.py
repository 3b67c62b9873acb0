"""An entry as it is to be posted, and its way into the database.

The acts of lending name accounts by role (`principal`, `settlement` …) or by code. What is posted goes through one database
function, `books_post`, whether it is one repayment or the settlements of a whole day: ids, digests and the day's tally come from it.

An entry belongs to a branch and a product. One side of a transfer may stand at another branch (`Side`): money that comes in where the
loan is not kept. Then two transfers are made of it, each inside its branch, over the accounts between branches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from django.db import DatabaseError, connection

from puhui.books.chart import Chart, chart
from puhui.calculations.faults import Fault, FaultsError, check
from puhui.parties.models import Institution
from puhui.parties.statements import array_text


class Side(NamedTuple):
    """An account at a branch that is not the entry's: a role or code, and the branch's id."""

    account: str
    branch_id: int


Name = str | Side
# (debit, credit, amount in fen), or with the loan that the transfer belongs to where it is not that of the entry
Movement = tuple[Name, Name, int] | tuple[Name, Name, int, int | None]

# The role of the accounts between branches.
INTER_BRANCH = "inter_branch"

CLOSED_DAY = "PH001"
UNKNOWN_ACCOUNT = "PH002"
MOST_FEN = 2**63 - 1
RUN_DAY_END = "Run the day end, which opens the next day."


class DayClosedError(FaultsError):
    """The open day's books are closed; nothing can be posted until the day end has moved the business date on."""


@dataclass(frozen=True, slots=True)
class EntryDraft:
    """One act: its transfers `(debit, credit, amount_fen)` or `(debit, credit, amount_fen, loan_id)`, by role or code.

    A transfer without a loan of its own has that of the entry. `branch_id` None is the head office, `product_code` empty no product.
    """

    act: str
    effective_date: date
    transfers: Sequence[Movement]
    loan_id: int | None = None
    event_id: int | None = None
    reference: str = ""
    branch_id: int | None = None
    product_code: str = ""


@dataclass(frozen=True, slots=True)
class Posted:
    """Ids of the entries in the order of their drafts, and the day whose books they stand in."""

    entry_ids: list[int]
    posting_date: date


def draft_faults(draft: EntryDraft, on: date, pairs: Mapping[tuple[str, str], tuple[Fault, ...]], where: str) -> Iterator[Fault]:
    """Why a draft cannot be posted; `pairs` holds what is wrong with each pair of accounts."""
    if not draft.act:
        yield Fault(f"{where}, act", "nothing", "what is posted")
    if not draft.transfers:
        yield Fault(f"{where}, transfers", "none", "one or more")
    if draft.effective_date > on:
        yield Fault(f"{where}, effective_date", str(draft.effective_date), f"a day not after the open day {on}")
    for number, (debit, credit, amount_fen, *_) in enumerate(draft.transfers, 1):
        for fault in pairs[_account(debit), _account(credit)]:
            yield Fault(f"{where}, transfer {number}{fault.where}", fault.found, fault.expected)
        if type(amount_fen) is not int or not 0 < amount_fen <= MOST_FEN:
            yield Fault(f"{where}, transfer {number}, amount_fen", repr(amount_fen), f"a whole number of fen from 1 to {MOST_FEN}")


def pair_faults(debit: str, credit: str, accounts: Chart) -> Iterator[Fault]:
    """Why an amount cannot move between two accounts; `where` tells the side."""
    codes = accounts.code(debit), accounts.code(credit)
    for side, given, code in ((", debit", debit, codes[0]), (", credit", credit, codes[1])):
        if code is None:
            yield Fault(side, given, "a role or an account of the chart")
    if codes[0] is None or codes[1] is None:
        return
    if codes[0] == codes[1]:
        yield Fault("", f"{debit} on both sides", "two accounts")
    elif (accounts.accounts[codes[0]].kind == "memo") != (accounts.accounts[codes[1]].kind == "memo"):
        yield Fault("", f"{debit} and {credit}", "two memo accounts, or none")


def write(institution: Institution, drafts: Sequence[EntryDraft], recorded_by: str) -> Posted:
    """Post drafts in one statement, inside the caller's transaction.

    Raises:
        FaultsError: every fault of every draft; nothing was posted.
        DayClosedError: the open day is closed.
    """
    today = institution.business_date
    accounts = chart(institution.kind, today)
    used = {(_account(debit), _account(credit)) for draft in drafts for debit, credit, *_ in draft.transfers}
    pairs = {pair: tuple(pair_faults(*pair, accounts)) for pair in used}
    check(fault for number, draft in enumerate(drafts, 1) for fault in draft_faults(draft, today, pairs, f"entry {number}"))
    codes = {name: accounts.code(name) for pair in used for name in pair} | {INTER_BRANCH: accounts.code(INTER_BRANCH)}
    rows = [
        (number, codes[debit], codes[credit], amount_fen, loan_id, branch_id, draft.product_code)
        for number, draft in enumerate(drafts, 1)
        for debit, credit, amount_fen, loan_id, branch_id in _inside_branches(draft)
    ]
    heads = [(each.act, each.effective_date, each.loan_id, each.event_id, each.reference.strip()) for each in drafts]
    with refusals(institution), connection.cursor() as cursor:
        cursor.execute(
            """SELECT entry_ids, posting_day FROM books_post(%s, %s, %s::text[], %s::date[], %s::bigint[], %s::bigint[], %s::text[],
                   %s::integer[], %s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[])""",
            [institution.pk, recorded_by, *_columns(heads), *_columns(rows)],
        )
        entry_ids, posting_date = cursor.fetchone()
    return Posted(entry_ids, posting_date)


def _account(name: Name) -> str:
    return name if isinstance(name, str) else name.account


def _inside_branches(draft: EntryDraft) -> Iterator[tuple[str, str, int, int | None, int | None]]:
    """The transfers of a draft as debit, credit, amount, loan and branch: one between two branches becomes one in each."""
    for debit, credit, amount_fen, *loan in draft.transfers:
        loan_id = loan[0] if loan else draft.loan_id
        if isinstance(debit, str) and isinstance(credit, str):
            yield debit, credit, amount_fen, loan_id, draft.branch_id
            continue
        debit_branch = draft.branch_id if isinstance(debit, str) else debit.branch_id
        credit_branch = draft.branch_id if isinstance(credit, str) else credit.branch_id
        if debit_branch == credit_branch:
            yield _account(debit), _account(credit), amount_fen, loan_id, debit_branch
        else:
            yield _account(debit), INTER_BRANCH, amount_fen, loan_id, debit_branch
            yield INTER_BRANCH, _account(credit), amount_fen, loan_id, credit_branch


def _columns(rows: Sequence[tuple[object, ...]]) -> list[str]:
    return [array_text(column) for column in zip(*rows, strict=True)]


@contextmanager
def refusals(institution: Institution) -> Iterator[None]:
    """What the database's functions refuse, raised in plain words."""
    try:
        yield
    except DatabaseError as error:
        if explained := _explained(error, institution):
            raise explained from error
        raise


def _explained(error: DatabaseError, institution: Institution) -> FaultsError | None:
    """The refusal of `books_post` in plain words; None for any other error."""
    state = getattr(error.__cause__, "sqlstate", None)
    message = str(error).splitlines()[0]
    if state == CLOSED_DAY:
        return DayClosedError([Fault("posting date", message, "an open day", RUN_DAY_END)])
    if state == UNKNOWN_ACCOUNT:
        expected = f"accounts opened in the books of {institution}"
        return FaultsError([Fault("transfers", message, expected, "Open the books, or the new accounts of the chart, first.")])
    return None
