"""Work spread over processes: one crew for many pieces of work, and none of it left when the program that began it is killed."""

from __future__ import annotations

import os
import time
from multiprocessing import get_context
from typing import Any

import psutil

from puhui.loans.workers import crew, spread

BOTH = get_context("fork").Barrier(2)


def process_of(number: int) -> tuple[int, int]:
    return number, os.getpid()


def process_beside_another(number: int) -> tuple[int, int]:
    """The process, when another is at work, too: so none is done with all of it before the other has begun."""
    BOTH.wait(60)
    return process_of(number)


def test_a_crew_does_what_is_spread_while_it_lasts() -> None:
    with crew(2):
        rounds = [spread(process_beside_another, range(6), 2) for _ in range(2)]
        with crew(2):
            rounds.append(spread(process_beside_another, range(6), 2))
        assert spread(process_of, [7], 2) == [(7, os.getpid())]  # one task is not sent anywhere
    assert [[number for number, _ in each] for each in rounds] == [list(range(6))] * 3
    (members,) = {frozenset(process for _, process in each) for each in rounds}
    assert len(members) == 2 and os.getpid() not in members
    assert not any(map(psutil.pid_exists, members))
    assert members.isdisjoint(process for _, process in spread(process_of, range(6), 2))


def _begun(sender: Any) -> None:
    with crew(2):
        sender.send({process for _, process in spread(process_beside_another, range(6), 2)})
        time.sleep(60)


def is_at_work(process: int) -> bool:
    try:
        return psutil.Process(process).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_crew_ends_with_the_program_that_is_killed() -> None:
    receiver, sender = get_context("fork").Pipe(duplex=False)
    program = get_context("fork").Process(target=_begun, args=(sender,))
    program.start()
    members = receiver.recv()
    program.kill()
    program.join()
    deadline = time.monotonic() + 60
    while any(map(is_at_work, members)):
        assert time.monotonic() < deadline, members
        time.sleep(0.1)
