"""Driving payment orders through a channel: what is asked is written down before it goes out, and what comes back is heard once.

A step is two transactions around one call. The first locks the order, decides by `order_states` and notes the attempt; the second takes
the answer in, with its effect on loan and books. A crash between the two leaves an attempt without answer: the bank is asked before
anything else. `now` is handed in; only waiting is measured by it, never a business date.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from puhui.books.actions import DayClosedError, open_day
from puhui.calculations.faults import Fault, FaultsError, check
from puhui.parties.actions import record_audit
from puhui.parties.models import Institution, Role, User
from puhui.payments import settling
from puhui.payments.accounts import number_of
from puhui.payments.channel import NOTHING, Answer, Channel, ChannelError, Instruction
from puhui.payments.models import BankAccount, PaymentAttempt, PaymentOrder
from puhui.payments.order_states import FINAL, UNSENT, Rules, Standing, after, asked, given_up, next_step
from puhui.payments.rules import channel_rules

__all__ = ["agree", "cancel_order", "decide", "drive", "drive_all", "hear"]

ACTOR = "payment channel"
LEASE_MINUTES = 10  # longer than any call waits; whoever died while asking is passed after it
DECIDERS = (Role.ACCOUNTANT, Role.RISK_MANAGER)
_COLUMNS = [each.name for each in fields(Standing)]


def drive(order: PaymentOrder, channel: Channel, now: datetime) -> PaymentOrder:
    """One step of one order: ask the bank what there is to ask, and take in what it says. Nothing to ask changes nothing."""
    step, instruction = _begin(order.pk, channel, now)
    if step in ("send", "query"):
        _finish(order.pk, _call(channel, step, instruction), step, now)
    return PaymentOrder.objects.get(pk=order.pk)


def drive_all(
    institution: Institution, channel_of: Callable[[PaymentOrder], Channel], now: datetime, account: BankAccount | None = None
) -> dict[str, int]:
    """One step of every order that has not ended (of one account), the oldest first; how many now stand in each state."""
    waiting = PaymentOrder.objects.filter(institution=institution).exclude(status__in=FINAL).select_related("bank_account").order_by("pk")
    counts: dict[str, int] = {}
    for order in waiting if account is None else waiting.filter(bank_account=account):
        status = drive(order, channel_of(order), now).status
        counts[status] = counts.get(status, 0) + 1
    return counts


def hear(institution: Institution, reference: str, answer: Answer, now: datetime, *, to: str = "notice") -> PaymentOrder | None:
    """Take in what a bank tells unasked (a notice, a line of a statement). None where the reference is not one of ours."""
    order = PaymentOrder.objects.filter(institution=institution, reference=reference).first()
    if order is None:
        return None
    _finish(order.pk, answer, to, now)
    return PaymentOrder.objects.get(pk=order.pk)


@transaction.atomic
def _begin(order_id: int, channel: Channel, now: datetime) -> tuple[str, Instruction]:
    order = _locked(order_id)
    instruction = _instruction(order)
    if order.busy_until is not None and order.busy_until > now:
        return "wait", instruction
    step = next_step(standing_of(order), rules_of(order, channel), now)
    if step == "wait":
        return step, instruction
    if step == "give_up":
        _store(order, given_up(standing_of(order)))
    else:
        _store(order, asked(standing_of(order), step, now))
        order.busy_until = now + timedelta(minutes=LEASE_MINUTES)
    order.save()
    _note(order, step, {}, now, ACTOR)
    return step, instruction


def rules_of(order: PaymentOrder, channel: Channel) -> Rules:
    """The dated rules of the order's channel; a bank that does not refuse duplicates is never sent anything twice."""
    rules = channel_rules(order.bank_account.channel, order.institution.business_date)
    safe = rules.refuses_duplicates and channel.refuses_duplicates
    return Rules(safe, rules.ask_again_minutes, rules.send_again_minutes, rules.most_sends, rules.unknown_after_hours)


def _call(channel: Channel, step: str, instruction: Instruction) -> Answer:
    try:
        if step == "send":
            return channel.send(instruction)
        return channel.cancel(instruction.reference) if step == "cancel" else channel.query(instruction.reference)
    except ChannelError as error:
        return Answer("none", reason=str(error)[:200])


def _finish(order_id: int, answer: Answer, to: str, now: datetime) -> None:
    try:
        _take_in(order_id, answer, to, now)
    except DayClosedError:
        # Between two days: nothing of it is kept but that nothing came, so the bank is asked again and says the same tomorrow.
        _take_in(order_id, NOTHING, to, now)
    except FaultsError as error:
        _for_a_person(order_id, answer, to, now, "; ".join(str(fault) for fault in error.faults))


@transaction.atomic
def _take_in(order_id: int, answer: Answer, to: str, now: datetime) -> None:
    order = _locked(order_id, answer.kind in ("paid", "refused", "cancelled", "not_known"))
    before = order.status
    heard = after(standing_of(order), answer, to)
    _store(order, heard)
    if heard.status != before and answer.kind == "paid":
        order.paid_on = answer.paid_on or order.institution.business_date
    order.reason = answer.reason or order.reason
    if to != "notice":
        order.busy_until = None
    if heard.status != before and heard.status in FINAL:
        settling.end(order, ACTOR)
    order.save()
    _note(order, "notice" if to in ("notice", "statement") else "answer", answer.as_dict(), now, ACTOR)
    if heard.status != before and heard.status in FINAL:
        detail = {"status": heard.status, "amount_fen": order.amount_fen, "reason": order.reason}
        record_audit(order.institution, ACTOR, "payment.ended", "payment_order", order.pk, detail)


