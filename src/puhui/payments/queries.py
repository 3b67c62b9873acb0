"""All reads of payments, scoped to a user; lists for pages and commands."""

from __future__ import annotations

from django.db.models import Count, Q, QuerySet

from puhui.parties.models import Firm, Institution, User
from puhui.parties.queries import limit_to_user
from puhui.payments.candidates import best_of_each, suggested
from puhui.payments.layouts import layouts_with
from puhui.payments.matching import Suggestion
from puhui.payments.models import BankAccount, FirmAccount, ImportedFile, PaymentOrder, Receipt
from puhui.payments.ordering import modes_asked, ordered_fen, undisbursed_fen
from puhui.payments.reconciliation import Item, Suspended, age_of, reconcile, suspense
from puhui.payments.statements import CAMT053

__all__ = [
    "Item",
    "Suspended",
    "age_of",
    "bank_account",
    "bank_accounts",
    "best_of_each",
    "firm_accounts",
    "modes_asked",
    "order_counts",
    "ordered_fen",
    "orders",
    "receipts",
    "reconcile",
    "statement_forms",
    "statements",
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


def firm_accounts(firm: Firm) -> QuerySet[FirmAccount]:
    """A borrower's accounts that have not ended, those that are verified first."""
    return FirmAccount.objects.filter(firm=firm, ended_at=None).order_by("verified_at", "pk")


def statements(account: BankAccount) -> QuerySet[ImportedFile]:
    """The statements of an account that were taken in, the newest day first."""
    return ImportedFile.objects.filter(bank_account=account, kind="statement").order_by("-last_day", "-pk")


def statement_forms() -> list[str]:
    """The forms in which a statement can be taken in."""
    return [CAMT053, *layouts_with("booked_on", "bank_reference")]


def order_counts(user: User) -> dict[str, dict[str, int]]:
    """Status → how many payment orders a user may see in it, and how many of them call for a person."""
    rows = limit_to_user(PaymentOrder.objects.all(), user, firm="contract__firm_id").values("status")
    counted = rows.annotate(count=Count("pk"), attention=Count("pk", filter=~Q(attention=""))).order_by("status")
    return {row["status"]: {"count": row["count"], "attention": row["attention"]} for row in counted}


def orders(user: User, status: str | None = None) -> QuerySet[PaymentOrder]:
    """Payment orders that a user may see, those that call for a person first."""
    rows = limit_to_user(PaymentOrder.objects.all(), user, firm="contract__firm_id").select_related(
        "contract__firm", "bank_account", "loan", "institution"
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
