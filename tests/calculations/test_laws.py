"""Laws that every loan keeps, whatever its terms and whatever happens to it.

Principal repaid is principal lent; nothing is ever below nothing; what is paid is what was put in; what is undone leaves no trace; the
order in which events arrive does not matter, only when they take effect; time alone never makes a debt smaller. A document that the
contract leaves open is refused, and tells nothing here; more than nine refused in ten make the property fail.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st
from tests.examples import examples
from tests.oracle.documents import chinese_terms, histories, international_terms

from puhui.calculations.faults import FaultsError
from puhui.calculations.quote import answer

Document = dict[str, Any]
PARTS = ("principal", "interest", "fee", "penalty", "compound")
AMOUNTS = (*PARTS, "total", "paid", "outstanding")


def answered(document: Document) -> Document:
    """The answer; a document that is refused is no example."""
    try:
        return answer(document)
    except FaultsError:
        assume(False)
        raise


def outcome(document: Document) -> Any:
    """The answer, or that there is none."""
    try:
        return answer(document)
    except FaultsError:
        return "refused"


def total(rows: list[Document], name: str) -> Decimal:
    return sum((Decimal(row[name]) for row in rows), Decimal(0))


def standing(document: Document) -> list[Document]:
    """The events that were not undone."""
    undone = {event["of"] for event in document["events"] if event["type"] == "reversal"}
    return [event for event in document["events"] if event["type"] != "reversal" and event.get("id") not in undone]


def lent(document: Document) -> Decimal:
    drawn = [Decimal(event["amount"]) for event in standing(document) if event["type"] == "drawdown"]
    return sum(drawn, Decimal(0)) if drawn else Decimal(document["amount"])


@examples(60)
@given(st.one_of(chinese_terms(), international_terms()))
def test_a_schedule_repays_what_was_lent(document: Document) -> None:
    rows = answered(document)["instalments"]
    assert total(rows, "principal") == Decimal(document["amount"])
    assert all(Decimal(row[name]) >= 0 for row in rows for name in AMOUNTS)
    assert all(Decimal(row["outstanding"]) == 0 for row in rows)
    balances = [Decimal(document["amount"]), *(Decimal(row["balance"]) for row in rows)]
    assert all(after == before - Decimal(row["principal"]) for (before, after), row in zip(pairwise(balances), rows, strict=True))
    assert balances[-1] == 0


@examples(60)
@given(st.one_of(chinese_terms(), international_terms()))
def test_periods_follow_each_other(document: Document) -> None:
    rows = answered(document)["instalments"]
    assert rows[0]["start"] == document["start"]
    assert all(before["due"] == after["start"] for before, after in pairwise(rows))
    days = [(date.fromisoformat(row["due"]) - date.fromisoformat(row["start"])).days for row in rows]
    assert [row["days"] for row in rows] == days
    assert min(days) > 0


@examples(60)
@given(histories())
def test_principal_repaid_and_outstanding_is_principal_lent(document: Document) -> None:
    found = answered(document)
    rows, state = found["instalments"], found["state"]
    assert total(rows, "principal") == lent(document)
    assert 0 <= Decimal(state["principal"]) <= lent(document)
    assert all(Decimal(row["balance"]) >= 0 for row in rows)


@examples(60)
@given(histories())
def test_rows_add_up_and_are_never_below_nothing(document: Document) -> None:
    found = answered(document)
    for row in found["instalments"]:
        assert all(Decimal(row[name]) >= 0 for name in AMOUNTS)
        assert Decimal(row["total"]) == sum(Decimal(row[name]) for name in PARTS)
        assert Decimal(row["outstanding"]) == Decimal(row["total"]) - Decimal(row["paid"])
    assert all(Decimal(found["totals"][name]) == total(found["instalments"], name) for name in AMOUNTS)


@examples(60)
@given(histories())
def test_what_is_paid_is_what_was_put_in(document: Document) -> None:
    """A payoff names no amount here; more than closes the loan stays as a surplus beside the rows."""
    found, events = answered(document), standing(document)
    put_in = sum((Decimal(event["amount"]) for event in events if event["type"] == "repayment"), Decimal(0))
    paid = Decimal(found["totals"]["paid"])
    if any(event["type"] == "payoff" for event in events):
        assert paid >= put_in
    elif found["state"]["status"] == "closed":
        assert paid <= put_in
    else:
        assert paid == put_in


@examples(60)
@given(histories())
def test_the_status_says_what_the_figures_say(document: Document) -> None:
    state = answered(document)["state"]
    overdue, days = Decimal(state["overdue"]), state["days_past_due"]
    assert (overdue > 0) == (days > 0)
    if state["status"] == "closed":
        assert (Decimal(state["principal"]), overdue, Decimal(state["accrued_interest"])) == (0, 0, 0)
    elif state["status"] != "terminated":
        assert state["status"] == ("non_accrual" if days > 90 else "overdue" if days else "performing")


@st.composite
def happenings(draw: st.DrawFn, document: Document) -> Document:
    """One more event of any kind that may be undone, on any day of the history."""
    first, last = date.fromisoformat(document["start"]), date.fromisoformat(document["as_of"])
    day = first + timedelta(days=draw(st.integers(0, (last - first).days)))
    amount = f"{draw(st.integers(1, 10_000_000)) / 100:.2f}"
    kinds: list[Document] = [
        {"type": "repayment", "amount": amount},
        {"type": "fee", "kind": "cost", "amount": amount},
        {"type": "pause", "until": (day + timedelta(days=20)).isoformat()},
        {"type": "rate_change", "rate_annual": "0.0777"},
        {"type": "waiver", "of": "penalty", "amount": amount},
        {"type": "reschedule", "from": day.isoformat(), "extra_instalments": 2},
        {"type": "payoff"},
        {"type": "termination"},
        {"type": "write_off"},
    ]
    if any(event["type"] == "drawdown" for event in document["events"]):
        kinds.append({"type": "drawdown", "amount": amount})
    return draw(st.sampled_from(kinds)) | {"date": day.isoformat(), "id": "undone"}


@examples(60)
@given(st.data(), histories())
def test_what_is_undone_leaves_no_trace(data: st.DataObject, document: Document) -> None:
    events = list(document["events"])
    events.insert(data.draw(st.integers(0, len(events))), data.draw(happenings(document)))
    reversal = {"type": "reversal", "date": document["as_of"], "of": "undone"}
    assert outcome(document | {"events": [*events, reversal]}) == outcome(document)


@examples(60)
@given(st.data(), histories())
def test_the_order_of_arrival_does_not_matter(data: st.DataObject, document: Document) -> None:
    entered = date.fromisoformat(document["as_of"])
    events = [event | {"known": (entered + timedelta(days=number)).isoformat()} for number, event in enumerate(document["events"])]
    shuffled = data.draw(st.permutations(events))
    assert outcome(document | {"events": shuffled}) == outcome(document | {"events": events})


@examples(60)
@given(histories(), st.integers(1, 40))
def test_time_alone_makes_no_debt_smaller(document: Document, days: int) -> None:
    later = (date.fromisoformat(document["as_of"]) + timedelta(days=days)).isoformat()
    before, after = answered(document), answered(document | {"as_of": later})
    first, second = before["state"], after["state"]
    assert second["principal"] == first["principal"]
    assert Decimal(second["overdue"]) >= Decimal(first["overdue"])
    assert after["totals"]["paid"] == before["totals"]["paid"]
    if first["days_past_due"]:
        assert second["days_past_due"] == first["days_past_due"] + days
    else:
        assert second["days_past_due"] <= days
    fallen_due = [row for row in before["instalments"] if row["due"] <= document["as_of"]]
    for row, same in zip(fallen_due, after["instalments"], strict=False):
        assert same["principal"] == row["principal"]
        assert all(Decimal(same[name]) >= Decimal(row[name]) for name in ("interest", "fee", "penalty", "compound"))


@examples(60)
@given(histories())
def test_a_payoff_leaves_nothing(document: Document) -> None:
    assume(answered(document)["state"]["status"] not in ("closed", "undrawn"))
    payoff = {"type": "payoff", "date": document["as_of"]}
    found = answered(document | {"events": [*document["events"], payoff]})
    assert found["state"]["status"] == "closed"
    assert (Decimal(found["state"]["principal"]), Decimal(found["totals"]["outstanding"])) == (0, 0)
    exact = payoff | {"amount": str(Decimal(found["totals"]["paid"]) - Decimal(answer(document)["totals"]["paid"]))}
    assert answer(document | {"events": [*document["events"], exact]}) == found


@examples(60)
@given(histories())
def test_the_same_document_has_the_same_answer(document: Document) -> None:
    assert outcome(document) == outcome(document)
