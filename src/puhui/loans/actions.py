"""What can be done with a loan, each act one transaction: contract, signatures, conditions, payout, repayment, payoff, reversal.

Acts that move money carry a key. A retried request with the same key finds what the first one did and gets the same answer; the
same key with other content is refused. Every act takes the open day first (the day end cannot move on meanwhile), then the lock on
its contract or loan, so two clerks on one loan wait for each other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from puhui.books.actions import open_day
from puhui.calculations.faults import Fault, FaultsError, check
from puhui.calculations.replay import payoff_amount
from puhui.decisions.actions import release_exposures
from puhui.decisions.models import Offer
from puhui.loans.contract_text import contract_text
from puhui.loans.fold import Fold, fold, terms_of
from puhui.loans.keeping import Change, NewEvent, calculation_event, events_of, keep
from puhui.loans.models import Condition, Contract, Event, Loan, Signature
from puhui.parties.actions import record_audit, record_audits
from puhui.parties.models import Firm, Institution, Role, User
from puhui.products.actions import conditions_of

PARTIES = ("borrower", "lender")
PAYOUT_CHECKERS = {Role.OFFICER, Role.APPROVER, Role.RISK_MANAGER, Role.ACCOUNTANT}


def _state_fault(what: str, found: str, expected: str, remedy: str) -> FaultsError:
    return FaultsError([Fault(what, found, expected, remedy)])


@transaction.atomic
def draft_contract(offer: Offer, actor: str) -> Contract:
    """The contract of an accepted offer, with its conditions precedent; the one already drafted where there is one."""
    day = open_day(offer.institution)
    offer = Offer.objects.select_for_update(of=("self",)).select_related("application", "institution", "firm").get(pk=offer.pk)
    if existing := Contract.objects.filter(offer=offer).first():
        return existing
    if offer.status != Offer.Status.ACCEPTED:
        raise _state_fault(f"offer {offer.pk}", offer.status, "accepted", "The borrower accepts the offer first.")
    number = f"{offer.institution.code}-{day:%Y%m%d}-{offer.pk:06d}"
    conditions = conditions_of(offer.application.product_code, day)
    identifier = offer.firm.identifiers.order_by("pk").first()
    text = contract_text(
        number=number,
        institution=offer.institution.name,
        firm=offer.firm.name,
        identifier=f"{identifier.scheme.upper()} {identifier.value}" if identifier else "–",
        purpose=offer.application.purpose,
        terms=offer.terms,
        signed_on=day,
        annual_cost_ppm=offer.annual_cost_ppm,
        conditions=[condition.texts["zh-hans"] for condition in conditions],
    )
    contract = Contract.objects.create(
        institution=offer.institution,
        firm=offer.firm,
        decision_id=offer.decision_id,
        offer=offer,
        number=number,
        product_code=offer.application.product_code,
        amount_fen=offer.amount_fen,
        terms=offer.terms,
        text=text,
        text_digest=hashlib.sha256(text.encode()).hexdigest(),
    )
    Condition.objects.bulk_create([Condition(contract=contract, code=condition.code) for condition in conditions])
    record_audit(offer.institution, actor, "contract.drafted", "contract", contract.pk, {"number": number, "offer": offer.pk})
    return contract


@transaction.atomic
def sign(contract: Contract, party: str, signer: str, method: str, evidence: dict[str, Any], actor: str) -> Signature:
    """Record a party's signature on exactly this text; once both have signed, the contract is signed.

    Raises FaultsError for an unknown party or a contract that is past signing. Signing twice gives the first signature.
    """
    contract = Contract.objects.select_for_update(of=("self",)).select_related("institution").get(pk=contract.pk)
    if party not in PARTIES:
        raise _state_fault("party", party, " or ".join(PARTIES), "")
    if existing := contract.signatures.filter(party=party).first():
        return existing
    if contract.status != Contract.Status.DRAFTED:
        raise _state_fault(f"contract {contract.number}", contract.status, "drafted", "It is past signing.")
    if hashlib.sha256(contract.text.encode()).hexdigest() != contract.text_digest:
        raise _state_fault(f"contract {contract.number}", "a text that was changed", "the text as drafted", "Draft it anew.")
    signature = Signature.objects.create(
        contract=contract, party=party, signer=signer, method=method, text_digest=contract.text_digest, evidence=evidence
    )
    if set(contract.signatures.values_list("party", flat=True)) == set(PARTIES):
        contract.status = Contract.Status.SIGNED
        contract.save(update_fields=["status"])
    record_audit(contract.institution, actor, "contract.signed", "contract", contract.pk, {"party": party, "text": contract.text_digest})
    return signature


def meet_condition(contract: Contract, code: str, evidence: str, actor: str) -> Condition:
    """Record that one condition precedent is met; see `meet_conditions`."""
    return meet_conditions(contract, {code: evidence}, actor)[0]


@transaction.atomic
def meet_conditions(contract: Contract, evidence: Mapping[str, str], actor: str) -> list[Condition]:
    """Record that conditions precedent are met, and what shows it: code → evidence. One that is met already stays as it was recorded.

    Raises FaultsError for a cancelled contract, codes that the contract lacks, and empty evidence, all at once.
    """
    contract = Contract.objects.select_for_update(of=("self",)).select_related("institution").get(pk=contract.pk)
    conditions = {condition.code: condition for condition in contract.conditions.all()}
    faults = [
        Fault("condition", code, ", ".join(sorted(conditions)) or "none", "Name one of the contract's conditions.")
        for code in evidence
        if code not in conditions
    ]
    faults += [
        Fault(f"condition {code}", "no evidence", "what shows that it is met", "Name the document or the check.")
        for code, text in evidence.items()
        if not text.strip()
    ]
    if contract.status == Contract.Status.CANCELLED:
        faults.append(Fault(f"contract {contract.number}", contract.status, "a contract that stands"))
    check(faults)
    met = [conditions[code] for code in evidence if conditions[code].met_at is None]
    for condition in met:
        condition.met_at, condition.met_by, condition.evidence = timezone.now(), actor, evidence[condition.code].strip()
    Condition.objects.bulk_update(met, ["met_at", "met_by", "evidence"])
    details = [(contract.pk, {"code": condition.code, "evidence": condition.evidence}) for condition in met]
    record_audits(contract.institution, actor, "condition.met", "contract", details)
    return [conditions[code] for code in evidence]


@transaction.atomic
def clear(contract: Contract, user: User) -> Contract:
    """Payout review: a second person checks that contract and conditions are complete; only then may money go out.

    Raises FaultsError that names everything still missing, and when the checker recorded any of the conditions.
    """
    contract = Contract.objects.select_for_update(of=("self",)).select_related("institution").get(pk=contract.pk)
    if contract.status in (Contract.Status.CLEARED, Contract.Status.DRAWN):
        return contract
    conditions = list(contract.conditions.select_for_update().order_by("code"))
    faults = [Fault(f"condition {each.code}", "not met", "met, with evidence") for each in conditions if each.met_at is None]
    if contract.status != Contract.Status.SIGNED:
        faults.append(Fault(f"contract {contract.number}", contract.status, "signed by both parties"))
    if user.username in {each.met_by for each in conditions}:
        faults.append(Fault("checker", user.username, "a second person", "Whoever recorded a condition cannot check it."))
    if user.role not in PAYOUT_CHECKERS or user.institution_id != contract.institution_id:
        faults.append(Fault("checker", f"{user.username} ({user.role})", "an officer of this lender who may check payouts"))
    check(faults)
    now = timezone.now()
    for each in conditions:
        each.checked_at, each.checked_by = now, user.username
    Condition.objects.bulk_update(conditions, ["checked_at", "checked_by"])
    contract.status = Contract.Status.CLEARED
    contract.save(update_fields=["status"])
    record_audit(contract.institution, user.username, "contract.cleared", "contract", contract.pk, {})
    return contract


@transaction.atomic
def cancel(contract: Contract, reason: str, actor: str) -> Contract:
    """Give up a contract before any money went out; what its decision reserved is free again. A second time changes nothing.

    Raises FaultsError when it is drawn, or without a reason.
    """
    contract = Contract.objects.select_for_update(of=("self",)).select_related("institution").get(pk=contract.pk)
    if contract.status == Contract.Status.CANCELLED:
        return contract
    if contract.status == Contract.Status.DRAWN:
        raise _state_fault(f"contract {contract.number}", contract.status, "a contract that is not paid out", "Let the loan be paid off.")
    if not reason.strip():
        raise _state_fault("reason", "none", "why it is given up", "")
    contract.status = Contract.Status.CANCELLED
    contract.save(update_fields=["status"])
    release_exposures([contract.decision_id])
    record_audit(contract.institution, actor, "contract.cancelled", "contract", contract.pk, {"reason": reason.strip()})
    return contract


def draw_down(contract: Contract, key: str, actor: str) -> Loan:
    """Pay out a cleared contract: the loan starts on the open day. The same key again gives the same loan."""
    return draw_down_many(contract.institution, [(contract, key)], actor)[0]


@transaction.atomic
def draw_down_many(institution: Institution, requests: Sequence[tuple[Contract, str]], actor: str) -> list[Loan]:
    """Pay out cleared contracts of one institution together, all or none; loans in the order of the requests."""
    day = open_day(institution)
    check(
        Fault(f"contract {contract.number}", "one of another institution", f"a contract of {institution}")
        for contract, _ in requests
        if contract.institution_id != institution.pk
    )
    ids = [contract.pk for contract, _ in requests]
    contracts = {
        each.pk: each
        for each in Contract.objects.select_for_update(of=("self",)).select_related("decision").filter(pk__in=ids).order_by("pk")
    }
    drawn = {
        event.key: event.loan
        for event in Event.objects.select_related("loan").filter(institution=institution, key__in=[key for _, key in requests])
    }
    faults, fresh = [], []
    keys: dict[int, str] = {}
    for requested, key in requests:
        contract = contracts[requested.pk]
        if keys.setdefault(contract.pk, key) != key:
            faults.append(Fault(f"contract {contract.number}", f"asked for twice, with keys {keys[contract.pk]} and {key}", "once"))
            continue
        if key in drawn:
            if drawn[key].contract_id != contract.pk:
                faults.append(Fault(f"key {key}", f"used for loan {drawn[key].number}", "a key of its own"))
        elif contract.status != Contract.Status.CLEARED:
            faults.append(Fault(f"contract {contract.number}", contract.status, "cleared", "A second person checks the conditions first."))
        elif (contract, key) not in fresh:
            fresh.append((contract, key))
    check(faults)
    loans = Loan.objects.bulk_create([_new_loan(contract, day) for contract, _ in fresh])
    changes = [
        Change(loan, "drawdown", NewEvent("drawdown", day, key, loan.amount_fen, {})) for loan, (_, key) in zip(loans, fresh, strict=True)
    ]
    keep(institution, day, changes, actor)
    Contract.objects.filter(pk__in=[contract.pk for contract, _ in fresh]).update(status=Contract.Status.DRAWN)
    for loan, (_, key) in zip(loans, fresh, strict=True):
        drawn[key] = loan
    if fresh:
        numbers = [loan.number for loan in loans]
        record_audit(institution, actor, "loan.drawn", "loan", loans[0].pk, {"loans": numbers[:50], "count": len(numbers)})
    return [drawn[key] for _, key in requests]


def _new_loan(contract: Contract, day: date) -> Loan:
    terms = {**contract.terms, "start": day.isoformat()}
    frozen = terms_of(terms)
    rows = fold(frozen, (), day, contract.amount_fen).position.rows
    return Loan(
        institution_id=contract.institution_id,
        firm_id=contract.firm_id,
        contract=contract,
        number=f"{contract.number}-1",
        product_code=contract.product_code,
        risk_class=contract.decision.risk_class,
        probability_ppm=contract.decision.probability_ppm or 0,
        terms=terms,
        amount_fen=contract.amount_fen,
        rate_ppm=round(float(terms["rate_annual"]) * 1_000_000),
        start=day,
        maturity=rows[-1].due,
        state_date=day,
        status="undrawn",
    )


@transaction.atomic
def repay(loan: Loan, amount_fen: int, key: str, actor: str, *, on: date | None = None) -> Event:
    """Take in a repayment that takes effect on `on` (the open day if not given; earlier is backdated).

    Money beyond what is due repays principal early. The same key again gives the same event.
    Raises FaultsError for amounts that are not positive or beyond what closes the loan, and for days outside the loan's life.
    """
    day, locked = _lock(loan)
    if existing := _event_with_key(locked, key, "repayment", amount_fen, on):
        return existing
    when = on or day
    _check_day(locked, when, day)
    _check_amount(locked, amount_fen, when)
    return _happen(locked, day, "repayment", NewEvent("repayment", when, key, amount_fen), actor)


@transaction.atomic
def pay_off(loan: Loan, key: str, actor: str) -> Event:
    """Take in exactly what closes the loan on the open day."""
    day, locked = _lock(loan)
    if existing := _event_with_key(locked, key, "payoff"):
        return existing
    _check_day(locked, day, day)
    amount_fen = payoff_amount_on(locked, day)
    return _happen(locked, day, "payoff", NewEvent("payoff", day, key, amount_fen), actor)


@transaction.atomic
def reverse(event: Event, key: str, reason: str, actor: str) -> Event:
    """Undo an event as if it had never been: the books get the difference, today; the event itself stays in the history.

    What the day end had debited is back on the borrower's account.
    """
    day, locked = _lock(event.loan)
    if existing := _event_with_key(locked, key, "reversal", of=event.number):
        return existing
    if event.type not in ("repayment", "payoff"):
        raise _state_fault(f"event {event.number}", event.type, "a repayment or payoff", "Other events are undone by a new one.")
    undone = {each.detail.get("of") for each in locked.events.filter(type="reversal")}
    if str(event.number) in undone:
        raise _state_fault(f"event {event.number}", "reversed already", "an event that stands", "")
    if not reason.strip():
        raise _state_fault("reason", "none", "why it is undone", "")
    reversal = NewEvent("reversal", event.date, key, None, {"of": str(event.number)})
    done = _happen(locked, day, "reversal", reversal, actor)
    if event.key == debit_key(locked, event.date):
        deposit_many(locked.institution_id, {locked.firm_id: event.amount_fen or 0})
    record_audit(locked.institution, actor, "event.reversed", "loan", locked.pk, {"event": event.number, "reason": reason})
    return done


def preview(loan: Loan, kind: str, amount_fen: int | None, on: date) -> Fold:
    """The loan as it would stand after a repayment or payoff, with nothing changed.

    Raises FaultsError as the act itself would.
    """
    day = loan.institution.business_date
    _check_day(loan, on, day)
    if kind == "payoff":
        amount_fen = payoff_amount_on(loan, on)
    if amount_fen is None:
        raise _state_fault("amount", "none", "an amount in fen", "")
    _check_amount(loan, amount_fen, on)
    stored = [calculation_event(each) for each in events_of([loan.pk])[loan.pk] if each.type != "drawdown"]
    asked = calculation_event(Event(loan=loan, number=loan.event_count + 1, type=kind, date=on, known_on=day, amount_fen=amount_fen))
    return fold(terms_of(loan.terms), [*stored, asked], max(on, day), loan.lent_fen)


def deposit(firm: Firm, amount_fen: int) -> None:
    """Money comes into the borrower's account at the simulated bank."""
    deposit_many(firm.institution_id, {firm.pk: amount_fen})


