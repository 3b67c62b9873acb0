"""The whole comparison of policies on past cases, as plain data that a page shows, a file holds and a record keeps.

The first policy is held against each other one. Every part is found from the answers of the engine for many to the same cases.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from puhui.calculations.faults import Fault, check
from puhui.decisions.lab import comparing
from puhui.decisions.lab.comparing import Costs
from puhui.decisions.lab.policies import Policy
from puhui.decisions.lab.scenarios import Scenario
from puhui.decisions.lab.thresholds import LARGEST_STEPS, marked_efficient, thresholds, with_threshold
from puhui.decisions.texts import text

__all__ = ["Asked", "Cases", "Compared", "compare"]


@dataclass(frozen=True)
class Cases:
    """The population: a row of `frame` for each case, as `batch.decide_many` takes it.

    Args:
        day, lender_kind: of the decisions; None where the columns business_date and lender_kind of the frame tell
        cost_day, cost_lender: for which the tables of costs are read
        defaulted: 1, 0 or null (not known) for each row
        groups: columns between whose values approval is compared
        month: column of the month of the case
        naming: columns that name a case for people
    """

    frame: pl.DataFrame
    cost_day: date
    cost_lender: str
    day: date | None = None
    lender_kind: str | None = None
    defaulted: pl.Series | None = None
    groups: tuple[str, ...] = ()
    month: str = ""
    naming: tuple[str, ...] = ()


@dataclass(frozen=True)
class Asked:
    """What beside the figures: a threshold of the first policy that has it, moved over values, and scenarios."""

    threshold: str = ""
    values: tuple[float, ...] = ()
    scenarios: tuple[Scenario, ...] = ()
    loss_given_default: float | None = None


@dataclass(frozen=True)
class Compared:
    """`found`: plain data. `changed`: label → the cases that the policy answers differently from the first, with why."""

    found: dict[str, Any]
    changed: dict[str, pl.DataFrame] = field(repr=False)


def compare(policies: Sequence[Policy], cases: Cases, asked: Asked = Asked(), step: Callable[[str], None] = lambda told: None) -> Compared:
    """Raises FaultsError: fewer than two policies, labels alike, columns that the cases lack, thresholds that no policy has."""
    check(_faults(policies, cases, asked))
    costs = {one.label: one.costs(cases.cost_day, cases.cost_lender, asked.loss_given_default) for one in policies}
    answers = {}
    for one in policies:
        step(one.label)
        answers[one.label] = one.answers(cases.frame, cases.day, cases.lender_kind)
    first = policies[0]
    changed = {
        one.label: comparing.changes(answers[first.label], answers[one.label], (first.product, one.product)).pipe(_named, cases)
        for one in policies[1:]
    }
    found: dict[str, Any] = {
        "cases": cases.frame.height,
        "policies": [_told(one) for one in policies],
        "figures": {label: comparing.figures(each, costs[label], cases.defaulted) for label, each in answers.items()},
        "swaps": {label: comparing.swap_set(answers[first.label], answers[label], cases.defaulted) for label in changed},
        "changed": {label: each.height for label, each in changed.items()},
        "reasons": {label: _reasons(each) for label, each in changed.items()},
        "groups": {column: comparing.by_group(answers, cases.frame[column]) for column in cases.groups},
    }
    found["texts"] = _texts(policies, {code[1:] for each in found["reasons"].values() for code in each})
    if cases.month:
        months = cases.frame[cases.month]
        found["months"] = {label: comparing.by_month(each, months, costs[label], cases.defaulted) for label, each in answers.items()}
    if asked.threshold:
        step(asked.threshold)
        found["frontier"] = _frontier(policies, cases, asked, costs)
    if asked.scenarios:
        found["stress"] = [row for one in asked.scenarios for row in _stress(one, policies, cases, asked, answers, step)]
    return Compared(found, changed)


def _faults(policies: Sequence[Policy], cases: Cases, asked: Asked) -> list[Fault]:
    faults = [] if len(policies) > 1 else [Fault("policies", str(len(policies)), "two or more")]
    labels = Counter(one.label for one in policies)
    faults += [Fault("policies", f"{label} {count} times", "each under a name of its own") for label, count in labels.items() if count > 1]
    if not cases.frame.height:
        faults.append(Fault("population", "no case", "one case or more", "Choose other dates, or another product."))
    if len(asked.values) > LARGEST_STEPS:
        faults.append(Fault("threshold", f"{len(asked.values)} values", f"at most {LARGEST_STEPS}"))
    return faults


def _told(policy: Policy) -> dict[str, Any]:
    product = policy.product
    return {
        "label": policy.label,
        "product": product.code,
        "valid_from": product.valid_from.isoformat(),
        "digest": product.digest,
        "model_digest": policy.model_digest,
    }


def _named(changed: pl.DataFrame, cases: Cases) -> pl.DataFrame:
    """The changed cases beside the columns that name them."""
    if not cases.naming:
        return changed
    return changed.join(cases.frame.select(cases.naming).with_row_index("row"), on="row", how="left")


def _reasons(changed: pl.DataFrame) -> dict[str, int]:
    """How many changed cases a reason that only one of the two policies has speaks against: `-` only the first, `+` only the other."""
    counts = Counter(f"-{code}" for cell in changed["only_one"] for code in cell.split("; ") if code)
    counts += Counter(f"+{code}" for cell in changed["only_other"] for code in cell.split("; ") if code)
    return dict(counts.most_common())


def _texts(policies: Sequence[Policy], codes: set[str]) -> dict[str, dict[str, str]]:
    """Code of a reason → its words by language, so that a record tells them whatever becomes of the texts."""
    own = {rule.code: rule.against for one in policies for rule in one.product.rules}
    return {code: dict(own[code]) if code in own else text(code) for code in sorted(codes)}


def _frontier(policies: Sequence[Policy], cases: Cases, asked: Asked, costs: dict[str, Costs]) -> dict[str, Any]:
    """The points of each policy that has the threshold; the efficient ones among the points of all."""
    having = [one for one in policies if asked.threshold in thresholds(one.product)]
    expected = f"one of {policies[0].product.code}: {', '.join(thresholds(policies[0].product))}"
    check([] if having else [Fault("threshold", repr(asked.threshold), expected)])
    points = []
    for one in having:
        for value in asked.values:
            moved = one.of_product(with_threshold(one.product, asked.threshold, value))
            found = comparing.figures(moved.answers(cases.frame, cases.day, cases.lender_kind), costs[one.label], cases.defaulted)
            points.append({"strategy": one.label, "value": value, **found})
    return {"threshold": asked.threshold, "points": marked_efficient(points)}


def _stress(
    scenario: Scenario, policies: Sequence[Policy], cases: Cases, asked: Asked, before: dict[str, pl.DataFrame], step: Callable[[str], None]
) -> list[dict[str, Any]]:
    """What each policy would say in the scenario, and what the book that it lends today would lose in it (`book_loss_fen`)."""
    step(scenario.code)
    frame = scenario.of_cases(cases.frame)
    rows = []
    for one in policies:
        hit = scenario.of_policy(one)
        costs = hit.costs(cases.cost_day, cases.cost_lender, asked.loss_given_default)
        answers = hit.answers(frame, cases.day, cases.lender_kind)
        lent = before[one.label]
        book = lent.filter(pl.col("outcome") != comparing.REFUSE)["amount_fen"]
        probability = answers["probability_ppm"].filter(lent["outcome"] != comparing.REFUSE).fill_null(0) / comparing.PPM
        loss = round(float((book * probability).sum()) * costs.loss_given_default)
        found = comparing.figures(answers, costs, None)
        rows.append({"scenario": scenario.code, "strategy": one.label, **found, "book_loss_fen": loss})
    return rows
