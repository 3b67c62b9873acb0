"""Payout of cleared contracts, one or many, and giving up a contract before any money went out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import transaction

from puhui.calculations.faults import Fault, check
from puhui.calculations.rate_steps import rate_on, started
from puhui.calculations.replay import replay
from puhui.decisions.actions import release_exposures
from puhui.decisions.exposures import exposure_of_firms
from puhui.loans.act_arguments import amount, day, text
from puhui.loans.acts import Act, Done, Work, execute, loan_faults, open_day, state_fault
from puhui.loans.collateral import payout_faults
from puhui.loans.command_log import Request, begin_many, finish, told_when_busy
from puhui.loans.fold import terms_of
from puhui.loans.keeping import Change, NewEvent
from puhui.loans.models import Contract, Event, Loan
from puhui.loans.taxing import post_stamp_duties, tax_of_contract
from puhui.parties.actions import record_audit
from puhui.parties.models import Institution


def draw_down(contract: Contract, key: str, actor: str, *, amount_fen: int | None = None, on: date | None = None) -> Loan:
    """Pay out a cleared contract, whole or its first part: the loan starts on `on` (the open day if not given).

    The same key again gives the same loan. Raises FaultsError: not cleared, more than the contract, a day after the open one.
    """
    loan: Loan = execute(DRAW_DOWN, contract, {"amount_fen": amount_fen, "on": on.isoformat() if on else None}, key, actor).result
    return loan


def draw_more(loan: Loan, amount_fen: int, key: str, actor: str, *, on: date | None = None) -> Event:
    """Pay out a further part of a loan's contract; due dates stay those from its start. The same key again gives the same event."""
    event: Event = execute(DRAW_MORE, loan, {"amount_fen": amount_fen, "on": on.isoformat() if on else None}, key, actor).result
    return event


def draw_down_many(institution: Institution, requests: Sequence[tuple[Contract, str]], actor: str) -> list[Loan]:
    """Pay out cleared contracts of one institution together, all or none; loans in the order of the requests."""
    asked = {key: contract for contract, key in requests}
    _check_requests(institution, requests)
    with told_when_busy("contracts"), transaction.atomic():
        today = open_day(institution)
        begun = begin_many(institution, today, [Request("draw_down", "contract", each.pk, {}, key) for key, each in asked.items()], actor)
        earlier = {each.earlier.key: (each.earlier.answer or {}).get("loan") for each in begun if each.earlier is not None}
        ids = {key: each.command_id for key, each in zip(asked, begun, strict=True)}
        fresh = {key: asked[key].pk for key in asked if key not in earlier}
        locked = Contract.objects.select_for_update(of=("self",)).select_related("decision", "institution", "firm")
        contracts = {each.pk: each for each in locked.filter(pk__in=fresh.values()).order_by("pk")}
        work = Work(institution, today, today, "", actor, None, {})
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


def pay_out(
    work: Work,
    contracts: Sequence[tuple[Contract, str]],
    *,
    act: str = "drawdown",
    through: str = "settlement",
    amount_fen: int | None = None,
) -> list[Loan]:
    """Loans of locked contracts, each with the key of its drawdown; the money comes `through` an account (a role of the books).

    `amount_fen`: the first part only. The loan starts on the act's day of effect.
    """
    check(
        Fault(f"contract {contract.number}", contract.status, "cleared", "A second person checks the conditions first.")
        for contract, _ in contracts
        if contract.status != Contract.Status.CLEARED
    )
    if not contracts:
        return []
    new = [new_loan(contract, work.when) for contract, _ in contracts]
    check(fault for loan in new for fault in payout_faults(loan.contract, loan.start, loan.maturity))
    loans = Loan.objects.bulk_create(taxed(work, new))
    start_loans(work, [(loan, key) for loan, (_, key) in zip(loans, contracts, strict=True)], act, through, amount_fen)
    Contract.objects.filter(pk__in=[contract.pk for contract, _ in contracts]).update(status=Contract.Status.DRAWN)
    return loans


