"""An officer's word on a case that was referred: within authority, never the maker's own, always with a reason.

A no ends the case. A yes counts towards the level of authority that the amount, the class and every deviation ask for; with the last
voice that was missing, exposure is reserved and the offer is made. What the engine proposed stays as it was; a review is a row beside it.

Nobody speaks who is away, has an own interest in the firm, or sent the application. A person may speak for another by a delegation, and
never twice. A yes needs the questions of the case answered; a level that a committee holds is voted on (`committee.py`).
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings
from django.db import transaction

from puhui.calculations.faults import Fault, check
from puhui.decisions.authority import first_level, missing_voices, role_faults
from puhui.decisions.combining import fall_with, owed_by_siblings_fen
from puhui.decisions.concentration import promising, room_faults, rooms_now
from puhui.decisions.credit_view import ceiling_faults, lock_groups
from puhui.decisions.deciding import offer_of
from puhui.decisions.exposures import exposure_of_firms, reserve
from puhui.decisions.factory_models import Sitting
from puhui.decisions.models import Application, Decision, Review
from puhui.decisions.offering import cost_of, quote_terms
from puhui.decisions.referral import question_faults
from puhui.decisions.standing import REVIEWERS, Standing, standing_faults, standing_of
from puhui.parties.actions import record_audit
from puhui.parties.models import User
from puhui.parties.statements import together
from puhui.products.parameters import table
from puhui.products.queries import products_by_digest

__all__ = ["REVIEWERS", "is_voted", "proposed", "review"]

Proposal = dict[str, Any]


@transaction.atomic
def review(
    decision: Decision,
    user: User,
    outcome: str,
    reason: str,
    amount_fen: int | None = None,
    rate_ppm: int | None = None,
    *,
    cause: str = "",
    on_behalf_of: User | None = None,
) -> Review:
    """Say yes or no to a referred decision.

    Args:
        outcome: `approve` or `refuse`
        amount_fen, rate_ppm: the engine's proposal unless given; beyond the limit or below the floor price only as far as the level
            of authority reaches, and recorded as a deviation
        cause: of a no, a code of parameters/refusal-causes, to be counted
        on_behalf_of: whose voice this is by a delegation; where the own role has no say, the one giver there is
    Raises:
        FaultsError: with every reason why this person may not say this now.
    """
    lock_groups(decision.institution, [decision.firm_id])
    application = Application.objects.select_for_update(no_key=True).get(pk=decision.application_id)
    decision = Decision.objects.select_related("institution", "firm").get(pk=decision.pk)
    earlier = list(decision.reviews.select_related("reviewer", "on_behalf_of").order_by("pk"))
    standing = standing_of(user, decision.firm, decision.institution.business_date, _spoken(earlier))
    check([*_standing_faults(decision, application, user, earlier, outcome, reason), *standing_faults(user, standing)])
    check(_sitting_faults(decision))
    if outcome == Decision.Outcome.REFUSE:
        return _refuse(decision, application, user, reason, cause)
    proposal = proposed(decision, amount_fen, rate_ppm)
    level = proposal["level"]
    giver = _giver(level, user, application, standing, on_behalf_of)
    role = giver.role if giver else user.role
    check([*proposal["faults"], *_agreement_faults(earlier, proposal), *role_faults(level, role), *question_faults(decision)])
    if is_voted(level["level"], decision.institution.business_date):
        check([Fault("decision", f"the level {level['level']}", "a vote of the committee", "Call its sitting.")])
    row = _store(decision, user, outcome, reason, proposal, giver)
    missing = missing_voices(level, [_voice(one) for one in (*earlier, row)])
    if not missing:
        grant(decision, application, proposal)
    detail = {"review": row.pk, "level": level["level"], "missing": missing, "deviations": proposal["deviations"]}
    detail |= {"on_behalf_of": giver.username} if giver else {}
    record_audit(decision.institution, user.username, "approve", "decision", decision.pk, detail)
    return row


def proposed(decision: Decision, amount_fen: int | None = None, rate_ppm: int | None = None) -> Proposal:
    """What an approval would grant: amount, rate, deviations, the level it needs, and faults that no level can pass."""
    record = decision.record
    amount_fen = decision.amount_fen if amount_fen is None else amount_fen
    rate_ppm = decision.rate_ppm or 0 if rate_ppm is None else rate_ppm
    named = record["versions"]["product"]
    product = products_by_digest([(named["code"], named["digest"])])[named["digest"]]
    limit, price = record["stages"]["limit"], record["stages"]["price"]
    exposure = sum(exposure_of_firms([decision.firm_id])[decision.firm_id].values()) - owed_by_siblings_fen(decision.application)
    available_fen = max(0, limit["least_fen"] - exposure)
    highest_ppm = min(price["caps"].values()) - product.price.dearest_step_ppm
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


def is_voted(level: str, day: date) -> bool:
    """Whether a level of authority decides by vote: there is a row of committee-rules for it."""
    return any(row["level"] == level for row in table("committee-rules", settings.PUHUI_CATALOGUE).valid_on(day))


def _spoken(earlier: list[Review]) -> set[int]:
    """Who has spoken, in person or through another."""
    return {number for one in earlier for number in (one.reviewer_id, one.on_behalf_of_id) if number}


def _voice(review: Review) -> tuple[str, str]:
    """Who said it, and with which role: the giver's where it was said for another."""
    return review.reviewer.username, (review.on_behalf_of or review.reviewer).role


