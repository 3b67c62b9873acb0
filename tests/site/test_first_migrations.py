"""The tables that are made from nothing in the short way are the ones that Django makes by itself."""

import subprocess
from contextlib import contextmanager
from uuid import uuid4

from django.db import connections

from puhui.site import database
from puhui.site.postgresql.binaries import bundled


def test_the_short_way_makes_the_same_tables(server, monkeypatch):
    names = {short: f"tables_{uuid4().hex[:12]}" for short in (True, False)}
    try:
        for short, name in names.items():
            server.create_database(name)
            monkeypatch.setattr(database, "is_first", lambda alias, short=short: short)
            with _on(name):
                database.migrate()
        short_way, djangos_way = (_dump(server.dsn("puhui_owner", name)) for name in names.values())
    finally:
        for name in names.values():
            server.drop_database(name)
    assert "CREATE TABLE public.loans_loan " in short_way
    assert short_way == djangos_way


@contextmanager
def _on(name):
    """All connections of this process at a database, and back."""
    before = {alias: connections[alias].settings_dict["NAME"] for alias in connections}
    connections.close_all()
    for alias in connections:
        connections[alias].settings_dict["NAME"] = name
    try:
        yield
    finally:
        connections.close_all()
        for alias, old in before.items():
            connections[alias].settings_dict["NAME"] = old


def _dump(address):
    program = bundled().folder / "bin" / "pg_dump"
    return subprocess.run([program, "--schema-only", "--restrict-key=x", address], check=True, capture_output=True, text=True).stdout
