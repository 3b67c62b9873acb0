"""The lab on past decisions: what was frozen gives the same answers again, outcomes and groups beside; a draft changes whom it should."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import polars as pl
import pytest

from puhui.calculations.faults import FaultsError

CODE = "invoice-working-capital"
STRICTER = ("inv_out_active_months_12m >= 9", "inv_out_active_months_12m >= 12")


def population(scenario: Any, *texts: str) -> tuple[list[Any], Any]:
    from puhui.decisions.lab.choosing import chosen
    from puhui.reports.lab_population import past_population

    lender = scenario.institution
    policies = [chosen(lender, text, lender.business_date, None) for text in (CODE, *texts)]
    return policies, past_population(lender, policies, date(2024, 1, 1), lender.business_date)


def draft_of(scenario: Any, *changes: tuple[str, str]) -> Any:
    from puhui.products import drafting, queries

    lender = scenario.institution
    text = drafting.source_of(queries.product(CODE, lender.business_date, lender), lender, None)
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return drafting.create(lender, CODE, "stricter", text, scenario.users["risk"])


def test_what_was_frozen_gives_the_same_answers(scenario: Any) -> None:
    """The champion on past decisions says of every one just what was decided: outcome, class, amount, rate, authority."""
    from puhui.decisions.models import Decision

    (champion,), cases = population(scenario)
    answers = champion.answers(cases.frame)
    assert answers.height == Decision.objects.filter(institution=scenario.institution, record__has_key="facts").count() > 15
    names = ("outcome", "risk_class", "amount_fen", "rate_ppm", "authority", "probability_ppm")
    stored = {row[0]: row[1:] for row in Decision.objects.values_list("pk", *names)}
    for number, row in zip(cases.frame["decision"], answers.select(names).rows(), strict=True):
        if stored[number][0] != "refuse":
            assert row == stored[number]
        else:
            assert row[0] == "refuse"


def test_outcomes_are_those_of_the_loans(scenario: Any) -> None:
    """Known for the decisions that money went out on, and for no other."""
    from puhui.loans.models import Loan

    _, cases = population(scenario)
    lent = set(Loan.objects.filter(institution=scenario.institution).values_list("contract__decision_id", flat=True))
    known = cases.frame.filter(cases.defaulted.is_not_null())["decision"].to_list()
    assert known and set(known) == lent & set(cases.frame["decision"])
    assert cases.frame["month"].to_list() == [f"{day:%Y-%m}" for day in cases.frame["business_date"]]


def test_a_draft_changes_just_whom_it_should(scenario: Any) -> None:
    version = draft_of(scenario, STRICTER)
    policies, cases = population(scenario, f"draft:{version.draft_id}")
    from puhui.decisions.lab.comparison import Asked, compare
    from puhui.decisions.lab.scenarios import scenarios_on
    from puhui.products import parameters

    scenarios = scenarios_on(parameters.table("lab-scenarios"), cases.cost_day)
    asked = Asked("rules.sales_months", (6.0, 9.0, 12.0), tuple(scenarios))
    compared = compare(policies, cases, asked)
    label = policies[1].label
    fewer = cases.frame.with_columns(policies[0].answers(cases.frame)["outcome"]).filter(
        (pl.col("outcome") != "refuse") & (pl.col("inv_out_active_months_12m") < 12)
    )
    assert set(compared.changed[label]["application"]) >= set(fewer["application"])
    assert all("sales_months" in cell for cell in compared.changed[label]["only_other"])
    found = compared.found
    base, tight = found["figures"][CODE], found["figures"][label]
    assert (
        base["amount_fen"] - tight["amount_fen"]
        == fewer.join(compared.changed[label].select("application", "one_amount_fen"), on="application")["one_amount_fen"].sum()
    )
    at = {(row["strategy"], row["value"]): row for row in found["frontier"]["points"]}
    assert at[(CODE, 12.0)]["expected_profit_fen"] == tight["expected_profit_fen"] == at[(label, 12.0)]["expected_profit_fen"]
    assert at[(CODE, 9.0)]["amount_fen"] == base["amount_fen"] == at[(label, 9.0)]["amount_fen"]
    assert [row["cases"] for row in found["months"][CODE]] == cases.frame.group_by("month").len().sort("month")["len"].to_list()
    assert {row["scenario"] for row in found["stress"]} == {"sales_fall", "rates_rise", "trade_shock"}
    raised = next(row for row in found["stress"] if (row["scenario"], row["strategy"]) == ("rates_rise", CODE))
    assert raised["cost_fen"] / raised["amount_fen"] == pytest.approx(base["cost_fen"] / base["amount_fen"] + 0.01, abs=1e-6)
    assert sum(row["cases"] for row in found["groups"]["size"]) == cases.frame.height


def test_no_past_decision_is_told(scenario: Any) -> None:
    from puhui.decisions.lab.choosing import chosen
    from puhui.reports.lab_population import past_population

    lender = scenario.institution
    policies = [chosen(lender, CODE, lender.business_date, None)]
    with pytest.raises(FaultsError, match="no decision on invoice-working-capital from 2001-01-01 to 2001-12-31"):
        past_population(lender, policies, date(2001, 1, 1), date(2001, 12, 31))
    with pytest.raises(FaultsError, match="a version of invoice-working-capital, valid from"):
        chosen(lender, f"{CODE}@1999-01-01", lender.business_date, None)


def test_a_comparison_is_kept_as_it_was_found(scenario: Any) -> None:
    from puhui.calculations.canonical import digest_of
    from puhui.decisions.lab.comparison import compare
    from puhui.decisions.lab.keeping import keep
    from puhui.reports.policy_lab import lab_report
    from puhui.reports.tables import render

    version = draft_of(scenario, STRICTER)
    policies, cases = population(scenario, f"draft:{version.draft_id}.1")
    row = keep(scenario.institution, policies, {"population": "database"}, compare(policies, cases), scenario.users["risk"])
    row.refresh_from_db()
    assert row.digests == [policies[0].product.digest, version.digest]
    assert row.digest == digest_of({"asked": row.asked, "found": row.found})
    report = lab_report(row.found, scenario.institution.name, date(2024, 12, 31), "zh-hans")
    told = json.loads(render(report, "json"))
    assert len(told["tables"]["changed"]) == row.found["changed"][policies[1].label] > 0
    assert "策略比较" in render(report, "html").decode() and render(report, "xlsx")[:2] == b"PK"
