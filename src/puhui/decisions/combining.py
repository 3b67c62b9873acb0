"""A combined application becomes its parts: linked applications, each decided by its own product in the transaction of the whole.

The whole's decision is kept as the case's own; it promises and offers nothing. Its parts are ordinary applications with ordinary decisions:
own limit, rate, authority, offer, contract, subsidy and loss shares, replayed like any other, and what they rest on says of which whole
they are (`shares.Combination`). All are reserved together, under the locks that the whole holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Sum

from puhui.calculations.faults import Fault, FaultsError
from puhui.decisions.exposures import release_exposures
from puhui.decisions.models import Application, Decision, Exposure, Offer
from puhui.decisions.shares import Combination, asked_fen, is_split
from puhui.decisions.strategy import Strategy
from puhui.parties.actions import record_audit
from puhui.parties.statements import new_numbers, together

__all__ = ["fall_with", "owed_by_siblings_fen", "parts_of", "share_differences"]

DecideOne = Callable[[Application, Strategy, Combination], Decision]
"""Decides one part; what it may lend is not reserved yet."""


@dataclass(frozen=True)
class _Part:
    """A part that asks for something, as it was decided."""

    application: Application
    strategy: Strategy
    combination: Combination
    decision: Decision
    stands_alone: bool


def drawn(count: int) -> list[int]:
    """Numbers for applications that are to be stored."""
    return [number for (number,) in together(new_numbers(Application, count))[0]]


def parts_of(
    whole: Decision, strategy_of: Callable[[str], Strategy], decide_one: DecideOne, draw: Callable[[int], list[int]] = drawn
) -> list[Decision]:
    """The decisions of the parts of a whole, in the order of filling, each with an application of its own; nothing is stored yet.

    A part that does not stand alone is decided again, and refused, where another was refused.

    Raises FaultsError where a part has no product, consent or model, or none takes anything.
    """
    if not is_split(whole.record):
        return []
    made = list(_filled(whole, strategy_of, decide_one, draw))
    if not made:
        order = whole.record["stages"]["parts"]["order"]
        most = ", ".join(f"{one['product']} {one['most_fen'] // 100} yuan" for one in order)
        raise FaultsError([Fault("parts", f"none that takes its least amount: at most {most}", "one part or more that can be asked for")])
    refused = next((one.combination for one in made if one.decision.outcome == Decision.Outcome.REFUSE), None)
    if refused is None:
        return [one.decision for one in made]
    return [_standing(one, _code(whole, refused), decide_one) for one in made]


def _filled(
    whole: Decision, strategy_of: Callable[[str], Strategy], decide_one: DecideOne, draw: Callable[[int], list[int]]
) -> Iterator[_Part]:
    stage, asked = whole.record["stages"]["parts"], whole.application
    taken_fen = 0
    for place, (share, number) in enumerate(zip(stage["order"], draw(len(stage["order"])), strict=True)):
        strategy = strategy_of(share["product"])
        product = strategy.product
        amount_fen = asked_fen(share["most_fen"], stage["whole_fen"], taken_fen, product.multiple_fen)
        if amount_fen < product.minimum_fen:
            continue
        application = Application(
            pk=number, institution=asked.institution, firm_id=asked.firm_id, product_code=product.code, amount_fen=amount_fen,
            term_months=asked.term_months, purpose=asked.purpose, channel=asked.channel, key=f"part:{asked.pk}:{place}", part_of=asked,
            business_date=asked.business_date, submitted_by=asked.submitted_by, submitted_at=asked.submitted_at,
            facts={name: value for name, value in asked.facts.items() if name in product.application},
        )  # fmt: skip
        combination = Combination(
            asked.pk,
            asked.product_code,
            whole.record["versions"]["product"]["digest"],
            place,
            stage["whole_fen"],
            taken_fen,
            whole.authority,
        )
        decision = decide_one(application, strategy, combination)
        taken_fen += decision.amount_fen
        yield _Part(application, strategy, combination, decision, share["stands_alone"])


def _standing(part: _Part, refused: str, decide_one: DecideOne) -> Decision:
    """The decision of a part where another was refused."""
    if part.stands_alone or part.decision.outcome == Decision.Outcome.REFUSE:
        return part.decision
    return decide_one(part.application, part.strategy, replace(part.combination, falls_with=refused))


def _code(whole: Decision, combination: Combination) -> str:
    product: str = whole.record["stages"]["parts"]["order"][combination.part]["product"]
    return product


def owed_by_siblings_fen(application: Application) -> int:
    """What the other parts of its whole owe and were promised: no limit of a part's own product counts it."""
    if application.part_of_id is None:
        return 0
    siblings = Exposure.objects.filter(firm=application.firm_id, decision__application__part_of=application.part_of_id)
    sums = siblings.exclude(decision__application=application.pk).aggregate(reserved=Sum("reserved_fen"), owed=Sum("outstanding_fen"))
    return int(sums["reserved"] or 0) + int(sums["owed"] or 0)


