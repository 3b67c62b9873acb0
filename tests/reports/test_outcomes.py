"""Which loans had defaulted by a day, told by the database, against a fold of every loan from the events that were known then."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.examples import examples
from tests.faults.acts import EVERY_THREE_DAYS
from tests.loans.conftest import OPENED, make_cleared_contract
from tests.loans.conftest import cleared_contract as cleared_contract
from tests.loans.conftest import lender as lender
from tests.loans.test_any_life import BULLET, LEVEL, act, codes, live


def by_folds(lender: Any, day: date, more_than_days: int) -> list[tuple[int, date, bool]]:
    """Each loan on its own, with nothing of what stands in the table of loans but its terms."""
    from puhui.loans.keeping import fold_loan
    from puhui.loans.models import Event, Loan

    found = []
    for loan in Loan.objects.filter(institution=lender, start__lte=day).select_related("contract").order_by("pk"):
        known = list(Event.objects.filter(loan=loan, known_on__lte=day).order_by("number"))
        fold = fold_loan(loan, known, day)
        late = fold.overdue_since is not None and (day - fold.overdue_since).days > more_than_days
        found.append((loan.contract.decision_id, loan.start, late or fold.position.status == "written_off"))
    return found


@pytest.mark.usefixtures("database")
@examples(4)
@example([EVERY_THREE_DAYS, LEVEL], [("deposit", 0, 1.3), ("nights", 4), ("nights", 4), ("repay", 1, 0.5, 4), ("nights", 4)])
@example([LEVEL, LEVEL], [("deposit", 0, 0.5), ("nights", 3), ("repay", 0, 0.25, 0), ("nights", 4), ("pay off", 0), ("nights", 4)])
@given(st.lists(st.sampled_from([EVERY_THREE_DAYS, LEVEL, BULLET]), min_size=2, max_size=2), st.lists(act, min_size=4, max_size=9))
def test_outcomes_of_any_life_are_those_of_its_folds(terms: list[dict[str, Any]], acts: list[tuple[Any, ...]]) -> None:
    from puhui.books.actions import open_books
    from puhui.loans.actions import draw_down
    from puhui.parties.actions import create_institution
    from puhui.reports.outcomes import outcomes

    bank = create_institution(f"PAST{next(codes)}", "云溪县农村商业银行", "bank", OPENED)
    open_books(bank, "test")
    loans = [draw_down(make_cleared_contract(bank, number, each), f"draw {number}", "test") for number, each in enumerate(terms, 1)]
    live(bank, loans, acts)
    bank.refresh_from_db()
    for number in range((bank.business_date - OPENED).days + 1):
        day = OPENED + timedelta(days=number)
        for more_than_days in (0, 1, 3):
            assert outcomes(bank, day, more_than_days) == by_folds(bank, day, more_than_days), (day, more_than_days)


def test_few_loans_are_folded(lender: Any, cleared_contract: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Punctual ones are told by the database alone, though all of them changed since; late ones and a written-off one are folded."""
    from puhui.loans.actions import deposit, draw_down
    from puhui.loans.day_end import run
    from puhui.loans.keeping import Change, NewEvent, keep
    from puhui.loans.models import Loan
    from puhui.reports import outcomes as told

    punctual, late, lost = (draw_down(cleared_contract(EVERY_THREE_DAYS), f"draw {number}", "officer") for number in range(3))
    deposit(punctual.firm, 9_000_000_00)
    written_off = OPENED + timedelta(days=6)
    run(lender, written_off - timedelta(days=1), "test")
    lender.refresh_from_db()
    keep(lender, written_off, [Change(Loan.objects.get(pk=lost.pk), "write_off", NewEvent("write_off", written_off, "lost"))], "test")
    run(lender, written_off + timedelta(days=12), "test")
    lender.refresh_from_db()
    folded: list[int] = []
    real = told.fold_loan
    monkeypatch.setattr(told, "fold_loan", lambda loan, *rest: folded.append(loan.pk) or real(loan, *rest))
    for number in range(18):
        day = OPENED + timedelta(days=number)
        found = told.outcomes(lender, day, 1)
        assert found == by_folds(lender, day, 1), day
        assert [defaulted for *_, defaulted in found] == [False, number > 4, number > 4], day
    assert set(folded) == {late.pk, lost.pk} and len(folded) < 2 * 18
