"""What a product costs, class by class: the engine's own price stage and quote on an ordinary amount, from the file as it stands.

No applicant is made up: a price needs the class alone. Whether a firm gets there is told by rules and class table beside it. For a class
that a score gives, its highest probability is taken, the dearest loan of the class.

The floor of the price covers what a loan costs, not the interest that a default takes with it. So the lowest rate of a dear class can leave
a net margin below 0: told with the rate that would be needed, as it may be meant (a loan at a preferential rate) or be an oversight.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from puhui.calculations.calendar import add_months
from puhui.calculations.faults import Fault, FaultsError
from puhui.calculations.net_margin import Costs, net_margin, rate_without_loss
from puhui.calculations.rate_steps import mean_rate_ppm, nights_by_rate
from puhui.decisions.case import Case
from puhui.decisions.offering import cost_of, quote_terms
from puhui.decisions.price import price_stage, rounded_up
from puhui.products.parameters import Table
from puhui.products.terms import Product, RiskClass

__all__ = ["Example", "examples", "margin_remarks"]

_ORDINARY_FEN = 10_000_000
_ORDINARY_MONTHS = 12
_LEAST_TOLD_PPM = 100


@dataclass(frozen=True)
class Example:
    """A loan of one class. `rate_ppm` is None where no permitted rate covers what the loan costs; margin before value added tax."""

    risk_class: RiskClass
    amount_fen: int
    months: int
    probability_ppm: int
    floor_ppm: int
    cap_ppm: int
    rate_ppm: int | None
    first_fen: int = 0
    interest_fen: int = 0
    annual_ppm: int | None = None
    margin_ppm: int = 0
    needed_ppm: int = 0
    """The lowest rate, in steps of the product, at which the margin is not below 0."""

    @property
    def is_loss(self) -> bool:
        """Whether a loan at this rate loses money in an ordinary year; less than 0.01% a year is rounding, not told."""
        return self.rate_ppm is not None and self.margin_ppm <= -_LEAST_TOLD_PPM


def examples(product: Product, tables: Mapping[str, Table], day: date, lender_kind: str) -> list[Example]:
    """One for each class that is lent to, the safest first; none where the tables have no row for this lender or day."""
    amount = min(max(_ORDINARY_FEN, product.minimum_fen), product.maximum_fen)
    months = min(max(_ORDINARY_MONTHS, product.minimum_months), product.maximum_months)
    found = []
    for one in product.classes:
        if one.is_lent:
            try:
                found.append(_example(product, tables, day, lender_kind, one, amount, months))
            except FaultsError:
                return []
    return found


def margin_remarks(product: Product, tables: Mapping[str, Table], day: date) -> Iterator[Fault]:
    """Classes whose rate is lower than their net margin needs, for each kind of lender that the table of costs knows."""
    rows = [row for row in tables["costs"].valid_on(day) if row["security"] == product.price.security]
    places = {one.code: number for number, one in enumerate(product.classes)}
    for lender in sorted({str(row["lender_kind"]) for row in rows}):
        for one in examples(product, tables, day, lender):
            if one.is_loss and one.rate_ppm is not None:
                code = one.risk_class.code
                yield Fault(
                    product.document.where("classes", places[code]),
                    f"class {code} of a {lender} at {_percent(one.rate_ppm)}, a net margin of {_percent(one.margin_ppm)}",
                    f"a rate of {_percent(one.needed_ppm)} or more, at which the margin is not below 0",
                )


def _example(
    product: Product, tables: Mapping[str, Table], day: date, lender_kind: str, risk_class: RiskClass, amount_fen: int, months: int
) -> Example:
    probability = max(risk_class.probability_ppm or risk_class.probability_below_ppm or 0, product.probability_minimum_ppm)
    facts = {"business_date": day.isoformat(), "lender": {"kind": lender_kind}}
    case = Case(facts, {}, product, None, tables, {}, probability_ppm=probability, risk_class=risk_class.code, is_lent=True)
    stage = price_stage(case)
    told = (risk_class, amount_fen, months, probability, case.floor_ppm, case.cap_ppm)
    if case.rate_ppm is None:
        return Example(*told, None)
    terms = quote_terms(product, amount_fen, case.rate_ppm, months, day)
    cost, costs = cost_of(terms, day), Costs(pd_ppm=probability, **stage["costs"])
    stepped_ppm = _added_by_steps(terms, case.rate_ppm, months, day)
    margin = net_margin(case.rate_ppm + stepped_ppm, amount_fen, costs).margin_ppm
    needed = rounded_up(max(0, rate_without_loss(costs) - stepped_ppm), product.price.multiple_ppm)
    return Example(*told, case.rate_ppm, cost["first_instalment_fen"], cost["interest_fen"], cost["effective_ppm"], margin, needed)


def _added_by_steps(terms: Mapping[str, Any], rate_ppm: int, months: int, day: date) -> int:
    """What steps by days add to the rate on the mean of the whole term, ppm; the form alone tells of fewer days."""
    if not terms.get("rate_steps"):
        return 0
    return mean_rate_ppm(nights_by_rate(terms, (add_months(day, months) - day).days)) - rate_ppm


def _percent(rate_ppm: int) -> str:
    return f"{rate_ppm / 10_000:.2f}%"
