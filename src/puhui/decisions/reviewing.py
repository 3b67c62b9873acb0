"""An officer's word on a case that was referred: within authority, never the maker's own, always with a reason.

A no ends the case. A yes counts towards the level of authority that the amount, the class and every deviation ask for; with the last
voice that was missing, exposure is reserved and the offer is made. What the engine proposed stays as it was; a review is a row beside it.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction

from puhui.calculations.faults import Fault, check
from puhui.decisions.authority import first_level, missing_voices, role_faults
from puhui.decisions.deciding import offer_of
from puhui.decisions.exposures import exposure_of_firms, lock_firms, reserve
from puhui.decisions.models import Application, Decision, Review
from puhui.decisions.offering import cost_of, quote_terms
from puhui.parties.actions import record_audit
from puhui.parties.models import Role, User
from puhui.products.queries import stored_products

REVIEWERS = (Role.OFFICER, Role.APPROVER, Role.RISK_MANAGER)
Proposal = dict[str, Any]


@transaction.atomic
def review(decision: Decision, user: User, outcome: str, reason: str, amount_fen: int | None = None, rate_ppm: int | None = None) -> Review:
    """Say yes or no to a referred decision.

    Args:
        outcome: `approve` or `refuse`
        amount_fen, rate_ppm: the engine's proposal unless given; beyond the limit or below the floor price only as far as the level
            of authority reaches, and recorded as a deviation
    Raises:
        FaultsError: with every reason why this person may not say this now.
    """
    lock_firms([decision.firm_id])
    application = Application.objects.select_for_update(no_key=True).get(pk=decision.application_id)
    decision = Decision.objects.select_related("institution").get(pk=decision.pk)
    earlier = list(decision.reviews.select_related("reviewer").order_by("pk"))
    check(_standing_faults(decision, application, user, earlier, outcome, reason))
    if outcome == Decision.Outcome.REFUSE:
        return _refuse(decision, application, user, reason)
    proposal = proposed(decision, amount_fen, rate_ppm)
    check([*proposal["faults"], *_agreement_faults(earlier, proposal), *role_faults(proposal["level"], user.role)])
    row = _store(decision, user, outcome, reason, proposal)
    approvers = [(one.reviewer.username, one.reviewer.role) for one in (*earlier, row)]
    missing = missing_voices(proposal["level"], approvers)
    if not missing:
        _grant(decision, application, proposal)
    detail = {"review": row.pk, "level": proposal["level"]["level"], "missing": missing, "deviations": proposal["deviations"]}
    record_audit(decision.institution, user.username, "approve", "decision", decision.pk, detail)
    return row


def proposed(decision: Decision, amount_fen: int | None = None, rate_ppm: int | None = None) -> Proposal:
    """What an approval would grant: amount, rate, deviations, the level it needs, and faults that no level can pass."""
    record = decision.record
    amount_fen = decision.amount_fen if amount_fen is None else amount_fen
    rate_ppm = decision.rate_ppm or 0 if rate_ppm is None else rate_ppm
    product = stored_products([record["versions"]["product"]["digest"]])[record["versions"]["product"]["digest"]]
    limit, price = record["stages"]["limit"], record["stages"]["price"]
    exposure = sum(exposure_of_firms([decision.firm_id])[decision.firm_id].values())
    available_fen = max(0, limit["least_fen"] - exposure)
    highest_ppm = min(price["caps"].values())
    faults = []
    if not product.minimum_fen <= amount_fen <= limit["asked_fen"]:
        faults.append(Fault("amount_fen", str(amount_fen), f"{product.minimum_fen} to {limit['asked_fen']}, the amount asked"))
    elif amount_fen % product.multiple_fen and amount_fen != limit["asked_fen"]:
        faults.append(Fault("amount_fen", str(amount_fen), f"a multiple of {product.multiple_fen}"))
    if not 0 < rate_ppm <= highest_ppm:
        faults.append(Fault("rate_ppm", str(rate_ppm), f"above 0 and at most {highest_ppm}"))
    over_fen, under_ppm = max(0, amount_fen - available_fen), max(0, price["floor_ppm"] - rate_ppm)
    deviations = {"over_limit_fen": over_fen, "under_floor_ppm": under_ppm}
    level = _level(record, decision, amount_fen, over_fen, available_fen, under_ppm)
    if level is None:
        found = f"{over_fen} fen above the limit of {available_fen}, {under_ppm} ppm below the floor price"
        faults.append(Fault("amount_fen", found, "what some level of authority reaches", "Ask for less, or decide the case again."))
        check(faults)
    return {
        "amount_fen": amount_fen,
        "rate_ppm": rate_ppm,
        "deviations": {name: value for name, value in deviations.items() if value},
        "level": level,
        "faults": faults,
        "product": product,
    }


def _level(record: dict[str, Any], decision: Decision, amount_fen: int, over_fen: int, available_fen: int, under_ppm: int) -> Any:
    """The least level that may grant it, never below that of the decision itself."""
    levels = record["stages"]["authority"]["levels"]
    names = [level["level"] for level in levels]
    share_ppm = -(-over_fen * 1_000_000 // available_fen) if available_fen else (1_000_001 if over_fen else 0)
    enough = levels[names.index(decision.authority) :]
    return first_level(enough, amount_fen, is_referred=True, over_limit_ppm=share_ppm, under_floor_ppm=under_ppm)


def _standing_faults(
    decision: Decision, application: Application, user: User, earlier: list[Review], outcome: str, reason: str
) -> list[Fault]:
    faults = []
    if user.institution_id != decision.institution_id:
        faults.append(Fault("reviewer", f"{user.username}, of another institution", "an officer of this institution"))
    if user.role not in REVIEWERS:
        faults.append(Fault("reviewer", f"the role {user.role}", f"one of {', '.join(REVIEWERS)}"))
    if user.username == application.submitted_by:
        faults.append(Fault("reviewer", f"{user.username}, who submitted the application", "another person: maker and checker differ"))
    if any(one.reviewer_id == user.pk for one in earlier):
        faults.append(Fault("reviewer", f"{user.username}, who has spoken already", "a person who has not"))
    if outcome not in (Decision.Outcome.APPROVE, Decision.Outcome.REFUSE):
        faults.append(Fault("outcome", repr(outcome), "approve or refuse"))
    if not reason.strip():
        faults.append(Fault("reason", "nothing", "the reason, in words"))
    latest = application.decisions.order_by("-pk").values_list("pk", flat=True).first()
    if application.status != Application.Status.REFERRED or decision.outcome != Decision.Outcome.REFER or latest != decision.pk:
        faults.append(Fault("decision", f"{decision.outcome}, application {application.status}", "one that is referred and open"))
    return faults


def _agreement_faults(earlier: list[Review], proposal: Proposal) -> list[Fault]:
    """Several persons who say yes must say yes to the same thing."""
    return [
        Fault(name, str(proposal[name]), f"{getattr(one, name)}, to which {one.reviewer.username} said yes")
        for one in earlier[-1:]
        for name in ("amount_fen", "rate_ppm")
        if getattr(one, name) != proposal[name]
    ]


def _store(decision: Decision, user: User, outcome: str, reason: str, proposal: Proposal) -> Review:
    return Review.objects.create(
        institution=decision.institution,
        decision=decision,
        reviewer=user,
        outcome=outcome,
        amount_fen=proposal["amount_fen"],
        rate_ppm=proposal["rate_ppm"],
        reason=reason.strip(),
        deviations=proposal["deviations"],
        level=proposal["level"]["level"],
    )


def _refuse(decision: Decision, application: Application, user: User, reason: str) -> Review:
    row = Review.objects.create(
        institution=decision.institution, decision=decision, reviewer=user, outcome=Decision.Outcome.REFUSE, reason=reason.strip()
    )
    application.status = Application.Status.REFUSED
    application.save(update_fields=["status"])
    record_audit(decision.institution, user.username, "refuse", "decision", decision.pk, {"review": row.pk})
    return row


def _grant(decision: Decision, application: Application, proposal: Proposal) -> None:
    day = decision.institution.business_date
    product = proposal["product"]
    terms = quote_terms(product, proposal["amount_fen"], proposal["rate_ppm"], application.term_months)
    expires_on = date.fromordinal(day.toordinal() + product.offer_days)
    offer = {"terms": terms, "cost": cost_of(terms, day), "expires_on": expires_on}
    reserve(decision, proposal["amount_fen"])
    offer_of(decision, offer, proposal["amount_fen"], proposal["rate_ppm"]).save()
    application.status = Application.Status.OFFERED
    application.save(update_fields=["status"])
