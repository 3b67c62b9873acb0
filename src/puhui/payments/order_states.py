"""The life of a payment order: what is done next, and what an answer of the bank makes of it. Pure; knows no clock.

    created → sent → confirmed | failed | unknown        created, sent → cancelled        unknown → confirmed | failed (a person)
    waiting → created | cancelled (a second person: money that goes back)

The rules that keep anything from being paid twice, whatever the bank answers:
1. Before anything is sent again the bank is asked. Sent again is only what the bank says it has never seen, under the same reference,
   some time after the first, and only at a bank that refuses duplicates.
2. Confirmed is what the bank says is paid with our amount. Another amount, or paid after refused, is for a person.
3. Failed is what the bank refused and, asked again, still has not paid. One word is not enough to let the money be used anew.
4. What is confirmed, failed or cancelled is never sent. A contrary answer later calls a person and changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from puhui.payments.channel import Answer

__all__ = ["FINAL", "NO_CERTAIN_ANSWER", "UNSENT", "Rules", "Standing", "after", "asked", "given_up", "next_step"]

FINAL = ("confirmed", "failed", "cancelled")
UNSENT = ("waiting", "created")
NO_CERTAIN_ANSWER = "no certain answer"


@dataclass(frozen=True, slots=True)
class Rules:
    """How patient the driver is (parameter table `payment-channels`)."""

    refuses_duplicates: bool
    ask_again_minutes: int
    send_again_minutes: int
    most_sends: int
    unknown_after_hours: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an order stands. `last_answer` is that to the last thing asked; empty while it is out."""

    status: str
    amount_fen: int
    sends: int = 0
    first_sent_at: datetime | None = None
    last_sent_at: datetime | None = None
    last_asked_at: datetime | None = None
    last_answer: str = ""
    refused: bool = False  # the bank has refused it once
    attention: str = ""  # why a person must look; empty where nobody need
    channel_reference: str = ""


def next_step(order: Standing, rules: Rules, now: datetime) -> str:
    """send, query, give_up (to a person) or wait."""
    if order.status in FINAL or order.status == "waiting":
        return "wait"
    if order.status == "created":
        return "send"
    assert order.last_asked_at is not None and order.first_sent_at is not None and order.last_sent_at is not None
    if order.status == "sent" and now - order.first_sent_at >= timedelta(hours=rules.unknown_after_hours):
        return "give_up"
    if order.last_answer == "refused" and order.attention in ("", NO_CERTAIN_ANSWER):
        return "query"  # at once: rule 3
    if _may_send_again(order, rules, now):
        return "send"
    patience = timedelta(minutes=rules.ask_again_minutes * (10 if order.status == "unknown" else 1))
    return "query" if now - order.last_asked_at >= patience else "wait"


def _may_send_again(order: Standing, rules: Rules, now: datetime) -> bool:
    assert order.last_sent_at is not None
    return (
        order.status == "sent"
        and rules.refuses_duplicates
        and order.last_answer == "not_known"  # to a query after the last send: `asked` clears it
        and not order.refused
        and order.sends < rules.most_sends
        and now - order.last_sent_at >= timedelta(minutes=rules.send_again_minutes)
    )


def asked(order: Standing, step: str, now: datetime) -> Standing:
    """The order once something is about to go out; kept before it goes, so that a crash leaves no send unknown."""
    order = replace(order, last_asked_at=now, last_answer="")
    if step != "send":
        return order
    return replace(order, status="sent", sends=order.sends + 1, first_sent_at=order.first_sent_at or now, last_sent_at=now)


def given_up(order: Standing) -> Standing:
    """Nothing certain came for too long: a person finds out; the bank goes on being asked."""
    return replace(order, status="unknown", attention=order.attention or NO_CERTAIN_ANSWER)


def after(order: Standing, answer: Answer, to: str) -> Standing:
    """The order after an answer `to` a send, a query or a cancel, or after a notice that nobody asked for, in any order and any number."""
    if order.status in UNSENT:
        return replace(order, attention=f"answered {answer.kind} before it was sent") if answer.kind != "none" else order
    if order.status in FINAL:
        return _after_the_end(order, answer)
    if answer.kind == "cancelled" and to == "cancel":
        return replace(order, status="cancelled", attention="")
    if answer.kind == "paid":
        return _paid(order, answer)
    if answer.kind in ("refused", "cancelled"):
        return _refused(order, to)
    if answer.kind == "not_known":
        if to != "query":
            return order  # the bank has it before its eyes and does not know it: that says nothing
        return _refused(order, to) if order.refused else replace(order, last_answer="not_known")
    return order if to == "notice" else replace(order, last_answer=answer.kind)


def _refused(order: Standing, to: str) -> Standing:
    if order.attention and order.attention != NO_CERTAIN_ANSWER:
        return order
    if order.refused and to == "query":
        return replace(order, status="failed", attention="", last_answer="refused")
    return replace(order, refused=True, last_answer="refused")


def _paid(order: Standing, answer: Answer) -> Standing:
    if answer.amount_fen != order.amount_fen:
        return replace(order, status="unknown", last_answer="paid", attention=f"paid another amount: {answer.amount_fen}")
    if order.refused:
        return replace(order, status="unknown", last_answer="paid", attention="paid after it was refused")
    if order.attention.startswith("paid another amount"):
        return order  # two words on the amount: a person decides which holds
    return replace(order, status="confirmed", last_answer="paid", attention="", channel_reference=answer.channel_reference)


def _after_the_end(order: Standing, answer: Answer) -> Standing:
    if order.attention or answer.kind in ("none", "accepted"):
        return order
    if order.status == "confirmed":
        again = answer.kind == "paid" and answer.amount_fen == order.amount_fen
        if again and answer.channel_reference == order.channel_reference:
            return order  # told twice
        told = "another payment of it" if answer.kind == "paid" else answer.kind
        return replace(order, attention=f"{told} after it was confirmed")
    return replace(order, attention=f"paid after it was {order.status}") if answer.kind == "paid" else order
