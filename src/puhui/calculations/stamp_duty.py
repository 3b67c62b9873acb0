"""Stamp duty on a loan contract: a small share of the sum borrowed, owed by each side for itself.

A line is taxed once, on its limit, and not again on what is drawn; an extension is not taxed. Contracts with small and micro firms are
free of it for as long as the exemption runs. Source: domain/practice.md 15, catalogue/parameters/stamp-duty.toml.
"""

from __future__ import annotations

from dataclasses import dataclass

from puhui.calculations.money import round_quotient

__all__ = ["StampDuty", "duty_of_contract"]

PPM = 1_000_000


@dataclass(frozen=True, slots=True)
class StampDuty:
    """The rate, whose contracts it is asked of, and which firms' contracts are free of it."""

    rate_ppm: int
    lenders: tuple[str, ...]
    exempt_borrowers: tuple[str, ...]
    exempt_sizes: tuple[str, ...]


def duty_of_contract(amount: int, duty: StampDuty, *, lender: str, borrower: str, size: str, extends: bool = False) -> int:
    """What one side owes for a contract over `amount` (of a line: its limit), rounded half up; 0 where it is not taxed or exempt."""
    exempt = borrower in duty.exempt_borrowers or size in duty.exempt_sizes
    if extends or lender not in duty.lenders or exempt:
        return 0
    return round_quotient(amount * duty.rate_ppm, PPM)
