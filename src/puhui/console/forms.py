"""What a person types into a page, read into what the actions take; every fault is named in the reader's language."""

from __future__ import annotations

import datetime
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from puhui.calculations.faults import Fault, FaultsError
from puhui.console.fault_words import told

FULL_WIDTH = str.maketrans("０１２３４５６７８９．，", "0123456789.,")
MOST_YUAN = Decimal(10) ** 11


def amount_fen(text: str) -> int:
    """Yuan as typed (`300,000`, `３０００.５０`, `30万`) as fen.

    Raises FaultsError when it is not an amount above nought with at most two decimals.
    """
    cleaned = text.strip().translate(FULL_WIDTH).replace(",", "").replace(" ", "").removesuffix("元")
    plain = cleaned.removesuffix("万").removesuffix("萬")
    try:
        yuan = Decimal(plain) * (1 if plain == cleaned else 10_000)
        valid = yuan.is_finite() and 0 < yuan < MOST_YUAN and yuan * 100 == (yuan * 100).to_integral_value()
    except InvalidOperation:
        valid = False
    if not valid:
        raise FaultsError(
            [Fault(_("amount"), text or _("nothing"), _("an amount in yuan, such as 300,000"), _("Correct the amount and send again."))]
        )
    return int(yuan * 100)


def day(text: str, default: datetime.date) -> datetime.date:
    """An ISO date as typed; the default where it is none, because a page for reading should not fail on its address."""
    try:
        return datetime.date.fromisoformat(text.strip())
    except ValueError:
        return default


def errors_of(error: FaultsError | PermissionError | ValueError) -> list[str]:
    """What an action refused, as sentences to show above the form."""
    faults: Iterable[Any] = getattr(error, "faults", ()) or [error]
    return [sentence(fault) for fault in faults]


def sentence(fault: Any) -> str:
    """One fault in words."""
    if not isinstance(fault, Fault):
        return str(fault)
    text = _("%(where)s: found %(found)s, expected %(expected)s.") % {
        "where": told(fault.where),
        "found": told(fault.found),
        "expected": told(fault.expected),
    }
    return f"{text} {told(fault.remedy)}".strip()


KEY = re.compile(r"page-[0-9a-f]{24}")


def new_key() -> str:
    """A key for a form that moves money: sending the same form twice posts once."""
    return f"page-{secrets.token_hex(12)}"


def key_of(sent: Mapping[str, str]) -> str:
    """The key that a form came with, a new one where it is none of ours.

    Nobody may choose a key: one like those of the day end's debits would keep that debit from being made.
    """
    key = sent.get("key") or ""
    return key if KEY.fullmatch(key) else new_key()


def quotas_of(text: str, number: Callable[[str], int]) -> dict[str, int]:
    """`3301: 500000, 3302: 300000` as code → what `number` makes of the text behind it. Raises FaultsError naming every part in error."""
    found, faults = dict[str, int](), list[Fault]()
    for part in text.replace("，", ",").replace("：", ":").split(","):
        code, separator, behind = (each.strip() for each in part.partition(":"))
        if not part.strip():
            continue
        if not separator:
            faults.append(Fault(_("quota"), part.strip(), _("a code, a colon and a number, such as 3301: 500000")))
            continue
        try:
            found[code] = number(behind)
        except FaultsError as error:
            faults += error.faults
    if faults:
        raise FaultsError(faults)
    return found
