"""States of things, as pages show them: one place, so that a state is called the same and looks the same on every page.

A state has a label, a tone (ok, watch, late, refused or plain) and an icon: the colour never stands alone.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class State:
    """How one code is shown."""

    label: Any
    tone: str
    icon: str


OK, WATCH, LATE, REFUSED, PLAIN = "ok", "watch", "late", "refused", "plain"

APPLICATION = {
    "submitted": State(_("being decided"), PLAIN, "progress"),
    "referred": State(_("waits for a person"), WATCH, "user"),
    "refused": State(_("refused"), REFUSED, "ban"),
    "offered": State(_("offered"), OK, "signature"),
    "accepted": State(_("accepted"), OK, "circle-check"),
    "declined": State(_("declined by the borrower"), REFUSED, "x"),
    "expired": State(_("expired"), REFUSED, "clock"),
    "in_parts": State(_("became several loans"), PLAIN, "list-check"),
}

OUTCOME = {
    "approve": State(_("approve"), OK, "circle-check"),
    "refer": State(_("refer to a person"), WATCH, "user"),
    "refuse": State(_("refuse"), REFUSED, "ban"),
}

OFFER = {
    "open": State(_("open"), PLAIN, "signature"),
    "accepted": State(_("accepted"), OK, "circle-check"),
    "declined": State(_("declined by the borrower"), REFUSED, "x"),
    "expired": State(_("expired"), REFUSED, "clock"),
}

FINDING = {
    "settled": State(_("settled"), OK, "circle-check"),
    "accepted": State(_("accepted knowingly"), WATCH, "signature"),
    "open": State(_("still open"), WATCH, "help"),
}

SITTING = {
    "open": State(_("voting"), WATCH, "user"),
    "approve": State(_("carried"), OK, "circle-check"),
    "refuse": State(_("fell"), REFUSED, "ban"),
}

CAMPAIGN = {
    "screened": State(_("waits to be released"), WATCH, "user"),
    "released": State(_("running"), OK, "circle-check"),
    "closed": State(_("closed"), PLAIN, "ban"),
}

INVITEE = {
    "offer": State(_("offer"), OK, "signature"),
    "invite": State(_("invitation only"), PLAIN, "user"),
    "waiting": State(_("waits for room"), WATCH, "clock"),
    "none": State(_("not approached"), REFUSED, "ban"),
}

STANDING = {
    "ok": State(_("within"), OK, "circle-check"),
    "off": State(_("outside"), LATE, "alert-triangle"),
    "few": State(_("too few cases"), PLAIN, "help"),
}

DELEGATION = {
    "asked": State(_("waits for a second person"), WATCH, "user"),
    "coming": State(_("to come"), PLAIN, "clock"),
    "live": State(_("in force"), OK, "circle-check"),
    "over": State(_("over"), PLAIN, "clock"),
    "withdrawn": State(_("withdrawn"), REFUSED, "x"),
}

VOICE = {
    "yes": State(_("yes"), OK, "check"),
    "no": State(_("no"), REFUSED, "x"),
    "abstain": State(_("abstains"), PLAIN, "help"),
}

RULE = {
    "pass": State(_("holds"), OK, "check"),
    "refer": State(_("to a person"), WATCH, "user"),
    "fail": State(_("does not hold"), LATE, "x"),
    "unknown_pass": State(_("not known: passes"), PLAIN, "help"),
    "unknown_refer": State(_("not known: to a person"), WATCH, "help"),
    "unknown_fail": State(_("not known: fails"), LATE, "help"),
}

CHECK = {
    "pass": State(_("agree"), OK, "check"),
    "explain": State(_("to be explained"), WATCH, "help"),
    "refer": State(_("to a person"), LATE, "user"),
    "stop": State(_("contradiction"), REFUSED, "ban"),
    "unknown": State(_("nothing to compare"), PLAIN, "help"),
}

TRUST = {
    "A": State(_("A confirmed"), OK, "circle-check"),
    "B": State(_("B uncontradicted"), PLAIN, "check"),
    "C": State(_("C to be explained"), WATCH, "help"),
    "D": State(_("D contradicted"), LATE, "alert-triangle"),
}

FRESHNESS = {
    "fresh": State(_("fresh"), OK, "check"),
    "stale": State(_("out of date"), WATCH, "clock"),
    "nothing": State(_("nothing came"), PLAIN, "help"),
    "closed": State(_("no consent"), REFUSED, "ban"),
}

CONTRACT = {
    "drafted": State(_("waits for signature"), PLAIN, "signature"),
    "signed": State(_("signed, conditions open"), WATCH, "list-check"),
    "cleared": State(_("cleared for payout"), OK, "check"),
    "drawn": State(_("paid out"), OK, "circle-check"),
    "cancelled": State(_("cancelled"), REFUSED, "x"),
}

LOAN = {
    "performing": State(_("performing"), OK, "circle-check"),
    "overdue": State(_("overdue"), LATE, "alert-triangle"),
    "non_accrual": State(_("non-accrual"), LATE, "alert-triangle"),
    "closed": State(_("repaid"), REFUSED, "check"),
    "written_off": State(_("written off"), REFUSED, "x"),
    "terminated": State(_("called early"), LATE, "alert-triangle"),
}

INSTALMENT = {
    "paid": State(_("paid"), OK, "check"),
    "due": State(_("due today"), WATCH, "clock"),
    "overdue": State(_("overdue"), LATE, "alert-triangle"),
    "partly": State(_("partly paid"), LATE, "alert-triangle"),
    "coming": State(_("coming"), PLAIN, "calendar"),
}

PROMOTION = {
    "proposed": State(_("waits for a second person"), WATCH, "user"),
    "agreed": State(_("agreed"), OK, "circle-check"),
    "refused": State(_("refused"), REFUSED, "ban"),
    "withdrawn": State(_("taken back"), REFUSED, "x"),
}

MODEL = {
    "champion": State(_("in use"), OK, "circle-check"),
    "candidate": State(_("candidate"), PLAIN, "progress"),
    "retired": State(_("retired"), REFUSED, "history"),
}


def consent_state(consent: Any, day: datetime.date) -> State:
    """Whether a consent holds on a business day: withdrawn on that day already no longer."""
    if consent.withdrawn_at is not None and timezone.localdate(consent.withdrawn_at) <= day:
        return State(_("withdrawn"), REFUSED, "x")
    return State(_("expired"), REFUSED, "clock") if consent.expires_on <= day else State(_("in force"), OK, "check")


def state(table: dict[str, State], code: str) -> State:
    """The state of a code; a code that no table knows is shown as it is, in plain."""
    return table.get(code) or State(code, PLAIN, "progress")
