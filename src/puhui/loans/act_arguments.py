"""The arguments of acts: what each is, read from JSON with every fault named at once.

Amounts are whole numbers of the currency's smallest unit, days ISO 8601, rates and shares decimal strings, as in `quote.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from puhui.calculations.faults import Fault, check

__all__ = ["Argument", "amount", "choice", "count", "day", "entries", "numbers", "rate", "read_arguments", "record", "text"]

Reader = Callable[[Any], Any]  # raises ValueError where it cannot read


@dataclass(frozen=True)
class Argument:
    """One argument: how it is read, what is expected in words, whether it must be there.

    `kind` says what a form asks for: amount, count, day, rate, choice (one of `choices`), text, numbers, record, entries.
    """

    name: str
    expected: str
    read: Reader
    required: bool = True
    kind: str = "text"
    choices: tuple[str, ...] = ()


def read_arguments(expected: Sequence[Argument], given: Mapping[str, Any]) -> dict[str, Any]:
    """The values by name; an argument that may be left out and is not there is None. Raises FaultsError naming every fault."""
    names = [argument.name for argument in expected]
    faults = [Fault(name, "an argument that this act does not take", ", ".join(names) or "none") for name in given if name not in names]
    values: dict[str, Any] = {}
    for argument in expected:
        value = given.get(argument.name)
        values[argument.name] = None
        if value is None or value == "":
            if argument.required:
                faults.append(Fault(argument.name, "none", argument.expected))
            continue
        try:
            values[argument.name] = argument.read(value)
        except (ValueError, TypeError, InvalidOperation):
            faults.append(Fault(argument.name, str(value)[:60], argument.expected))
    check(faults)
    return values


def amount(name: str = "amount_fen", *, required: bool = True) -> Argument:
    return Argument(name, "an amount above 0 in the smallest unit", _amount, required, "amount")


def _amount(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 10**15:
        raise ValueError
    return value


def count(name: str, *, required: bool = True) -> Argument:
    return Argument(name, "a whole number above 0", _count, required, "count")


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 1_000_000:
        raise ValueError
    return value


def day(name: str = "on", *, required: bool = False) -> Argument:
    return Argument(name, "a day, YYYY-MM-DD", _day, required, "day")


def _day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


def rate(name: str = "rate_annual", *, required: bool = True) -> Argument:
    return Argument(name, "a decimal from 0 to 1 with at most 8 places, 0.0435 for 4.35%", _rate, required, "rate")


def _rate(value: Any) -> Decimal:
    if not isinstance(value, str):
        raise ValueError
    found = Decimal(value)
    if not 0 <= found <= 1 or found != round(found, 8):
        raise ValueError
    return found


def choice(name: str, *choices: str, required: bool = True) -> Argument:
    def read(value: Any) -> str:
        if value not in choices:
            raise ValueError
        return str(value)

    return Argument(name, " or ".join(choices), read, required, "choice", choices)


def text(name: str, expected: str, *, required: bool = True, length: int = 300) -> Argument:
    def read(value: Any) -> str:
        if not isinstance(value, str) or not value.strip() or len(value) > length:
            raise ValueError
        return value.strip()

    return Argument(name, expected, read, required)


def numbers(name: str, expected: str, *, required: bool = True) -> Argument:
    def read(value: Any) -> list[int]:
        if not isinstance(value, list) or not value or len(set(value)) != len(value):
            raise ValueError
        return [_amount(each) for each in value]

    return Argument(name, expected, read, required, "numbers")


def record(name: str, expected: str, *, required: bool = True) -> Argument:
    """Text by code: evidence of conditions, consents of guarantors."""

    def read(value: Any) -> dict[str, str]:
        if not isinstance(value, Mapping) or not all(isinstance(each, str) and each.strip() for each in value.values()):
            raise ValueError
        return {str(code): each.strip() for code, each in value.items()}

    return Argument(name, expected, read, required, "record")


def entries(name: str, expected: str, *, required: bool = True) -> Argument:
    """A JSON object that the act itself looks into."""

    def read(value: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping) or not value:
            raise ValueError
        return dict(value)

    return Argument(name, expected, read, required, "entries")
