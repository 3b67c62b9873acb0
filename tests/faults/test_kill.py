"""`kill -9` at any moment: run again, everything is done once, nothing is lost, and books, loans and exposures agree.

A kill comes before or after a statement chosen by a seed, so it falls inside transactions, between them and between a commit and what
follows it. After each kill the books must stand as they are; after the last the act is run to its end and the lender is held against
a twin that was never disturbed.
"""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.faults import acts
from tests.faults.conftest import run_worker, start_worker
from tests.loans.conftest import proved

from puhui.site import embedded

STILL_TO_COME = ("a day that is over and not closed", "no anchor of these books", "is not anchored")


def moments(seed: int, statements: int, kills: int) -> list[tuple[int, str]]:
    """Moments whose sum stays within the act: (statement from the last kill on, before or after it)."""
    generator = random.Random(seed)
    return [(generator.randint(1, max(statements // kills - 1, 1)), generator.choice(["before", "after"])) for _ in range(kills)]


def killed_and_finished(act: str, worker: Callable[..., int], seed: int, kills: int) -> None:
    """The act on the twin in one breath, on the other with kills in between, and the proof."""
    twin, killed = acts.institution_of("TWIN"), acts.institution_of("KILLED")
    with CaptureQueriesContext(connection) as statements:
        acts.ACTS[act](twin)
    for moment in moments(seed, len(statements), kills):
        assert worker(act, "KILLED", *moment) == -signal.SIGKILL
        # Between the end of a day, the seal on its books and the anchor the proof asks for what comes next, and for nothing else.
        assert [finding for finding in proved(killed) if not any(text in finding.what for text in STILL_TO_COME)] == []
    assert acts.portrait("KILLED") != acts.portrait("TWIN")  # the kills did cut something off
    acts.ACTS[act](acts.institution_of("KILLED"))
    assert proved(killed) == proved(twin) == []
    assert acts.difference(acts.portrait("KILLED"), acts.portrait("TWIN")) == {}
    acts.ACTS[act](acts.institution_of("KILLED"))  # once more changes nothing
    assert acts.difference(acts.portrait("KILLED"), acts.portrait("TWIN")) == {}


def test_payouts(database: str, worker: Callable[..., int]) -> None:
    acts.found()
    killed_and_finished("pay out", worker, seed=1, kills=3)


def test_days_with_dues_and_collections(database: str, worker: Callable[..., int]) -> None:
    acts.found()
    for code in acts.CODES:
        acts.pay_out(acts.institution_of(code))
        acts.fill_accounts(acts.institution_of(code))
    killed_and_finished("end days", worker, seed=3, kills=4)


def test_the_server_is_killed_during_the_day_end(home: Path) -> None:
    """The postmaster dies twice in the middle of a day; once its holder brings it back, once the next command does."""
    lease = embedded.acquire(home, throwaway=True)
    try:
        environment = {**os.environ, "PUHUI_HOME": str(home)}
        statements = int(run_worker(environment, "found", "").splitlines()[-1].split()[-1])
        for brought_back_by_its_holder, moment in zip((True, False), moments(6, statements, kills=2), strict=True):
            postmaster = embedded.status(home).process_id
            assert postmaster is not None
            process = start_worker(environment, "end days", "KILLED", *moment, postmaster)
            output, errors = process.communicate(timeout=240)
            assert process.returncode == 1 and "OperationalError" in errors, (output, errors)
            if brought_back_by_its_holder:
                lease.ensure_running()
        assert run_worker(environment, "finish", "KILLED").splitlines()[-1] == "proof: [] {}"
    finally:
        lease.release()


def test_decisions(bank: Any, worker: Callable[..., int]) -> None:
    """Six firms with two applications each, of which the second finds its limit narrowed by the first."""
    from django.db.models import Sum

    from puhui.decisions import actions
    from puhui.decisions.models import Application, Decision, Exposure, Offer

    for firm in [bank.firm(f"Firm {number}") for number in range(6)]:
        for key in ("first", "second"):
            bank.apply(firm, 300_000, key=f"{firm.pk} {key}")
    first = Application.objects.order_by("pk")[:3]
    with CaptureQueriesContext(connection) as statements:
        actions.decide_many(bank.institution, first, "system")
    for moment in moments(5, 3 * len(statements), kills=2):
        assert worker("decide", "demo", *moment) == -signal.SIGKILL
        done = Decision.objects.count()
        assert done % 3 == 0 and Exposure.objects.count() == Offer.objects.count() == done
    assert done < 12
    acts.decide_all(bank.institution)
    acts.decide_all(bank.institution)
    assert Decision.objects.count() == Decision.objects.values("application").distinct().count() == 12
    assert list(Decision.objects.order_by("application").values_list("limit_fen", flat=True)) == [75_000_000, 45_000_000] * 6
    assert Exposure.objects.aggregate(total=Sum("reserved_fen"))["total"] == 6 * 60_000_000
    assert Offer.objects.count() == 12
    assert actions.replay_all(bank.institution) == []
