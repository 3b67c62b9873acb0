"""Taxes of a loan: which tax its interest holds, and the lender's stamp duty on its contract.

What is exempt depends on the borrower's size, on all credit that this lender gives it, and on the rate; each answer says which
conditions failed. The tax inside interest is kept per loan and moves with its counters; the duty is one entry a contract.
"""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db.models import Sum

from puhui.books.actions import open_day, post
from puhui.books.models import Entry
from puhui.calculations.stamp_duty import duty_of_contract
from puhui.calculations.value_added_tax import TaxedLoan
from puhui.decisions.models import Exposure
from puhui.loans.models import Contract
from puhui.parties.models import Firm, Institution
from puhui.products.parameters import table
from puhui.products.taxes import InterestTax, interest_tax, stamp_duty_on

__all__ = ["firm_size", "post_stamp_duty", "tax_of_contract"]

NOT_KNOWN = "not_known"


def firm_size(firm: Firm, day: date) -> str:
    """micro, small, medium or large by staff and industry; not_known where the staff is not held, which exempts nothing."""
    if firm.kind == Firm.Kind.INDIVIDUAL_BUSINESS:
        return "micro"
    if firm.staff_count is None:
        return NOT_KNOWN
    rows = table("firm-sizes", settings.PUHUI_CATALOGUE).valid_on(day)
    division = (firm.industry_code or "")[:2]
    row = next((row for row in rows if division in row["divisions"]), None) or next(row for row in rows if not row["divisions"])
    bounds = (("micro", row["micro_below"]), ("small", row["small_below"]), ("medium", row["medium_below"]))
    return next((size for size, below in bounds if firm.staff_count < below), "large")


def tax_of_contract(contract: Contract, day: date, rate_ppm: int, *, is_assessed: bool = False) -> InterestTax:
    """The tax inside interest and fees of a loan under a contract, as of `day`, and why.

    `is_assessed`: the bank passed the supervisor's assessment, which one exemption asks. Raises FaultsError where no prime rate or no
    row for the lender is known.
    """
    institution: Institution = contract.institution
    prime = table("loan-prime-rate", settings.PUHUI_CATALOGUE).row(day)
    exposures = Exposure.objects.filter(institution=institution, firm=contract.firm)
    sums = exposures.aggregate(reserved=Sum("reserved_fen"), outstanding=Sum("outstanding_fen"))
    outstanding = sums["outstanding"] or 0
    loan = TaxedLoan(
        lender=institution.kind,
        borrower=contract.firm.kind,
        size=firm_size(contract.firm, day),
        household_credit=max((sums["reserved"] or 0) + outstanding, contract.amount_fen),
        balance=max(outstanding, contract.amount_fen),
        rate_ppm=rate_ppm,
        prime_rate_ppm=round(prime["LPR1Y"] * 1_000_000),
        is_assessed=is_assessed,
    )
    return interest_tax(loan, day, settings.PUHUI_CATALOGUE)


def post_stamp_duty(contract: Contract, actor: str, *, extends: bool = False, branch_id: int | None = None) -> Entry | None:
    """The lender's own duty on a contract, once: Dr taxes and surcharges / Cr stamp duty payable. None where nothing is owed."""
    institution: Institution = contract.institution
    reference = f"stamp duty {contract.number}"
    found = Entry.objects.filter(institution=institution, act="stamp_duty", reference=reference).first()
    if found is not None:
        return found
    day = open_day(institution)
    amount = duty_of_contract(
        contract.amount_fen,
        stamp_duty_on(day, settings.PUHUI_CATALOGUE),
        lender=institution.kind,
        borrower=contract.firm.kind,
        size=firm_size(contract.firm, day),
        extends=extends,
    )
    if amount == 0:
        return None
    moved = [("taxes_and_surcharges", "stamp_duty", amount)]
    return post(
        institution,
        "stamp_duty",
        day,
        moved,
        reference=reference,
        branch_id=branch_id,
        product_code=contract.product_code,
        recorded_by=actor,
    )
