"""What a firm's statements say against themselves, and what is odd in its accounts, meters and machines, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl
from django.utils.translation import gettext_lazy as _

from puhui.console.decision_figures import language
from puhui.console.evidence_figures import record_title
from puhui.console.labels import LATE, PLAIN, WATCH, State
from puhui.evidence import queries
from puhui.evidence.layouts import layout
from puhui.evidence.oddities import oddities
from puhui.evidence.oddities import words as oddity_words
from puhui.evidence.statements.checks import findings, words
from puhui.parties.models import Firm

FINDINGS_SHOWN = 40
ODD_RECORDS = ("account_flow", "electricity_day", "platform_day", "machine_day", "contract_payment", "procurement_award")
"""Kinds of record in which something may be odd that is no fault."""

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


def oddity_rows(frames: Mapping[str, pl.DataFrame]) -> list[dict[str, Any]]:
    """What is odd in records as they are known, the newest first: its last day, kind of record and words."""
    found = [each for record, frame in frames.items() for each in oddities(frame, layout(record))]
    found.sort(key=lambda each: each.last, reverse=True)
    return [
        {"day": each.last, "record": each.record, "title": record_title(each.record), "text": oddity_words(each, language())}
        for each in found[:FINDINGS_SHOWN]
    ]
