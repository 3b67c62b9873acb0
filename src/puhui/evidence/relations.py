"""Who holds whom and who stands in for whose debts: trees of companies and circles of guarantees, safe on graphs that run in circles.

Shares are edges holder → firm with a share between 0 and 1. What a person holds of a firm *in effect* is the sum over all ways from the
person to the firm of the product of the shares along the way. Where firms hold each other there are ways without end; their products
shrink, and a way is followed until it would pass a firm a second time, or until next to nothing is left of it: what a circle adds beyond
that is left out, so that a holder never has more than the register proves step by step. Guarantees are edges guarantor – debtor; a circle
is everybody who can be reached over them in either direction, because trouble runs both ways.

`ITSELF`, the empty name, is the firm that is asked about. Functions are pure: edges in, numbers out.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

__all__ = ["ITSELF", "Circle", "Group", "Holding", "circle", "effective_shares", "group", "layers", "loose_ends", "owners"]

ITSELF = ""
OWNER_SHARE = 0.25
"""From this share on a person is an owner in the sense of the rules on beneficial owners (FATF recommendation 24; 反洗钱法)."""

SMALLEST = 1e-6
"""A way is followed no further where less than a millionth is left, so that the ways through a dense web come to an end."""


@dataclass(frozen=True)
class Holding:
    """`holder` holds `share` of `target`; `person` says that the holder is one in whom the tree ends (a natural person, the state)."""

    holder: str
    target: str
    share: float
    person: bool = False


@dataclass(frozen=True)
class Circle:
    """`size` counts the firm itself; `depth` is the longest of the shortest ways; `bad_distance` the way to the nearest debtor overdue."""

    members: frozenset[str]
    depth: int
    bad_distance: int | None

    @property
    def size(self) -> int:
        return len(self.members)


@dataclass(frozen=True)
class Group:
    """Firms under one hand: those that hold, or are held, by at least the share that was asked for, over any number of steps."""

    above: frozenset[str]
    below: frozenset[str]
    sisters: frozenset[str]

    @property
    def members(self) -> frozenset[str]:
        return self.above | self.below | self.sisters


def effective_shares(holdings: Iterable[Holding], firm: str = ITSELF) -> dict[str, float]:
    """Every direct and indirect holder of the firm → its share in effect. No way passes the same firm twice."""
    above = _by_target(holdings)
    found: dict[str, float] = defaultdict(float)
    ways = [(firm, 1.0, frozenset([firm]))]
    while ways:
        target, share, passed = ways.pop()
        for holding in above.get(target, ()):
            if holding.holder in passed:
                continue
            part = share * holding.share
            found[holding.holder] += part
            if not holding.person and part >= SMALLEST:
                ways.append((holding.holder, part, passed | {holding.holder}))
    return dict(found)


def owners(holdings: Collection[Holding], firm: str = ITSELF, least: float = OWNER_SHARE) -> dict[str, float]:
    """Persons who hold at least `least` of the firm in effect (a thousandth of a percent is forgiven to rounding)."""
    persons = {holding.holder for holding in holdings if holding.person}
    return {name: share for name, share in effective_shares(holdings, firm).items() if name in persons and share >= least - 1e-5}


def loose_ends(holdings: Collection[Holding], firm: str = ITSELF, least: float = OWNER_SHARE) -> frozenset[str]:
    """Firms that hold at least `least` in effect and whose own holders nobody told: behind them an owner may stand."""
    told, persons = {holding.target for holding in holdings}, {holding.holder for holding in holdings if holding.person}
    return frozenset(
        name for name, share in effective_shares(holdings, firm).items() if share >= least - 1e-5 and name not in told | persons
    )


def layers(holdings: Iterable[Holding], firm: str = ITSELF) -> int:
    """Most steps from the firm to a person's holding, each firm between taken at its shortest way; 0 where no person is told."""
    above, most = _by_target(holdings), 0
    steps, waiting = {firm: 0}, deque([firm])
    while waiting:
        target = waiting.popleft()
        for holding in above.get(target, ()):
            if holding.person:
                most = max(most, steps[target] + 1)
            elif holding.holder not in steps:
                steps[holding.holder] = steps[target] + 1
                waiting.append(holding.holder)
    return most


def group(holdings: Collection[Holding], firm: str = ITSELF, least: float = OWNER_SHARE) -> Group:
    """The firms above and below over links of at least `least`, and those that the same holders hold beside it (sisters)."""
    strong = [holding for holding in holdings if holding.share >= least]
    persons = {holding.holder for holding in holdings if holding.person}
    up, down = defaultdict(set), defaultdict(set)
    for holding in strong:
        up[holding.target].add(holding.holder)
        down[holding.holder].add(holding.target)
    above = _reached(up, [firm]) - {firm}
    below = _reached(down, [firm]) - {firm} - persons
    sisters = _reached(down, above) - above - below - persons - {firm}
    return Group(frozenset(above - persons), frozenset(below - above), frozenset(sisters))


def circle(guarantees: Iterable[tuple[str, str]], overdue: Collection[str] = (), firm: str = ITSELF) -> Circle:
    """The circle of a firm: everybody reached over guarantees, a firm without one alone. `overdue` names debtors who do not pay."""
    links = defaultdict(set)
    for guarantor, debtor in guarantees:
        links[guarantor].add(debtor)
        links[debtor].add(guarantor)
    distance, waiting = {firm: 0}, deque([firm])
    while waiting:
        name = waiting.popleft()
        for other in links.get(name, ()):
            if other not in distance:
                distance[other] = distance[name] + 1
                waiting.append(other)
    bad = [distance[name] for name in overdue if name in distance]
    return Circle(frozenset(distance), max(distance.values()), min(bad, default=None))


def _by_target(holdings: Iterable[Holding]) -> Mapping[str, list[Holding]]:
    above: dict[str, list[Holding]] = defaultdict(list)
    for holding in holdings:
        above[holding.target].append(holding)
    return above


def _reached(links: Mapping[str, set[str]], start: Iterable[str]) -> set[str]:
    found, waiting = set(start), deque(start)
    while waiting:
        for name in links.get(waiting.popleft(), ()):
            if name not in found:
                found.add(name)
                waiting.append(name)
    return found
