"""Whatever happens to a loan, in whatever order: the laws of its books, without a database.

A night between two looks brings exactly what was told of it; an event and its reversal leave nothing; what is written off leaves no asset
and earns nothing of its fee; a loan that is closed leaves nothing that waits.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import date, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.examples import examples

from puhui.calculations.counters import Accounting
from puhui.calculations.events import Event
from puhui.calculations.faults import FaultsError
from puhui.calculations.posting import SUB_LEDGER, Counters, ledger_balances
from puhui.calculations.terms import Terms, read_terms
from puhui.loans.fold import Fold, fold

START, LENT = date(2026, 1, 15), 120_000_00
COMMON = {"currency": "CNY", "amount": "120000.00", "start": START.isoformat(), "rate_annual": "0.06"}
FEE = [{"name": "arrangement", "when": "drawdown", "amount": "1200.00"}]

terms_of = st.fixed_dictionaries(
    {
        "shape": st.sampled_from([("interest_only", 12), ("equal_principal", 6), ("equal_instalment", 3), ("bullet", 1)]),
        "day_count": st.sampled_from(["ACT/360", "M/360"]),
        "penalty": st.sampled_from([{"markup_overdue": "0.5"}, {"markup_overdue": "0.5", "compound_in_term": False}]),
        "fees": st.sampled_from([[], FEE]),
        "daily": st.booleans(),
    }
)
accountings = st.builds(Accounting, st.sampled_from(["house_rule", "cas_22"]), st.sampled_from([0, 60_000]), st.just(60_000))
amounts = st.sampled_from([1_00, 50_00, 620_00, 10_000_00, 60_000_00, 130_000_00])
steps = st.tuples(
    st.sampled_from([0, 1, 14, 31, 45]),  # nights before it
    st.sampled_from([0, 0, 0, 3, 40]),  # days by which it is entered late
    st.sampled_from(
        [
            "repayment",
            "repayment",
            "repayment",
            "waiver",
            "fee",
            "rate_change",
            "termination",
            "write_off",
            "payoff",
            "reversal",
            "reversal",
        ]
    ),
    amounts,
    st.sampled_from(["interest", "penalty", "fee", "principal"]),
    st.integers(0, 9),
)


def read(drawn: dict[str, Any]) -> Terms:
    (method, count), every = drawn["shape"], "12 month" if drawn["shape"][0] == "bullet" else "1 month"
    further = {"interest_recalculation": {"rest": "daily"}} if drawn["daily"] else {}
    given_terms = {name: drawn[name] for name in ("day_count", "penalty", "fees")}
    return read_terms({**COMMON, **given_terms, **further, "method": method, "instalments": count, "every": every})


def told_of(folded: Fold, day: date, accounting: Accounting) -> dict[str, int]:
    """The counters of a later morning by what the fold compiled, without a look in between."""
    nights = (day - folded.day).days
    interest, penalty = (path[min(nights, len(path) - 1)] if path else 0 for path in (folded.interest_path, folded.penalty_path))
    if folded.run is not None:
        interest = folded.run.on(day) - folded.run.on(folded.day)
    late = (folded.day - folded.overdue_since).days if folded.overdue_since else 0
    suspended = accounting.suspends(folded.position.status, late)
    counters = {each.name: getattr(folded.counters, each.name) for each in fields(Counters)}
    counters["interest_earned"] += interest
    counters["penalty_earned"] += penalty
    counters["accrued_interest_suspended"] += interest * suspended
    counters["penalty_suspended"] += penalty * suspended
    return counters


def happening(day: date, events: list[Event], step: tuple[Any, ...]) -> Event | None:
    _, late, kind, amount, of, chosen = step
    on, number = max(day - timedelta(days=late), START + timedelta(days=1)), str(len(events))
    if kind == "reversal":
        undone = {event.of for event in events if event.type == "reversal"}
        standing = [event for event in events if event.type != "reversal" and event.id not in undone]
        event = standing[chosen % len(standing)] if standing else None
        return event and Event(event.date, "reversal", id=number, of=event.id)
    details: dict[str, Any] = {
        "repayment": {"amount": amount},
        "waiver": {"amount": amount, "of": of},
        "fee": {"amount": min(amount, 50_00), "kind": "cost"},
        "rate_change": {"rate_e8": 5_000_000 + chosen * 100_000},
    }.get(kind, {})
    return Event(on, kind, id=number, **details)


@examples(60)
@given(terms_of, accountings, st.lists(steps, min_size=2, max_size=9))
def test_the_books_of_a_loan_keep_their_laws(drawn: dict[str, Any], accounting: Accounting, life: list[tuple[Any, ...]]) -> None:
    terms, day, events = read(drawn), START, list[Event]()
    folded = fold(terms, (), day, LENT, accounting)
    for step in life:
        for _ in range(step[0]):
            day += timedelta(days=1)
            if folded.next_action_date is not None and day >= folded.next_action_date:
                folded = fold(terms, events, day, LENT, accounting)
        if day > folded.day:
            now = fold(terms, events, day, LENT, accounting)
            told, found = (
                told_of(folded, day, accounting),
                {each.name: getattr(now.counters, each.name) for each in fields(Counters)},
            )
            assert {**told, "fee_amortised": 0} == {**found, "fee_amortised": 0}, "what is earned of a fee waits for the next look"
            folded = now
        event = happening(day, events, step)
        if event is None:
            continue
        try:
            after = fold(terms, [*events, event], day, LENT, accounting)
        except FaultsError:
            continue  # refused, and nothing happened
        hold(after, event)
        if event.type == "reversal":
            without = [each for each in events if each.id != event.of]
            assert after.counters == fold(terms, without, day, LENT, accounting).counters
        if event.type == "write_off" and event.date == day:
            assert after.counters.fee_amortised == folded.counters.fee_amortised
        events, folded = [*events, event], after


def hold(after: Fold, event: Event) -> None:
    """What must hold of a loan's balances after any event."""
    balances, status = ledger_balances(after.counters), after.position.status
    assert all(balances[role] >= 0 for role in (*SUB_LEDGER, "memo_interest", "memo_written_off")), (event, balances)
    assert balances["unamortised_fees"] <= 0
    if status == "written_off":
        assert all(balances[role] == 0 for role in (*SUB_LEDGER, "unamortised_fees")), (event, balances)
    if status == "closed":
        waits = ("memo_interest", "memo_written_off", "unamortised_fees", "output_tax_waiting")
        assert all(balances[role] == 0 for role in waits), (event, balances)
