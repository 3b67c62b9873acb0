"""The best rates and the best use of a budget, group by group.

A borrower who is asked a higher rate may leave; one who stays pays it and may default. With the share that leaves at each rate, the yearly
profit of an offer is amount × (1 − churn(rate)) × ((1 − p) × rate − p × loss given default − cost). Without a budget each group takes its
best rate. Under a budget, a ceiling of capital or quotas of groups the offers compete: a linear programme says what share of each group is
offered which rate and how much of the amount that it may have. What one more yuan under a bound would earn is its price. Amounts are yuan,
rates shares of one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import linprog

from puhui.calculations.faults import Fault, FaultsError

__all__ = ["Allocation", "Bound", "Group", "Offered", "Quota", "allocate", "between"]

Row = NDArray[np.float64]


@dataclass(frozen=True)
class Group:
    """Borrowers alike: how many, what each would borrow, their default probability, and (rate, share that leaves) as measured."""

    name: str
    firms: float
    amount: float
    default_probability: float
    curve: tuple[tuple[float, float], ...]
    steps: tuple[float, ...] = (1.0,)  # shares of the amount that may be offered


@dataclass(frozen=True)
class Quota:
    """At most so many yuan lent to the groups at these places, or at least so many firms of them with an offer."""

    name: str
    places: frozenset[int]
    most_lent: float | None = None
    least_firms: float | None = None


@dataclass(frozen=True)
class Bound:
    """A bound and what is used of it; `worth`: what a year one more yuan (or firm) of room would earn, 0 where it does not bind."""

    name: str
    limit: float
    used: float
    worth: float


def between(curve: Sequence[tuple[float, float]], step: float) -> tuple[tuple[float, float], ...]:
    """The measured points and every multiple of `step` between the first and the last, the curve being straight between two points."""
    points = sorted(curve)
    rates, churns = [rate for rate, _ in points], [churn for _, churn in points]
    first, last = int(np.ceil(rates[0] / step - 1e-9)), int(np.floor(rates[-1] / step + 1e-9))
    wanted = sorted({*rates, *(round(place * step, 9) for place in range(first, last + 1))})
    return tuple((rate, float(np.interp(rate, rates, churns))) for rate in wanted)


@dataclass(frozen=True)
class Offered:
    """So many firms of a group are offered a rate; what is lent to those who stay, and what it earns in a year."""

    group: str
    rate: float
    firms: float
    lent: float
    profit: float
    place: int = 0  # of the group in the list
    step: float = 1.0  # share of the amount


@dataclass(frozen=True)
class Allocation:
    """All offers with their sum, and the bounds: budget, capital, then the quotas as they were given."""

    offers: tuple[Offered, ...]
    profit: float
    lent: float
    bounds: tuple[Bound, ...] = ()

    @property
    def worth_of_budget(self) -> float:
        """What one more yuan of budget would earn in a year; 0 where it does not bind, or there is none."""
        return next((each.worth for each in self.bounds if each.name == "budget"), 0.0)


def allocate(
    groups: Sequence[Group],
    cost: float,
    loss_given_default: float,
    budget: float | None = None,
    capital: float | None = None,
    capital_share: float = 0.0,
    quotas: Sequence[Quota] = (),
) -> Allocation:
    """The offers with the greatest yearly profit.

    Args:
        cost: funding and operations, a year, of what is lent
        budget: the most that may be lent; capital: the most that may be held, `capital_share` of what is lent
    Raises:
        FaultsError: nothing meets all bounds at once.
    """
    points = [(place, rate, churn, step) for place, group in enumerate(groups) for rate, churn in group.curve for step in group.steps]
    places = np.array([place for place, *_ in points])
    lent = np.array([groups[place].amount * step * (1 - churn) for place, _, churn, step in points])
    bad = np.array([groups[place].default_probability for place in places])
    profit = lent * ((1 - bad) * np.array([rate for _, rate, _, _ in points]) - bad * loss_given_default - cost)
    bounds = list(_bounds(places, lent, budget, capital, capital_share, quotas))
    members = sparse.csr_matrix((np.ones(len(points)), (places, range(len(points)))))
    rows = sparse.vstack([members, *(sparse.csr_matrix(row) for _, row, _ in bounds)])
    most = [*(group.firms for group in groups), *(limit for _, _, limit in bounds)]
    found = linprog(-profit, A_ub=rows, b_ub=np.array(most), method="highs")
    if found.status != 0:
        remedy = "Raise the budget or lower the quotas."
        raise FaultsError([Fault("bounds", "no offers that meet all of them", "bounds that hold together", remedy)])
    offers = tuple(
        Offered(groups[place].name, rate, float(firms), float(firms * each), float(firms * earned), place, step)
        for (place, rate, _, step), firms, each, earned in zip(points, found.x, lent, profit, strict=True)
        if firms > 1e-9
    )
    prices = -found.ineqlin.marginals[len(groups) :]
    told = (
        Bound(name, abs(limit), abs(float(row @ found.x)), float(worth) or 0.0)
        for (name, row, limit), worth in zip(bounds, prices, strict=True)
    )
    return Allocation(offers, float(profit @ found.x), float(lent @ found.x), tuple(told))


def _bounds(
    places: NDArray[np.intp], lent: Row, budget: float | None, capital: float | None, capital_share: float, quotas: Sequence[Quota]
) -> Iterator[tuple[str, Row, float]]:
    """(name, what each firm with this offer uses, the most of it); of firms that must get an offer, both are negative."""
    if budget is not None:
        yield "budget", lent, budget
    if capital is not None:
        yield "capital", lent * capital_share, capital
    for each in quotas:
        counted = np.isin(places, list(each.places)).astype(float)
        if each.most_lent is not None:
            yield each.name, lent * counted, each.most_lent
        if each.least_firms is not None:
            yield each.name, -counted, -each.least_firms
