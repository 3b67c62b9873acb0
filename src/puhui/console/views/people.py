"""People who borrow: registering a person or a household, and who stands behind a customer, numbers masked until asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from puhui.calculations.faults import Fault, FaultsError
from puhui.console import consent_text
from puhui.console.access import Request, may_act, page
from puhui.console.borrower_figures import class_titles
from puhui.console.forms import errors_of
from puhui.console.labels import consent_state
from puhui.console.templatetags.figures import actor, enumerated
from puhui.console.views.firm import find_firm
from puhui.console.words import FIRM_KINDS, PEOPLE, PURPOSES, word
from puhui.decisions.exposures import bound_fen
from puhui.loans.parting import drafts_naming_who_left
from puhui.parties import actions, borrowers, leaving, queries
from puhui.parties.consents import PURPOSES as CONSENT_PURPOSES
from puhui.parties.models import Firm, Institution
from puhui.parties.registration import PEOPLE_KINDS
from puhui.products.queries import products_on

ROWS = 6  # people that the form takes at once; more join a household on its page
FIELDS = ("part", "name", "identity_number", "phone")
COUNTER = "counter"


@page("people")
def register(request: Request) -> HttpResponse:
    """A form for a person or a household; POST registers all of it, or nothing and every fault named."""
    errors: list[str] = []
    if request.method == "POST":
        try:
            return redirect("console:people", _register(request).pk)
        except FaultsError as error:
            errors = errors_of(error)
    context = {
        "errors": errors, "may_make": may_act(request.user, "people"), "entered": request.POST,
        "kinds": [(kind, word(FIRM_KINDS, kind)) for kind in reversed(PEOPLE_KINDS)],
        "parts": [(part, word(PEOPLE, part)) for part in borrowers.PARTS], "people": _entered(request),
    }  # fmt: skip
    return render(request, "console/register_people.html", context, status=422 if errors else 200)


def _register(request: Request) -> Firm:
    sent = request.POST
    people = [one for one in _entered(request) if any(one[name] for name in FIELDS[1:])]
    row: dict[str, Any] = {"kind": sent.get("kind", ""), "people": people, "manager": request.user}
    row |= {name: sent.get(name, "").strip() for name in ("household_number", "industry_code", "division_code")}
    (firm,) = borrowers.register_borrowers(request.institution, [row], request.user.username)
    messages.success(request, _("%(name)s is registered. Nothing may be read about it before it has agreed.") % {"name": firm.name})
    return firm


def _entered(request: Request) -> list[dict[str, str]]:
    """The rows of the form as they were sent; a form not sent yet is one for a household with head, spouse and members."""
    rows = [{name: request.POST.get(f"{name}-{place}", "").strip() for name in FIELDS} for place in range(ROWS)]
    if request.method != "POST":
        rows = [row | {"part": {0: "head", 1: "spouse"}.get(place, "member")} for place, row in enumerate(rows)]
    return rows


@page("people")
def people(request: Request, number: int) -> HttpResponse:
    """Who stands behind a customer, numbers masked; POST shows one by a logged act, adds a member, lets one leave, or takes a consent."""
    firm = find_firm(request, number)
    errors: list[str] = []
    shown: dict[str, Any] = {}
    if request.method == "POST":
        try:
            shown = _act(request, firm)
            if not shown:
                return redirect("console:people", number)
        except FaultsError as error:
            errors = errors_of(error)
    response = render(request, "console/people.html", _context(request, firm, shown, errors), status=422 if errors else 200)
    if shown:
        response["Cache-Control"] = "no-store"
    return response


def _act(request: Request, firm: Firm) -> dict[str, Any]:
    """Carry out what a form asks for. What is to be shown once: `person`, `what`, `text`; nothing where the page is to be read anew."""
    act, who = request.POST.get("act"), request.user.username
    if act == "reveal":
        return _revealed(request, firm)
    if act == "add_member":
        name, number, phone = (request.POST.get(field, "").strip() for field in FIELDS[1:])
        borrowers.register_member(firm, {"name": name, "identity_number": number, "phone": phone or None}, who)
        messages.success(request, _("%(name)s owes with the household from now on.") % {"name": name})
        return {}
    if act == "leave":
        _leave(request, firm)
        return {}
    if act == "consent":
        _consent(request, firm)
        messages.success(request, _("Consent recorded."))
        return {}
    raise FaultsError([Fault("act", act or "nothing", "reveal, add_member, leave or consent")])


def _revealed(request: Request, firm: Firm) -> dict[str, Any]:
    what, wanted = request.POST.get("what", ""), request.POST.get("person", "")
    found = [link.person for link in queries.people_of(firm) if str(link.person_id) == wanted]
    if not found or what not in ("identity_number", "phone"):
        raise FaultsError([Fault("person", wanted or "nothing", f"somebody of {firm.name}, and a number or phone")])
    reveal = actions.reveal_identity_number if what == "identity_number" else actions.reveal_phone
    return {"person": found[0].pk, "what": what, "text": reveal(found[0], request.user.username, request.POST.get("reason", ""))}


def _leave(request: Request, firm: Firm) -> None:
    """Somebody leaves the household; who follows the head is told where it is the head."""
    inside = {str(link.person_id): link.person for link in queries.people_of(firm) if link.until is None}
    person, successor = (inside.get(request.POST.get(name, "")) for name in ("person", "successor"))
    if person is None:
        raise FaultsError([Fault("person", request.POST.get("person") or "nothing", f"somebody who is in {firm.name} now")])
    day, reason = _day(request.POST.get("day", "")), request.POST.get("reason", "")
    left = leaving.leave_household(firm, person, day, reason, request.user.username, successor=successor)
    messages.success(request, _("%(name)s has left the household, and owes with it what was lent before.") % {"name": person.name})
    if left.consents_ended:
        messages.warning(request, _("The consent of the old head has ended: ask the new head before the next decision."))
    if drafts := drafts_naming_who_left(firm):
        numbers = ", ".join(each.number for each in drafts)
        messages.warning(
            request, _("These drafted contracts name who left and cannot be signed; draft them anew: %(numbers)s") % {"numbers": numbers}
        )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise FaultsError([Fault(_("date"), text or _("nothing"), _("a date such as 2026-12-31"))]) from error


def _left(firm: Firm) -> list[dict[str, Any]]:
    """Who left a household, when and why, and what they owe with it still."""
    links = leaving.those_who_left(firm) if firm.kind == Firm.Kind.HOUSEHOLD else []
    owed = bound_fen(firm.pk, {link.until for link in links if link.until}) if links else {}
    return [{"link": link, "label": word(PEOPLE, link.role), "owed_fen": owed[link.until]} for link in links if link.until]


def _consent(request: Request, firm: Firm) -> None:
    """What the borrower has signed at the counter, for the decision and for watching the loan."""
    signed = request.POST.get("signed_by", "").strip()
    if not signed or request.POST.get("agreed") != "yes":
        raise FaultsError([Fault("consent", signed or "nothing", "who has signed, and that all of them have")])
    classes = classes_for(firm.institution, firm.kind)
    for purpose in CONSENT_PURPOSES[:2]:
        actions.grant_consent(
            firm, purpose=purpose, classes=classes, expires_on=consent_text.expires_on(firm.institution.business_date),
            text_version=consent_text.version(), text="\n".join(_paragraphs(firm, classes)), channel=COUNTER, granted_by=signed[:150],
        )  # fmt: skip


def classes_for(institution: Institution, kind: str) -> list[str]:
    """The classes of evidence that the products for this kind of borrower read."""
    found = products_on(institution.business_date, institution)
    return sorted({each for one in found if kind in one.borrower_kinds for each in one.evidence_classes})


def _paragraphs(firm: Firm, classes: Sequence[str]) -> list[str]:
    return consent_text.paragraphs(firm.name, firm.institution.name, classes, class_titles(classes))


def _context(request: Request, firm: Firm, shown: dict[str, Any], errors: list[str]) -> dict[str, Any]:
    day = request.institution.business_date
    rows = [
        {**one, "label": word(PEOPLE, one["part"]), "shown": shown if shown.get("person") == one["person"].pk else {}}
        for one in borrowers.people_told(firm)
    ]
    consents = [
        {
            "purpose": word(PURPOSES, each.purpose), "state": consent_state(each, day), "classes": enumerated(class_titles(each.classes)),
            "period": f"{each.granted_at.date()} – {each.expires_on}", "by": actor(each.granted_by),
        }
        for each in queries.consents_of(firm)[:6]
    ]  # fmt: skip
    return {
        "firm": firm, "kind": word(FIRM_KINDS, firm.kind), "people": rows, "errors": errors, "consents": consents,
        "is_household": firm.kind == Firm.Kind.HOUSEHOLD, "may_act": may_act(request.user, "people"),
        "consent_paragraphs": _paragraphs(firm, classes_for(firm.institution, firm.kind)) if firm.kind in PEOPLE_KINDS else [],
        "sent": request.POST, "left": _left(firm), "day": day, "inside": [one for one in rows if one["part"] in leaving.OWING],
    }  # fmt: skip
