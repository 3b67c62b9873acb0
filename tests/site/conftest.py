"""Homes for tests of the embedded server, each with a server of its own, and programs that hold one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.conftest import folder_for_servers

from puhui.site import embedded
from puhui.site.postgresql.layout import layout_of
from puhui.site.postgresql.processes import postgres_processes

_HOLDER = """
import sys
from pathlib import Path
from puhui.site import embedded
lease = embedded.acquire(Path(sys.argv[1]), throwaway=True)
print(embedded.status(Path(sys.argv[1])).process_id, flush=True)
sys.stdin.readline()
lease.release()
"""


class HolderProgram:
    """A program in another process that holds a home's server until told to let go, or killed."""

    def __init__(self, home: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", _HOLDER, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def postmaster(self) -> int:
        """Waits until it holds the server; the server's process number as it sees it."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            _, errors = self.process.communicate()
            raise AssertionError(f"the holder ended: {errors}")
        return int(line)

    def let_go(self) -> None:
        self.process.communicate("\n", timeout=120)
        assert self.process.returncode == 0

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


@pytest.fixture
def home() -> Iterator[Path]:
    """A home that root's unprivileged server may enter too. At the end of the test nothing of it runs any more."""
    folder = Path(tempfile.mkdtemp(prefix="puhui-home-", dir=folder_for_servers()))
    folder.chmod(0o711)
    yield folder
    _clear(folder)


def _clear(folder: Path) -> None:
    home = layout_of(folder)
    try:
        embedded.erase(folder)
        assert postgres_processes(home.data) == []
    finally:
        for place in (home.socket_directory, home.base, folder):
            shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def clear() -> Callable[[Path], None]:
    """Removes a home that a test made by itself."""
    return _clear


@pytest.fixture
def hold() -> Iterator[Callable[[Path], HolderProgram]]:
    """Starts programs that hold a server."""
    programs: list[HolderProgram] = []

    def start(home: Path) -> HolderProgram:
        programs.append(HolderProgram(home))
        return programs[-1]

    yield start
    for program in programs:
        program.end()


@pytest.fixture
def small_disk(home: Path) -> Iterator[Callable[[int], Path]]:
    """Puts a disk of so many megabytes under the home. Only root may mount one."""
    mounted = False

    def mount(megabytes: int) -> Path:
        nonlocal mounted
        command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=711", "tmpfs", str(home)]
        if os.geteuid() != 0 or subprocess.run(command, capture_output=True).returncode != 0:
            pytest.skip("a small disk to fill needs the right to mount one (root)")
        mounted = True
        return home

    yield mount
    if mounted:
        subprocess.run(["mount", "-o", "remount,rw", str(home)], check=False, capture_output=True)
        embedded.erase(home)
        subprocess.run(["umount", str(home)], check=True)


@pytest.fixture
def database_command() -> Iterator[Callable[[Path], subprocess.Popen[str]]]:
    """Starts the program `puhui` with a command that takes a lease, says so, and waits to be ended by a signal."""
    program = """
import sys, time
from pathlib import Path
from puhui.site import command, embedded

def hold(name, arguments):
    embedded.acquire(Path(arguments[0]), throwaway=True)
    print("held", flush=True)
    time.sleep(600)

command._invoke = hold
sys.argv = ["puhui", "doctor", sys.argv[1]]
command.main()
"""
    started: list[subprocess.Popen[str]] = []

    def start(home: Path) -> subprocess.Popen[str]:
        started.append(
            subprocess.Popen([sys.executable, "-c", program, str(home)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        )
        return started[-1]

    yield start
    for each in started:
        if each.poll() is None:
            each.kill()
        each.communicate()
