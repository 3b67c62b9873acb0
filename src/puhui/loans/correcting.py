"""Undoing an event as if it had never been: the loan is folded without it and the books get the difference, today.

The event stays in the history beside its reversal. Days that are closed stay as they were told.
"""

from __future__ import annotations

from puhui.calculations.faults import Fault, check
from puhui.loans.act_arguments import count, text
from puhui.loans.acts import Act, Done, Work, execute, state_fault
from puhui.loans.credit_models import Refinancing
from puhui.loans.keeping import NewEvent
from puhui.loans.models import Event, Loan
from puhui.loans.paying import debit_key, deposit_many
from puhui.parties.actions import record_audit

# A drawdown is undone by paying the loan off; a reversal by doing the act again.
REVERSIBLE = (
    "repayment", "payoff", "fee", "waiver", "refund", "rate_change", "pause", "misuse", "reschedule", "termination", "write_off",
)  # fmt: skip


def reverse(event: Event, key: str, reason: str, actor: str) -> Event:
    """Undo an event as if it had never been: the books get the difference, today; the event itself stays in the history.

    What the day end had debited is back on the borrower's account.
    """
    undone: Event = execute(REVERSE, event.loan, {"event": event.number, "reason": reason}, key, actor).result
    return undone


def _reverse(work: Work) -> Done:
    loan: Loan = work.target
    event = loan.events.filter(number=work.arguments["event"]).first()
    if event is None:
        raise state_fault("event", str(work.arguments["event"]), f"an event of loan {loan.number}")
    check(_faults(loan, event))
    done = work.happen("reversal", NewEvent("reversal", event.date, work.key, None, {"of": str(event.number)}))
    if event.key == debit_key(loan, event.date):
        deposit_many(loan.institution_id, {loan.firm_id: event.amount_fen or 0})
    detail = {"event": event.number, "reason": work.arguments["reason"]}
    record_audit(work.institution, work.actor, "event.reversed", "loan", loan.pk, detail)
    return Done({**done.answer, "undone": event.number}, done.result)


def _faults(loan: Loan, event: Event) -> list[Fault]:
    what = f"event {event.number}"
    if event.type not in REVERSIBLE:
        return [Fault(what, event.type, "a repayment or payoff, or another of " + ", ".join(REVERSIBLE), "Others are undone by a new one.")]
    if event.type == "payoff" and Refinancing.objects.filter(old_loan=loan).exists():
        return [Fault(what, "closed by a new note", "a payment in money", "Pay off the new note instead.")]
    undone = {each.detail.get("of") for each in loan.events.filter(type="reversal")}
    if str(event.number) in undone:
        return [Fault(what, "reversed already", "an event that stands")]
    return []


def _amount_fen(work: Work) -> int:
    event = work.target.events.filter(number=work.arguments["event"]).first()
    return (event.amount_fen or 0) if event else 0


REVERSE = Act("reverse", "loan", _reverse, (count("event"), text("reason", "why it is undone")), _amount_fen)
