"""Mortgages and pledges in the memo books (表外, 代保管及抵质押品): what the lender holds as security, at what it counts on.

A security comes into the books when it is first valued, moves with each later valuation and leaves them when it is given back: the
difference is posted, `memo_collateral` against `memo_counterpart`. It stands at its newest value after haircut and prior claims. A
guarantor is a promise and no thing that is held, so guarantees are left out. `books verify` holds the account against the sum.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.db import transaction

from puhui.books.actions import post
from puhui.books.chart import role_code
from puhui.books.findings import Finding
from puhui.books.queries import cell_balances
from puhui.loans.credit_models import Security, SecurityValue
from puhui.parties.models import Institution

__all__ = ["booked_fen", "collateral_findings", "held_fen", "post_collateral", "post_security", "worth_fen"]

ACT = "collateral"
HELD_KINDS = (Security.Kind.MORTGAGE, Security.Kind.PLEDGE)


def worth_fen(security: Security) -> int:
    """What a security stands at: its newest value, nothing before it was valued, and nothing for a guarantor."""
    if security.kind not in HELD_KINDS:
        return 0
    newest = SecurityValue.objects.filter(security=security).order_by("-day", "-pk").values_list("value_fen", flat=True).first()
    return int(newest or 0)


def post_security(security: Security, before_fen: int, after_fen: int, on: date, actor: str) -> None:
    """The entry of one valuation or release, inside the caller's transaction; none where nothing moves."""
    _post(security.institution, after_fen - before_fen, on, actor, f"security {security.pk}")


def held_fen(institution: Institution) -> int:
    """What all mortgages and pledges that are held stand at. One statement."""
    rows = SecurityValue.objects.filter(institution=institution, security__kind__in=HELD_KINDS, security__release=None)
    newest = rows.order_by("security", "-day", "-pk").distinct("security").values_list("value_fen", flat=True)
    return sum(newest)


def booked_fen(institution: Institution, on: date) -> int:
    """What the memo books hold of collateral after a day."""
    return sum(cell.balance_fen for cell in cell_balances(institution, on, [role_code(institution, "memo_collateral", on)]))


@transaction.atomic
def post_collateral(institution: Institution, on: date, actor: str) -> int:
    """Bring the memo account to what is held, for securities from before it was kept; returns the difference posted, mostly nothing."""
    difference = held_fen(institution) - booked_fen(institution, on)
    _post(institution, difference, on, actor, "all securities")
    return difference


def _post(institution: Institution, difference_fen: int, on: date, actor: str, reference: str) -> None:
    if difference_fen:
        pair = ("memo_collateral", "memo_counterpart") if difference_fen > 0 else ("memo_counterpart", "memo_collateral")
        post(institution, ACT, on, [(*pair, abs(difference_fen))], reference=reference, recorded_by=actor)


def collateral_findings(institution: Institution) -> Iterator[Finding]:
    """Where the memo account is not the sum of the securities that are held."""
    held, booked = held_fen(institution), booked_fen(institution, institution.business_date)
    if held != booked:
        yield Finding("memo account of collateral", f"holds {booked} fen, the securities that are held are worth {held} fen")
