"""The best use of a budget over past cases: against its dual in plain loops, under each kind of bound, as page data and as file."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import polars as pl
import pytest

from puhui.calculations.faults import FaultsError
from puhui.decisions.lab.allocating import Group, Quota, allocate
from puhui.decisions.lab.comparison import Cases
from puhui.decisions.lab.optimum import Wanted, optimum
from puhui.decisions.lab.policies import from_files
from puhui.products.reading import load
from puhui.reports.lab_optimum import optimum_report
from puhui.reports.tables import render

DAY = date(2026, 3, 2)
LEAVES = {"A": 60, "B": 45, "C": 30}  # the curve in the catalogue: 1 − exp(−k (rate − 0.03)), told at each percent
COST, LOSS = 0.015 + 0.006, 0.45 * 0.7  # of the table for a bank without security; the bank bears 70%
PROBABILITY = {"A": 0.01, "B": 0.02, "C": 0.04}


@pytest.fixture(scope="module")
def population():
    """Forty households: ten that nobody judged well, thirty in the three classes, of two divisions."""
    scores = [*[40] * 10, *[90] * 10, *[70] * 10, *[55] * 10]
    rows = {
        "panel_score": [float(each) for each in scores], "panel_members": [5.0] * 40, "household_income": [200_000.0] * 40,
        "household_debts": [0.0] * 40, "shown_in_public": [1] * 40, "agri_village_list": [1.0] * 40, "panel_disagreement": [5.0] * 40,
        "dishonest_debtor_flag": [0] * 40, "dishonest_debtor_owner_flag": [0] * 40, "firm_kind": ["individual_business"] * 40,
        "requested_amount": [60_000.0] * 40, "term_months": [12] * 40, "purpose": ["stock"] * 40, "channel": ["counter"] * 40,
        "industry_code": ["0110", "5211"] * 20, "region": ["330101", "330202"] * 20,
    }  # fmt: skip
    policy = from_files("village", load("village-batch-credit", DAY, None), None, None)
    return policy, Cases(pl.DataFrame(rows), DAY, "bank", day=DAY, lender_kind="bank")


AMOUNTS = {"A": 60_000, "B": 60_000, "C": 30_000}  # 55 points are 30,000


def leaves(code, rate):
    """Between two whole percents the curve of the catalogue is straight, and its figures have four digits."""
    low = int(rate * 100 + 1e-9) / 100
    ends = [round(1 - np.exp(-LEAVES[code] * (each - 0.03)), 4) for each in (low, low + 0.01)]
    return ends[0] + (rate - low) * 100 * (ends[1] - ends[0])


def ways(code):
    """(lent, earned) of one firm of a class at each rate from 3% to 8%, a twentieth of a percent apart."""
    for step in range(60, 161):
        rate, bad = step / 2000, PROBABILITY[code]
        lent = AMOUNTS[code] * (1 - leaves(code, rate))
        yield lent, lent * ((1 - bad) * rate - bad * LOSS - COST)


def best_by_dual(budget):
    """The least, over all prices of a yuan, of budget × price + what each firm earns at that price: the optimum of the programme."""
    points = {code: list(ways(code)) for code in AMOUNTS}

    def value(price):
        return budget * price + sum(10 * max(0.0, *(earned - price * lent for lent, earned in each)) for each in points.values())

    low, high = 0.0, 0.2
    for _ in range(200):
        left, right = low + (high - low) / 3, high - (high - low) / 3
        low, high = (low, right) if value(left) <= value(right) else (left, high)
    return value((low + high) / 2), (low + high) / 2


@pytest.mark.parametrize("budget", [100_000, 300_000, 5_000_000])
def test_the_optimum_is_that_of_its_dual(population, budget):
    found = optimum(*population, Wanted(budget=budget))
    best, price = best_by_dual(budget)
    assert found["profit_fen"] / 100 == pytest.approx(best, abs=0.02)
    [bound] = found["bounds"]
    assert bound["name"] == "budget" and bound["used"] <= budget + 0.01
    if price > 1e-6:
        assert bound["used"] == pytest.approx(budget) and bound["worth"] > 0
    else:
        assert bound["worth"] == 0
    assert (found["cases"], found["lent_to"], found["without_curve"]) == (40, 30, 0)
    assert found["lent_fen"] == pytest.approx(sum(each["lent_fen"] for each in found["offers"]), abs=5)
    assert sum(each["profit_fen"] for each in found["classes"]) == pytest.approx(found["profit_fen"], abs=5)


def test_without_bounds_nothing_beats_it_and_the_policy_stands_beside(population):
    found = optimum(*population, Wanted())
    free = 10 * sum(max(earned for _, earned in ways(code)) for code in AMOUNTS)
    assert found["profit_fen"] / 100 == pytest.approx(free, abs=0.02)
    assert found["as_is"]["profit_fen"] <= found["profit_fen"]
    own = {"A": 0.04, "B": 0.048, "C": 0.06}  # the prime rate of 3% and the spread of the product
    by_hand = 0.0
    for code, rate in own.items():
        lent, bad = 10 * AMOUNTS[code] * (1 - leaves(code, rate)), PROBABILITY[code]
        by_hand += lent * ((1 - bad) * rate - bad * LOSS - COST)
    assert found["as_is"]["profit_fen"] / 100 == pytest.approx(by_hand, abs=0.5)


def test_quotas_of_region_industry_and_class(population):
    free = optimum(*population, Wanted())
    found = optimum(*population, Wanted(region={"3301": 50_000}, industry={"52": 20_000}, risk_class={"C": 10_000}))
    lent = {"3301": 0, "52": 0, "C": 0}
    for each in found["offers"]:
        for key in (each["region"], each["industry"], each["class"]):
            if key in lent:
                lent[key] += each["lent_fen"] / 100
    assert lent["3301"] <= 50_000.1 and lent["52"] <= 20_000.1 and lent["C"] <= 10_000.1
    assert found["profit_fen"] < free["profit_fen"]
    assert {each["name"] for each in found["bounds"] if each["worth"] > 0} >= {"region:3301", "industry:52"}


def test_capital_binds_as_a_budget_of_its_share(population):
    capital = optimum(*population, Wanted(capital=300_000 * 0.06))
    budget = optimum(*population, Wanted(budget=300_000))
    assert capital["profit_fen"] == pytest.approx(budget["profit_fen"], abs=2)
    assert capital["bounds"][0]["worth"] == pytest.approx(budget["bounds"][0]["worth"] / 0.06, rel=1e-4)


def test_limits_are_chosen_too(population):
    """More firms must get an offer than the budget has whole amounts for at any rate: some are offered a part."""
    least = {"A": 10, "B": 10, "C": 10}
    with pytest.raises(FaultsError, match="no offers that meet all of them"):
        optimum(*population, Wanted(budget=120_000, least_firms=least, steps=(1.0,)))
    other = optimum(*population, Wanted(budget=120_000, least_firms=least, steps=(0.25, 1.0)))
    assert {each["step"] for each in other["offers"]} == {0.25, 1.0}
    assert other["lent_fen"] == pytest.approx(12_000_000, abs=5)
    assert all(each["offered"] == pytest.approx(10) for each in other["classes"])
    kept = [each for each in other["bounds"] if each["name"].startswith("least:")]
    assert len(kept) == 3 and all(each["used"] >= each["limit"] - 1e-6 for each in kept)


def test_everything_that_is_wrong_is_named(population):
    with pytest.raises(FaultsError) as raised:
        optimum(*population, Wanted(budget=-1, risk_class={"Z": 1}, least_firms={"A": 99}, steps=(0.2, 0.3, 0.5, 1.5)))
    text = str(raised.value)
    assert [part for part in ("budget", "quota of class Z", "firms of class A", "at most 10", "steps") if part not in text] == []
    with pytest.raises(FaultsError, match="one or more"):
        optimum(population[0], Cases(population[1].frame.head(10), DAY, "bank", day=DAY, lender_kind="bank"), Wanted())


def test_the_step_of_a_single_group():
    """One group, budget for a third of it at the whole amount: a quota of all firms is met by the part alone."""
    group = Group("A", 3, 100.0, 0.0, ((0.05, 0.0),), (1 / 3, 1.0))
    found = allocate([group], 0.01, 1.0, budget=100.0, quotas=[Quota("least:A", frozenset({0}), least_firms=3)])
    assert [(each.step, round(each.firms, 9)) for each in found.offers] == [(1 / 3, 3)]
    assert found.profit == pytest.approx(4.0) and found.worth_of_budget == pytest.approx(0.04)


@pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
def test_the_report_in_every_form(population, language):
    found = optimum(*population, Wanted(budget=200_000, least_firms={"C": 2}))
    assert json.loads(json.dumps(found)) == found  # what is kept on record
    report = optimum_report(found, "Bank", DAY, language)
    assert [table.name for table in report.tables] == ["sums", "classes", "bounds", "offers"]
    for form in ("html", "xlsx", "csv", "json"):
        assert render(report, form)
    assert len(report.table("bounds").rows) == 2 and len(report.table("classes").rows) == 3
