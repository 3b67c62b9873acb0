"""The vouchers of a day for the bank's own general ledger: Puhui is a sub-ledger, and the bank's ledger takes totals from it.

One voucher for each branch and currency, a line for each account: what was debited and credited on the day, products added up. What
reversals moved stands in lines of its own, told as the bank's ledger wants it: red (红字冲销: on the side of the entry that is undone, with
the sign turned, so that turnover is not inflated) or blue (蓝字: as posted, on the opposite side). Both come to the same balances.

The lines are reckoned from the transfers. That they come to the day is proved when they are made, against the totals that were sealed at
the close, and again by `puhui books verify` for every delivery.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal

from django.db import connection, transaction
from django.db.models import QuerySet

from puhui.books.models import Account, AccountDay, ClosedDay, VoucherDelivery
from puhui.books.statements import statement
from puhui.calculations.faults import Fault, FaultsError, check
from puhui.parties.audit import record_act
from puhui.parties.models import Institution

__all__ = ["REVERSAL_ACTS", "VoucherLine", "content_digest", "deliver_vouchers", "deliveries", "voucher_faults", "vouchers"]

Reversals = Literal["red", "blue"]
# Acts of entries that undo what was posted on an earlier day, or on the same.
REVERSAL_ACTS = ("reversal", "correction")


@dataclass(frozen=True, slots=True)
class VoucherLine:
    """A line of a day's voucher. Amounts in smallest units; a red line's are below 0."""

    voucher: str  # date, branch and currency
    date: date
    branch: str
    currency: str
    account: str
    name: str
    kind: str
    colour: Reversals | Literal["plain"]  # plain: no reversal
    debit_fen: int
    credit_fen: int
    transfers: int


def vouchers(institution: Institution, day: date, reversals: Reversals = "red") -> list[VoucherLine]:
    """The lines of a day, by branch, currency and account; of a day that is not closed, as they stand. Raises FaultsError."""
    if reversals not in ("red", "blue"):
        raise FaultsError([Fault("reversals", str(reversals), "red or blue")])
    values: dict[str, Any] = {"institution": institution.pk, "date": day, "reversal_acts": list(REVERSAL_ACTS)}
    with connection.cursor() as cursor:
        cursor.execute(statement("vouchers"), values)
        rows = cursor.fetchall()
    lines = []
    for branch, code, currency, is_reversal, name, kind, debit, credit, transfers in rows:
        # Undone on the side where it stood: a debit that reverses is a credit taken back.
        shown = (-credit, -debit) if is_reversal and reversals == "red" else (debit, credit)
        colour = reversals if is_reversal else "plain"
        number = f"{day:%Y%m%d}-{branch}-{currency}"
        lines.append(VoucherLine(number, day, branch, currency, code, name, kind, colour, *shown, transfers))
    return lines


def voucher_faults(institution: Institution, day: date, lines: Sequence[VoucherLine]) -> list[Fault]:
    """Where lines do not balance in their voucher, or do not come to the totals that were sealed for a closed day."""
    faults = []
    sides: dict[tuple[str, bool], list[int]] = defaultdict(lambda: [0, 0])
    for line in lines:
        side = sides[line.voucher, line.kind == Account.Kind.MEMO]
        side[0] += line.debit_fen
        side[1] += line.credit_fen
    for (number, memo), (debit, credit) in sides.items():
        if debit != credit:
            where = f"voucher {number}{', memo accounts' if memo else ''}"
            faults.append(Fault(where, f"debits {debit} fen, credits {credit}", "the same on both sides"))
    if not ClosedDay.objects.filter(institution=institution, date=day).exists():
        return faults
    told: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for line in lines:
        total = told[line.branch, line.account]
        total[0] += -line.credit_fen if line.colour == "red" else line.debit_fen
        total[1] += -line.debit_fen if line.colour == "red" else line.credit_fen
    sealed: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    totals = AccountDay.objects.filter(institution=institution, date=day)
    for branch, code, debit, credit in totals.values_list("account__branch__code", "account__code", "debit_fen", "credit_fen"):
        sealed[branch, code][0] += debit
        sealed[branch, code][1] += credit
    for cell in sorted({*told, *sealed}):
        if told[cell] != sealed[cell]:
            where = f"vouchers of {day}, branch {cell[0]}, account {cell[1]}"
            found = f"debit {told[cell][0]}, credit {told[cell][1]} fen"
            faults.append(Fault(where, found, f"debit {sealed[cell][0]}, credit {sealed[cell][1]}, as sealed at the close"))
    return faults


def content_digest(lines: Iterable[VoucherLine]) -> bytes:
    """SHA-256 over all lines in order."""
    text = "\n".join("|".join(str(value) for value in asdict(line).values()) for line in lines)
    return hashlib.sha256(text.encode()).digest()


def deliveries(institution: Institution, day: date) -> QuerySet[VoucherDelivery]:
    """What was handed over of a day, the newest first."""
    return VoucherDelivery.objects.filter(institution=institution, date=day).order_by("-pk")


@transaction.atomic
def deliver_vouchers(institution: Institution, day: date, actor: str, reversals: Reversals = "red") -> list[VoucherLine]:
    """The lines of a closed day, proved, with a record that they were given out; asked again, the same lines.

    Raises FaultsError where the day is not closed, or the lines do not come to it: every difference.
    """
    closed = ClosedDay.objects.filter(institution=institution).order_by("-date").values_list("date", flat=True).first()
    if not ClosedDay.objects.filter(institution=institution, date=day).exists():
        expected = f"a closed day; the newest is {closed}" if closed else "a closed day"
        raise FaultsError([Fault("date", str(day), expected, "Run the day end first.")])
    lines = vouchers(institution, day, reversals)
    check(voucher_faults(institution, day, lines))
    delivery = VoucherDelivery(
        institution=institution,
        date=day,
        reversals=reversals,
        line_count=len(lines),
        total_fen=sum(line.debit_fen for line in lines),
        content_digest=content_digest(lines),
        delivered_by=actor,
    )
    VoucherDelivery.objects.bulk_create([delivery], ignore_conflicts=True)
    record_act(institution, actor, "deliver_vouchers", institution, {"date": day, "lines": len(lines), "reversals": reversals})
    return lines
