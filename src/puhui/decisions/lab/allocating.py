"""The best rates and the best use of a budget, group by group.

A borrower who is asked a higher rate may leave; one who stays pays it and may default. With the share that leaves at each rate, the yearly
profit of an offer is amount × (1 − churn(rate)) × ((1 − p) × rate − p × loss given default − cost). Without a budget each group takes its
best rate. Under a budget, a ceiling of capital or quotas of groups the offers compete: a linear programme says what share of each group is
offered which rate. Amounts are yuan, rates shares of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

from puhui.calculations.faults import Fault, FaultsError

__all__ = ["Allocation", "Group", "Offered", "allocate"]


@dataclass(frozen=True)
class Group:
    """Borrowers alike: how many, what each would borrow, their default probability, and (rate, share that leaves) as measured."""

    name: str
    firms: float
    amount: float
    default_probability: float
    curve: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Offered:
    """So many firms of a group are offered a rate; what is lent to those who stay, and what it earns in a year."""

    group: str
    rate: float
    firms: float
    lent: float
    profit: float


@dataclass(frozen=True)
class Allocation:
    """All offers with their sum, and what one more yuan of budget would earn in a year (0 where it does not bind)."""

    offers: tuple[Offered, ...]
    profit: float
    lent: float
    worth_of_budget: float


def allocate(
    groups: Sequence[Group],
    cost: float,
    loss_given_default: float,
    budget: float | None = None,
    capital: float | None = None,
    capital_share: float = 0.0,
    least_firms: dict[str, float] | None = None,
) -> Allocation:
    """The offers with the greatest yearly profit.

    Args:
        cost: funding and operations, a year, of what is lent
        budget: the most that may be lent; capital: the most that may be held, `capital_share` of what is lent
        least_firms: group → so many firms must get an offer at least (quota)
    Raises:
        FaultsError: nothing meets all bounds at once.
    """
    points = [(group, rate, churn) for group in groups for rate, churn in group.curve]
    lent = np.array([group.amount * (1 - churn) for group, _, churn in points])
    margin = np.array([(1 - g.default_probability) * rate - g.default_probability * loss_given_default - cost for g, rate, _ in points])
    profit = lent * margin
    bounds: list[tuple[np.ndarray, float]] = [(np.array([float(point[0] is group) for point in points]), group.firms) for group in groups]
    if budget is not None:
        bounds.append((lent, budget))
    if capital is not None:
        bounds.append((lent * capital_share, capital))
    for name, least in (least_firms or {}).items():
        bounds.append((np.array([-float(group.name == name) for group, _, _ in points]), -least))
    found = linprog(-profit, A_ub=np.array([row for row, _ in bounds]), b_ub=np.array([most for _, most in bounds]), method="highs")
    if found.status != 0:
        remedy = "Raise the budget or lower the quotas."
        raise FaultsError([Fault("bounds", "no offers that meet all of them", "bounds that hold together", remedy)])
    offers = tuple(
        Offered(group.name, rate, float(firms), float(firms * each), float(firms * earned))
        for (group, rate, _), firms, each, earned in zip(points, found.x, lent, profit, strict=True)
        if firms > 1e-9
    )
    worth = -float(found.ineqlin.marginals[len(groups)]) if budget is not None else 0.0
    return Allocation(offers, float(profit @ found.x), float(lent @ found.x), worth)
