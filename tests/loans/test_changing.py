"""Every event of quote.md as an act: what it does to the loan and the books, and that its reversal leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from itertools import count
from typing import Any

import pytest
from tests.loans.conftest import proved

from puhui.calculations.faults import FaultsError

# 120,000.00 in one sum after a month at 3.6%: 12.00 a night. On 2026-02-20 five days past due.
NOTE = {
    "amount": "120000.00", "rate_annual": "0.036", "day_count": "ACT/360", "instalments": 1, "every": "1 month", "method": "bullet",
    "penalty": {"markup_overdue": "0.5", "markup_misuse": "1.0"},
}  # fmt: skip
MONTHLY = {
    "amount": "120000.00", "rate_annual": "0.036", "day_count": "M/360", "instalments": 12, "every": "1 month", "method": "equal_principal",
    "penalty": {"markup_overdue": "0.5", "markup_misuse": "1.0"},
}  # fmt: skip


@pytest.fixture
def people(lender: Any) -> dict[str, Any]:
    from puhui.parties.actions import create_user

    roles = {"officer": "officer", "collector": "collector", "risk": "risk_manager"}
    return {name: create_user(lender, name, "secret-secret", role) for name, role in roles.items()}


@pytest.fixture
def act(people: dict[str, Any]) -> Callable[..., Any]:
    """Performs an act, with the second person's word where one is needed."""
    from puhui.loans.commands import approve, perform
    from puhui.loans.models import Command

    numbers = count(1)

    def carry_out(name: str, target: Any, **arguments: Any) -> Any:
        key = f"key {next(numbers)}"
        done = perform(people["officer"], name, fresh(target), arguments, key)
        return approve(people["risk"], Command.objects.get(key=key)) if done.status == "waiting" else done

    return carry_out


def fresh(loan: Any) -> Any:
    return type(loan).objects.select_related("institution").get(pk=loan.pk)


@pytest.fixture
def on_day(lender: Any, cleared_contract: Callable[..., Any]) -> Callable[..., Any]:
    """A loan of some terms, on the morning of a day."""

    def make(terms: dict[str, Any], day: date) -> Any:
        from datetime import timedelta

        from puhui.loans.actions import draw_down
        from puhui.loans.day_end import run

        loan = draw_down(cleared_contract(terms), "payout", "officer")
        run(lender, day - timedelta(days=1), "test")
        lender.refresh_from_db()
        return fresh(loan)

    return make


def counters(loan: Any) -> Any:
    """By the fold, on the morning of the open day."""
    from puhui.loans.queries import fold_as_known

    loan = fresh(loan)
    return fold_as_known(loan, loan.institution.business_date, None).counters


