"""From an accepted offer to a cleared contract: text, signatures, conditions precedent, a second person's check.

Each function is one transaction, takes the locks on its contracts in the order of their ids and leaves its rows in the audit trail.
Nothing here moves money. Each step can be taken for many contracts of one institution together, all or none, with a fixed number of
statements.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from puhui.books.actions import open_day
from puhui.calculations.faults import Fault, check
from puhui.decisions.models import Offer
from puhui.loans.acts import state_fault
from puhui.loans.contract_text import contract_text
from puhui.loans.credit_models import RateLink
from puhui.loans.links import may_be_linked
from puhui.loans.models import Condition, Contract, Signature
from puhui.loans.parting import naming_faults
from puhui.loans.repayment_plan import agreed_link, agreed_terms, cost_ppm, drawn_whole
from puhui.parties.actions import record_audits
from puhui.parties.borrowers import named_in_contract
from puhui.parties.models import Firm, FirmIdentifier, FirmPerson, Institution, Role, User
from puhui.products.actions import Borrower, conditions_of
from puhui.products.lawful import check_terms
from puhui.products.queries import product as product_on
from puhui.products.queries import products_by_digest
from puhui.products.terms import Product

PARTIES = ("borrower", "lender")
PAYOUT_CHECKERS = {Role.OFFICER, Role.APPROVER, Role.RISK_MANAGER, Role.ACCOUNTANT}
Plan = Mapping[str, Any]


# --------------------------------------------------------------------------------------------------------------------------- drafting


def draft_contract(offer: Offer, actor: str, plan: Plan | None = None) -> Contract:
    """The contract of an accepted offer, with its conditions precedent; the one already drafted where there is one.

    `plan`: how it is repaid, where that was agreed otherwise than offered (fields of `quote.md`, see `repayment_plan`).
    Raises FaultsError: an offer that is not accepted, a plan that cannot be read or asks for more than was offered.
    """
    return draft_contracts(offer.institution, [(offer, plan)], actor)[0]


@transaction.atomic
def draft_contracts(institution: Institution, requests: Sequence[tuple[Offer, Plan | None]], actor: str) -> list[Contract]:
    """The contracts of accepted offers, in their order: as `draft_contract`."""
    day = open_day(institution)
    plans = {offer.pk: plan for offer, plan in requests}
    rows = Offer.objects.select_for_update(of=("self",)).select_related("application", "institution", "firm")
    offers = {offer.pk: offer for offer in rows.filter(pk__in=plans, institution=institution).order_by("pk")}
    contracts = {contract.offer_id: contract for contract in Contract.objects.filter(offer__in=offers)}
    fresh = [offer for pk, offer in offers.items() if pk not in contracts]
    check(
        Fault(f"offer {offer.pk}", offer.status, "accepted", "The borrower accepts the offer first.")
        for offer in fresh
        if offer.status != Offer.Status.ACCEPTED
    )
    borrowers, identifiers = borrowers_of([offer.firm for offer in fresh]), identifiers_of([offer.firm for offer in fresh])
    kinds = {offer.pk: (offer.application.product_code, borrowers[offer.firm_id]) for offer in fresh}
    asked = {(code, who): conditions_of(code, day, who, institution) for code, who in set(kinds.values())}
    conditions = {pk: asked[kind] for pk, kind in kinds.items()}
    linked = linked_products(fresh)
    texts = {pk: [each.texts["zh-hans"] for each in asked] for pk, asked in conditions.items()}
    drafts = [
        drafted(offer, plans[offer.pk], day, identifiers[offer.firm_id], texts[offer.pk], product=linked.get(offer.pk)) for offer in fresh
    ]
    made = Contract.objects.bulk_create(drafts)
    links = [(each, agreed_link(plans[each.offer_id])) for each in made]
    RateLink.objects.bulk_create(RateLink(contract=each, institution=institution, **asdict(link)) for each, link in links if link)
    Condition.objects.bulk_create([Condition(contract=each, code=one.code) for each in made for one in conditions[each.offer_id]])
    details = [(each.pk, {"number": each.number, "offer": each.offer_id}) for each in made]
    record_audits(institution, actor, "contract.drafted", "contract", details)
    contracts |= {each.offer_id: each for each in made}
    return [contracts[offer.pk] for offer, _ in requests]


def linked_products(offers: Iterable[Offer]) -> dict[int, Product]:
    """Offer → the product that it was decided by, where its rate follows what the borrower does; two statements, none where none does."""
    linked = {offer.pk: offer for offer in offers if may_be_linked(offer.application.product_code)}
    if not linked:
        return {}
    digests = Offer.objects.filter(pk__in=linked).values_list(
        "pk", "decision__record__versions__product__digest", "decision__business_date"
    )
    codes = {pk: offer.application.product_code for pk, offer in linked.items()}
    stored = products_by_digest((codes[pk], digest) for pk, digest, _ in digests if digest)
    return {pk: stored[digest] if digest else product_on(codes[pk], day, linked[pk].institution) for pk, digest, day in digests}


def drafted(
    offer: Offer,
    plan: Plan | None,
    day: date,
    identifier: str,
    conditions: Sequence[str],
    number: str = "",
    product: Product | None = None,
    agreed: Mapping[str, Any] | None = None,
) -> Contract:
    """The contract of an offer as a row that is not stored yet. Raises FaultsError for a plan that cannot be agreed.

    `product`: as `linked_products` finds it. `agreed`: terms by a plan that was agreed before, which stay.
    """
    terms, cost = offer.terms, offer.annual_cost_ppm
    if agreed is not None and agreed != offer.terms:
        terms, cost = dict(agreed), cost_ppm(agreed, day)
    elif plan and agreed is None:
        terms = agreed_terms(offer.terms, plan, day)
        cost = cost_ppm(terms, day)
    check_terms(terms, day, f"contract of offer {offer.pk}", folder=settings.PUHUI_CATALOGUE)
    number = number or f"{offer.institution.code}-{day:%Y%m%d}-{offer.pk:06d}"
    text = contract_text(
        number=number,
        institution=offer.institution.name,
        firm=offer.firm.name,
        identifier=identifier,
        purpose=offer.application.purpose,
        terms=drawn_whole(terms),
        signed_on=day,
        annual_cost_ppm=cost,
        conditions=conditions,
        link=agreed_link(plan),
        product=product,
    )
    return Contract(
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


def borrowers_of(firms: Sequence[Firm]) -> dict[int, Borrower]:
    """What of each firm decides which conditions are asked for."""
    parts = set(FirmPerson.objects.filter(firm__in=firms, role__in=("spouse", "member"), until=None).values_list("firm_id", "role"))
    members = {firm for firm, role in parts if role == "member"}  # the spouse of a household's head is among them and signs with them
    married = {firm for firm, role in parts if role == "spouse"} - members
    return {firm.pk: Borrower(firm.kind == Firm.Kind.ENTERPRISE, firm.pk in married, has_members=firm.pk in members) for firm in firms}


def identifiers_of(firms: Sequence[Firm]) -> dict[int, str]:
    """The first identifier of each firm as the contract names it; of a person or a household who owes, instead."""
    found: dict[int, str] = defaultdict(lambda: "–")
    for row in FirmIdentifier.objects.filter(firm__in=firms).order_by("-pk"):
        found[row.firm_id] = f"{row.scheme.upper()} {row.value}"
    found |= named_in_contract(firms)
    return found


# ---------------------------------------------------------------------------------------------------------------------------- signing


@transaction.atomic
def sign(contract: Contract, party: str, signer: str, method: str, evidence: dict[str, Any], actor: str, *, read: str = "") -> Signature:
    """Record a party's signature on exactly this text; once both have signed, the contract is signed.

    read: digest of the text that was shown to the signer, where a page did.
    Raises FaultsError for an unknown party, a contract that is past signing, or a text that is another by now. Signing twice gives the
    first signature.
    """
    if read and (locked := _locked([contract])[contract.pk]).text_digest != read:
        raise state_fault(
            f"contract {locked.number}", "a text that is another by now", "the text that was read", "Read it again, then sign."
        )
    return sign_contracts([contract], party, signer, method, evidence, actor)[0]


@transaction.atomic
def sign_contracts(
    contracts: Sequence[Contract], party: str, signer: str, method: str, evidence: dict[str, Any], actor: str
) -> list[Signature]:
    """Record one signer's signatures on contracts of one institution, in their order: as `sign`."""
    if party not in PARTIES:
        raise state_fault("party", party, " or ".join(PARTIES))
    locked = _locked(contracts)
    signed: dict[int, dict[str, Signature]] = defaultdict(dict)
    for signature in Signature.objects.filter(contract__in=locked):
        signed[signature.contract_id][signature.party] = signature
    fresh = [contract for pk, contract in locked.items() if party not in signed[pk]]
    check([*_signing_faults(fresh), *naming_faults(fresh)])
    for signature in Signature.objects.bulk_create(
        Signature(contract=each, party=party, signer=signer, method=method, text_digest=each.text_digest, evidence=evidence)
        for each in fresh
    ):
        signed[signature.contract_id][party] = signature
    complete = [contract.pk for contract in fresh if set(signed[contract.pk]) == set(PARTIES)]
    if complete:
        Contract.objects.filter(pk__in=complete).update(status=Contract.Status.SIGNED)
    details = [(contract.pk, {"party": party, "text": contract.text_digest}) for contract in fresh]
    _audit(fresh, actor, "contract.signed", details)
    return [signed[contract.pk][party] for contract in contracts]


