"""Credit lines (随借随还): a cleared contract opened as a line, draws up to its limit, reduction, freeze, release, closing, expiry.

While a line is open what is repaid can be drawn again: exposure counts by the limit, drawn or not, and what is not drawn is a
commitment in the memo books. Draws with dues of their own are notes of their own; draws on a pooled line are events on one note that
falls due at the line's end. Nothing is drawn after the line's last day, while it is frozen, or beyond its limit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Case, F, Q, QuerySet, Sum, When

from puhui.books.actions import post
from puhui.books.chart import role_code
from puhui.books.queries import cell_balances
from puhui.calculations.calendar import parse_date
from puhui.calculations.faults import Fault, check
from puhui.calculations.money import amount_text, currency_exponent
from puhui.decisions.actions import move_exposures, release_exposures
from puhui.decisions.models import Exposure
from puhui.loans.act_arguments import amount, count, day, text
from puhui.loans.acts import Act, Done, Work, lock_loans, state_fault
from puhui.loans.credit_models import CreditLine, LineChange
from puhui.loans.drawing import new_loan, start_loans, taxed
from puhui.loans.keeping import NewEvent
from puhui.loans.models import Contract, Event, Loan
from puhui.parties.actions import record_audit, record_audits
from puhui.parties.models import Institution, User
from puhui.parties.queries import limit_to_user

LIVE = (CreditLine.Status.OPEN, CreditLine.Status.FROZEN)


def _line_of_answer(answer: Any) -> CreditLine:
    return CreditLine.objects.get(pk=answer["line"])


def _open_line(work: Work) -> Done:
    contract: Contract = work.target
    until = work.arguments["until"] or parse_date((contract.terms.get("line") or {}).get("until"))
    faults = []
    if contract.status != Contract.Status.CLEARED:
        faults.append(Fault(f"contract {contract.number}", contract.status, "cleared", "A second person checks the conditions first."))
    if until is None or until < work.day:
        faults.append(Fault("until", str(until), f"the last day of draws, {work.day} or later"))
    check(faults)
    assert until is not None
    line = CreditLine.objects.create(
        institution=work.institution, firm_id=contract.firm_id, contract=contract, limit_fen=contract.amount_fen, until=until
    )
    contract.status, contract.revolves = Contract.Status.DRAWN, True
    contract.save(update_fields=["status", "revolves"])
    return _changed(work, line, "open")


OPEN_LINE = Act("open_line", "contract", _open_line, (day("until"),), lambda work: int(work.target.amount_fen), _line_of_answer)


def _changed(work: Work, line: CreditLine, act: str) -> Done:
    """Keep the change of a line, with its row in the audit trail."""
    reason = work.arguments.get("reason") or ""
    LineChange.objects.create(
        line=line, day=work.day, act=act, limit_fen=line.limit_fen, status=line.status, reason=reason, recorded_by=work.actor
    )
    detail = {"limit_fen": line.limit_fen, "status": line.status, "until": line.until.isoformat(), "reason": reason}
    record_audit(work.institution, work.actor, f"line.{act}", "contract", line.contract_id, detail)
    return Done({"contract": line.contract_id, "line": line.pk, **detail}, line)


def _locked(work: Work, *statuses: str) -> CreditLine:
    """The contract's line, locked. Raises FaultsError where there is none, or it is in another state."""
    line = CreditLine.objects.select_for_update(of=("self",)).filter(contract=work.target).first()
    if line is None:
        raise state_fault(f"contract {work.target.number}", "no line", "a contract that holds a line", "Open the line first.")
    if line.status not in statuses:
        raise state_fault(f"line of contract {work.target.number}", line.status, " or ".join(statuses))
    return line


def _draw(work: Work) -> Done:
    line = _locked(work, *LIVE)
    contract: Contract = work.target
    check(_draw_faults(work, line))
    if (contract.terms.get("line") or {}).get("dues") == "pooled":
        return _draw_pooled(work, line)
    terms = _draw_terms(work)
    line.draw_count += 1
    line.save(update_fields=["draw_count"])
    loan = new_loan(contract, work.day, line.draw_count, terms, work.arguments["amount_fen"])
    (loan,) = Loan.objects.bulk_create(taxed(work, [loan]))
    start_loans(work, [(loan, work.key)], "drawdown", "settlement")
    event = Event.objects.get(loan=loan, number=1)
    return Done({"loan": loan.pk, "number": loan.number, "amount_fen": loan.amount_fen, "event": event.pk}, event)


