"""Reading one JSON object field by field, noting every fault and every key that nobody asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from puhui.calculations.calendar import parse_date
from puhui.calculations.faults import Fault
from puhui.calculations.money import amount_minor, decimal_fraction

__all__ = ["Fields", "shown"]


def shown(value: object) -> str:
    """A short printable form of what was found; long values are cut at 80 characters."""
    if value is None:
        return "nothing"
    if value == "":
        return "an empty string"
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


class Fields:
    """One JSON object under `path`. Each reader returns the value, or the default after noting a fault; `finish` notes unknown keys."""

    def __init__(self, values: dict[str, Any], faults: list[Fault], path: str = "") -> None:
        self.values = values
        self.faults = faults
        self.path = path
        self.asked: set[str] = set()

    def name(self, key: str) -> str:
        """The path of a key, as faults name it."""
        return f"{self.path}.{key}" if self.path else key

    def fault(self, key: str, expected: str, found: object = None) -> None:
        """Note a fault of `key`; `found` is the value that stands there unless given."""
        self.faults.append(Fault(self.name(key), shown(self.values.get(key) if found is None else found), expected))

    def has(self, key: str) -> bool:
        """Whether the key is there at all (null counts as there)."""
        self.asked.add(key)
        return key in self.values

    def raw(self, key: str) -> Any:
        """The value as it stands."""
        self.asked.add(key)
        return self.values.get(key)

    def choice(self, key: str, options: Sequence[str], default: str) -> str:
        """One of `options`."""
        if not self.has(key):
            return default
        value = self.values[key]
        if isinstance(value, str) and value in options:
            return value
        self.fault(key, "one of " + ", ".join(options))
        return default

    def boolean(self, key: str, default: bool) -> bool:
        """true or false."""
        if not self.has(key):
            return default
        value = self.values[key]
        if isinstance(value, bool):
            return value
        self.fault(key, "true or false")
        return default

    def integer(self, key: str, low: int, high: int) -> int | None:
        """A whole number between `low` and `high`, or None when absent or faulty."""
        if not self.has(key):
            return None
        value = self.values[key]
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        self.fault(key, f"a whole number from {low} to {high}")
        return None

    def day(self, key: str, required: bool = False) -> date | None:
        """An ISO 8601 date, or None."""
        if not self.has(key):
            if required:
                self.fault(key, "a date such as 2026-01-15")
            return None
        value = parse_date(self.values[key])
        if value is None:
            self.fault(key, "a date such as 2026-01-15")
        return value

    def amount(self, key: str, exponent: int, required: bool = False, zero: bool = False) -> int | None:
        """An amount in smallest units, above 0 (or not below with `zero`), or None."""
        if not self.has(key):
            if required:
                self.fault(key, 'an amount such as "120000.00"')
            return None
        value = decimal_fraction(self.values[key])
        if value is None:
            self.fault(key, 'a decimal string such as "120000.00"')
            return None
        if value < 0 or (value == 0 and not zero):
            self.fault(key, "an amount not below 0" if zero else "an amount above 0")
            return None
        minor = amount_minor(value, exponent)
        if minor is None:
            self.fault(key, f"no more than {exponent} decimals")
        return minor

    def share(self, key: str, decimals: int, highest: int = 1, required: bool = False) -> Fraction | None:
        """A share or rate from 0 to `highest` with at most `decimals` decimals, or None."""
        if not self.has(key):
            if required:
                self.fault(key, 'a decimal string such as "0.0435"')
            return None
        value = decimal_fraction(self.values[key])
        if value is None:
            self.fault(key, 'a decimal string such as "0.0435"')
        elif value < 0 or value > highest:
            self.fault(key, f"a share from 0 to {highest}" + (" (a percentage?)" if value > highest else ""))
        elif (value * 10**decimals).denominator != 1:
            self.fault(key, f"no more than {decimals} decimals (finer is not supported)")
        else:
            return value
        return None

    def child(self, key: str) -> Fields | None:
        """The object under `key`, or None."""
        if not self.has(key):
            return None
        value = self.values[key]
        if isinstance(value, dict):
            return Fields(value, self.faults, self.name(key))
        self.fault(key, "an object")
        return None

    def children(self, key: str) -> list[Fields]:
        """The objects of the list under `key`; empty when absent."""
        if not self.has(key):
            return []
        value = self.values[key]
        if not isinstance(value, list):
            self.fault(key, "a list of objects")
            return []
        found = []
        for index, item in enumerate(value):
            if isinstance(item, dict):
                found.append(Fields(item, self.faults, f"{self.name(key)}[{index}]"))
            else:
                self.faults.append(Fault(f"{self.name(key)}[{index}]", shown(item), "an object"))
        return found

    def finish(self) -> None:
        """Note every key that was never asked for."""
        for key in self.values:
            if key not in self.asked:
                self.faults.append(Fault(self.name(key), shown(self.values[key]), "no such field"))