def deposit_many(institution_id: int, amounts_fen: Mapping[int, int]) -> None:
    """Money comes into the accounts of several borrowers: firm → amount above zero. One statement."""
    check(Fault(f"amount of firm {firm}", str(amount), "more than 0") for firm, amount in amounts_fen.items() if amount <= 0)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO loans_debitaccount AS account (institution_id, firm_id, balance_fen)"
            " SELECT %s, firm_id, fen FROM unnest(%s::bigint[], %s::bigint[]) AS paid(firm_id, fen)"
            " ON CONFLICT (firm_id) DO UPDATE SET balance_fen = account.balance_fen + excluded.balance_fen",
            [institution_id, list(amounts_fen), list(amounts_fen.values())],
        )


def debit_key(loan: Loan, day: date) -> str:
    """The key of the day end's debit of a loan: one a day."""
    return f"{loan.pk}:debit:{day}"


def payoff_amount_on(loan: Loan, day: date) -> int:
    """What closes the loan on `day`, in fen."""
    events = [calculation_event(each) for each in events_of([loan.pk])[loan.pk] if each.type != "drawdown" and each.date <= day]
    return payoff_amount(terms_of(loan.terms), tuple(events), day)


def _lock(loan: Loan) -> tuple[date, Loan]:
    """The open day, then the lock on the loan: in this order everywhere, so that nobody waits in a circle."""
    day = open_day(loan.institution)
    locked = Loan.objects.select_for_update(no_key=True, of=("self",)).select_related("institution", "contract").get(pk=loan.pk)
    return day, locked


