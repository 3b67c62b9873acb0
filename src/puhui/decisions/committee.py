"""A committee decides by vote: somebody puts a proposal to it, the members vote once each, and the last vote that settles it ends it.

Who sits is fixed when the sitting is called: everybody of the committee's roles who is at work, has no interest in the firm and did not
send the application. The quorum is a number of votes and a share of those who sit. It is carried when the quorum is there, the yes are the
majority of the votes cast, and a chair is among them; it falls when that can no longer come about. The members' row of the decision is
locked while a vote is taken, so two last votes count one after the other and the offer is made once. A conflict that shows later takes a
seat (`seats`); a sitting that has lost its quorum takes no vote until it is called anew.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from puhui.calculations.faults import Fault, FaultsError, check
from puhui.decisions.combining import fall_with
from puhui.decisions.credit_view import lock_groups
from puhui.decisions.factory_models import Sitting, Vote
from puhui.decisions.models import Application, Decision, Review
from puhui.decisions.referral import question_faults
from puhui.decisions.reviewing import grant, is_voted, proposed
from puhui.decisions.seats import free_of, has_lost_quorum, quorum_faults
from puhui.decisions.standing import absent_on, interests_of, standing_faults, standing_of
from puhui.parties.actions import record_audit
from puhui.parties.models import User
from puhui.products.parameters import Row, table


@transaction.atomic
def call(decision: Decision, user: User, reason: str, amount_fen: int | None = None, rate_ppm: int | None = None) -> Sitting:
    """Put a referred decision to the committee's vote; a sitting that is there is given back, seated anew where it has lost its quorum.

    Raises:
        FaultsError: a decision that is not open or not the committee's, open questions, too few members for a quorum.
    """
    application, decision = _locked(decision)
    if (there := Sitting.objects.filter(decision=decision).select_related("opened_by", "decision").first()) is not None:
        free, roles = _seated(there)
        return _seat_anew(there, decision, application, user, free) if has_lost_quorum(there, free, roles) else there
    day = decision.institution.business_date
    proposal = proposed(decision, amount_fen, rate_ppm)
    level = proposal["level"]
    check([*_call_faults(decision, application, user, reason), *proposal["faults"], *question_faults(decision)])
    if not is_voted(level["level"], day):
        check([Fault("decision", f"the level {level['level']}", "a level that votes", "Approve it on the case.")])
    rules = table("committee-rules", settings.PUHUI_CATALOGUE).row(day, level=level["level"])
    members = _members(decision, application, rules["roles"])
    quorum = _quorum(rules, len(members))
    check(_member_faults(members, level["chair"], quorum))
    sitting = Sitting.objects.create(
        institution=decision.institution, decision=decision, amount_fen=proposal["amount_fen"], rate_ppm=proposal["rate_ppm"],
        reason=reason.strip(), members=[one.pk for one in members], quorum=quorum,
        majority_ppm=round(float(rules["majority"]) * 1_000_000), chair=list(level["chair"]), opened_by=user,
    )  # fmt: skip
    detail = {"sitting": sitting.pk, "quorum": quorum, "members": len(members), "deviations": proposal["deviations"]}
    record_audit(decision.institution, user.username, "call_committee", "decision", decision.pk, detail)
    return sitting


def _quorum(rules: Row, members: int) -> int:
    return max(int(rules["quorum_persons"]), math.ceil(members * float(rules["quorum_share"])))


def _seat_anew(sitting: Sitting, decision: Decision, application: Application, user: User, free: Sequence[int]) -> Sitting:
    """The same proposal before those who may vote by now; votes of members without an interest stay. FaultsError where they are too few."""
    day = decision.institution.business_date
    check(_call_faults(decision, application, user, sitting.reason))
    rules = table("committee-rules", settings.PUHUI_CATALOGUE).row(
        day, level=proposed(decision, sitting.amount_fen, sitting.rate_ppm)["level"]["level"]
    )
    voted = User.objects.filter(pk__in=sitting.votes.filter(member__in=free).values("member"))
    members = list({one.pk: one for one in [*_members(decision, application, rules["roles"]), *voted]}.values())
    quorum = _quorum(rules, len(members))
    check(_member_faults(members, sitting.chair, quorum))
    sitting.members, sitting.quorum = sorted(one.pk for one in members), quorum
    sitting.save(update_fields=["members", "quorum"])
    detail = {"sitting": sitting.pk, "quorum": quorum, "members": len(members)}
    record_audit(decision.institution, user.username, "recall_committee", "decision", decision.pk, detail)
    return sitting


def votable_fen(decision: Decision) -> int | None:
    """The amount for which the committee may be called on a referred decision: what the engine proposed where its level votes, else what
    was asked where so much needs a level that votes; None where neither does."""
    for amount_fen in dict.fromkeys((decision.amount_fen, decision.application.amount_fen)):
        try:
            proposal = proposed(decision, amount_fen)
        except FaultsError:
            continue  # no level reaches so far
        if not proposal["faults"] and is_voted(proposal["level"]["level"], decision.institution.business_date):
            return amount_fen
    return None


def _locked(decision: Decision) -> tuple[Application, Decision]:
    lock_groups(decision.institution, [decision.firm_id])
    application = Application.objects.select_for_update(no_key=True).get(pk=decision.application_id)
    return application, Decision.objects.select_related("institution", "firm").get(pk=decision.pk)


def _call_faults(decision: Decision, application: Application, user: User, reason: str) -> list[Fault]:
    faults = standing_faults(user, standing_of(user, decision.firm, decision.institution.business_date))
    if user.institution_id != decision.institution_id:
        faults.append(Fault("user", f"{user.username}, of another institution", "somebody of this institution"))
    if application.status != Application.Status.REFERRED or decision.outcome != Decision.Outcome.REFER:
        faults.append(Fault("decision", f"{decision.outcome}, application {application.status}", "one that is referred and open"))
    if not reason.strip():
        faults.append(Fault("reason", "nothing", "what the committee is told, in words"))
    return faults


def _members(decision: Decision, application: Application, roles: Sequence[str]) -> list[User]:
    found = list(User.objects.filter(institution=decision.institution, role__in=roles, is_active=True).order_by("pk"))
    away = absent_on([one.pk for one in found], decision.institution.business_date)
    interests = interests_of(found, decision.firm)
    return [one for one in found if one.pk not in away and not interests[one.pk] and one.username != application.submitted_by]


def _member_faults(members: Sequence[User], chair: Sequence[str], quorum: int) -> list[Fault]:
    faults = []
    if len(members) < quorum:
        found = f"{len(members)} who are at work and free of interest"
        faults.append(Fault("members", found, f"{quorum} or more", "Wait until more are back."))
    if chair and not any(one.role in chair for one in members):
        faults.append(Fault("chair", "nobody at work and free of interest", f"one of {', '.join(chair)}"))
    return faults


@transaction.atomic
def vote(sitting: Sitting, user: User, voice: str, reason: str) -> Vote:
    """One member's vote; the same vote again is the vote that is there. The one that settles it makes the offer or ends the case.

    Raises:
        FaultsError: somebody who does not sit, has voted otherwise, is away or has an interest; a sitting that is over.
    """
    application, decision = _locked(sitting.decision)
    sitting = _locked_sitting(sitting)
    votes, (free, roles) = list(sitting.votes.select_related("member").order_by("pk")), _seated(sitting)
    own = next((one for one in votes if one.member_id == user.pk), None)
    if own is not None and own.voice == voice:
        return own
    check(_vote_faults(sitting, decision, user, own, voice, reason))
    check(quorum_faults(sitting, free, roles))
    row = Vote.objects.create(institution=decision.institution, sitting=sitting, member=user, voice=voice, reason=reason.strip())
    votes = [one for one in (*votes, row) if one.member_id in free]
    outcome = outcome_of(sitting, votes, roles, free)
    detail = {"sitting": sitting.pk, "voice": voice, "cast": len(votes), "outcome": outcome}
    record_audit(decision.institution, user.username, "vote", "decision", decision.pk, detail)
    if outcome != Sitting.Outcome.OPEN:
        _close(sitting, decision, application, votes, outcome)
    return row


def _locked_sitting(sitting: Sitting) -> Sitting:
    rows = Sitting.objects.select_related("opened_by", "decision").defer("decision__record")
    return rows.select_for_update(of=("self",), no_key=True).get(pk=sitting.pk)


def _vote_faults(sitting: Sitting, decision: Decision, user: User, own: Vote | None, voice: str, reason: str) -> list[Fault]:
    faults = standing_faults(user, standing_of(user, decision.firm, decision.institution.business_date))
    if user.pk not in sitting.members:
        faults.append(Fault("member", f"{user.username}, who does not sit", "a member named when the sitting was called"))
    if own is not None:
        faults.append(Fault("member", f"{user.username}, who has voted {own.voice}", "one vote a member"))
    if voice not in Vote.Voice.values:
        faults.append(Fault("voice", repr(voice), ", ".join(Vote.Voice.values)))
    if not reason.strip():
        faults.append(Fault("reason", "nothing", "the reason, in words"))
    if sitting.outcome != Sitting.Outcome.OPEN:
        faults.append(Fault("sitting", f"one that ended with {sitting.outcome}", "one that is open"))
    return faults


def _seated(sitting: Sitting) -> tuple[list[int], dict[int, str]]:
    """The members who may vote, and the roles of all."""
    members = list(User.objects.filter(pk__in=sitting.members).order_by("pk"))
    return free_of(sitting, members), {one.pk: one.role for one in members}


def outcome_of(sitting: Sitting, votes: Sequence[Vote], roles: Mapping[int, str], members: Sequence[int], *, is_over: bool = False) -> str:
    """Where the vote stands: open as long as both a yes and a no can still come about by the votes that are not cast.

    `members`: those who sit and may vote, whose votes these are. `is_over`: no more votes will come, so those that were cast decide.
    """
    cast, left = len(votes), len(members) - len(votes)
    yes = sum(one.voice == Vote.Voice.YES for one in votes)
    voted = {one.member_id for one in votes}
    has_chair = not sitting.chair or any(one.voice == Vote.Voice.YES and roles.get(one.member_id) in sitting.chair for one in votes)
    can_have_chair = has_chair or any(roles.get(number) in sitting.chair for number in members if number not in voted)
    carried = cast >= sitting.quorum and _is_majority(sitting, yes, cast) and has_chair
    if is_over or not left:
        return Sitting.Outcome.APPROVE if carried else Sitting.Outcome.REFUSE
    if carried and _is_majority(sitting, yes, len(members)):
        return Sitting.Outcome.APPROVE
    can_carry = _is_majority(sitting, yes + left, len(members)) and can_have_chair
    return Sitting.Outcome.OPEN if can_carry else Sitting.Outcome.REFUSE


def _is_majority(sitting: Sitting, yes: int, cast: int) -> bool:
    return yes * 1_000_000 >= sitting.majority_ppm * cast


@transaction.atomic
def end(sitting: Sitting, user: User) -> Sitting:
    """A chair ends a sitting whose quorum is there, though members are missing: the votes cast decide. Again changes nothing.

    Raises FaultsError for a person who does not preside, or without a quorum.
    """
    application, decision = _locked(sitting.decision)
    sitting = _locked_sitting(sitting)
    if sitting.outcome != Sitting.Outcome.OPEN:
        return sitting
    free, roles = _seated(sitting)
    votes = list(sitting.votes.select_related("member").filter(member__in=free).order_by("pk"))
    faults = standing_faults(user, standing_of(user, decision.firm, decision.institution.business_date))
    if user.pk not in sitting.members or (sitting.chair and user.role not in sitting.chair):
        faults.append(Fault("member", f"{user.username}, {user.role}", f"a member who presides: {', '.join(sitting.chair)}"))
    if len(votes) < sitting.quorum:
        faults.append(Fault("votes", f"{len(votes)} cast", f"a quorum of {sitting.quorum}"))
    check([*faults, *quorum_faults(sitting, free, roles)])
    _close(sitting, decision, application, votes, outcome_of(sitting, votes, roles, free, is_over=True))
    return sitting


def _close(sitting: Sitting, decision: Decision, application: Application, votes: Sequence[Vote], outcome: str) -> None:
    """The end of a sitting: the votes that carried it become reviews, and the offer is made, or the application refused."""
    sitting.outcome, sitting.closed_at = outcome, timezone.now()
    sitting.save(update_fields=["outcome", "closed_at"])
    carried = outcome == Sitting.Outcome.APPROVE
    proposal: dict[str, Any] = proposed(decision, sitting.amount_fen, sitting.rate_ppm) if carried else {}
    Review.objects.bulk_create(
        [
            Review(
                institution=decision.institution, decision=decision, reviewer=one.member, outcome=outcome, reason=one.reason,
                amount_fen=sitting.amount_fen if carried else None, rate_ppm=sitting.rate_ppm if carried else None,
                deviations=proposal.get("deviations", {}), level="committee" if carried else "",
            )
            for one in votes
            if (one.voice == Vote.Voice.YES) == carried
        ]
    )  # fmt: skip
    if carried:
        check(proposal["faults"])
        grant(decision, application, proposal)
    else:
        application.status = Application.Status.REFUSED
        application.save(update_fields=["status"])
        fall_with(application, "system")
    record_audit(decision.institution, "system", "close_committee", "decision", decision.pk, {"sitting": sitting.pk, "outcome": outcome})
