"""The taxes on a loan that hold on a day, from the dated tables of the catalogue. Needs no Django."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from puhui.calculations.stamp_duty import StampDuty
from puhui.calculations.value_added_tax import Exemption, TaxedLoan, exemption_of
from puhui.products.parameters import Row, table

__all__ = ["InterestTax", "exemptions_on", "interest_tax", "stamp_duty_on", "tax_rates"]

PPM = 1_000_000
FEN = 100


@dataclass(frozen=True)
class InterestTax:
    """The tax inside a loan's interest and fees, and why: the exemption that holds, or what stands against each."""

    interest_ppm: int
    fee_ppm: int
    waits_after_days: int
    exemption: str | None
    against: Mapping[str, tuple[str, ...]]


def interest_tax(loan: TaxedLoan, day: date, folder: Path | None = None) -> InterestTax:
    """What a loan of `day` is taxed with; fees are never exempt. Raises FaultsError where a table has no row for the lender."""
    rates = _rates(loan.lender, day, folder)
    exemption, against = exemption_of(loan, exemptions_on(day, folder))
    interest = 0 if exemption else _ppm(rates["interest_rate"])
    return InterestTax(interest, _ppm(rates["fee_rate"]), int(rates["waits_after_days"]), exemption.code if exemption else None, against)


def tax_rates(lender: str, day: date, folder: Path | None = None) -> tuple[int, int]:
    """The rates inside interest that is not exempt and inside fees, in ppm. Raises FaultsError for an unknown lender."""
    rates = _rates(lender, day, folder)
    return _ppm(rates["interest_rate"]), _ppm(rates["fee_rate"])


@lru_cache(maxsize=512)
def _rates(lender: str, day: date, folder: Path | None) -> Row:
    return table("value-added-tax", folder).row(day, lender_kind=lender)


@lru_cache(maxsize=512)
def exemptions_on(day: date, folder: Path | None = None) -> tuple[Exemption, ...]:
    """The exemptions in force on a day, in the order of the table."""
    return tuple(
        Exemption(
            code=row["code"],
            lenders=tuple(row["lenders"]),
            borrowers=tuple(row["borrowers"]),
            firm_sizes=tuple(row.get("firm_sizes", ())),
            household_credit_most=_fen(row.get("household_credit_maximum")),
            balance_most=_fen(row.get("balance_maximum")),
            rate_times_prime_ppm=_ppm(row["rate_times_prime_maximum"]) if "rate_times_prime_maximum" in row else None,
            needs_assessment=bool(row.get("needs_assessment", False)),
        )
        for row in table("interest-tax-exemptions", folder).valid_on(day)
    )


@lru_cache(maxsize=512)
def stamp_duty_on(day: date, folder: Path | None = None) -> StampDuty:
    """The duty on a loan contract of a day. Raises FaultsError where there is no row."""
    row = table("stamp-duty", folder).row(day, contract="loan")
    return StampDuty(_ppm(row["rate"]), tuple(row["lenders"]), tuple(row["exempt_borrowers"]), tuple(row["exempt_sizes"]))


def _ppm(share: Any) -> int:
    ppm: int = round(share * PPM)
    return ppm


def _fen(yuan: Any) -> int | None:
    return None if yuan is None else round(yuan * FEN)
