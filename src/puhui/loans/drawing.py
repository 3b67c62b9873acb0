"""Payout of cleared contracts, one or many, and giving up a contract before any money went out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import transaction

from puhui.calculations.faults import Fault, check
from puhui.decisions.actions import release_exposures
from puhui.loans.act_arguments import text
from puhui.loans.acts import Act, Done, Work, execute, open_day, state_fault
from puhui.loans.command_log import Request, begin_many, finish, told_when_busy
from puhui.loans.fold import fold, terms_of
from puhui.loans.keeping import Change, NewEvent
from puhui.loans.models import Contract, Loan
from puhui.parties.actions import record_audit
from puhui.parties.models import Institution


def draw_down(contract: Contract, key: str, actor: str) -> Loan:
    """Pay out a cleared contract: the loan starts on the open day. The same key again gives the same loan."""
    loan: Loan = execute(DRAW_DOWN, contract, {}, key, actor).result
    return loan


def draw_down_many(institution: Institution, requests: Sequence[tuple[Contract, str]], actor: str) -> list[Loan]:
    """Pay out cleared contracts of one institution together, all or none; loans in the order of the requests."""
    asked = {key: contract for contract, key in requests}
    _check_requests(institution, requests)
    with told_when_busy("contracts"), transaction.atomic():
        day = open_day(institution)
        begun = begin_many(institution, day, [Request("draw_down", "contract", each.pk, {}, key) for key, each in asked.items()], actor)
        earlier = {each.earlier.key: (each.earlier.answer or {}).get("loan") for each in begun if each.earlier is not None}
        ids = {key: each.command_id for key, each in zip(asked, begun, strict=True)}
        fresh = {key: asked[key].pk for key in asked if key not in earlier}
        locked = Contract.objects.select_for_update(of=("self",)).select_related("decision", "institution")
        contracts = {each.pk: each for each in locked.filter(pk__in=fresh.values()).order_by("pk")}
        work = Work(institution, day, day, "", actor, None, {})
        drawn = dict(zip(fresh, pay_out(work, [(contracts[pk], key) for key, pk in fresh.items()]), strict=True))
        answers = {ids[key]: _answer(loan) for key, loan in drawn.items()}
        if answers:
            finish(institution, answers, [("contract.draw_down", {"act": "draw_down", **answer}) for answer in answers.values()])
    found = Loan.objects.in_bulk([pk for pk in earlier.values() if pk]) if earlier else {}
    return [drawn[key] if key in drawn else found[earlier[key]] for _, key in requests]


def _check_requests(institution: Institution, requests: Sequence[tuple[Contract, str]]) -> None:
    faults = [
        Fault(f"contract {contract.number}", "one of another institution", f"a contract of {institution}")
        for contract, _ in requests
        if contract.institution_id != institution.pk
    ]
    keys: dict[int, str] = {}
    contracts: dict[str, int] = {}
    for contract, key in requests:
        if keys.setdefault(contract.pk, key) != key:
            faults.append(Fault(f"contract {contract.number}", f"asked for twice, with keys {keys[contract.pk]} and {key}", "once"))
        if contracts.setdefault(key, contract.pk) != contract.pk:
            faults.append(Fault(f"key {key}", "used for two contracts", "a key of its own"))
    check(faults)


def pay_out(work: Work, contracts: Sequence[tuple[Contract, str]], *, act: str = "drawdown", through: str = "settlement") -> list[Loan]:
    """Loans of locked contracts, each with the key of its drawdown; the money comes `through` an account (a role of the books)."""
    check(
        Fault(f"contract {contract.number}", contract.status, "cleared", "A second person checks the conditions first.")
        for contract, _ in contracts
        if contract.status != Contract.Status.CLEARED
    )
    if not contracts:
        return []
    loans = Loan.objects.bulk_create([new_loan(contract, work.day) for contract, _ in contracts])
    start_loans(work, [(loan, key) for loan, (_, key) in zip(loans, contracts, strict=True)], act=act, through=through)
    Contract.objects.filter(pk__in=[contract.pk for contract, _ in contracts]).update(status=Contract.Status.DRAWN)
    return loans


def start_loans(work: Work, loans: Sequence[tuple[Loan, str]], *, act: str, through: str) -> None:
    """The drawdown of new loans, each with its key."""
    changes = [Change(loan, act, NewEvent("drawdown", work.day, key, loan.amount_fen, {}), **_passing(through)) for loan, key in loans]
    work.keep(changes)
    numbers = [loan.number for loan, _ in loans]
    detail = {"loans": numbers[:50], "count": len(numbers)}
    record_audit(work.institution, work.actor, "loan.drawn", "loan", loans[0][0].pk, detail)


def _passing(through: str) -> dict[str, str]:
    return {} if through == "settlement" else {"through": through}


def new_loan(contract: Contract, day: date, number: int = 1, terms: dict[str, Any] | None = None, amount_fen: int | None = None) -> Loan:
    """The note of a contract that starts on `day`, not stored yet: the contract's whole amount on its terms, unless others are given."""
    terms = {**(terms or contract.terms), "start": day.isoformat()}
    amount_fen = contract.amount_fen if amount_fen is None else amount_fen
    rows = fold(terms_of(terms), (), day, amount_fen).position.rows
    return Loan(
        institution_id=contract.institution_id,
        firm_id=contract.firm_id,
        contract=contract,
        number=f"{contract.number}-{number}",
        product_code=contract.product_code,
        risk_class=contract.decision.risk_class,
        probability_ppm=contract.decision.probability_ppm or 0,
        terms=terms,
        amount_fen=amount_fen,
        rate_ppm=round(float(terms["rate_annual"]) * 1_000_000),
        start=day,
        maturity=rows[-1].due,
        state_date=day,
        status="undrawn",
    )


