"""What the database settles alone is what the fold finds: state, instalments, runs, entries, to the fen, whatever the terms."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st
from tests.examples import examples
from tests.loans.conftest import MONTHLY, OPENED, proved

from puhui.calculations.terms import read_terms

COMMON = {"amount": "120000.00", "rate_annual": "0.0435", "penalty": {"markup_overdue": "0.5"}}
KINDS = {
    "level": MONTHLY,
    "level by days": {**MONTHLY, "day_count": "ACT/360", "rate_annual": "0.0577"},
    "level, repriced": {**MONTHLY, "day_count": "ACT/365"},
    "by years": {**MONTHLY, "day_count": "ACT/ACT", "interest_basis": "daily"},
    "principal with a fee": {
        **COMMON, "day_count": "ACT/365", "instalments": 3, "every": "1 month", "method": "equal_principal",
        "fees": [{"name": "service", "when": "instalment", "amount": "12.00"}],
    },
    "settled on the 20th": {
        **COMMON, "day_count": "ACT/360", "maturity": "2026-04-10", "settlement_day": 20, "every": "1 month", "method": "interest_only",
    },
    "months and odd days": {**COMMON, "amount": "77777.77", "maturity": "2026-03-20", "method": "bullet"},
    "thirty": {**COMMON, "day_count": "30/360", "instalments": 2, "every": "1 month", "method": "interest_only"},
}  # fmt: skip
UNTIL = date(2026, 4, 15)


def test_loans_of_all_kinds_from_payout_to_the_end(lender: Any, cleared_contract: Callable[..., Any]) -> None:
    """Paid when due out of the account, one of them taxed, one with an early repayment and one with a new rate inside a period."""
    from django.db import transaction

    from puhui.loans import day_end
    from puhui.loans.actions import deposit, draw_down, repay
    from puhui.loans.keeping import Change, NewEvent, keep
    from puhui.loans.models import DayEndStep, Event, Loan

    loans = {name: draw_down(cleared_contract(terms), name, "officer") for name, terms in KINDS.items()}
    Loan.objects.filter(pk=loans["level"].pk).update(interest_tax_ppm=60_000, fee_tax_ppm=60_000)
    for loan in loans.values():
        deposit(loan.firm, 20_000_000)
    day_end.run(lender, OPENED + timedelta(days=9), "test")
    lender.refresh_from_db()
    repay(Loan.objects.get(pk=loans["level by days"].pk), 1_234_567, "early", "officer")
    new_rate = NewEvent("rate_change", OPENED + timedelta(days=10), "new rate", None, {"rate_e8": 5_210_000})
    with transaction.atomic():
        keep(lender, new_rate.date, [Change(Loan.objects.get(pk=loans["level, repriced"].pk), "rate_change", new_rate)], "officer")
    for until in (date(2026, 2, 21), date(2026, 3, 20), UNTIL):
        day_end.run(lender, until, "test")
        assert proved(lender) == []
    assert not [step.figures["refused"] for step in DayEndStep.objects.filter(step="settle") if step.figures["refused"]]
    settled = sum(step.figures["loans"] for step in DayEndStep.objects.filter(step="settle"))
    assert settled == Event.objects.filter(type="repayment").count() - 1  # all but the early one
    folded = sum(step.figures["loans"] for step in DayEndStep.objects.filter(step="falls_due"))
    assert folded == 0
    assert set(Loan.objects.exclude(status="performing").values_list("status", flat=True)) == {"closed"}


@examples(60)
@given(
    amount=st.integers(1, 9_999_999_99), rate=st.integers(1, 2400),
    count=st.sampled_from(["M/360", "30/360", "ACT/360", "ACT/365", "ACT/ACT"]),
    method=st.sampled_from(["equal_instalment", "equal_principal", "interest_only", "bullet"]),
    start=st.dates(date(2023, 1, 1), date(2026, 12, 31)), every=st.sampled_from(["1 month", "3 month", "2 week", "10 day"]),
    repriced=st.one_of(st.none(), st.integers(1, 9)),
)  # fmt: skip
def test_a_run_is_the_fold_of_every_night(
    amount: int, rate: int, count: str, method: str, start: date, every: str, repriced: int | None
) -> None:
    """Each morning of the first three periods, with every due paid on its day; in some loans a new rate came into the first of them."""
    from puhui.calculations.events import Event
    from puhui.calculations.faults import FaultsError
    from puhui.calculations.replay import replay
    from puhui.loans.fold import fold

    document = {
        "amount": f"{amount / 100:.2f}", "rate_annual": f"0.{rate:04}", "day_count": count, "method": method,
        "instalments": 1 if method == "bullet" else 4, "every": every, "start": start.isoformat(),
    }  # fmt: skip
    try:
        terms = read_terms(document)
        events: list[Event] = []
        if repriced is not None:
            events = [Event(start + timedelta(days=repriced), "rate_change", rate_e8=rate * 10_000 + 5_000, id="rate")]
        folded = fold(terms, events, start + timedelta(days=repriced or 0), terms.amount)
    except FaultsError:
        assume(False)
    for _ in range(3):
        if folded.run is None or folded.next_number is None:
            break
        row = folded.position.rows[folded.next_number - 1]
        for night in range(1, (row.due - folded.day).days):
            assert (
                folded.run.on(folded.day + timedelta(days=night))
                == replay(terms, events, folded.day + timedelta(days=night)).accrued_interest
            )
        assert folded.run.on(row.due) == row.interest
        events.append(Event(row.due, "repayment", row.outstanding, id=str(len(events))))
        before, folded = folded, fold(terms, events, row.due, terms.amount)
        if row.number + 1 in before.coming:
            assert (folded.run, folded.next_number) == (before.coming[row.number + 1], row.number + 1)


def test_a_due_repaid_in_one_call_is_the_act(lender: Any, cleared_contract: Callable[..., Any]) -> None:
    """The same due by the database function and by the act: the same rows but for ids, and a retry gets the first answer."""
    from django.db import transaction

    from puhui.books.models import Entry
    from puhui.loans import day_end
    from puhui.loans.actions import draw_down, repay
    from puhui.loans.command_log import Request
    from puhui.loans.models import Command, Event, Instalment, Loan, Outbox
    from puhui.loans.repaying import repay_due

    one, other = (draw_down(cleared_contract({**MONTHLY, "instalments": 2}), name, "officer") for name in ("one", "other"))
    for number, due in ((1, date(2026, 2, 15)), (2, date(2026, 3, 15))):
        day_end.run(lender, due - timedelta(days=1), "test")
        amount = sum(Instalment.objects.values_list("principal_fen", "interest_fen").get(loan=one, number=number))
        one, other = Loan.objects.get(pk=one.pk), Loan.objects.get(pk=other.pk)
        assert repay_due(one, amount - 1, f"too little {number}", "officer") is None
        done = repay_due(one, amount, f"one {number}", "officer")
        assert done is not None and repay_due(Loan.objects.get(pk=one.pk), amount, f"one {number}", "officer") is None
        assert repay(one, amount, f"one {number}", "officer").pk == done.pk
        with transaction.atomic():  # inside another transaction the act goes its usual way
            repay(other, amount, f"other {number}", "officer")
        assert proved(lender) == []

    def told(loan: Loan) -> list[Any]:
        state = Loan.objects.filter(pk=loan.pk).values("status", "state_date", "next_number", "run_shape", "run_product", "event_count")
        rows = loan.instalments.order_by("number").values("number", "paid_fen", "run_shape", "run_product")
        events = Event.objects.filter(loan=loan).order_by("number").values("number", "type", "date", "known_on", "amount_fen", "detail")
        entries = Entry.objects.filter(loan_id=loan.pk).order_by("pk")
        transfers = [sorted(each.transfers.values_list("debit_account", "credit_account", "amount_fen")) for each in entries]
        commands = Command.objects.filter(target_id=loan.pk, target_kind="loan").order_by("pk").values("act", "status", "request", "reason")
        payloads = [set(each) for each in Outbox.objects.filter(payload__loan=loan.pk).order_by("pk").values_list("payload", flat=True)]
        return [*state, *rows, *events, *entries.values_list("act", "effective_date"), transfers, *commands, payloads]

    assert told(one) == told(other)
    for each in Command.objects.filter(act="repay"):  # the digest that the database makes is the one that a retry is held against
        assert each.request_digest == Request("repay", "loan", each.target_id, each.request, each.key).digest(each.business_date)
