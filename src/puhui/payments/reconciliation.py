"""Ours against theirs, per account and day: every payment and batch that we count as done, every line of the bank's statement.

matched        on both sides, with one amount
amount_differs on both sides, with two
only_ours      we count it as done and no statement shows it
only_theirs    the statement shows it and we know nothing of it, or what we know has not ended or has failed
Money in that is no batch of ours is booked from the statement itself; what of it belongs to nobody yet is the list of suspense.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import F, Sum

from puhui.parties.models import Institution
from puhui.payments.models import BankAccount, DebitResult, PaymentOrder, Receipt, StatementLine, StatementMatch

__all__ = ["AGES", "Item", "Suspended", "age_of", "reconcile", "suspense"]

AGES = ((1, "0-1"), (7, "2-7"), (30, "8-30"), (90, "31-90"))
STATES = ("only_ours", "only_theirs", "amount_differs", "matched")


@dataclass(frozen=True, slots=True)
class Item:
    """One thing on one side or both. Amounts in fen, money in above zero; a side that knows nothing is None."""

    state: str
    day: date
    reference: str
    kind: str  # payout, return, debits, receipt, line
    ours_fen: int | None
    theirs_fen: int | None
    age_days: int
    text: str
    subject_id: int | None = None  # of the payment order, the batch or the receipt


@dataclass(frozen=True, slots=True)
class Suspended:
    """A receipt of which something stands in suspense."""

    receipt: Receipt
    open_fen: int
    age_days: int
    age: str


def age_of(days: int) -> str:
    """The bucket of an age."""
    return next((label for most, label in AGES if days <= most), "over 90")


def reconcile(account: BankAccount, since: date, until: date, as_of: date | None = None) -> list[Item]:
    """Every item of the days `since` to `until`, both included, what does not agree first. Ages are counted to `as_of` (the open day)."""
    today = as_of or account.institution.business_date
    items = [*_payments(account, since, until, today), *_batches(account, since, until, today), *_lines(account, since, until, today)]
    return sorted(items, key=lambda item: (STATES.index(item.state), item.day, item.reference))


def _payments(account: BankAccount, since: date, until: date, today: date) -> Iterable[Item]:
    orders = PaymentOrder.objects.filter(bank_account=account, status="confirmed", paid_on__range=(since, until)).order_by("pk")
    shown: dict[int, int] = defaultdict(int)
    lines = StatementMatch.objects.filter(order__in=orders, line__amount_fen__lt=0)
    for order_id, total in lines.values_list("order_id").annotate(total=Sum("line__amount_fen")):
        shown[order_id] = total
    for order in orders:
        theirs = shown.get(order.pk)
        day = order.paid_on or order.created_on
        yield _item(day, order.reference, order.purpose, -order.amount_fen, theirs, today, order.holder_name, order.pk)


def _batches(account: BankAccount, since: date, until: date, today: date) -> Iterable[Item]:
    """What a bank has debited for us and what it has paid over, by batch: the first day on which it took anything is the batch's."""
    results = DebitResult.objects.filter(line__batch__bank_account=account, collected_fen__gt=0)
    grouped: dict[tuple[int, str], list[tuple[date, int]]] = defaultdict(list)
    for batch_id, reference, day, amount in results.values_list("line__batch_id", "line__batch__reference", "taken_on", "collected_fen"):
        grouped[batch_id, reference].append((day, amount))
    shown = dict(StatementMatch.objects.filter(batch__bank_account=account).values_list("batch_id").annotate(total=Sum("line__amount_fen")))
    for (batch_id, reference), taken in grouped.items():
        first = min(day for day, _ in taken)
        if since <= first <= until:
            yield _item(
                first, reference, "debits", sum(amount for _, amount in taken), shown.get(batch_id), today, f"{len(taken)} lines", batch_id
            )


def _lines(account: BankAccount, since: date, until: date, today: date) -> Iterable[Item]:
    """Lines that are nothing of ours, and those of payments that we do not count as done; receipts are booked from their line."""
    lines = StatementLine.objects.filter(bank_account=account, booked_on__range=(since, until))
    for line in lines.select_related("match__order", "match__batch", "receipt").order_by("pk"):
        match = getattr(line, "match", None)
        text = f"{line.other_name} {line.text}".strip()
        if match is None:
            receipt = getattr(line, "receipt", None)
            ours = None if receipt is None else line.amount_fen
            kind, subject = ("line", None) if receipt is None else ("receipt", receipt.pk)
            yield _item(line.booked_on, line.bank_reference or line.key[:20], kind, ours, line.amount_fen, today, text, subject)
        elif match.order is not None and match.order.status != "confirmed":
            text = f"{match.order.status}: {text}"
            yield _item(line.booked_on, match.order.reference, match.order.purpose, None, line.amount_fen, today, text, match.order_id)
        elif match.batch is not None and not match.batch.lines.filter(collected_fen__gt=0).exists():
            yield _item(line.booked_on, match.batch.reference, "debits", None, line.amount_fen, today, text, match.batch_id)


def _item(day: date, reference: str, kind: str, ours: int | None, theirs: int | None, today: date, text: str, subject: int | None) -> Item:
    if ours is None:
        state = "only_theirs"
    elif theirs is None:
        state = "only_ours"
    else:
        state = "matched" if ours == theirs else "amount_differs"
    return Item(state, day, reference, kind, ours, theirs, max((today - day).days, 0), text, subject)


def suspense(institution: Institution, as_of: date | None = None) -> list[Suspended]:
    """What stands in suspense, the oldest first. Money on its way back counts until the bank has paid it."""
    today = as_of or institution.business_date
    used = F("applied_fen") + F("returned_fen")
    rows = Receipt.objects.filter(institution=institution, amount_fen__gt=used).select_related(
        "statement_line", "debit_result__line__loan", "institution"
    )
    found = []
    for receipt in rows.order_by("value_on", "pk"):
        days = max((today - receipt.value_on).days, 0)
        found.append(Suspended(receipt, receipt.amount_fen - receipt.applied_fen - receipt.returned_fen, days, age_of(days)))
    return found
