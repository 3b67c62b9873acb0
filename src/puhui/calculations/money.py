"""Money as whole numbers of a currency's smallest unit (fen for CNY), and the one place where it is rounded.

ISO 4217 gives each currency its number of decimals: CNY 2, JPY 0, KWD 3. Amounts enter and leave as decimal strings.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Literal, get_args

__all__ = [
    "ROUNDING_MODES",
    "Exact",
    "RoundingMode",
    "amount_minor",
    "amount_text",
    "currency_exponent",
    "decimal_fraction",
    "round_exact",
    "round_quotient",
]

RoundingMode = Literal["half_up", "half_even", "down", "up"]
ROUNDING_MODES: tuple[str, ...] = get_args(RoundingMode)
Exact = int | Fraction
"""An amount before it is rounded: whole numbers where a common denominator serves, fractions elsewhere."""

_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"
_FOUR = "CLF UYW"
_TWO = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE "
    "CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD "
    "KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR "
    "PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU "
    "UZS VED VES WST XCD YER ZAR ZMW ZWG"
)
_EXPONENTS: dict[str, int] = {
    code: exponent for codes, exponent in ((_NONE, 0), (_TWO, 2), (_THREE, 3), (_FOUR, 4)) for code in codes.split()
}
_DECIMAL = re.compile(r"-?[0-9]{1,24}(\.[0-9]{1,18})?")


def currency_exponent(code: str) -> int | None:
    """Decimals of the currency (ISO 4217), or None for a code that is not known."""
    return _EXPONENTS.get(code)


def decimal_fraction(text: object) -> Fraction | None:
    """The exact value of a plain decimal string (`"0.0435"`), or None when it is not one: no exponent, no sign but minus, ASCII digits."""
    if not isinstance(text, str) or not _DECIMAL.fullmatch(text):
        return None
    return Fraction(text)


def amount_minor(value: Fraction, exponent: int) -> int | None:
    """The amount in smallest units, or None when it is finer than the unit."""
    minor = value * 10**exponent
    return minor.numerator if minor.denominator == 1 else None


def amount_text(minor: int, exponent: int) -> str:
    """The amount as a decimal string with all the decimals of the currency."""
    if exponent == 0:
        return str(minor)
    whole, part = divmod(abs(minor), 10**exponent)
    return f"{'-' if minor < 0 else ''}{whole}.{part:0{exponent}d}"


def round_quotient(numerator: int, denominator: int, mode: str = "half_up") -> int:
    """`numerator / denominator` rounded to a whole number; halves away from zero under `half_up`, `up` away from zero.

    Raises ValueError for a mode that is not one of `ROUNDING_MODES`.
    """
    sign = -1 if numerator < 0 else 1
    quotient, remainder = divmod(abs(numerator), denominator)
    if remainder == 0 or mode == "down":
        return sign * quotient
    if mode == "half_up":
        return sign * (quotient + (2 * remainder >= denominator))
    if mode == "up":
        return sign * (quotient + 1)
    if mode == "half_even":
        twice = 2 * remainder
        return sign * (quotient + (twice > denominator or (twice == denominator and quotient % 2 == 1)))
    raise ValueError(f"unknown rounding mode {mode!r}")


def round_exact(value: Exact, scale: int, mode: str = "half_up") -> int:
    """`value / scale` rounded to a whole number of smallest units."""
    if isinstance(value, int):
        if mode == "half_up" and value >= 0:
            return (2 * value + scale) // (2 * scale)
        return round_quotient(value, scale, mode)
    return round_quotient(value.numerator, value.denominator * scale, mode)
