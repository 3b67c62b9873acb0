"""All reads of applications, decisions, reviews and offers. What a user may see is decided by `parties.queries.limit_to_user`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Avg, Count, DurationField, ExpressionWrapper, F, Max, Prefetch, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from puhui.decisions.authority import missing_voices
from puhui.decisions.exposures import exposure_of_firms
from puhui.decisions.models import Application, Decision, Offer, Review
from puhui.decisions.reviewing import REVIEWERS
from puhui.parties.models import Firm, Institution, User
from puhui.parties.queries import limit_to_user
from puhui.products.queries import products_on, tables_of

OPEN = (Application.Status.SUBMITTED, Application.Status.REFERRED)
_ORDERS = {"waiting": ("submitted_at", "pk"), "newest": ("-submitted_at", "-pk"), "amount": ("-amount_fen", "pk")}
_FILTERS = {"status", "product", "text", "mine", "order"}


def applications(user: Any) -> QuerySet[Application]:
    """Applications that a user may see, each with firm, institution and (without its record) its latest decision."""
    rows = limit_to_user(Application.objects.all(), user, firm="firm")
    return rows.select_related("firm", "institution").prefetch_related(
        Prefetch("decisions", Decision.objects.defer("record").order_by("-pk"), to_attr="decisions_newest_first")
    )


def application(user: Any, application_id: int) -> Application:
    """Raises Application.DoesNotExist where the user may not see it."""
    return applications(user).get(pk=application_id)


def applications_of(firm: Firm) -> QuerySet[Application]:
    """Every application of a firm, newest first; for a page that has scoped the firm."""
    rows = Application.objects.filter(firm=firm).select_related("firm").order_by("-pk")
    return rows.prefetch_related(
        Prefetch("decisions", Decision.objects.defer("record").order_by("-pk"), to_attr="decisions_newest_first"), "offer"
    )


def work_queue(user: Any, filters: Mapping[str, Any] | None = None) -> QuerySet[Application]:
    """Applications that wait for the lender, the longest waiting first.

    Filters: `status` (the open ones unless given; `all` for every one), `product`, `text` (in the firm's name), `mine` (firms that the
    user manages), `order` (waiting, newest, amount). Others raise ValueError.
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
        rows = rows.filter(firm__name__icontains=given["text"])
    if given.get("mine"):
        rows = rows.filter(firm__manager=user)
    return rows.order_by(*_ORDERS.get(str(given.get("order", "waiting")), _ORDERS["waiting"]))


def queue_counts(user: Any) -> dict[str, int]:
    """Status → number of applications the user may see; every status is there."""
    rows = limit_to_user(Application.objects.all(), user, firm="firm").values("status").annotate(n=Count("pk"))
    return dict.fromkeys(Application.Status.values, 0) | {row["status"]: row["n"] for row in rows}


def case(user: Any, application_id: int) -> Application:
    """One application with its decisions, their reviews and exposure, and its offer."""
    whole = Decision.objects.select_related("exposure").prefetch_related(
        Prefetch("reviews", Review.objects.select_related("reviewer").order_by("pk"))
    )
    rows = limit_to_user(Application.objects.all(), user, firm="firm").select_related("firm", "firm__manager", "institution", "offer")
    return rows.prefetch_related(
        Prefetch("decisions", whole.order_by("-pk")), Prefetch("decisions", whole.order_by("-pk"), to_attr="decisions_newest_first")
    ).get(pk=application_id)


def decisions(user: Any) -> QuerySet[Decision]:
    """Decisions that a user may see, without their records, newest first."""
    rows = limit_to_user(Decision.objects.all(), user, firm="firm")
    return rows.select_related("firm", "application").defer("record").order_by("-pk")


def decision(user: Any, decision_id: int) -> Decision:
    """One decision with its record, reviews and exposure. Raises Decision.DoesNotExist."""
    rows = limit_to_user(Decision.objects.all(), user, firm="firm").select_related("firm", "application", "institution", "snapshot")
    return rows.prefetch_related(Prefetch("reviews", Review.objects.select_related("reviewer").order_by("pk"))).get(pk=decision_id)