def _giver(level: Any, user: User, application: Application, standing: Standing, wanted: User | None) -> User | None:
    """For whom a yes is said; None for the own voice. Raises FaultsError where the person may not speak for the one wanted."""
    able = [one for one in standing.givers if one.username != application.submitted_by]
    if wanted is not None:
        names = ", ".join(one.username for one in able) or "nobody"
        check([Fault("on_behalf_of", wanted.username, f"one whom a delegation of today lets speak: {names}")] if wanted not in able else [])
        return wanted
    if user.role in level["roles"]:
        return None
    return next((one for one in able if one.role in level["roles"]), None)


def _sitting_faults(decision: Decision) -> list[Fault]:
    """While a committee sits on the decision, it alone speaks."""
    if not Sitting.objects.filter(decision=decision).exists():
        return []
    return [Fault("decision", "a committee sits on it", "a decision without a sitting", "Vote on the committee's page.")]


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
    if user.pk in _spoken(earlier):
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


def _store(decision: Decision, user: User, outcome: str, reason: str, proposal: Proposal, giver: User | None) -> Review:
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
        on_behalf_of=giver,
    )


def _refuse(decision: Decision, application: Application, user: User, reason: str, cause: str) -> Review:
    check(cause_faults(cause, decision.institution.business_date))
    row = Review.objects.create(
        institution=decision.institution,
        decision=decision,
        reviewer=user,
        outcome=Decision.Outcome.REFUSE,
        reason=reason.strip(),
        cause=cause,
    )
    application.status = Application.Status.REFUSED
    application.save(update_fields=["status"])
    fall_with(application, user.username)
    record_audit(decision.institution, user.username, "refuse", "decision", decision.pk, {"review": row.pk, "cause": cause})
    return row


def cause_faults(cause: str, day: date) -> list[Fault]:
    """A fault where the cause of a no is given and is none of the table's."""
    codes = [row["code"] for row in table("refusal-causes", settings.PUHUI_CATALOGUE).valid_on(day)]
    return [Fault("cause", cause, ", ".join(codes))] if cause and cause not in codes else []


def grant(decision: Decision, application: Application, proposal: Proposal) -> None:
    """Reserve exposure and make the offer of a proposal that all who must have agreed to, inside the caller's transaction.

    Raises FaultsError where the amount would break a ceiling of law as the group stands now: something else was approved meanwhile.
    """
    rooms = rooms_now(decision.institution, [decision.firm], proposal["amount_fen"])
    check([*ceiling_faults(decision, proposal["amount_fen"]), *room_faults(rooms, decision.firm_id, proposal["amount_fen"])])
    day = decision.institution.business_date
    product = proposal["product"]
    terms = quote_terms(product, proposal["amount_fen"], proposal["rate_ppm"], application.term_months, day, application.facts)
    expires_on = date.fromordinal(day.toordinal() + product.offer_days)
    offer = {"terms": terms, "cost": cost_of(terms, day), "expires_on": expires_on}
    reserve(decision, proposal["amount_fen"])
    if promises := promising(decision.institution, rooms, [(decision.firm_id, proposal["amount_fen"])]):
        together(*promises)
    offer_of(decision, offer, proposal["amount_fen"], proposal["rate_ppm"]).save()
    application.status = Application.Status.OFFERED
    application.save(update_fields=["status"])