def _event_with_key(
    loan: Loan, key: str, kind: str, amount_fen: int | None = None, on: date | None = None, of: int | None = None
) -> Event | None:
    """What an earlier request with this key did. Raises FaultsError where that was something else."""
    event = Event.objects.filter(institution_id=loan.institution_id, key=key).first()
    if event is None:
        return None
    same = event.loan_id == loan.pk and event.type == kind and (of is None or event.detail.get("of") == str(of))
    if not same or (amount_fen is not None and event.amount_fen != amount_fen) or (on is not None and event.date != on):
        amount = "" if event.amount_fen is None else f" of {event.amount_fen / 100:.2f}"
        raise _state_fault(f"key {key}", f"used for {event.type}{amount} on {event.date}, loan {event.loan_id}", "a key of its own", "")
    return event


def _check_day(loan: Loan, when: date, day: date) -> None:
    if loan.status == "closed":
        raise _state_fault(f"loan {loan.number}", "closed", "a loan that is open", "")
    if not loan.start <= when <= day:
        raise _state_fault("date", when.isoformat(), f"{loan.start} to {day}, the open day", "")


def _check_amount(loan: Loan, amount_fen: int, when: date) -> None:
    if amount_fen <= 0:
        raise _state_fault("amount", f"{amount_fen / 100:.2f}", "more than 0", "")
    most = payoff_amount_on(loan, when)
    if amount_fen > most:
        raise _state_fault("amount", f"{amount_fen / 100:.2f}", f"at most {most / 100:.2f}, which closes the loan", "Pay it off instead.")


def _happen(loan: Loan, day: date, act: str, event: NewEvent, actor: str) -> Event:
    (kept,) = keep(loan.institution, day, [Change(loan, act, event)], actor)
    assert kept.event is not None
    detail = {"event": kept.event.number, "amount_fen": event.amount_fen, "date": event.date.isoformat()}
    record_audit(loan.institution, actor, f"loan.{event.type}", "loan", loan.pk, detail)
    return kept.event