def _signing_faults(contracts: Iterable[Contract]) -> Iterator[Fault]:
    for contract in contracts:
        what = f"contract {contract.number}"
        if contract.status != Contract.Status.DRAFTED:
            yield Fault(what, contract.status, "drafted", "It is past signing.")
        elif hashlib.sha256(contract.text.encode()).hexdigest() != contract.text_digest:
            yield Fault(what, "a text that was changed", "the text as drafted", "Draft it anew.")


# ------------------------------------------------------------------------------------------------------------------------- conditions


def meet_condition(contract: Contract, code: str, evidence: str, actor: str) -> Condition:
    """Record that one condition precedent is met; see `meet_conditions`."""
    return meet_conditions(contract, {code: evidence}, actor)[0]


def meet_conditions(contract: Contract, evidence: Mapping[str, str], actor: str) -> list[Condition]:
    """Record that conditions precedent are met, and what shows it: code → evidence. One that is met already stays as it was recorded.

    Raises FaultsError for a cancelled contract, codes that the contract lacks, and empty evidence, all at once.
    """
    return meet_conditions_of([(contract, evidence)], actor)[0]


@transaction.atomic
def meet_conditions_of(shown: Sequence[tuple[Contract, Mapping[str, str]]], actor: str) -> list[list[Condition]]:
    """Record what is met of contracts of one institution, in their order: as `meet_conditions`."""
    locked = _locked([contract for contract, _ in shown])
    conditions: dict[int, dict[str, Condition]] = defaultdict(dict)
    for condition in Condition.objects.filter(contract__in=locked):
        conditions[condition.contract_id][condition.code] = condition
    several = len(locked) > 1
    check(
        fault for contract, evidence in shown for fault in _meeting_faults(locked[contract.pk], conditions[contract.pk], evidence, several)
    )
    now = timezone.now()
    met = []
    for contract, evidence in shown:
        for code, text in evidence.items():
            condition = conditions[contract.pk][code]
            if condition.met_at is None:
                condition.met_at, condition.met_by, condition.evidence = now, actor, text.strip()
                met.append(condition)
    Condition.objects.bulk_update(met, ["met_at", "met_by", "evidence"])
    details = [(condition.contract_id, {"code": condition.code, "evidence": condition.evidence}) for condition in met]
    _audit(locked.values(), actor, "condition.met", details)
    return [[conditions[contract.pk][code] for code in evidence] for contract, evidence in shown]


