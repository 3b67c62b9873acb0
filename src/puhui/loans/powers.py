"""Who may ask for an act, and when a second person must agree: read from the dated table `act-powers`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from django.conf import settings

from puhui.calculations.faults import Fault, FaultsError
from puhui.calculations.money import currency_exponent
from puhui.parties.models import User
from puhui.products.parameters import Table, table


@dataclass(frozen=True)
class Power:
    """`second_person_from` is in the smallest unit; None where one person is enough."""

    makers: tuple[str, ...]
    checkers: tuple[str, ...]
    second_person_from: int | None

    def why_second(self, amount: int) -> str:
        """Why a second person must agree; empty where none must."""
        if self.second_person_from is None or amount < self.second_person_from:
            return ""
        return "needs a second person" if self.second_person_from == 0 else f"{self.second_person_from} or more needs a second person"


def power_of(act: str, product_code: str, currency: str, day: date) -> Power:
    """The power that holds on `day`. Raises FaultsError where the table has no row for the act."""
    rows = [row for row in _table().valid_on(day) if row["act"] == act and row.get("product_code") in (None, product_code)]
    if not rows:
        raise FaultsError([Fault("parameter table act-powers", f"no row for {act} on {day}", "one", "Add a dated row.")])
    row = max(rows, key=lambda each: (each.get("product_code") is not None, each.get("valid_from", "")))
    yuan = row.get("second_person_from")
    least = None if yuan is None else int(yuan * 10 ** (currency_exponent(currency) or 0))
    return Power(tuple(row.get("makers", ())), tuple(row.get("checkers", ())), least)


@lru_cache(maxsize=1)
def _table() -> Table:
    return table("act-powers", settings.PUHUI_CATALOGUE)


def maker_faults(power: Power, act: str, user: User, target: Any) -> Iterator[Fault]:
    """What keeps a user from asking for an act."""
    if user.role not in power.makers or user.institution_id != target.institution_id:
        expected = "one of this lender's " + ", ".join(power.makers)
        yield Fault("user", f"{user.username} ({user.role})", expected, f"Who may {act} is in the table act-powers.")


def checker_faults(power: Power, act: str, user: User, maker: str, institution_id: int) -> Iterator[Fault]:
    """What keeps a user from agreeing to an act that `maker` asked for."""
    if user.username == maker:
        yield Fault("checker", user.username, "a second person", "Whoever asked for an act cannot agree to it.")
    if user.role not in power.checkers or user.institution_id != institution_id:
        yield Fault("checker", f"{user.username} ({user.role})", "one of this lender's " + ", ".join(power.checkers), f"To check {act}.")
