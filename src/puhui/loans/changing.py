"""What changes a loan besides payments: charges, waivers, refunds, new rates, pauses, misuse, termination and write-off.

Each is one event of `quote.md`. The loan is folded anew with it and the books get the difference, dated today and effective on the
event's day, so a change that is entered late needs no other rule than one entered in time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from puhui.calculations.faults import Fault, check
from puhui.calculations.term_records import RATE_SCALE
from puhui.loans.act_arguments import amount, choice, day, rate, text
from puhui.loans.acts import Act, Done, Work, loan_faults
from puhui.loans.class_acts import add_finding
from puhui.loans.classifying import classify_loans
from puhui.loans.fold import terms_of
from puhui.loans.keeping import NewEvent
from puhui.loans.models import Loan

OWING = ("performing", "overdue", "non_accrual", "terminated", "written_off")
RUNNING = ("performing", "overdue", "non_accrual")


def _event(work: Work, kind: str, statuses: tuple[str, ...], detail: dict[str, Any] | None = None, act: str = "") -> Done:
    """One event of a kind on the target, with the argument `amount_fen` where the act has it; the reason goes into the audit trail."""
    check(loan_faults(work.target, work.when, work.day, statuses))
    event = NewEvent(kind, work.when, work.key, work.arguments.get("amount_fen"), detail or {})
    particulars = {name: work.arguments[name] for name in ("reason", "evidence") if work.arguments.get(name)}
    return work.happen(act or kind, event, particulars={**particulars, **(detail or {})})


def _charge(work: Work) -> Done:
    return _event(work, "fee", OWING, {"kind": work.arguments["kind"]})


CHARGE = Act(
    "charge",
    "loan",
    _charge,
    (amount(), choice("kind", "fee", "cost", "penalty"), text("reason", "what it is charged for"), day()),
)


def _waive(work: Work) -> Done:
    return _event(work, "waiver", OWING, {"of": work.arguments["of"]})


WAIVE = Act(
    "waive",
    "loan",
    _waive,
    (amount(), choice("of", "penalty", "compound", "fee", "interest", "principal"), text("reason", "why it is forgiven"), day()),
)


def _refund(work: Work) -> Done:
    return _event(work, "refund", (*OWING, "closed"))


REFUND = Act("refund", "loan", _refund, (amount(), text("reason", "why it is paid back"), day()))


def _change_rate(work: Work) -> Done:
    return _event(work, "rate_change", RUNNING, {"rate_e8": int(work.arguments["rate_annual"] * RATE_SCALE)})


CHANGE_RATE = Act("change_rate", "loan", _change_rate, (rate(), text("reason", "what the new rate rests on"), day()))


def _span_faults(work: Work) -> Iterator[Fault]:
    until: date = work.arguments["until"]
    if until < work.when:
        yield Fault("until", until.isoformat(), f"a day from {work.when} on, the day from which it holds")


def _pause(work: Work) -> Done:
    check(_span_faults(work))
    return _event(work, "pause", RUNNING, {"until": work.arguments["until"].isoformat()})


PAUSE = Act("pause", "loan", _pause, (day("until", required=True), text("reason", "why no interest runs"), day()))


def _no_penalty_faults(loan: Loan) -> Iterator[Fault]:
    if terms_of(loan.terms).penalty is None:
        yield Fault("event", "misuse", "a loan with a penalty agreed", "Record the finding on the class page, which needs no rate.")


def _record_misuse(work: Work) -> Done:
    """The event, and what it means for the class: the purpose was changed without consent."""
    check([*_span_faults(work), *_no_penalty_faults(work.target)])
    done = _event(work, "misuse", RUNNING, {"until": work.arguments["until"].isoformat()})
    add_finding(work, work.target, "purpose_changed", work.arguments["evidence"])
    (classed,) = classify_loans(work.institution, work.day, [work.target.pk], actor=work.actor)
    return Done({**done.answer, "class": classed.after}, done.result)


RECORD_MISUSE = Act(
    "record_misuse",
    "loan",
    _record_misuse,
    (amount(), day("until", required=True), text("evidence", "what shows the use for something else"), day()),
)


def _terminate(work: Work) -> Done:
    return _event(work, "termination", RUNNING)


TERMINATE = Act("terminate", "loan", _terminate, (text("reason", "the ground in the contract, and how the borrower was told"), day()))


def _write_off(work: Work) -> Done:
    return _event(work, "write_off", ("performing", "overdue", "non_accrual", "terminated"))


def _owed_fen(work: Work) -> int:
    loan: Loan = work.target
    return loan.principal_fen


WRITE_OFF = Act(
    "write_off",
    "loan",
    _write_off,
    (text("reason", "the ground for writing it off"), text("evidence", "the resolution and the proof of loss"), day()),
    _owed_fen,
)
