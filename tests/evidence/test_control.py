"""Control by shares multiplied and by chains of majorities, and circles: worked by hand, and laws on graphs made at random."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from tests.evidence.test_relations import NAMES, holdings, pairs

from puhui.evidence.control import controlled, controllers, cycles, majority_chains
from puhui.evidence.relations import ITSELF, Holding

# Zhao holds 51 % of A, A 51 % of B, B 51 % of the firm: 13.3 % of the profit and every vote. Qian holds 49 % at each step.
PYRAMID = [
    Holding("B", ITSELF, 0.51), Holding("Qian", ITSELF, 0.49, person=True),
    Holding("A", "B", 0.51), Holding("Qian", "B", 0.49, person=True),
    Holding("Zhao", "A", 0.51, person=True), Holding("Qian", "A", 0.49, person=True),
    Holding(ITSELF, "C", 0.8), Holding("C", "D", 0.6), Holding("C", "E", 0.3), Holding(ITSELF, "E", 0.1),
]  # fmt: skip


def test_the_two_ways_may_name_two_persons():
    found = {each.name: each for each in controllers(PYRAMID)}
    assert found["Zhao"].share == pytest.approx(0.51**3) and not found["Zhao"].by_product
    assert found["Zhao"].chain == ("Zhao", "A", "B", ITSELF)
    assert found["Qian"].share == pytest.approx(0.49 * (1 + 0.51 + 0.51**2)) and found["Qian"].by_product
    assert found["Qian"].chain == ()
    assert set(found) == {"Zhao", "Qian", "A", "B"} and not found["B"].person and found["Zhao"].person


def test_what_the_firm_holds_and_controls():
    found = {each.name: each for each in controlled(PYRAMID)}
    assert {name: round(each.share, 4) for name, each in found.items()} == {"C": 0.8, "D": 0.48, "E": 0.34}
    assert found["D"].chain == (ITSELF, "C", "D") and not found["D"].by_product  # 48 % of the profit, and every vote
    assert not found["E"].by_chain and not found["E"].by_product


def test_circles_are_told_once():
    assert cycles([("a", "b"), ("b", "c"), ("c", "a"), ("b", "a"), ("c", "d"), ("e", "e")]) == (("e",), ("a", "b"), ("a", "b", "c"))
    assert cycles([("a", "b"), ("a", "c"), ("b", "c")]) == ()


@given(holdings)
def test_chains_are_made_of_majorities_and_end(held):
    """Every link of a chain stands in the register with more than half; a name that no chain reaches has no majority holder below it."""
    strong = {(each.holder, each.target) for each in held if each.share > 0.5}
    for upwards in (True, False):
        chains = majority_chains(held, upwards=upwards)
        for name, chain in chains.items():
            assert set(itertools.pairwise(chain)) <= strong and len(set(chain)) == len(chain)
            assert (chain[0], chain[-1]) == ((name, ITSELF) if upwards else (ITSELF, name))
        reached = {ITSELF, *chains}
        onwards = {(t, h) for h, t in strong} if upwards else strong
        assert not any(near in reached and far not in reached for near, far in onwards)
    controllers(held), controlled(held)


@given(pairs)
def test_every_name_on_a_circle_is_on_a_circle_that_is_told(edges):
    """Against reachability worked out by squaring: a name lies on a circle where it reaches itself."""
    reach = {(a, b) for a, b in edges}
    for middle in NAMES:
        reach |= {(a, b) for a in NAMES for b in NAMES if (a, middle) in reach and (middle, b) in reach}
    found = cycles(edges)
    assert {name for way in found for name in way} == {name for name in NAMES if (name, name) in reach}
    for way in found:
        assert all(pair in edges for pair in itertools.pairwise([*way, way[0]]))
