"""What the borrower's pages show: the one next step, the offer's whole cost, what a payment changes."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from puhui.calculations.faults import Fault, FaultsError
from puhui.calculations.rate_steps import rate_on, started
from puhui.calculations.schedule import schedule
from puhui.console.consent_text import CLASSES, PURPOSE
from puhui.console.decision_figures import later_rates, reasons
from puhui.console.evidence_figures import title_of
from puhui.console.forms import amount_fen
from puhui.console.labels import APPLICATION, LOAN, OFFER, consent_state, state
from puhui.console.loan_figures import is_open
from puhui.console.templatetags.figures import money, money_plain
from puhui.console.words import PURPOSES, product_name, word
from puhui.decisions import queries as decisions
from puhui.decisions.factory_models import Invitee
from puhui.decisions.models import Application, Offer
from puhui.evidence.layouts import classes
from puhui.loans import actions as lending
from puhui.loans import queries as loans
from puhui.loans.fold import Fold, terms_of
from puhui.loans.models import Loan
from puhui.parties import queries as parties
from puhui.parties.models import Consent, Firm

REASONS_TOLD = 4


def steps(now: str) -> list[dict[str, Any]]:
    """The four steps to the money, with the one under way."""
    names = [("consent", _("Consent")), ("apply", _("Apply")), ("offer", _("Offer")), ("sign", _("Sign"))]
    at = [name for name, _label in names].index(now)
    return [
        {"label": label, "state": "now" if index == at else "done" if index < at else "coming"}
        for index, (_name, label) in enumerate(names)
    ]


def loan_card(loan: Loan, owed: loans.Owed) -> dict[str, Any]:
    """A loan as the borrower sees it."""
    return {
        "loan": loan,
        "open": is_open(owed),
        "state": state(LOAN, owed.status),
        "principal_fen": owed.principal_fen,
        "due_fen": owed.due_fen,
        "next_due": owed.next_due,
        "next_due_fen": owed.next_due_fen,
        "days_past_due": owed.days_past_due,
    }


def next_step(user: Any, firm: Firm, has_open_loan: bool) -> dict[str, Any] | None:
    """What the borrower does next; None while a loan runs and nothing else waits."""
    latest = decisions.applications(user).filter(firm=firm).order_by("-pk").first()
    if latest is not None and latest.part_of_id is not None:  # a loan of a combined application: the one with an open offer first
        siblings = decisions.applications(user).filter(part_of=latest.part_of_id, status=Application.Status.OFFERED)
        latest = siblings.order_by("pk").first() or latest
    if latest is not None and latest.status == Application.Status.OFFERED:
        return {
            "title": _("An offer waits for you"),
            "text": _("Look at the whole cost, then accept or decline."),
            "button": _("See the offer"),
            "url": reverse("console:borrower_offer", args=[latest.offer.pk]),
        }
    if latest is not None and latest.status in (Application.Status.REFERRED, Application.Status.SUBMITTED):
        return {
            "title": _("A person looks at your application"),
            "text": _("You need not do anything. The answer appears here."),
            "button": _("See the application"),
            "url": reverse("console:borrower_application", args=[latest.pk]),
        }
    contract = loans.contracts(user).filter(firm=firm).first()
    if contract is not None and contract.status == "drafted" and not any(each.party == "borrower" for each in contract.signatures.all()):
        return {
            "title": _("Your contract is ready"),
            "text": _("Read it and sign."),
            "button": _("Read and sign"),
            "url": reverse("console:borrower_sign", args=[contract.pk]),
        }
    if contract is not None and contract.status in ("drafted", "signed", "cleared"):
        return {
            "title": _("The money is on its way"),
            "text": _("The lender checks the conditions and pays out. You need not do anything."),
            "button": _("See the contract"),
            "url": reverse("console:borrower_sign", args=[contract.pk]),
        }
    return None if has_open_loan else _first_step(firm)


def _first_step(firm: Firm) -> dict[str, Any]:
    if parties.live_consent(firm, PURPOSE, CLASSES[0], firm.institution.business_date) is None:
        return {
            "title": _("Money for your business, from your invoices"),
            "text": _("Answer in a minute. First we ask whether we may read your invoices."),
            "button": _("Begin"),
            "url": reverse("console:borrower_consent"),
        }
    return {
        "title": _("How much do you need?"),
        "text": _("Tell us the amount; the answer comes at once."),
        "button": _("Apply"),
        "url": reverse("console:borrower_apply"),
    }


def consent_card(consent: Consent, day: datetime.date) -> dict[str, Any]:
    """A consent as the borrower sees it."""
    shown = consent_state(consent, day)
    return {
        "consent": consent,
        "purpose": word(PURPOSES, consent.purpose),
        "state": shown,
        "live": shown.tone == "ok",
        "classes": _(", ").join(class_titles(consent.classes)),
    }


def class_titles(codes: Sequence[str]) -> list[str]:
    """Classes of evidence by their names in the reader's language."""
    return [title_of(classes()[code].title) for code in codes]


def invitation_card(invitee: Invitee) -> dict[str, Any]:
    """An offer or invitation of a campaign as the borrower sees it on the first page."""
    return {
        "name": product_name(invitee.campaign.product_code),
        "amount_fen": invitee.amount_fen or invitee.wanted_fen,
        "rate_ppm": invitee.rate_ppm,
        "is_offer": invitee.outcome == Invitee.Outcome.OFFER,
        "until": invitee.campaign.expires_on,
        "url": reverse("console:borrower_invitation", args=[invitee.pk]),
    }