def _meeting_faults(contract: Contract, conditions: Mapping[str, Condition], evidence: Mapping[str, str], several: bool) -> Iterator[Fault]:
    of = f"contract {contract.number}, " if several else ""
    for code in evidence:
        if code not in conditions:
            yield Fault(f"{of}condition", code, ", ".join(sorted(conditions)) or "none", "Name one of the contract's conditions.")
    for code, text in evidence.items():
        if not text.strip():
            yield Fault(f"{of}condition {code}", "no evidence", "what shows that it is met", "Name the document or the check.")
    if contract.status == Contract.Status.CANCELLED:
        yield Fault(f"contract {contract.number}", contract.status, "a contract that stands")


# --------------------------------------------------------------------------------------------------------------------------- clearing


def clear(contract: Contract, user: User) -> Contract:
    """Payout review: a second person checks that contract and conditions are complete; only then may money go out.

    Raises FaultsError that names everything still missing, and when the checker recorded any of the conditions.
    """
    return clear_contracts([contract], user)[0]


@transaction.atomic
def clear_contracts(contracts: Sequence[Contract], user: User) -> list[Contract]:
    """Payout review of contracts of one institution by one person, in their order: as `clear`."""
    locked = _locked(contracts)
    done = (Contract.Status.CLEARED, Contract.Status.DRAWN)
    fresh = [contract for contract in locked.values() if contract.status not in done]
    conditions: dict[int, list[Condition]] = defaultdict(list)
    for condition in Condition.objects.select_for_update().filter(contract__in=fresh).order_by("contract_id", "code"):
        conditions[condition.contract_id].append(condition)
    several = len(locked) > 1
    check(fault for contract in fresh for fault in _clearing_faults(contract, conditions[contract.pk], user, several))
    now = timezone.now()
    pending = [contract.pk for contract in fresh]
    if pending:
        Condition.objects.filter(contract__in=pending).update(checked_at=now, checked_by=user.username)
        Contract.objects.filter(pk__in=pending).update(status=Contract.Status.CLEARED)
    for contract in fresh:
        contract.status = Contract.Status.CLEARED
    _audit(fresh, user.username, "contract.cleared", [(pk, {}) for pk in pending])
    return [locked[contract.pk] for contract in contracts]


