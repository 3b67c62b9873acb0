"""A process that does one act and kills itself or another, with the signal that nothing can catch, before or after a statement of it.

python -m tests.faults.worker ACT CODE [STATEMENT before|after [PROCESS]]
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Killer:
    """Lets statements through up to the fatal one: killed before it, or after it and before whatever comes next (a commit, perhaps)."""

    def __init__(self, statement: int, when: str, victim: int) -> None:
        self.left = statement
        self.when = when
        self.victim = victim

    def __call__(self, execute: Callable[..., Any], sql: str, parameters: Any, many: bool, context: dict[str, Any]) -> Any:
        self.left -= 1
        if self.left == 0 and self.when == "before":
            self._kill(context["connection"])
        result = execute(sql, parameters, many, context)
        if self.left == 0 and self.when == "after":
            self._kill(context["connection"])
        return result

    def _kill(self, connection: Any) -> None:
        """Kills, and where it was the server waits for our backend, which ends when it finds its server gone, perhaps statements later."""
        backend = connection.connection.info.backend_pid
        os.kill(self.victim, signal.SIGKILL)
        for _ in range(600):
            if not Path(f"/proc/{backend}").exists():
                return
            time.sleep(0.05)


def main(act: str, code: str, statement: str = "0", when: str = "before", victim: str = "") -> None:
    from puhui.site.commands import support

    support.start_django(migrate=act == "found")
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from tests.faults import acts

    if act == "found":
        acts.found()
        for each in acts.CODES:
            acts.pay_out(acts.institution_of(each))
            acts.fill_accounts(acts.institution_of(each))
        with CaptureQueriesContext(connection) as statements:
            acts.end_days(acts.institution_of("TWIN"))
        print("statements:", len(statements))
        return
    institution = acts.institution_of(code)
    with connection.execute_wrapper(Killer(int(statement), when, int(victim or os.getpid()))):
        acts.ACTS["end days" if act == "finish" else act](institution)
    if act == "finish":
        from tests.loans.conftest import proved

        findings = [str(finding) for each in acts.CODES for finding in proved(acts.institution_of(each))]
        print("proof:", findings, acts.difference(acts.portrait("KILLED"), acts.portrait("TWIN")))


if __name__ == "__main__":
    main(*sys.argv[1:])
