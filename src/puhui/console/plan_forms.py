"""The form of a repayment plan: by regular instalments, in one sum, or on days of the borrower's own, such as those of the harvest."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from puhui.calculations.faults import Fault, FaultsError, check
from puhui.console.act_words import CHOICES
from puhui.console.forms import amount_fen
from puhui.console.templatetags.figures import money
from puhui.console.words import METHODS, word

__all__ = ["DUES", "METHODS_ASKED", "STEPS", "DueRow", "due_rows", "fields_of", "plan_of"]

METHODS_ASKED = ("equal_instalment", "equal_principal", "interest_only", "bullet", "custom")
STEPS: dict[str, Any] = {one: CHOICES[one] for one in ("1 month", "2 month", "3 month", "6 month")}
STEPS["12 month"] = gettext_lazy("each year")
DUES = 12
"""So many days of their own may be named on the form."""
SHAPE = (
    "instalments", "every", "maturity", "settlement_day", "first_due", "dues", "steps", "principal_share", "balloon", "grace",
    "flat_interest",
)  # fmt: skip
"""Fields of `quote.md` that say when the principal falls due: a plan replaces them all together."""


@dataclass(frozen=True)
class DueRow:
    """One due day as typed."""

    number: int
    due: str
    principal: str


def fields_of(terms: Mapping[str, Any]) -> dict[str, Any]:
    """What the form shows of the terms as they stand."""
    method = terms.get("method", "equal_instalment")
    dues = [DueRow(place, each["due"], each["principal"]) for place, each in enumerate(terms.get("dues", ()), 1)]
    every = terms.get("every", "1 month")
    return {
        "method": method if method in METHODS_ASKED else "equal_instalment",
        "instalments": terms.get("instalments", ""),
        "every": every if every in STEPS else "1 month",
        "rate": "",
        "dues": [*dues, *(DueRow(place, "", "") for place in range(len(dues) + 1, max(DUES, len(dues) + 2) + 1))],
        "methods": [(code, word(METHODS, code)) for code in METHODS_ASKED],
    }


def due_rows(sent: Mapping[str, str]) -> list[DueRow]:
    """The rows of the form as they were sent."""
    named = [int(name[4:]) for name in sent if name.startswith("due-") and name[4:].isdecimal() and len(name) < 8]
    return [
        DueRow(place, sent.get(f"due-{place}", "").strip(), sent.get(f"principal-{place}", "").strip())
        for place in range(1, max(DUES, *named, 1) + 1)
    ]


def plan_of(sent: Mapping[str, str], principal_fen: int, day: datetime.date) -> dict[str, Any]:
    """The plan that a form means, fields of `quote.md`, those left out as None. FaultsError names every row that is wrong.

    principal_fen: what the dues have to add up to; one amount may be left empty, it takes the rest. day: the day of the contract.
    """
    method = sent.get("method", "")
    if method not in METHODS_ASKED:
        raise FaultsError([Fault(_("way of repayment"), method or _("nothing"), ", ".join(word(METHODS, code) for code in METHODS_ASKED))])
    plan: dict[str, Any] = {**dict.fromkeys(SHAPE), "method": method, **_rate(sent.get("rate", ""))}
    if method == "custom":
        return {**plan, "dues": _dues(due_rows(sent), principal_fen, day)}
    count = _whole(sent.get("instalments", ""))
    if method == "bullet":
        return {**plan, "instalments": 1, "every": f"{count} month"}
    every = sent.get("every", "")
    check([] if every in STEPS else [Fault(_("every"), every or _("nothing"), ", ".join(map(str, STEPS.values())))])
    return {**plan, "instalments": count, "every": every}


def _rate(text: str) -> dict[str, str]:
    """A rate a year as typed in percent; nothing where none is named, then the offered one stays."""
    typed = text.strip().rstrip("%").strip()
    if not typed:
        return {}
    try:
        share = Decimal(typed) / 100
    except InvalidOperation:
        share = Decimal(-1)
    if not (share.is_finite() and 0 <= share < 1):
        raise FaultsError([Fault(_("rate a year"), text, _("a percentage such as 4.35"))])
    return {"rate_annual": format(share, "f")}


def _whole(text: str) -> int:
    text = text.strip()
    if not (text.isascii() and text.isdecimal() and len(text) < 4 and int(text)):
        raise FaultsError([Fault(_("number of instalments, or of months"), text or _("nothing"), _("a whole number from 1 to 999"))])
    return int(text)


def _dues(rows: Sequence[DueRow], principal_fen: int, day: datetime.date) -> list[dict[str, str]]:
    """The dues in the order of their rows; empty rows are passed over."""
    faults: list[Fault] = []
    named = [row for row in rows if row.due or row.principal]
    days = [_day(row, faults) for row in named]
    amounts = [_amount(row, faults) for row in named]
    if not named:
        faults.append(Fault(_("due days"), _("nothing"), _("one due day at least, with its principal")))
    if amounts.count(0) > 1:
        faults.append(Fault(_("principal"), _("several rows without an amount"), _("one at most: it takes the rest")))
    check(faults)
    faults += [
        Fault(_row_name(row), now.isoformat(), _("a day after %(day)s") % {"day": before.isoformat()})
        for row, before, now in zip(named, [day, *days], days, strict=False)
        if now <= before
    ]
    rest = principal_fen - sum(amounts)
    if rest < 0 or (rest and 0 not in amounts) or (not rest and 0 in amounts):
        found, expected = money(sum(amounts)), _("%(amount)s, the amount of the contract") % {"amount": money(principal_fen)}
        faults.append(Fault(_("principal in all, yuan"), found, expected, _("Leave one amount empty: it takes the rest.")))
    check(faults)
    return [{"due": due.isoformat(), "principal": str(Decimal(amount or rest) / 100)} for due, amount in zip(days, amounts, strict=True)]


def _row_name(row: DueRow) -> str:
    return _("due day, row %(number)s") % {"number": row.number}


def _day(row: DueRow, faults: list[Fault]) -> datetime.date:
    try:
        return datetime.date.fromisoformat(row.due)
    except ValueError:
        faults.append(Fault(_row_name(row), row.due or _("nothing"), _("a date such as 2026-10-15")))
        return datetime.date.min


def _amount(row: DueRow, faults: list[Fault]) -> int:
    """Fen; 0 where none is named."""
    try:
        return amount_fen(row.principal) if row.principal else 0
    except FaultsError as error:
        faults += [Fault(_row_name(row), fault.found, fault.expected) for fault in error.faults]
        return 1