def range_text(product: Any) -> str:
    """The product's smallest and largest amount, in a sentence."""
    return _("From %(least)s to %(most)s yuan") % {"least": money_plain(product.minimum_fen), "most": money_plain(product.maximum_fen)}


def answer(application: Application) -> dict[str, Any]:
    """The answer in plain words: what happens next, and when refused the main reasons."""
    status = application.status
    decision = application.decisions.order_by("-pk").first()
    shown: dict[str, Any] = {"state": state(APPLICATION, status), "reasons": [], "again": False, "url": "", "button": ""}
    if status == "offered":
        return shown | {
            "title": _("Yes: we have an offer for you"),
            "text": _("Look at the whole cost before you say yes."),
            "button": _("See the offer"),
            "url": reverse("console:borrower_offer", args=[application.offer.pk]),
        }
    if status == "in_parts":
        return shown | {"title": _("Your application became several loans"), "text": _("Each has its own answer, rate and contract.")}
    if status == "refused":
        told = [reason.text for reason in reasons(decision.record, "against", "veto")[:REASONS_TOLD]] if decision else []
        return shown | {"title": _("We cannot lend to you now"), "text": "", "reasons": told, "again": True}
    if status == "referred":
        told = [reason.text for reason in reasons(decision.record, "against", "refer")[:REASONS_TOLD]] if decision else []
        return shown | {
            "title": _("A person looks at your application"),
            "text": _("You need not do anything. The answer appears here."),
            "referred_for": told,
        }
    if status == "submitted" and application.stated:
        return shown | {"title": _("We have your application"), "text": _("An officer looks at your papers, then the answer appears here.")}
    if status == "submitted":
        return shown | {"title": _("We have your application"), "text": _("Your data are being fetched. The answer appears here.")}
    return shown | {"title": _("Your application"), "text": ""}


def part_cards(user: Any, application: Application) -> list[dict[str, Any]]:
    """The loans that a combined application became, each with where it stands."""
    if application.status != Application.Status.IN_PARTS:
        return []
    return [
        {
            "name": product_name(one.product_code),
            "amount_fen": one.amount_fen,
            "state": state(APPLICATION, one.status),
            "url": reverse("console:borrower_application", args=[one.pk]),
        }
        for one in decisions.parts(user, application)
    ]


def offer_figures(offer: Offer, day: datetime.date) -> dict[str, Any]:
    """Every payment if the money went out on `day`, all that is paid, the cost in it, and the rate when late."""
    terms = terms_of(started(offer.terms, day))
    rows = schedule(terms)
    total_fen = sum(row.total for row in rows)
    markup = float((offer.terms.get("penalty") or {}).get("markup_overdue", 0))
    return {
        "rows": rows,
        "total_fen": total_fen,
        "cost_fen": total_fen - offer.amount_fen,
        "open": offer.status == Offer.Status.OPEN,
        "state": state(OFFER, offer.status),
        "later_rates": later_rates(offer.terms),
        "late_rate_ppm": round(float(rate_on(offer.terms, (rows[-1].due - day).days)) * 1_000_000 * (1 + markup)),
    }


def closing(shown: loans.Dossier) -> dict[str, int] | None:
    """What closes the loan today, and the interest and fees of coming payments that are then not paid, in fen; None where it is open."""
    owed = shown.owed
    coming = sum(row.owed("interest") + row.owed("fee") for row in shown.fold.position.rows if row.due > shown.day)
    if owed.to_close_fen is None:
        return None
    return {"amount_fen": owed.to_close_fen, "saved_fen": max(coming - owed.accrued_fen, 0)}


def payment_preview(shown: loans.Dossier, kind: str, typed: str) -> dict[str, Any]:
    """What a payment would change, with nothing changed. Raises FaultsError as paying would."""
    if kind not in ("due", "payoff", "repayment"):
        raise FaultsError([Fault(_("kind of payment"), kind, _("one of the choices"))])
    owed, day = shown.owed, shown.day
    amount = {"due": owed.due_fen, "payoff": owed.to_close_fen}.get(kind) or amount_fen(typed)
    act = "payoff" if kind == "payoff" or amount == owed.to_close_fen else "repayment"
    folded = lending.preview(shown.loan, act, amount, day)
    next_due, next_due_fen = folded.next_due
    before, after = (_interest_to_come(each) for each in (shown.fold, folded))
    return {
        "kind": act,
        "amount_fen": amount,
        "amount": money(amount),
        "principal_fen": folded.counters.principal,
        "next_due": next_due,
        "next_due_fen": next_due_fen if next_due else None,
        "saved_fen": max(before - after - _interest_paid(shown.fold, folded), 0),
    }


def _interest_to_come(folded: Fold) -> int:
    """Interest and fees that are still to be paid, all of it as agreed."""
    return sum(row.owed("interest") + row.owed("fee") for row in folded.position.rows)


def _interest_paid(before: Fold, after: Fold) -> int:
    """What of interest and fees a payment itself pays."""
    paid_before, paid_after = (each.counters.interest_paid + each.counters.fee_paid for each in (before, after))
    return paid_after - paid_before
