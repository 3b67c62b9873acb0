"""Whatever is changed past Puhui's actions, by somebody who owns the tables, the proof finds and names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from tests.faults.acts import EVERY_THREE_DAYS
from tests.loans.conftest import OPENED, proved

COUNTERS = (
    "lent_fen", "principal_repaid_fen", "interest_earned_fen", "interest_due_fen", "interest_paid_fen", "penalty_earned_fen",
    "penalty_paid_fen", "fee_due_fen", "fee_paid_fen", "overpaid_fen",
)  # fmt: skip
OTHER_COLUMNS = ("state_date", "overdue_since", "next_action_date", "event_count", "amount_fen", "rate_ppm", "probability_ppm", "start")
OF_INSTALMENTS = (
    "principal_fen",
    "interest_fen",
    "fee_fen",
    "penalty_fen",
    "compound_fen",
    "paid_fen",
    "balance_fen",
    "number",
    "due",
    "start",
)

# statement, statement that mends it
CHANGES = [
    *((f"UPDATE loans_loan SET {column} = {column} + 1", f"UPDATE loans_loan SET {column} = {column} - 1") for column in COUNTERS),
    *(
        (f"UPDATE loans_loan SET {column} = {column} + 1", f"UPDATE loans_loan SET {column} = {column} - 1")
        for column in OTHER_COLUMNS
    ),
    ("UPDATE loans_loan SET status = 'closed'", "UPDATE loans_loan SET status = 'overdue'"),
    ("UPDATE loans_loan SET risk_class = 'A'", "UPDATE loans_loan SET risk_class = 'B'"),
    ("UPDATE loans_loan SET interest_path[2] = interest_path[2] + 1", "UPDATE loans_loan SET interest_path[2] = interest_path[2] - 1"),
    ("UPDATE loans_loan SET penalty_path[2] = penalty_path[2] + 1", "UPDATE loans_loan SET penalty_path[2] = penalty_path[2] - 1"),
    (
        "UPDATE loans_loan SET terms = jsonb_set(terms, '{rate_annual}', '\"0.01\"')",
        "UPDATE loans_loan SET terms = jsonb_set(terms, '{rate_annual}', '\"0.0725\"')",
    ),
    *(
        (f"UPDATE loans_instalment SET {column} = {column} + 9", f"UPDATE loans_instalment SET {column} = {column} - 9")
        for column in OF_INSTALMENTS
    ),
    (
        "CREATE TABLE gone AS SELECT * FROM loans_instalment WHERE number = 4; DELETE FROM loans_instalment WHERE number = 4",
        "INSERT INTO loans_instalment SELECT * FROM gone; DROP TABLE gone",
    ),
    *(
        (f"UPDATE loans_event SET {change} WHERE type = 'repayment'", f"UPDATE loans_event SET {back} WHERE number = 2")
        for change, back in (
            ("amount_fen = amount_fen + 1", "amount_fen = amount_fen - 1"),
            ("date = date - 1", "date = date + 1"),
            ("known_on = known_on - 1", "known_on = known_on + 1"),
            ("type = 'payoff'", "type = 'repayment'"),
            ("detail = '{\"moon\": 1}'", "detail = '{}'"),
        )
    ),
    (
        "CREATE TABLE gone AS SELECT * FROM loans_event WHERE number = 2; DELETE FROM loans_event WHERE number = 2",
        "INSERT INTO loans_event SELECT * FROM gone; DROP TABLE gone",
    ),
    ("UPDATE loans_contract SET text = text || '。'", "UPDATE loans_contract SET text = left(text, -1)"),
    ("UPDATE loans_contract SET amount_fen = amount_fen + 1", "UPDATE loans_contract SET amount_fen = amount_fen - 1"),
    ("UPDATE loans_signature SET text_digest = reverse(text_digest)", "UPDATE loans_signature SET text_digest = reverse(text_digest)"),
    (
        "UPDATE decisions_exposure SET outstanding_fen = outstanding_fen - 1",
        "UPDATE decisions_exposure SET outstanding_fen = outstanding_fen + 1",
    ),
    (
        "UPDATE loans_dayendstep SET figures = jsonb_set(figures, '{interest_fen}', '1') WHERE step = 'accrue' AND date = '2026-01-16'",
        "UPDATE loans_dayendstep SET figures = jsonb_set(figures, '{interest_fen}', '1208') WHERE step = 'accrue' AND date = '2026-01-16'",
    ),
]  # fmt: skip


@pytest.fixture
def late_loan(lender: Any, cleared_contract: Callable[..., Any]) -> Any:
    """A loan five days old, with part of its first instalment paid and penalty running; its contract is signed."""
    from puhui.loans.actions import draw_down, repay
    from puhui.loans.day_end import run
    from puhui.loans.models import Signature

    contract = cleared_contract(EVERY_THREE_DAYS)
    Signature.objects.create(contract=contract, party="borrower", signer="王小云", method="paper", text_digest=contract.text_digest)
    loan = draw_down(contract, "payout", "officer")
    run(lender, OPENED + timedelta(days=3), "test")
    repay(loan, 500_000, "part", "officer")
    run(lender, OPENED + timedelta(days=4), "test")
    return loan


def test_every_change_is_found(lender: Any, late_loan: Any, owner_connection: Any) -> None:
    assert proved(lender) == []
    unnoticed, unmended = [], []
    for change, mend in CHANGES:
        owner_connection.execute(change)
        if not proved(lender):
            unnoticed.append(change)
        owner_connection.execute(mend)
        if change.startswith("CREATE") and proved(lender):
            unmended.append(mend)
    assert (unnoticed, unmended) == ([], [])
    assert proved(lender) == []


def test_a_forged_payment_is_found(lender: Any, late_loan: Any, owner_connection: Any) -> None:
    """An event added together with the state it leads to: the loan agrees with its events, the books do not."""
    from puhui.loans.verify import findings

    owner_connection.execute(
        "INSERT INTO loans_event (institution_id, loan_id, number, type, date, known_on, amount_fen, detail, key, recorded_at, recorded_by)"
        " SELECT institution_id, loan_id, 3, type, date, known_on, 100000, detail, 'forged', recorded_at, recorded_by"
        " FROM loans_event WHERE number = 2"
    )
    what = {finding.what for finding in findings(lender)}
    assert any("has 0 entries in the books, not 1" in each for each in what)
    assert any("its state counts 2" in each for each in what)