LATE = date(2026, 2, 20)
# Five days past due: interest 31 nights × 12.00; penalty 5 × 120,000 × 5.4% ÷ 360; compound on the interest likewise.
INTEREST, PENALTY, COMPOUND = 37_200, 9_000, 28


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("charge", {"amount_fen": 8_000, "kind": "cost", "reason": "court fee"}),
        ("charge", {"amount_fen": 8_000, "kind": "fee", "reason": "letter"}),
        ("charge", {"amount_fen": 8_000, "kind": "penalty", "reason": "agreed fine"}),
        ("waive", {"amount_fen": 5_000, "of": "penalty", "reason": "illness"}),
        ("waive", {"amount_fen": 20, "of": "compound", "reason": "illness"}),
        ("waive", {"amount_fen": 7_200, "of": "interest", "reason": "illness"}),
        ("waive", {"amount_fen": 2_000_000, "of": "principal", "reason": "settlement"}),
        ("write_off", {"reason": "resolution 4", "evidence": "court order 9"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(str(each) for each in list(value.values())[:2]),
)
def test_an_act_and_its_reversal(
    lender: Any, on_day: Callable[..., Any], act: Callable[..., Any], name: str, arguments: dict[str, Any]
) -> None:
    """After the act the books agree with the loan; after its reversal the loan is as it was."""
    loan = on_day(NOTE, LATE)
    before = counters(loan)
    assert (before.interest_receivable, before.penalty_receivable) == (INTEREST, PENALTY + COMPOUND)
    done = act(name, loan, **arguments)
    after = counters(loan)
    assert after != before and proved(lender) == []
    if name == "waive":
        lost = {
            "penalty": "penalty_receivable",
            "compound": "penalty_receivable",
            "interest": "interest_receivable",
            "principal": "principal",
        }
        column = lost[arguments["of"]]
        assert getattr(before, column) - getattr(after, column) == arguments["amount_fen"]
    if name == "charge":
        owed = [each.penalty_receivable + each.fee_receivable for each in (before, after)]
        assert owed[1] - owed[0] == 8_000
    if name == "write_off":
        assert fresh(loan).status == "written_off"
    act("reverse", loan, event=done.result.number, reason="entered by mistake")
    assert counters(loan) == before and fresh(loan).status == "overdue"
    assert proved(lender) == []
    with pytest.raises(FaultsError, match="reversed already"):
        act("reverse", loan, event=done.result.number, reason="again")


def test_a_waived_penalty_calls_for_no_debit(lender: Any, on_day: Callable[..., Any], act: Callable[..., Any]) -> None:
    """Of it nothing is owed any more: with money on the account the night has nothing to debit."""
    from puhui.loans.actions import deposit
    from puhui.loans.day_end import run
    from puhui.loans.outlook import look
    from puhui.loans.queries import fold_as_known

    loan = on_day(MONTHLY, LATE)
    rows = fold_as_known(loan, LATE, None).position.rows
    for of in ("penalty", "compound"):
        act("waive", loan, amount_fen=sum(row.owed(of) for row in rows), of=of, reason="illness")
    deposit(loan.firm, 30_000_000)
    assert not look(lender, LATE, ["collect"]).is_quiet("collect")  # what was due is still to be taken
    run(lender, LATE, "test")
    after = fresh(loan)
    assert after.overdue_since is None and after.penalty_earned_fen == after.penalty_waived_fen > after.penalty_paid_fen == 0
    assert look(lender, LATE + timedelta(days=1), ["collect"]).is_quiet("collect")


@pytest.mark.parametrize(
    ("name", "arguments", "interest"),
    # 31 days from 15 January to 15 February at 12.00 a night: 372.00.
    [
        ("change_rate", {"rate_annual": "0.048", "reason": "agreed"}, 10 * 1_200 + 21 * 1_600),
        ("pause", {"until": "2026-01-29", "reason": "flood"}, (31 - 5) * 1_200),
    ],
)
def test_an_act_on_a_loan_in_order(
    lender: Any, on_day: Callable[..., Any], act: Callable[..., Any], name: str, arguments: dict[str, Any], interest: int
) -> None:
    loan = on_day({**MONTHLY, "day_count": "ACT/360"}, date(2026, 1, 25))
    was = loan.instalments.get(number=1).interest_fen
    before = counters(loan)
    done = act(name, loan, **arguments)
    assert fresh(loan).instalments.get(number=1).interest_fen == interest and proved(lender) == []
    act("reverse", loan, event=done.result.number, reason="entered by mistake")
    assert fresh(loan).instalments.get(number=1).interest_fen == was and counters(loan) == before
    assert proved(lender) == []


@pytest.mark.parametrize(
    ("name", "terms", "arguments", "where"),
    [
        ("pause", MONTHLY, {"until": "2026-01-20", "reason": "flood"}, "until"),
        ("record_misuse", MONTHLY, {"amount_fen": 1_000_00, "until": "2026-01-20", "evidence": "statement 3"}, "until"),
        (
            "record_misuse",
            {key: value for key, value in MONTHLY.items() if key != "penalty"},
            {"amount_fen": 1_000_00, "until": "2026-01-29", "evidence": "statement 3"},
            "event",
        ),
    ],
)
def test_a_span_that_ends_before_it_begins_and_misuse_without_a_penalty_are_refused(
    on_day: Callable[..., Any], act: Callable[..., Any], name: str, terms: dict[str, Any], arguments: dict[str, Any], where: str
) -> None:
    """A pause turned round would charge its nights twice."""
    loan = on_day(terms, date(2026, 1, 25))
    before = counters(loan)
    with pytest.raises(FaultsError) as refused:
        act(name, loan, **arguments)
    assert [fault.where for fault in refused.value.faults] == [where]
    assert counters(loan) == before


def test_termination_makes_everything_due(lender: Any, on_day: Callable[..., Any], act: Callable[..., Any]) -> None:
    from puhui.loans.day_end import run

    loan = on_day(MONTHLY, LATE)  # the first instalment is five days past due
    before = counters(loan)
    done = act("terminate", loan, reason="article 12, letter of 19 February")
    assert fresh(loan).status == "terminated" and proved(lender) == []
    assert fresh(loan).instalments.filter(due__gt=LATE).count() == 0
    after = counters(loan)
    assert (after.principal, after.accrued_interest) == (12_000_000, 0)
    run(lender, LATE, "test")
    assert proved(lender) == []
    act("reverse", loan, event=done.result.number, reason="the letter did not arrive")
    run(lender, date(2026, 2, 21), "test")
    assert before.principal == counters(loan).principal and fresh(loan).status == "overdue" and proved(lender) == []


@pytest.mark.parametrize("called_in_after", [40, 120])
def test_a_loan_called_in_brings_no_income_once_it_is_late_for_long(
    lender: Any, act: Callable[..., Any], on_day: Callable[..., Any], called_in_after: int
) -> None:
    """120,000.00 at 3.6%, each month's principal and interest unpaid: called in before or after the ninety-first day, it is late all the
    same, and what it owes stands in the memo books until it is paid."""
    from puhui.books.queries import balances_by_role
    from puhui.loans import day_end

    def reach(day: date) -> dict[str, int]:
        day_end.run(lender, day - timedelta(days=1), "test")
        lender.refresh_from_db()
        return balances_by_role(lender, day)

    first_due = date(2026, 2, 15)
    loan = on_day(MONTHLY, first_due)
    reach(first_due + timedelta(days=called_in_after))
    act("terminate", loan, reason="article 12")
    at_last, later = (reach(first_due + timedelta(days=days)) for days in (max(called_in_after, 92), 140))
    assert fresh(loan).status == "terminated" and proved(lender) == []
    unpaid = ("accrued_interest", "interest_receivable", "penalty_receivable")
    assert not any(held[role] for role in unpaid for held in (at_last, later))
    assert later["memo_interest"] > at_last["memo_interest"] > 0
    income = ("interest_income", "penalty_income")
    assert [later[role] for role in income] == [at_last[role] for role in income]
    act("pay_off", loan)
    held = balances_by_role(lender, lender.business_date)
    assert held["memo_interest"] == 0 and -held["interest_income"] > -later["interest_income"] and proved(lender) == []


def test_misuse_bears_its_own_rate_and_makes_the_class_worse(lender: Any, on_day: Callable[..., Any], act: Callable[..., Any]) -> None:
    from puhui.loans.class_queries import class_of

    loan = on_day(NOTE, date(2026, 1, 25))
    before = counters(loan)
    act("record_misuse", loan, amount_fen=6_000_000, until="2026-01-24", on="2026-01-20", evidence="transfer to a broker")
    after = counters(loan)
    # Five nights on 60,000: 6.00 a night of interest less, 12.00 a night of penalty.
    assert before.interest_earned - after.interest_earned == 5 * 600
    assert after.penalty_earned - before.penalty_earned == 5 * 1_200
    assert class_of(loan) == "special_mention" and proved(lender) == []


def test_money_back_after_the_loan_was_written_off(lender: Any, on_day: Callable[..., Any], act: Callable[..., Any]) -> None:
    from puhui.loans.day_end import run

    loan = on_day(NOTE, LATE)
    with pytest.raises(FaultsError, match="written_off"):
        act("recover", loan, amount_fen=100_000)
    act("write_off", loan, reason="resolution 4", evidence="court order 9")
    assert proved(lender) == []
    run(lender, LATE, "test")
    act("recover", loan, amount_fen=1_000_000)
    assert fresh(loan).status == "written_off" and proved(lender) == []
    run(lender, date(2026, 2, 22), "test")
    assert proved(lender) == []


def test_a_backdated_change_posts_the_difference_today(lender: Any, on_day: Callable[..., Any], act: Callable[..., Any]) -> None:
    from puhui.books.models import Entry

    loan = on_day({**MONTHLY, "day_count": "ACT/360"}, date(2026, 1, 25))
    done = act("change_rate", loan, rate_annual="0.048", reason="agreed on the 20th", on="2026-01-20")
    entry = Entry.objects.get(event_id=done.result.pk)
    assert (entry.posting_date, entry.effective_date) == (date(2026, 1, 25), date(2026, 1, 20))
    # Five nights at 16.00 and not 12.00, and the night of the 24th, which this entry books along.
    assert [transfer.amount_fen for transfer in entry.transfers.all()] == [5 * 400 + 1_200]
    assert proved(lender) == []


def test_what_an_act_refuses(lender: Any, on_day: Callable[..., Any], act: Callable[..., Any]) -> None:
    loan = on_day(NOTE, LATE)
    for name, arguments, words in (
        ("waive", {"amount_fen": 99_000, "of": "penalty", "reason": "illness"}, "at most 90.00"),
        ("waive", {"amount_fen": 1_000, "of": "penalty", "reason": "illness", "on": "2026-02-21"}, "the open day"),
        ("change_rate", {"rate_annual": "4.8", "reason": "agreed"}, "rate_annual"),
        ("refund", {"amount_fen": 1_000, "reason": "paid too much"}, "at most the overpayment"),
        ("reverse", {"event": 1, "reason": "never happened"}, "drawdown"),
    ):
        with pytest.raises(FaultsError, match=words):
            act(name, loan, **arguments)
    assert fresh(loan).event_count == 1 and proved(lender) == []


def test_an_overpayment_of_a_closed_loan_goes_back(lender: Any, on_day: Callable[..., Any], act: Callable[..., Any]) -> None:
    """A cost of 300.00 is paid with all that was owed, then undone: the loan is closed, and the 300.00 are the borrower's."""
    from puhui.books.queries import balances_by_role
    from puhui.loans.queries import owed

    loan = on_day(NOTE, date(2026, 2, 15))
    charged = act("charge", loan, amount_fen=30_000, kind="cost", reason="notary").result
    act("repay", loan, amount_fen=owed(fresh(loan), date(2026, 2, 15)).due_fen)
    assert fresh(loan).status == "closed"
    act("reverse", loan, event=charged.number, reason="charged for another loan")
    assert (fresh(loan).status, fresh(loan).overpaid_fen) == ("closed", 30_000)
    with pytest.raises(FaultsError, match=r"at most the overpayment, 300\.00"):
        act("refund", loan, amount_fen=30_001, reason="paid too much")
    act("refund", loan, amount_fen=30_000, reason="paid too much")
    assert (fresh(loan).status, fresh(loan).overpaid_fen) == ("closed", 0)
    assert balances_by_role(lender, lender.business_date)["overpayment"] == 0 and proved(lender) == []


def test_a_flat_loan_is_kept_though_nothing_says_what_closes_it_early(
    lender: Any, on_day: Callable[..., Any], act: Callable[..., Any]
) -> None:
    """Interest of the first amount all along: what is due is taken and told, and what an early end would take is said to be open."""
    from puhui.console.loan_reasons import reasons
    from puhui.loans.queries import dossier, owed

    loan = on_day({**MONTHLY, "method": "flat"}, LATE)
    standing = owed(loan, LATE)
    assert standing.to_close_fen is None and standing.most_fen == standing.due_fen > 1_000_000
    assert "closing" not in [each.code for each in reasons(dossier(loan, LATE))]
    act("repay", loan, amount_fen=standing.due_fen)
    assert owed(fresh(loan), LATE).due_fen == 0 and proved(lender) == []
    with pytest.raises(FaultsError, match="flat"):
        act("pay_off", loan)
