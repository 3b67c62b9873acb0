"""All reads of the books. Amounts are in fen; a balance is debit positive."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Prefetch, Q, QuerySet

from puhui.books.chart import chart, role_code
from puhui.books.models import Account, ClosedDay, Entry, Transfer
from puhui.books.statements import statement
from puhui.parties.models import Branch, Institution, User
from puhui.parties.queries import branch_and_below, limit_to_user

__all__ = [
    "CellBalance",
    "TrialBalanceRow",
    "account",
    "account_entries",
    "accounts",
    "balance",
    "balances_by_role",
    "cell_balances",
    "closed_days",
    "entries",
    "entries_after",
    "entries_of_loan",
    "entries_of_reference",
    "entry",
    "late_entries",
    "role_account_ids",
    "role_accounts",
    "role_code",
    "transfers_of_days",
    "trial_balance",
]


@dataclass(frozen=True, slots=True)
class TrialBalanceRow:
    """An account's movement over a span of days and its balance at the end of it."""

    code: str
    name: str
    name_english: str
    kind: str
    debit_fen: int
    credit_fen: int
    balance_fen: int
    branch_code: str | None = None  # None: over all branches asked for
    product_code: str | None = None
    currency: str = "CNY"


class CellBalance(NamedTuple):
    """The balance of an account at one branch for one product, in fen, debit positive."""

    code: str
    branch_code: str
    product_code: str  # empty: of no product
    balance_fen: int


def accounts(institution: Institution) -> QuerySet[Account]:
    """The accounts of the chart that are open, by code: the cells of the head office that are of no product."""
    return Account.objects.filter(institution=institution, branch__parent=None, product_code="").order_by("code")


def account(institution: Institution, code: str) -> Account:
    """An account of the chart by its code. Raises Account.DoesNotExist."""
    return accounts(institution).get(code=code, currency=institution.currency)


def trial_balance(
    institution: Institution,
    until: date,
    since: date | None = None,
    *,
    branch: Branch | None = None,
    product_code: str | None = None,
    by_branch: bool = False,
    by_product: bool = False,
) -> list[TrialBalanceRow]:
    """Every account opened by `until`, by code: movement from `since` (default: the first day) and balance, both through `until`.

    `branch`: that branch with all under it (default: consolidated); `product_code`: one product; `by_branch` and `by_product` give a
    row to each. Debits equal credits in sum, over the balance sheet and over the memo accounts each, and so in every branch and
    product; the balances sum to zero.
    """
    values: dict[str, Any] = {
        "institution": institution.pk,
        "until": until,
        "since": since or date.min,
        "branches": branch_and_below(branch) if branch else None,
        "product": product_code,
        "by_branch": by_branch,
        "by_product": by_product,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement("trial_balance"), values)
        return [TrialBalanceRow(*row) for row in cursor.fetchall()]


def balance(institution: Institution, code: str, on: date) -> int:
    """The balance of an account after a day, debit positive; zero where it does not exist. `code` may be a role."""
    code = chart(institution.kind, on).roles.get(code, code)
    return next((row.balance_fen for row in trial_balance(institution, on) if row.code == code), 0)


def balances_by_role(institution: Institution, on: date) -> dict[str, int]:
    """Balance after a day of each role's account. Roles that share an account share its balance."""
    balances = {row.code: row.balance_fen for row in trial_balance(institution, on)}
    return {role: balances.get(code, 0) for role, code in chart(institution.kind, on).roles.items()}


def cell_balances(institution: Institution, until: date, codes: Iterable[str]) -> list[CellBalance]:
    """Each cell of some accounts after a day. What it costs does not grow with the days that are closed."""
    with connection.cursor() as cursor:
        cursor.execute(statement("cell_balances"), {"institution": institution.pk, "until": until, "codes": list(codes)})
        return [CellBalance(*row) for row in cursor.fetchall()]


def role_accounts(institution: Institution, on: date | None = None) -> dict[str, Account]:
    """The open account that plays each role on a day (default: the business day), at the head office and of no product."""
    opened = {account.code: account for account in accounts(institution).filter(currency=institution.currency)}
    roles = chart(institution.kind, on or institution.business_date).roles
    return {role: opened[code] for role, code in roles.items() if code in opened}


