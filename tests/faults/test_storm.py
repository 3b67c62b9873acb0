"""`kill -9` of clients, of the day end and of the database at random moments of a busy day, round after round.

In each round two clients send repayments to the same loans and a day end runs beside them; one of the three is killed at a random moment
and started again. What was acknowledged must be there, once, with its amount; nothing else may be; books, loans and the fold agree.

A few rounds run with all tests. More by PUHUI_FAULT_ROUNDS and PUHUI_FAULT_POSTINGS (the long profile: 50 and 1,000); a run can be had
again by PUHUI_FAULT_SEED.
"""

from __future__ import annotations

import os
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from tests.faults import clients, servers
from tests.faults.acts import EVERY_THREE_DAYS
from tests.loans.conftest import proved

from puhui.site import embedded

ROUNDS = int(os.environ.get("PUHUI_FAULT_ROUNDS", "3"))
POSTINGS = int(os.environ.get("PUHUI_FAULT_POSTINGS", "0")) or 20 * ROUNDS
SEED = int(os.environ.get("PUHUI_FAULT_SEED", "20260115"))
LOANS = 10
VICTIMS = ("client", "day end", "database")
LONG = {**EVERY_THREE_DAYS, "instalments": 40}


@pytest.fixture
def busy_lender(home: Path) -> Iterator[tuple[embedded.Lease, Any]]:
    from puhui.site import database

    lease = embedded.acquire(home, throwaway=True)
    try:
        with servers.pointed_at(lease, embedded.DATABASE):
            database.migrate()
            yield lease, servers.loans_paid_out(LOANS, LONG)
    finally:
        lease.release()


class Storm:
    """Rounds of work with a kill in each."""

    def __init__(self, lease: embedded.Lease, lender: Any, paper: Path) -> None:
        from puhui.loans.models import Loan

        self.lease, self.lender, self.paper = lease, lender, paper
        self.loan_ids = list(Loan.objects.filter(institution=lender).order_by("pk").values_list("pk", flat=True))
        self.generator = random.Random(SEED)
        self.sent: dict[str, clients.Request] = {}
        self.cut: Counter[str] = Counter()
        self.seconds = 1.0

    def round(self, number: int) -> None:
        """One day: its requests, its end, and a kill somewhere in it."""
        victim = VICTIMS[number % len(VICTIMS)]
        lists = clients.requests_of(SEED + number, -(-POSTINGS // ROUNDS), len(self.loan_ids))
        self.sent |= {request.key: request for requests in lists for request in requests}
        until = self.lender.business_date + timedelta(days=number)
        works: list[tuple[Callable[..., None], tuple[Any, ...]]] = [
            *((clients.send_all, (requests, self.loan_ids, self.paper / f"{number}-{place}")) for place, requests in enumerate(lists)),
            (clients.end_days, (self.lender.pk, until, 1 + number % 2)),
        ]
        connections.close_all()  # what is forked must not share them
        began = time.monotonic()
        processes = [started(work) for work in works]
        time.sleep(self.generator.uniform(0, self.seconds / 2))
        if victim == "database":
            self.cut[victim] += sum(process.is_alive() for process in processes) > 0
            servers.kill_server(self.lease)
        else:
            place = 2 if victim == "day end" else self.generator.randrange(2)
            self.cut[victim] += processes[place].is_alive()
            processes[place].kill()
            processes[place].join()
            processes[place] = started(works[place])
        for process in processes:
            process.join(300)
            assert process.exitcode == 0
        if victim != "database":  # its recovery is no part of the work
            self.seconds = min(time.monotonic() - began, 10.0)


def started(work: tuple[Callable[..., None], tuple[Any, ...]]) -> BaseProcess:
    process = get_context("fork").Process(target=work[0], args=work[1])
    process.start()
    return process


@pytest.mark.timeout(300 + 60 * ROUNDS)
def test_acknowledged_is_kept_once(busy_lender: tuple[embedded.Lease, Any]) -> None:
    lease, institution = busy_lender
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        storm = Storm(lease, institution, Path(folder))
        for number in range(ROUNDS):
            storm.round(number)
            check_acknowledged(storm)
            if number % 10 == 9:
                check_books(storm, number + 1)
        check_books(storm, ROUNDS)
        answers = [answer for paper in storm.paper.iterdir() for answer in clients.acknowledged(paper).values()]
    again = sum(tries > 1 for _, tries in answers)
    print(
        f"{ROUNDS} rounds, seed {SEED}: {len(storm.sent)} requests by two clients, {len(answers)} answers, {again} of them after more than"
        f" one try; killed at work: {dict(storm.cut)}; {time.monotonic() - began:.0f} s"
    )


def check_acknowledged(storm: Storm) -> None:
    """Every request was answered; each answer is an event with the amount asked for, one a key, and there is no other."""
    from puhui.loans.models import Command, Event, Outbox

    answers: dict[str, set[str]] = {}
    for paper in storm.paper.iterdir():
        for key, (answer, _) in clients.acknowledged(paper).items():
            answers.setdefault(key, set()).add(answer)
    assert answers.keys() == storm.sent.keys()
    assert all(len(each) == 1 for each in answers.values())  # who sent the same request twice got the same answer
    told = {key: int(answer) for key, (answer,) in answers.items() if answer != "refused"}
    rows = Event.objects.filter(recorded_by="client").values_list("key", "pk", "amount_fen", "loan_id")
    assert sorted(rows) == sorted(
        (key, event, storm.sent[key].amount_fen, storm.loan_ids[storm.sent[key].place]) for key, event in told.items()
    )
    assert Command.objects.filter(act="repay", status="done").count() == len(told)
    assert Outbox.objects.filter(topic="loan.repay").count() == len(told)
    assert len(told) > len(storm.sent) * 0.9  # refusals, of loans that are nearly paid, are the exception


def check_books(storm: Storm, rounds: int) -> None:
    """The proof of the books, the proof of the loans, the fold of every loan, and the cash; every day is ended once."""
    from puhui.books.queries import balance
    from puhui.loans.models import DayEndStep, Event, SetAside
    from puhui.loans.rebuilding import rebuild

    began = storm.lender.business_date
    storm.lender.refresh_from_db()
    assert storm.lender.business_date == began + timedelta(days=rounds)
    assert proved(storm.lender) == []
    assert rebuild(storm.lender) == (len(storm.loan_ids), [])
    flows = dict(Event.objects.values_list("type").annotate(fen=models_sum()).values_list("type", "fen"))
    assert balance(storm.lender, "settlement", storm.lender.business_date) == flows["repayment"] - flows["drawdown"]
    assert not SetAside.objects.exists()
    assert not any(step.figures["differences"] for step in DayEndStep.objects.filter(step="accrue"))
    assert DayEndStep.objects.filter(step="close").count() == rounds
    storm.lender.business_date = began  # of the storm's first day, from which rounds are counted


def models_sum() -> Any:
    from django.db.models import Sum

    return Sum("amount_fen")
