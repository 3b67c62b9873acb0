"""Who controls a firm, what a firm controls, and where holdings or guarantees run in circles.

Control is read from shares in two ways that need not agree, and both are told. *Multiplied*: what a holder has in effect, over all ways, is
more than half. *By a chain of majorities*: each link of one way is more than half, so that whoever sits at the end of it decides at every
step, however little of the profit is left to him (51 % of 51 % of 51 % is 13 %). Sources differ on which of the two makes one group, so a
person sees both. Functions are pure and end on graphs that run in circles.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from puhui.evidence.relations import ITSELF, Holding, effective_shares

__all__ = ["MAJORITY", "Control", "controlled", "controllers", "cycles", "majority_chains"]

MAJORITY = 0.5
"""More than this share decides (公司法 art. 265: more than half of the capital)."""


@dataclass(frozen=True)
class Control:
    """`name` and the firm, one above the other: `share` in effect, and the names of the `chain` of majorities from the upper one to the
    lower one, both ends among them; empty where no such chain is told."""

    name: str
    share: float
    chain: tuple[str, ...]
    person: bool = False

    @property
    def by_product(self) -> bool:
        return self.share > MAJORITY

    @property
    def by_chain(self) -> bool:
        return bool(self.chain)


def controllers(holdings: Collection[Holding], firm: str = ITSELF) -> tuple[Control, ...]:
    """Who controls the firm in either way, the largest share first."""
    chains, shares = majority_chains(holdings, firm, upwards=True), effective_shares(holdings, firm)
    persons = {holding.holder for holding in holdings if holding.person}
    found = [Control(name, share, chains.get(name, ()), name in persons) for name, share in shares.items()]
    return _in_order(each for each in found if each.by_product or each.by_chain)


def controlled(holdings: Collection[Holding], firm: str = ITSELF) -> tuple[Control, ...]:
    """Every firm in which the firm has a share in effect, the largest first; those that it controls say so (`by_product`, `by_chain`)."""
    chains, below = majority_chains(holdings, firm, upwards=False), _below(holdings, firm)
    return _in_order(Control(name, effective_shares(holdings, name).get(firm, 0.0), chains.get(name, ())) for name in below)


def _in_order(found: Iterable[Control]) -> tuple[Control, ...]:
    return tuple(sorted(found, key=lambda each: (-each.share, each.name)))


def majority_chains(holdings: Iterable[Holding], firm: str = ITSELF, *, upwards: bool) -> dict[str, tuple[str, ...]]:
    """Name → names from the upper end to the lower one over links of more than half each, the shortest way; the firm itself left out."""
    links: dict[str, list[str]] = defaultdict(list)
    for holding in holdings:
        if holding.share > MAJORITY:
            near, far = (holding.target, holding.holder) if upwards else (holding.holder, holding.target)
            links[near].append(far)
    ways: dict[str, tuple[str, ...]] = {firm: (firm,)}
    waiting = deque([firm])
    while waiting:
        name = waiting.popleft()
        for other in links.get(name, ()):
            if other not in ways:
                ways[other] = (other, *ways[name]) if upwards else (*ways[name], other)
                waiting.append(other)
    del ways[firm]
    return ways


def _below(holdings: Iterable[Holding], firm: str) -> list[str]:
    down: dict[str, list[str]] = defaultdict(list)
    for holding in holdings:
        down[holding.holder].append(holding.target)
    found, waiting = {firm: None}, deque([firm])
    while waiting:
        for other in down.get(waiting.popleft(), ()):
            if other not in found:
                found[other] = None
                waiting.append(other)
    return list(found)[1:]


def cycles(edges: Iterable[tuple[str, str]]) -> tuple[tuple[str, ...], ...]:
    """For each name that lies on a circle the shortest circle through it; each circle once, from the name that is first in the alphabet."""
    onwards: dict[str, set[str]] = defaultdict(set)
    for start, end in edges:
        onwards[start].add(end)
    found = {_from_the_first(way) for name in sorted(onwards) if (way := _shortest_back(onwards, name))}
    return tuple(sorted(found, key=lambda way: (len(way), way)))


def _shortest_back(onwards: dict[str, set[str]], name: str) -> tuple[str, ...]:
    """The names of the shortest way from a name back to itself, the name once; empty where there is none."""
    ways: dict[str, tuple[str, ...]] = {name: (name,)}
    waiting = deque([name])
    while waiting:
        here = waiting.popleft()
        for other in sorted(onwards.get(here, ())):
            if other == name:
                return ways[here]
            if other not in ways:
                ways[other] = (*ways[here], other)
                waiting.append(other)
    return ()


def _from_the_first(way: tuple[str, ...]) -> tuple[str, ...]:
    first = way.index(min(way))
    return way[first:] + way[:first]
