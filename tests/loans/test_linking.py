"""A rate that follows jobs, on a running loan: steps on review dates, evidence, falling back, a corrected fact and what it costs.

120,000.00 at 3.6% ACT/360 from 2026-01-15, all at the end of a year: 12.00 a night. The link looks every month here; 5% more jobs are
0.3 points less, more than 5.5% fewer 0.5 points more, and the product lends at 4% at most.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from itertools import count
from typing import Any

import pytest
from tests.loans.conftest import proved

from puhui.calculations.faults import FaultsError

TERMS = {
    "amount": "120000.00", "rate_annual": "0.036", "day_count": "ACT/360", "instalments": 1, "every": "12 month", "method": "bullet",
}  # fmt: skip
FIRST, LATER = date(2026, 2, 15), date(2026, 2, 27)
SHOWN = {"C08": "social insurance list of January, 53 people"}
CODE = "employment-linked-loan"
LINKED = {
    "code": "jobs", "fact": "headcount_growth", "measured": "every 1 month", "evidence": ["C08"], "clawback": True, "source": "test",
    "steps": [
        {"from": -1.0, "change": 0.005}, {"from": -0.055, "change": 0.0}, {"from": 0.0, "change": -0.001},
        {"from": 0.05, "change": -0.003}, {"from": 0.1, "change": -0.005},
    ],
}  # fmt: skip


@pytest.fixture
def people(lender: Any) -> dict[str, Any]:
    from puhui.parties.actions import create_user

    return {name: create_user(lender, name, "secret-secret", role) for name, role in (("officer", "officer"), ("risk", "risk_manager"))}


@pytest.fixture
def linked(lender: Any, people: Any, cleared_contract: Callable[..., Any]) -> Any:
    """A loan whose product has the clause that what was saved is paid back, on the morning of its first review date."""
    from puhui.products.queries import product

    body = product(CODE, date(2026, 1, 15)).document.body
    return _drawn(lender, cleared_contract, {**body, "linkage": [LINKED]})


@pytest.fixture
def by_formula(lender: Any, people: Any, cleared_contract: Callable[..., Any]) -> Any:
    """A loan of the product as it is, but looked at every month: 20 people were insured when it was decided."""
    from puhui.products.queries import product

    body = product(CODE, date(2026, 1, 15)).document.body
    body = {**body, "linkage": [{**body["linkage"][0], "clawback": True, "measured": "every 1 month"}]}
    return _drawn(lender, cleared_contract, body, {"si_headcount_now": 20})


def _drawn(lender: Any, cleared_contract: Callable[..., Any], body: dict[str, Any], variables: dict[str, Any] | None = None) -> Any:
    """A loan by a product that is stored, on the morning of its first review date."""
    from puhui.loans.actions import draw_down
    from puhui.products.actions import store
    from puhui.products.reading import from_body

    changed = from_body(CODE, body)
    store([changed.document])
    contract = cleared_contract(TERMS)
    contract.product_code = CODE
    contract.save()
    loan = draw_down(contract, "payout", "officer")
    _record(contract.decision_id, changed.digest, variables)
    until(lender, FIRST)
    return loan


def _record(decision_id: int, digest: str, variables: dict[str, Any] | None = None) -> None:
    """Decisions only grow: the one of the fixtures is written anew through the migration's own door."""
    import json

    from django.db import connections

    with connections["owner"].cursor() as cursor:
        cursor.execute("SET puhui.rewrites = 'on'")
        cursor.execute(
            "UPDATE decisions_decision SET record = %s::jsonb WHERE id = %s",
            [json.dumps({"versions": {"product": {"digest": digest}}, "facts": {"variables": variables or {}}}), decision_id],
        )
        cursor.execute("RESET puhui.rewrites")


def until(lender: Any, day: date) -> None:
    from puhui.loans.day_end import run

    run(lender, day - timedelta(days=1), "test")
    lender.refresh_from_db()


def fresh(loan: Any) -> Any:
    return type(loan).objects.select_related("institution", "contract__decision").get(pk=loan.pk)


@pytest.fixture
def act(people: dict[str, Any]) -> Callable[..., Any]:
    """An act asked for by the officer and agreed to by another."""
    from puhui.loans.commands import approve, perform
    from puhui.loans.models import Command

    numbers = count(1)

    def carry_out(name: str, loan: Any, **arguments: Any) -> Any:
        key = f"key {next(numbers)}"
        done = perform(people["officer"], name, fresh(loan), arguments, key)
        assert done.status == "waiting"  # a change of rate needs a second person
        return approve(people["risk"], Command.objects.get(key=key))

    return carry_out


def rate_on(loan: Any, day: date) -> int:
    from puhui.loans.keeping import events_of
    from puhui.loans.rate_setting import rate_before

    return rate_before(loan, events_of([loan.pk])[loan.pk], day + timedelta(days=1))


def interest_earned(loan: Any, day: date) -> int:
    from puhui.loans.queries import dossier

    return int(dossier(fresh(loan), day).fold.counters.interest_earned)


