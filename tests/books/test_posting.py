"""Posting, closing and reading the books."""

from __future__ import annotations

import threading
import time
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from puhui.books import actions, queries
from puhui.books.actions import DayClosedError, EntryDraft
from puhui.books.models import Account, AccountDay, ClosedDay, Entry, Transfer
from puhui.calculations.faults import FaultsError
from puhui.parties.models import Institution

from .conftest import FIRST_DAY, LAST_CLOSED_DAY, OPEN_DAY

NEXT_DAY = FIRST_DAY + timedelta(days=1)


def move_on(institution: Institution, day: date) -> None:
    Institution.objects.filter(pk=institution.pk).update(business_date=day)
    institution.refresh_from_db()


def test_an_entry_moves_amounts_between_accounts_by_role_or_code(institution: Institution) -> None:
    entry = actions.post(
        institution,
        "repayment",
        FIRST_DAY - timedelta(days=2),
        [("settlement", "130301", 300_00), ("2011", "interest_receivable", 12_34)],
        loan_id=5,
        event_id=9,
        reference="note 5",
        recorded_by="clerk",
    )
    stored = Entry.objects.get()
    assert (entry.pk, entry.posting_date, entry.effective_date) == (stored.pk, FIRST_DAY, FIRST_DAY - timedelta(days=2))
    assert (stored.act, stored.loan_id, stored.event_id, stored.reference, stored.recorded_by) == ("repayment", 5, 9, "note 5", "clerk")
    assert entry.digest == stored.digest and len(bytes(stored.digest)) == 32
    moved = [(each.debit_account.code, each.credit_account.code, each.amount_fen, each.loan_id) for each in stored.transfers.order_by("id")]
    assert moved == [("2011", "130301", 300_00, 5), ("2011", "113201", 12_34, 5)]


def test_texts_are_kept_letter_by_letter(institution: Institution) -> None:
    references = ['a "quoted" \\ one', "NULL", "", "{1,2}", "O'Brien; 清溪 %s", "two\nlines"]
    ids = actions.post_many(
        institution, [EntryDraft("x", FIRST_DAY, [("principal", "settlement", 1)], reference=text) for text in references], "clerk"
    )
    assert list(Entry.objects.filter(pk__in=ids).order_by("pk").values_list("reference", flat=True)) == references
    assert actions.verify(institution) == []


@pytest.mark.parametrize(
    ("transfers", "place"),
    [
        ([], "entry 1, transfers"),
        ([("principal", "settlement", 0)], "entry 1, transfer 1, amount_fen"),
        ([("principal", "settlement", -5)], "entry 1, transfer 1, amount_fen"),
        ([("principal", "settlement", 5.0)], "entry 1, transfer 1, amount_fen"),
        ([("principal", "settlement", True)], "entry 1, transfer 1, amount_fen"),
        ([("principal", "130301", 5)], "entry 1, transfer 1"),
        ([("principal", "settlement", 5), ("pincipal", "settlement", 5)], "entry 1, transfer 2, debit"),
        ([("principal", "memo_undrawn", 5)], "entry 1, transfer 1"),
        ([("1002", "settlement", 5)], "entry 1, transfer 1, debit"),  # an account of micro-lenders, not of banks
    ],
)
def test_an_entry_that_cannot_stand_is_refused(institution: Institution, transfers: Any, place: str) -> None:
    with pytest.raises(FaultsError) as caught:
        actions.post(institution, "drawdown", FIRST_DAY, transfers, recorded_by="clerk")
    assert [fault.where for fault in caught.value.faults] == [place]
    assert not Entry.objects.exists()