def _clearing_faults(contract: Contract, conditions: Sequence[Condition], user: User, several: bool) -> Iterator[Fault]:
    of = f"contract {contract.number}, " if several else ""
    for each in conditions:
        if each.met_at is None:
            yield Fault(f"{of}condition {each.code}", "not met", "met, with evidence")
    if contract.status != Contract.Status.SIGNED:
        yield Fault(f"contract {contract.number}", contract.status, "signed by both parties")
    if user.username in {each.met_by for each in conditions}:
        yield Fault(f"{of}checker", user.username, "a second person", "Whoever recorded a condition cannot check it.")
    if user.role not in PAYOUT_CHECKERS or user.institution_id != contract.institution_id:
        yield Fault(f"{of}checker", f"{user.username} ({user.role})", "an officer of this lender who may check payouts")


def _locked(contracts: Sequence[Contract]) -> dict[int, Contract]:
    """The contracts as they are now, locked in the order of their ids. Raises FaultsError where they are of two institutions."""
    rows = Contract.objects.select_for_update(of=("self",)).select_related("institution", "firm")
    locked = {contract.pk: contract for contract in rows.filter(pk__in=[each.pk for each in contracts]).order_by("pk")}
    lenders = {contract.institution_id for contract in locked.values()}
    if len(lenders) > 1:
        raise state_fault("contracts", f"of {len(lenders)} institutions", "contracts of one institution")
    return locked


def _audit(contracts: Iterable[Contract], actor: str, act: str, details: Sequence[tuple[int, dict[str, Any]]]) -> None:
    for contract in contracts:
        record_audits(contract.institution, actor, act, "contract", details)
        return