@transaction.atomic
def _for_a_person(order_id: int, answer: Answer, to: str, now: datetime, why: str) -> None:
    """The bank paid, and the loan or the books would not take it: the order waits for a person, and nothing more is sent."""
    order = _locked(order_id)
    order.status, order.attention, order.busy_until = PaymentOrder.Status.UNKNOWN, f"{answer.kind}, not booked: {why}"[:300], None
    order.save()
    _note(order, "notice" if to == "notice" else "answer", answer.as_dict(), now, ACTOR)


def cancel_order(order: PaymentOrder, channel: Channel | None, now: datetime, actor: str) -> PaymentOrder:
    """Stop a payment. One that was not sent is cancelled at once; one that was is cancelled only if the bank says that it never will pay.

    Raises FaultsError for one that has ended, or was sent and no channel is given.
    """
    with transaction.atomic():
        open_day(order.institution)
        locked = _locked(order.pk)
        if locked.status in FINAL or (locked.status not in UNSENT and channel is None):
            raise FaultsError([Fault(f"payment {locked.reference}", locked.status, "one that has not ended, and its channel")])
        _note(locked, "cancel", {}, now, actor)
        if locked.status in UNSENT:
            locked.status = PaymentOrder.Status.CANCELLED
            settling.end(locked, actor)
            locked.save()
            record_audit(locked.institution, actor, "payment.cancelled", "payment_order", locked.pk, {})
            return locked
    assert channel is not None
    _finish(order.pk, _call(channel, "cancel", _instruction(order)), "cancel", now)
    return PaymentOrder.objects.get(pk=order.pk)


@transaction.atomic
def agree(order: PaymentOrder, user: User, now: datetime) -> PaymentOrder:
    """A second person agrees that the money goes out: from now on the order is sent like any other. Agreeing twice changes nothing.

    Raises FaultsError for whoever ordered it, a role that may not, an order that was stopped. To refuse is to cancel.
    """
    open_day(order.institution)
    locked = _locked(order.pk)
    if locked.status not in (*UNSENT, "sent", "confirmed"):
        raise FaultsError([Fault(f"payment {locked.reference}", locked.status, "one that waits for a second person")])
    check(_person_faults(locked, user))
    if locked.status == PaymentOrder.Status.WAITING:
        locked.status = PaymentOrder.Status.CREATED
        locked.save(update_fields=["status"])
        _note(locked, "person", {"outcome": "agreed"}, now, user.username)
        detail = {"amount_fen": locked.amount_fen, "maker": locked.created_by}
        record_audit(locked.institution, user.username, "payment.agreed", "payment_order", locked.pk, detail)
    return locked


def _person_faults(order: PaymentOrder, user: User) -> list[Fault]:
    """What keeps a user from deciding about an order that somebody else made."""
    if user.username == order.created_by or user.role not in DECIDERS or user.institution_id != order.institution_id:
        return [Fault("person", user.username, "an accountant or risk manager of this lender who did not order it")]
    return []


@transaction.atomic
def decide(order: PaymentOrder, outcome: str, evidence: str, user: User, now: datetime) -> PaymentOrder:
    """A person finds out what became of an unknown payment, or clears what called for attention on one that has ended.

    `outcome` is confirmed, failed, or seen (for one that has ended). Not by whoever ordered it. Raises FaultsError.
    """
    open_day(order.institution)
    locked = _locked(order.pk)
    ended = locked.status in FINAL
    faults = []
    if outcome not in (("seen",) if ended else ("confirmed", "failed")):
        faults.append(Fault("outcome", outcome, "seen" if ended else "confirmed or failed"))
    if not ended and locked.status != PaymentOrder.Status.UNKNOWN:
        faults.append(Fault(f"payment {locked.reference}", locked.status, "one that is unknown", "The bank is still being asked."))
    if not evidence.strip():
        faults.append(Fault("evidence", "none", "what shows it: the bank's letter, its statement"))
    check([*faults, *_person_faults(locked, user)])
    locked.attention = ""
    if not ended:
        locked.status = outcome
        settling.end(locked, user.username)
    locked.save()
    _note(locked, "person", {"outcome": outcome, "evidence": evidence.strip()}, now, user.username)
    record_audit(
        locked.institution, user.username, "payment.decided", "payment_order", locked.pk, {"outcome": outcome, "evidence": evidence}
    )
    return locked


def standing_of(order: PaymentOrder) -> Standing:
    """The order as its states see it."""
    return Standing(**{name: getattr(order, name) for name in _COLUMNS})


def _store(order: PaymentOrder, standing: Standing) -> None:
    for name in _COLUMNS:
        setattr(order, name, getattr(standing, name))


def _locked(order_id: int, with_day: bool = False) -> PaymentOrder:
    """The order, locked; the open day first where books may be written."""
    if with_day:
        open_day(Institution.objects.get(paymentorder=order_id))
    rows = PaymentOrder.objects.select_for_update(of=("self",)).select_related("institution", "bank_account")
    return rows.get(pk=order_id)


def _instruction(order: PaymentOrder) -> Instruction:
    return Instruction(
        reference=order.reference,
        from_account=number_of(order.bank_account),
        payee_name=order.holder_name,
        payee_account=number_of(order),
        payee_bank=order.bank_name,
        payee_bank_code=order.bank_code,
        amount_fen=order.amount_fen,
        text=order.proof,
    )


def _note(order: PaymentOrder, act: str, detail: dict[str, Any], now: datetime, actor: str) -> None:
    PaymentAttempt.objects.create(order=order, act=act, status=order.status, detail=detail, at=now, recorded_by=actor)
