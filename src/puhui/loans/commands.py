"""The one entry for acts of signed-in people: who may, what it would do, and the second person where one must agree.

`perform` carries an act out, or leaves it waiting where product or amount ask for a second person; then it was tried already, without
effect, so that whoever asks learns at once what is wrong with it. `approve` carries it out as asked for, effective on the day on which
it was asked for; `refuse` ends it. `preview` tells what an act would do: it is carried out whole and rolled back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from puhui.calculations.faults import check
from puhui.calculations.position import Row
from puhui.calculations.posting import Counters, Transfer
from puhui.loans.act_arguments import read_arguments
from puhui.loans.act_registry import act_named
from puhui.loans.acts import Act, Work, lock_target, open_day, run_locked, state_fault
from puhui.loans.command_log import Request, begin, told_when_busy
from puhui.loans.command_models import Command
from puhui.loans.fold import Fold
from puhui.loans.keeping import events_of, fold_loan
from puhui.loans.models import Contract, Event, Loan
from puhui.loans.powers import Power, checker_faults, maker_faults, power_of
from puhui.parties.actions import record_audit
from puhui.parties.models import Firm, User
from puhui.parties.queries import limit_to_user

Target = Loan | Contract | Firm


@dataclass(frozen=True)
class Performed:
    """What came of a request: done with its answer, or waiting with the reason."""

    command_id: int
    status: str
    answer: dict[str, Any] | None
    reason: str = ""
    result: Any = None


def perform(user: User, act: str, target: Target, arguments: Mapping[str, Any], key: str) -> Performed:
    """Carry out an act for a user, or leave it waiting for a second person. The same key again gives what became of the first request.

    `arguments` is JSON as the act names it (`act_registry.ACTS`). Raises FaultsError: a user who may not, arguments that cannot be read,
    what the act itself refuses, a key used for something else, somebody else at work on the target for too long.
    """
    found = act_named(act)
    power = _power(found, target)
    check(maker_faults(power, act, user, target))
    _check_own(found, user, target)
    read = read_arguments(found.arguments, arguments)
    with told_when_busy(_named(found, target)), transaction.atomic():
        day = open_day(target.institution)
        begun = begin(target.institution, day, Request(act, found.target, target.pk, arguments, key), user.username)
        if begun.earlier is not None:
            return _of_earlier(found, begun.earlier)
        work = Work(target.institution, day, day, key, user.username, lock_target(found, target), read)
        why = power.why_second(found.amount_fen(work))
        if not why:
            done = run_locked(found, work, begun.command_id)
            return Performed(begun.command_id, "done", done.answer, "", done.result)
        _try(found, work)
        Command.objects.filter(pk=begun.command_id).update(reason=why)
        record_audit(target.institution, user.username, "command.waits", "command", begun.command_id, {"act": act, "target": target.pk})
        return Performed(begun.command_id, "waiting", None, why)


def approve(user: User, command: Command) -> Performed:
    """A second person agrees: the act happens today, effective on the day on which it was asked for. Approving twice changes nothing.

    Raises FaultsError: the same person, a role that may not check, a command that was refused, what the act itself refuses today.
    """
    act = act_named(command.act)
    target = target_of(command)
    with told_when_busy(_named(act, target)), transaction.atomic():
        day = open_day(command.institution)
        locked = Command.objects.select_for_update(of=("self",)).select_related("institution").get(pk=command.pk)
        if locked.status == Command.Status.DONE:
            return _of_earlier(act, locked)
        _check_waiting(locked)
        check(checker_faults(_power(act, target), act.name, user, locked.maker, locked.institution_id))
        read = read_arguments(act.arguments, locked.request)
        work = Work(locked.institution, day, locked.business_date, locked.key, locked.maker, lock_target(act, target), read)
        detail = {"act": act.name, "maker": locked.maker}
        record_audit(locked.institution, user.username, "command.approved", "command", locked.pk, detail)
        done = run_locked(act, work, locked.pk, checker=user.username)
        return Performed(locked.pk, "done", done.answer, "", done.result)


@transaction.atomic
def refuse(user: User, command: Command, reason: str) -> Performed:
    """A second person says no, or the maker takes the request back. Refusing twice changes nothing."""
    locked = Command.objects.select_for_update(of=("self",)).select_related("institution").get(pk=command.pk)
    if locked.status == Command.Status.REFUSED:
        return Performed(locked.pk, "refused", None, locked.reason)
    _check_waiting(locked)
    act = act_named(locked.act)
    if not reason.strip():
        raise state_fault("reason", "none", "why it is refused")
    if user.username != locked.maker:
        check(checker_faults(_power(act, target_of(locked)), act.name, user, locked.maker, locked.institution_id))
    locked.status, locked.reason, locked.checker, locked.decided_at = Command.Status.REFUSED, reason.strip(), user.username, timezone.now()
    locked.save(update_fields=["status", "reason", "checker", "decided_at"])
    record_audit(locked.institution, user.username, "command.refused", "command", locked.pk, {"act": act.name, "reason": locked.reason})
    return Performed(locked.pk, "refused", None, locked.reason)


@dataclass(frozen=True)
class LoanPreview:
    """One loan before and after an act: what is owed by component, the schedule, what the books get. Amounts in the smallest unit."""

    loan_id: int
    number: str
    before: dict[str, Any]
    after: dict[str, Any]
    schedule: tuple[Row, ...]
    transfers: tuple[Transfer, ...]


@dataclass(frozen=True)
class Preview:
    """What an act would do; `second_person` tells why one would have to agree, empty where none must."""

    loans: tuple[LoanPreview, ...]
    answer: dict[str, Any]
    second_person: str


class _RolledBackError(Exception):
    """Leaves a transaction without effect."""


def preview(user: User, act: str, target: Target, arguments: Mapping[str, Any]) -> Preview:
    """What an act would do, with nothing changed. Raises FaultsError as the act itself would."""
    found = act_named(act)
    check(maker_faults(_power(found, target), act, user, target))
    _check_own(found, user, target)
    read = read_arguments(found.arguments, arguments)

    def begun() -> Work:
        day = open_day(target.institution)
        request = Request(act, found.target, target.pk, arguments, f"preview {timezone.now().isoformat()} {user.pk}")
        begin(target.institution, day, request, user.username)
        return Work(target.institution, day, day, request.key, user.username, lock_target(found, target), read)

    return _rehearsed(found, target, begun)


def preview_waiting(user: User, command: Command) -> Preview:
    """What a waiting command would do if a second person agreed now, for anybody of the lender's staff; nothing is changed.

    Raises FaultsError: a command that does not wait, of another lender, what the act itself refuses today.
    """
    act, target = act_named(command.act), target_of(command)
    if user.institution_id != command.institution_id or user.role == "borrower":
        raise state_fault("user", user.username, "one of this lender's staff")
    _check_waiting(command)
    read = read_arguments(act.arguments, command.request)

    def begun() -> Work:
        day = open_day(target.institution)
        return Work(target.institution, day, command.business_date, command.key, command.maker, lock_target(act, target), read)

    return _rehearsed(act, target, begun)


def _rehearsed(act: Act, target: Target, begun: Callable[[], Work]) -> Preview:
    """An act carried out whole and rolled back."""
    power = _power(act, target)
    seen: list[Preview] = []
    with told_when_busy(_named(act, target)):
        try:
            with transaction.atomic():
                work = begun()
                why = power.why_second(act.amount_fen(work))
                done = act.run(work)
                seen.append(Preview(tuple(_loan_previews(work)), done.answer, why))
                raise _RolledBackError
        except _RolledBackError:
            pass
    return seen[0]


def _try(act: Act, work: Work) -> None:
    """Carry out an act and undo it, to learn what it would refuse."""
    try:
        with transaction.atomic():
            act.run(work)
            raise _RolledBackError
    except _RolledBackError:
        pass


def _loan_previews(work: Work) -> list[LoanPreview]:
    """Each loan that an act touched: as it stood this morning by the events before the act, and after it."""
    last = {kept.loan.pk: kept for kept in work.kept}
    transfers: dict[int, tuple[Transfer, ...]] = {}
    for kept in work.kept:
        transfers[kept.loan.pk] = transfers.get(kept.loan.pk, ()) + kept.transfers
    own = {kept.event.pk for kept in work.kept if kept.event is not None}
    history = events_of(last)
    return [
        LoanPreview(
            loan_id, kept.loan.number, _before(kept.loan, [each for each in history[loan_id] if each.pk not in own], work.day),
            _standing(kept.fold), kept.fold.position.rows, transfers[loan_id],
        )
        for loan_id, kept in last.items()
    ]  # fmt: skip


def _before(loan: Loan, events: list[Event], day: date) -> dict[str, Any]:
    """A loan without the act; one that the act itself starts owes nothing."""
    if any(event.type == "drawdown" for event in events):
        return _standing(fold_loan(loan, events, day))
    return {**owed_by_component(Counters()), "status": "undrawn", "days_past_due": 0}


def _standing(folded: Fold) -> dict[str, Any]:
    late = (folded.day - folded.overdue_since).days if folded.overdue_since else 0
    return {**owed_by_component(folded.counters), "status": folded.position.status, "days_past_due": max(late, 0)}


def owed_by_component(counters: Counters) -> dict[str, int]:
    """What is owed by component, from the counters."""
    return {
        "principal_fen": counters.principal,
        "interest_due_fen": counters.interest_receivable,
        "accrued_interest_fen": counters.accrued_interest,
        "penalty_fen": counters.penalty_receivable,
        "fee_fen": counters.fee_receivable,
        "overpaid_fen": counters.overpaid,
    }


def target_of(command: Command) -> Target:
    """The record that a command is about."""
    models: dict[str, Any] = {"loan": Loan, "contract": Contract, "firm": Firm}
    found: Target = models[command.target_kind].objects.select_related("institution").get(pk=command.target_id)
    return found


def _power(act: Act, target: Target) -> Power:
    institution = target.institution
    return power_of(act.name, getattr(target, "product_code", ""), institution.currency, institution.business_date)


def _check_own(act: Act, user: User, target: Target) -> None:
    """A borrower acts for the own firm only."""
    path = "id" if isinstance(target, Firm) else "firm_id"
    if user.role == "borrower" and not limit_to_user(type(target).objects.filter(pk=target.pk), user, firm=path).exists():
        raise state_fault(act.target, str(target.pk), f"a {act.target} of the own firm")


def _check_waiting(command: Command) -> None:
    if command.status != Command.Status.WAITING:
        raise state_fault(f"command {command.pk}", command.status, "one that waits", command.reason)


def _of_earlier(act: Act, earlier: Command) -> Performed:
    result = act.restore(earlier.answer) if earlier.status == Command.Status.DONE and earlier.answer else None
    return Performed(earlier.pk, earlier.status, earlier.answer, earlier.reason, result)


def _named(act: Act, target: Target) -> str:
    return f"{act.target} {getattr(target, 'number', target.pk)}"


def as_json(seen: Preview) -> dict[str, Any]:
    """A preview as JSON: amounts in the smallest unit, rows as in the stored schedule."""
    loans = [
        {
            **asdict(each),
            "schedule": [row._asdict() for row in each.schedule],
            "transfers": [transfer._asdict() for transfer in each.transfers],
        }
        for each in seen.loans
    ]
    return {"loans": loans, "answer": seen.answer, "second_person": seen.second_person}
