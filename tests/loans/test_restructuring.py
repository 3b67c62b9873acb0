"""Other dates and terms for a loan that runs: payment day, extension within its limits, restructuring with observation and class."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from itertools import count
from typing import Any

import pytest
from tests.loans.conftest import proved

from puhui.calculations.faults import FaultsError

# Due in one sum on 2026-03-15, two months after 2026-01-15.
NOTE = {
    "amount": "120000.00", "rate_annual": "0.036", "day_count": "ACT/360", "instalments": 1, "every": "2 month", "method": "bullet",
    "penalty": {"markup_overdue": "0.5"},
}  # fmt: skip
MONTHLY = {**NOTE, "instalments": 12, "every": "1 month", "method": "equal_principal", "day_count": "ACT/360"}
DAY = date(2026, 2, 20)


@pytest.fixture
def act(lender: Any) -> Callable[..., Any]:
    from puhui.loans.commands import approve, perform
    from puhui.loans.models import Command
    from puhui.parties.actions import create_user

    officer, risk = (create_user(lender, name, "secret-secret", role) for name, role in (("officer", "officer"), ("risk", "risk_manager")))
    numbers = count(1)

    def carry_out(name: str, target: Any, **arguments: Any) -> Any:
        key = f"key {next(numbers)}"
        done = perform(officer, name, fresh(target), arguments, key)
        return approve(risk, Command.objects.get(key=key)) if done.status == "waiting" else done

    return carry_out


def fresh(loan: Any) -> Any:
    return type(loan).objects.select_related("institution").get(pk=loan.pk)


@pytest.fixture
def on_day(lender: Any, cleared_contract: Callable[..., Any]) -> Callable[..., Any]:
    def make(terms: dict[str, Any], day: date = DAY) -> Any:
        from puhui.loans.actions import draw_down
        from puhui.loans.day_end import run

        loan = draw_down(cleared_contract(terms), f"payout {day}", "officer")
        run(lender, day - timedelta(days=1), "test")
        lender.refresh_from_db()
        return fresh(loan)

    return make


def dues(loan: Any) -> list[date]:
    return list(loan.instalments.order_by("number").values_list("due", flat=True))


def test_a_changed_payment_day(lender: Any, on_day: Callable[..., Any], act: Callable[..., Any]) -> None:
    from puhui.loans.actions import repay
    from puhui.loans.queries import owed

    loan = on_day(MONTHLY)
    repay(loan, owed(loan, DAY).due_fen, "pay", "officer")
    moved = act("move_due_date", loan, due="2026-03-15", new_due="2026-03-25", later="follow", reason="paid on the 20th")
    assert moved.answer["maturity"] == "2027-01-25"
    assert dues(loan)[:4] == [date(2026, 2, 15), date(2026, 3, 25), date(2026, 4, 25), date(2026, 5, 25)]
    assert proved(lender) == []
    with pytest.raises(FaultsError, match="Extend the loan instead"):
        act("move_due_date", loan, due="2026-04-25", new_due="2026-08-25", later="follow", reason="season")


def test_extension_within_the_own_term(lender: Any, on_day: Callable[..., Any], act: Callable[..., Any]) -> None:
    """Two months may become four and no more, all extensions together."""
    from puhui.loans.class_queries import class_of
    from puhui.loans.day_end import run

    loan = on_day(NOTE)
    asked = {"in_difficulty": "no", "reason": "the buyer pays later"}
    with pytest.raises(FaultsError, match="not after 2026-05-15"):
        act("extend", loan, new_due="2026-05-16", **asked)
    with pytest.raises(FaultsError, match="either new_due"):
        act("extend", loan, **asked)
    done = act("extend", loan, new_due="2026-04-15", **asked)
    assert (done.answer["maturity"], done.answer["class"]) == ("2026-04-15", None)
    assert dues(loan) == [date(2026, 4, 15)] and fresh(loan).instalments.get().interest_fen == 90 * 1_200
    assert class_of(loan) == "normal" and proved(lender) == []
    act("extend", loan, new_due="2026-05-15", **asked)
    with pytest.raises(FaultsError, match="after 2026-05-15 and not after 2026-05-15"):
        act("extend", loan, new_due="2026-05-20", **asked)
    run(lender, date(2026, 3, 16), "test")
    assert fresh(loan).status == "performing" and proved(lender) == []


def test_extension_takes_the_rate_of_the_total_term(lender: Any, on_day: Callable[..., Any], act: Callable[..., Any]) -> None:
    """Twelve months become fifteen: the rate of one to five years holds from the act on."""
    loan = on_day({**NOTE, "every": "12 month"})
    asked = {"in_difficulty": "no", "reason": "the buyer pays later", "new_due": "2027-04-15"}
    with pytest.raises(FaultsError, match="the rate of a term of one to five years"):
        act("extend", loan, **asked)
    act("extend", loan, rate_annual="0.042", **asked)
    assert [event.type for event in loan.events.order_by("number")] == ["drawdown", "reschedule", "rate_change"]
    # 36 nights at 12.00 to 20 February, then to 2027-04-15 at 14.00.
    assert fresh(loan).instalments.get().interest_fen == 36 * 1_200 + (date(2027, 4, 15) - DAY).days * 1_400
    assert proved(lender) == []


def test_an_extension_in_difficulty_is_a_restructuring(lender: Any, on_day: Callable[..., Any], act: Callable[..., Any]) -> None:
    from puhui.loans.class_queries import outlook
    from puhui.loans.credit_models import Restructuring
    from puhui.loans.securing import add_security

    loan = on_day(NOTE)
    add_security(loan.contract, "guarantor", "王大海", "guarantee 3", "officer")
    asked = {"in_difficulty": "yes", "reason": "the buyer failed", "new_due": "2026-05-15"}
    with pytest.raises(FaultsError, match="consent of 王大海"):
        act("extend", loan, **asked)
    with pytest.raises(FaultsError, match="secures nothing"):
        act("extend", loan, **asked, consents={"王大海": "letter 8", "somebody": "letter 9"})
    done = act("extend", loan, **asked, consents={"王大海": "letter 8"})
    assert done.answer["class"] == "special_mention"
    row = Restructuring.objects.get()
    assert (row.kind, row.observed_from, row.observed_until, row.was_non_performing) == (
        "extension", date(2026, 5, 15), date(2027, 5, 15), False,
    )  # fmt: skip
    seen = outlook(fresh(loan), DAY)
    assert [each.article.code for each in seen.holds] == ["restructured"]
    assert [(clock.clock, clock.until) for clock in seen.clocks] == [("observation", date(2027, 5, 15))]


@pytest.mark.parametrize(
    ("measures", "expected"),
    [
        ({"begin": "2026-02-15", "every": "1 month", "instalments": 6, "method": "equal_principal"}, 7),
        ({"begin": "2026-02-15", "extra_instalments": 3}, 15),
        ({"rate_annual": "0.024"}, 12),
        ({"waiver": {"of": "principal", "amount_fen": 500_000}}, 12),
    ],
    ids=["new plan", "more instalments", "rate", "waiver"],
)
def test_measures_of_a_restructuring(
    lender: Any, on_day: Callable[..., Any], act: Callable[..., Any], measures: dict[str, Any], expected: int
) -> None:
    """Whatever is eased: observed for a year or two instalments from the next due date, at least special mention, books in step."""
    from puhui.loans.credit_models import Restructuring
    from puhui.loans.day_end import run

    loan = on_day(MONTHLY, DAY if "waiver" in measures else date(2026, 2, 10))  # what is forgiven is due
    done = act("restructure", loan, difficulty="sales fell by 60%", **measures)
    assert done.answer["class"] == "special_mention"  # arrears from before it are no failure of it
    assert len(dues(loan)) == expected and proved(lender) == []
    row = Restructuring.objects.get()
    assert row.observed_from in (date(2026, 2, 15), date(2026, 3, 15)) and row.observed_until >= date(2027, 2, 15)
    run(lender, date(2026, 2, 21), "test")
    assert proved(lender) == []


def test_failing_again_under_observation(lender: Any, on_day: Callable[..., Any], act: Callable[..., Any]) -> None:
    """A second restructuring within the observation: at least substandard, and a new observation."""
    from puhui.loans.class_queries import class_of, outlook

    loan = on_day(MONTHLY, date(2026, 2, 10))
    act("restructure", loan, difficulty="sales fell by 60%", rate_annual="0.03")
    assert class_of(loan) == "special_mention"
    done = act("restructure", loan, difficulty="sales fell further", rate_annual="0.024", on="2026-02-09")
    assert done.answer["class"] == "substandard" and class_of(loan) == "substandard"
    codes = [each.article.code for each in outlook(fresh(loan), date(2026, 2, 10)).holds]
    assert codes == ["restructured", "restructured_failed"]


def test_what_a_restructuring_refuses(lender: Any, on_day: Callable[..., Any], act: Callable[..., Any]) -> None:
    loan = on_day(MONTHLY, date(2026, 2, 10))
    with pytest.raises(FaultsError, match="measures"):
        act("restructure", loan, difficulty="sales fell")
    with pytest.raises(FaultsError, match="every, instalments and method"):
        act("restructure", loan, difficulty="sales fell", extra_instalments=3, grace=2)
    with pytest.raises(FaultsError, match="of and amount_fen"):
        act("restructure", loan, difficulty="sales fell", waiver={"of": "penalty"})
    assert fresh(loan).event_count == 1
