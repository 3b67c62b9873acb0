"""The bank's statement that lies on the accountant's desk: what left the account within the year, and three receipts of the last days.

One receipt names its note and is put to it at once, one has the payer's name and no number and is suggested, and one nobody knows: it waits
in suspense until somebody finds whose it is.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta

from puhui.county.plan import County
from puhui.loans.models import Loan
from puhui.payments import actions as payments
from puhui.payments.models import BankAccount, PaymentOrder

__all__ = ["take_in_a_statement"]

HEADINGS = ("记账日期", "借方发生额", "贷方发生额", "余额", "流水号", "客户编号", "对方户名", "摘要")
LAYOUT = "statement-csv"
RECEIPT_FEN = 500_000
Line = tuple[date, int, str, str, str]
"""Day, fen (money in above zero), our reference, name of the other side, text."""


def take_in_a_statement(county: County) -> None:
    """Take in the statement of the lender's account at the outside bank, where it has one."""
    account = BankAccount.objects.filter(institution=county.institution).first()
    if account is None:
        return
    lines = sorted([*_orders(account), *_receipts(county)])
    content = _file(lines).encode("gb18030")
    now = datetime.combine(county.institution.business_date, time(8), UTC)
    payments.import_statement(account, content, LAYOUT, "对账单.csv", "accountant", now)


def _orders(account: BankAccount) -> Iterable[Line]:
    for order in PaymentOrder.objects.filter(bank_account=account, paid_on__isnull=False).order_by("pk"):
        yield order.paid_on or date.min, -order.amount_fen, order.reference, order.holder_name, "贷款发放"


def _receipts(county: County) -> Iterable[Line]:
    day = county.institution.business_date
    owing = Loan.objects.filter(institution=county.institution, overdue_since__isnull=False, status__in=("overdue", "non_accrual"))
    late = list(owing.select_related("firm").order_by("overdue_since", "pk")[:2])
    for loan, text in zip(late, (f"还款 {late[0].number}" if late else "", "往来款"), strict=False):
        yield day - timedelta(days=1), RECEIPT_FEN, "", loan.firm.name, text
    yield day - timedelta(days=3), 1_234_500, "", "外县禾丰商贸行", "货款"


def _file(lines: Sequence[Line]) -> str:
    """The lines in the layout of the bank, with a running balance from a round sum that covers all of them."""
    balance_fen = -(-sum(-fen for _, fen, *_ in lines if fen < 0) // 100_000_000) * 100_000_000 + 100_000_000
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(HEADINGS)
    for number, (day, fen, reference, name, told) in enumerate(lines, start=1):
        balance_fen += fen
        sides = ("", _yuan(fen)) if fen > 0 else (_yuan(-fen), "")
        rows.writerow((day, *sides, _yuan(balance_fen), f"D{number:06}", reference, name, told))
    return text.getvalue()


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02}"
