"""Expected credit loss in three stages (CAS 22 art. 47 to 49): which stage a loan is in and why, and what it is expected to cost.

Stage 1 looks twelve months ahead, stage 2 (risk has risen) over the whole life, stage 3 (impaired) takes the default as given. The
probability of default of twelve months becomes one of any span by a constant hazard: who survives a year with q survives t years with
q^t. Exposure runs down as the schedule says; each bucket of it loses what defaults in it, discounted at the loan's effective rate.
Several scenarios are weighted; each moves the probability and the loss given default. What may still be drawn is part of it.

A loan that was in a worse stage leaves it step by step: first nothing may speak for the worse stage during a probation.

Shares are ppm, amounts whole smallest units; values between are floats (statistics), rounded once at the end. The month end does the
same in SQL for all loans at once (`loans/sql/loss_detail.sql`); a test holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import floor
from typing import NamedTuple

from puhui.calculations.posting import Transfer

__all__ = [
    "Bucket",
    "LossRules",
    "Scenario",
    "StageFacts",
    "StageFound",
    "allowance_moves",
    "commitment_loss",
    "default_probability",
    "exposure_loss",
    "floor_shares",
    "stage_of",
]

PPM = 1_000_000
# No scenario makes a default certain before it happens: a survival of nothing has no term structure.
MOST_PROBABLE_PPM = 999_900


class Scenario(NamedTuple):
    """A view of the year ahead. Weights of all scenarios come to 1,000,000; factors of 1,000,000 change nothing."""

    code: str
    weight_ppm: int
    pd_factor_ppm: int
    lgd_factor_ppm: int


@dataclass(frozen=True, slots=True)
class LossRules:
    """The figures of policy, from dated tables."""

    stage_2_days: int  # more days past due than this
    stage_3_days: int
    stage_2_classes: tuple[str, ...]
    stage_3_classes: tuple[str, ...]
    probation_days: Mapping[int, int]  # stage → days without a reason for it before a loan leaves it
    shortest_life_days: int  # of what is past due and not impaired: it stays out beyond its schedule
    conversion_ppm: int  # of what is undrawn, the share that is drawn before a default
    scenarios: tuple[Scenario, ...]


@dataclass(frozen=True, slots=True)
class StageFacts:
    """What is known of a loan on the day. `stage_before` and `clean_since` are those of the last month end; 1 and None at first."""

    day: date
    days_past_due: int
    risk_class: str
    is_restructured: bool = False  # in the observation period after it
    stage_before: int = 1
    clean_since: date | None = None


class StageFound(NamedTuple):
    """The stage, why (`days_past_due`, `class`, `restructured`, `probation`, `none`), and since when nothing speaks for the worse one."""

    stage: int
    reason: str
    clean_since: date | None


def stage_of(facts: StageFacts, rules: LossRules) -> StageFound:
    """The stage of a loan: by what holds on the day, or the one it was in until its probation is over, one step at a time."""
    stage, reason = _stage_by_facts(facts, rules)
    if stage >= facts.stage_before:
        return StageFound(stage, reason, None)
    clean_since = facts.clean_since or facts.day
    if (facts.day - clean_since).days < rules.probation_days[facts.stage_before]:
        return StageFound(facts.stage_before, "probation", clean_since)
    better = facts.stage_before - 1
    if better > stage:
        return StageFound(better, "probation", facts.day)
    return StageFound(stage, reason, None)


def _stage_by_facts(facts: StageFacts, rules: LossRules) -> tuple[int, str]:
    if facts.days_past_due > rules.stage_3_days:
        return 3, "days_past_due"
    if facts.risk_class in rules.stage_3_classes:
        return 3, "class"
    if facts.days_past_due > rules.stage_2_days:
        return 2, "days_past_due"
    if facts.risk_class in rules.stage_2_classes:
        return 2, "class"
    if facts.is_restructured:
        return 2, "restructured"
    return 1, "none"


def default_probability(pd_12m_ppm: int, years: float, factor_ppm: int = PPM) -> float:
    """The probability of default within some years, from that of twelve months × a scenario's factor, by a constant hazard."""
    return 1 - float(_survival(pd_12m_ppm, factor_ppm) ** years)


def _survival(pd_12m_ppm: int, factor_ppm: int) -> float:
    return 1 - min(pd_12m_ppm * factor_ppm / PPM, MOST_PROBABLE_PPM) / PPM


class Bucket(NamedTuple):
    """A span ahead in years, from and until, and the exposure during it."""

    start: float
    end: float
    exposure: int


def exposure_loss(
    stage: int, exposure: int, buckets: Sequence[Bucket], pd_12m_ppm: int, lgd_ppm: int, rate_ppm: int, rules: LossRules
) -> int:
    """What is expected to be lost of what is lent, rounded half up.

    `buckets`: the exposure ahead by the schedule, in order of time; where there are none, all of it for the shortest life.
    """
    ahead = tuple(buckets) or (Bucket(0.0, rules.shortest_life_days / 365, exposure),)
    total = 0.0
    for scenario in rules.scenarios:
        lost = min(lgd_ppm * scenario.lgd_factor_ppm / PPM, PPM) / PPM
        total += (
            scenario.weight_ppm / PPM * lost * _defaulted(stage, exposure, ahead, _survival(pd_12m_ppm, scenario.pd_factor_ppm), rate_ppm)
        )
    return floor(total + 0.5)


def _defaulted(stage: int, exposure: int, buckets: Sequence[Bucket], survival: float, rate_ppm: int) -> float:
    """The exposure that is expected to default, discounted."""
    if stage == 3:
        return float(exposure)
    horizon = 1.0 if stage == 1 else float("inf")
    total = 0.0
    for start, end, amount in buckets:
        if start < horizon:
            until = min(end, horizon)
            total += amount * (survival**start - survival**until) * (1 + rate_ppm / PPM) ** -until
    return total


def commitment_loss(stage: int, undrawn: int, years: float, pd_12m_ppm: int, lgd_ppm: int, rate_ppm: int, rules: LossRules) -> int:
    """What is expected to be lost of what may still be drawn for some years, rounded half up."""
    drawn = round(undrawn * rules.conversion_ppm / PPM)
    return exposure_loss(stage, drawn, (Bucket(0.0, years, drawn),), pd_12m_ppm, lgd_ppm, rate_ppm, rules)


def floor_shares(principal_by_class: Mapping[str, int], shares_ppm: Mapping[str, int]) -> int:
    """The five-class floor: each class's principal × its share, rounded half up. Raises KeyError for a class without a share."""
    return (sum(principal * shares_ppm[name] for name, principal in principal_by_class.items()) * 2 + PPM) // (2 * PPM)


def allowance_moves(targets: Mapping[str, int], held: Mapping[str, int], expense: str) -> tuple[Transfer, ...]:
    """Transfers that bring allowances (roles, credit balances) from what is held to what they must be.

    What one stage gives and another takes moves between them; only the rest is expense or its return.
    """
    needs = {role: targets.get(role, 0) - held.get(role, 0) for role in sorted({*targets, *held})}
    gives = {role: -need for role, need in needs.items() if need < 0}
    moved = []
    for role, need in needs.items():
        for giver in gives:
            amount = min(max(need, 0), gives[giver])
            if amount:
                moved.append(Transfer(giver, role, amount))
                gives[giver] -= amount
                need -= amount
        if need > 0:
            moved.append(Transfer(expense, role, need))
    moved += [Transfer(role, expense, left) for role, left in gives.items() if left]
    return tuple(moved)
