"""What mornings ahead bring to a loan that owes: told the short ways, it is what a replay of each morning finds."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from puhui.calculations.counters import counters_of
from puhui.calculations.events import Event
from puhui.calculations.faults import FaultsError
from puhui.calculations.replay import replay, replay_with_loan
from puhui.calculations.terms import read_terms
from puhui.loans.mornings import Earned, earned_ahead

START = date(2026, 1, 10)
penalties = st.fixed_dictionaries(
    {"markup_overdue": st.sampled_from(["0.3", "0.5"])},
    optional={"compound_in_term": st.booleans(), "compound_overdue": st.booleans(), "grace_days": st.sampled_from([0, 3, 10])},
)


@settings(deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(
    amount=st.integers(1_000, 9_999_999_99), count=st.sampled_from(["M/360", "30/360", "ACT/360", "ACT/365"]),
    method=st.sampled_from(["equal_instalment", "equal_principal", "interest_only", "bullet"]), penalty=st.one_of(st.none(), penalties),
    late=st.integers(0, 130), paid=st.floats(0, 1.2), new_rate=st.one_of(st.none(), st.integers(0, 130)), nights=st.integers(1, 31),
)  # fmt: skip
def test_short_is_long(
    amount: int, count: str, method: str, penalty: Any, late: int, paid: float, new_rate: int | None, nights: int
) -> None:
    document = {
        "amount": f"{amount / 100:.2f}", "rate_annual": "0.0435", "day_count": count, "method": method, "start": START.isoformat(),
        "instalments": 1 if method == "bullet" else 4, "every": "1 month", **({"penalty": penalty} if penalty else {}),
    }  # fmt: skip
    day = date(2026, 2, 10) + timedelta(days=late)
    try:
        terms = read_terms(document)
        first = replay(terms, (), START).rows[0]
        events = [Event(first.due, "repayment", round(first.total * paid), id="1")] if round(first.total * paid) else []
        if new_rate is not None:
            events.append(Event(START + timedelta(days=new_rate), "rate_change", rate_e8=5_000_000, id="2"))
        events = sorted((event for event in events if event.date <= day), key=lambda event: event.date)

        def exactly(morning: date) -> Earned:
            counters = counters_of(replay(terms, events, morning), morning, terms.amount)
            return counters.interest_earned, counters.penalty_earned

        position = replay(terms, events, day)
        following = [row.due for row in position.rows if row.due > day]
        assume(any(row.outstanding and row.due <= day for row in position.rows))
        ahead = min(nights, (following[0] - day).days) if following else nights
        expected = [exactly(day + timedelta(days=night)) for night in range(1, ahead + 1)]
    except FaultsError:
        assume(False)
    _, loan = replay_with_loan(terms, events, day)
    assert earned_ahead(loan, day, ahead, exactly(day), exactly) == expected
