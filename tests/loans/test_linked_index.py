"""A rate that follows the LPR and jobs at once: looks are entries of a dated list of spreads, the index keeps its own days.

120,000.00 ACT/360 from 2025-04-15 at LPR + 0.6%, set anew each month: 3.7%. The LPR was 3.10% from 2024-10-21 and 3.00% from 2025-05-20, so
15 June brings 3.6%. The product lends from 2.9% to 4.0%. Expectations are reckoned night by night with decimals (`nights`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import count
from typing import Any

import pytest
from tests.loans.conftest import make_cleared_contract, proved
from tests.loans.test_linking import CODE, LINKED, SHOWN, _record, fresh, interest_earned
from tests.loans.test_repricing import OPENED, run_until

from puhui.calculations.faults import FaultsError

OFFERED = {
    "amount": "120000.00", "rate_annual": "0.04", "day_count": "ACT/360", "instalments": 12, "every": "1 month",
    "method": "interest_only", "penalty": {"markup_overdue": "0.5"},
}  # fmt: skip
LOOK, REPRICED, LATER = date(2025, 5, 15), date(2025, 6, 15), date(2025, 7, 5)
PUBLISHED = [(date(2024, 10, 21), Decimal("3.10")), (date(2025, 5, 20), Decimal("3.00"))]


def nights(first: date, until: date, *steps: tuple[date, str], spread: str = "0.6", low: str = "2.9", high: str = "4.0") -> int:
    """Interest of 120,000 in fen, each night by what the index was last set to on a 15th, the spread, and the step in force (points)."""
    owed, night = Decimal(0), first
    while night < until:
        months = night.month - OPENED.month - (night.day < 15)
        was_set = date(2025, OPENED.month + months, 15)
        base = [value for day, value in PUBLISHED if day < was_set][-1] + Decimal(spread)
        step = [Decimal(0), *(Decimal(points) for day, points in steps if day <= night)][-1]
        rate = min(base + step, max(base, Decimal(high))) if step > 0 else max(base + step, min(base, Decimal(low)))
        owed += 12_000_000 * rate / 100 / 360
        night += timedelta(days=1)
    return int(owed.quantize(Decimal(1), ROUND_HALF_UP))


@pytest.fixture
def bank(database: str) -> Any:
    from puhui.books.actions import open_books
    from puhui.parties.actions import create_institution

    institution = create_institution("DEMO", "云溪县农村商业银行", "bank", OPENED)
    open_books(institution, "test")
    return institution


@pytest.fixture
def people(bank: Any) -> dict[str, Any]:
    from puhui.parties.actions import create_user

    return {name: create_user(bank, name, "secret-secret", role) for name, role in (("officer", "officer"), ("risk", "risk_manager"))}


@pytest.fixture
def drawn(bank: Any, people: Any) -> Callable[..., Any]:
    """A loan by an index and by jobs, looked at every month and with the clause that what was saved is paid back."""
    numbers = count(1)

    def make(spread: str = "0.006", **linkage: Any) -> Any:
        from puhui.loans.actions import clear_contracts, deposit, draft_contract, draw_down, meet_conditions, sign
        from puhui.parties.actions import create_user
        from puhui.products.actions import store
        from puhui.products.queries import product
        from puhui.products.reading import from_body

        number = next(numbers)
        body = product(CODE, OPENED).document.body
        link = {name: value for name, value in {**LINKED, **linkage}.items() if value is not None}
        body = {**body, "linkage": [link]}
        changed = from_body(CODE, body)
        store([changed.document])
        made = make_cleared_contract(bank, number, OFFERED)
        offer = made.offer
        made.delete()
        _record(offer.decision_id, changed.digest, {"si_headcount_now": 20})
        offer.application.product_code = CODE
        offer.application.save()
        plan = {"rate_link": {"index": "LPR1Y", "spread": spread, "every": "1 month", "on": "anniversary"}}
        contract = draft_contract(offer, "officer", plan)
        for party in ("borrower", "lender"):
            sign(contract, party, "somebody", "electronic", {}, "officer")
        meet_conditions(contract, dict.fromkeys(contract.conditions.values_list("code", flat=True), "document"), "officer")
        (cleared,) = clear_contracts([contract], create_user(bank, f"checker{number}", "secret-secret", "accountant"))
        loan = draw_down(cleared, f"payout {number}", "accountant")
        deposit(loan.firm, 10_000_000)
        return loan

    return make


@pytest.fixture
def act(people: dict[str, Any]) -> Callable[..., Any]:
    """An act asked for by the officer and agreed to by another."""
    from puhui.loans.commands import approve, perform
    from puhui.loans.models import Command

    numbers = count(1)

    def carry_out(name: str, loan: Any, **arguments: Any) -> Any:
        key = f"key {next(numbers)}"
        done = perform(people["officer"], name, fresh(loan), {"code": "jobs", "evidence": SHOWN, **arguments}, key)
        assert done.status == "waiting"
        return approve(people["risk"], Command.objects.get(key=key))

    return carry_out


def rates(loan: Any) -> list[tuple[date, int]]:
    """The new rates that stand, in basis points."""
    from puhui.loans.keeping import events_of
    from puhui.loans.rate_setting import new_rates

    return [(event.date, event.detail["rate_e8"] // 10_000) for event in new_rates(events_of([loan.pk])[loan.pk])]


def fees(loan: Any) -> list[int]:
    return list(loan.events.filter(type="fee").order_by("number").values_list("amount_fen", flat=True))


def agrees(bank: Any, loan: Any, day: date) -> None:
    """The loan folds to what is kept, and a quote of the same terms has the same schedule."""
    from puhui.calculations.quote import answer
    from puhui.loans.links import rate_link_of
    from puhui.loans.rebuilding import rebuild

    assert rebuild(bank, [loan.number])[1] == []
    terms = {name: value for name, value in loan.terms.items() if name != "rate_annual"}
    quoted = answer({**terms, "start": OPENED.isoformat(), "rate_link": rate_link_of(fresh(loan), day)})
    kept = [(str(row.due), row.interest_fen) for row in loan.instalments.order_by("number") if row.due <= day]
    told = [(row["due"], round(Decimal(row["interest"]) * 100)) for row in quoted["instalments"] if row["due"] <= day.isoformat()]
    assert kept == told and len(kept) > 0


def test_looks_and_index_side_by_side(bank: Any, drawn: Any, act: Any, people: Any) -> None:
    """Loans with other lives in the same hundred days, for a day end takes long: each check names its own."""
    spreads = {"capped": "0.002"}
    names = ("plain", "corrected", "twice", "late", "timely", "capped", "hail", "same day")
    loans = {name: drawn(spreads.get(name, "0.006")) for name in names}
    run_until(bank, LOOK - timedelta(days=6))
    own_rate(loans["hail"])
    run_until(bank, LOOK - timedelta(days=1))
    previewed(loans["timely"], people["officer"])
    for name in ("corrected", "twice", "timely", "hail"):
        act("review_link", loans[name], value="0.06", on=LOOK.isoformat())
    act("review_link", loans["capped"], value="0.2", on=LOOK.isoformat())
    assert stored(loans["corrected"]) == (37_000, -3_000, 34_000)
    run_until(bank, REPRICED - timedelta(days=1))
    act("review_link", loans["same day"], value="0.06", on=REPRICED.isoformat())
    assert rates(loans["same day"]) == [(REPRICED, 330)]  # the index as it is set on that day, less the step
    run_until(bank, LATER - timedelta(days=1))
    stays(loans)
    assert statements(list(loans.values())) == statements([loans["corrected"], loans["plain"]])
    entered_late(loans["late"], loans["timely"], act)
    for name in ("plain", "corrected", "timely", "capped", "same day", "late"):
        agrees(bank, loans[name], LATER)
    assert proved(bank) == []
    corrected(loans["corrected"], act)
    corrected_twice(loans["twice"], act)
    until = LATER + timedelta(days=12)
    run_until(bank, until - timedelta(days=1))
    earned = nights(OPENED, LATER, (LOOK, "-0.3")) + nights(LATER, until, (LATER, "-0.1"))
    assert interest_earned(loans["corrected"], until) == earned
    agrees(bank, loans["corrected"], LATER)
    assert proved(bank) == []


def statements(loans: list[Any]) -> int:
    """How many statements find the new rates of loans on a repricing day."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from puhui.loans.repricing import repricings

    with CaptureQueriesContext(connection) as asked:
        assert repricings(REPRICED, [fresh(loan) for loan in loans]) == []
    return len(asked) - len(loans)


