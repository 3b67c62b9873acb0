"""All reads of applications, decisions, reviews and offers. What a user may see is decided by `parties.queries.limit_to_user`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Case, Count, IntegerField, OuterRef, Prefetch, Q, QuerySet, Subquery, Sum, When

from puhui.decisions.authority import missing_voices
from puhui.decisions.exposures import exposure_of_firms
from puhui.decisions.factory_models import Absence, Answer, Campaign, Delegation, Escalation, Interest, Invitee, Question, Sitting, Vote
from puhui.decisions.models import Application, Decision, Offer, Review
from puhui.decisions.referral import is_open
from puhui.decisions.reviewing import is_voted
from puhui.decisions.standing import REVIEWERS, standing_of
from puhui.parties.models import Firm, User
from puhui.parties.queries import firms_named, limit_to_user
from puhui.products.queries import products_on, tables_of

OPEN = (Application.Status.SUBMITTED, Application.Status.REFERRED)
_ORDERS = {"waiting": ("submitted_at", "pk"), "newest": ("-submitted_at", "-pk"), "amount": ("-amount_fen", "pk")}
_FILTERS = {"status", "product", "text", "mine", "told", "order"}


def applications(user: Any) -> QuerySet[Application]:
    """Applications that a user may see, each with firm, institution and (without its record) its latest decision."""
    rows = limit_to_user(Application.objects.all(), user, firm="firm")
    return rows.select_related("firm", "institution").prefetch_related(
        Prefetch("decisions", Decision.objects.defer("record").order_by("-pk"), to_attr="decisions_newest_first")
    )


def application(user: Any, application_id: int) -> Application:
    """Raises Application.DoesNotExist where the user may not see it."""
    return applications(user).get(pk=application_id)


def work_queue(user: Any, filters: Mapping[str, Any] | None = None) -> QuerySet[Application]:
    """Applications that wait for the lender, the longest waiting first.

    Filters: `status` (the open ones unless given; `all` for every one), `product`, `text` (in the firm's name), `mine` (firms that the
    user manages), `told` (late, and told to the user's role), `order` (waiting, newest, amount). Others raise ValueError.
    """
    given = {name: value for name, value in (filters or {}).items() if value not in (None, "", False)}
    if set(given) - _FILTERS:
        raise ValueError(f"unknown filters {sorted(set(given) - _FILTERS)}, known are {sorted(_FILTERS)}")
    rows = applications(user)
    status = given.get("status")
    if status != "all":
        rows = rows.filter(status=status) if status else rows.filter(status__in=OPEN)
    if "product" in given:
        rows = rows.filter(product_code=given["product"])
    if "text" in given:
        rows = rows.filter(firm__in=firms_named(user.institution_id, given["text"]).values("pk"))
    if given.get("mine"):
        rows = rows.filter(firm__manager=user)
    if given.get("told"):
        rows = rows.filter(pk__in=Escalation.objects.filter(institution=user.institution_id, to_role=user.role).values("application"))
    order: tuple[str, ...] = _ORDERS.get(str(given.get("order", "waiting")), _ORDERS["waiting"])
    if status == "all" and order != _ORDERS["amount"]:
        order = (order[-1],)  # in the order of their numbers, as they came: moments of all states together have no index
    return rows.order_by(*order)


class _Counted(Subquery):
    """How many rows a query gives."""

    template = "(SELECT count(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


def queue_counts(user: Any, most: int) -> dict[str, int]:
    """Status → number of applications the user may see, counted up to `most`; every status is there. One query."""
    rows = limit_to_user(Application.objects.all(), user, firm="firm").order_by()
    counts = {status: _Counted(rows.filter(status=status).values("pk")[:most]) for status in Application.Status.values}
    row: tuple[int, ...] = User.objects.filter(pk=user.pk).values_list(*counts.values()).get()
    return dict(zip(counts, row, strict=True))


def case(user: Any, application_id: int) -> Application:
    """One application with its decisions, their reviews and exposure, and its offer."""
    whole = Decision.objects.select_related("exposure", "sitting").prefetch_related(
        Prefetch("reviews", Review.objects.select_related("reviewer", "on_behalf_of").order_by("pk")),
        Prefetch("questions", Question.objects.order_by("pk")),
        Prefetch("questions__answers", Answer.objects.select_related("answered_by").order_by("pk")),
    )
    rows = limit_to_user(Application.objects.all(), user, firm="firm")
    rows = rows.select_related("firm", "firm__manager", "institution", "offer", "fact_check__checked_by")
    brought = Prefetch("decisions", whole.order_by("-pk"), to_attr="decisions_newest_first")
    found = rows.prefetch_related(brought).get(pk=application_id)
    found.firm.institution = found.institution  # what is known already is not asked for again
    for one in found.decisions_newest_first:
        one.firm, one.institution = found.firm, found.institution
    return found


def parts(user: Any, application: Application) -> QuerySet[Application]:
    """The loans that a combined application became, in the order of filling, each with its latest decision and its offer."""
    return applications(user).filter(part_of=application).select_related("offer").order_by("pk")


def part_decisions(application_id: int) -> list[dict[str, Any]]:
    """What was decided on each loan of a combined application that the caller has scoped, in the order of filling; none for another."""
    rows = Decision.objects.filter(application__part_of=application_id).select_related("application").defer("record").order_by("pk")
    newest = {one.application_id: one for one in rows}
    return [
        {
            "decision": one.pk,
            "application": one.application_id,
            "product": one.application.product_code,
            "outcome": one.outcome,
            "asked_fen": one.application.amount_fen,
            "amount_fen": one.amount_fen,
            "rate_ppm": one.rate_ppm,
            "authority": one.authority,
        }
        for one in newest.values()
    ]


def decisions(user: Any) -> QuerySet[Decision]:
    """Decisions that a user may see, without their records, newest first."""
    rows = limit_to_user(Decision.objects.all(), user, firm="firm")
    return rows.select_related("firm", "application").defer("record").order_by("-pk")


def decision(user: Any, decision_id: int) -> Decision:
    """One decision with its record, reviews and exposure. Raises Decision.DoesNotExist."""
    rows = limit_to_user(Decision.objects.all(), user, firm="firm").select_related("firm", "application", "institution", "snapshot")
    return rows.prefetch_related(Prefetch("reviews", Review.objects.select_related("reviewer", "on_behalf_of").order_by("pk"))).get(
        pk=decision_id
    )


def offers(user: Any) -> QuerySet[Offer]:
    """Offers that a user may see, newest first."""
    return limit_to_user(Offer.objects.all(), user, firm="firm").select_related("firm", "application", "decision").order_by("-pk")


def offer(user: Any, offer_id: int) -> Offer:
    """Raises Offer.DoesNotExist."""
    return offers(user).get(pk=offer_id)


def exposure_of(firm: Firm) -> dict[str, int]:
    """`reserved_fen` and `outstanding_fen` of a firm over all its decisions."""
    return exposure_of_firms([firm.pk])[firm.pk]


@dataclass(frozen=True)
class Voice:
    """Whether a person may say yes to a case as proposed: `hindrances` tells why not, `missing` who else must."""

    may: bool
    hindrances: tuple[str, ...]
    level: str
    missing: tuple[str, ...]
    givers: tuple[User, ...] = ()  # for whom the person may speak


def may_approve(decision: Decision, user: User) -> Voice:
    """What stands between this person and a yes to the engine's proposal."""
    levels = {level["level"]: level for level in decision.record["stages"]["authority"]["levels"]}
    level = levels.get(decision.authority)
    reviews = list(decision.reviews.all())
    spoken = {number for one in reviews for number in (one.reviewer_id, one.on_behalf_of_id) if number}
    standing = standing_of(user, decision.firm, decision.application.institution.business_date, spoken)
    roles = {user.role, *(one.role for one in standing.givers if one.username != decision.application.submitted_by)}
    found = {
        "not_referred": decision.outcome != Decision.Outcome.REFER or decision.application.status != Application.Status.REFERRED,
        "role": level is None or not roles & set(level["roles"]),
        "maker": user.username == decision.application.submitted_by,
        "spoken": user.pk in spoken,
        "absent": standing.is_absent,
        "interest": bool(standing.interests),
        "questions": any(one.is_required and is_open(one) for one in decision.questions.all()),
        "voted": is_voted(decision.authority, decision.application.institution.business_date),
    }
    hindrances = tuple(code for code, holds in found.items() if holds)
    heard = [(one.reviewer.username, (one.on_behalf_of or one.reviewer).role) for one in reviews if one.outcome == Decision.Outcome.APPROVE]
    missing = missing_voices(level, heard) if level else []
    return Voice(not hindrances, hindrances, decision.authority, tuple(missing), standing.givers)


def authority_of(user: User, day: date) -> list[dict[str, Any]]:
    """What a person may approve: for each product and level with the person's role, the highest amount by class in fen."""
    if user.role not in REVIEWERS:
        return []
    found = []
    for product in products_on(day, user.institution):
        classes = [one.code for one in product.classes if one.is_lent]
        for row in tables_of(product)["authority"].valid_on(day):
            if user.role in row["roles"]:
                amounts = {code: int(row.get(code, 0)) * 100 for code in classes}
                found.append({"product": product.code, "level": row["level"], "persons": row["persons"], "amounts_fen": amounts})
    return found


def sittings(user: Any, outcome: str | None = None) -> QuerySet[Sitting]:
    """Sittings that a user may see with their votes, the open ones first, then the newest."""
    rows = limit_to_user(Sitting.objects.all(), user)
    rows = rows.filter(outcome=outcome) if outcome else rows
    rows = rows.select_related("decision__application", "decision__firm").defer("decision__record").prefetch_related("votes")
    return rows.annotate(is_over=Case(When(outcome="open", then=0), default=1)).order_by("is_over", "-opened_at")


def sitting_of(decision: Decision) -> Sitting | None:
    """The sitting on a decision that the caller has scoped, with its votes."""
    votes = Prefetch("votes", Vote.objects.select_related("member").order_by("pk"))
    return Sitting.objects.filter(decision=decision).select_related("opened_by", "decision").prefetch_related(votes).first()


def people(numbers: Iterable[int]) -> dict[int, User]:
    """Users by number."""
    return User.objects.in_bulk(list(numbers))


def waits_for_committee(user: Any) -> QuerySet[Decision]:
    """Referred decisions of a level that votes, for which no committee was called yet; the longest waiting first."""
    rows = limit_to_user(Decision.objects.all(), user).filter(
        outcome=Decision.Outcome.REFER, application__status=Application.Status.REFERRED, authority="committee", sitting__isnull=True
    )
    return rows.select_related("application", "firm").defer("record").order_by("decided_at", "pk")


@dataclass
class Asked:
    """The questions of a decision: how many must be answered before a yes, how many of them are open, and all that are open."""

    required: int = 0
    required_open: int = 0
    open: list[dict[str, str]] = field(default_factory=list)  # texts by language, those that must be answered first


def questions_asked(decision_ids: Iterable[int]) -> dict[int, Asked]:
    """Decision → its questions; decisions without any are left out."""
    last = Answer.objects.filter(question=OuterRef("pk")).order_by("-pk").values("finding")[:1]
    rows = Question.objects.filter(decision__in=list(decision_ids)).annotate(last=Subquery(last)).order_by("-is_required", "pk")
    found: dict[int, Asked] = {}
    for number, text, is_required, finding in rows.values_list("decision_id", "text", "is_required", "last"):
        asked, waits = found.setdefault(number, Asked()), finding in (None, Answer.Finding.OPEN)
        asked.required += is_required
        asked.required_open += is_required and waits
        if waits:
            asked.open.append(text)
    return found


def told_of(decision_ids: Iterable[int]) -> dict[int, str]:
    """Decision → the role that was told last that it is late."""
    rows = Escalation.objects.filter(decision__in=list(decision_ids)).order_by("pk")
    return dict(rows.values_list("decision_id", "to_role"))


def campaigns(user: Any) -> QuerySet[Campaign]:
    """Campaigns that a user may see, newest first, each with how many firms it names, was offered to, and took it up."""
    rows = limit_to_user(Campaign.objects.all(), user).select_related("made_by", "released_by", "institution")
    counted = {"firms": Count("invitees"), "offers": Count("invitees", filter=Q(invitees__outcome="offer"))}
    return rows.annotate(**counted, taken=Count("invitees__application")).order_by("-pk")


def invitees(campaign: Campaign, outcome: str | None = None) -> QuerySet[Invitee]:
    """The firms of a campaign in the order of its file, or those with one outcome."""
    rows = campaign.invitees.select_related("firm", "application").order_by("row_number")
    return rows.filter(outcome=outcome) if outcome else rows


def invitations(user: Any, firm: Firm) -> QuerySet[Invitee]:
    """Offers and invitations of running campaigns that the firm has not answered and still can, the last day first."""
    asked = (Invitee.Outcome.OFFER, Invitee.Outcome.INVITE)
    rows = limit_to_user(Invitee.objects.all(), user, firm="firm").filter(firm=firm, outcome__in=asked, application=None, declined_at=None)
    running = rows.filter(campaign__status=Campaign.Status.RELEASED, campaign__expires_on__gte=firm.institution.business_date)
    return running.select_related("campaign").order_by("campaign__expires_on", "pk")


def invitee_counts(campaign: Campaign) -> dict[str, tuple[int, int]]:
    """Outcome → firms, and fen offered to them."""
    rows = campaign.invitees.values("outcome").annotate(n=Count("pk"), fen=Sum("amount_fen"))
    return {row["outcome"]: (row["n"], int(row["fen"] or 0)) for row in rows.order_by("outcome")}


def reviewers(user: Any) -> QuerySet[User]:
    """Those of the user's institution who decide on cases."""
    return limit_to_user(User.objects.all(), user).filter(role__in=REVIEWERS, is_active=True).order_by("role", "username")


def delegations(user: Any) -> QuerySet[Delegation]:
    """Who speaks for whom, newest first."""
    return limit_to_user(Delegation.objects.all(), user).select_related("giver", "taker").order_by("-pk")


def absences(user: Any, day: date) -> QuerySet[Absence]:
    """Absences that are not over on a day, the nearest first."""
    return limit_to_user(Absence.objects.all(), user).filter(ends_on__gte=day).select_related("user").order_by("starts_on", "pk")


def interests(user: Any) -> QuerySet[Interest]:
    """Own relations of staff that stand, newest first."""
    rows = limit_to_user(Interest.objects.all(), user).filter(ended_on__isnull=True)
    return rows.select_related("user", "firm", "person").order_by("-pk")
