"""The acts that are killed in the middle, each as the platform does it, and what an institution looks like afterwards.

Two institutions with the same loans stand side by side: what is done to the one in a single breath is done to the other with kills
in between. In the end both must tell the same.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest import mock

from tests.loans.conftest import OPENED, make_cleared_contract

CODES = ("KILLED", "TWIN")
LAST_DAY = OPENED + timedelta(days=8)

EVERY_THREE_DAYS = {
    "amount": "60000.00", "rate_annual": "0.0725", "day_count": "ACT/360", "instalments": 4, "every": "3 day",
    "method": "equal_principal", "penalty": {"markup_overdue": "0.5"},
}  # fmt: skip
# Part of the two instalments that fall due which lies on each borrower's account: enough, none, some, more than enough.
MONEY_YUAN = (31_000, 0, 20_000, 90_000, 10_000, 15_150)


def found() -> None:
    """Two lenders with the same six cleared contracts each."""
    from puhui.books.actions import open_books
    from puhui.parties.actions import create_institution

    for code in CODES:
        institution = create_institution(code, "云溪县农村商业银行", "bank", OPENED)
        open_books(institution, "test")
        for number in range(1, len(MONEY_YUAN) + 1):
            make_cleared_contract(institution, number, EVERY_THREE_DAYS)


def pay_out(institution: Any) -> None:
    """The first half one by one, the rest together."""
    from puhui.loans.actions import draw_down, draw_down_many
    from puhui.loans.models import Contract

    requests = [(contract, f"payout {contract.pk}") for contract in Contract.objects.filter(institution=institution).order_by("pk")]
    half = len(requests) // 2
    for contract, key in requests[:half]:
        draw_down(contract, key, "officer")
    draw_down_many(institution, requests[half:], "officer")


def fill_accounts(institution: Any) -> None:
    """Money for the dues of the borrowers who have any."""
    from puhui.loans.actions import deposit
    from puhui.loans.models import Loan

    for loan, yuan in zip(Loan.objects.filter(institution=institution).order_by("pk").select_related("firm"), MONEY_YUAN, strict=True):
        if yuan:
            deposit(loan.firm, yuan * 100)


def end_days(institution: Any) -> None:
    """Every day to the last, in chunks of two loans; each step is told on standard output."""
    from puhui.loans import day_end, day_steps

    with mock.patch.object(day_steps, "CHUNK", 2):
        day_end.run(institution, LAST_DAY, "night run", lambda day, step, count: print(day, step, flush=True))


def decide_all(institution: Any) -> None:
    """Every application, in transactions of three."""
    from puhui.decisions import actions
    from puhui.decisions.models import Application

    with mock.patch.object(actions, "CHUNK", 3):
        actions.decide_many(institution, Application.objects.filter(institution=institution), "system")


ACTS: dict[str, Callable[[Any], None]] = {"pay out": pay_out, "end days": end_days, "decide": decide_all}


def institution_of(code: str) -> Any:
    from puhui.parties.models import Institution

    return Institution.objects.get(code=code)


def portrait(code: str) -> dict[str, Any]:
    """All that an institution's loans and books tell, without ids and clock times: equal for equal lives."""
    from puhui.books.models import AccountDay, ClosedDay, Entry
    from puhui.books.queries import balances_by_role
    from puhui.decisions.models import Exposure
    from puhui.loans.keeping import COUNTERS
    from puhui.loans.models import Contract, DayEndStep, DebitAccount, Event, Instalment, Loan, SetAside
    from puhui.parties.models import AuditRecord

    institution = institution_of(code)

    def rows(model: Any, *columns: str, **filters: Any) -> list[list[str]]:
        found = model.objects.filter(**(filters or {"institution": institution})).values_list(*columns)
        return sorted([str(value).replace(code, "") for value in row] for row in found)

    state = (
        "status",
        "state_date",
        "overdue_since",
        "next_action_date",
        "interest_path",
        "penalty_path",
        "event_count",
        "next_number",
        "run_product",
    )
    return {
        "day": str(institution.business_date),
        "contracts": rows(Contract, "number", "status"),
        "loans": rows(Loan, "number", *state, *COUNTERS.values()),
        "instalments": rows(
            Instalment,
            "loan__number",
            "number",
            "due",
            "principal_fen",
            "interest_fen",
            "penalty_fen",
            "paid_fen",
            loan__institution=institution,
        ),
        "events": rows(Event, "loan__number", "number", "type", "date", "known_on", "amount_fen"),
        "accounts": rows(DebitAccount, "firm__name", "balance_fen"),
        "exposures": rows(Exposure, "decision__offer__contract__number", "reserved_fen", "outstanding_fen"),
        "entries": rows(Entry, "act", "posting_date", "effective_date", "reference"),
        "balances": balances_by_role(institution, institution.business_date),
        "closed": rows(ClosedDay, "date", "entry_count", "transfer_count"),
        "account days": rows(AccountDay, "account__code", "date", "debit_fen", "credit_fen"),
        "steps": rows(DayEndStep, "date", "step"),
        "set aside": rows(SetAside, "date", "reason"),
        "drawn in the audit trail": len(rows(AuditRecord, "act", institution=institution, act="loan.drawn")),
    }


def difference(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """What two portraits tell differently, part by part."""
    return {part: (one[part], other[part]) for part in one if one[part] != other[part]}
