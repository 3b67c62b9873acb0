"""Each pull leaves a row in the audit trail, whether it brought something or failed; the breaker of a source is read from the newest.

So the breaker needs no table of its own and holds for every program and machine at the same database.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from puhui.evidence.pulling.breaker import Breaker
from puhui.evidence.pulling.sources import Source
from puhui.parties.actions import record_audit
from puhui.parties.models import AuditRecord, Institution

ACT = "pull_evidence"
SUBJECT = "evidence_source"


def kept_breaker(institution: Institution, source: Source) -> Breaker:
    """The breaker as the last pull from a source left it, by the rule that the source has now."""
    rows = AuditRecord.objects.filter(institution=institution, subject_kind=SUBJECT, subject_id=source.name, act=ACT)
    detail: dict[str, Any] = rows.order_by("-id").values_list("detail", flat=True).first() or {}
    until = detail.get("open_until")
    return Breaker(source.breaker, detail.get("failures", 0), dt.datetime.fromisoformat(until) if until else None)


def record_pull(institution: Institution, actor: str, source: Source, breaker: Breaker, outcome: str, detail: dict[str, Any]) -> int:
    """Add the row of one pull: how it went (`stored`, `nothing_new`, or the kind of failure) and how it leaves the breaker."""
    until = breaker.open_until.isoformat() if breaker.open_until else None
    detail = {"outcome": outcome, **detail, "failures": breaker.failures, "open_until": until}
    return record_audit(institution, actor, ACT, SUBJECT, source.name, detail)