def offers(user: Any) -> QuerySet[Offer]:
    """Offers that a user may see, newest first."""
    return limit_to_user(Offer.objects.all(), user, firm="firm").select_related("firm", "application", "decision").order_by("-pk")


def offer(user: Any, offer_id: int) -> Offer:
    """Raises Offer.DoesNotExist."""
    return offers(user).get(pk=offer_id)


def open_offers(institution: Institution) -> QuerySet[Offer]:
    """Offers that wait for the borrower's answer; for batches."""
    return Offer.objects.filter(institution=institution, status=Offer.Status.OPEN).select_related("firm", "decision").order_by("pk")


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


def may_approve(decision: Decision, user: User) -> Voice:
    """What stands between this person and a yes to the engine's proposal."""
    levels = {level["level"]: level for level in decision.record["stages"]["authority"]["levels"]}
    level = levels.get(decision.authority)
    reviews = list(decision.reviews.all())
    hindrances = []
    if decision.outcome != Decision.Outcome.REFER or decision.application.status != Application.Status.REFERRED:
        hindrances.append("not_referred")
    if level is None or user.role not in level["roles"]:
        hindrances.append("role")
    if user.username == decision.application.submitted_by:
        hindrances.append("maker")
    if any(one.reviewer_id == user.pk for one in reviews):
        hindrances.append("spoken")
    heard = [(one.reviewer.username, one.reviewer.role) for one in reviews if one.outcome == Decision.Outcome.APPROVE]
    missing = missing_voices(level, heard) if level else []
    return Voice(not hindrances, tuple(hindrances), decision.authority, tuple(missing))


def authority_of(user: User, day: date) -> list[dict[str, Any]]:
    """What a person may approve: for each product and level with the person's role, the highest amount by class in fen."""
    if user.role not in REVIEWERS:
        return []
    found = []
    for product in products_on(day):
        classes = [one.code for one in product.classes if one.is_lent]
        for row in tables_of(product)["authority"].valid_on(day):
            if user.role in row["roles"]:
                amounts = {code: int(row.get(code, 0)) * 100 for code in classes}
                found.append({"product": product.code, "level": row["level"], "persons": row["persons"], "amounts_fen": amounts})
    return found


@dataclass(frozen=True)
class Figures:
    """Decisions of a period in numbers; hours are from submission to the engine's word, or to the last review where one was needed."""

    decisions: int
    by_outcome: Mapping[str, int]
    without_person: int
    share_without_person: float | None
    approved_fen: int
    mean_hours: float | None
    mean_engine_milliseconds: float | None


def figures(institution: Institution, since: date | None = None, until: date | None = None) -> Figures:
    """How many were decided, how many of them without a person (approved or refused by the engine), and how long it took."""
    rows = Decision.objects.filter(institution=institution)
    if since:
        rows = rows.filter(business_date__gte=since)
    if until:
        rows = rows.filter(business_date__lte=until)
    counts = {row["outcome"]: row["n"] for row in rows.values("outcome").annotate(n=Count("pk"))}
    total = sum(counts.values())
    straight = total - counts.get(Decision.Outcome.REFER, 0)
    offered = Offer.objects.filter(decision__in=rows.values("pk")).aggregate(total=Sum("amount_fen"))["total"]
    engine = rows.aggregate(mean=Avg("duration_microseconds"))["mean"]
    return Figures(
        total,
        {outcome: counts.get(outcome, 0) for outcome in Decision.Outcome.values},
        straight,
        straight / total if total else None,
        int(offered or 0),
        _mean_hours(rows),
        float(engine) / 1000 if engine is not None else None,
    )


def _mean_hours(rows: QuerySet[Decision]) -> float | None:
    """Mean hours from submission to the last word; cases still waiting for a person are left out."""
    finished = rows.exclude(Q(outcome=Decision.Outcome.REFER) & Q(application__status=Application.Status.REFERRED))
    span = Coalesce(Max("reviews__reviewed_at"), F("decided_at")) - F("application__submitted_at")
    spans = list(finished.annotate(span=ExpressionWrapper(span, DurationField())).values_list("span", flat=True))
    return sum(one.total_seconds() for one in spans) / 3600 / len(spans) if spans else None
