"""What the pages of models show: which one is in use, what was proposed, and what a reader may do about it."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from puhui.calculations.faults import Fault, FaultsError
from puhui.console.access import Request, may_act
from puhui.console.labels import LATE, MODEL, OK, PLAIN, REFUSED, WATCH, State, state
from puhui.parties import promotion
from puhui.parties.models import Institution
from puhui.scoring import promoting, queries
from puhui.scoring.models import ModelPromotion, RegisteredModel

__all__ = ["CHALLENGERS", "answer", "listed", "promotions", "propose"]

CHALLENGERS = 3  # fields of the form

PROMOTION = {
    "proposed": State(gettext_lazy("proposed"), WATCH, "clock"),
    "coming": State(gettext_lazy("agreed, its day is to come"), PLAIN, "calendar"),
    "in_force": State(gettext_lazy("in force"), OK, "circle-check"),
    "replaced": State(gettext_lazy("replaced"), REFUSED, "history"),
    "refused": State(gettext_lazy("refused"), LATE, "x"),
    "withdrawn": State(gettext_lazy("withdrawn"), REFUSED, "x"),
}


def listed(institution: Institution) -> list[dict[str, Any]]:
    """Every registered model, those in use on the open day first."""
    used = set(queries.in_use(institution, institution.business_date).values())
    rows = [
        {"model": each, "state": state(MODEL, "champion" if each.pk in used else "candidate"), "used": each.pk in used}
        for each in queries.models(institution).defer("body", "card", "plots")
    ]
    return sorted(rows, key=lambda row: not row["used"])


def promotions(request: Request) -> list[dict[str, Any]]:
    """Promotions with their state on the open day, and whether the reader may answer them or take them back."""
    day, may = request.institution.business_date, may_act(request.user, "model")
    found = list(queries.promotions(request.institution)[:100])
    latest: dict[str, int] = {}
    for each in found:  # the newest first
        if each.status == ModelPromotion.Status.AGREED and each.in_force_from <= day:
            latest.setdefault(each.code, each.pk)
    named = dict(queries.models(request.institution).values_list("pk", "name")) if any(each.challengers for each in found) else {}
    return [_row(each, request, latest, named, day, may) for each in found]


def _row(
    each: ModelPromotion, request: Request, latest: Mapping[str, int], named: Mapping[int, str], day: datetime.date, may: bool
) -> dict[str, Any]:
    code = each.status
    if code == ModelPromotion.Status.AGREED:
        code = "coming" if each.in_force_from > day else "in_force" if latest.get(each.code) == each.pk else "replaced"
    open_still = each.in_force_from > day and each.status in ("proposed", "agreed")
    return {
        "one": each,
        "state": state(PROMOTION, code),
        "evidence": each.evidence.get(each.model.digest, {}),
        "challengers": [_tried(one, named) for one in each.challengers],
        "may_answer": may and open_still and each.status == "proposed" and each.proposed_by_id != request.user.pk,
        "may_withdraw": may and open_still,
    }


def _tried(one: Mapping[str, Any], named: Mapping[int, str]) -> dict[str, Any]:
    share = one["share_ppm"] / 1_000_000
    return {"model": one["model"], "name": named.get(one["model"], ""), "share": share, "decides": one["decides"]}


def answer(request: Request) -> None:
    """Agree, refuse or withdraw, as the form says. FaultsError."""
    sent = request.POST
    row = queries.promotions(request.institution).filter(pk=_number(sent.get("promotion", ""))).first()
    acts: dict[str, Any] = {"agree": promotion.agree, "refuse": promotion.refuse, "withdraw": promotion.withdraw}
    act = acts.get(sent.get("act", ""))
    if row is None or act is None:
        raise FaultsError([Fault(_("promotion"), _("none"), _("one of this institution"))])
    act(row, request.user, sent.get("reason", ""))


def propose(request: Request, model: RegisteredModel) -> None:
    """Propose the model, with the challengers that the form names. FaultsError."""
    sent = request.POST
    try:
        day = datetime.date.fromisoformat(sent.get("in_force_from", ""))
    except ValueError as error:
        raise FaultsError([Fault(_("date"), sent.get("in_force_from") or _("nothing"), _("a date such as 2026-12-31"))]) from error
    tried = [each for number in range(CHALLENGERS) if (each := _challenger(request, number))]
    promoting.propose(model, request.user, day, sent.get("reason", ""), sent.get("code", "").strip(), tried)


def _challenger(request: Request, number: int) -> promoting.Challenger | None:
    sent = request.POST
    chosen = _number(sent.get(f"model_{number}", ""))
    if not chosen:
        return None
    row = queries.models(request.institution).filter(pk=chosen).first()
    if row is None:
        raise Http404
    text = sent.get(f"share_{number}", "").strip().rstrip("%")
    try:
        share = round(float(text) * 10_000)
    except (ValueError, OverflowError) as error:
        raise FaultsError([Fault(_("share of the applications"), text or _("nothing"), _("a percentage such as 20"))]) from error
    return promoting.Challenger(row, share, sent.get(f"decides_{number}") == "yes")


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else 0
