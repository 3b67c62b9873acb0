"""Classes by article, kept per change: the night's work, findings and their debtor, contagion, downgrade at once, upgrade by workflow."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from tests.loans.conftest import OPENED

from puhui.calculations.faults import FaultsError

# 10,000.00 in one sum after ten days: past due from 2026-01-26 on.
SHORT = {
    "amount": "10000.00", "rate_annual": "0.036", "day_count": "ACT/360", "instalments": 1, "every": "10 day", "method": "bullet",
    "penalty": {"markup_overdue": "0.5"},
}  # fmt: skip
LONG = {**SHORT, "amount": "90000.00", "every": "36 month", "day_count": "M/360"}
DUE = OPENED + timedelta(days=10)


@pytest.fixture
def people(lender: Any) -> dict[str, Any]:
    from puhui.parties.actions import create_user

    roles = {"officer": "officer", "second": "approver", "risk": "risk_manager"}
    return {name: create_user(lender, name, "secret-secret", role) for name, role in roles.items()}


@pytest.fixture
def draw(cleared_contract: Callable[..., Any]) -> Callable[..., Any]:
    from puhui.loans.actions import draw_down

    def make(terms: dict[str, Any], firm: Any = None) -> Any:
        contract = cleared_contract(terms, firm)
        return draw_down(contract, f"draw {contract.pk}", "officer")

    return make


def fresh(loan: Any) -> Any:
    return type(loan).objects.select_related("institution").get(pk=loan.pk)


def stand_on(lender: Any, day: date, *loans: Any) -> list[Any]:
    """The loans as they are on the morning of `day`, without the nights between: for thresholds far ahead."""
    from puhui.loans.keeping import Change, keep
    from puhui.loans.models import Loan
    from puhui.parties.models import Institution

    Institution.objects.filter(pk=lender.pk).update(business_date=day)
    lender.refresh_from_db()
    found = [Loan.objects.select_related("institution", "contract").get(pk=loan.pk) for loan in loans]
    keep(lender, day, [Change(loan, "due") for loan in found], "test")
    return found


def classes(*loans: Any) -> list[str]:
    from puhui.loans.class_queries import classes_of

    found = classes_of([loan.pk for loan in loans])
    return [found[loan.pk] for loan in loans]


def test_two_workers_share_a_night(lender: Any, draw: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Three loans past due, each a chunk: two processes find what one would, and this one's connection is still its own."""
    from django.db import connection

    from puhui.loans import classifying
    from puhui.loans.class_models import ClassChange

    late = [draw(SHORT) for _ in range(3)]
    day = DUE + timedelta(days=91)
    stand_on(lender, day, *late)
    monkeypatch.setattr(classifying, "LEAST_CHUNK", 1)
    monkeypatch.setattr(classifying, "CHUNK", 1)
    server = connection.connection
    assert classifying.classify(lender, day, workers=2) == {"looked_at": 3, "changed": 3, "contagion": 0}
    assert connection.connection is server and classes(*late) == ["substandard"] * 3
    assert sorted(ClassChange.objects.values_list("loan_id", "after")) == [(loan.pk, "substandard") for loan in late]
    assert classifying.classify(lender, day, workers=2) == {"looked_at": 0, "changed": 0, "contagion": 0}


