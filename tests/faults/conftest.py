"""What the tests of kills start from: lenders, and processes to be killed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.decisions.conftest import bank
from tests.loans.conftest import cleared_contract, lender
from tests.site.conftest import home, small_disk

__all__ = ["bank", "cleared_contract", "home", "lender", "small_disk", "worker"]

ROOT = Path(__file__).parents[2]


def start_worker(environment: dict[str, str], *arguments: object) -> subprocess.Popen[str]:
    """A process of `worker.py`, with its output to be read."""
    command = [sys.executable, "-m", "tests.faults.worker", *map(str, arguments)]
    return subprocess.Popen(
        command,
        env={**environment, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run_worker(environment: dict[str, str], *arguments: object) -> str:
    """A process of `worker.py` that is left alone; what it printed."""
    process = start_worker(environment, *arguments)
    output, errors = process.communicate(timeout=240)
    assert process.returncode == 0, errors
    return output


@pytest.fixture
def worker(database_environment: dict[str, str]) -> Callable[..., int]:
    """Runs a worker on the test's database to its end; its return code, -9 where it was killed. Any other failure is one of the test."""

    def run(*arguments: object) -> int:
        process = start_worker(database_environment, *arguments)
        _, errors = process.communicate(timeout=240)
        assert process.returncode in (0, -9), errors
        return process.returncode

    return run
