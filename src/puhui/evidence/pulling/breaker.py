"""When to stop asking: a source that is down is not mended by more questions, and each costs the officer a wait.

After so many failures one after the other the breaker is open and nothing is asked. When its time has passed one question goes out: an
answer closes it, another failure opens it again for as long. It is kept with the trail of pulls, so it holds for every program.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from puhui.evidence.pulling.sources import BreakerRule


@dataclass
class Breaker:
    """`failures` one after the other, and until when nothing may be asked (None: closed)."""

    rule: BreakerRule
    failures: int = 0
    open_until: dt.datetime | None = None

    def closed_at(self, now: dt.datetime) -> bool:
        """Whether a question may go out."""
        return self.open_until is None or now >= self.open_until

    def failed(self, now: dt.datetime) -> None:
        self.failures += 1
        if self.failures >= self.rule.failures:
            self.open_until = now + dt.timedelta(seconds=self.rule.open_seconds)

    def answered(self) -> None:
        self.failures, self.open_until = 0, None
