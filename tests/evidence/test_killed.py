"""`kill -9` anywhere in an import leaves nothing half done; the file sent again is taken whole, and a third time changes nothing."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest
from tests.evidence.conftest import csv_text, line

ROWS = 5_000
IMPORTER = """
import os, signal, sys
from pathlib import Path
from puhui.site.commands import support
support.start_django(migrate=False)
from puhui.evidence import actions, storing
from puhui.parties.models import Firm

moment = sys.argv[2]
storing.SLICE_ROWS = 1_000  # several pieces of one COPY

def die(*arguments):
    os.kill(os.getpid(), signal.SIGKILL)

def progress(stage, done, total):
    if stage == moment and (moment != "sending" or done >= 2_000):
        die()

if moment == "stored, not committed":
    actions.record_audit = die
firm = Firm.objects.get(name="甲公司")
actions.import_invoices(firm.institution, Path(sys.argv[1]), firm=firm, actor="clerk", progress=progress)
"""


@pytest.mark.parametrize("moment", ["checking", "sending", "storing", "stored, not committed"])
def test_killed_in_the_middle(committed_lender, database_environment, moment):
    lender = committed_lender
    lender.import_rows([line(1), line(2, 金额="5", 税额="0", 价税合计="5")])
    # The first row is there already, the second is voided by the file: a correction must not be half done either.
    rows = [line(1), line(2, 发票状态="作废"), *(line(number) for number in range(3, ROWS))]
    path = lender.write(csv_text(rows), "many.csv")
    before = lender.state()
    killed = subprocess.run(
        [sys.executable, "-c", IMPORTER, str(path), moment],
        env=database_environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert lender.state() == before
    again = lender.import_file(path)
    assert (again.counts["accepted"], again.counts["unchanged"], again.counts["replaced"]) == (ROWS - 2, 1, 1)
    after = lender.state()
    assert after == {"Batch": 2, "Invoice": ROWS, "InvoiceReplacement": 1, "AuditRecord": before["AuditRecord"] + 1}
    assert lender.import_file(path).counts["unchanged"] == ROWS - 1
    assert lender.state() == after


def test_two_imports_at_once_do_not_double_a_row(committed_lender, database_environment):
    lender = committed_lender
    path = lender.write(csv_text([line(number) for number in range(5_000)]), "many.csv")
    command = [sys.executable, "-c", IMPORTER, str(path), "never"]
    running = [subprocess.Popen(command, env=database_environment, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    assert [(process.communicate(timeout=120)[1], process.returncode)[1] for process in running] == [0, 0]
    assert lender.state()["Invoice"] == 5_000
    assert lender.state()["Batch"] == 1
