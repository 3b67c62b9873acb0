"""`puhui` in the test's own process: what it prints and how it ends, without starting an interpreter for each of many questions.

One question of a file is still asked as people ask it, of a program; the others are put to the same command here, on the test's database.
"""

from __future__ import annotations

import io
import subprocess
from contextlib import redirect_stderr, redirect_stdout
from unittest import mock


def puhui(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Exit status, standard output and standard error of `puhui ARGUMENTS`."""
    from puhui.site.command import run

    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="", write_through=True) for _ in range(2)]
    # Django runs already, with the test's server and database.
    started = mock.patch("puhui.site.commands.support.start_django", lambda migrate=True: None)
    with started, redirect_stdout(streams[0]), redirect_stderr(streams[1]):
        status = run(arguments)
    out, errors = (stream.buffer.getvalue().decode() for stream in streams)
    return subprocess.CompletedProcess(["puhui", *arguments], status, out, errors)
