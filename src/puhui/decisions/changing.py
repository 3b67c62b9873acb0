"""What would change a decision: the nearest change within what the firm can do, and the decision that the engine then takes.

Two things may stand in the way. A rule that refused (or sent the case to a person) asks for a variable beyond its threshold; and the score
decides the class. So first the rules that spoke are met, each by the least effort, and where that does not change the answer, the change is
looked for that brings the firm into the next class that is lent to, or, where it is in one already, into the next better one. The engine
then decides again, on the same day, by the same product, tables and model as stored, with the changed variables: what it says is told,
whatever it is, with what still stands against it. Rules that ask for what no firm changes of itself, its age or its trade, are named.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from puhui.calculations.domains import Box, Domain, true_in
from puhui.decisions import engine
from puhui.decisions.case import VETO
from puhui.decisions.models import Decision
from puhui.decisions.strategy import Stored, Strategy
from puhui.products.fields import Texts
from puhui.products.parameters import table
from puhui.products.terms import Product, Rule
from puhui.scoring.changing import Action, Answer, Change, actions_of, nearest_change

__all__ = ["Other", "what_would_change"]

_COUNTS_MONTHS = re.compile(r"_months_\d+m$")
_ORDER = ("refuse", "refer", "approve")


@dataclass(frozen=True)
class Other:
    """The nearest change and what the engine decides after it (None where nothing changes).

    asked: what the rules that spoke against the firm ask for
    wanted_class, answer: the class that the score is to reach, and how; empty and None where meeting the rules changes the answer
    fixed: the words of rules that the firm cannot meet by anything it does; left: what speaks against it after the change
    """

    wanted_class: str
    answer: Answer | None
    result: dict[str, Any] | None
    asked: tuple[Change, ...] = ()
    fixed: tuple[Texts, ...] = ()
    left: tuple[Texts, ...] = ()

    @property
    def changes(self) -> tuple[Change, ...]:
        return self.asked + (self.answer.changes if self.answer else ())


def what_would_change(decision: Decision) -> Other | None:
    """None where no rule spoke against the firm and no score decides, or it is in the best class already."""
    record, strategy = decision.record, Stored(decision.institution).strategy(decision.record["versions"])
    actions = actions_of(table("actionable-variables", settings.PUHUI_CATALOGUE).valid_on(decision.business_date))
    asked, fixed = _asked_by_rules(strategy.product, record, actions)
    again = _again(strategy, record, asked) if asked else None
    before = record["result"]["outcome"]
    if again is not None and _ORDER.index(again["result"]["outcome"]) > _ORDER.index(before):
        return Other("", None, again["result"], asked, fixed, _left(again))
    wanted = _wanted(strategy.product, record["result"]["probability_ppm"]) if record["result"]["points"] is not None else None
    if wanted is None or strategy.model is None:
        return Other("", None, again["result"] if again else None, asked, fixed, _left(again)) if asked or fixed else None
    name, below_ppm = wanted
    free = {variable: action for variable, action in actions.items() if variable not in {each.variable for each in asked}}
    answer = nearest_change(strategy.model, _changed(record, asked), free, below_ppm / 1_000_000)
    if answer.changes:
        again = _again(strategy, record, asked + answer.changes)
    return Other(name, answer, again["result"] if again else None, asked, fixed, _left(again))


def _changed(record: Mapping[str, Any], changes: tuple[Change, ...]) -> dict[str, Any]:
    return {**record["facts"]["variables"], **{each.variable: each.after for each in changes}}


def _again(strategy: Strategy, record: Mapping[str, Any], changes: tuple[Change, ...]) -> dict[str, Any]:
    facts = record["facts"] | {"variables": _changed(record, changes)}
    return engine.decide(facts, strategy.product, strategy.model, strategy.parameters, record["request"])


def _left(record: Mapping[str, Any] | None) -> tuple[Texts, ...]:
    """The words of what still refuses."""
    return tuple(each["text"] for each in record["reasons"] if each.get("severity") == VETO) if record else ()


def _wanted(product: Product, probability_ppm: int) -> tuple[str, int] | None:
    """The class to reach, and the probability to come below: the nearest better one that is lent to."""
    place = product.classes.index(product.class_of(probability_ppm))
    better = [one for one in product.classes[:place] if one.is_lent and one.probability_below_ppm is not None]
    if not better or (better[-1].probability_below_ppm or 0) <= product.probability_minimum_ppm:
        return None
    return better[-1].code, better[-1].probability_below_ppm or 0


# ---------------------------------------------------------------- what rules ask


def _asked_by_rules(
    product: Product, record: Mapping[str, Any], actions: Mapping[str, Action]
) -> tuple[tuple[Change, ...], tuple[Texts, ...]]:
    """(changes that meet the rules that spoke, words of those that nothing meets). Of a refusal, the rules that refused are looked at."""
    spoke = "fail" if record["result"]["outcome"] == "refuse" else "refer"
    told = {stage["id"]: stage for stage in record["stages"]["rules"]}
    changes: dict[str, Change] = {}
    fixed = []
    for rule in product.rules:
        if told[rule.code]["outcome"] != spoke:
            continue
        found = _least_effort(rule, told[rule.code]["inputs"], record["facts"]["variables"], actions)
        if found is None:
            fixed.append(rule.against)
            continue
        for each in found:
            other = changes.get(each.variable, each)
            further = max if actions[each.variable].is_up else min
            changes[each.variable] = Change(each.variable, each.before, further(each.after, other.after), each.months)
    return tuple(changes.values()), tuple(fixed)


def _least_effort(
    rule: Rule, inputs: Mapping[str, Any], variables: Mapping[str, Any], actions: Mapping[str, Action]
) -> tuple[Change, ...] | None:
    """The changes of least effort after which the rule may hold; None where what it asks for is not the firm's to change."""
    best, least = None, math.inf
    for box in true_in(rule.require.expression.tree):
        changes = list(_into(box, inputs, variables, actions))
        if not changes or None in changes:
            continue
        found = tuple(each for each in changes if each is not None)
        effort = sum(actions[each.variable].cost(each.before, each.after) for each in found)
        if effort < least:
            best, least = found, effort
    return best


def _into(box: Box, inputs: Mapping[str, Any], variables: Mapping[str, Any], actions: Mapping[str, Action]) -> Iterator[Change | None]:
    """The change of each fact that lies outside of the box; None for one that cannot be changed into it."""
    for name, domain in box.items():
        value = inputs.get(name)
        if value is not None and domain.texts is None and not isinstance(value, str) and not domain.meet(Domain(value, value)).is_empty:
            continue
        action = actions.get(name)
        if value is None or name not in variables or action is None or domain.texts is not None or isinstance(value, str | bool):
            yield None
            continue
        after = domain.low + action.step * domain.low_open if action.is_up else domain.high - action.step * domain.high_open
        yield Change(name, value, after, _months(action, value, after)) if math.isfinite(action.cost(value, after)) else None


def _months(action: Action, before: float, after: float) -> int:
    """The months that a change takes at the earliest: one more month with sales takes a month."""
    return max(action.months, math.ceil(abs(after - before))) if _COUNTS_MONTHS.search(action.variable) else action.months
