"""Numbers by which firms and persons are known, and how they prove themselves.

The unified social credit code of a firm (GB 32100-2015) and the identity number of a citizen (GB 11643-1999) end in a character
computed from the others, so most slips of the hand are found at once. Everything here is pure: text in, faults out.
Source: domain/standards.md §1 and §2.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from puhui.calculations.faults import Fault

_CODE_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # without I, O, S, V, Z
_CODE_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_ORGANISATION_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_IDENTITY_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_IDENTITY_CHECKS = "10X98765432"
_OLD_REGISTRATION_LENGTH = 15
_MOBILE = re.compile(r"1[3-9]\d{9}")


def normalise(value: str) -> str:
    """Full-width characters made half-width, letters upper case, spaces and hyphens left out."""
    return re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", value)).upper()


def code_check_character(first_seventeen: str) -> str:
    """The eighteenth character of a unified social credit code."""
    total = sum(_CODE_ALPHABET.index(character) * weight for character, weight in zip(first_seventeen, _CODE_WEIGHTS, strict=True))
    return _CODE_ALPHABET[(31 - total % 31) % 31]


def organisation_check_character(first_eight: str) -> str:
    """The ninth character of an organisation code (GB 11714), which stands at places 9 to 17 of a unified code."""
    pairs = zip(first_eight, _ORGANISATION_WEIGHTS, strict=True)
    rest = 11 - sum(_ORGANISATION_ALPHABET.index(character) * weight for character, weight in pairs) % 11
    return {10: "X", 11: "0"}.get(rest, str(rest))


def identity_check_character(first_seventeen: str) -> str:
    """The eighteenth character of an identity number."""
    return _IDENTITY_CHECKS[sum(int(digit) * weight for digit, weight in zip(first_seventeen, _IDENTITY_WEIGHTS, strict=True)) % 11]


def uscc_faults(value: str, where: str = "uscc") -> list[Fault]:
    """What is wrong with a unified social credit code; empty when it can be one. Give it normalised text."""
    if re.fullmatch(rf"\d{{{_OLD_REGISTRATION_LENGTH}}}", value):
        return [Fault(where, "15 digits", "the 18-character unified code", "This is an old registration number: ask for the new one.")]
    if len(value) != 18:
        return [Fault(where, f"{len(value)} characters", "18 characters")]
    strange = sorted({character for character in value if character not in _CODE_ALPHABET})
    if strange:
        return [Fault(where, f"the characters {' '.join(strange)}", "digits and capital letters without I, O, S, V, Z")]
    expected = code_check_character(value[:17])
    if value[17] != expected:
        return [Fault(where, f"check character {value[17]}", expected, "One of the characters is mistyped.")]
    return []


def uscc_warnings(value: str, where: str = "uscc") -> list[Fault]:
    """The inner check of the organisation code: a minority of real codes fail it, so it warns and refuses nothing."""
    if uscc_faults(value, where):
        return []
    expected = organisation_check_character(value[8:16])
    if value[16] == expected:
        return []
    return [Fault(where, f"organisation check character {value[16]}", expected, "Compare the code with the business licence.")]


def is_individual_business(uscc: str) -> bool:
    """Whether a code is that of a natural person's business (92…), whose owner is liable and whose file is personal."""
    return uscc.startswith("92")


def identity_number_faults(value: str, on: date, where: str = "identity_number") -> list[Fault]:
    """What is wrong with a citizen's identity number as seen `on` a day; never repeats the number itself.

    A division that is missing from today's table is no fault: it may be historical.
    """
    if re.fullmatch(r"\d{15}", value):
        return [Fault(where, "15 digits", "18 characters", "Numbers of 15 digits are no longer valid.")]
    if not re.fullmatch(r"\d{17}[\dX]", value):
        return [Fault(where, f"{len(value)} characters", "17 digits and a digit or X")]
    faults = []
    born = birth_date(value)
    if born is None:
        faults.append(Fault(where, "a birth date that does not exist", "year, month and day at places 7 to 14"))
    elif born >= on:
        faults.append(Fault(where, "a birth date that is not in the past", f"a day before {on}"))
    expected = identity_check_character(value[:17])
    if value[17] != expected:
        faults.append(Fault(where, f"check character {value[17]}", expected, "One of the digits is mistyped."))
    return faults


def birth_date(identity_number: str) -> date | None:
    """The day of birth in an identity number of 18 characters; None where it does not exist."""
    try:
        return date(int(identity_number[6:10]), int(identity_number[10:12]), int(identity_number[12:14]))
    except ValueError:
        return None


def sex(identity_number: str) -> str:
    """`female` or `male`: the seventeenth digit of an identity number is even for women. Give it a number without faults."""
    return "male" if int(identity_number[16]) % 2 else "female"


def phone_faults(value: str, where: str = "phone") -> list[Fault]:
    """What is wrong with a mobile number of the mainland; give it `normalise_phone`d text."""
    if _MOBILE.fullmatch(value):
        return []
    return [Fault(where, f"{len(value)} characters", "a mobile number of 11 digits that begins with 13 to 19")]


def normalise_phone(value: str) -> str:
    """As `normalise`, without the country's prefix."""
    return re.sub(r"^(\+|00)86", "", normalise(value))


def mask_identity_number(value: str) -> str:
    """`330106********1236`: what every page shows."""
    return f"{value[:6]}{'*' * 8}{value[-4:]}"


def mask_phone(value: str) -> str:
    """`138****1234`."""
    return f"{value[:3]}****{value[-4:]}"
