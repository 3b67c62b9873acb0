"""A case and the decision behind it: do we lend, how much, at what price, and why; and how the engine got there."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from puhui.calculations.faults import Fault, FaultsError
from puhui.console import decision_figures as figures
from puhui.console.access import Request, may_act, page
from puhui.console.application_forms import checked_rows, fact_fields, typed_facts
from puhui.console.combination_figures import parts_picture
from puhui.console.firm_figures import monthly_picture, six_figures
from puhui.console.forms import amount_fen, errors_of, new_key
from puhui.console.labels import APPLICATION, FINDING, OUTCOME, state
from puhui.console.margin_figures import margin_panel
from puhui.console.referral_figures import causes, clock, questions
from puhui.console.templatetags.figures import money_plain
from puhui.console.valuation_figures import is_technology, valuation_classes, valuation_of
from puhui.console.words import AUTHORITY, HINDRANCES, LOAN_PURPOSES, product_name, word
from puhui.decisions import actions, queries
from puhui.decisions.models import Application, Decision, Review
from puhui.decisions.standing import givers_of
from puhui.decisions.visiting import facts_of, overview
from puhui.evidence import queries as evidence
from puhui.loans.margins import margin_of_decision
from puhui.products.queries import product as product_in_force
from puhui.products.terms import Product
from puhui.products.visit_forms import forms_on

INVOICES = "C07"


@page("case")
def case(request: Request, number: int) -> HttpResponse:
    """One application with everything that its decision needs. POST records an officer's yes or no."""
    try:
        application = queries.case(request.user, number)
    except Application.DoesNotExist as error:
        raise Http404 from error
    errors: list[str] = []
    if request.method == "POST":
        try:
            _review(request, application)
            return redirect("console:case", number)
        except FaultsError as error:
            errors = errors_of(error)
    return render(request, "console/case.html", _case_context(request, application, errors), status=422 if errors else 200)


def refused(request: Request, application: Application, errors: list[str]) -> HttpResponse:
    """The case again, with what was wrong with a form of it."""
    return render(request, "console/case.html", _case_context(request, application, errors), status=422)


def _review(request: Request, application: Application) -> None:
    decision = application.latest_decision
    if decision is None:
        raise FaultsError([Fault(_("case"), _("no decision of the engine"), _("a case that the engine has decided"))])
    outcome, reason = request.POST.get("outcome", ""), request.POST.get("reason", "")
    amount = amount_fen(request.POST.get("amount", "")) if outcome == Decision.Outcome.APPROVE else None
    rate_ppm = decision.rate_ppm if outcome == Decision.Outcome.APPROVE else None
    cause = request.POST.get("cause", "") if outcome == Decision.Outcome.REFUSE else ""
    giver = next(
        (one for one in givers_of(request.user, request.institution.business_date) if str(one.pk) == request.POST.get("for")), None
    )
    actions.review(decision, request.user, outcome, reason, amount, rate_ppm, cause=cause, on_behalf_of=giver)


def _case_context(request: Request, application: Application, errors: list[str]) -> dict[str, Any]:
    decision = application.latest_decision
    firm_url = reverse("console:firm", args=[application.firm_id])

    def rows_of(name: str) -> str:
        return reverse("console:firm_variable", args=[application.firm_id, name])

    day = request.institution.business_date
    valued = decision is not None and is_technology(application)
    open_classes = evidence.open_readings(application.firm, request.user.username, [INVOICES, *(valuation_classes() if valued else ())])
    monthly = monthly_picture(evidence.monthly_totals(application.firm, day) if INVOICES in open_classes else [], day)
    record = decision.record if decision else {}
    facts = record.get("facts", {})
    context: dict[str, Any] = {
        "application": application,
        "decision": decision,
        "state": state(APPLICATION, application.status),
        "errors": errors,
        "product_name": product_name(application.product_code),
        "purpose": word(LOAN_PURPOSES, application.purpose),
        "monthly": monthly,
        "checked": checked_rows(application),
        "parts": parts_picture(request.user, application),
        "six_figures": six_figures(facts.get("variables", {}), facts.get("null_reasons", {}), monthly, firm_url),
    }
    if decision is None:
        context |= _undecided(request, application)
    if decision:
        context |= {
            "outcome": state(OUTCOME, decision.outcome),
            "limit": figures.limit_picture(record),
            "price": None if context["parts"] else figures.price_picture(record),
            "reasons_for": figures.reasons(record, "for", address_of=rows_of),
            "reasons_against": figures.reasons(record, "against", address_of=rows_of),
            "questions": questions(decision),
            "clock": clock(decision, application.product_code) if application.status == Application.Status.REFERRED else None,
            "exposure": (exposure := _exposure(application, decision)),
            "margin": margin_panel(margin_of_decision(decision, application.firm, request.institution, exposure)),
            "group": figures.group_exposure(record, decision.amount_fen),
            "worth": valuation_of(decision, open_classes) if valued else None,
        }
        context |= _review_context(request, application, decision)
    return context


