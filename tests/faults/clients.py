"""Clients that send each request until it is answered, and keep on paper what was acknowledged; a night that is run until it is through.

Each is the work of a process that may be killed at any moment and started again: what stands on its paper was acknowledged, all else is
sent again with the same key.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count
from pathlib import Path

PATIENCE_SECONDS = 120.0


@dataclass(frozen=True)
class Request:
    """A repayment of a loan (by its place among the lender's) under a key."""

    key: str
    place: int
    amount_fen: int


def requests_of(seed: int, count: int, loans: int) -> tuple[list[Request], list[Request]]:
    """The requests of two clients, some loans twice in a row; every sixth request is sent by both, as one that a network delivers twice."""
    generator = random.Random(seed)
    made = [Request(f"{seed}-{number}", generator.randrange(loans), generator.randint(100, 20_000)) for number in range(count)]
    both = made[::6]
    one, other = [], []
    for number, request in enumerate(made):
        mine = one if number % 2 else other
        if request in both:
            one.append(request)
            other.append(request)
        else:
            mine.append(request)
    return one, other


def acknowledged(paper: Path) -> dict[str, tuple[str, int]]:
    """key → what was answered, and after how many tries. A last line that was cut off does not count."""
    found = {}
    for line in paper.read_bytes().split(b"\n")[:-1] if paper.exists() else []:
        key, answer, tries = line.decode().split()
        found[key] = (answer, int(tries))
    return found


def send_all(requests: Sequence[Request], loan_ids: Sequence[int], paper: Path) -> None:
    """Send what is not answered yet, one after the other."""
    answered = acknowledged(paper)
    whole = paper.read_bytes().rpartition(b"\n") if paper.exists() else (b"", b"", b"")
    with paper.open("wb", buffering=0) as file:
        file.write(whole[0] + whole[1])
        for request in requests:
            if request.key not in answered:
                answer, tries = send(request, loan_ids[request.place])
                file.write(f"{request.key} {answer} {tries}\n".encode())


def send(request: Request, loan_id: int) -> tuple[str, int]:
    """The number of the event that the request became, or "refused"; and how many times it was sent."""
    from django.db import DatabaseError, InterfaceError, connections

    from puhui.calculations.faults import FaultsError
    from puhui.loans.actions import repay
    from puhui.loans.models import Loan

    began, problem = time.monotonic(), ""
    for tries in count(1):
        try:
            loan = Loan.objects.select_related("institution").get(pk=loan_id)
            return str(repay(loan, request.amount_fen, request.key, "client").pk), tries
        except FaultsError as fault:
            if "send it again" not in str(fault):
                return "refused", tries
            problem = str(fault)
        except (DatabaseError, InterfaceError) as error:
            problem = repr(error)
            connections.close_all()
        assert time.monotonic() - began < PATIENCE_SECONDS, f"{request} was never answered: {problem}"
        time.sleep(0.02)
    raise AssertionError("unreachable")


def end_days(institution_id: int, until: date, workers: int) -> None:
    """Run the day end until it is through."""
    from django.db import DatabaseError, InterfaceError, connections

    from puhui.loans.day_end import run
    from puhui.parties.models import Institution

    began, problem = time.monotonic(), ""
    while time.monotonic() - began < PATIENCE_SECONDS:
        try:
            # Also where the day is over already: cut off between opening the next one and sealing it, it is sealed by a run more.
            run(Institution.objects.get(pk=institution_id), until, "night", workers=workers)
            return
        except (DatabaseError, InterfaceError) as error:
            problem = repr(error)
            connections.close_all()
        time.sleep(0.02)
    raise AssertionError(f"{until} was never ended: {problem}")
