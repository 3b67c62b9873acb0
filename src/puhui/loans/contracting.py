"""From an accepted offer to a cleared contract: text, signatures, conditions precedent, a second person's check.

Each function is one transaction, takes the lock on its contract and leaves its row in the audit trail. Nothing here moves money.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from puhui.books.actions import open_day
from puhui.calculations.faults import Fault, check
from puhui.decisions.models import Offer
from puhui.loans.acts import state_fault
from puhui.loans.contract_text import contract_text
from puhui.loans.models import Condition, Contract, Signature
from puhui.loans.repayment_plan import agreed_terms, cost_ppm, drawn_whole
from puhui.parties.actions import record_audit, record_audits
from puhui.parties.models import Firm, Role, User
from puhui.products.actions import Borrower, conditions_of

PARTIES = ("borrower", "lender")
PAYOUT_CHECKERS = {Role.OFFICER, Role.APPROVER, Role.RISK_MANAGER, Role.ACCOUNTANT}


@transaction.atomic
def draft_contract(offer: Offer, actor: str, plan: Mapping[str, Any] | None = None) -> Contract:
    """The contract of an accepted offer, with its conditions precedent; the one already drafted where there is one.

    `plan`: how it is repaid, where that was agreed otherwise than offered (fields of `quote.md`, see `repayment_plan`).
    Raises FaultsError: an offer that is not accepted, a plan that cannot be read or asks for more than was offered.
    """
    day = open_day(offer.institution)
    offer = Offer.objects.select_for_update(of=("self",)).select_related("application", "institution", "firm").get(pk=offer.pk)
    if existing := Contract.objects.filter(offer=offer).first():
        return existing
    if offer.status != Offer.Status.ACCEPTED:
        raise state_fault(f"offer {offer.pk}", offer.status, "accepted", "The borrower accepts the offer first.")
    terms, cost = offer.terms, offer.annual_cost_ppm
    if plan:
        terms = agreed_terms(offer.terms, plan, day)
        cost = cost_ppm(terms, day)
    number = f"{offer.institution.code}-{day:%Y%m%d}-{offer.pk:06d}"
    conditions = conditions_of(offer.application.product_code, day, _borrower(offer.firm))
    identifier = offer.firm.identifiers.order_by("pk").first()
    text = contract_text(
        number=number,
        institution=offer.institution.name,
        firm=offer.firm.name,
        identifier=f"{identifier.scheme.upper()} {identifier.value}" if identifier else "–",
        purpose=offer.application.purpose,
        terms=drawn_whole(terms),
        signed_on=day,
        annual_cost_ppm=cost,
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
        terms=terms,
        text=text,
        text_digest=hashlib.sha256(text.encode()).hexdigest(),
    )
    Condition.objects.bulk_create([Condition(contract=contract, code=condition.code) for condition in conditions])
    record_audit(offer.institution, actor, "contract.drafted", "contract", contract.pk, {"number": number, "offer": offer.pk})
    return contract


def _borrower(firm: Firm) -> Borrower:
    """What of the firm decides which conditions are asked for."""
    is_company = firm.kind == Firm.Kind.ENTERPRISE
    return Borrower(is_company, firm.people.filter(role="spouse", until=None).exists())


@transaction.atomic
def sign(contract: Contract, party: str, signer: str, method: str, evidence: dict[str, Any], actor: str) -> Signature:
    """Record a party's signature on exactly this text; once both have signed, the contract is signed.

    Raises FaultsError for an unknown party or a contract that is past signing. Signing twice gives the first signature.
    """
    contract = Contract.objects.select_for_update(of=("self",)).select_related("institution").get(pk=contract.pk)
    if party not in PARTIES:
        raise state_fault("party", party, " or ".join(PARTIES))
    if existing := contract.signatures.filter(party=party).first():
        return existing
    if contract.status != Contract.Status.DRAFTED:
        raise state_fault(f"contract {contract.number}", contract.status, "drafted", "It is past signing.")
    if hashlib.sha256(contract.text.encode()).hexdigest() != contract.text_digest:
        raise state_fault(f"contract {contract.number}", "a text that was changed", "the text as drafted", "Draft it anew.")
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
