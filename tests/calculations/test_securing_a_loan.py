"""Security, linked rates and net margin against figures worked by hand and reckoned another way."""

from __future__ import annotations

import itertools
from datetime import date
from decimal import Decimal

import pytest

from puhui.calculations.faults import FaultsError
from puhui.calculations.linkage import Link, Observation, change_of, clawback_fen, review, review_dates
from puhui.calculations.net_margin import Costs, net_margin
from puhui.calculations.pricing import required_rate
from puhui.calculations.security import Item, may_be_released, missing_before_payout, secured
from puhui.products.parameters import table

DAY = date(2026, 3, 2)
RULES = table("security-kinds").valid_on(DAY)
RULE = {row["kind"]: row for row in RULES}
JOBS = Link("jobs", ((-1.0, 5000), (-0.055, 0), (0.0, -1000), (0.05, -3000), (0.1, -5000)), 3, ("C08",), clawback=True)


def test_equipment_by_the_formula_of_products_12():
    """One million, two years old: 1,000,000 × 0.9² × 0.8 × (1 − 0.3) = 453,600 yuan; half a million needs 90%."""
    machine = Item("lathe", "equipment", 100_000_000, age_years=2)
    found = secured([machine], RULES, 50_000_000, 900_000)
    assert found.items == (("lathe", 45_360_000),)
    assert (found.cover_ppm, found.is_enough) == (907_200, True)
    assert not secured([machine], RULES, 50_000_000, 907_201).is_enough


def test_kinds_add_up_and_prior_claims_come_off():
    """Receivable 500,000 × 0.8; house 1,000,000 × 0.7 less 600,000 before; patent 300,000 × 0.3; deposit whole; nothing for none."""
    items = [
        Item("debt of a mill", "receivable", 50_000_000),
        Item("house", "property", 100_000_000, prior_fen=60_000_000),
        Item("patent", "intellectual_property", 30_000_000),
        Item("margin", "deposit", 1_000_000),
        Item("word", "none", 99_000_000),
    ]
    found = secured(items, RULES, 100_000_000, 0)
    assert [value for _, value in found.items] == [40_000_000, 10_000_000, 9_000_000, 1_000_000, 0]
    assert found.total_fen == 60_000_000
    with pytest.raises(FaultsError, match="gold"):
        secured([Item("bar", "gold", 1), Item("x", "property", -1)], RULES, 1, 0)


def test_what_is_missing_before_payout():
    maturity = date(2027, 3, 2)
    house = Item("house", "property", 1, registered_on=DAY, registered_until=date(2027, 1, 1), insured_until=maturity)
    faults = missing_before_payout([house, Item("lathe", "equipment", 1), Item("Li", "guarantee", 1)], RULES, DAY, maturity)
    assert [(fault.where, fault.found) for fault in faults] == [
        ("security house", "registered until 2027-01-01"),
        ("security lathe", "not registered"),
        ("security lathe", "not insured"),
    ]
    whole = Item("house", "property", 1, registered_on=DAY, insured_until=maturity)
    assert missing_before_payout([whole], RULES, DAY, maturity) == []


def test_release():
    assert may_be_released(RULE["property"], 0)
    assert not may_be_released(RULE["property"], 1)
    assert not may_be_released(RULE["property"], 0, undrawn_fen=1)
    assert may_be_released(RULE["guarantee"], 1, period_ended=True)
    assert not may_be_released(RULE["property"], 1, period_ended=True)


@pytest.mark.parametrize(
    ("growth", "change"), [(-0.2, 5000), (-0.055, 0), (-0.01, 0), (0.0, -1000), (0.07, -3000), (0.1, -5000), (None, 0)]
)
def test_steps_of_the_jobs_link(growth, change):
    assert change_of(JOBS, growth) == change


def seen(value, *evidence, known_on=DAY):
    return [Observation("jobs", value, known_on, known_on, evidence)]


def test_a_review_needs_its_evidence_and_stays_within_the_caps():
    assert review(40_000, [JOBS], seen(0.1, "C08"), DAY).rate_ppm == 35_000
    without = review(40_000, [JOBS], seen(0.1), DAY)
    assert (without.rate_ppm, without.unproved) == (40_000, ("jobs",))
    assert review(40_000, [JOBS], seen(-0.2), DAY).rate_ppm == 45_000  # a surcharge needs no proof by the firm
    held = review(40_000, [JOBS], seen(0.1, "C08"), DAY, lowest_ppm=38_000)
    assert (held.rate_ppm, held.held_by_cap) == (38_000, True)
    with pytest.raises(FaultsError, match="known by 2026-03-02"):
        review(40_000, [JOBS], seen(0.1, "C08", known_on=date(2026, 3, 3)), DAY)


def test_review_dates():
    assert review_dates(date(2026, 1, 31), date(2027, 1, 31), 3) == (date(2026, 4, 30), date(2026, 7, 31), date(2026, 10, 31))


def test_clawback():
    """Told 10% more jobs, true 1% fewer: 0.5 points on one million for 90 nights is 1,000,000 × 0.005 × 90 ÷ 360 = 1,250 yuan."""
    assert clawback_fen(JOBS, 0.1, -0.01, [(100_000_000, 90)]) == 125_000
    assert clawback_fen(JOBS, 0.1, -0.01, [(100_000_000, 30), (50_000_000, 120)]) == 125_000
    assert clawback_fen(JOBS, 0.0, 0.1, [(100_000_000, 90)]) == 0  # the firm had done better than it told
    assert clawback_fen(Link("jobs", JOBS.steps, 3), 0.1, -0.01, [(100_000_000, 90)]) == 0


def test_net_margin_by_hand():
    """At 6% on one million: 60,000 − 1,200 − 15,000 − 6,000 − 9,000 − 4,800 − 3,396.23 + 5,000 = 25,603.77 yuan a year."""
    costs = Costs(15_000, 6_000, 20_000, 450_000, 80_000, 60_000, tax_ppm=60_000, subsidy_ppm=5_000)
    found = net_margin(60_000, 100_000_000, costs)
    assert dict(found.parts) == {
        "interest": 60_000, "interest_lost": -1_200, "funding": -15_000, "operations": -6_000, "expected_loss": -9_000,
        "capital": -4_800, "tax": -3_396, "subsidy": 5_000, "relending": 0,
    }  # fmt: skip
    assert (found.margin_ppm, found.yearly_fen) == (25_604, 2_560_400)


def test_net_margin_of_practice_14_holds_566_04_of_tax():
    """10,000 of interest hold 566.04 of value added tax at 6%."""
    parts = dict(net_margin(10_000, 100_000_000, Costs(0, 0, 0, 0, 0, 0, tax_ppm=60_000)).parts)
    assert parts["tax"] == -int(Decimal(10_000) * 6 / 106 + Decimal("0.5"))


@pytest.mark.parametrize(("pd", "lgd"), list(itertools.product((0, 12_345, 80_000), (0, 450_000))))
def test_at_the_floor_price_nothing_is_left_but_lost_interest(pd, lgd):
    costs = Costs(15_000, 6_000, pd, lgd, 80_000, 60_000)
    floor = required_rate(funding_ppm=15_000, operations_ppm=6_000, pd_ppm=pd, lgd_ppm=lgd, hurdle_ppm=80_000, capital_ppm=60_000)
    found = net_margin(floor, 0, costs)
    assert abs(found.margin_ppm - dict(found.parts)["interest_lost"]) <= 2
