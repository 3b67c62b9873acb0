"""What a loan's page shows of its rows: the balance today and why, the schedule row by row, the transfers in the books.

Everything here is arranged from rows that were read before; nothing is computed that the calculators do not compute.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from puhui.calculations.position import Row
from puhui.console.labels import INSTALMENT, LOAN, State, state
from puhui.console.templatetags.figures import enumerated, money, rate
from puhui.console.words import BOOK_ACTS, COMPONENTS, EVENTS, word
from puhui.loans.keeping import counters_at
from puhui.loans.models import Loan
from puhui.loans.queries import Dossier, Owed, StatementLine

CLOSED = ("closed", "written_off")


@dataclass(frozen=True)
class ScheduleRow:
    """One instalment as a row of the schedule; amounts in fen."""

    number: int
    due: datetime.date
    principal_fen: int
    interest_fen: int
    extra_fen: int
    paid_fen: int
    waived_fen: int
    balance_fen: int
    code: str
    current: bool

    @property
    def total_fen(self) -> int:
        return self.principal_fen + self.interest_fen + self.extra_fen

    @property
    def open_fen(self) -> int:
        return self.total_fen - self.paid_fen - self.waived_fen

    @property
    def state(self) -> State:
        return INSTALMENT[self.code]


@dataclass(frozen=True)
class Listed:
    """A loan as a row of a list; amounts in fen."""

    loan: Loan
    state: State
    principal_fen: int
    days_past_due: int


def schedule_rows(rows: Iterable[Row], day: datetime.date) -> list[ScheduleRow]:
    """The rows of a fold with each one's state on a day; the first that is not paid is the current one.

    The fold is of that day, so penalty that runs night by night is in the rows as it is in what is owed.
    """
    shown: list[ScheduleRow] = []
    current_seen = False
    for row in rows:
        code = _row_code(row, day)
        current = code != "paid" and not current_seen
        current_seen = current_seen or current
        extra_fen = row.fee + row.penalty + row.compound
        settled = row.paid, row.waived, row.balance
        shown.append(ScheduleRow(row.number, row.due, row.principal, row.interest, extra_fen, *settled, code, current))
    return shown


def _row_code(row: Row, day: datetime.date) -> str:
    if row.outstanding <= 0:
        return "paid"
    if row.due < day:
        return "partly" if row.paid else "overdue"
    return "due" if row.due == day else "coming"


def totals_of(rows: list[ScheduleRow]) -> dict[str, int]:
    """Sums under the schedule."""
    names = ("principal_fen", "interest_fen", "extra_fen", "paid_fen", "waived_fen", "open_fen")
    return {name: sum(getattr(row, name) for row in rows) for name in names}


def listed(loan: Loan, day: datetime.date) -> Listed:
    """A loan's balance and days past due on a day, from its stored counters."""
    counters = counters_at(loan, day)
    days_past_due = max((day - loan.overdue_since).days, 0) if loan.overdue_since else 0
    return Listed(loan, state(LOAN, loan.status), counters.principal, days_past_due)


def is_open(owed: Owed) -> bool:
    """Whether anything can still be paid."""
    return owed.status not in CLOSED


def event_rows(lines: Iterable[StatementLine]) -> list[dict[str, Any]]:
    """The statement: what happened to the loan, in order, what each payment paid, and the principal after it."""
    rows = []
    for line in lines:
        event = line.event
        parts = enumerated(f"{word(COMPONENTS, name)} {money(amount)}" for name, amount in line.parts_fen.items() if amount)
        undone = _("of event %(number)s") % {"number": event.detail["of"]} if event.type == "reversal" and "of" in event.detail else ""
        rows.append(
            {
                "number": event.number, "date": event.date, "label": word(EVENTS, event.type), "amount_fen": event.amount_fen,
                "detail": parts or undone or detail_text(event.detail), "balance_fen": line.principal_after_fen,
                "is_reversed": line.is_reversed, "late": event.known_on != event.date, "known_on": event.known_on,
                "recorded_by": event.recorded_by, "recorded_at": event.recorded_at,
            }
        )  # fmt: skip
    return rows


def detail_text(detail: dict[str, Any]) -> str:
    """What an event without a payment says: the new rate, the days, the plan."""
    shown = []
    for name, value in detail.items():
        if name == "rate_e8":
            shown.append(rate(value // 100, 4))
        elif name in ("of", "kind"):
            shown.append(word(COMPONENTS, value))
        elif name in DETAILS:
            shown.append(f"{DETAILS[name]} {value}")
    return enumerated(shown)


#: details of an event that say when and how many
DETAILS: dict[str, Any] = {
    "until": gettext_lazy("until"),
    "begin": gettext_lazy("from"),
    "due": gettext_lazy("due date"),
    "new_due": gettext_lazy("to"),
    "extra_instalments": gettext_lazy("further instalments"),
    "grace": gettext_lazy("instalments without principal"),
    "instalments": gettext_lazy("instalments"),
    "every": gettext_lazy("every"),
}


def compared(then: Dossier, now: Dossier) -> list[dict[str, Any]]:
    """What was owed on a day by what was known then and by what is known now, component by component."""
    names = (
        ("principal_fen", _("Principal")),
        ("interest_due_fen", _("Interest that has fallen due")),
        ("accrued_fen", _("Interest since the last due date")),
        ("penalty_fen", _("Penalty and compound interest")),
        ("fee_fen", _("Fees")),
        ("to_close_fen", _("Closes the loan on this day")),
    )
    before, after = then.owed, now.owed
    rows = [{"label": label, "then_fen": getattr(before, name), "now_fen": getattr(after, name)} for name, label in names]
    known = [row for row in rows if None not in row.values()]
    return [{**row, "change_fen": row["now_fen"] - row["then_fen"], "total": row["label"] == names[-1][1]} for row in known]


def transfer_rows(entries: Iterable[Any], language: str, loan_id: int | None = None) -> list[dict[str, Any]]:
    """Each transfer of some entries with the names of both accounts; of entries over several loans only those of `loan_id`."""
    return [
        {
            "entry_id": entry.pk, "date": entry.posting_date, "act": word(BOOK_ACTS, entry.act), "amount_fen": transfer.amount_fen,
            "debit": account_name(transfer.debit_account, language), "credit": account_name(transfer.credit_account, language),
            "debit_code": transfer.debit_account.code, "credit_code": transfer.credit_account.code,
        }
        for entry in entries
        for transfer in entry.transfers.all()
        if loan_id is None or loan_id in (transfer.loan_id, entry.loan_id)
    ]  # fmt: skip


def account_name(account: Any, language: str) -> str:
    """Code and name of an account: the chart is Chinese, with an English name beside it."""
    return f"{account.code} {account.name_english if language == 'en' else account.name}"