def role_account_ids(institution: Institution, on: date | None = None) -> dict[str, list[int]]:
    """The ids of all cells of each role's account: of every branch and product."""
    cells: dict[str, list[int]] = {}
    for cell, code in Account.objects.filter(institution=institution).order_by("pk").values_list("pk", "code"):
        cells.setdefault(code, []).append(cell)
    roles = chart(institution.kind, on or institution.business_date).roles
    return {role: cells[code] for role, code in roles.items() if code in cells}


def account_entries(
    institution: Institution, code: str, since: date, until: date, *, branch: Branch | None = None, product_code: str | None = None
) -> QuerySet[Transfer]:
    """The transfers of an account, all its cells together or those of a branch with all under it and of a product, from day to day,
    both included, newest first, with entries and accounts.

    Raises Account.DoesNotExist.
    """
    of_code = list(Account.objects.filter(institution=institution, code=code).values_list("pk", "branch_id", "product_code"))
    if not of_code:
        raise Account.DoesNotExist(code)
    below = set(branch_and_below(branch)) if branch else None
    cells = [cell for cell, at, product in of_code if (below is None or at in below) and (product_code is None or product == product_code)]
    rows = Transfer.objects.filter(Q(debit_account__in=cells) | Q(credit_account__in=cells), institution=institution)
    dated = rows.filter(posting_date__range=(since, until))
    return dated.select_related("entry", "debit_account", "credit_account").order_by("-posting_date", "-id")


def transfers_of_days(institution: Institution, since: date, until: date, branch: Branch | None = None) -> QuerySet[Transfer]:
    """Every transfer posted from day to day, both included, in the order of posting, with entries and accounts; `branch`: with all
    under it."""
    rows = Transfer.objects.filter(institution=institution, posting_date__range=(since, until))
    if branch is not None:
        rows = rows.filter(debit_account__branch_id__in=branch_and_below(branch))
    return rows.select_related("entry", "debit_account", "credit_account").order_by("posting_date", "entry_id", "id")


def entries(user: User) -> QuerySet[Entry]:
    """Entries of the user's institution with their transfers, newest first."""
    return limit_to_user(_with_transfers(), user).order_by("-id")


def entry(entry_id: int) -> Entry:
    """An entry with its transfers and their accounts. Raises Entry.DoesNotExist."""
    return _with_transfers().get(pk=entry_id)


def entries_of_loan(loan_id: int) -> QuerySet[Entry]:
    """The entries of a loan in the order of posting, with their transfers; of an entry over several loans, all of its transfers.

    The caller has scoped the loan to its user.
    """
    of_loan = Transfer.objects.filter(loan_id=loan_id).values("entry")
    return _with_transfers().filter(Q(loan_id=loan_id) | Q(pk__in=of_loan)).order_by("id")


def entries_of_reference(institution: Institution, reference: str, since: date, until: date) -> QuerySet[Entry]:
    """The entries with a reference in the books of some days, in the order of posting, with their transfers."""
    rows = _with_transfers().filter(institution=institution, posting_date__range=(since, until), reference=reference)
    return rows.order_by("id")


def late_entries(institution: Institution, day: date) -> QuerySet[Entry]:
    """Entries in the books of a day that are true for an earlier one: what came late, newest first, with their transfers."""
    return _with_transfers().filter(institution=institution, posting_date=day, effective_date__lt=day).order_by("-id")


def entries_after(institution: Institution, day: date, most_days: int = 31) -> QuerySet[Entry]:
    """Entries that are true for `day` and stand in the books of the `most_days` after it: what came too late for them."""
    after = (day + timedelta(days=1), day + timedelta(days=most_days))
    return _with_transfers().filter(institution=institution, posting_date__range=after, effective_date=day).order_by("-id")


def _with_transfers() -> QuerySet[Entry]:
    transfers = Transfer.objects.select_related("debit_account", "credit_account").order_by("id")
    return Entry.objects.prefetch_related(Prefetch("transfers", transfers))


def closed_days(institution: Institution) -> QuerySet[ClosedDay]:
    """Closed days, newest first."""
    return ClosedDay.objects.filter(institution=institution).order_by("-date")
