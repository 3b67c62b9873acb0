"""What a loan earns the lender in a year: rate − funding − expected loss − capital − operations − taxes + subsidies (practice.md 26).

Every part is a yearly share of the amount in ppm. Value added tax lies inside the price: interest of 106 holds 6. A default takes with it
its share of the interest. What the parts add up to is the net margin; times the principal it is money a year.
"""

from __future__ import annotations

from dataclasses import dataclass

from puhui.calculations.money import round_quotient
from puhui.calculations.pricing import PPM

__all__ = ["Costs", "NetMargin", "net_margin", "rate_without_loss"]


@dataclass(frozen=True, slots=True)
class Costs:
    """Yearly shares in ppm: `funding` is the transfer price, `capital` the share held at the yearly `hurdle`; `tax` the rate of value
    added tax (0 where exempt), `subsidy` what the treasury pays the lender, `relending` what cheaper central-bank money saves."""

    funding_ppm: int
    operations_ppm: int
    pd_ppm: int
    lgd_ppm: int
    hurdle_ppm: int
    capital_ppm: int
    tax_ppm: int = 0
    subsidy_ppm: int = 0
    relending_ppm: int = 0


@dataclass(frozen=True, slots=True)
class NetMargin:
    """`parts`: (name, ppm) in the order of the sum, costs below 0; `yearly_fen` on the amount, rounded half up."""

    parts: tuple[tuple[str, int], ...]
    margin_ppm: int
    yearly_fen: int


def net_margin(rate_ppm: int, amount_fen: int, costs: Costs) -> NetMargin:
    """The parts and the margin of a loan at a rate. Raises ValueError for a rate or shares below 0."""
    figures = (rate_ppm, amount_fen, *(getattr(costs, name) for name in costs.__slots__))
    if min(figures) < 0:
        raise ValueError(f"rate, amount and shares must not be below 0: {figures}")
    parts = (
        ("interest", rate_ppm),
        ("interest_lost", -round_quotient(rate_ppm * costs.pd_ppm, PPM)),
        ("funding", -costs.funding_ppm),
        ("operations", -costs.operations_ppm),
        ("expected_loss", -round_quotient(costs.pd_ppm * costs.lgd_ppm, PPM)),
        ("capital", -round_quotient(costs.hurdle_ppm * costs.capital_ppm, PPM)),
        ("tax", -round_quotient(rate_ppm * costs.tax_ppm, PPM + costs.tax_ppm)),
        ("subsidy", costs.subsidy_ppm),
        ("relending", costs.relending_ppm),
    )
    margin = sum(share for _, share in parts)
    return NetMargin(parts, margin, round_quotient(amount_fen * margin, PPM))


def rate_without_loss(costs: Costs) -> int:
    """The lowest yearly rate in ppm at which the margin is not below 0. Raises ValueError where no rate is: default is certain."""
    kept = (PPM - costs.pd_ppm) * (PPM + costs.tax_ppm) - costs.tax_ppm * PPM
    if kept <= 0:
        raise ValueError(f"no rate covers a default of {costs.pd_ppm} ppm a year")
    fixed = -net_margin(0, 0, costs).margin_ppm
    rate = max(0, fixed * PPM * (PPM + costs.tax_ppm) // kept - 2)
    while net_margin(rate, 0, costs).margin_ppm < 0:  # what is rounded part by part moves it by a few millionths
        rate += 1
    return rate
