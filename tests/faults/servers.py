"""A server of a test's own, whose postmaster may be killed and whose disk may be filled, with Django's connections pointed at it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from puhui.site import embedded

MEGABYTES = 700


@contextmanager
def pointed_at(lease: embedded.Lease, database: str) -> Iterator[None]:
    """Django's connections of this process, and of those forked from it, lead to a database of a server."""
    from django.contrib.contenttypes.models import ContentType
    from django.db import connections

    kept = {alias: dict(connections[alias].settings_dict) for alias in connections}
    for alias in connections:
        connections[alias].close()
        user = str(kept[alias]["USER"])
        address = conninfo_to_dict(lease.dsn(user, database))
        change = {"HOST": address["host"], "PORT": "", "PASSWORD": address["password"], "NAME": database}
        connections[alias].settings_dict.update(change)
        connections.settings[alias].update(change)
    ContentType.objects.clear_cache()
    try:
        yield
    finally:
        for alias in connections:
            connections[alias].close()
            connections[alias].settings_dict.update(kept[alias])
            connections.settings[alias].update({name: kept[alias][name] for name in ("HOST", "PORT", "PASSWORD", "NAME")})
        ContentType.objects.clear_cache()


def kill_server(lease: embedded.Lease) -> None:
    """The postmaster dies at once, and is brought back by its holder, which waits for the recovery."""
    postmaster = embedded.status(lease.home).process_id
    assert postmaster is not None
    os.kill(postmaster, signal.SIGKILL)
    while embedded.status(lease.home).process_id == postmaster:  # a signal is delivered a moment later
        time.sleep(0.01)
    lease.ensure_running()


def loans_paid_out(count: int, terms: dict[str, Any]) -> Any:
    """A lender with so many loans, half of whose borrowers have money on their accounts."""
    from tests.loans.conftest import OPENED, make_cleared_contract

    from puhui.books.actions import open_books
    from puhui.loans.actions import deposit, draw_down
    from puhui.parties.actions import create_institution

    lender = create_institution("STORM", "云溪县农村商业银行", "bank", OPENED)
    open_books(lender, "test")
    for number in range(1, count + 1):
        loan = draw_down(make_cleared_contract(lender, number, terms), f"draw {number}", "test")
        if number % 2:
            deposit(loan.firm, loan.amount_fen * 2)
    return lender
