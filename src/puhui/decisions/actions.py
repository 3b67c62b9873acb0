"""What is done with applications: submit, decide one or many, review, answer and expire offers. Exposure: `exposures.py`.

Each function is one transaction (the batch: one per chunk) and leaves its row in the audit trail. All are safe to repeat: an
application is known by its key, a decision is made once, and an answer given twice is the same answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from puhui.calculations.faults import Fault, check
from puhui.decisions.checking import check_facts
from puhui.decisions.committee import call as call_committee
from puhui.decisions.committee import end as end_sitting
from puhui.decisions.committee import vote
from puhui.decisions.credit_view import connected
from puhui.decisions.deciding import Batch, decide_set
from puhui.decisions.duties import confirm_delegation, declare_interest, delegate, record_absence, withdraw_delegation
from puhui.decisions.exposures import (
    draw_exposure,
    lock_firms,
    move_exposures,
    release_exposure,
    release_exposures,
    repay_exposure,
)
from puhui.decisions.models import Application, Decision, Offer
from puhui.decisions.referral import answer as answer_questions
from puhui.decisions.replaying import replay, replay_all
from puhui.decisions.reviewing import review
from puhui.decisions.strategies import Strategies
from puhui.decisions.submitting import application_faults
from puhui.decisions.timing import escalate
from puhui.parties.actions import record_audit, record_audits
from puhui.parties.models import Firm, Institution
from puhui.parties.statements import instances, row_asked, together
from puhui.products.queries import products_on

__all__ = [
    "Batch",
    "answer_offer",
    "answer_questions",
    "call_committee",
    "check_facts",
    "confirm_delegation",
    "decide",
    "decide_many",
    "declare_interest",
    "delegate",
    "draw_exposure",
    "end_sitting",
    "escalate",
    "expire_offers",
    "move_exposures",
    "record_absence",
    "release_exposure",
    "release_exposures",
    "repay_exposure",
    "replay",
    "replay_all",
    "review",
    "submit",
    "submit_many",
    "vote",
    "withdraw_delegation",
]

CHUNK = 200  # applications decided in one transaction: what a crash can cost


def submit(
    institution: Institution,
    firm: Firm,
    product_code: str,
    amount_fen: int,
    term_months: int,
    purpose: str,
    *,
    channel: str,
    key: str,
    actor: str,
    facts: Mapping[str, Any] | None = None,
    stated: bool = False,
) -> Application:
    """One application; the same key again gives the application that is there. See `submit_many`.

    `facts`: those of the form; `stated`: they are the borrower's own word and wait for `check_facts` before anything is decided.
    """
    row = {
        "firm": firm,
        "product_code": product_code,
        "amount_fen": amount_fen,
        "term_months": term_months,
        "purpose": purpose,
        "channel": channel,
        "key": key,
        "facts": dict(facts or {}),
        "stated": stated,
    }
    return submit_many(institution, [row], actor)[0]


@transaction.atomic
def submit_many(institution: Institution, rows: Sequence[Mapping[str, Any]], actor: str) -> list[Application]:
    """Applications in the order of `rows` (columns as the arguments of `submit`): all of them or none, each key once for ever.

    Raises:
        FaultsError: an unknown product, an amount or term outside it, a firm of another institution, a key used for something else.
    """
    products = {product.code: product for product in products_on(institution.business_date, institution)}
    check(fault for number, row in enumerate(rows, start=1) for fault in application_faults(institution, row, products, number))
    known = _by_key(institution, rows)
    new = {row["key"]: row for row in rows if row["key"] not in known}
    created = Application.objects.bulk_create(
        [Application(institution=institution, business_date=institution.business_date, submitted_by=actor, **row) for row in new.values()],
        ignore_conflicts=True,
        batch_size=1000,
    )
    found = _by_key(institution, rows)
    check(_other_use(number, row, found[row["key"]]) for number, row in enumerate(rows, start=1) if _differs(row, found[row["key"]]))
    details = [(found[one.key].pk, {"product": one.product_code, "amount_fen": one.amount_fen}) for one in created]
    record_audits(institution, actor, "submit", "application", details)
    return [found[row["key"]] for row in rows]


def _by_key(institution: Institution, rows: Iterable[Mapping[str, Any]]) -> dict[str, Application]:
    keys = [row["key"] for row in rows]
    return {one.key: one for one in Application.objects.filter(institution=institution, key__in=keys).select_related("firm")}


def _differs(row: Mapping[str, Any], application: Application) -> bool:
    same = all(getattr(application, name) == row[name] for name in ("product_code", "amount_fen", "term_months"))
    return not same or application.firm_id != row["firm"].pk


def _other_use(number: int, row: Mapping[str, Any], application: Application) -> Fault:
    found = f"{row['key']!r}, the key of application {application.pk} with another firm, product, amount or term"
    return Fault(f"row {number}: key", found, "a key of its own")


def decide(application: Application, actor: str) -> Decision:
    """Decide one application: the record is kept, and an approval reserves exposure and makes the offer.

    An application that was decided already gives its decision. Raises FaultsError where consent, variables or model are missing.
    """
    with transaction.atomic():
        rows, groups = together(row_asked(Institution, application.institution_id), connected([application.firm_id]))
        (institution,) = instances(Institution, rows)
        batch = decide_set(institution, [application], Strategies(institution), actor, groups)
    check(batch.faults)
    if batch.decided:
        application.status = batch.decided[0].application.status
        return batch.decided[0]
    application.refresh_from_db()
    return Decision.objects.filter(application=application).order_by("-pk")[0]


def decide_many(
    institution: Institution,
    applications: Iterable[Application],
    actor: str,
    progress: Callable[[int], None] | None = None,
) -> Batch:
    """Decide hundreds or thousands, a transaction for each chunk; what was decided before a crash stays, the rest is decided next time.

    `progress` is called with the number of applications done. Applications that cannot be decided are faults of the batch.
    """
    institution = Institution.objects.get(pk=institution.pk)
    strategies = Strategies(institution)
    ordered = sorted(applications, key=lambda one: one.pk)
    whole = Batch()
    for start in range(0, len(ordered), CHUNK):
        chunk = ordered[start : start + CHUNK]
        with transaction.atomic():
            batch = decide_set(institution, chunk, strategies, actor)
        whole.decided.extend(batch.decided)
        whole.faults.extend(batch.faults)
        if progress:
            progress(len(chunk))
    return whole


@transaction.atomic
def answer_offer(offer: Offer, accepted: bool, actor: str) -> Offer:
    """The borrower's yes or no. The same answer again changes nothing.

    Raises:
        FaultsError: the offer was answered otherwise, or has expired.
    """
    lock_firms([offer.firm_id])
    locked = Offer.objects.select_for_update(no_key=True, of=("self", "application"))  # not the institution, which all share
    offer = locked.select_related("institution", "application").get(pk=offer.pk)
    status = Offer.Status.ACCEPTED if accepted else Offer.Status.DECLINED
    if offer.status == status:
        return offer
    day = offer.institution.business_date
    faults = []
    if offer.status != Offer.Status.OPEN:
        faults.append(Fault("offer", offer.status, "an open offer"))
    elif offer.expires_on < day:
        faults.append(Fault("offer", f"one that expired on {offer.expires_on}", "an open offer", "Apply again."))
    check(faults)
    offer.status, offer.answered_at = status, timezone.now()
    offer.save(update_fields=["status", "answered_at"])
    offer.application.status = Application.Status.ACCEPTED if accepted else Application.Status.DECLINED
    offer.application.save(update_fields=["status"])
    if not accepted:
        release_exposures([offer.decision_id])
    record_audit(offer.institution, actor, "accept_offer" if accepted else "decline_offer", "offer", offer.pk)
    return offer


@transaction.atomic
def expire_offers(institution: Institution, actor: str = "system") -> int:
    """Close every open offer whose last day is past, give back what it reserved, and return how many there were."""
    institution = Institution.objects.get(pk=institution.pk)
    past = Offer.objects.filter(institution=institution, status=Offer.Status.OPEN, expires_on__lt=institution.business_date)
    if not (firms := set(past.values_list("firm_id", flat=True))):
        return 0
    lock_firms(firms)
    rows = list(past.select_for_update(no_key=True).order_by("pk").values_list("pk", "application_id", "decision_id"))
    offers, applications, decisions = (list(column) for column in zip(*rows, strict=True)) if rows else ([], [], [])
    Offer.objects.filter(pk__in=offers).update(status=Offer.Status.EXPIRED)
    Application.objects.filter(pk__in=applications).update(status=Application.Status.EXPIRED)
    release_exposures(decisions)
    record_audits(institution, actor, "expire_offer", "offer", [(pk, None) for pk in offers])
    return len(rows)
