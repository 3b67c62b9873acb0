"""Acts on loans, contracts and firms: a form made from what the act asks for, a preview without effect, then the act itself.

Where a second person must agree the act waits on the list of this page, and one with the power to check it approves or refuses it.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from puhui.calculations.faults import FaultsError
from puhui.console import act_figures as figures
from puhui.console.access import Request, may_read, page
from puhui.console.act_forms import Field, fields_of, has_errors, hidden, place, values_of
from puhui.console.act_words import COMMAND, NAMES
from puhui.console.forms import errors_of, key_of, new_key
from puhui.console.paging import filters_of, paged
from puhui.console.templatetags.figures import enumerated
from puhui.console.words import role_label
from puhui.loans import commands
from puhui.loans.act_registry import ACTS
from puhui.loans.acts import Act
from puhui.loans.command_models import Command
from puhui.loans.models import Contract, Loan
from puhui.loans.powers import Power, power_of
from puhui.parties.models import Firm
from puhui.parties.queries import limit_to_user

TARGETS: dict[str, Any] = {"loan": Loan, "contract": Contract, "firm": Firm}
JOINED = {
    "loan": ("institution", "firm", "contract"),
    "contract": ("institution", "firm", "decision", "offer", "line"),
    "firm": ("institution", "manager"),
}


def find_target(request: Request, kind: str, number: int) -> Any:
    """The record that an act is about, when the user may see it; otherwise there is no such page."""
    model = TARGETS.get(kind)
    if model is None:
        raise Http404
    rows = limit_to_user(model.objects.all(), request.user, firm="id" if kind == "firm" else "firm_id")
    found = rows.select_related(*JOINED[kind]).filter(pk=number).first()
    if found is None:
        raise Http404
    return found


@page("acts")
def act(request: Request, kind: str, number: int, name: str) -> HttpResponse:
    """The form of one act on one record. POST previews it, and then carries it out."""
    found = ACTS.get(name)
    if found is None or found.target != kind:
        raise Http404
    target = find_target(request, kind, number)
    power = figures.power(name, target)
    may = request.user.role in power.makers
    if request.method == "POST" and not may:
        raise PermissionDenied
    initial = {each: request.GET.get(each, "") for each in request.GET}
    fields = fields_of(found, target, request.POST if request.method == "POST" else None, initial)
    context: dict[str, Any] = {"act": found, "kind": kind, "target": target, "fields": fields, "may": may, "errors": []}
    key = key_of(request.POST)
    asks_nothing = not any(each.required for each in fields) and not initial
    if request.method == "POST" or (may and asks_nothing):
        try:
            done = step(request, found, target, fields, key, context)
            if done is not None:
                return after(request, done, target)
        except FaultsError as error:
            context["errors"] = place(fields, error.faults)
            key = new_key()  # nothing was done under the old one, or it names another act
    context |= _around(found, target, power, key) | {"back": _home(request, found, target)}
    failed = bool(context["errors"]) or has_errors(fields)
    return render(request, "console/act.html", context, status=422 if failed and request.method == "POST" else 200)


def step(request: Request, act: Act, target: Any, fields: list[Field], key: str, context: dict[str, Any]) -> commands.Performed | None:
    """Preview the act into the context, or carry it out; nothing where a field cannot be read."""
    arguments = values_of(fields)
    if has_errors(fields):
        return None
    if request.POST.get("step") == "do":
        return commands.perform(request.user, act.name, target, arguments, key)
    seen = commands.preview(request.user, act.name, target, arguments)
    language = get_language() or "en"
    context["preview"] = figures.preview_context(seen, target.institution, language, act.name, target)
    context |= {"button": figures.button(act.name, target, arguments), "hidden": hidden(fields)}
    return None


def _around(act: Act, target: Any, power: Power, key: str) -> dict[str, Any]:
    firm = target if isinstance(target, Firm) else target.firm
    return {
        "title": NAMES[act.name], "firm": firm, "number": getattr(target, "number", ""), "key": key,
        "makers": enumerated(role_label(role) for role in power.makers),
        "second": None if power.second_person_from is None else figures.second_person(power, "by the table"),
    }  # fmt: skip


def after(request: Request, done: commands.Performed, target: Any) -> HttpResponse:
    """Say what came of it, and lead to where it can be seen."""
    command = Command.objects.get(pk=done.command_id)
    name = NAMES[command.act]
    if done.status == "waiting":
        messages.info(request, _("%(act)s waits for a second person.") % {"act": name})
        return redirect("console:command", done.command_id)
    messages.success(request, _("%(act)s: done.") % {"act": name})
    answer = done.answer or {}
    if "line" in answer:
        return redirect("console:line", answer["line"])
    if command.target_kind == "contract" and "loan" in answer:
        return redirect("console:loan", answer["loan"])
    return redirect(_home(request, ACTS[command.act], target))


def _home(request: Request, act: Act, target: Any) -> str:
    """The page that an act was come from: of a contract with a line the line's, of any other the payout's for those who may read it."""
    if act.target == "contract":
        if (line := getattr(target, "line", None)) is not None:
            return reverse("console:line", args=[line.pk])
        if not may_read(request.user, "payouts"):
            return reverse("console:lines")
    return figures.target_url(act.target, target.pk)


@page("acts")
def acts(request: Request) -> HttpResponse:
    """What was asked for and waits for a second person; with a filter, what became of it."""
    filters = filters_of(request, "status")
    status = filters["status"] or Command.Status.WAITING
    rows = limit_to_user(Command.objects.all(), request.user).filter(status=status)
    rows = rows.order_by("id") if status == Command.Status.WAITING else rows.exclude(checker="").order_by("-id")
    context = paged(request, rows, filters)
    listed = list(context["page"].object_list)
    context["rows"] = [{**row, "may": _may_check(request, row["command"])} for row in figures.command_rows(listed, _names(listed))]
    context["opens_contracts"] = may_read(request.user, "payouts")
    context["tabs"] = [{"code": code, "label": each.label, "current": code == status} for code, each in COMMAND.items()]
    return render(request, "console/acts.html", context)


def _names(listed: list[Command]) -> dict[tuple[str, int], str]:
    """(kind, id) → number or name of each target, one query for each kind."""
    names: dict[tuple[str, int], str] = {}
    for kind, column in (("loan", "number"), ("contract", "number"), ("firm", "name")):
        ids = {each.target_id for each in listed if each.target_kind == kind}
        if ids:
            pairs = TARGETS[kind].objects.filter(pk__in=ids).values_list("pk", column)
            names |= {(kind, pk): name for pk, name in pairs}
    return names


def _may_check(request: Request, command: Command) -> bool:
    """Whether this person may approve it: another one than asked, with the power to check."""
    institution = request.institution
    product = ""  # the product's own row, where it has one, is asked when it is approved
    power = power_of(command.act, product, institution.currency, institution.business_date)
    return request.user.username != command.maker and request.user.role in power.checkers


@page("acts")
def command(request: Request, number: int) -> HttpResponse:
    """One act that was asked for: what it would do now. POST approves or refuses it."""
    rows = limit_to_user(Command.objects.select_related("institution"), request.user)
    found = rows.filter(pk=number).first()
    if found is None:
        raise Http404
    errors: list[str] = []
    if request.method == "POST":
        try:
            return _decide(request, found)
        except FaultsError as error:
            errors = errors_of(error)
    return render(request, "console/command.html", _command_context(request, found, errors), status=422 if errors else 200)


def _decide(request: Request, found: Command) -> HttpResponse:
    name = NAMES.get(found.act, found.act)
    if request.POST.get("answer") == "approve":
        commands.approve(request.user, found)
        messages.success(request, _("%(act)s: agreed and done.") % {"act": name})
    else:
        commands.refuse(request.user, found, request.POST.get("reason", ""))
        messages.info(request, _("%(act)s: refused, nothing was changed.") % {"act": name})
    return redirect("console:acts")


def _command_context(request: Request, found: Command, errors: list[str]) -> dict[str, Any]:
    target = commands.target_of(found)
    power = figures.power(found.act, target)
    waiting = found.status == Command.Status.WAITING
    shown = figures.command_row(found, getattr(target, "number", str(target)))
    context: dict[str, Any] = {
        "row": {**shown, "target_url": _home(request, ACTS[found.act], target)}, "request_rows": figures.request_rows(found, target),
        "firm": target if isinstance(target, Firm) else target.firm, "errors": errors, "waiting": waiting,
        "may_approve": waiting and request.user.username != found.maker and request.user.role in power.checkers,
        "may_refuse": waiting and (request.user.username == found.maker or request.user.role in power.checkers),
        "own": request.user.username == found.maker, "checkers": enumerated(role_label(role) for role in power.checkers),
        "button": figures.button(found.act, target, found.request), "answers": figures.answer_rows(found.answer or {}),
    }  # fmt: skip
    if waiting:
        try:
            seen = commands.preview_waiting(request.user, found)
            context["preview"] = figures.preview_context(seen, target.institution, get_language() or "en", found.act, target)
        except FaultsError as error:
            context["refused_now"] = errors_of(error)
    return context
