"""What of a product's price and term goes by days: steps of the rate, and for how many days the money is wanted.

    [[price.steps]]           # from the sixth night on 7.2 points more: 0.04% a day instead of 0.02%
    after_days = 5
    add = 0.072

    [repayment]
    days = "planned_days"     # a fact of the form: the loan is due that many days after the payout, within the months asked

How the steps become dated rates of a loan: `calculations.rate_steps`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from puhui.calculations.calendar import add_months
from puhui.calculations.faults import Fault
from puhui.calculations.rate_steps import step_faults
from puhui.products.fields import Fields
from puhui.products.terms import ApplicationFact, Price, Product, RateStep

__all__ = ["days_wanted", "read_days", "read_steps", "steps_consistent", "steps_of_quote"]

_LONGEST_DAYS = 366


def read_steps(price: Fields) -> tuple[RateStep, ...]:
    """[[price.steps]], rising in days; none where the rate stays. Faults are noted in `price`."""
    found = []
    for row in price.rows("steps", required=False):
        found.append(RateStep(row.whole("after_days", 1, _LONGEST_DAYS), row.rate_ppm("add", low=0.000001)))
        row.take("source", "")
        row.finish()
    steps = tuple(found)
    if any(first.after_days >= second.after_days or first.add_ppm == second.add_ppm for first, second in pairwise(steps)):
        told = ", ".join(f"{step.after_days}: {step.add_ppm / 1e6:g}" for step in steps)
        price.fault("steps", told, "steps in rising order of days, each with another rate than the one before")
    return steps


def read_days(repayment: Fields, application: Mapping[str, ApplicationFact], terms: Mapping[str, Any]) -> str:
    """`days` of [repayment]: the fact of the form that says for how many days the money is wanted; empty where there is none."""
    name = repayment.text("days", None) or ""
    if name and (name not in application or application[name].unit != "days"):
        repayment.fault("days", name, "a fact of [application] in days")
    elif name and terms.get("method") != "bullet":
        repayment.fault("days", name, 'method = "bullet" in [repayment.terms]: repaid at once after so many days')
    return name


def steps_consistent(product: Product, price: Fields) -> None:
    """Steps against the highest rate, the terms of repayment and what else moves the rate."""
    steps, where = product.price.steps, product.document.where
    if not steps:
        return
    dearest = product.price.minimum_ppm + product.price.dearest_step_ppm
    if dearest > product.price.maximum_ppm and not price.has_fault("rate_minimum", "rate_maximum", "steps"):
        expected = (
            f"at most the highest rate, {product.price.maximum_ppm / 1e6:g}, on top of the lowest, {product.price.minimum_ppm / 1e6:g}"
        )
        price.fault("steps", product.price.dearest_step_ppm / 1e6, expected, "No rate would be within the highest.")
    for fault in step_faults(product.terms):
        place = where("repayment", "terms", fault.where) if fault.where in product.terms else where("repayment", "terms")
        price.faults.append(Fault(place, fault.found, f"{fault.where}: {fault.expected}", "Change it, or remove [[price.steps]]."))
    if product.linkage:
        price.faults.append(
            Fault(where("linkage", 0), "a rate that follows what is observed", "none beside [[price.steps]]", "Remove one.")
        )


def steps_of_quote(price: Price, rate_ppm: int) -> list[list[Any]]:
    """`rate_steps` of an offer: [[days, rate], …]."""
    return [[step.after_days, str(Decimal(rate_ppm + step.add_ppm) / 1_000_000)] for step in price.steps]


def days_wanted(product: Product, term_months: int, day: date, facts: Mapping[str, Any]) -> int | None:
    """For how many days, within the months asked from `day` on; None where the form does not tell."""
    told = facts.get(product.days_fact) if product.days_fact else None
    return None if told is None else min(max(1, math.ceil(told)), (add_months(day, term_months) - day).days)
