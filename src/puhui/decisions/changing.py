"""What would change a decision: the nearest change within what the firm can do, and the decision that the engine then takes.

The score decides the class, and the class whether there is a loan, how much and at what price. So what is looked for is a change that
brings the firm into the next class that is lent to, or, where it is in one already, into the next better one. The engine then decides
again, on the same day, by the same product, tables and model as stored, with the changed variables: what it says is told, whatever it is,
because a rule may still refuse what the score would allow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings

from puhui.decisions import engine
from puhui.decisions.models import Decision
from puhui.decisions.strategy import Stored
from puhui.products.parameters import table
from puhui.products.terms import Product
from puhui.scoring.changing import Answer, actions_of, nearest_change

__all__ = ["Other", "what_would_change"]


@dataclass(frozen=True)
class Other:
    """The nearest change, the class that it is for, and what the engine decides after it (None where nothing changes)."""

    wanted_class: str
    answer: Answer
    result: dict[str, Any] | None


def what_would_change(decision: Decision) -> Other | None:
    """None where no model scored, or the firm is in the best class already."""
    stored, record = Stored(decision.institution), decision.record
    strategy = stored.strategy(record["versions"])
    model, product = strategy.model, strategy.product
    if model is None or record["result"]["points"] is None:
        return None
    wanted = _wanted(product, record["result"]["probability_ppm"])
    if wanted is None:
        return None
    name, below_ppm = wanted
    rows = table("actionable-variables", settings.PUHUI_CATALOGUE).valid_on(decision.business_date)
    variables = record["facts"]["variables"]
    answer = nearest_change(model, variables, actions_of(rows), below_ppm / 1_000_000)
    if not answer.changes:
        return Other(name, answer, None)
    facts = record["facts"] | {"variables": variables | {each.variable: each.after for each in answer.changes}}
    again = engine.decide(facts, product, model, strategy.parameters, record["request"])
    return Other(name, answer, again["result"])


def _wanted(product: Product, probability_ppm: int) -> tuple[str, int] | None:
    """The class to reach, and the probability to come below: the nearest better one that is lent to."""
    place = product.classes.index(product.class_of(probability_ppm))
    better = [one for one in product.classes[:place] if one.is_lent and one.probability_below_ppm is not None]
    if not better or (better[-1].probability_below_ppm or 0) <= product.probability_minimum_ppm:
        return None
    return better[-1].code, better[-1].probability_below_ppm or 0
