"""Work spread over several processes, each with a database connection of its own.

A process begins as a copy of this one and connects for itself; only then does it learn what the tables are like and plan its statements. So
the processes of a crew stay for all that is spread while it lasts. One whose parent is gone ends by itself, and what it was at is undone.
"""

from __future__ import annotations

import gc
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any, TypeVar

from django.db import OperationalError, connections

__all__ = ["again_after_a_deadlock", "collector_at_rest", "crew", "spread"]

Task = TypeVar("Task")
Result = TypeVar("Result")
DEADLOCK = "40P01"
TRIES = 5
_PATIENCE_SECONDS = 1.0


class _Here(threading.local):
    """The crew of this thread, where it has one: how many processes, and those, once there is work for two."""

    workers = 0
    pool: ProcessPoolExecutor | None = None


_here = _Here()


@contextmanager
def crew(workers: int) -> Iterator[None]:
    """While it lasts, `spread` gives all work of this thread to the same processes. Inside another crew it is that one."""
    if _here.workers:
        yield
        return
    _here.workers = workers
    try:
        yield
    finally:
        pool, _here.pool, _here.workers = _here.pool, None, 0
        if pool is not None:
            pool.shutdown()


def spread(work: Callable[[Task], Result], tasks: Sequence[Task], workers: int) -> list[Result]:
    """The results of all tasks in their order. With one worker, or one task, all is done in this process.

    `work` is a function of a module (it is sent by name). This process keeps its connection, with the plans that it has made.
    """
    if workers <= 1 or len(tasks) <= 1:
        return [work(task) for task in tasks]
    with crew(min(workers, len(tasks))):
        if _here.pool is None:
            _here.pool = ProcessPoolExecutor(_here.workers, mp_context=get_context("fork"), initializer=_begin, initargs=(os.getpid(),))
        return list(_here.pool.map(work, tasks))


def _begin(parent: int) -> None:
    """In a copy of a process: its connections are those of the original, not to be used here nor closed, and so is its crew."""
    for each in connections.all(initialized_only=True):
        _of_the_original.append(each.connection)
        each.connection = None
    _of_the_original.append(_here.pool)
    _here.pool, _here.workers = None, 0
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


_of_the_original: list[Any] = []  # kept, so that nothing clears them away


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_PATIENCE_SECONDS)
    os._exit(1)


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """For a piece of work of which all that it makes is in use to its end: looking for garbage meanwhile costs and finds nothing."""
    was_at_work = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_at_work:
            gc.enable()


def again_after_a_deadlock(work: Callable[[], Result]) -> Result:
    """Do a transaction's work; two that waited for each other in a circle are told apart by trying again."""
    for attempt in range(1, TRIES + 1):
        try:
            return work()
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", None) != DEADLOCK or attempt == TRIES:
                raise
    raise AssertionError("unreachable")
