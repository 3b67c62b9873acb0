"""Classes by article: each threshold from both sides, retail and not, clocks and forecasts. Figures: domain/regulation.md §1."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from puhui.calculations.classification_articles import (
    Article,
    Clock,
    Facts,
    classified,
    floor_class,
    forecast,
    holding,
    later_of,
    next_class_date,
)

ARTICLES = (
    Article("overdue", "10", "special_mention", days_more_than=0),
    Article("debtor_here", "10", "special_mention", "non_retail", bank_share_more_than=0),
    Article("contagion", "7", "substandard", "non_retail", bank_share_more_than=100_000),
    Article("overdue_90", "11", "substandard", days_more_than=90),
    Article("impaired", "11", "substandard", finding="credit_impaired"),
    Article("overdue_elsewhere", "11", "substandard", "non_retail", finding="overdue_elsewhere", share_more_than=200_000),
    Article("overdue_270", "12", "doubtful", days_more_than=270),
    Article("impaired_half", "12", "doubtful", finding="credit_impaired", expected_loss_from=500_000),
    Article("overdue_360", "13", "loss", days_more_than=360),
)
TECHNICAL = Clock(days=7)
DUE = date(2026, 3, 20)


def class_after(days: int, **facts: object) -> str:
    found = Facts(overdue_since=DUE, **facts)  # type: ignore[arg-type]
    return floor_class(holding(found, DUE + timedelta(days=days), ARTICLES, TECHNICAL))


@pytest.mark.parametrize(
    ("days", "expected"),
    [(0, "normal"), (1, "special_mention"), (90, "special_mention"), (91, "substandard"), (270, "substandard"), (271, "doubtful"),
     (360, "doubtful"), (361, "loss"), (2_000, "loss")],
)  # fmt: skip
def test_days_past_due(days: int, expected: str) -> None:
    assert class_after(days) == expected


@pytest.mark.parametrize(("days", "expected"), [(1, "normal"), (7, "normal"), (8, "special_mention"), (91, "substandard")])
def test_a_technical_arrear_is_excused_for_seven_days(days: int, expected: str) -> None:
    assert class_after(days, findings={"technical_overdue": None}) == expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (Facts(findings={"credit_impaired": None}), "substandard"),
        (Facts(findings={"credit_impaired": None}, expected_loss=499_999), "substandard"),
        (Facts(findings={"credit_impaired": None}, expected_loss=500_000), "doubtful"),
        (Facts(expected_loss=900_000), "normal"),  # a large allowance alone is no impairment
        (Facts(retail=True, bank_share=900_000), "normal"),
        (Facts(retail=False, bank_share=0), "normal"),
        (Facts(retail=False, bank_share=1), "special_mention"),
        (Facts(retail=False, bank_share=100_000), "special_mention"),
        (Facts(retail=False, bank_share=100_001), "substandard"),
        (Facts(retail=False, findings={"overdue_elsewhere": 200_000}), "normal"),
        (Facts(retail=False, findings={"overdue_elsewhere": 200_001}), "substandard"),
        (Facts(retail=True, findings={"overdue_elsewhere": 900_000}), "normal"),
        (Facts(retail=False, findings={"overdue_elsewhere": None}), "normal"),  # the share is not known: null is not zero
    ],
)
def test_findings_and_shares(facts: Facts, expected: str) -> None:
    assert floor_class(holding(facts, DUE, ARTICLES, TECHNICAL)) == expected


def test_articles_tell_the_figure_they_rest_on() -> None:
    holds = holding(Facts(DUE, findings={"credit_impaired": None}), DUE + timedelta(days=95), ARTICLES, TECHNICAL)
    assert [(each.article.code, each.fact) for each in holds] == [("overdue", 95), ("overdue_90", 95), ("impaired", None)]


def test_a_class_falls_at_once_and_does_not_rise_by_itself() -> None:
    paid = holding(Facts(), DUE, ARTICLES, TECHNICAL)
    assert classified("doubtful", paid) == "doubtful" and floor_class(paid) == "normal"
    assert classified("normal", holding(Facts(DUE), DUE + timedelta(days=91), ARTICLES, TECHNICAL)) == "substandard"


def test_the_next_day_that_counts() -> None:
    """Every day on which the floor changes is foretold on the day before, and no other."""
    facts = Facts(DUE)
    for findings in ({}, {"technical_overdue": None}):
        facts = Facts(DUE, findings=findings)
        changes = []
        for days in range(0, 400):
            day = DUE + timedelta(days=days)
            foretold = next_class_date(facts, day, ARTICLES, TECHNICAL)
            now, then = (floor_class(holding(facts, day + timedelta(days=k), ARTICLES, TECHNICAL)) for k in (0, 1))
            if now != then:
                changes.append(days + 1)
                assert foretold == day + timedelta(days=1)
            assert foretold is None or foretold > day
        assert changes == ([8, 91, 271, 361] if findings else [1, 91, 271, 361])
    assert next_class_date(Facts(), DUE, ARTICLES, TECHNICAL) is None


@pytest.mark.parametrize(
    ("since", "next_due", "expected"),
    [
        (None, None, ["normal", "normal", "normal"]),
        (None, DUE + timedelta(days=10), ["special_mention", "special_mention", "special_mention"]),
        (None, DUE + timedelta(days=30), ["normal", "special_mention", "special_mention"]),
        (DUE - timedelta(days=61), None, ["substandard", "substandard", "substandard"]),
        (DUE - timedelta(days=30), DUE, ["special_mention", "special_mention", "substandard"]),
        (DUE - timedelta(days=300), None, ["doubtful", "doubtful", "loss"]),
    ],
)
def test_forecast_if_nothing_is_paid(since: date | None, next_due: date | None, expected: list[str]) -> None:
    found = forecast(Facts(since), "normal", next_due, DUE, (30, 60, 90), ARTICLES, TECHNICAL)
    assert list(found.values()) == expected


@pytest.mark.parametrize(
    ("dues", "expected"),
    [
        ([date(2026, 4, 20), date(2026, 5, 20)], date(2027, 4, 20)),  # monthly: the year is longer
        ([date(2026, 4, 20), date(2027, 10, 20)], date(2027, 10, 20)),  # two instalments are longer
        ([date(2026, 4, 20), date(2026, 3, 20)], date(2027, 4, 20)),  # one due date before the start does not count
        ([], date(2027, 4, 20)),
    ],
)
def test_the_longer_of_months_and_instalments(dues: list[date], expected: date) -> None:
    assert later_of(Clock(months=12, instalments=2), date(2026, 4, 20), dues) == expected