def test_every_fault_of_every_entry_is_named(institution: Institution) -> None:
    good = EntryDraft("accrual", FIRST_DAY, [("accrued_interest", "interest_income", 1)])
    bad = [EntryDraft("", NEXT_DAY, [("a", "b", 1)]), EntryDraft("x", FIRST_DAY, [])]
    with pytest.raises(FaultsError) as caught:
        actions.post_many(institution, [good, *bad], "clerk")
    expected = [
        "entry 2, act",
        "entry 2, effective_date",
        "entry 2, transfer 1, debit",
        "entry 2, transfer 1, credit",
        "entry 3, transfers",
    ]
    assert [fault.where for fault in caught.value.faults] == expected
    assert not Entry.objects.exists()


def test_nothing_is_posted_before_the_accounts_are_open(database: str) -> None:
    from puhui.parties.actions import create_institution

    bank = create_institution("NEW", "新设银行", "bank", FIRST_DAY)
    with pytest.raises(FaultsError, match="Open the books"):
        actions.post(bank, "drawdown", FIRST_DAY, [("principal", "settlement", 5)], recorded_by="clerk")
    with pytest.raises(FaultsError, match="no accounts"):
        actions.close_day(bank, FIRST_DAY, "day end")


def test_opening_again_opens_nothing(institution: Institution) -> None:
    count = Account.objects.count()
    assert count == len(queries.chart("bank", FIRST_DAY).accounts)
    assert actions.open_books(institution, "system") == 0
    assert Account.objects.count() == count
    assert queries.account(institution, "130301").name == "贷款-本金"
    assert queries.role_accounts(institution)["principal"].code == "130301"


def test_an_act_that_is_undone_leaves_no_entry_and_no_count(institution: Institution) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        actions.post(institution, "drawdown", FIRST_DAY, [("principal", "settlement", 5)], recorded_by="clerk")
        raise ZeroDivisionError
    actions.post(institution, "drawdown", FIRST_DAY, [("principal", "settlement", 6)], recorded_by="clerk")
    assert Transfer.objects.get().amount_fen == 6
    assert actions.verify(institution) == []


def test_many_entries_take_as_many_statements_as_one(institution: Institution) -> None:
    def drafts(count: int) -> list[EntryDraft]:
        moves = [("accrued_interest", "interest_income", 7), ("interest_receivable", "accrued_interest", 3, 99)]
        return [EntryDraft("due", FIRST_DAY, moves, loan_id=number) for number in range(count)]

    with CaptureQueriesContext(connection) as one:
        actions.post_many(institution, drafts(1), "day end")
    with CaptureQueriesContext(connection) as many:
        ids = actions.post_many(institution, drafts(5000), "day end")
    assert len(one) == len(many)
    assert list(Entry.objects.filter(pk__in=ids).order_by("pk").values_list("loan_id", flat=True)) == list(range(5000))
    assert ids == sorted(ids)
    assert list(Transfer.objects.filter(entry=ids[7]).order_by("pk").values_list("loan_id", flat=True)) == [7, 99]
    assert {entry.pk for entry in queries.entries_of_loan(99)} == {ids[99], *ids, *Entry.objects.values_list("pk", flat=True)}
    assert actions.post_many(institution, [], "day end") == []
    assert actions.verify(institution) == []


def test_a_closed_day_takes_nothing_more(institution: Institution) -> None:
    actions.close_day(institution, FIRST_DAY, "day end")
    for refused in (
        lambda: actions.post(institution, "drawdown", FIRST_DAY, [("principal", "settlement", 5)], recorded_by="clerk"),
        lambda: actions.open_day(institution),
    ):
        with pytest.raises(DayClosedError, match="Run the day end"):
            refused()
    move_on(institution, NEXT_DAY)
    assert actions.open_day(institution) == NEXT_DAY
    entry = actions.post(institution, "reversal", FIRST_DAY, [("settlement", "principal", 5)], recorded_by="clerk")
    assert (entry.posting_date, entry.effective_date) == (NEXT_DAY, FIRST_DAY)
    assert actions.verify(institution) == []