def _undecided(request: Request, application: Application) -> dict[str, Any]:
    """The form in which the officer enters what the papers show, where nothing is decided yet."""
    product = product_in_force(application.product_code, request.institution.business_date)
    asked = product.application if application.stated else {}
    return {
        "may_check": may_act(request.user, "case"),
        "fields": fact_fields(product, asked, {**_seen_on_visits(application, product), **request.POST.dict()}, application.facts),
        "waits_for_papers": application.stated,
    }


def _seen_on_visits(application: Application, product: Product) -> dict[str, str]:
    """What visits tell of the facts that the product asks for, as the officer would type it, with who saw it as the paper."""
    if not application.stated:
        return {}
    forms = forms_on(application.institution.business_date, settings.PUHUI_CATALOGUE)
    return typed_facts(product, *facts_of(product, overview(application, forms)))


def _exposure(application: Application, decision: Decision) -> dict[str, int]:
    now = queries.exposure_of(application.firm)
    own = decision.amount_fen if application.status == Application.Status.REFERRED else 0
    outstanding, reserved = now["outstanding_fen"], now["reserved_fen"]
    return {"now_fen": outstanding + reserved, "reserved_fen": reserved, "after_fen": outstanding + reserved + own}


def _review_context(request: Request, application: Application, decision: Decision) -> dict[str, Any]:
    waits = application.status == Application.Status.REFERRED
    voice = queries.may_approve(decision, request.user)
    may_decide = waits and may_act(request.user, "case")
    hindrances = [word(HINDRANCES, code) for code in voice.hindrances] if waits else []
    if waits and voice.may and len(voice.missing) > 1:
        hindrances.append(_("With your yes, others must still agree."))
    return {
        "reviews": [_reviewed(each) for each in decision.reviews.all()],
        "authority": word(AUTHORITY, decision.authority) if decision.authority else "",
        "may_decide": may_decide,
        "may_approve": may_decide and voice.may,
        "may_answer": may_decide and not {"absent", "interest"} & set(voice.hindrances),
        "answer_key": new_key(),
        "findings": [(code, state(FINDING, code).label) for code in ("settled", "accepted", "open")],
        "givers": voice.givers,
        "causes": causes(request.institution.business_date) if may_decide else [],
        "is_voted": "voted" in voice.hindrances or getattr(decision, "sitting", None) is not None,
        "own_authority": " ".join(hindrances),
        "why_not": "" if waits else _why_not(application),
        "entered": {"reason": request.POST.get("reason", ""), "amount": request.POST.get("amount") or money_plain(decision.amount_fen)},
    }


def _why_not(application: Application) -> str:
    """Why nobody is asked for a word on a case."""
    if application.status == Application.Status.IN_PARTS:
        return _("Each of its loans is a case of its own.")
    return _("This case is decided; nothing waits for a person.")


def _reviewed(review: Review) -> dict[str, Any]:
    return {
        "state": state(OUTCOME, review.outcome),
        "who": review.reviewer.get_full_name() or review.reviewer.username,
        "at": review.reviewed_at,
        "amount_fen": review.amount_fen,
        "rate_ppm": review.rate_ppm,
        "reason": review.reason,
    }


def _find(request: Request, number: int) -> Decision:
    try:
        return queries.decision(request.user, number)
    except Decision.DoesNotExist as error:
        raise Http404 from error


@page("decision")
def decision(request: Request, number: int) -> HttpResponse:
    """How the engine got there: the stages with inputs, rule texts and results."""
    return render(request, "console/decision.html", _decision_context(request, _find(request, number)))


@page("decision")
def replay(request: Request, number: int) -> HttpResponse:
    """Decides again from the frozen facts and tells whether anything differs; only the answer where htmx asks."""
    found = _find(request, number)
    if request.method != "POST":
        return redirect("console:decision", number)
    context = {"differences": [str(each) for each in actions.replay(found)], "replayed": True}
    if request.headers.get("HX-Request"):
        return render(request, "console/parts/replay.html", context)
    return render(request, "console/decision.html", _decision_context(request, found) | context)


def _decision_context(request: Request, found: Decision) -> dict[str, Any]:
    record = found.record
    return {
        "decision": found,
        "firm": found.firm,
        "outcome": state(OUTCOME, found.outcome),
        "milliseconds": f"{found.duration_microseconds / 1000:.1f}",
        "stages": figures.stage_strip(found),
        "facts": figures.fact_rows(record),
        "versions": figures.versions(record),
        "rules": figures.rule_rows(record),
        "score_rows": figures.score_rows(record),
        "class_text": figures.class_text(record),
        "limit": figures.limit_picture(record),
        "price": figures.price_picture(record),
        "authority": word(AUTHORITY, found.authority) if found.authority else _("The engine refused: nobody may approve this proposal."),
        "may_replay": may_act(request.user, "decision"),
        "diligence_forms": ["pdf", "xlsx", "json"],
    }
