"""Dues by season: from the product file to the days and amounts that the quote takes, and what is wrong with a file that says it badly."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from puhui.calculations.faults import FaultsError
from puhui.decisions.offering import cost_of, quote_terms
from puhui.decisions.product_check import check_file
from puhui.products import reading
from puhui.products.seasons import seasonal_dues
from puhui.products.terms import Season

DAY = date(2026, 3, 2)
COOPERATIVE = (reading.CATALOGUE / "products" / "cooperative-loan-2021-01-01.toml").read_text(encoding="utf-8")
FARM = (reading.CATALOGUE / "products" / "farm-season-loan-2021-01-01.toml").read_text(encoding="utf-8")
SEASONAL = {one.code: one for one in reading.catalogue(DAY) if one.season is not None}
days = st.dates(date(2021, 1, 1), date(2040, 12, 31))


def months_between(first: date, second: date) -> int:
    return (second.year - first.year) * 12 + second.month - first.month


@given(day=days, months=st.integers(12, 36), yuan=st.integers(50_000, 3_000_000))
def test_the_dues_of_any_cooperative_loan(day: date, months: int, yuan: int) -> None:
    """They repay the amount to the fen, in July and December only, in order, three months from the day at the soonest, within the term."""
    product = SEASONAL["cooperative-loan"]
    assert product.season is not None
    dues = seasonal_dues(product.season, yuan * 100, day, months, {})
    due_days = [date.fromisoformat(each["due"]) for each in dues]
    assert sum(round(float(each["principal"]) * 100) for each in dues) == yuan * 100
    assert all(float(each["principal"]) > 0 for each in dues)
    assert {(each.month, each.day) for each in due_days} <= {(7, 10), (12, 10)}
    assert all(first < second for first, second in pairwise(due_days))
    assert months_between(day, due_days[0]) >= 3 and months_between(day, due_days[-1]) <= months
    assert cost_of(quote_terms(product, yuan * 100, 40_000, months, day, {}), day)["total_fen"] > yuan * 100


@given(day=days, harvest=st.floats(0, 14), months=st.integers(4, 12), yuan=st.integers(5, 300))
def test_the_dues_of_any_farm_loan(day: date, harvest: float, months: int, yuan: int) -> None:
    """Nothing before the harvest unless the term ends before it, nothing after the term."""
    product = SEASONAL["farm-season-loan"]
    assert product.season is not None
    dues = seasonal_dues(product.season, yuan * 100_000, day, months, {"months_to_harvest": harvest})
    due_days = [date.fromisoformat(each["due"]) for each in dues]
    assert sum(round(float(each["principal"]) * 100) for each in dues) == yuan * 100_000
    assert 1 <= len(dues) <= 2 and due_days == sorted(set(due_days))
    assert months_between(day, due_days[0]) >= min(harvest, months)
    assert months_between(day, due_days[-1]) <= months


def test_a_day_that_the_month_lacks_is_its_last() -> None:
    season = Season(((2, 500_000), (6, 500_000)), day=31)
    assert [each["due"] for each in seasonal_dues(season, 100_000, DAY, 12, {})] == ["2026-06-30", "2027-02-28"]


WRONG = {
    "shares": (COOPERATIVE, "7 = 0.4", "7 = 0.5", r"season.*1\.1.*shares that add up to 1"),
    "month": (COOPERATIVE, "7 = 0.4", "13 = 0.4", "a whole number from 1 to 12"),
    "gap": (COOPERATIVE, "minimum_months = 12", "minimum_months = 9", "a term of 10 months or more"),
    "no season": (COOPERATIVE, "[repayment.season]", "[repayment.sesaon]", "when a loan of method custom falls due"),
    "no method": (COOPERATIVE, 'method = "custom"', 'method = "equal_principal"\nevery = "6 months"', 'method = "custom"'),
    "a step": (COOPERATIVE, 'method = "custom"', 'method = "custom"\nevery = "6 months"', "left to the offer"),
    "harvest": (FARM, 'harvest = "months_to_harvest"', 'harvest = "season_cost"', "a fact of .application. in months"),
    "after": (FARM, "0 = 0.5", "25 = 0.5", "a whole number from 0 to 24"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_file_that_says_it_badly_is_told_where(name: str, tmp_path: Path) -> None:
    text, right, wrong, told = WRONG[name]
    assert right in text
    path = tmp_path / "product.toml"
    path.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(FaultsError, match=told):
        reading.load(path)


@pytest.mark.parametrize(("language", "words"), [("en", "in month 7 40%"), ("zh-hans", "7月40%、12月60%"), ("zh-hant", "12月60%")])
def test_a_product_says_when_it_is_repaid(language: str, words: str) -> None:
    checked = check_file(reading.CATALOGUE / "products" / "cooperative-loan-2021-01-01.toml", DAY, None)
    assert checked.faults == []
    (term,) = [part for part in checked.parts(language, DAY) if part.code == "term"]
    assert words in " ".join(term.lines)