def test_a_day_is_closed_once_and_in_order(institution: Institution) -> None:
    with pytest.raises(FaultsError, match="not after the open day"):
        actions.close_day(institution, NEXT_DAY, "day end")
    move_on(institution, FIRST_DAY + timedelta(days=5))
    closed = actions.close_day(institution, NEXT_DAY, "day end")
    assert actions.close_day(institution, NEXT_DAY, "day end") == closed
    with pytest.raises(FaultsError, match="after the last closed day"):
        actions.close_day(institution, FIRST_DAY, "day end")
    assert ClosedDay.objects.count() == 1


def test_a_day_that_was_left_is_closed_while_others_post(institution: Institution) -> None:
    actions.post(institution, "drawdown", FIRST_DAY, [("principal", "settlement", 5)], recorded_by="clerk")
    move_on(institution, NEXT_DAY)
    with transaction.atomic():
        closed = actions.close_day(institution, FIRST_DAY, "day end")
        posted = in_another_session(
            lambda: actions.post(institution, "drawdown", NEXT_DAY, [("principal", "settlement", 6)], recorded_by="clerk")
        )
    assert (closed.entry_count, closed.total_fen) == (1, 5)
    assert posted.posting_date == NEXT_DAY
    assert actions.verify(institution) == []


def test_rows_of_days_that_nobody_closed_belong_to_the_next_closed_day(institution: Institution) -> None:
    actions.post(institution, "drawdown", FIRST_DAY, [("principal", "settlement", 5)], recorded_by="clerk")
    move_on(institution, FIRST_DAY + timedelta(days=3))
    assert [finding.what.split(", ")[1] for finding in actions.verify(institution)] == [
        "a day that is over and not closed: run the day end again"
    ]
    closed = actions.close_day(institution, FIRST_DAY + timedelta(days=2), "day end")
    assert (closed.entry_count, closed.transfer_count, closed.total_fen) == (1, 1, 5)
    assert actions.verify(institution) == []


def test_the_trial_balance_is_the_same_from_totals_and_from_transfers(kept_books: Institution) -> None:
    moved = {
        row.code: (row.debit_fen, row.credit_fen, row.balance_fen)
        for row in queries.trial_balance(kept_books, OPEN_DAY)
        if row.debit_fen or row.credit_fen
    }
    lent = 4 * 100_000_00 + 6
    assert moved == {
        "130301": (lent, 0, lent),
        "2011": (0, lent, -lent),
        "130302": (80_00, 0, 80_00),
        "601101": (0, 80_00, -80_00),
        "9103": (20_00, 0, 20_00),
        "9000": (0, 20_00, -20_00),
    }
    assert queries.balance(kept_books, "principal", LAST_CLOSED_DAY) == 3 * 100_000_00 + 3
    assert queries.balance(kept_books, "130301", FIRST_DAY - timedelta(days=1)) == 0
    assert queries.balances_by_role(kept_books, FIRST_DAY)["accrued_interest"] == 20_00
    of_one_day = {row.code: row for row in queries.trial_balance(kept_books, LAST_CLOSED_DAY, since=LAST_CLOSED_DAY)}
    assert (of_one_day["130301"].debit_fen, of_one_day["130301"].balance_fen) == (100_000_02, 3 * 100_000_00 + 3)
    totals = AccountDay.objects.get(account__code="130301", date=LAST_CLOSED_DAY)
    assert (totals.debit_fen, totals.credit_fen, totals.balance_fen) == (100_000_02, 0, 3 * 100_000_00 + 3)


def test_an_account_and_a_loan_are_read_with_their_transfers(kept_books: Institution) -> None:
    with CaptureQueriesContext(connection) as captured:
        lines = [
            (line.posting_date, line.entry.act, line.credit_account.code)
            for line in queries.account_entries(kept_books, "130301", NEXT_DAY, OPEN_DAY)
        ]
    assert lines == [(FIRST_DAY + timedelta(days=number), "drawdown", "2011") for number in (3, 2, 1)]
    assert len(captured) == 2
    entries = list(queries.entries_of_loan(7))
    assert [entry.event_id for entry in entries] == [70, 71, 72, 73]
    assert queries.entry(entries[0].pk).transfers.all()[0].debit_account.code == "130301"
    assert [day.date for day in queries.closed_days(kept_books)] == [LAST_CLOSED_DAY, NEXT_DAY, FIRST_DAY]