def test_nights_past_due(lender: Any, draw: Callable[..., Any]) -> None:
    """Each threshold once, on its day; quiet nights look at nothing; a second run of the same night changes nothing."""
    from puhui.loans.class_models import ClassChange
    from puhui.loans.class_queries import class_as_known_then
    from puhui.loans.classifying import classify

    late, other = draw(SHORT), draw(LONG)
    told = {}
    for days in (0, 1, 2, 90, 91, 200, 271, 360, 361, 500):
        stand_on(lender, DUE + timedelta(days=days), late, other)
        figures = classify(lender, DUE + timedelta(days=days))
        told[days] = (figures["looked_at"], figures["changed"], classes(late)[0])
        again = classify(lender, DUE + timedelta(days=days))
        assert (again["looked_at"], again["changed"]) == (0, 0)
    assert told == {
        0: (0, 0, "normal"), 1: (1, 1, "special_mention"), 2: (0, 0, "special_mention"), 90: (0, 0, "special_mention"),
        91: (1, 1, "substandard"), 200: (0, 0, "substandard"), 271: (1, 1, "doubtful"), 360: (0, 0, "doubtful"), 361: (1, 1, "loss"),
        500: (0, 0, "loss"),
    }  # fmt: skip
    assert classes(other) == ["normal"] and not ClassChange.objects.filter(loan=other).exists()
    changes = list(ClassChange.objects.filter(loan=late).order_by("pk"))
    assert [(each.before, each.after) for each in changes][1] == ("special_mention", "substandard")
    assert [each["code"] for each in changes[1].articles] == ["overdue", "overdue_90"] and changes[1].articles[1]["fact"] == 91
    for days, expected in ((0, "normal"), (1, "special_mention"), (90, "special_mention"), (91, "substandard"), (400, "loss")):
        assert class_as_known_then(late, DUE + timedelta(days=days)) == expected


def test_the_day_end_classifies(lender: Any, draw: Callable[..., Any]) -> None:
    """By the step of the day end, where it calls it; here: the class of the first night past due is that night's."""
    from puhui.loans.class_models import ClassChange
    from puhui.loans.classifying import classify
    from puhui.loans.day_end import run

    late = draw(SHORT)
    run(lender, DUE + timedelta(days=1), "test")
    lender.refresh_from_db()
    classify(lender, DUE + timedelta(days=1))
    assert classes(late) == ["special_mention"]
    assert list(ClassChange.objects.values_list("day", flat=True)) == [DUE + timedelta(days=1)]


def test_statements_do_not_grow_with_loans(lender: Any, draw: Callable[..., Any]) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from puhui.loans.classifying import classify

    counts = []
    for size in (1, 6):
        loans = [draw(SHORT) for _ in range(size)]
        day = max(loan.start for loan in loans) + timedelta(days=11)
        stand_on(lender, day, *loans)
        with CaptureQueriesContext(connection) as queries:
            assert classify(lender, day)["looked_at"] == size
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_loan_that_pays_keeps_its_class_until_a_person_lifts_it(lender: Any, draw: Callable[..., Any], people: dict[str, Any]) -> None:
    from puhui.loans.actions import repay
    from puhui.loans.class_queries import class_as_known_now, outlook
    from puhui.loans.classifying import classify
    from puhui.loans.commands import approve, perform
    from puhui.loans.models import Command

    terms = {**SHORT, "instalments": 4, "every": "1 month", "day_count": "M/360", "method": "equal_principal"}
    loan = draw(terms)
    first_due = date(2026, 2, 15)
    day = first_due + timedelta(days=12)
    (loan,) = stand_on(lender, day, loan)
    classify(lender, day)
    assert classes(loan) == ["special_mention"]
    with pytest.raises(FaultsError, match="while overdue holds"):
        perform(people["officer"], "upgrade", loan, {"to": "normal", "evidence": "promises"}, "u0")
    seen = outlook(fresh(loan), day)
    assert seen.forecast == {30: "special_mention", 60: "special_mention", 90: "substandard"}
    assert [(clock.clock, clock.since, clock.until) for clock in seen.clocks] == [("overdue", first_due, first_due + timedelta(days=91))]
    owed = fresh(loan).instalments.get(number=1)
    repay(fresh(loan), owed.principal_fen + owed.interest_fen + owed.penalty_fen + owed.compound_fen, "pay", "officer")
    assert classify(lender, day)["changed"] == 0 and classes(loan) == ["special_mention"]
    waiting = perform(people["officer"], "upgrade", fresh(loan), {"to": "normal", "evidence": "arrears paid, see statement"}, "u1")
    assert waiting.status == "waiting" and classes(loan) == ["special_mention"]
    command = Command.objects.get(key="u1")
    with pytest.raises(FaultsError, match="second person"):
        approve(people["officer"], command)
    approve(people["second"], command)
    assert classes(loan) == ["normal"]
    # As known then it was special mention; by a payment entered since with an earlier day it would not have been.
    assert class_as_known_now(fresh(loan), first_due + timedelta(days=5)) == "special_mention"
    assert class_as_known_now(fresh(loan), day) == "normal"


