"""Training a model at the desk: a table, what each column is for, what the guard finds in it, then the work in the background."""

from __future__ import annotations

import datetime
from typing import Any

from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from puhui.calculations.faults import Fault, FaultsError
from puhui.console import training_figures as figures
from puhui.console.access import Request, may_act, page
from puhui.console.forms import errors_of
from puhui.console.labels import state
from puhui.console.paging import paged
from puhui.evidence.uploads import kept
from puhui.reports.own_cases import MONTHS, own_cases, own_configuration
from puhui.scoring import table_keeping, training_process
from puhui.scoring import trainings as acts
from puhui.scoring.models import Training
from puhui.scoring.tables import read_table

STARTS_WITHIN = datetime.timedelta(seconds=30)


@page("training")
def trainings(request: Request) -> HttpResponse:
    """What was trained here, the newest first; POST begins another one with a table."""
    errors: list[str] = []
    if request.method == "POST":
        try:
            return redirect("console:training", _begin(request).pk)
        except FaultsError as error:
            errors = errors_of(error)
    context = paged(request, acts.trainings(request.institution))
    context |= {
        "rows": [{"row": one, "state": state(figures.STATES, one.status)} for one in context["page"].object_list],
        "kept": figures.kept_names(), "errors": errors, "may_train": may_act(request.user, "training"), "months": MONTHS,
        "entered": request.POST,
    }  # fmt: skip
    return render(request, "console/trainings.html", context, status=422 if errors else 200)


def _begin(request: Request) -> Training:
    """From an uploaded table, or from the lender's own loans; with a configuration that is kept, or uploaded, or none."""
    sent, upload = request.POST, request.FILES.get("table")
    configuration = request.FILES.get("configuration")
    body = figures.uploaded_body(configuration) if configuration else figures.kept_body(sent.get("kept", ""))
    if sent.get("source") == "own":
        months = sent.get("months", "")
        count = int(months) if months.isascii() and months.isdecimal() and len(months) < 4 else 0
        frame = own_cases(request.institution, request.institution.business_date, count)
        return acts.begin(request.user, frame, _("own loans"), own_configuration("own-loans") | body)
    if upload is None:
        raise FaultsError([Fault(_("table"), _("nothing"), _("a Parquet, CSV or XLSX file with one row per case"))])
    with kept(upload) as path:
        return acts.begin(request.user, read_table(path), path.name, body)


@page("training")
def training(request: Request, number: int) -> HttpResponse:
    """One training: what each column is for, what was found, how far it is, what came of it. POST looks, trains, or begins another."""
    row, errors = _find(request, number), list[str]()
    fields = figures.fields_of(row.configuration, row.columns)
    if request.method == "POST":
        try:
            return redirect("console:training", _act(request, row).pk)
        except FaultsError as error:
            errors = errors_of(error)
            fields = _as_sent(request, row, fields)
    is_open = row.status in (Training.Status.DRAFT, Training.Status.FAILED)
    busy = row.status in (Training.Status.WAITING, Training.Status.RUNNING)
    context = {
        "training": row, "state": state(figures.STATES, row.status), "fields": fields, "parts": figures.PARTS.items(), "errors": errors,
        "may_train": may_act(request.user, "training"), "is_open": is_open, "busy": busy,
        "is_stalled": busy and _is_due(row) and not training_process.is_at_work(),
        "kept_until": table_keeping.kept_until(row), "suspects": row.found.get("suspects", {}).items(), "notes": row.found.get("notes", []),
    }  # fmt: skip
    return render(request, "console/training.html", context, status=422 if errors else 200)


def _is_due(row: Training) -> bool:
    """Whether a process that was started has had the time to begin."""
    return row.asked_at is not None and timezone.now() - row.asked_at > STARTS_WITHIN


def _act(request: Request, row: Training) -> Training:
    act = request.POST.get("act", "")
    if act == "look":
        return acts.look(row, figures.body_of(request.POST, row.configuration, row.columns))
    if act == "train":
        asked = acts.ask(row, request.user)
        transaction.on_commit(training_process.start)
        return asked
    if act == "again":
        transaction.on_commit(training_process.start)
        return row
    if act == "delete_table":
        return table_keeping.delete_table(row, request.user.username, request.POST.get("why", ""))
    if act == "another":
        return acts.begin(request.user, acts.table_of(row), row.table_name, row.configuration)
    raise FaultsError([Fault("act", act or "nothing", "look, train, again, another, delete_table")])


def _as_sent(request: Request, row: Training, fields: dict[str, Any]) -> dict[str, Any]:
    """The form as it was sent, so that nothing has to be typed again."""
    sent = request.POST
    if sent.get("act") != "look":
        return fields
    columns = [
        {**column, "part": sent.get(f"part_{place}", column["part"]), "reason": sent.get(f"reason_{place}", column["reason"])}
        for place, column in enumerate(fields["columns"])
    ]
    models = [(kind, label, bool(sent.get(f"kind_{kind}"))) for kind, label, _chosen in fields["models"]]
    plain = {key: sent[key] for key, value in fields.items() if key in sent and isinstance(value, (str, int, float))}
    return {**fields, **plain, "columns": columns, "models": models}


def _find(request: Request, number: int) -> Training:
    found = acts.trainings(request.institution).filter(pk=number).first()
    if found is None:
        raise Http404
    return found