def start_loans(work: Work, loans: Sequence[tuple[Loan, str]], act: str, through: str, amount_fen: int | None = None) -> None:
    """The first drawdown of new loans, each with its key."""
    changes = [
        Change(loan, act, NewEvent("drawdown", loan.start, key, amount_fen or loan.amount_fen, {}), through=through) for loan, key in loans
    ]
    work.keep(changes)
    numbers = [loan.number for loan, _ in loans]
    detail = {"loans": numbers[:50], "count": len(numbers)}
    record_audit(work.institution, work.actor, "loan.drawn", "loan", loans[0][0].pk, detail)


def new_loan(contract: Contract, start: date, number: int = 1, terms: dict[str, Any] | None = None, amount_fen: int | None = None) -> Loan:
    """The note of a contract that starts on a day, not stored yet: the contract's whole amount on its terms, unless others are given."""
    terms = started(terms or contract.terms, start)
    amount_fen = contract.amount_fen if amount_fen is None else amount_fen
    rows = replay(terms_of(terms), (), start).rows
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
        rate_ppm=round(rate_on(terms, 0) * 1_000_000),
        start=start,
        maturity=rows[-1].due,
        state_date=start,
        status="undrawn",
    )


def taxed(work: Work, loans: Sequence[Loan]) -> Sequence[Loan]:
    """New loans with the tax inside their interest and fees; the stamp duty of their contracts is posted, once a contract."""
    exposures = exposure_of_firms({loan.firm_id for loan in loans})
    for loan in loans:
        tax = tax_of_contract(loan.contract, work.day, loan.rate_ppm, exposure=exposures[loan.firm_id])
        loan.interest_tax_ppm, loan.fee_tax_ppm = tax.interest_ppm, tax.fee_ppm
        loan.non_accrual_profile = work.institution.non_accrual_profile
    post_stamp_duties(work.institution, [loan.contract for loan in loans], work.actor)
    return loans


def _answer(loan: Loan) -> dict[str, Any]:
    return {"loan": loan.pk, "number": loan.number, "amount_fen": loan.amount_fen, "start": loan.start.isoformat()}


def _draw_down(work: Work) -> Done:
    contract, amount_fen = work.target, work.arguments["amount_fen"]
    faults = list(_day_faults(work))
    if amount_fen is not None and amount_fen > contract.amount_fen:
        expected = f"at most {contract.amount_fen / 100:.2f}, the amount of the contract"
        faults.append(Fault("amount", f"{amount_fen / 100:.2f}", expected))
    check(faults)
    (loan,) = pay_out(work, [(contract, work.key)], amount_fen=amount_fen)
    return Done({**_answer(loan), "drawn_fen": amount_fen or loan.amount_fen}, loan)


def _day_faults(work: Work) -> list[Fault]:
    return [] if work.when <= work.day else [Fault("date", work.when.isoformat(), f"a day up to {work.day}, the open day")]


def _draw_more(work: Work) -> Done:
    loan, amount_fen = work.target, work.arguments["amount_fen"]
    faults = loan_faults(loan, work.when, work.day, ("performing",))
    if loan.contract.revolves:
        faults.append(Fault(f"loan {loan.number}", "a draw on a line", "a loan paid out in parts", "Draw on the line."))
    elif amount_fen > (left := loan.amount_fen - loan.lent_fen):
        faults.append(Fault("amount", f"{amount_fen / 100:.2f}", f"at most {left / 100:.2f}, what is not drawn"))
    check(faults)
    return work.happen("drawdown", NewEvent("drawdown", work.when, work.key, amount_fen))


def loan_of_answer(answer: Any) -> Loan:
    return Loan.objects.get(pk=answer["loan"])


DRAW_DOWN = Act(
    "draw_down",
    "contract",
    _draw_down,
    (amount(required=False), day()),
    lambda work: int(work.arguments["amount_fen"] or work.target.amount_fen),
    loan_of_answer,
)
DRAW_MORE = Act("draw_more", "loan", _draw_more, (amount(), day()))


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
