"""What a proposal and a note earn the lender in a year: the net margin with the costs it was priced with, and the tax inside its interest.

The costs are those frozen in the decision: a note keeps the transfer price of the day on which it was priced, as its money was taken for
its term. Rate, probability, principal and tax are those of today. Over a whole book every part is a sum of balances times shares, so one
statement by product is enough for any number of loans. Source: practice.md 26.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Count, F, FloatField, Sum
from django.db.models.functions import Cast

from puhui.calculations.calendar import add_step, parse_step
from puhui.calculations.net_margin import Costs, NetMargin, net_margin
from puhui.calculations.rate_steps import mean_rate_ppm, nights_by_rate
from puhui.calculations.value_added_tax import TaxedLoan
from puhui.decisions.models import Decision
from puhui.loans.models import Loan
from puhui.loans.taxing import firm_size, prime_rate_ppm
from puhui.parties.models import Firm, Institution
from puhui.products.parameters import table
from puhui.products.queries import products_on
from puhui.products.taxes import interest_tax
from puhui.products.terms import Product

__all__ = ["Margin", "margin_of_decision", "margin_of_loan", "margins_of_book"]

_PPM = 1_000_000
ACCRUING = ("performing", "overdue")  # of others no interest is income


@dataclass(frozen=True)
class Margin:
    """A net margin with what it was reckoned from; `table_name` holds the costs; `exemption` of value added tax, empty where none.

    rate_ppm: where the rate steps up by the days used, the mean over `nights`, (count, rate a year) of the term that is expected.
    """

    found: NetMargin
    costs: Costs
    rate_ppm: int
    amount_fen: int
    table_name: str
    exemption: str = ""
    nights: tuple[tuple[int, Decimal], ...] = ()


def margin_of_decision(decision: Decision, firm: Firm, institution: Institution, exposure: Mapping[str, int]) -> Margin | None:
    """Of the engine's proposal; None where there is none. `exposure`: `now_fen` that the firm owes or was promised."""
    priced = _priced(decision.record)
    if priced is None or not decision.amount_fen or decision.rate_ppm is None:
        return None
    costs, name, probability_ppm = priced
    nights = _expected_nights(decision)
    rate_ppm = mean_rate_ppm(nights) if nights else decision.rate_ppm
    credit = exposure["now_fen"] + decision.amount_fen
    loan = TaxedLoan(
        lender=institution.kind, borrower=firm.kind, size=firm_size(firm, decision.business_date), household_credit=credit, balance=credit,
        rate_ppm=rate_ppm, prime_rate_ppm=prime_rate_ppm(decision.business_date), is_assessed=False,
    )  # fmt: skip
    tax = interest_tax(loan, decision.business_date, settings.PUHUI_CATALOGUE)
    whole = Costs(pd_ppm=probability_ppm, tax_ppm=tax.interest_ppm, **costs)
    found = net_margin(rate_ppm, decision.amount_fen, whole)
    return Margin(found, whole, rate_ppm, decision.amount_fen, name, tax.exemption or "", nights)


def _expected_nights(decision: Decision) -> tuple[tuple[int, Decimal], ...]:
    """Nights and rates of a proposal whose rate steps up by days, to the day on which all of it is due; empty where the rate stays."""
    terms = decision.record["stages"].get("offer", {}).get("terms", {})
    step = parse_step(terms.get("every"))
    if not terms.get("rate_steps") or step is None:
        return ()
    day = decision.business_date
    return nights_by_rate(terms, (add_step(day, step, terms["instalments"]) - day).days)


def margin_of_loan(loan: Loan, rate_ppm: int, principal_fen: int) -> Margin | None:
    """Of a note at today's rate on today's principal; None where it was moved in without a decision of the engine."""
    priced = _priced(loan.contract.decision.record)
    if priced is None:
        return None
    costs, name, _ = priced
    whole = Costs(pd_ppm=loan.probability_ppm, tax_ppm=loan.interest_tax_ppm, **costs)
    return Margin(net_margin(rate_ppm, principal_fen, whole), whole, rate_ppm, principal_fen, name)


def _priced(record: Mapping[str, Any]) -> tuple[dict[str, int], str, int] | None:
    """The costs that a decision priced with, the table they stand in, and the probability of its class."""
    stages = record.get("stages", {})
    costs = (stages.get("price") or {}).get("costs")
    if not costs:
        return None
    name = record.get("versions", {}).get("parameters", {}).get("costs", {}).get("name", "")
    return costs, name, stages["class"]["probability_ppm"]


@dataclass(frozen=True)
class BookMargin:
    """The loans of a product that owe principal: their sum, their mean rate, and what they earn a year."""

    product_code: str
    loans: int
    principal_fen: int
    rate_ppm: int
    margin_ppm: int
    yearly_fen: int


def margins_of_book(institution: Institution, day: date) -> list[BookMargin]:
    """Loans that accrue, by product, with the costs of the product's own table on `day`; the largest balance first. One statement."""
    principal = Cast(F("lent_fen") - F("principal_repaid_fen") - F("principal_waived_fen") - F("principal_written_off_fen"), FloatField())
    rate, probability, tax = (Cast(F(name), FloatField()) / _PPM for name in ("rate_ppm", "probability_ppm", "interest_tax_ppm"))
    rows = (
        Loan.objects.filter(institution=institution, status__in=ACCRUING)
        .filter(lent_fen__gt=F("principal_repaid_fen") + F("principal_waived_fen"))
        .values("product_code")
        .annotate(
            owed=Sum(principal), interest=Sum(principal * rate), lost=Sum(principal * rate * probability),
            risk=Sum(principal * probability), tax=Sum(principal * rate * tax / (1 + tax)), n=Count("pk"),
        )
        .order_by("-owed")
    )  # fmt: skip
    products = {one.code: one for one in products_on(day, institution)}
    known = [(row, products[row["product_code"]]) for row in rows if row["product_code"] in products]
    return [_of_product(row, _current_costs(one, institution, day), one.support.bank_share_ppm / _PPM) for row, one in known]


def _current_costs(product: Product, institution: Institution, day: date) -> Mapping[str, Any]:
    return table(product.parameters["costs"], settings.PUHUI_CATALOGUE).row(
        day, lender_kind=institution.kind, security=product.price.security
    )


def _of_product(row: Mapping[str, Any], costs: Mapping[str, Any], bank_share: float) -> BookMargin:
    owed = row["owed"]
    fixed = costs["funding"] + costs["operations"] + costs["hurdle"] * costs["capital"]
    yearly = row["interest"] - row["lost"] - row["risk"] * costs["loss_given_default"] * bank_share - row["tax"] - owed * fixed
    rate_ppm, margin_ppm = (round(part / owed * _PPM) if owed else 0 for part in (row["interest"], yearly))
    return BookMargin(row["product_code"], int(row["n"]), int(owed), rate_ppm, margin_ppm, round(yearly))
