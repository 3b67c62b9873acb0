"""A disk that is full, a clock set back, a wire cut while a client commits: nothing acknowledged is lost, nothing is doubled."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from unittest import mock

import pytest
from django.db import DatabaseError, connections
from tests.faults import acts, servers
from tests.faults.acts import EVERY_THREE_DAYS
from tests.faults.proxy import CuttingProxy
from tests.loans.conftest import OPENED, proved

from puhui.site import embedded

PAYMENT_FEN = 12_345


@contextmanager
def through(proxy: CuttingProxy) -> Iterator[None]:
    """The application's connection of this process goes through a proxy."""
    settings = connections["default"].settings_dict
    kept = {name: settings[name] for name in ("HOST", "PORT")}
    connections["default"].close()
    settings.update(HOST="127.0.0.1", PORT=str(proxy.port))
    try:
        yield
    finally:
        connections["default"].close()
        settings.update(kept)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_connection_cut_in_mid_commit(
    database: str, lender: Any, cleared_contract: Callable[..., Any], when: Literal["before", "after"]
) -> None:
    """The client sends the same again: one event, one entry, whether the server had committed or not. So with the day end."""
    from puhui.books.models import Entry
    from puhui.loans.actions import deposit, draw_down, repay
    from puhui.loans.day_end import run
    from puhui.loans.models import DayEndStep, Event, Instalment, Loan

    loan = draw_down(cleared_contract(EVERY_THREE_DAYS), "draw", "officer")
    deposit(loan.firm, 10_000_000)
    proxy = CuttingProxy(Path(connections["default"].settings_dict["HOST"]) / ".s.PGSQL.5432")
    due_day = OPENED + timedelta(days=3)
    with through(proxy):
        proxy.cut_at(b"COMMIT", when)
        with pytest.raises(DatabaseError):
            repay(loan, PAYMENT_FEN, "early", "officer")
        connections["default"].close()
        done = repay(loan, PAYMENT_FEN, "early", "officer")
        assert repay(loan, PAYMENT_FEN, "early", "officer").pk == done.pk

        proxy.cut_at(b"COMMIT", when)
        with pytest.raises(DatabaseError):
            run(lender, due_day - timedelta(days=1), "test")
        connections["default"].close()
        lender.refresh_from_db()
        run(lender, due_day - timedelta(days=1), "test")

        # What falls due goes through one database function, whose call is its own commit.
        row, loan = Instalment.objects.get(due=due_day), Loan.objects.get(pk=loan.pk)
        owed = row.principal_fen + row.interest_fen + row.fee_fen - row.paid_fen
        proxy.cut_at(b"loans_repay_due", when)
        with pytest.raises(DatabaseError):
            repay(loan, owed, "due", "officer")
        connections["default"].close()
        repay(Loan.objects.get(pk=loan.pk), owed, "due", "officer")
    proxy.close()
    assert proxy.cuts == 3
    assert sorted(Event.objects.filter(recorded_by="officer", type="repayment").values_list("key", "amount_fen")) == [
        ("due", owed),
        ("early", PAYMENT_FEN),
    ]
    assert Entry.objects.filter(act="repayment").count() == 2
    assert DayEndStep.objects.filter(step="accrue").count() == 3
    assert proved(lender) == []


def test_a_clock_set_back(database: str) -> None:
    """Two lenders live through the same days, one by a clock that jumps back by years in the middle: they end in the same."""
    acts.found()
    acts.pay_out(acts.institution_of("TWIN"))
    acts.fill_accounts(acts.institution_of("TWIN"))
    acts.end_days(acts.institution_of("TWIN"))
    killed = acts.institution_of("KILLED")
    acts.pay_out(killed)
    with mock.patch("django.utils.timezone.now", lambda: datetime(2019, 2, 28, 23, 59, tzinfo=UTC)), mock.patch("time.time", lambda: 1.5e9):
        acts.fill_accounts(killed)
        acts.end_days(killed)
    assert acts.difference(acts.portrait("KILLED"), acts.portrait("TWIN")) == {}
    assert proved(acts.institution_of("KILLED")) == proved(acts.institution_of("TWIN")) == []


def test_a_disk_that_is_full(small_disk: Callable[[int], Path]) -> None:
    """With no room left a day end and a payment fail; with room again both are done once, and nothing that was acknowledged is lost."""
    from puhui.loans.actions import repay
    from puhui.loans.day_end import run
    from puhui.loans.models import Event, Loan
    from puhui.loans.rebuilding import rebuild
    from puhui.site import database

    home = small_disk(servers.MEGABYTES)
    lease = embedded.acquire(home, throwaway=True)
    try:
        with servers.pointed_at(lease, embedded.DATABASE):
            database.migrate()
            lender = servers.loans_paid_out(6, EVERY_THREE_DAYS)
            loan = Loan.objects.order_by("-pk")[0]
            acknowledged, refused = [], []
            with no_room(home):
                for number in range(400):
                    try:
                        repay(loan, PAYMENT_FEN, f"pay {number}", "officer")
                        acknowledged.append(f"pay {number}")
                    except DatabaseError:
                        refused.append(f"pay {number}")
                        connections.close_all()
                    if len(refused) == 3:
                        break
                with pytest.raises(DatabaseError):
                    for _ in range(20):
                        run(lender, lender.business_date + timedelta(days=3), "test")
            connections.close_all()
            lease.ensure_running()  # a full disk may have stopped the server
            assert refused
            keys = set(Event.objects.filter(recorded_by="officer").values_list("key", flat=True))
            assert set(acknowledged) <= keys
            for key in refused:
                repay(loan, PAYMENT_FEN, key, "officer")
            lender.refresh_from_db()
            run(lender, OPENED + timedelta(days=12), "test")
            assert sorted(Event.objects.filter(recorded_by="officer").values_list("key", flat=True)) == sorted([*acknowledged, *refused])
            lender.refresh_from_db()
            assert proved(lender) == [] and rebuild(lender) == (6, [])
    finally:
        lease.release()


@contextmanager
def no_room(folder: Path) -> Iterator[None]:
    """A file takes all that is left of a disk."""
    filler = folder / "filler"
    with filler.open("wb") as file:
        try:
            while True:
                file.write(bytes(1 << 16))
                file.flush()
        except OSError as error:
            assert error.errno == errno.ENOSPC
    os.sync()
    try:
        yield
    finally:
        filler.unlink()