def test_an_upgrade_from_non_performing_waits_for_its_clock(lender: Any, draw: Callable[..., Any], people: dict[str, Any]) -> None:
    """Arrears of 100 days paid: two instalments and six months in order, the longer, before it may rise."""
    from puhui.loans.actions import repay
    from puhui.loans.class_queries import outlook
    from puhui.loans.classifying import classify
    from puhui.loans.commands import perform
    from puhui.loans.queries import owed

    terms = {**SHORT, "instalments": 12, "every": "2 month", "day_count": "M/360", "method": "equal_principal"}
    day = date(2026, 3, 15) + timedelta(days=100)
    (loan,) = stand_on(lender, day, draw(terms))
    classify(lender, day)
    assert classes(loan) == ["substandard"]
    repay(fresh(loan), owed(fresh(loan), day).due_fen, "pay", "officer")
    assert fresh(loan).overdue_since is None
    ends = date(2026, 12, 23)  # six months after 2026-06-23; the second instalment from then falls due on 2026-09-15
    (clock,) = outlook(fresh(loan), day).clocks
    assert (clock.clock, clock.since, clock.until) == ("cure", day, ends)
    with pytest.raises(FaultsError, match="6 months and 2 instalments"):
        perform(people["officer"], "upgrade", fresh(loan), {"to": "special_mention", "evidence": "in order"}, "u1")
    for due in (date(2026, 7, 15), date(2026, 9, 15), date(2026, 11, 15)):
        stand_on(lender, due, loan)
        repay(fresh(loan), owed(fresh(loan), due).due_fen, f"pay {due}", "officer")
    stand_on(lender, ends, loan)
    waiting = perform(people["officer"], "upgrade", fresh(loan), {"to": "special_mention", "evidence": "in order"}, "u1")
    assert waiting.status == "waiting"


def test_findings_act_at_once(lender: Any, draw: Callable[..., Any], people: dict[str, Any]) -> None:
    from puhui.loans.class_models import ClassChange
    from puhui.loans.commands import approve, perform
    from puhui.loans.models import Command

    loan = draw(LONG)
    sibling = draw(LONG, loan.firm)
    asked = {"code": "bankruptcy", "of": "debtor", "evidence": "court notice 12"}
    assert perform(people["officer"], "record_finding", loan, asked, "f1").answer["class"] == "loss"
    assert classes(loan, sibling) == ["loss", "loss"]
    change = ClassChange.objects.get(loan=sibling)
    assert (change.source, change.articles) == (
        "articles", [{"code": "bankruptcy", "article": "13", "at_least": "loss", "fact": None}],
    )  # fmt: skip
    finding = perform(people["officer"], "record_finding", loan, asked, "f1").answer["finding"]
    perform(people["officer"], "end_finding", loan, {"finding": finding, "evidence": "mistaken identity"}, "f2")
    approve(people["risk"], Command.objects.get(key="f2"))
    assert classes(loan, sibling) == ["loss", "loss"]  # nothing rises by itself
    with pytest.raises(FaultsError, match="not ended"):
        perform(people["officer"], "end_finding", loan, {"finding": finding, "evidence": "again"}, "f3")


def test_a_technical_arrear(lender: Any, draw: Callable[..., Any], people: dict[str, Any]) -> None:
    from puhui.loans.classifying import classify
    from puhui.loans.commands import perform

    loan = draw(SHORT)
    perform(people["officer"], "record_finding", loan, {"code": "technical_overdue", "of": "loan", "evidence": "core system down"}, "f1")
    found = {}
    for days in (1, 7, 8):
        stand_on(lender, DUE + timedelta(days=days), loan)
        classify(lender, DUE + timedelta(days=days))
        found[days] = classes(loan)[0]
    assert found == {1: "normal", 7: "normal", 8: "special_mention"}