def in_another_session(act: Any) -> Any:
    """What `act` returns or raises, done on a connection of its own."""
    outcome: list[Any] = []

    def run() -> None:
        try:
            outcome.append(act())
        except BaseException as error:
            outcome.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(30)
    assert outcome, "the other session waits"
    return outcome[0]


def test_a_posting_under_way_is_waited_for_and_lies_in_the_day(institution: Institution) -> None:
    """Closing the open day waits for a transaction that has posted to it and not committed yet."""
    finished: list[str] = []

    def close() -> None:
        try:
            actions.close_day(institution, FIRST_DAY, "day end")
            finished.append("closed")
        finally:
            connections.close_all()

    closing = threading.Thread(target=close)
    with transaction.atomic():
        actions.post(institution, "drawdown", FIRST_DAY, [("principal", "settlement", 5)], recorded_by="clerk")
        closing.start()
        wait_until(lambda: waiting_for_gate() == 1)
        assert finished == []
    closing.join(30)
    assert finished == ["closed"]
    assert ClosedDay.objects.get().entry_count == 1
    assert actions.verify(institution) == []


def test_a_posting_that_comes_during_the_close_is_refused(institution: Institution) -> None:
    outcome: list[Any] = []

    def post() -> None:
        outcome.append(
            in_another_session(
                lambda: actions.post(institution, "drawdown", FIRST_DAY, [("principal", "settlement", 5)], recorded_by="clerk")
            )
        )

    posting = threading.Thread(target=post)
    with transaction.atomic():
        actions.close_day(institution, FIRST_DAY, "day end")
        posting.start()
        wait_until(lambda: waiting_for_gate() == 1)
        assert outcome == []
    posting.join(30)
    assert isinstance(outcome[0], DayClosedError)
    assert actions.verify(institution) == []


def waiting_for_gate() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND classid = 20181"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        return int(cursor.fetchone()[0])


def wait_until(condition: Any) -> None:
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.02)


def test_many_clerks_and_a_day_end_at_once(institution: Institution) -> None:
    """Four sessions post while the days pass: nothing is lost, doubled or left outside a day."""
    stop = threading.Event()
    posted: list[int] = []
    troubles: list[BaseException] = []

    def clerk() -> None:
        try:
            while not stop.is_set():
                with transaction.atomic():
                    day = actions.open_day(institution)
                    fresh = Institution(pk=institution.pk, code=institution.code, kind=institution.kind, business_date=day)
                    posted.append(actions.post(fresh, "repayment", day, [("settlement", "principal", 1)], recorded_by="clerk").pk)
        except BaseException as error:
            troubles.append(error)
        finally:
            connections.close_all()

    clerks = [threading.Thread(target=clerk) for _ in range(4)]
    for each in clerks:
        each.start()
    day = FIRST_DAY
    for _ in range(5):
        time.sleep(0.2)
        wait_until(Entry.objects.filter(posting_date=day).exists)  # on a machine with much to do the clerks may come late
        with transaction.atomic():
            assert actions.lock_day(institution) == day
            move_on(institution, day + timedelta(days=1))
        actions.close_day(institution, day, "day end")
        day += timedelta(days=1)
    stop.set()
    for each in clerks:
        each.join(30)
    assert troubles == []
    assert sorted(posted) == sorted(Entry.objects.values_list("pk", flat=True))
    assert sum(ClosedDay.objects.values_list("entry_count", flat=True)) + Entry.objects.filter(posting_date=day).count() == len(posted)
    assert all(ClosedDay.objects.values_list("entry_count", flat=True))
    assert actions.verify(institution) == []