def fall_with(application: Application, actor: str) -> list[Application]:
    """A person refused a part: those of its siblings that do not stand alone and are not contracted end with it. Under the firm's lock."""
    if application.part_of_id is None:
        return []
    whole = Decision.objects.filter(application=application.part_of_id).latest("pk")
    standing = {one["product"]: one["stands_alone"] for one in whole.record["stages"]["parts"]["order"]}
    open_ones = Application.Status.REFERRED, Application.Status.OFFERED
    siblings = Application.objects.filter(part_of=application.part_of_id, status__in=open_ones).exclude(pk=application.pk)
    falling = [one for one in siblings.select_for_update(no_key=True).order_by("pk") if not standing.get(one.product_code, True)]
    for one in falling:
        offers = Offer.objects.filter(application=one, status=Offer.Status.OPEN)
        release_exposures(offers.values_list("decision_id", flat=True))
        offers.update(status=Offer.Status.EXPIRED)
        one.status = Application.Status.REFUSED
        one.save(update_fields=["status"])
        record_audit(one.institution, actor, "refuse_with_part", "application", one.pk, {"application": application.pk})
    return falling


def share_differences(decision: Decision, multiple_fen: int) -> Iterator[tuple[str, Any, Any]]:
    """(where, stored, again) of what a part's decision says of its whole and the whole does not; nothing for a decision of another kind.

    `multiple_fen`: the steps of the part's own product.
    """
    combination = decision.record["facts"].get("combination")
    number = decision.application.part_of_id
    if combination is None or number is None:
        if combination is not None or number is not None:
            yield "combination", number, combination and combination["application"]
        return
    whole = Decision.objects.filter(application=number).select_related("application").order_by("-pk").first()
    if whole is None or not is_split(whole.record):
        yield "combination", number, "no whole that was shared out"
        return
    stage = whole.record["stages"]["parts"]
    share = stage["order"][combination["part"]]
    expected = {
        "application": whole.application_id, "product": whole.application.product_code,
        "digest": whole.record["versions"]["product"]["digest"], "whole_fen": stage["whole_fen"], "level": whole.authority,
    }  # fmt: skip
    for name, value in expected.items():
        if combination[name] != value:
            yield f"combination {name}", combination[name], value
    if decision.application.product_code != share["product"]:
        yield "combination part", decision.application.product_code, share["product"]
    again = asked_fen(share["most_fen"], stage["whole_fen"], combination["taken_fen"], multiple_fen)
    if decision.application.amount_fen != again:
        yield "combination amount", decision.application.amount_fen, again


def siblings(decisions: Sequence[Decision]) -> list[Application]:
    """The applications that came into being as parts, of a set of decisions that is to be stored."""
    return [one.application for one in decisions if one.application.part_of_id is not None]
