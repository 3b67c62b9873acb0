"""The process that trains what was asked for, one after the other, and ends when nothing waits.

A page starts it (`start`) and does not wait for it. A lock of the database lets only one work at a time, so whoever asks meanwhile may
start another: it sees that one is at work and ends. A training whose process was killed is found when the next one has the lock and still
reads "running": it is done again, and given up after a few tries.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from puhui.calculations.faults import FaultsError
from puhui.parties.models import Institution
from puhui.scoring import table_keeping
from puhui.scoring.models import Training
from puhui.scoring.trainings import read_body, table_of

__all__ = ["be_nice", "is_at_work", "start", "work"]

LOCK = 0x7075_7472  # "putr"
MOST_TRIES = 3
NICER = 10  # than the console, which people wait for
COMMAND = ("-m", "puhui.site.command", "score", "train-waiting")


def start() -> None:
    """Begin a process that trains what waits, in the surroundings of this one. Returns at once."""
    nothing = subprocess.DEVNULL
    subprocess.Popen([sys.executable, *COMMAND], stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True)


def is_at_work() -> bool:
    """Whether a process holds the lock now."""
    with connection.cursor() as cursor:
        held = "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = 0 AND objid = %s AND granted)"
        cursor.execute(held, [LOCK])
        return bool(cursor.fetchone()[0])


def work() -> int:
    """Delete the tables that are due and train all that waits; returns how many were taken up. Nothing where another process is at it."""
    count = 0
    _delete_what_is_due()
    while _waiting().exists():  # again after the lock is gone: somebody may have asked in between
        with _alone() as is_mine:
            if not is_mine:
                return count
            while (row := _waiting().order_by("asked_at", "pk").first()) is not None:
                _train(row)
                count += 1
    return count


def _delete_what_is_due() -> None:
    """Tables of earlier trainings whose days are over, of every lender."""
    for institution in Institution.objects.order_by("pk"):
        table_keeping.delete_due(institution, "system")


def _waiting() -> Any:
    """What waits, and what a process that is gone left behind."""
    return Training.objects.filter(status__in=(Training.Status.WAITING, Training.Status.RUNNING))


@contextlib.contextmanager
def _alone() -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        is_mine = bool(cursor.fetchone()[0])
        try:
            yield is_mine
        finally:
            if is_mine:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def _train(row: Training) -> None:
    """One training to its end, good or bad."""
    if row.tries >= MOST_TRIES:
        _ended(row, Training.Status.FAILED, [f"The process was ended {row.tries} times before it was through."])
        return
    rows = Training.objects.filter(pk=row.pk)
    rows.update(status=Training.Status.RUNNING, started_at=timezone.now(), tries=row.tries + 1, fits_done=0)
    done = 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        rows.update(fits_done=done)

    try:
        results = _results(row, advance)
    except FaultsError as error:
        _ended(row, Training.Status.FAILED, [str(fault) for fault in error.faults])
    except Exception as error:  # a mistake of the program: told to whoever asked, and the next one is taken up
        _ended(row, Training.Status.FAILED, [f"A mistake of the program: {type(error).__name__}: {error}"])
    else:
        _ended(row, Training.Status.DONE, [], results)


def _results(row: Training, advance: Any) -> list[dict[str, Any]]:
    """Trains, and registers each kind of model as a candidate, all or none."""
    from puhui.scoring.actions import register
    from puhui.scoring.training import train_all

    trained = train_all(table_of(row), read_body(row.configuration), advance)
    actor = row.asked_by.username if row.asked_by else "system"
    results = []
    with transaction.atomic():
        for kind, each in trained.items():
            model = register(row.institution, each, actor, champion=False)
            figures = {key: getattr(each.figures, key) for key in ("auc_mean", "auc_spread", "ks_mean", "brier_mean")}
            later = each.figures.out_of_time
            figures["auc_out_of_time"] = later.figures.auc if later else None
            results.append({"kind": kind, "model": model.pk, "name": model.name, **figures, "warnings": list(each.warnings)})
    return results


def _ended(row: Training, status: str, faults: list[str], results: list[dict[str, Any]] | None = None) -> None:
    Training.objects.filter(pk=row.pk).update(status=status, ended_at=timezone.now(), faults=faults, results=results or [])


def be_nice() -> None:
    """Give way to the console on the same machine."""
    with contextlib.suppress(OSError):
        os.nice(NICER)