def _draw_faults(work: Work, line: CreditLine) -> Iterator[Fault]:
    what = f"line of contract {work.target.number}"
    if line.status == CreditLine.Status.FROZEN:
        yield Fault(what, "frozen", "open", "Release it first.")
    if work.day > line.until:
        yield Fault(what, f"ended on {line.until}", "a line that is not past its last day")
    left, asked = available(line), work.arguments["amount_fen"]
    if asked > left:
        yield Fault("amount", f"{asked / 100:.2f}", f"at most {left / 100:.2f}, what is not drawn of {line.limit_fen / 100:.2f}")


def available(line: CreditLine) -> int:
    """What can still be drawn on a line that is open."""
    reserved: int = Exposure.objects.values_list("reserved_fen", flat=True).get(decision_id=line.contract.decision_id)
    return reserved


def _draw_terms(work: Work) -> dict[str, Any]:
    """The terms of one draw: the contract's, for its own amount, and where asked for its own number of instalments."""
    terms = {name: value for name, value in work.target.terms.items() if name != "line"}
    terms["amount"] = amount_text(work.arguments["amount_fen"], currency_exponent(work.institution.currency) or 0)
    if work.arguments["instalments"] is not None:
        terms["instalments"] = work.arguments["instalments"]
        terms.pop("maturity", None)
    if work.arguments["maturity"] is not None:
        terms["maturity"] = work.arguments["maturity"].isoformat()
        for name in ("instalments", "first_due", *(() if "settlement_day" in terms else ("every",))):
            terms.pop(name, None)
    return terms


def _draw_pooled(work: Work, line: CreditLine) -> Done:
    """A draw on the one note of a pooled line, which the first draw starts."""
    contract, asked = work.target, work.arguments["amount_fen"]
    line.draw_count += 1
    line.save(update_fields=["draw_count"])
    running = Loan.objects.filter(contract=contract).exclude(status="closed").values_list("pk", flat=True).first()
    if running is not None:
        return work.happen("drawdown", NewEvent("drawdown", work.day, work.key, asked), lock_loans([running])[running])
    number = Loan.objects.filter(contract=contract).count() + 1
    (loan,) = Loan.objects.bulk_create(taxed(work, [new_loan(contract, work.day, number, None, line.limit_fen)]))
    start_loans(work, [(loan, work.key)], "drawdown", "settlement", asked)
    event = Event.objects.get(loan=loan, number=1)
    return Done({"loan": loan.pk, "number": loan.number, "amount_fen": asked, "event": event.pk}, event)


DRAW_ON_LINE = Act("draw_on_line", "contract", _draw, (amount(), count("instalments", required=False), day("maturity")))


def _reduce(work: Work) -> Done:
    line = _locked(work, *LIVE)
    new, drawn = work.arguments["limit_fen"], line.limit_fen - available(line)
    if not drawn <= new < line.limit_fen:
        expected = f"below {line.limit_fen / 100:.2f} and not below {drawn / 100:.2f}, which is drawn"
        raise state_fault("limit", f"{new / 100:.2f}", expected)
    move_exposures([(work.target.decision_id, line.limit_fen - new, 0)])
    line.limit_fen = new
    line.save(update_fields=["limit_fen"])
    return _changed(work, line, "reduce")


REDUCE_LINE = Act(
    "reduce_line", "contract", _reduce, (amount("limit_fen"), text("reason", "why it is reduced")), lambda work: 0, _line_of_answer
)


def _freeze(work: Work) -> Done:
    line = _locked(work, CreditLine.Status.OPEN)
    line.status = CreditLine.Status.FROZEN
    line.save(update_fields=["status"])
    return _changed(work, line, "freeze")


FREEZE_LINE = Act("freeze_line", "contract", _freeze, (text("reason", "why nothing may be drawn"),), lambda work: 0, _line_of_answer)


def _release(work: Work) -> Done:
    line = _locked(work, CreditLine.Status.FROZEN)
    line.status = CreditLine.Status.OPEN
    line.save(update_fields=["status"])
    return _changed(work, line, "release")


RELEASE_LINE = Act("release_line", "contract", _release, (text("reason", "why it is open again"),), lambda work: 0, _line_of_answer)


