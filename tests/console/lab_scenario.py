"""A draft that asks for more months of sales, compared with what is in force, and proposed from a day: what the pages of the lab show."""

from __future__ import annotations

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

CODE = "invoice-working-capital"
OLD, NEW = "inv_out_active_months_12m >= 9", "inv_out_active_months_12m >= 12"


def draft(scenario: Any, old: str = OLD, new: str = NEW) -> Any:
    """The first version of a draft, made of the product in force."""
    from puhui.products import drafting, queries

    lender = scenario.institution
    text = drafting.source_of(queries.product(CODE, lender.business_date, lender), lender, None)
    assert old in text
    return drafting.create(lender, CODE, "Twelve months of sales", text.replace(old, new), scenario.users["risk"])


def compare(scenario: Any, version: Any) -> Any:
    """Its comparison with what is in force, on record."""
    from puhui.console.lab_run import run

    return run(scenario.institution, scenario.users["risk"], {}, [CODE, f"draft:{version.draft_id}.{version.number}"])


def propose(scenario: Any, version: Any, comparison: Any, day: date | None = None) -> Any:
    """Proposed by the risk manager."""
    from puhui.decisions.lab import promoting

    start = day or scenario.institution.business_date + timedelta(days=3)
    return promoting.propose(version, comparison, start, "fewer failures", scenario.users["risk"], None)


def optimum(scenario: Any, **typed: str) -> Any:
    """The best rates and amounts within a budget and a quota, on record."""
    from puhui.console.lab_run import run_optimum

    return run_optimum(scenario.institution, scenario.users["risk"], {"policy": CODE, "budget": "100,000", "industry": "13: 80000"} | typed)


def prepare(scenario: Any) -> SimpleNamespace:
    """Version, comparison, promotion and an optimum."""
    version = draft(scenario)
    comparison = compare(scenario, version)
    return SimpleNamespace(
        version=version, comparison=comparison, promotion=propose(scenario, version, comparison), optimum=optimum(scenario)
    )
