"""Who starts and stops the embedded server: the first who needs it, and the last who has needed it."""

import json
import os
import pwd
import signal
import time
import traceback

import psycopg
import pytest

from puhui.site import embedded
from puhui.site.postgresql.holders import Holder, Holders
from puhui.site.postgresql.layout import layout_of
from puhui.site.postgresql.processes import start_mark


def test_two_commands_at_once_share_one_server_and_the_last_one_stops_it(home, hold):
    first, second = hold(home), hold(home)  # both find no database at all, and only one may make it
    assert first.postmaster() == second.postmaster()
    first.let_go()
    assert embedded.status(home).running
    second.let_go()
    assert not embedded.status(home).running


def test_leases_of_one_process_count_each(home):
    first = embedded.acquire(home, throwaway=True)
    second = embedded.acquire(home, throwaway=True)
    first.release()
    first.release()
    assert embedded.status(home).running
    second.release()
    assert not embedded.status(home).running


def test_a_killed_holder_is_found_out_and_the_server_is_still_stopped_by_the_last(home, hold):
    killed = hold(home)
    postmaster = killed.postmaster()
    # Not waited for: it stays a zombie, as in a container whose first process collects none.
    os.kill(killed.process.pid, signal.SIGKILL)
    while start_mark(killed.process.pid) is not None:
        time.sleep(0.01)
    assert embedded.status(home).running and embedded.status(home).holders == ()
    later = hold(home)
    assert later.postmaster() == postmaster
    assert embedded.status(home).holders == (later.process.pid,)
    later.let_go()
    assert not embedded.status(home).running


def test_a_reused_process_number_is_no_holder(home):
    with embedded.server(home, throwaway=True) as server:
        holders = Holders(server.layout.holders)
        rows = json.loads(server.layout.holders.read_text())
        rows.append({"process_id": os.getpid(), "start_mark": "another boot:1", "token": "old"})
        server.layout.holders.write_text(json.dumps(rows))
        assert len(holders.read()) == 2
        assert len(holders.living()) == 1
    assert not embedded.status(home).running


def test_a_torn_list_of_holders_does_not_stop_the_next_command(home):
    layout_of(home).holders.write_text('[{"process_id": 1')
    with embedded.server(home, throwaway=True):
        assert embedded.status(home).running
    assert not embedded.status(home).running


def test_a_forked_child_lets_nothing_go(home):
    with embedded.server(home, throwaway=True) as server:
        child = os.fork()
        if child == 0:
            server.release()
            os._exit(0)
        os.waitpid(child, 0)
        assert embedded.status(home).running


def test_a_command_ended_by_a_signal_lets_go(home, database_command):
    for ending in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        program = database_command(home)
        program.stdout.readline()
        assert embedded.status(home).running
        program.send_signal(ending)
        program.communicate(timeout=60)
        assert program.returncode == 128 + ending
        assert not embedded.status(home).running


def test_a_server_in_use_is_not_erased(home):
    with embedded.server(home, throwaway=True) as server:
        with pytest.raises(embedded.EmbeddedServerError, match="in use"):
            embedded.erase(home)
        with psycopg.connect(server.dsn("puhui_app")) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


def test_status_touches_nothing(home):
    status = embedded.status(home)
    assert (status.initialised, status.running, status.state, status.holders) == (False, False, "stopped", ())
    assert list(home.iterdir()) == []


def test_a_holder_knows_itself():
    assert Holder(os.getpid(), start_mark(os.getpid()) or "", "token").is_alive()


def _as_user(user_id, deed):
    """Does the deed in a forked child as another user; whether it went well."""
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(user_id)
            os.setuid(user_id)
            deed()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user: needs root")
def test_an_ordinary_user_and_root_share_one_home(home):
    """A home is made by a user, used by root, and used by the user again: root leaves nothing that the user cannot use."""
    other = next((entry.pw_uid for entry in pwd.getpwall() if entry.pw_name in ("daemon", "nobody")), None)
    if other is None:
        pytest.skip("this machine has neither of the users daemon and nobody")
    os.chown(home, other, other)

    def use():
        with embedded.server(home, throwaway=True) as server, psycopg.connect(server.dsn("puhui_app")) as connection:
            assert connection.execute("SELECT current_user").fetchone() == ("puhui_app",)

    use_before = _as_user(other, use)
    use()
    assert layout_of(home).user.user_id == other
    assert use_before and _as_user(other, use)
    assert {path.stat().st_uid for path in home.iterdir()} == {other}
