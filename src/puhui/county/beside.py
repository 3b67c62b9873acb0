"""Two at a time: while the database stores one file, the next is read and checked. Files of different records wait for each other nowhere
else (`evidence.storing.lock_imports`)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from django.db import connection

__all__ = ["Task", "commits_unwaited", "two_at_once"]

Task = Callable[[], object]


@contextmanager
def commits_unwaited() -> Iterator[None]:
    """Commits do not wait for the disk: a story that is cut off is told anew. The first commit after it waits, for all of them."""
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET synchronous_commit")


def two_at_once(tasks: Iterable[Task]) -> None:
    """Do all tasks, begun in their order, two at a time, each pair of hands with a connection of its own.

    Whoever calls is in no transaction. The first task that fails is raised when the one beside it has ended; later ones are not begun.
    """
    waiting = deque(tasks)
    with ThreadPoolExecutor(2) as hands:
        at_work = [hands.submit(_work_off, waiting) for _ in range(2)]
    for one in at_work:
        one.result()


def _work_off(waiting: deque[Task]) -> None:
    try:
        with commits_unwaited():
            while waiting:
                try:
                    task = waiting.popleft()
                except IndexError:  # the other one took the last
                    return
                task()
    except BaseException:
        waiting.clear()
        raise
    finally:
        connection.close()
