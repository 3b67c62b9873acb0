"""Questions of a case answered, and the committee: who sits, who has voted, what is still needed."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from puhui.calculations.faults import Fault, FaultsError
from puhui.console import referral_figures as figures
from puhui.console.access import Request, may_act, page
from puhui.console.forms import amount_fen, errors_of, key_of, new_key
from puhui.console.labels import SITTING, VOICE, state
from puhui.console.paging import filters_of, paged
from puhui.console.templatetags.figures import choose_unit, money_plain
from puhui.console.views import case as case_page
from puhui.console.words import AUTHORITY, ROLES, product_name, word
from puhui.decisions import actions, queries
from puhui.decisions.committee import votable_fen
from puhui.decisions.factory_models import Answer, Sitting
from puhui.decisions.models import Application, Decision
from puhui.decisions.seats import lost_by
from puhui.decisions.standing import Standing, seen_on, standing_faults


def _find(request: Request, number: int) -> tuple[Application, Decision]:
    try:
        application = queries.case(request.user, number)
    except Application.DoesNotExist as error:
        raise Http404 from error
    if application.latest_decision is None:
        raise Http404
    return application, application.latest_decision


@page("case")
def answers(request: Request, number: int) -> HttpResponse:
    """POST: the answers that were filled in, all or none; the case again with what was wrong."""
    application, decision = _find(request, number)
    if request.method != "POST":
        return redirect("console:case", number)
    given = {}
    for question in decision.questions.all():
        text = request.POST.get(f"text-{question.pk}", "")
        if text.strip():
            given[question.pk] = (request.POST.get(f"finding-{question.pk}", Answer.Finding.SETTLED), text)
    try:
        actions.answer_questions(decision, request.user, given, key_of(request.POST))
    except FaultsError as error:
        return case_page.refused(request, application, errors_of(error))
    return redirect("console:case", number)


@page("committee")
def committee(request: Request) -> HttpResponse:
    """Sittings, the open ones first, and the cases that wait for one."""
    filters = filters_of(request, "status")
    context = paged(request, queries.sittings(request.user, filters["status"] or None), filters)
    rows = [_row(one, request) for one in context["page"].object_list]
    waiting = [] if filters["status"] else list(queries.waits_for_committee(request.user)[:20])
    context |= {
        "rows": rows,
        "waiting": [{"decision": one, "product": product_name(one.application.product_code)} for one in waiting],
        "unit": choose_unit([*(row["sitting"].amount_fen for row in rows), *(one.amount_fen for one in waiting)]),
        "statuses": [(code, state(SITTING, code)) for code in Sitting.Outcome.values],
        "lost": lost_by(request.user),
    }
    return render(request, "console/committee.html", context)


def _row(found: Sitting, request: Request) -> dict[str, Any]:
    votes = list(found.votes.all())
    return {
        "sitting": found, "state": state(SITTING, found.outcome), "cast": len(votes), "yes": sum(one.voice == "yes" for one in votes),
        "mine": request.user.pk in found.members and all(one.member_id != request.user.pk for one in votes),
        "product": product_name(found.decision.application.product_code),
    }  # fmt: skip


@page("committee")
def sitting(request: Request, number: int) -> HttpResponse:
    """The committee on one case. POST calls it, anew where it has lost its quorum, votes, or ends it."""
    application, decision = _find(request, number)
    errors: list[str] = []
    if request.method == "POST":
        try:
            _act(request, decision)
            return redirect("console:sitting", number)
        except FaultsError as error:
            errors = errors_of(error)
    return render(request, "console/sitting.html", _context(request, application, decision, errors), status=422 if errors else 200)


def _act(request: Request, decision: Decision) -> None:
    act, reason = request.POST.get("act", ""), request.POST.get("reason", "")
    if act == "call":
        actions.call_committee(decision, request.user, reason, amount_fen(request.POST.get("amount", "")), decision.rate_ppm)
        return
    found = Sitting.objects.filter(decision=decision).select_related("decision").first()
    if found is None:
        raise FaultsError([Fault(_("sitting"), _("none"), _("a sitting that was called"))])
    if act == "recall":
        actions.call_committee(decision, request.user, found.reason)
    elif act == "vote":
        actions.vote(found, request.user, request.POST.get("voice", ""), reason)
    else:
        actions.end_sitting(found, request.user)


def _context(request: Request, application: Application, decision: Decision, errors: list[str]) -> dict[str, Any]:
    found = queries.sitting_of(decision)
    people = queries.people(found.members) if found else {}
    seen = seen_on(people.values(), decision.firm, request.institution.business_date) if found else {}
    free = [number for number, (_, interests) in seen.items() if not interests]
    shown = figures.sitting(found, people, free, request.user) if found else None
    for member in shown["members"] if shown else ():
        member["role"] = word(ROLES, member["role"])
    may = may_act(request.user, "committee")
    keeps_out = _keeps_out(request, seen) if shown and shown["may_vote"] else []
    is_open = found is None and application.status == Application.Status.REFERRED
    votable = votable_fen(decision) if is_open else None
    return {
        "application": application, "decision": decision, "errors": errors, "shown": shown,
        "product": product_name(application.product_code),
        "voices": [(code, state(VOICE, code)) for code in ("yes", "no", "abstain")], "key": new_key(),
        "may_call": may and votable is not None, "is_open": is_open,
        "level": word(AUTHORITY, decision.authority), "is_more": votable is not None and votable != decision.amount_fen,
        "may_vote": may and bool(shown and shown["may_vote"] and not shown["is_lost"]) and not keeps_out,
        "keeps_out": keeps_out, "may_recall": may and bool(shown and shown["is_lost"]), "may_end": may and bool(shown and shown["may_end"]),
        "open_questions": [one for one in figures.questions(decision) if one["waits"]],
        "amount": request.POST.get("amount") or money_plain(votable or decision.amount_fen),
    }  # fmt: skip


def _keeps_out(request: Request, seen: dict[int, tuple[bool, tuple[str, ...]]]) -> list[str]:
    """Why a member who has not voted may not: away today, or with an own interest in the firm."""
    faults = standing_faults(request.user, Standing(*seen[request.user.pk], ())) if request.user.pk in seen else []
    return errors_of(FaultsError(faults)) if faults else []