def _answer(loan: Loan) -> dict[str, Any]:
    return {"loan": loan.pk, "number": loan.number, "amount_fen": loan.amount_fen, "start": loan.start.isoformat()}


def _draw_down(work: Work) -> Done:
    (loan,) = pay_out(work, [(work.target, work.key)])
    return Done(_answer(loan), loan)


def loan_of_answer(answer: Any) -> Loan:
    return Loan.objects.get(pk=answer["loan"])


DRAW_DOWN = Act("draw_down", "contract", _draw_down, (), lambda work: int(work.target.amount_fen), loan_of_answer)


def cancel(contract: Contract, reason: str, actor: str) -> Contract:
    """Give up a contract before any money went out; what its decision reserved is free again. A second time changes nothing.

    Raises FaultsError when it is drawn, or without a reason.
    """
    current = Contract.objects.select_related("institution").get(pk=contract.pk)
    if current.status == Contract.Status.CANCELLED:
        return current
    cancelled: Contract = execute(CANCEL, current, {"reason": reason}, f"cancel-contract-{contract.pk}", actor).result
    return cancelled


def _cancel(work: Work) -> Done:
    contract: Contract = work.target
    if contract.status == Contract.Status.DRAWN:
        raise state_fault(f"contract {contract.number}", contract.status, "a contract that is not paid out", "Let the loan be paid off.")
    if contract.status != Contract.Status.CANCELLED:
        contract.status = Contract.Status.CANCELLED
        contract.save(update_fields=["status"])
        release_exposures([contract.decision_id])
        detail = {"reason": work.arguments["reason"]}
        record_audit(work.institution, work.actor, "contract.cancelled", "contract", contract.pk, detail)
    return Done({"contract": contract.pk, "number": contract.number, "status": contract.status}, contract)


CANCEL = Act(
    "cancel",
    "contract",
    _cancel,
    (text("reason", "why it is given up"),),
    lambda work: 0,
    lambda answer: Contract.objects.get(pk=answer["contract"]),
)
