"""What an act is, and how it is carried out: key, lock, effect, answer, in one transaction.

An act names its target, its arguments and its effect, a function that is handed the work: the locked target, the arguments read,
the open day. Pages, programs and the API all come through `execute` (or `commands.perform`, which also asks who may do it), so an act
means the same whoever asks. The order of locks is the same everywhere: the open day, the key, contracts, loans by number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db import transaction

from puhui.books import actions as books
from puhui.calculations.events import EVENT_TYPES
from puhui.calculations.faults import Fault, FaultsError, check
from puhui.calculations.posting import Counters
from puhui.decisions.exposures import lock_firms
from puhui.loans.act_arguments import Argument, read_arguments
from puhui.loans.command_log import Begun, Request, begin, finish, told_when_busy
from puhui.loans.keeping import Change, Kept, NewEvent, counters_at, keep
from puhui.loans.models import Contract, Event, Loan
from puhui.parties.actions import record_audit
from puhui.parties.models import Firm, Institution

__all__ = [
    "Act",
    "Argument",
    "Before",
    "Done",
    "Outcome",
    "Work",
    "execute",
    "loan_faults",
    "lock_loans",
    "open_day",
    "run_locked",
    "state_fault",
]


def state_fault(what: str, found: str, expected: str, remedy: str = "") -> FaultsError:
    """One thing that is not as the act needs it."""
    return FaultsError([Fault(what, found, expected, remedy)])


@dataclass(frozen=True)
class Before:
    """Where a loan stood before the act: what the books held, what it owed."""

    counters: Counters
    status: str
    overdue_since: date | None
    maturity: date


@dataclass(frozen=True)
class Done:
    """What an effect did: the answer that is stored and given again, and the record itself for the caller in the same process."""

    answer: dict[str, Any]
    result: Any = None


@dataclass
class Work:
    """An act under way. `made_on` is the day on which it was asked for, `day` the open day on which it happens."""

    institution: Institution
    day: date
    made_on: date
    key: str
    actor: str
    target: Any
    arguments: dict[str, Any]
    kept: list[Kept] = field(default_factory=list)
    before: dict[int, Before] = field(default_factory=dict)

    @property
    def when(self) -> date:
        """The day of effect."""
        return self.arguments.get("on") or self.made_on

    def keep(self, changes: Sequence[Change]) -> list[Kept]:
        """Carry out changes to loans, remembering what they were before."""
        unknown = [change.event.type for change in changes if change.event and change.event.type not in EVENT_TYPES]
        check(Fault("event", kind, "an event that the calculators settle: " + ", ".join(EVENT_TYPES)) for kind in unknown)
        for change in changes:
            loan = change.loan
            stood = Before(counters_at(loan, self.day - timedelta(days=1)), loan.status, loan.overdue_since, loan.maturity)
            self.before.setdefault(loan.pk, stood)
        kept = keep(self.institution, self.day, changes, self.actor)
        self.kept += kept
        return kept

    def happen(self, act: str, event: NewEvent, loan: Loan | None = None, particulars: Mapping[str, Any] | None = None) -> Done:
        """One event on a loan (the target unless another is named), with its record in the audit trail."""
        loan = loan or self.target
        (kept,) = self.keep([Change(loan, act, event)])
        assert kept.event is not None
        detail = {"event": kept.event.number, "amount_fen": event.amount_fen, "date": event.date.isoformat(), **(particulars or {})}
        record_audit(self.institution, self.actor, f"loan.{event.type}", "loan", loan.pk, detail)
        answer = {"loan": loan.pk, "number": loan.number, **detail, "event": kept.event.pk, "event_number": kept.event.number}
        return Done(answer, kept.event)

    def event_key(self, place: int) -> str:
        """The key of the act's event number `place` (from 0), where one act makes several."""
        return self.key if place == 0 else f"{self.key}#{place}"


