"""Delegations, absences and own relations: who may decide, for whom, and who keeps out."""

from __future__ import annotations

import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from puhui.calculations.faults import Fault, FaultsError
from puhui.console.access import Request, may_act, page
from puhui.console.forms import errors_of
from puhui.console.labels import DELEGATION, state
from puhui.console.words import INTERESTS, word
from puhui.decisions import actions, queries
from puhui.decisions import duties as rules
from puhui.decisions.factory_models import Delegation
from puhui.evidence.queries import firm_named
from puhui.parties.models import User


@page("duties")
def duties(request: Request) -> HttpResponse:
    """What is recorded; POST asks for, confirms or withdraws a delegation, records an absence, declares a relation."""
    errors: list[str] = []
    if request.method == "POST":
        try:
            _act(request)
            return redirect("console:duties")
        except FaultsError as error:
            errors = errors_of(error)
    day = request.institution.business_date
    may = may_act(request.user, "duties")
    context = {
        "errors": errors, "may_act": may, "people": [one for one in queries.reviewers(request.user) if one.pk != request.user.pk],
        "delegations": [_row(one, request.user, day, may=may) for one in queries.delegations(request.user)[:100]],
        "absences": list(queries.absences(request.user, day)[:100]),
        "interests": [{"one": one, "kind": word(INTERESTS, one.kind)} for one in queries.interests(request.user)[:100]],
        "kinds": [(code, word(INTERESTS, code)) for code in rules.INTERESTS],
    }  # fmt: skip
    return render(request, "console/duties.html", context, status=422 if errors else 200)


def _row(one: Delegation, reader: User, day: datetime.date, *, may: bool) -> dict[str, Any]:
    if one.withdrawn_at:
        code = "withdrawn"
    elif not one.confirmed_at:
        code = "asked"
    else:
        code = "over" if one.ends_on < day else "coming" if one.starts_on > day else "live"
    is_confirmer = reader.role in rules.rules_on(day)["confirmed_by"]
    takes_part = reader.pk in (one.giver_id, one.taker_id)
    return {
        "one": one, "giver": one.giver.get_full_name() or one.giver.username, "taker": one.taker.get_full_name() or one.taker.username,
        "state": state(DELEGATION, code),
        "may_confirm": may and code == "asked" and is_confirmer and not takes_part and reader.pk != one.asked_by_id,
        "may_withdraw": may and code in ("asked", "coming", "live") and (takes_part or is_confirmer),
    }  # fmt: skip


def _act(request: Request) -> None:
    sent, user = request.POST, request.user
    act = sent.get("act", "")
    if act in ("confirm", "withdraw"):
        found = queries.delegations(user).filter(pk=_number(sent.get("delegation", ""))).first()
        if found is None:
            raise FaultsError([Fault(_("delegation"), _("none"), _("one of this institution"))])
        (actions.confirm_delegation if act == "confirm" else actions.withdraw_delegation)(found, user)
    elif act == "delegate":
        taker = next((one for one in queries.reviewers(user) if one.pk == _number(sent.get("taker", ""))), None)
        if taker is None:
            raise FaultsError([Fault(_("person"), _("none"), _("somebody who decides"))])
        actions.delegate(user, taker, _day(sent.get("starts_on", "")), _day(sent.get("ends_on", "")), sent.get("reason", ""), user)
    elif act == "absence":
        starts_on, ends_on = _day(sent.get("starts_on", "")), _day(sent.get("ends_on", ""))
        actions.record_absence(user, starts_on, ends_on, sent.get("reason", ""), user.username)
    else:
        firm = firm_named(request.institution, sent.get("firm", ""))
        actions.declare_interest(user, sent.get("kind", ""), firm=firm, note=sent.get("note", ""), actor=user.username)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else 0


def _day(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text.strip())
    except ValueError as error:
        raise FaultsError([Fault(_("date"), text or _("nothing"), _("a date such as 2026-12-31"))]) from error
