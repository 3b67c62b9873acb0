"""Taxes of a loan: which tax its interest holds, and the lender's stamp duty on its contract.

What is exempt depends on the borrower's size, on all credit that this lender gives it, and on the rate; each answer says which
conditions failed. The tax inside interest is kept per loan and moves with its counters; the duty is one entry a contract.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from puhui.books.actions import EntryDraft, open_day, post, post_many
from puhui.books.models import Entry
from puhui.calculations.stamp_duty import duty_of_contract
from puhui.calculations.value_added_tax import TaxedLoan
from puhui.decisions.exposures import exposure_of_firms
from puhui.loans.models import Contract
from puhui.parties.models import Firm, Institution
from puhui.products.parameters import Row, table
from puhui.products.taxes import InterestTax, interest_tax, stamp_duty_on

__all__ = ["firm_size", "post_stamp_duties", "post_stamp_duty", "prime_rate_ppm", "tax_of_contract"]

NOT_KNOWN = "not_known"


def firm_size(firm: Firm, day: date) -> str:
    """micro, small, medium or large by staff and industry; not_known where the staff is not held, which exempts nothing."""
    if firm.kind == Firm.Kind.INDIVIDUAL_BUSINESS:
        return "micro"
    if firm.staff_count is None:
        return NOT_KNOWN
    rows = _firm_sizes(day, settings.PUHUI_CATALOGUE)
    division = (firm.industry_code or "")[:2]
    row = next((row for row in rows if division in row["divisions"]), None) or next(row for row in rows if not row["divisions"])
    bounds = (("micro", row["micro_below"]), ("small", row["small_below"]), ("medium", row["medium_below"]))
    return next((size for size, below in bounds if firm.staff_count < below), "large")


def tax_of_contract(
    contract: Contract, day: date, rate_ppm: int, *, is_assessed: bool = False, exposure: Mapping[str, int] | None = None
) -> InterestTax:
    """The tax inside interest and fees of a loan under a contract, as of `day`, and why.

    `is_assessed`: the bank passed the supervisor's assessment, which one exemption asks. `exposure`: of the firm
    (`decisions.exposures.exposure_of_firms`), where the caller has read that of many. Raises FaultsError where no prime rate or no
    row for the lender is known.
    """
    institution: Institution = contract.institution
    prime = prime_rate_ppm(day)
    sums = exposure or exposure_of_firms([contract.firm_id])[contract.firm_id]
    outstanding = sums["outstanding_fen"]
    loan = TaxedLoan(
        lender=institution.kind,
        borrower="farmer" if contract.firm.kind == Firm.Kind.HOUSEHOLD else contract.firm.kind,
        size=firm_size(contract.firm, day),
        household_credit=max(sums["reserved_fen"] + outstanding, contract.amount_fen),
        balance=max(outstanding, contract.amount_fen),
        rate_ppm=rate_ppm,
        prime_rate_ppm=prime,
        is_assessed=is_assessed,
    )
    return interest_tax(loan, day, settings.PUHUI_CATALOGUE)


@lru_cache(maxsize=512)
def _firm_sizes(day: date, folder: Path | None) -> tuple[Row, ...]:
    return table("firm-sizes", folder).valid_on(day)


def prime_rate_ppm(day: date) -> int:
    """The one-year prime rate that holds on a day. Raises FaultsError where none is known."""
    return _prime_rate(day, settings.PUHUI_CATALOGUE)


@lru_cache(maxsize=512)
def _prime_rate(day: date, folder: Path | None) -> int:
    ppm: int = round(table("loan-prime-rate", folder).row(day)["LPR1Y"] * 1_000_000)
    return ppm


def post_stamp_duties(institution: Institution, contracts: Sequence[Contract], actor: str) -> None:
    """The duty on several contracts, each once: as `post_stamp_duty`, with two statements for all of them."""
    day = open_day(institution)
    references = {f"stamp duty {contract.number}": contract for contract in contracts}
    posted = Entry.objects.filter(institution=institution, act="stamp_duty", reference__in=list(references))
    for reference in posted.values_list("reference", flat=True):
        references.pop(reference, None)
    duty = stamp_duty_on(day, settings.PUHUI_CATALOGUE)
    drafts = []
    for reference, contract in references.items():
        size = firm_size(contract.firm, day)
        amount = duty_of_contract(contract.amount_fen, duty, lender=institution.kind, borrower=contract.firm.kind, size=size)
        if amount:
            moved = [("taxes_and_surcharges", "stamp_duty", amount)]
            drafts.append(EntryDraft("stamp_duty", day, moved, reference=reference, product_code=contract.product_code))
    post_many(institution, drafts, recorded_by=actor)


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
