"""Value added tax inside the price: which rate holds for a loan's interest, and how much of an amount is tax.

Interest and fees are agreed with the tax inside: of 10,000.00 at 6% there are 566.04 tax. Some loans are exempt; each exemption is a
row of a dated table with its conditions as data: who lends, to whom, how much credit one household has, how high the rate may be.
Sources: domain/practice.md 14, catalogue/parameters/value-added-tax.toml.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from puhui.calculations.money import round_quotient

__all__ = ["Exemption", "TaxedLoan", "exemption_of", "tax_inside"]

PPM = 1_000_000
# 自结息日起90天: interest that arises after that waits for the cash (财税〔2016〕36号 附件3); the table states it, this is its default.
TAX_WAITS_AFTER_DAYS = 90


def tax_inside(amount: int, rate_ppm: int) -> int:
    """The tax in an amount that contains it: amount × rate ÷ (1 + rate), rounded half up. 10,000.00 at 6% holds 566.04."""
    if rate_ppm == 0:
        return 0
    return round_quotient(amount * rate_ppm, PPM + rate_ppm)


@dataclass(frozen=True, slots=True)
class TaxedLoan:
    """What an exemption asks about a loan. Amounts in smallest units, rates in ppm.

    `household_credit`: all that this lender has granted the borrower; `balance`: all that the borrower owes it after this loan;
    `is_assessed`: the lender passed the supervisor's yearly assessment of loans to small firms.
    """

    lender: str  # bank, micro_lender
    borrower: str  # enterprise, individual_business, cooperative, farmer
    size: str  # micro, small, medium, large; not_known
    household_credit: int
    balance: int
    rate_ppm: int
    prime_rate_ppm: int  # the loan prime rate of the same term
    is_assessed: bool = False


@dataclass(frozen=True, slots=True)
class Exemption:
    """One rule that frees a loan's interest from the tax, with all its conditions; None or empty where it does not ask."""

    code: str
    lenders: tuple[str, ...]
    borrowers: tuple[str, ...]
    firm_sizes: tuple[str, ...] = ()  # asked of enterprises and cooperatives only
    household_credit_most: int | None = None
    balance_most: int | None = None
    rate_times_prime_ppm: int | None = None  # the rate may not exceed this multiple of the prime rate
    needs_assessment: bool = False

    def reasons_against(self, loan: TaxedLoan) -> tuple[str, ...]:
        """The conditions that do not hold, by name; none where the loan is exempt."""
        asks_size = bool(self.firm_sizes) and loan.borrower in ("enterprise", "cooperative")
        limit = None if self.rate_times_prime_ppm is None else loan.prime_rate_ppm * self.rate_times_prime_ppm
        tests = (
            ("lender", loan.lender in self.lenders),
            ("borrower", loan.borrower in self.borrowers),
            ("firm_size", not asks_size or loan.size in self.firm_sizes),
            ("household_credit", self.household_credit_most is None or loan.household_credit <= self.household_credit_most),
            ("balance", self.balance_most is None or loan.balance <= self.balance_most),
            ("rate", limit is None or loan.rate_ppm * PPM <= limit),
            ("assessment", loan.is_assessed or not self.needs_assessment),
        )
        return tuple(name for name, holds in tests if not holds)


def exemption_of(loan: TaxedLoan, exemptions: Iterable[Exemption]) -> tuple[Exemption | None, dict[str, tuple[str, ...]]]:
    """The first exemption that holds, and for each that does not, the conditions that fail."""
    against: dict[str, tuple[str, ...]] = {}
    for exemption in exemptions:
        failed = exemption.reasons_against(loan)
        if not failed:
            return exemption, against
        against[exemption.code] = failed
    return None, against