def _close(work: Work) -> Done:
    line = _locked(work, *LIVE)
    line.status = CreditLine.Status.CLOSED
    line.save(update_fields=["status"])
    work.target.revolves = False
    work.target.save(update_fields=["revolves"])
    release_exposures([work.target.decision_id])
    return _changed(work, line, "close")


CLOSE_LINE = Act("close_line", "contract", _close, (text("reason", "why it ends"),), lambda work: 0, _line_of_answer)


@transaction.atomic
def expire_lines(institution: Institution, on: date, actor: str = "day end") -> int:
    """End every line whose last day is before `on`: what was not drawn is no commitment any more. Set by set; again changes nothing."""
    past = CreditLine.objects.filter(institution=institution, status__in=LIVE, until__lt=on)
    lines = list(past.select_for_update(of=("self",)).select_related("contract").order_by("contract_id"))
    CreditLine.objects.filter(pk__in=[line.pk for line in lines]).update(status=CreditLine.Status.EXPIRED)
    Contract.objects.filter(pk__in=[line.contract_id for line in lines]).update(revolves=False)
    release_exposures([line.contract.decision_id for line in lines])
    LineChange.objects.bulk_create(
        [
            LineChange(line=line, day=on, act="expire", limit_fen=line.limit_fen, status=CreditLine.Status.EXPIRED, recorded_by=actor)
            for line in lines
        ]
    )
    record_audits(institution, actor, "line.expire", "contract", [(line.contract_id, {"until": line.until}) for line in lines])
    return len(lines)


def undrawn_fen(institution: Institution) -> int:
    """What may still be drawn on all lines that are open or frozen."""
    live = Q(decision__contract__line__status__in=LIVE, institution=institution)
    return int(Exposure.objects.filter(live).aggregate(sum=Sum("reserved_fen"))["sum"] or 0)


def undrawn_booked_fen(institution: Institution, on: date) -> int:
    """The undrawn commitments that stand in the memo books after a day."""
    return sum(cell.balance_fen for cell in cell_balances(institution, on, [role_code(institution, "memo_undrawn", on)]))


@transaction.atomic
def post_commitments(institution: Institution, on: date, actor: str = "day end") -> int:
    """Bring the undrawn commitments of the memo books to what may still be drawn; returns the difference posted."""
    difference = undrawn_fen(institution) - undrawn_booked_fen(institution, on)
    if difference:
        pair = ("memo_undrawn", "memo_counterpart") if difference > 0 else ("memo_counterpart", "memo_undrawn")
        post(institution, "commitments", on, [(*pair, abs(difference))], recorded_by=actor)
    return difference


@dataclass(frozen=True)
class LineState:
    """Where a line stands: what is drawn and what may still be drawn, in the smallest unit."""

    line: CreditLine
    drawn_fen: int
    available_fen: int
    draws: int


def line_state(line: CreditLine, on: date) -> LineState:
    """A line on the open day."""
    return line_states([line], on)[0]


def line_states(lines: Iterable[CreditLine], on: date) -> list[LineState]:
    """Lines on the open day, in their order. One query for what is drawn on all of them."""
    lines = list(lines)
    owed = F("lent_fen") - F("principal_repaid_fen") - F("principal_waived_fen")
    rows = Loan.objects.filter(contract_id__in=[line.contract_id for line in lines]).values("contract_id").annotate(owed=Sum(owed))
    drawn = {row["contract_id"]: int(row["owed"] or 0) for row in rows}
    return [_state(line, drawn.get(line.contract_id, 0), on) for line in lines]


def _state(line: CreditLine, drawn: int, on: date) -> LineState:
    open_now = line.status == CreditLine.Status.OPEN and on <= line.until
    return LineState(line, drawn, line.limit_fen - drawn if open_now else 0, line.draw_count)


def lines_of(user: User, status: str | None) -> QuerySet[CreditLine]:
    """Lines that a user may see: the live ones first, then by their last day."""
    rows = limit_to_user(CreditLine.objects.all(), user, firm="firm_id").select_related("firm", "contract__institution", "institution")
    rows = rows.filter(status=status) if status else rows
    return rows.order_by(Case(When(status__in=LIVE, then=0), default=1), "until", "pk")


def contracts_to_open(user: User) -> QuerySet[Contract]:
    """Cleared contracts whose terms hold a line that is not opened yet."""
    rows = limit_to_user(Contract.objects.filter(status=Contract.Status.CLEARED, terms__line__limit__isnull=False), user, firm="firm_id")
    return rows.select_related("firm", "institution").order_by("pk")
