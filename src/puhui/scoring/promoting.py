"""From candidate to champion: what a model must show before anybody may propose it, and what is tried beside it.

A model is proposed by one person and agreed by another (`parties.promotion`), to decide under a name from a day that has not begun.
Nobody may propose a model that was judged only on cases it has seen, that nobody searched for leaks, or that has no card. A variable that
the search suspects, and that the model uses, must be named in the reason: the person who answers shall know of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from puhui.calculations.canonical import digest_of
from puhui.calculations.faults import Fault, check
from puhui.parties import promotion
from puhui.parties.models import User
from puhui.scoring.models import ModelPromotion, RegisteredModel

__all__ = ["Challenger", "evidence_faults", "evidence_of", "propose"]

WHOLE_PPM = 1_000_000


@dataclass(frozen=True)
class Challenger:
    """A model tried beside the champion on a share of the applications; `decides` there, or only gives its score beside."""

    model: RegisteredModel
    share_ppm: int
    decides: bool = False


def propose(
    model: RegisteredModel, user: User, in_force_from: date, reason: str, code: str = "", challengers: Sequence[Challenger] = ()
) -> ModelPromotion:
    """Propose that `model` decides under the name `code` (its own, if none is told) from a day on. FaultsError names what forbids it."""
    rows = [model, *(each.model for each in challengers)]
    faults = [fault for row in rows for fault in evidence_faults(row, reason)]
    if user.institution_id != model.institution_id:
        faults.append(Fault("proposed by", f"{user.username} of another lender", "somebody of the model's lender"))
    check([*faults, *_challenger_faults(model, challengers)])
    return promotion.propose(
        ModelPromotion(
            institution=model.institution,
            code=code or model.name,
            in_force_from=in_force_from,
            reason=reason,
            proposed_by=user,
            model=model,
            challengers=[{"model": each.model.pk, "share_ppm": each.share_ppm, "decides": each.decides} for each in challengers],
            evidence={row.digest: evidence_of(row) for row in rows},
        )
    )


def evidence_of(row: RegisteredModel) -> dict[str, Any]:
    """What is known of a model: its figures on unseen cases, what the search for leaks found, and which card told of it."""
    training = row.body.get("training", {})
    wanted = ("n", "events", "auc_mean", "auc_spread", "auc_sampling_error", "ks_mean", "brier_mean", "out_of_time", "leakage")
    return {**{key: training[key] for key in wanted if key in training}, "card": digest_of(row.card) if row.card.strip() else ""}


def evidence_faults(row: RegisteredModel, reason: str) -> list[Fault]:
    """What a model lacks to be proposed."""
    found, where = evidence_of(row), f"model {row.name} {row.digest[:12]}"
    faults = []
    later = found.get("out_of_time") or {}
    if found.get("auc_mean") is None and later.get("auc") is None:
        faults.append(Fault(where, "no figures on unseen cases", "an out-of-fold or out-of-time result", "Train it with folds."))
    if "leakage" not in found:
        faults.append(Fault(where, "no search for leaks", "what the guard found in training", "Train it again with `puhui score train`."))
    if not found["card"]:
        faults.append(Fault(where, "no card", "a card that tells what it was trained on", "Register it with its card."))
    names = {each["name"] for each in [*row.body.get("variables", []), *row.body.get("inputs", [])]}
    for name, why in found.get("leakage", {}).get("suspects", {}).items():
        if name in names and name not in reason:
            remedy = "Find out when it is known; leave it out of the model, or name it in the reason."
            faults.append(Fault(f"{where}: {name}", why, "no variable that knows the outcome", remedy))
    return faults


def _challenger_faults(model: RegisteredModel, challengers: Sequence[Challenger]) -> list[Fault]:
    faults = []
    digests = [model.digest]
    for each in challengers:
        where = f"challenger {each.model.name} {each.model.digest[:12]}"
        if each.model.institution_id != model.institution_id:
            faults.append(Fault(where, "of another lender", "a model of the same lender"))
        if each.model.digest in digests:
            faults.append(Fault(where, "named twice", "another model than the champion and the other challengers"))
        if not 0 < each.share_ppm <= WHOLE_PPM:
            faults.append(Fault(f"{where}: share", f"{each.share_ppm} ppm", f"1 to {WHOLE_PPM} ppm of the applications"))
        digests.append(each.model.digest)
    deciding = sum(each.share_ppm for each in challengers if each.decides)
    if deciding > WHOLE_PPM:
        faults.append(Fault("shares of the challengers that decide", f"{deciding} ppm together", f"at most {WHOLE_PPM} ppm"))
    return faults
