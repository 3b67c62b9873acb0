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
from scipy import sparse
from scipy.optimize import linprog

from puhui.calculations.faults import Fault, FaultsError

__all__ = ["Allocation", "Group", "Offered", "allocate", "between"]


@dataclass(frozen=True)
class Group:
    """Borrowers alike: how many, what each would borrow, their default probability, and (rate, share that leaves) as measured."""

    name: str
    firms: float
    amount: float
    default_probability: float
    curve: tuple[tuple[float, float], ...]


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
        least_firms: name → so many firms of the groups of this name must get an offer at least (quota)
    Raises:
        FaultsError: nothing meets all bounds at once.
    """
    points = [(place, rate, churn) for place, group in enumerate(groups) for rate, churn in group.curve]
    lent = np.array([groups[place].amount * (1 - churn) for place, _, churn in points])
    bad = np.array([groups[place].default_probability for place, _, _ in points])
    margin = (1 - bad) * np.array([rate for _, rate, _ in points]) - bad * loss_given_default - cost
    profit = lent * margin
    members = sparse.csr_matrix((np.ones(len(points)), ([place for place, _, _ in points], range(len(points)))))
    bounds: list[tuple[np.ndarray, float]] = []
    if budget is not None:
        bounds.append((lent, budget))
    if capital is not None:
        bounds.append((lent * capital_share, capital))
    for name, least in (least_firms or {}).items():
        bounds.append((np.array([-float(groups[place].name == name) for place, _, _ in points]), -least))
    rows = sparse.vstack([members, *(sparse.csr_matrix(row) for row, _ in bounds)])
    most = [*(group.firms for group in groups), *(most for _, most in bounds)]
    found = linprog(-profit, A_ub=rows, b_ub=np.array(most), method="highs")
    if found.status != 0:
        remedy = "Raise the budget or lower the quotas."
        raise FaultsError([Fault("bounds", "no offers that meet all of them", "bounds that hold together", remedy)])
    offers = tuple(
        Offered(groups[place].name, rate, float(firms), float(firms * each), float(firms * earned), place)
        for (place, rate, _), firms, each, earned in zip(points, found.x, lent, profit, strict=True)
        if firms > 1e-9
    )
    worth = -float(found.ineqlin.marginals[len(groups)]) if budget is not None else 0.0
    return Allocation(offers, float(profit @ found.x), float(lent @ found.x), worth)
