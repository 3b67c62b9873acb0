"""Expected credit loss of a month end: by stage, each loan with its reason; the five-class shares beside it; what was posted."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from puhui.console.access import Request, page
from puhui.console.book_words import ACTORS, CLASSES, SCENARIOS, SECURITIES, STAGE_REASONS
from puhui.console.forms import day as day_of
from puhui.console.paging import filters_of, paged
from puhui.console.words import product_name, word
from puhui.loans.credit_models import CreditLine
from puhui.loans.loss_models import LossDetail, LossRun
from puhui.loans.loss_queries import lines_of_details, loans_of_details, loss_details, loss_runs
from puhui.loans.models import Loan

RUNS_SHOWN = 24
PPM = 1_000_000


@page("books")
def losses(request: Request) -> HttpResponse:
    """The newest run, or the one of a day."""
    runs = list(loss_runs(request.institution)[:RUNS_SHOWN])
    filters = filters_of(request, "date", "stage", "reason")
    asked = day_of(filters["date"], runs[0].date) if runs else None
    run = next((each for each in runs if each.date == asked), runs[0] if runs else None)
    if run is None:
        return render(request, "console/losses.html", {"tab": "losses", "run": None})
    before = next((each for each in runs if each.date < run.date), None)
    stage = int(filters["stage"]) if filters["stage"] in ("1", "2", "3") else None
    context = paged(
        request, loss_details(request.institution, run.date, stage, filters["reason"]), {**filters, "date": run.date.isoformat()}
    )
    details = list(context["page"].object_list)
    loans, lines = loans_of_details(request.user, details), lines_of_details(request.user, details)
    context |= {
        "tab": "losses", "run": run, "by": word(ACTORS, run.recorded_by), "runs": [each.date for each in runs],
        "stages": _stages(run, before), "floor": _floor(run),
        "rules": _rules(run), "rows": [_row(each, loans.get(each.loan_id), lines.get(each.loan_id), run.date) for each in details],
        "reasons": [(code, word(STAGE_REASONS, code)) for code in STAGE_REASONS],
    }  # fmt: skip
    return render(request, "console/losses.html", context)


def _stages(run: LossRun, before: LossRun | None) -> dict[str, Any]:
    """The run's figures by stage, with those of the run before, and their totals."""
    names = ("loans", "exposure_fen", "loss_fen", "commitment_loss_fen")
    rows = []
    for stage in ("1", "2", "3"):
        figures = {name: run.figures["stages"].get(stage, {}).get(name, 0) for name in names}
        earlier = before.figures["stages"].get(stage, {}).get("loss_fen", 0) if before else None
        rows.append({"stage": stage, **figures, "before_fen": earlier, "cover_ppm": _share(figures["loss_fen"], figures["exposure_fen"])})
    totals = {name: sum(row[name] for row in rows) for name in names}
    totals["before_fen"] = sum(row["before_fen"] for row in rows) if before else None
    return {"rows": rows, "totals": {**totals, "cover_ppm": _share(totals["loss_fen"], totals["exposure_fen"])}}


def _share(part: int, whole: int) -> int | None:
    return round(part * PPM / whole) if whole else None


def _floor(run: LossRun) -> dict[str, Any]:
    """The five classes with their shares of principal, beside the allowance."""
    floor, shares = run.figures["floor"], run.rules["reserve_shares"]
    rows = [
        {
            "code": code, "label": word(CLASSES, code), "principal_fen": floor["principal_fen"].get(code, 0), "share_ppm": shares[code],
            "required_fen": floor["principal_fen"].get(code, 0) * shares[code] // PPM,
        }
        for code in CLASSES
        if code in shares
    ]  # fmt: skip
    return {
        "rows": rows,
        "principal_fen": sum(row["principal_fen"] for row in rows),
        **{k: v for k, v in floor.items() if k != "principal_fen"},
    }


def _rules(run: LossRun) -> dict[str, Any]:
    rules = run.rules
    return {
        **{name: rules[name] for name in ("stage_2_days", "stage_3_days", "probation_days", "conversion_ppm")},
        "scenarios": [(word(SCENARIOS, each["code"]), each["weight_ppm"]) for each in rules["scenarios"]],
        "lgd": [(word(SECURITIES, code), ppm) for code, ppm in rules["losses_given"].items()],
    }


def _row(detail: LossDetail, loan: Loan | None, line: CreditLine | None, day: date) -> dict[str, Any]:
    """A loan, or what may still be drawn on a line with what that is expected to cost."""
    is_line, owner = detail.loan_id < 0, loan or line
    exposure, loss = (detail.undrawn_fen, detail.commitment_loss_fen) if is_line else (detail.exposure_fen, detail.loss_fen)
    return {
        "detail": detail, "loan": loan, "line": line, "firm": owner.firm.name if owner else "",
        "product": product_name(detail.product_code), "risk_class": word(CLASSES, detail.risk_class),
        "reason": word(STAGE_REASONS, detail.reason), "security": word(SECURITIES, detail.security),
        "clean_days": (day - detail.clean_since).days if detail.clean_since else None,
        "exposure_fen": exposure, "loss_fen": loss, "cover_ppm": _share(loss, exposure),
    }  # fmt: skip
