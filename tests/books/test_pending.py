"""A transfer that waits for an outside bank: reserved, then posted or void, once, whoever answers twice."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from puhui.books import queries
from puhui.books.actions import close_day, verify
from puhui.books.models import Entry, Pending
from puhui.books.pending import open_pendings, post_pending, settle_pending, void_pending
from puhui.calculations.faults import FaultsError
from puhui.parties.models import Institution

from .conftest import FIRST_DAY


def reserve(institution: Any, key: str = "order 1", amount_fen: int = 500_00) -> Pending:
    return post_pending(institution, "principal", "payment_clearing", amount_fen, key=key, loan_id=3, recorded_by="clerk")


def balances(institution: Any, *roles: str) -> list[int]:
    found = queries.balances_by_role(institution, institution.business_date)
    return [found[role] for role in roles]


def test_a_reservation_stands_in_the_memo_books_and_is_posted_on_the_day_of_the_answer(institution: Any) -> None:
    pending = reserve(institution)
    assert balances(institution, "memo_reserved", "principal") == [500_00, 0]
    assert list(open_pendings(institution)) == [pending] and verify(institution) == []
    close_day(institution, FIRST_DAY, "day end")
    Institution.objects.update(business_date=FIRST_DAY + timedelta(days=1))
    institution.refresh_from_db()
    entry = settle_pending(pending, recorded_by="channel", act="payout")
    assert (entry.posting_date, entry.act, entry.loan_id) == (FIRST_DAY + timedelta(days=1), "payout", 3)
    assert balances(institution, "memo_reserved", "memo_counterpart", "principal", "payment_clearing") == [0, 0, 500_00, -500_00]
    assert not open_pendings(institution).exists() and verify(institution) == []


def test_an_answer_or_a_request_that_comes_twice_finds_the_first(institution: Any) -> None:
    pending = reserve(institution)
    assert reserve(institution) == pending
    entry = settle_pending(pending, recorded_by="channel")
    assert settle_pending(pending, recorded_by="channel").pk == entry.pk
    assert Entry.objects.count() == 2
    with pytest.raises(FaultsError, match="posted with 50000 fen"):
        void_pending(pending, reason="timeout", recorded_by="channel")
    with pytest.raises(FaultsError, match="used for another transfer"):
        reserve(institution, amount_fen=1)


def test_part_of_a_transfer_is_posted_and_the_rest_is_free(institution: Any) -> None:
    settle_pending(reserve(institution), recorded_by="channel", amount_fen=200_00)
    assert balances(institution, "memo_reserved", "principal") == [0, 200_00]
    with pytest.raises(FaultsError, match="from 1 to"):
        settle_pending(reserve(institution, "order 2"), recorded_by="channel", amount_fen=500_01)
    assert verify(institution) == []


def test_a_void_transfer_moves_nothing_on_the_balance_sheet(institution: Any) -> None:
    pending = reserve(institution)
    entry = void_pending(pending, reason="account closed", recorded_by="channel")
    assert balances(institution, "memo_reserved", "principal") == [0, 0]
    assert pending.end.reason == "account closed" and pending.end.entry == entry
    with pytest.raises(FaultsError, match="void by entry"):
        settle_pending(pending, recorded_by="channel")
    assert verify(institution) == []


def test_accounts_that_do_not_go_together_are_refused_before_anything_is_reserved(institution: Any) -> None:
    with pytest.raises(FaultsError, match="two memo accounts, or none"):
        post_pending(institution, "principal", "memo_reserved", 1, key="k", recorded_by="clerk")
    assert not Entry.objects.exists()


def test_two_answers_at_once_end_it_once(institution: Any) -> None:
    pending = reserve(institution)
    outcomes: list[str] = []

    def answer(settles: bool) -> None:
        try:
            (settle_pending(pending, recorded_by="a") if settles else void_pending(pending, reason="late", recorded_by="b"))
            outcomes.append("done")
        except FaultsError:
            outcomes.append("told")
        finally:
            connection.close()

    threads = [threading.Thread(target=answer, args=(number % 2 == 0,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "done", "told", "told"] and Entry.objects.count() == 2
    assert verify(institution) == []


@pytest.mark.parametrize(
    "deed",
    [
        "UPDATE books_pending SET amount_fen = amount_fen + 1",
        "UPDATE books_pending SET credit_code = '2011'",
        "UPDATE books_pendingend SET posted_fen = 1",
        "DELETE FROM books_pendingend",
    ],
)
def test_what_is_changed_past_us_is_found(institution: Any, owner_connection: Any, deed: str) -> None:
    settle_pending(reserve(institution), recorded_by="channel")
    owner_connection.execute(deed)
    assert any("pending transfer" in finding.where for finding in verify(institution))