@dataclass(frozen=True)
class Act:
    """`run` carries it out. `amount_fen` tells what it is about, for the question whether a second person is needed; `restore` finds the
    record of an earlier answer."""

    name: str
    target: str  # loan, contract, firm
    run: Callable[[Work], Done]
    arguments: tuple[Argument, ...] = ()
    amount_fen: Callable[[Work], int] = lambda work: int(work.arguments.get("amount_fen") or 0)
    restore: Callable[[Mapping[str, Any]], Any] = lambda answer: Event.objects.get(pk=answer["event"])


@dataclass(frozen=True)
class Outcome:
    """What came of a request: the stored answer, and the record it tells of."""

    command_id: int
    answer: dict[str, Any]
    result: Any
    work: Work | None = None  # None where an earlier request had done it


def execute(act: Act, target: Any, arguments: Mapping[str, Any], key: str, actor: str) -> Outcome:
    """Carry out an act at once, for a caller that has settled who may; the same key again gives the first answer.

    `arguments` is JSON, as `act.arguments` names it. Raises FaultsError: arguments that cannot be read, what the act refuses, a key used
    for something else, a command that still waits for a second person, somebody else at work on the target for too long.
    """
    institution = target.institution
    read = read_arguments(act.arguments, arguments)
    with told_when_busy(f"{act.target} {getattr(target, 'number', target.pk)}"), transaction.atomic():
        day = open_day(institution)
        begun = begin(institution, day, Request(act.name, act.target, target.pk, arguments, key), actor)
        if begun.earlier is not None:
            return earlier_outcome(act, begun)
        work = Work(institution, day, day, key, actor, lock_target(act, target), read)
        return run_locked(act, work, begun.command_id)


def run_locked(act: Act, work: Work, command_id: int, checker: str = "") -> Outcome:
    """Carry out an act on its locked target, store the answer and tell the outbox, inside the caller's transaction."""
    done = act.run(work)
    told = {"act": act.name, "command": command_id, "day": work.day.isoformat(), **done.answer}
    finish(work.institution, {command_id: done.answer}, [(f"{act.target}.{act.name}", told)], checker)
    return Outcome(command_id, done.answer, done.result, work)


def earlier_outcome(act: Act, begun: Begun) -> Outcome:
    """The answer of the request that had the key before."""
    earlier = begun.earlier
    assert earlier is not None
    if earlier.status != "done" or earlier.answer is None:
        raise state_fault(f"key {earlier.key}", f"a command that is {earlier.status}", "one that is done", earlier.reason)
    return Outcome(earlier.pk, earlier.answer, act.restore(earlier.answer))


def open_day(institution: Institution) -> date:
    """The open day, which stays so until the transaction ends; an institution that was read on an earlier day learns of it."""
    institution.business_date = books.open_day(institution)
    return institution.business_date


def lock_target(act: Act, target: Any) -> Any:
    """The target as it is now, locked until the transaction ends."""
    if act.target == "loan":
        return lock_loans([target.pk])[target.pk]
    if act.target == "contract":
        return Contract.objects.select_for_update(of=("self",)).select_related("institution", "decision", "firm").get(pk=target.pk)
    assert isinstance(target, Firm)
    return lock_firms([target.pk])[target.pk]


def lock_loans(ids: Iterable[int]) -> dict[int, Loan]:
    """Loans by id, locked in the order of their ids, with institution and contract."""
    rows = Loan.objects.select_for_update(no_key=True, of=("self",)).select_related("institution", "contract")
    return {loan.pk: loan for loan in rows.filter(pk__in=list(ids)).order_by("pk")}


def loan_faults(loan: Loan, when: date, day: date, statuses: Iterable[str] = ()) -> list[Fault]:
    """What keeps an act from a loan: it is closed (or, where there are `statuses`, in none of them), or the day is outside its life."""
    faults = []
    allowed = tuple(statuses)
    if loan.status not in allowed if allowed else loan.status == "closed":
        expected = "a loan that is " + " or ".join(allowed) if allowed else "a loan that is open"
        faults.append(Fault(f"loan {loan.number}", loan.status, expected))
    if not loan.start <= when <= day:
        faults.append(Fault("date", when.isoformat(), f"{loan.start} to {day}, the open day"))
    return faults