def stored(loan: Any) -> tuple[int, int, int]:
    (row,) = loan.link_reviews.all()
    return row.base_ppm, row.change_ppm, row.rate_ppm


def stays(loans: dict[str, Any]) -> None:
    """The step stays while the index moves under it, within the caps; LPR + 0.2% less 0.5 points would be 2.8%, then 2.7%: 2.9% it is."""
    assert rates(loans["plain"]) == rates(loans["late"]) == [(REPRICED, 360)]
    assert rates(loans["corrected"]) == [(LOOK, 340), (REPRICED, 330)]
    assert interest_earned(loans["corrected"], LATER) == nights(OPENED, LATER, (LOOK, "-0.3"))
    assert rates(loans["capped"]) == [(LOOK, 290)]
    assert interest_earned(loans["capped"], LATER) == nights(OPENED, LATER, (LOOK, "-0.5"), spread="0.2")
    assert rates(loans["same day"]) == [(REPRICED, 330)]
    # What a person had set holds until the index is set anew, which it was on the day of the look.
    assert rates(loans["hail"]) == [(LOOK - timedelta(days=5), 350), (LOOK, 340), (REPRICED, 330)]


def corrected(loan: Any, act: Any) -> None:
    """It was a fifth fewer: 0.5 more. Told 3.4% and 3.3%; true 4.2% and 4.1%, but the product lends at 4.0% at most. Then as before:
    0.1 less. Nothing more is owed, and the rate is right from that day, on the new index."""
    act("correct_link", loan, value="-0.2", review_date=LOOK.isoformat(), reason="the list was of another firm")
    told, true = (nights(LOOK, LATER, (LOOK, step)) for step in ("-0.3", "0.5"))
    assert fees(loan) == [true - told] == [10_867]
    assert rates(loan) == [(LOOK, 340), (REPRICED, 330), (LATER, 400)]
    act("correct_link", loan, value="0.01", review_date=LOOK.isoformat(), reason="a second list")
    assert fees(loan) == [10_867]
    assert rates(loan) == [(LOOK, 340), (REPRICED, 330), (LATER, 350)]


