"""The best rates and amounts for past cases under a budget: who of a population is offered what, when money, capital and quotas are short.

The cases that a policy would lend to are gathered in cells: a class, with the regions and industries that a quota names. A cell may be
offered each rate that the product and the law permit, for a part or the whole of what the policy would lend; who stays at a rate is told by
the churn curve of the class, whatever the amount. `allocating.allocate` then finds the offers that earn most in a year. The policy's own
rates under the same curve stand beside them. Costs are those of the policy's table: funding, operations, and the lender's share of a loss.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from puhui.calculations.faults import Fault, check
from puhui.decisions.case import Case
from puhui.decisions.lab.allocating import Allocation, Group, Quota, allocate, between
from puhui.decisions.lab.comparison import Cases
from puhui.decisions.lab.policies import Policy
from puhui.decisions.price import caps_of

__all__ = ["STEPS", "Wanted", "optimum", "plain"]

PPM = 1_000_000
STEPS = (0.5, 0.75, 1.0)
"""Shares of what the policy would lend that may be offered, where nobody names others."""
_MOST_STEPS = 3


@dataclass(frozen=True)
class Wanted:
    """The bounds. `region`, `industry`, `risk_class`: beginning of a code, or a class → the most yuan; `least_firms`: class → firms."""

    budget: float | None = None  # yuan
    capital: float | None = None
    region: Mapping[str, float] = field(default_factory=dict)
    industry: Mapping[str, float] = field(default_factory=dict)
    risk_class: Mapping[str, float] = field(default_factory=dict)
    least_firms: Mapping[str, float] = field(default_factory=dict)
    steps: tuple[float, ...] = STEPS


def optimum(policy: Policy, cases: Cases, wanted: Wanted) -> dict[str, Any]:
    """What earns most, as plain data: sums, each class, each offer, each bound with what it costs.

    Raises FaultsError: bounds that are none, nobody to lend to, no curve for any class, bounds that nothing meets.
    """
    lent = _lent_to(policy, cases)
    check(_faults(policy, lent, wanted))
    cells, own = _cells(policy, cases, lent, wanted)
    costs = policy.costs(cases.cost_day, cases.cost_lender)
    cost = costs.funding + costs.operations
    quotas = list(_quotas(cells, wanted))
    found = allocate([group for group, _ in cells], cost, costs.loss_given_default, wanted.budget, wanted.capital, costs.capital, quotas)
    margin = (1 - own["probability"]) * own["rate"] - own["probability"] * costs.loss_given_default - cost
    return plain(found, cells) | {
        "cases": cases.frame.height,
        "lent_to": lent.height,
        "without_curve": lent.height - own.height,
        "as_is": {"lent_fen": _fen(float(own["lent"].sum())), "profit_fen": _fen(float((own["lent"] * margin).sum()))},
        "costs": {"cost": cost, "loss_given_default": costs.loss_given_default, "capital": costs.capital},
    }


def _lent_to(policy: Policy, cases: Cases) -> pl.DataFrame:
    """A row for each case that the policy would lend to, itself or through a person: class, probability, yuan, rate, region, industry."""
    answers = policy.answers(cases.frame, cases.day, cases.lender_kind)
    places = {"region": "region", "industry": "industry_code"}
    texts = [
        (cases.frame[column] if column in cases.frame.columns else pl.Series([None] * answers.height, dtype=pl.String))
        .cast(pl.String).fill_null("").alias(name)
        for name, column in places.items()
    ]  # fmt: skip
    rows = answers.with_columns(*texts).filter((pl.col("outcome") != "refuse") & (pl.col("amount_fen") > 0))
    return rows.select(
        "risk_class", "region", "industry", probability=pl.col("probability_ppm") / PPM, yuan=pl.col("amount_fen") / 100,
        rate=pl.col("rate_ppm") / PPM,
    )  # fmt: skip


def _faults(policy: Policy, lent: pl.DataFrame, wanted: Wanted) -> Iterator[Fault]:
    if not lent.height:
        yield Fault("population", "no case that the policy lends to", "one or more", "Choose other dates, or another product.")
    known = [one.code for one in policy.product.classes if one.is_lent]
    for part in (wanted.risk_class, wanted.least_firms):
        yield from (Fault(f"quota of class {code}", "no class that is lent to", ", ".join(known)) for code in part if code not in known)
    for name, least in wanted.least_firms.items():
        there = lent.filter(pl.col("risk_class") == name).height
        if least > there:
            yield Fault(f"firms of class {name}", f"{least:g}", f"at most {there}, which is how many there are")
    for name, amount in (("budget", wanted.budget), ("capital", wanted.capital)):
        if amount is not None and amount < 0:
            yield Fault(name, f"{amount:g}", "0 yuan or more")
    if not 1 <= len(wanted.steps) <= _MOST_STEPS or any(not 0 < step <= 1 for step in wanted.steps):
        yield Fault("steps", ", ".join(f"{step:g}" for step in wanted.steps), f"one to {_MOST_STEPS} shares above 0 and at most 1")


def _curves(policy: Policy, cases: Cases) -> dict[str, tuple[tuple[float, float], ...]]:
    """Class → (rate, share that leaves) at each permitted rate; classes for which nobody has measured are left out."""
    price, table = policy.product.price, policy.parameters["churn"].valid_on(cases.cost_day)
    case = Case(
        {"business_date": cases.cost_day.isoformat(), "lender": {"kind": cases.cost_lender}},
        {},
        policy.product,
        None,
        policy.parameters,
        {},
    )
    low, high = price.minimum_ppm / PPM, min(caps_of(case).values()) / PPM
    curves = {}
    for code in (one.code for one in policy.product.classes if one.is_lent):
        measured = [(float(row["rate"]), float(row[code])) for row in table if row.get(code) is not None]
        points = between(measured, price.multiple_ppm / PPM) if measured else ()
        curves[code] = tuple((rate, churn) for rate, churn in points if low - 1e-9 <= rate <= high + 1e-9)
    return {code: points for code, points in curves.items() if points}


def _cells(policy: Policy, cases: Cases, lent: pl.DataFrame, wanted: Wanted) -> tuple[list[tuple[Group, dict[str, Any]]], pl.DataFrame]:
    """(cells with what names them, the cases with what is lent of each at the policy's own rate). Raises FaultsError."""
    curves = _curves(policy, cases)
    own = lent.filter(pl.col("risk_class").is_in(list(curves)))
    check(
        [] if own.height else [Fault("churn curve", ", ".join(lent["risk_class"].unique().to_list()), "a column for some of these classes")]
    )
    stays = [1 - _leaving(curves[code], rate) for code, rate in own.select("risk_class", "rate").iter_rows()]
    own = own.with_columns(
        _counted(own["region"], wanted.region), _counted(own["industry"], wanted.industry), lent=pl.col("yuan") * pl.Series(stays)
    )
    sums = own.group_by("risk_class", "region", "industry").agg(
        firms=pl.len(), yuan=pl.col("yuan").sum(), bad=(pl.col("yuan") * pl.col("probability")).sum()
    )
    cells = []
    for row in sums.sort("risk_class", "region", "industry").iter_rows(named=True):
        code, steps = row["risk_class"], tuple(sorted(set(wanted.steps)))
        group = Group(code, row["firms"], row["yuan"] / row["firms"], row["bad"] / row["yuan"], curves[code], steps)
        cells.append((group, {"class": code, "region": row["region"], "industry": row["industry"]}))
    return cells, own


def _leaving(curve: Sequence[tuple[float, float]], rate: float) -> float:
    return float(np.interp(rate, [each for each, _ in curve], [churn for _, churn in curve]))


def _counted(codes: pl.Series, quotas: Mapping[str, float]) -> pl.Series:
    """The quotas that each code counts against, with spaces between."""
    texts = [" ".join(one for one in quotas if code.startswith(one)) for code in codes]
    return pl.Series(codes.name, texts, dtype=pl.String)


def _quotas(cells: Sequence[tuple[Group, Mapping[str, Any]]], wanted: Wanted) -> Iterator[Quota]:
    for kind, most in (("region", wanted.region), ("industry", wanted.industry), ("class", wanted.risk_class)):
        for code, yuan in most.items():
            places = frozenset(place for place, (_, key) in enumerate(cells) if code in str(key[kind]).split())
            yield Quota(f"{kind}:{code}", places, most_lent=yuan)
    for code, firms in wanted.least_firms.items():
        yield Quota(f"least:{code}", frozenset(place for place, (_, key) in enumerate(cells) if key["class"] == code), least_firms=firms)


def plain(found: Allocation, cells: Sequence[tuple[Group, Mapping[str, Any]]]) -> dict[str, Any]:
    """An allocation as data that a page shows and a file holds. Of each cell: group, and what names it (`class`, `region`, `industry`)."""
    offers = [
        {
            **cells[each.place][1],
            "rate_ppm": round(each.rate * PPM),
            "step": each.step,
            "amount_fen": _fen(cells[each.place][0].amount * each.step),
            "firms": round(each.firms, 2),
            "lent_fen": _fen(each.lent),
            "profit_fen": _fen(each.profit),
        }
        for each in found.offers
    ]
    names = dict.fromkeys(key["class"] for _, key in cells)
    return {
        "profit_fen": _fen(found.profit),
        "lent_fen": _fen(found.lent),
        "classes": [_class(name, offers, cells) for name in names],
        "offers": offers,
        "bounds": [
            {"name": each.name, "limit": round(each.limit, 2), "used": round(each.used, 2), "worth": round(each.worth, 6)}
            for each in found.bounds
        ],
    }


def _class(name: str, offers: Sequence[Mapping[str, Any]], cells: Sequence[tuple[Group, Mapping[str, Any]]]) -> dict[str, Any]:
    """A class in sum: firms, those with an offer, the mean rate and amount of what is offered, what is lent and earned."""
    mine = [each for each in offers if each["class"] == name]
    offered = sum(each["firms"] for each in mine)
    lent_fen = sum(each["lent_fen"] for each in mine)
    return {
        "class": name,
        "firms": round(sum(group.firms for group, key in cells if key["class"] == name)),
        "offered": round(offered, 2),
        "mean_rate_ppm": round(sum(each["rate_ppm"] * each["lent_fen"] for each in mine) / lent_fen) if lent_fen else None,
        "mean_amount_fen": round(sum(each["amount_fen"] * each["firms"] for each in mine) / offered) if offered else None,
        "lent_fen": lent_fen,
        "profit_fen": sum(each["profit_fen"] for each in mine),
    }


def _fen(yuan: float) -> int:
    return round(yuan * 100)
