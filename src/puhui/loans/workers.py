"""Work spread over several processes, each with a database connection of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, TypeVar

from django.db import OperationalError, connections

__all__ = ["again_after_a_deadlock", "spread"]

Task = TypeVar("Task")
Result = TypeVar("Result")
DEADLOCK = "40P01"
TRIES = 5


def spread(work: Callable[[Task], Result], tasks: Sequence[Task], workers: int) -> list[Result]:
    """The results of all tasks in their order. With one worker, or one task, all is done in this process.

    `work` is a function of a module (it is sent by name). The processes are copies of this one that connect for themselves; this one keeps
    its connection, with the plans that it has made.
    """
    if workers <= 1 or len(tasks) <= 1:
        return [work(task) for task in tasks]
    with ProcessPoolExecutor(min(workers, len(tasks)), mp_context=get_context("fork"), initializer=_leave_connections) as pool:
        return list(pool.map(work, tasks))


def _leave_connections() -> None:
    """In a copy of a process: its connections are those of the original, not to be used here nor closed."""
    for each in connections.all(initialized_only=True):
        _of_the_original.append(each.connection)
        each.connection = None


_of_the_original: list[Any] = []  # kept, so that nothing clears them away


def again_after_a_deadlock(work: Callable[[], Result]) -> Result:
    """Do a transaction's work; two that waited for each other in a circle are told apart by trying again."""
    for attempt in range(1, TRIES + 1):
        try:
            return work()
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", None) != DEADLOCK or attempt == TRIES:
                raise
    raise AssertionError("unreachable")
