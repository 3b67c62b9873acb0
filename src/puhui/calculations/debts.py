"""One payment over several debts of one borrower that is not enough for all: Civil Code articles 560 and 561.

Article 560. Which debt: as the parties agreed; else as the debtor says when paying; else debts that have fallen due before others;
of several due, the one with no security or the least; of equally secured ones, the heavier burden; of equal burdens, the one that
fell due first; of those that fell due on one day, all in proportion to the debts.
Article 561. Which part of a debt: unless agreed otherwise, the costs of enforcing it, then interest, then the principal.

Debts that are not due are paid only where that is asked for (a borrower who pays early says so), and among them by the same order.
Amounts are in fen. Source: 民法典 第五百六十条, 第五百六十一条; domain/practice.md 9 (H), regulation.md §7.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from puhui.calculations.faults import Fault, check

__all__ = ["COMPONENTS", "Debt", "Share", "distribute", "proportional"]

COMPONENTS = ("cost", "interest", "principal")
"""Article 561: the order within a debt, unless agreed otherwise."""


@dataclass(frozen=True, slots=True)
class Debt:
    """What is owed on one debt. `security_ppm` is the share of it that is secured, `burden_ppm` what it costs the debtor in a year
    (the penalty rate once it is overdue): the higher, the heavier."""

    id: str
    due: date
    principal: int
    interest: int = 0  # with penalty and compound interest: all that the creditor earns on the principal
    cost: int = 0
    security_ppm: int = 0
    burden_ppm: int = 0

    @property
    def total(self) -> int:
        return self.cost + self.interest + self.principal


@dataclass(frozen=True, slots=True)
class Share:
    """What one debt gets of the payment, by component, and the ground for its place."""

    debt: str
    amount: int
    components: Mapping[str, int]
    ground: str  # agreed, designated, due, security, burden, due_date, proportion, only, not_due


def distribute(
    payment: int,
    debts: Sequence[Debt],
    on: date,
    *,
    agreed: Sequence[str] = (),
    designated: Sequence[str] = (),
    within: Sequence[str] = COMPONENTS,
    not_due: bool = False,
) -> tuple[list[Share], int]:
    """Shares of a payment in the order of the law, and what is left over.

    `agreed` are ids in the order of an agreement, `designated` those that the debtor named when paying; the rest follows the statute.
    Raises FaultsError: a payment that is not above 0, ids given twice or unknown, negative amounts, an order within that is not one of
    the three components.
    """
    check(_faults(payment, debts, agreed, designated, within))
    left = payment
    shares: list[Share] = []
    for group, ground in _groups(debts, on, agreed, designated, not_due):
        amounts = _paid(left, group)
        left -= sum(amounts)
        shares += [_share(debt, amount, within, ground) for debt, amount in zip(group, amounts, strict=True) if amount]
    return shares, left


def proportional(amount: int, weights: Sequence[int]) -> list[int]:
    """An amount in proportion to weights, in whole fen that add up: the largest remainders get the odd ones, the first where equal."""
    whole = sum(weights)
    if whole == 0:
        return [0] * len(weights)
    parts = [amount * weight // whole for weight in weights]
    remainders = sorted(range(len(weights)), key=lambda place: (-(amount * weights[place] % whole), place))
    for place in remainders[: amount - sum(parts)]:
        parts[place] += 1
    return parts


def _paid(left: int, group: Sequence[Debt]) -> list[int]:
    totals = [debt.total for debt in group]
    return totals if left >= sum(totals) else proportional(left, totals)


def _groups(
    debts: Sequence[Debt], on: date, agreed: Sequence[str], designated: Sequence[str], not_due: bool
) -> Iterable[tuple[list[Debt], str]]:
    """Debts in their order; those of one group share in proportion."""
    known = {debt.id: debt for debt in debts}
    for ids, ground in ((agreed, "agreed"), (designated, "designated")):
        for one in ids:
            if one in known:  # an agreement goes before what the debtor says
                yield [known.pop(one)], ground
    remaining = list(known.values())
    yield from _by_statute([debt for debt in remaining if debt.due <= on], "due")
    if not_due:
        yield from _by_statute([debt for debt in remaining if debt.due > on], "not_due")


def _by_statute(debts: Sequence[Debt], alone: str) -> Iterable[tuple[list[Debt], str]]:
    ordered = sorted(debts, key=_rank)
    for _, group in groupby(ordered, key=_rank):
        members = list(group)
        yield members, _ground(members, debts, alone)


def _rank(debt: Debt) -> tuple[int, int, date]:
    return debt.security_ppm, -debt.burden_ppm, debt.due


def _ground(group: Sequence[Debt], debts: Sequence[Debt], alone: str) -> str:
    """The criterion that set this group apart from the others that stand beside it."""
    if len(group) > 1:
        return "proportion"
    others = [debt for debt in debts if debt is not group[0]]
    if not others or alone == "not_due":
        return alone
    for name in ("security", "burden"):
        others = [debt for debt in others if getattr(debt, f"{name}_ppm") == getattr(group[0], f"{name}_ppm")]
        if not others:
            return name
    return "due_date"


def _share(debt: Debt, amount: int, within: Sequence[str], ground: str) -> Share:
    left, components = amount, {}
    for component in within:
        taken = min(left, getattr(debt, component))
        if taken:
            components[component] = taken
        left -= taken
    return Share(debt.id, amount, components, ground)


def _faults(
    payment: int, debts: Sequence[Debt], agreed: Sequence[str], designated: Sequence[str], within: Sequence[str]
) -> Iterable[Fault]:
    if payment <= 0:
        yield Fault("payment", str(payment), "more than 0 fen")
    ids = [debt.id for debt in debts]
    for one in sorted({one for one in ids if ids.count(one) > 1}):
        yield Fault(f"debt {one}", "given twice", "once")
    for what, named in (("agreed", agreed), ("designated", designated)):
        for one in named:
            if one not in ids:
                yield Fault(what, one, ", ".join(ids) or "no debt")
    for debt in debts:
        if min(debt.principal, debt.interest, debt.cost, debt.security_ppm, debt.burden_ppm) < 0:
            yield Fault(f"debt {debt.id}", "a figure below 0", "0 or more")
    if sorted(within) != sorted(COMPONENTS):
        yield Fault("within", ", ".join(within), "an order of " + ", ".join(COMPONENTS))
