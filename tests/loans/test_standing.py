"""What all loans stand at, kept by differences: whoever changes loans, many or few, it is what every loan added up anew gives."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from importlib import resources
from itertools import product
from typing import Any, Literal

from django.db import connection
from tests.faults.acts import EVERY_THREE_DAYS
from tests.loans.conftest import OPENED, proved


def waiting() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM loans_version")
        found: int = cursor.fetchone()[0]
    return found


def test_many_at_once_and_few_waiting(lender: Any, cleared_contract: Callable[..., Any]) -> None:
    """Sixty loans drawn by one statement are added up by it; a repayment leaves two versions, and the night reckons them."""
    from puhui.loans import day_end
    from puhui.loans.actions import draw_down_many, repay
    from puhui.loans.models import DayEndStep, Standing
    from puhui.loans.standing import differing

    contracts = [cleared_contract(EVERY_THREE_DAYS) for _ in range(60)]
    loans = draw_down_many(lender, [(contract, f"draw {contract.pk}") for contract in contracts], "officer")
    assert (waiting(), Standing.objects.count()) == (0, 1)
    standing = Standing.objects.get()
    assert (standing.loans, standing.principal_fen, standing.owed_fen) == (60, 60 * 6_000_000, 60 * 6_000_000)
    # 60,000 at 7.25% ACT/360: 12.08, 24.17, 36.25 after one, two, three nights.
    first, second, third = (OPENED + timedelta(days=night) for night in (1, 2, 3))
    interest = dict(zip(standing.nights, standing.night_interest_fen, strict=True))
    assert interest == {first: 60 * 1_208, second: 60 * 1_209, third: 60 * 1_208}

    day_end.run(lender, OPENED, "test")
    repay(loans[0], 6_000_000, "all of it", "officer")
    assert waiting() == 2 and list(differing(lender)) == []
    day_end.run(lender, OPENED + timedelta(days=1), "test")
    assert waiting() == 0 and list(differing(lender)) == []
    accrued = DayEndStep.objects.get(step="accrue", date=OPENED + timedelta(days=1)).figures
    assert (accrued["loans"], accrued["interest_fen"], accrued["differences"]) == (59, 59 * 1_208, {})
    day_end.run(lender, OPENED + timedelta(days=3), "test")
    assert list(differing(lender)) == [] and proved(lender) == []


def test_totals_that_are_wrong_are_found_and_taken_anew(lender: Any, cleared_contract: Callable[..., Any], owner_connection: Any) -> None:
    """Whether the totals were written past the actions or a loan was: the night tells it, and so does the proof."""
    from puhui.loans import day_end
    from puhui.loans.actions import draw_down
    from puhui.loans.models import DayEndStep
    from puhui.loans.rebuilding import rebuild

    loan = draw_down(cleared_contract(EVERY_THREE_DAYS), "draw", "officer")

    def differences(day: Any) -> Any:
        day_end.run(lender, day, "test")
        return DayEndStep.objects.get(step="accrue", date=day).figures["differences"]

    assert differences(OPENED) == {}
    owner_connection.execute("UPDATE loans_standing SET principal_fen = principal_fen + 1")
    assert differences(OPENED + timedelta(days=1)) == {"principal": [6_000_001, 6_000_000]}
    assert [finding.where for finding in proved(lender)] == ["standing of loans"]
    rebuild(lender, mend=True)
    assert proved(lender) == []
    owner_connection.execute("UPDATE loans_loan SET principal_repaid_fen = 1 WHERE id = %s", [loan.pk])
    assert differences(OPENED + timedelta(days=2)) == {"principal": [5_999_999, 6_000_000]}
    assert "standing of loans" not in {finding.where for finding in proved(lender)}  # they follow the loan, which is wrong


def test_three_texts_agree_with_the_rule_on_when_interest_is_no_income(database: str) -> None:
    """The totals, the sub-ledger and the run of expected loss each name the rule, since migrations read the first as it stands: whatever a
    loan's profile, state and arrears, they say what `Accounting.suspends` says."""
    from puhui.calculations.counters import Accounting

    statuses = ("undrawn", "performing", "overdue", "non_accrual", "terminated", "written_off", "closed")
    profiles: tuple[Literal["house_rule", "cas_22"], ...] = ("house_rule", "cas_22")
    states = list(product(profiles, statuses, (None, 0, 1, 89, 90, 91, 270)))
    expected = [Accounting(profile).suspends(status, late or 0) for profile, status, late in states]
    assert expected.count(True) == 4
    rows = ", ".join("(%s, %s, date '2026-06-30', date '2026-06-30' - %s::int)" for _ in states)
    for name, alias in (("standing", "suspended"), ("sub_ledger", "suspended"), ("loss_detail", "brings_nothing")):
        text = resources.files("puhui.loans").joinpath(f"sql/{name}.sql").read_text(encoding="utf-8")
        (rule,) = re.findall(rf"((?:loan\.)?non_accrual_profile = 'house_rule' AND[^;]*?) AS {alias}\b", text)
        sql = f"SELECT coalesce({rule}, false) FROM (VALUES {rows}) AS loan (non_accrual_profile, status, state_date, overdue_since)"
        with connection.cursor() as cursor:
            cursor.execute(sql, [value for state in states for value in state])
            assert [told for (told,) in cursor.fetchall()] == expected, name
