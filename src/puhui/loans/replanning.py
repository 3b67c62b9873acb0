"""Another repayment plan for a contract that is drafted and that nobody has signed: when the harvest pays, not when the offer supposed it.

The plan names fields of `quote.md` in place of those that were offered and may not ask for more than was offered (`repayment_plan`): no
later last due date, no higher rate, no higher cost. Text and schedule are written anew under the same number; whoever signs, signs these.
The trail keeps the plan and the digest of the text that went. Where somebody who is named has left the household, the text alone is written
anew (`draft_anew`). A rate that follows an index goes on following it by the same spread.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction

from puhui.books.actions import open_day
from puhui.calculations.faults import Fault, check
from puhui.calculations.position import Row
from puhui.calculations.rate_steps import started
from puhui.calculations.schedule import schedule
from puhui.calculations.term_records import RATE_SCALE
from puhui.loans.contracting import Plan, borrowers_of, drafted, identifiers_of, linked_products
from puhui.loans.credit_models import RateLink
from puhui.loans.fold import terms_of
from puhui.loans.models import Contract
from puhui.loans.repayment_plan import agreed_terms, cost_ppm, drawn_whole
from puhui.parties.actions import record_audit
from puhui.products.actions import conditions_of
from puhui.products.lawful import check_terms

__all__ = ["Planned", "agree_plan", "draft_anew", "is_unsigned", "may_be_replanned", "planned"]


@dataclass(frozen=True)
class Planned:
    """What a plan comes to if the money goes out on a day: terms, rows of the schedule, cost a year beside that of the offer (ppm)."""

    terms: Mapping[str, Any]
    rows: tuple[Row, ...]
    cost_ppm: int
    offered_cost_ppm: int


def may_be_replanned(contract: Contract) -> bool:
    """Whether another plan may be agreed: drafted, unsigned, and no line."""
    return not any(_standing_faults(contract))


def is_unsigned(contract: Contract) -> bool:
    """Whether it is drafted and nobody has signed."""
    return not any(_unsigned_faults(contract))


def planned(contract: Contract, plan: Plan, day: date) -> Planned:
    """A plan looked at, with nothing changed. Raises FaultsError for what cannot be agreed."""
    check(_standing_faults(contract))
    offered = contract.offer.terms
    terms = agreed_terms(offered, _with_link(contract, plan), day)
    check_terms(terms, day, f"contract {contract.number}", folder=settings.PUHUI_CATALOGUE)
    rows = schedule(terms_of(started(drawn_whole(terms), day)))
    return Planned(terms, rows, cost_ppm(terms, day), cost_ppm(offered, day))


@transaction.atomic
def agree_plan(contract: Contract, plan: Plan, actor: str) -> Contract:
    """Draft the contract anew by a plan. Raises FaultsError where it is signed already, or asks for more than was offered."""
    contract = _locked(contract)
    check(_standing_faults(contract))
    made = _text_of(contract, plan, open_day(contract.institution))
    agreed = {name: value for name, value in plan.items() if value is not None}
    told = {"plan": agreed, "text": made.text_digest, "before": contract.text_digest}
    contract.terms, contract.text, contract.text_digest = made.terms, made.text, made.text_digest
    contract.save(update_fields=["terms", "text", "text_digest"])
    record_audit(contract.institution, actor, "contract.replanned", "contract", contract.pk, told)
    return contract


@transaction.atomic
def draft_anew(contract: Contract, actor: str) -> Contract:
    """The same contract, terms and number with a text of those who owe today; nothing changes where that is the text already.

    Raises FaultsError where it is signed already.
    """
    contract = _locked(contract)
    check(_unsigned_faults(contract))
    made = _text_of(contract, {}, open_day(contract.institution), agreed=contract.terms)
    if made.text_digest == contract.text_digest:
        return contract
    told = {"text": made.text_digest, "before": contract.text_digest}
    contract.text, contract.text_digest = made.text, made.text_digest
    contract.save(update_fields=["text", "text_digest"])
    record_audit(contract.institution, actor, "contract.drafted_anew", "contract", contract.pk, told)
    return contract


def _locked(contract: Contract) -> Contract:
    rows = Contract.objects.select_for_update(of=("self",)).select_related("institution", "firm", "offer__application", "offer__firm")
    return rows.get(pk=contract.pk)


def _text_of(contract: Contract, plan: Plan, day: date, *, agreed: Mapping[str, Any] | None = None) -> Contract:
    """The contract as it would be drafted today under its number: by a plan, or with the terms that are agreed."""
    offer, borrower = contract.offer, borrowers_of([contract.firm])[contract.firm_id]
    conditions = conditions_of(contract.product_code, contract.drafted_at.date(), borrower, contract.institution)
    texts = [each.texts["zh-hans"] for each in conditions]
    identifier, linked = identifiers_of([contract.firm])[contract.firm_id], linked_products([offer]).get(offer.pk)
    return drafted(offer, _with_link(contract, plan), day, identifier, texts, contract.number, linked, agreed)


def _unsigned_faults(contract: Contract) -> Iterator[Fault]:
    where = f"contract {contract.number}"
    if contract.status != Contract.Status.DRAFTED:
        yield Fault(where, contract.status, "drafted", "It is past signing.")
    elif signers := sorted(each.party for each in contract.signatures.all()):
        yield Fault(where, "signed by " + " and ".join(signers), "a contract that nobody has signed", "Give it up and draw up another one.")


def _standing_faults(contract: Contract) -> Iterator[Fault]:
    where = f"contract {contract.number}"
    yield from _unsigned_faults(contract)
    if "line" in contract.offer.terms:
        yield Fault(where, "a line", "a loan with a plan of its own", "What is drawn of a line falls due by the line.")


def _with_link(contract: Contract, plan: Plan) -> dict[str, Any]:
    """The plan with the index that the contract's rate follows."""
    link = RateLink.objects.filter(contract=contract).first()
    if link is None:
        return dict(plan)
    spread = format(Decimal(link.spread_e8) / RATE_SCALE, "f")
    document = {"index": link.index, "spread": spread, "every": f"{link.every_months} month", "on": link.on}
    return {**plan, "rate_link": document}
