"""Pre-approval by the list: a file is read, every firm screened, and a second person lets the offers go out.

A campaign's offer is an invitation with an amount and a last day, not yet a debt: when the firm takes it up, an application is submitted
and the engine decides on that day's facts, so that a firm that has changed since is answered as it is. Nothing is half done: the file, the
screening and its rows are one transaction, and the same key gives the campaign that is there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from puhui.calculations.faults import Fault, check
from puhui.decisions import actions, campaign_list
from puhui.decisions.checking import needs_papers
from puhui.decisions.factory_models import Campaign, Invitee
from puhui.decisions.models import Application
from puhui.decisions.screening import CHANNEL, Quotas, Screened, screen
from puhui.decisions.strategy import in_force
from puhui.parties.actions import record_audit
from puhui.parties.models import Institution, Role, User
from puhui.products.terms import Product

MAKERS = (Role.OFFICER, Role.APPROVER, Role.RISK_MANAGER)
RELEASERS = (Role.APPROVER, Role.RISK_MANAGER)
ASKED = (Invitee.Outcome.OFFER, Invitee.Outcome.INVITE)


@transaction.atomic
def make(user: User, *, data: bytes, file_name: str, key: str, **wanted: Any) -> Campaign:
    """Read a list, screen it, and store what came out; nobody is told until it is released.

    Args:
        wanted: `name`, `kind`, `anchor`, `product_code`, `term_months`, `purpose`, `amount_fen` (where a row names none), `expires_on`,
            `budget_fen`, and quotas `region` and `industry`: beginning of a code → fen
    Raises:
        FaultsError: everything that is wrong with campaign, file and quotas.
    """
    institution = Institution.objects.select_for_update(no_key=True).get(pk=user.institution_id or 0)
    there = Campaign.objects.filter(institution=institution, key=key).first()
    if there is not None:
        return there
    strategy = in_force(institution, wanted["product_code"], institution.business_date)
    check(_faults(institution, user, strategy.product, wanted))
    listed = campaign_list.read(institution, data, file_name, wanted["amount_fen"], strategy.product)
    least = strategy.product.minimum_fen
    check(
        Fault(f"{file_name}, row {one.row_number}, amount", f"{one.wanted_fen} fen", f"{least} fen or more")
        for one in listed
        if one.wanted_fen < least
    )
    quotas = Quotas(wanted["budget_fen"], wanted.get("region", {}), wanted.get("industry", {}))
    screened = screen(institution, strategy, listed, wanted["term_months"], wanted["purpose"], quotas)
    names = ("name", "kind", "product_code", "term_months", "purpose", "expires_on", "budget_fen")
    campaign = Campaign.objects.create(
        institution=institution, anchor=wanted.get("anchor", ""), quotas={"region": dict(quotas.region), "industry": dict(quotas.industry)},
        file_name=file_name[-200:], file_digest=campaign_list.digest(data), key=key, business_date=institution.business_date, made_by=user,
        **{name: wanted[name] for name in names},
    )  # fmt: skip
    Invitee.objects.bulk_create([_invitee(campaign, one) for one in screened], batch_size=2000)
    counts = dict(Counter(str(one.outcome) for one in screened))
    record_audit(institution, user.username, "screen_campaign", "campaign", campaign.pk, {"rows": counts, "file": campaign.file_digest})
    return campaign


def _invitee(campaign: Campaign, one: Screened) -> Invitee:
    return Invitee(
        institution_id=campaign.institution_id, campaign=campaign, row_number=one.listed.row_number, firm=one.listed.firm,
        wanted_fen=one.listed.wanted_fen, outcome=one.outcome, risk_class=one.risk_class, amount_fen=one.amount_fen,
        rate_ppm=one.rate_ppm, reasons=one.reasons, facts=dict(one.listed.facts),
    )  # fmt: skip


def _faults(institution: Institution, user: User, product: Product, wanted: Mapping[str, Any]) -> list[Fault]:
    faults = []
    if user.role not in MAKERS:
        faults.append(Fault("user", f"{user.username}, {user.role}", f"one of {', '.join(MAKERS)}"))
    for name, longest in (("name", 120), ("purpose", 200)):
        if not 1 <= len(str(wanted[name]).strip()) <= longest:
            faults.append(Fault(name, repr(wanted[name])[:60], f"a text of 1 to {longest} characters"))
    if wanted["kind"] not in Campaign.Kind.values:
        faults.append(Fault("kind", repr(wanted["kind"]), ", ".join(Campaign.Kind.values)))
    if not product.minimum_months <= wanted["term_months"] <= product.maximum_months:
        faults.append(Fault("term_months", str(wanted["term_months"]), f"{product.minimum_months} to {product.maximum_months} months"))
    if wanted["expires_on"] <= institution.business_date:
        faults.append(Fault("expires_on", str(wanted["expires_on"]), f"a day after {institution.business_date}"))
    if wanted["budget_fen"] <= 0:
        faults.append(Fault("budget", str(wanted["budget_fen"]), "more than 0"))
    for kind in ("region", "industry"):
        faults += [
            Fault(f"quota of {kind} {code}", str(fen), "a code of letters or digits, and 0 fen or more")
            for code, fen in wanted.get(kind, {}).items()
            if not code.isalnum() or fen < 0
        ]
    return faults


@transaction.atomic
def release(campaign: Campaign, user: User) -> Campaign:
    """A second person lets the offers and invitations go out; again changes nothing. Raises FaultsError for the maker or a closed one."""
    campaign = _locked(campaign)
    if campaign.status == Campaign.Status.RELEASED and campaign.released_by_id == user.pk:
        return campaign
    faults = []
    if user.institution_id != campaign.institution_id or user.role not in RELEASERS:
        faults.append(Fault("user", f"{user.username}, {user.role}", f"one of {', '.join(RELEASERS)}"))
    if user.pk == campaign.made_by_id:
        faults.append(Fault("user", f"{user.username}, who made it", "another person: maker and checker differ"))
    if campaign.status != Campaign.Status.SCREENED:
        faults.append(Fault("campaign", campaign.status, "one that waits to be released"))
    check(faults)
    campaign.status, campaign.released_by, campaign.released_at = Campaign.Status.RELEASED, user, timezone.now()
    campaign.save(update_fields=["status", "released_by", "released_at"])
    record_audit(campaign.institution, user.username, "release_campaign", "campaign", campaign.pk)
    return campaign


@transaction.atomic
def close(campaign: Campaign, user: User) -> Campaign:
    """No offer can be taken up any more; again changes nothing. What was taken up stays. Raises FaultsError for other roles."""
    campaign = _locked(campaign)
    if campaign.status == Campaign.Status.CLOSED:
        return campaign
    if user.institution_id != campaign.institution_id or user.role not in MAKERS:
        check([Fault("user", f"{user.username}, {user.role}", f"one of {', '.join(MAKERS)}")])
    campaign.status, campaign.closed_at = Campaign.Status.CLOSED, timezone.now()
    campaign.save(update_fields=["status", "closed_at"])
    record_audit(campaign.institution, user.username, "close_campaign", "campaign", campaign.pk)
    return campaign


def _locked(campaign: Campaign) -> Campaign:
    return Campaign.objects.select_for_update(no_key=True, of=("self",)).select_related("institution").get(pk=campaign.pk)


@transaction.atomic
def take_up(invitee: Invitee, actor: str, amount_fen: int | None = None, facts: Mapping[str, Any] | None = None) -> Application:
    """The firm's wish from an offer or invitation: submitted and decided in one go; again gives the application that is there.

    `amount_fen`: less than offered, where the firm needs less. `facts`: what the firm says itself on the product's form, before what the
    list said. Where the form asks for anything, the application waits until an officer has seen the papers.

    Raises:
        FaultsError: a campaign that is not released, closed or past its day; a firm that was not asked; more than was offered; and what
            hinders the decision, such as a missing consent.
    """
    campaign = _locked(invitee.campaign)
    row = Invitee.objects.select_for_update(no_key=True, of=("self",)).select_related("firm", "application").get(pk=invitee.pk)
    if row.application is not None:
        return row.application
    most = row.amount_fen if row.outcome == Invitee.Outcome.OFFER else row.wanted_fen
    amount_fen = most if amount_fen is None else amount_fen
    check(_take_up_faults(campaign, row, amount_fen, most, campaign.institution.business_date))
    product = in_force(campaign.institution, campaign.product_code, campaign.institution.business_date).product
    said = {name: value for name, value in {**row.facts, **(facts or {})}.items() if name in product.application}
    waits = needs_papers(product)
    application = actions.submit(
        campaign.institution, row.firm, campaign.product_code, amount_fen, campaign.term_months, campaign.purpose, channel=CHANNEL,
        key=f"campaign:{campaign.pk}:{row.pk}", actor=actor, facts=said, stated=waits,
    )  # fmt: skip
    if not waits:
        actions.decide(application, "system")
    row.application = application
    row.save(update_fields=["application"])
    detail = {"application": application.pk, "amount_fen": amount_fen}
    record_audit(campaign.institution, actor, "take_up_offer", "campaign", campaign.pk, detail | {"firm": row.firm_id})
    application.refresh_from_db()
    return application


@transaction.atomic
def decline(invitee: Invitee, actor: str) -> Invitee:
    """The firm's no to an offer or invitation; again changes nothing. Raises FaultsError where it was taken up, or nobody asked."""
    row = Invitee.objects.select_for_update(no_key=True, of=("self",)).select_related("institution", "firm").get(pk=invitee.pk)
    if row.declined_at is not None:
        return row
    faults = []
    if row.application_id is not None:
        faults.append(Fault("firm", f"{row.firm.name}, which has applied", "one that has not answered", "Decline the offer itself."))
    if row.outcome not in ASKED:
        faults.append(Fault("firm", f"{row.firm.name}: {row.outcome}", "one with an offer or an invitation"))
    check(faults)
    row.declined_at, row.declined_by = timezone.now(), actor
    row.save(update_fields=["declined_at", "declined_by"])
    record_audit(row.institution, actor, "decline_invitation", "campaign", row.campaign_id, {"firm": row.firm_id})
    return row


def _take_up_faults(campaign: Campaign, row: Invitee, amount_fen: int, most_fen: int, day: date) -> list[Fault]:
    faults = []
    if campaign.status != Campaign.Status.RELEASED:
        faults.append(Fault("campaign", campaign.status, "one that is released"))
    if campaign.expires_on < day:
        faults.append(Fault("campaign", f"one that ended on {campaign.expires_on}", "one that runs"))
    if row.outcome not in ASKED:
        faults.append(Fault("firm", f"{row.firm.name}: {row.outcome}", "one with an offer or an invitation"))
    if row.declined_at is not None:
        faults.append(Fault("firm", f"{row.firm.name}, which said no", "one that has not declined"))
    if not 0 < amount_fen <= most_fen:
        faults.append(Fault("amount_fen", str(amount_fen), f"at most {most_fen}"))
    return faults
