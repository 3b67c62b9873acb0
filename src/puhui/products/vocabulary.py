"""The facts of a case that any product may speak of, beside its own variables, and the stage from which each is known."""

from __future__ import annotations

import re

from puhui.calculations.rule_units import Kind, kind_of_unit

# What is known before the score: of the firm, of the wish, of the lender, and of the evidence.
CASE_FACTS = {
    "firm_kind": "text",  # enterprise, individual_business, cooperative, person, household
    "industry_code": "text",  # GB/T 4754-2017 class; null when not known
    "industry_division": "text",  # its first two digits
    "firm_age_months": "months",  # since founding; null when not known
    "staff_count": "n",
    "requested_amount": "CNY",
    "term_months": "months",
    "purpose": "text",
    "channel": "text",
    "lender_kind": "text",  # bank, micro_lender
    "evidence_age_days": "days",  # from the day the variables look from to the day of decision
    "existing_exposure": "CNY",  # reserved and outstanding here, before this case
}

# What the score and the class add, for the bounds of the limit.
SCORED_FACTS = {
    "probability": "ratio",
    "points": "n",
    "risk_class": "text",
    "lender_single_borrower_limit": "CNY",  # the most that one borrower may owe this lender
}

# What no rule, formula, form or score may know, by any word of a name: the law forbids it, or decency does.
PROTECTED = frozenset({"sex", "gender", "female", "male", "ethnicity", "nationality", "religion", "race"})


def is_protected(name: str) -> bool:
    """Whether a name speaks of what nobody may be decided on by."""
    return bool(PROTECTED & set(re.split(r"[^a-z]+", name.lower())))


PARTS = ("prime_rate", "costs", "churn", "rate_caps", "lender_limits", "authority")
"""The parts that parameter tables play in a decision; a product names a table for each."""


def kinds(*groups: dict[str, str]) -> dict[str, Kind]:
    """Name → kind of all facts in the groups."""
    return {name: kind_of_unit(unit) for group in groups for name, unit in group.items()}
