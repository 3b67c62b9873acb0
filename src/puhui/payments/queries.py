"""All reads of payments, scoped to a user; lists for pages and commands."""

from __future__ import annotations

from django.db.models import QuerySet

from puhui.parties.models import Institution, User
from puhui.parties.queries import limit_to_user
from puhui.payments.candidates import suggested
from puhui.payments.matching import Suggestion
from puhui.payments.models import BankAccount, PaymentOrder, Receipt
from puhui.payments.ordering import modes_asked, ordered_fen, undisbursed_fen
from puhui.payments.reconciliation import Item, Suspended, reconcile, suspense

__all__ = [
    "Item",
    "Suspended",
    "bank_account",
    "bank_accounts",
    "modes_asked",
    "ordered_fen",
    "orders",
    "receipts",
    "reconcile",
    "suggestions",
    "suspense",
    "undisbursed_fen",
]


def bank_accounts(institution: Institution) -> QuerySet[BankAccount]:
    """The lender's own accounts by code."""
    return BankAccount.objects.filter(institution=institution).select_related("institution").order_by("code")


def bank_account(institution: Institution, code: str | None = None) -> BankAccount:
    """The account of a code, or the only one there is. Raises BankAccount.DoesNotExist or MultipleObjectsReturned."""
    rows = bank_accounts(institution)
    return rows.get(code=code) if code else rows.get()


def orders(user: User, status: str | None = None) -> QuerySet[PaymentOrder]:
    """Payment orders that a user may see, those that call for a person first."""
    rows = limit_to_user(PaymentOrder.objects.all(), user, firm="contract__firm_id").select_related(
        "contract__firm", "bank_account", "loan"
    )
    rows = rows.filter(status=status) if status else rows
    return rows.order_by("-attention", "-pk")


def receipts(user: User) -> QuerySet[Receipt]:
    """Receipts that a user may see, newest first."""
    rows = limit_to_user(Receipt.objects.all(), user).select_related("statement_line", "debit_result__line__loan", "bank_account")
    return rows.prefetch_related("applications__loan").order_by("-pk")


def suggestions(receipt: Receipt) -> list[Suggestion]:
    """Loans that a receipt might be for, the best first, each with score and grounds."""
    return suggested(receipt)[1]