def test_jobs_bring_the_rate_down_and_a_corrected_fact_is_paid_for(lender: Any, linked: Any, act: Callable[..., Any]) -> None:
    from puhui.loans.models import Event, LinkReview

    act("review_link", linked, code="jobs", value="0.06", as_of="2026-01-31", evidence=SHOWN, on=FIRST.isoformat())
    row = LinkReview.objects.get()
    assert (row.base_ppm, row.change_ppm, row.rate_ppm, row.evidence) == (36_000, -3_000, 33_000, SHOWN)
    assert Event.objects.get(loan=linked, type="rate_change").detail == {"rate_e8": 3_300_000, "note_link": "jobs"}
    until(lender, LATER)
    # 31 nights at 12.00 and 12 at 11.00
    assert interest_earned(linked, LATER) == 37_200 + 13_200
    # It was a fifth fewer, not 6% more. The steps are 0.8 points apart, but the rate would have been 4.0%, not 4.1%, by the product's cap:
    # 0.7 points on 120,000 for 12 of 360 nights = 28.00; from today 4.0%.
    act(
        "correct_link",
        linked,
        code="jobs",
        value="-0.2",
        review_date=FIRST.isoformat(),
        evidence=SHOWN,
        reason="the list was of another firm",
    )
    told = LinkReview.objects.get(kind="correction")
    assert (told.clawback_fen, told.base_ppm, told.rate_ppm) == (2_800, 36_000, 40_000)
    assert Event.objects.get(loan=linked, type="fee").amount_fen == 2_800
    # On the same day once more: as many as before, 3.5% from that day, nothing more is owed; then a fifth fewer after all, which is paid.
    for value, rate in (("0", 3_500_000), ("-0.2", 4_000_000)):
        again = {"review_date": FIRST.isoformat(), "evidence": SHOWN, "reason": "another list"}
        act("correct_link", linked, code="jobs", value=value, **again)
        assert rate_on(linked, LATER) == rate
    assert Event.objects.filter(loan=linked, type="fee").count() == 1
    until(lender, LATER + timedelta(days=3))
    assert interest_earned(linked, LATER + timedelta(days=3)) == 50_400 + 4_000  # three nights at 13.33 1/3
    assert proved(lender) == []


def test_a_formula_over_several_facts(lender: Any, people: Any, by_formula: Any, act: Callable[..., Any]) -> None:
    """20 insured at the decision, base 3.6%. 21 and one hire of the key groups: 5% × 1/20 + 5% × 1/20 = 0.5 points less.

    It was 19 and nobody: 5% × 1/20 more, for a fall of 5% is within the 5.5%: 3.85%. The difference of 0.75 points for 12 nights
    on 120,000 is 30.00.
    """
    from puhui.loans.commands import preview
    from puhui.loans.models import Event, LinkReview

    with pytest.raises(FaultsError) as caught:
        act("review_link", by_formula, code="jobs", value="0.2", facts={"insured": 21}, on=FIRST.isoformat())
    assert {(fault.where, fault.found) for fault in caught.value.faults} == {("value", "0.2"), ("facts", "insured")}
    unknown = {"code": "jobs", "facts": {"key_group_hires": 5}, "evidence": SHOWN, "on": FIRST.isoformat()}
    answer = preview(people["officer"], "review_link", fresh(by_formula), unknown).answer  # how many are insured is not known
    assert (answer["change_ppm"], answer["rate_ppm"]) == (0, 36_000)
    seen = {"insured_now": "21", "key_group_hires": 1}
    act("review_link", by_formula, code="jobs", facts=seen, as_of="2026-01-31", evidence=SHOWN, on=FIRST.isoformat())
    row = LinkReview.objects.get()
    assert row.facts == {"insured_now": 21, "key_group_hires": 1} and row.value == pytest.approx(-0.005)
    assert (row.base_ppm, row.change_ppm, row.rate_ppm) == (36_000, -5_000, 31_000)
    until(lender, LATER)
    act(
        "correct_link", by_formula, code="jobs", facts={"insured_now": 19}, review_date=FIRST.isoformat(), evidence=SHOWN,
        reason="people who had left were counted",
    )  # fmt: skip
    told = LinkReview.objects.get(kind="correction")
    assert (told.change_ppm, told.rate_ppm, told.clawback_fen) == (2_500, 38_500, 3_000)
    assert Event.objects.get(loan=by_formula, type="fee").amount_fen == 3_000
    assert proved(lender) == []


def test_a_fact_without_its_evidence_brings_no_discount(linked: Any, act: Callable[..., Any]) -> None:
    from puhui.loans.models import Event, LinkReview

    act("review_link", linked, code="jobs", value="0.2", on=FIRST.isoformat())
    assert LinkReview.objects.get().rate_ppm == 36_000
    assert not Event.objects.filter(loan=linked, type="rate_change").exists()
    with pytest.raises(FaultsError, match="looked at already"):
        act("review_link", linked, code="jobs", value="0.2", evidence=SHOWN, on=FIRST.isoformat())


def test_every_fault_of_a_review_is_named(linked: Any, act: Callable[..., Any]) -> None:
    from puhui.loans.models import LinkReview

    with pytest.raises(FaultsError) as caught:
        act("review_link", linked, code="jobs", value="0.2", evidence={"C99": "x"}, as_of="2026-02-15", on="2026-02-14")
    assert {fault.where for fault in caught.value.faults} == {"evidence", "date", "as_of"}
    with pytest.raises(FaultsError, match="looks at one value"):
        act("review_link", linked, code="jobs", facts={"insured_now": 21}, on=FIRST.isoformat())
    with pytest.raises(FaultsError, match="none was looked at yet"):
        act("correct_link", linked, code="jobs", value="0.2", review_date="2026-02-15", reason="letter")
    assert not LinkReview.objects.exists()


def test_a_loan_of_another_product_follows_nothing(people: Any, cleared_contract: Callable[..., Any], act: Callable[..., Any]) -> None:
    from puhui.loans.actions import draw_down
    from puhui.loans.links import may_be_linked

    loan = draw_down(cleared_contract(TERMS), "payout", "officer")
    with pytest.raises(FaultsError, match="follows nothing"):
        act("review_link", loan, code="jobs", value="0.2", on="2026-01-15")
    assert [may_be_linked(code) for code in (CODE, "invoice-working-capital")] == [True, False]