@pytest.mark.parametrize(("retail", "amount", "expected"), [(True, "90000.00", "normal"), (False, "110000.00", "special_mention"),
                                                            (False, "80000.00", "substandard")])  # fmt: skip
def test_contagion_within_a_debtor(
    lender: Any, draw: Callable[..., Any], people: dict[str, Any], retail: bool, amount: str, expected: str
) -> None:
    """Some 10,000 of 112,000 or of 84,000 is bad: more than a tenth or not (three instalments of the other are paid by then)."""
    from puhui.loans.class_models import ClassChange
    from puhui.loans.classifying import classify
    from puhui.loans.commands import perform

    late = draw(SHORT)
    other = draw({**LONG, "amount": amount, "method": "equal_instalment", "instalments": 36, "every": "1 month"}, late.firm)
    if not retail:
        asked = {"code": "non_retail", "of": "debtor", "evidence": "group of firms"}
        perform(people["officer"], "record_finding", late, asked, "f1")
    day = DUE + timedelta(days=91)
    late, other = stand_on(lender, day, late, other)
    from puhui.loans.actions import repay

    # The other loan is in order: what fell due of it is paid.
    due = sum(row.principal_fen + row.interest_fen + row.penalty_fen + row.compound_fen for row in other.instalments.filter(due__lte=day))
    repay(fresh(other), due, "pay", "officer")
    figures = classify(lender, day)
    assert classes(late, other) == ["substandard", expected]
    assert figures["contagion"] == (0 if retail else 1)
    if not retail:
        assert ClassChange.objects.get(loan=other).source == "contagion"


def test_a_downgrade_is_at_once_and_only_downwards(lender: Any, draw: Callable[..., Any], people: dict[str, Any]) -> None:
    from puhui.loans.commands import perform

    loan = draw(LONG)
    done = perform(people["officer"], "downgrade", loan, {"to": "special_mention", "reason": "largest buyer is gone"}, "d1")
    assert done.status == "done" and classes(loan) == ["special_mention"]
    for to in ("special_mention",):
        with pytest.raises(FaultsError, match="worse than special_mention"):
            perform(people["officer"], "downgrade", loan, {"to": to, "reason": "again"}, "d2")
    with pytest.raises(FaultsError, match="to"):
        perform(people["officer"], "downgrade", loan, {"to": "normal", "reason": "again"}, "d3")


def test_a_loan_that_was_downgraded_still_falls_with_its_arrears(lender: Any, draw: Callable[..., Any], people: dict[str, Any]) -> None:
    """Downgraded on the first day past due, before a night looked at it: its clock strikes on day 91 all the same."""
    from puhui.loans.classifying import classify
    from puhui.loans.commands import perform

    loan = draw(SHORT)
    (loan,) = stand_on(lender, DUE + timedelta(days=1), loan)
    perform(people["officer"], "downgrade", loan, {"to": "special_mention", "reason": "largest buyer is gone"}, "d1")
    classify(lender, DUE + timedelta(days=1))
    stand_on(lender, DUE + timedelta(days=91), loan)
    assert classify(lender, DUE + timedelta(days=91))["changed"] == 1 and classes(loan) == ["substandard"]


def test_a_past_failure_under_observation_is_known_now(lender: Any, draw: Callable[..., Any]) -> None:
    """Late under observation, paid since: for a day on which it was late the articles still give substandard."""
    from puhui.loans.actions import pay_off
    from puhui.loans.class_queries import class_as_known_now
    from puhui.loans.credit_models import Restructuring

    loan = draw(SHORT)
    Restructuring.objects.create(
        institution=lender, loan=loan, day=OPENED, kind="new_plan", was_non_performing=False, observed_from=OPENED,
        observed_until=OPENED + timedelta(days=365), recorded_by="test",
    )  # fmt: skip
    (loan,) = stand_on(lender, DUE + timedelta(days=5), loan)
    pay_off(loan, "paid", "test")
    assert class_as_known_now(fresh(loan), DUE + timedelta(days=3)) == "substandard"
    assert class_as_known_now(fresh(loan), DUE) == "special_mention"
