"""Killed in the middle of a batch and run again: every application decided exactly once."""

from __future__ import annotations

import signal
import subprocess
import sys

from django.db.models import Sum

from puhui.decisions import actions
from puhui.decisions.models import Application, Decision, Exposure, Offer

WORKER = """
import os, signal
from puhui.site.commands import support
support.start_django(migrate=False)
from django.db import connection
from puhui.decisions import actions
from puhui.decisions.models import Application
from puhui.parties.models import Institution
actions.CHUNK = 3
chunks = []

def killed_in_the_fourth(execute, sql, parameters, many, context):
    result = execute(sql, parameters, many, context)
    if len(chunks) == 3 and "INSERT" in sql:
        os.kill(os.getpid(), signal.SIGKILL)
    return result

with connection.execute_wrapper(killed_in_the_fourth):
    actions.decide_many(Institution.objects.get(), Application.objects.all(), "system", chunks.append)
"""


def test_kill_in_the_middle(bank, database_environment):
    applications = [bank.apply(bank.firm(f"Firm {number}"), 100_000) for number in range(30)]
    worker = subprocess.run([sys.executable, "-c", WORKER], env=database_environment, stderr=subprocess.PIPE, text=True, check=False)
    assert worker.returncode == -signal.SIGKILL, worker.stderr
    done = Decision.objects.count()
    assert done == 9  # a chunk is there whole or not at all
    assert Exposure.objects.count() == Offer.objects.count() == done
    assert Application.objects.filter(status="offered").count() == done

    batch = actions.decide_many(bank.institution, applications, "system")
    assert (len(batch.decided), batch.faults) == (30 - done, [])
    assert Decision.objects.values("application").distinct().count() == Decision.objects.count() == 30
    assert Exposure.objects.aggregate(total=Sum("reserved_fen"))["total"] == 30 * 10_000_000
    assert Offer.objects.count() == 30
    assert actions.replay_all(bank.institution) == []


def test_two_at_once_never_spend_the_same_limit(bank, database):
    """Two applications of one firm decided by two threads: the second sees what the first reserved."""
    import threading

    from django.db import connections

    firm = bank.firm()
    applications = [bank.apply(firm, 300_000, key="1"), bank.apply(firm, 300_000, key="2")]
    failures: list[BaseException] = []

    def decide(application) -> None:
        try:
            actions.decide(application, "system")
        except BaseException as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=decide, args=[one]) for one in applications]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert Decision.objects.count() == 2
    # 750,000 for whichever came first, and for the other what the first left.
    assert sorted(Decision.objects.values_list("limit_fen", flat=True)) == [45_000_000, 75_000_000]
    assert Exposure.objects.aggregate(total=Sum("reserved_fen"))["total"] == 60_000_000
