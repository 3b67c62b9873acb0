"""What a firm's statements say against themselves, in sentences of the reader's language."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from puhui.console.decision_figures import language
from puhui.console.labels import LATE, PLAIN, WATCH, State
from puhui.evidence import queries
from puhui.evidence.statements.checks import findings, words
from puhui.parties.models import Firm

FINDINGS_SHOWN = 40

#: by strength of a finding on statements
FINDING = {
    "must": State(_("error"), LATE, "alert-triangle"),
    "ask": State(_("to be explained"), WATCH, "help"),
    "slight": State(_("slight"), PLAIN, "check"),
    "note": State(_("note"), PLAIN, "help"),
}


def statement_findings(firm: Firm, day: date) -> list[dict[str, Any]]:
    """Each finding of the statements known on a day, the newest statements first: its day, state and words."""
    found = findings(queries.known_records(firm, "statement_line", day))
    return [{"day": each.period_end, "state": FINDING[each.strength], "text": words(each, language())} for each in found[:FINDINGS_SHOWN]]
