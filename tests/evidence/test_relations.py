"""Trees of companies and circles of guarantees: worked examples, and laws on graphs made at random, most of which run in circles."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from puhui.evidence.relations import ITSELF, Holding, circle, effective_shares, group, layers, loose_ends, owners

# Li holds 40 % of the firm and 50 % of A; A holds 60 % of the firm; B holds 50 % of A, and A holds 10 % of B (a circle).
TREE = [
    Holding("Li", ITSELF, 0.4, person=True),
    Holding("A", ITSELF, 0.6),
    Holding("Li", "A", 0.5, person=True),
    Holding("B", "A", 0.5),
    Holding("A", "B", 0.1),
    Holding("Wang", "B", 0.9, person=True),
]

NAMES = ("", "a", "b", "c", "d", "e")
holdings = st.lists(
    st.builds(
        Holding,
        st.sampled_from((*NAMES[1:], "P", "Q")),
        st.sampled_from(NAMES),
        st.floats(0, 1),
    ),
    max_size=14,
).map(lambda found: [Holding(each.holder, each.target, each.share, each.holder in "PQ") for each in found if each.holder != each.target])
pairs = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=14)


def test_shares_in_effect_are_summed_over_all_ways():
    shares = effective_shares(TREE)
    assert shares["Li"] == pytest.approx(0.4 + 0.6 * 0.5)  # directly, and through A
    assert shares["Wang"] == pytest.approx(0.6 * 0.5 * 0.9)  # through A and B
    assert shares["A"] == pytest.approx(0.6)  # not counted again behind B: the way would pass A twice


def test_owners_are_persons_from_a_quarter():
    assert set(owners(TREE)) == {"Li", "Wang"}
    assert set(owners(TREE, least=0.5)) == {"Li"}
    assert set(owners([Holding("Li", ITSELF, 0.25, person=True)])) == {"Li"}
    assert owners([Holding("Li", ITSELF, 0.2499, person=True)]) == {}


def test_a_firm_of_which_no_holder_is_told_is_a_loose_end():
    assert loose_ends(TREE) == frozenset()
    assert loose_ends([*TREE[:2], Holding("B", "A", 0.5), Holding("C", "B", 0.9)]) == {"C"}  # 0.6 × 0.5 × 0.9 = 0.27
    assert loose_ends([*TREE[:2], Holding("B", "A", 0.4)]) == frozenset()  # 0.24


def test_layers_are_counted_to_the_farthest_holding_of_a_person():
    assert layers(TREE) == 3  # the firm, A, B, Wang
    assert layers(TREE[:1]) == 1
    assert layers([]) == 0


def test_a_group_is_above_below_and_beside():
    found = group(
        [
            *TREE,
            Holding("A", "sister", 0.3),
            Holding("Li", "shop", 1.0, person=True),
            Holding("", "child", 0.6),
            Holding("child", "grandchild", 0.25),
        ]
    )
    assert found.above == {"A", "B"}
    assert found.below == {"child", "grandchild"}
    assert found.sisters == {"sister", "shop"}


def test_a_circle_of_guarantees_has_size_depth_and_the_way_to_the_nearest_overdue_debtor():
    edges = [("", "a"), ("a", "b"), ("b", ""), ("c", "b"), ("d", "c"), ("x", "y")]
    found = circle(edges, overdue=["d", "y"])
    assert (found.size, found.depth, found.bad_distance) == (5, 3, 3)
    alone = circle([])
    assert (alone.size, alone.depth, alone.bad_distance) == (1, 0, None)
    assert circle(edges, overdue=[""]).bad_distance == 0


def every_way(found: list[Holding], person: str) -> float:
    """Oracle: the sum over every order of every set of firms that could lie between the person and the firm."""
    between = sorted({each.holder for each in found if not each.person} - {ITSELF})
    total = 0.0
    for length in range(len(between) + 1):
        for steps in itertools.permutations(between, length):
            chain = [person, *steps, ITSELF]
            product = 1.0
            for holder, target in itertools.pairwise(chain):
                product *= sum(each.share for each in found if each.holder == holder and each.target == target)
            total += product
    return total


@given(holdings)
def test_shares_in_effect_are_those_of_a_slow_count_of_every_way(found):
    shares = effective_shares(found)
    for person in "PQ":
        assert shares.get(person, 0.0) == pytest.approx(every_way(found, person), abs=3e-4)  # ways of less than a millionth are left


def test_a_dense_web_comes_to_an_end():
    web = [Holding(f"f{one}", f"f{other}" if other else ITSELF, 0.04) for one in range(1, 25) for other in range(25) if one != other]
    web.append(Holding("P", "f24", 0.5, person=True))
    assert 0.5 * 0.04 < effective_shares(web)["P"] < 0.5  # the straight way, and more than it
    assert layers(web) == 2


@given(holdings)
def test_every_walk_ends_and_says_what_it_must(found):
    assert layers(found) <= len(NAMES)
    assert set(owners(found)) <= {"P", "Q"}
    ends = loose_ends(found)
    assert not ends & {each.target for each in found} and ITSELF not in ends
    members = group(found)
    assert ITSELF not in members.members and not members.above & members.below and not members.sisters & (members.above | members.below)


@given(pairs, st.lists(st.sampled_from(NAMES), max_size=3))
def test_a_circle_is_the_same_from_each_of_its_members(edges, overdue):
    found = circle(edges, overdue)
    for member in found.members:
        assert circle(edges, overdue, member).members == found.members
    assert (found.bad_distance is None) == (not set(overdue) & found.members)
    assert found.bad_distance is None or found.bad_distance <= found.depth < found.size


@given(pairs)
def test_one_more_guarantee_never_makes_a_circle_smaller(edges):
    assert circle(edges).members <= circle([*edges, ("", "a")]).members