def corrected_twice(loan: Any, act: Any) -> None:
    """The second correction charges what the first had not."""
    act("correct_link", loan, value="0.01", review_date=LOOK.isoformat(), reason="a list")
    act("correct_link", loan, value="-0.01", review_date=LOOK.isoformat(), reason="another list")
    told, first, second = (nights(LOOK, LATER, (LOOK, step)) for step in ("-0.3", "-0.1", "0"))
    assert fees(loan) == [first - told, second - first]
    assert rates(loan)[-1] == (LATER, 360)


def entered_late(late: Any, timely: Any, act: Any) -> None:
    """Of 15 May, entered on 5 July: the repricing of 15 June is undone and done again with the step.

    31 nights at 0.3 points had been paid too much on 15 June: 31.00, which is principal repaid on that day and bears no interest since.
    """
    act("review_link", late, value="0.06", on=LOOK.isoformat())
    assert rates(late) == rates(timely) == [(LOOK, 340), (REPRICED, 330)]
    less = round(3_100 * Decimal("0.033") * 20 / 360)
    assert interest_earned(late, LATER) == interest_earned(timely, LATER) - less == nights(OPENED, LATER, (LOOK, "-0.3")) - less


def own_rate(loan: Any) -> None:
    from puhui.loans.acts import execute
    from puhui.loans.changing import CHANGE_RATE

    execute(CHANGE_RATE, fresh(loan), {"rate_annual": "0.035", "reason": "hail"}, "hail", "risk")


def previewed(loan: Any, officer: Any) -> None:
    """A preview tells the rate and changes nothing; a faulty one is refused like the act."""
    from puhui.loans.commands import preview

    arguments = {"code": "jobs", "value": "0.12", "evidence": SHOWN, "on": LOOK.isoformat()}
    seen = preview(officer, "review_link", fresh(loan), arguments)
    assert (seen.answer["change_ppm"], seen.answer["rate_ppm"], bool(seen.second_person)) == (-5_000, 32_000, True)
    assert not loan.link_reviews.exists() and rates(loan) == []
    with pytest.raises(FaultsError, match="a review date of jobs"):
        preview(officer, "review_link", fresh(loan), {**arguments, "on": "2025-05-14"})
