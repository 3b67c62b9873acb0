"""After `kill -9` of the server: whatever was acknowledged is there again, nothing else is, however long recovery takes.

Killing a process loses nothing that it has handed to the operating system, so most of these run without waiting for the disk.
"""

import os
import signal
import subprocess
import sys
import threading
import time

import psycopg
import pytest

from puhui.site import embedded
from puhui.site.postgresql import cluster
from puhui.site.postgresql.layout import place_file
from puhui.site.postgresql.processes import start_mark

_WRITER = """
import sys, psycopg
with psycopg.connect(sys.argv[1], autocommit=True) as connection:
    number = 0
    while True:
        number += 1
        connection.execute("INSERT INTO kept VALUES (%s)", [number])
        print(number, flush=True)
"""


def _kill(home):
    process_id = embedded.status(home).process_id
    os.kill(process_id, signal.SIGKILL)
    while start_mark(process_id) is not None:
        time.sleep(0.01)


def _make_table(server):
    with psycopg.connect(server.dsn("puhui_owner"), autocommit=True) as owner:
        owner.execute("CREATE TABLE kept (number integer PRIMARY KEY)")


def _kept(server):
    with psycopg.connect(server.dsn("puhui_app")) as application:
        return {number for (number,) in application.execute("SELECT number FROM kept")}


def test_committed_rows_are_kept_and_open_transactions_undone(home):
    with embedded.server(home, throwaway=True) as server:
        _make_table(server)
        with psycopg.connect(server.dsn("puhui_app"), autocommit=True) as application:
            application.execute("INSERT INTO kept VALUES (1), (2)")
        open_transaction = psycopg.connect(server.dsn("puhui_app"))
        open_transaction.execute("INSERT INTO kept VALUES (3)")
        _kill(home)
        with embedded.server(home, throwaway=True) as again:  # the next holder brings it back while the first still holds
            assert _kept(again) == {1, 2}
        open_transaction.close()
        assert embedded.status(home).running
    assert not embedded.status(home).running


def test_no_acknowledged_commit_is_lost_when_the_server_is_killed_while_writing(home):
    with embedded.server(home) as server:
        _make_table(server)
        for _ in range(2):
            writer = subprocess.Popen(
                [sys.executable, "-c", _WRITER, server.dsn("puhui_app")], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
            )
            acknowledged = [int(writer.stdout.readline()) for _ in range(200)]
            _kill(home)
            acknowledged += [int(line) for line in writer.communicate()[0].split()]
            server.ensure_running()
            assert _kept(server) >= set(acknowledged)
            assert len(_kept(server)) <= len(acknowledged) + 1  # at most one was committed but not yet acknowledged
            with psycopg.connect(server.dsn("puhui_owner"), autocommit=True) as owner:
                owner.execute("TRUNCATE kept")


def test_several_commands_find_a_killed_server_at_once(home, hold):
    first = hold(home)
    first.postmaster()
    _kill(home)
    others = [hold(home) for _ in range(3)]
    assert len({other.postmaster() for other in others}) == 1
    for program in (first, *others):
        program.let_go()
    assert not embedded.status(home).running


def test_a_stale_process_file_with_the_number_of_a_living_stranger_does_not_stop_the_start(home):
    with embedded.server(home, throwaway=True) as server:
        data = server.layout.data
    text = f"{os.getpid()}\n{data}\n1700000000\n5432\n{server.layout.socket_directory}\n\n1 1\nready   \n"
    (data / "postmaster.pid").write_text(text)
    (server.layout.socket_directory / ".s.PGSQL.5432.lock").write_text(text)
    assert not embedded.status(home).running
    with embedded.server(home, throwaway=True) as server:
        assert embedded.status(home).process_id != os.getpid()


def test_a_half_made_database_is_made_again(home):
    """A kill during initdb leaves data.new; a kill before the roles are made leaves a server without them."""
    with embedded.server(home, throwaway=True) as server:
        layout = server.layout
        layout.prepared.unlink()
        with embedded.server(home, throwaway=True) as second, psycopg.connect(second.dsn("puhui_reader")) as reader:
            assert reader.execute("SELECT current_user").fetchone() == ("puhui_reader",)
    embedded.erase(home)
    (layout.base / "data.new").mkdir(parents=True)
    (layout.base / "data.new" / "PG_VERSION").write_text("18\n")
    os.chown(layout.base, layout.user.user_id, layout.user.group_id)
    with embedded.server(home, throwaway=True):
        assert not (layout.base / "data.new").exists()


@pytest.fixture
def slow_recovery(home):
    """A database whose recovery waits for more than ten seconds in all, as one with much to replay does."""
    with embedded.server(home, throwaway=True) as server:
        _make_table(server)
        layout = server.layout
        with psycopg.connect(server.dsn("puhui_app"), autocommit=True) as application:
            application.execute("INSERT INTO kept VALUES (1)")
        _kill(home)
    place_file(layout.user, layout.data / "local.conf", "restore_command = 'sleep 2.5; false'\n")
    place_file(layout.user, layout.data / "recovery.signal", "")
    return layout


def test_a_long_recovery_is_waited_for(home, slow_recovery):
    told: list[str] = []
    with embedded.server(home, throwaway=True, say=told.append) as server:
        assert _kept(server) == {1}
    assert told == ["the database is still starting; after a crash it first recovers what was committed, which may take a while"]


def test_a_second_command_waits_for_the_first_ones_recovery(home, slow_recovery):
    told: list[str] = []
    ready: list[set[int]] = []

    def use() -> None:
        with embedded.server(home, throwaway=True, say=told.append) as server:
            ready.append(_kept(server))

    both = [threading.Thread(target=use) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert ready == [{1}, {1}]
    assert "waiting for another puhui command that is starting or stopping the database" in told


def test_a_recovery_that_stands_still_is_told_and_left_to_go_on(home, slow_recovery, monkeypatch):
    monkeypatch.setattr(cluster, "STANDSTILL_SECONDS", 1.5)
    with pytest.raises(embedded.EmbeddedServerError, match="has not moved"):
        embedded.acquire(home, throwaway=True)
    status = embedded.status(home)
    assert status.running and status.state != "ready" and status.holders == ()
    monkeypatch.undo()
    with embedded.server(home, throwaway=True) as server:
        assert embedded.status(home).process_id == status.process_id
        assert _kept(server) == {1}
