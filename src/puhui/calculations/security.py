"""What security is worth: valued by its kind, less what a sale costs, held against the amount; and what is missing before payout.

    confirmed_amount   what the debtor of a receivable has confirmed, or what lies on the controlled account
    declining_cost     cost × (1 − yearly decline)^age × marketability: equipment (products.md §12)
    appraised_value    what a valuer found: property, rights, movables
    guaranteed_amount  what the guarantor stands for

Secured value = value × (1 − haircut) − claims that rank before; it counts for nothing while the right has not arisen. The rules of each
kind are rows of the dated table `security-kinds`. Amounts are whole fen, rounded down.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from puhui.calculations.faults import Fault, check
from puhui.calculations.pricing import PPM

__all__ = ["Item", "Secured", "may_be_released", "missing_before_payout", "secured", "value_fen"]


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that secures: `base_fen` is confirmed, paid, appraised or guaranteed, as its kind is valued; `prior_fen` ranks before."""

    name: str
    kind: str
    base_fen: int
    age_years: int = 0
    prior_fen: int = 0
    registered_on: date | None = None
    registered_until: date | None = None
    insured_until: date | None = None


@dataclass(frozen=True, slots=True)
class Secured:
    """Value of each item after haircut and prior claims, their sum, the share of the loan that it covers, and whether that is enough."""

    items: tuple[tuple[str, int], ...]
    total_fen: int
    cover_ppm: int
    is_enough: bool


def value_fen(item: Item, rule: Mapping[str, Any]) -> int:
    """The item's value by its kind's rule, before haircut."""
    value = Fraction(item.base_fen)
    if rule["valuation"] == "nothing":
        return 0
    if rule["valuation"] == "declining_cost":
        value *= (1 - _share(rule, "yearly_decline")) ** item.age_years * _share(rule, "marketability", 1)
    return int(value)


def secured(items: Sequence[Item], rules: Iterable[Mapping[str, Any]], amount_fen: int, cover_ppm: int) -> Secured:
    """The secured value of all items against a loan. Raises FaultsError naming unknown kinds and amounts below 0."""
    by_kind = {rule["kind"]: rule for rule in rules}
    check(_item_faults(items, by_kind))
    values = tuple((item.name, _after_haircut(item, by_kind[item.kind])) for item in items)
    total = sum(value for _, value in values)
    covered = total * PPM // amount_fen if amount_fen else 0
    return Secured(values, total, covered, total * PPM >= cover_ppm * amount_fen)


def _after_haircut(item: Item, rule: Mapping[str, Any]) -> int:
    return max(0, int(value_fen(item, rule) * (1 - _share(rule, "haircut"))) - item.prior_fen)


def _share(rule: Mapping[str, Any], name: str, default: float = 0) -> Fraction:
    found = rule.get(name)
    return Fraction(str(default if found is None else found))


def _item_faults(items: Sequence[Item], known: Mapping[str, Any]) -> Iterator[Fault]:
    for item in items:
        if item.kind not in known:
            yield Fault(f"security {item.name}", item.kind, " or ".join(known))
        if min(item.base_fen, item.age_years, item.prior_fen) < 0:
            yield Fault(f"security {item.name}", "an amount or age below 0", "fen and years not below 0")


def missing_before_payout(items: Sequence[Item], rules: Iterable[Mapping[str, Any]], payout: date, maturity: date) -> list[Fault]:
    """Conditions precedent that the security does not meet yet: registration and insurance, each standing until the loan is due."""
    by_kind = {rule["kind"]: rule for rule in rules}
    check(_item_faults(items, by_kind))
    faults: list[Fault] = []
    for item in items:
        rule, where = by_kind[item.kind], f"security {item.name}"
        if rule.get("registered_before_payout"):
            register = rule.get("registration", "a register")
            if item.registered_on is None or item.registered_on > payout:
                faults.append(Fault(where, "not registered", f"registration with the {register} before payout", rule["article"]))
            elif item.registered_until is not None and item.registered_until < maturity:
                faults.append(Fault(where, f"registered until {item.registered_until}", f"a registration that stands until {maturity}"))
        if rule.get("insured") and (item.insured_until is None or item.insured_until < maturity):
            found = f"insured until {item.insured_until}" if item.insured_until else "not insured"
            faults.append(Fault(where, found, f"insurance until {maturity}, the lender named as payee"))
    return faults


def may_be_released(rule: Mapping[str, Any], owed_fen: int, undrawn_fen: int = 0, *, period_ended: bool = False) -> bool:
    """Whether security is to be given back: nothing is owed and nothing can be drawn; a guarantee also when its period has ended."""
    if rule["release"] == "debt_repaid_or_period_over" and period_ended:
        return True
    return owed_fen == 0 and undrawn_fen == 0
