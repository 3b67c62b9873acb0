"""Other dates and terms for a loan that runs: a changed payment day, extension (展期), restructuring (重组).

All are events `reschedule`, with a new rate or a waiver beside them where agreed. An extension keeps within the limits of the loan's
own term, all extensions together, and takes the rate of its total term's bucket. What is eased because the debtor is in difficulty is
a restructuring: its observation starts at the first due date after the change, and the loan is classified anew in the same act.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from functools import lru_cache
from typing import Any

from django.conf import settings

from puhui.calculations.classification_articles import is_non_performing, later_of
from puhui.calculations.extension import Bucket, ExtensionLimit, bucket_of_term, latest_maturity
from puhui.calculations.faults import Fault, check
from puhui.calculations.position import Row
from puhui.calculations.term_records import RATE_SCALE
from puhui.loans.act_arguments import Argument, choice, count, day, entries, rate, record, text
from puhui.loans.acts import Act, Done, Work, loan_faults, state_fault
from puhui.loans.class_facts import rules_on
from puhui.loans.class_models import LoanClass
from puhui.loans.classifying import classify_loans
from puhui.loans.credit_models import Restructuring
from puhui.loans.keeping import Kept, NewEvent
from puhui.loans.models import Loan
from puhui.loans.securing import consent_faults
from puhui.products.parameters import table

OPEN = ("performing", "overdue", "non_accrual")


@lru_cache(maxsize=16)
def extension_limits(on: date) -> tuple[ExtensionLimit, ...]:
    """The limits of the dated table."""
    rows = table("extension-limits", settings.PUHUI_CATALOGUE).valid_on(on)
    return tuple(
        ExtensionLimit(
            _whole(row.get("term_months_up_to")), Fraction(str(row["share_of_term"])), _whole(row.get("months_maximum"))
        )
        for row in rows
    )  # fmt: skip


@lru_cache(maxsize=16)
def rate_buckets(on: date) -> tuple[Bucket, ...]:
    """The rate buckets of the dated table, the shortest first."""
    rows = table("rate-buckets", settings.PUHUI_CATALOGUE).valid_on(on)
    return tuple(Bucket(row["code"], _whole(row.get("term_months_up_to"))) for row in rows)


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)


def _move_due_date(work: Work) -> Done:
    """A changed payment day: one due date moves, and the later ones keep their dates or follow."""
    arguments = work.arguments
    check(loan_faults(work.target, work.when, work.day, ("performing",)))
    detail = {"due": arguments["due"].isoformat(), "new_due": arguments["new_due"].isoformat(), "later": arguments["later"]}
    done = work.happen(
        "reschedule", NewEvent("reschedule", work.when, work.key, None, detail), None, {**detail, "reason": arguments["reason"]}
    )
    check(_longer_faults(work))
    return Done({**done.answer, "maturity": _maturity(work).isoformat()}, done.result)


def _longer_faults(work: Work) -> Iterator[Fault]:
    """A changed payment day is not an extension: the loan may end later by less than a month."""
    loan: Loan = work.target
    if (_maturity(work) - loan.maturity).days > 31:
        yield Fault("new_due", f"a maturity of {_maturity(work)}", f"within a month of {loan.maturity}", "Extend the loan instead.")


MOVE_DUE_DATE = Act(
    "move_due_date",
    "loan",
    _move_due_date,
    (day("due", required=True), day("new_due", required=True), choice("later", "keep", "follow"), text("reason", "why it moves"), day()),
    lambda work: 0,
)

_NEW_PLAN: tuple[Argument, ...] = (
    day("new_due"),
    day("begin"),
    count("extra_instalments", required=False),
    count("grace", required=False),
    count("instalments", required=False),
    text("every", 'a step such as "1 month"', required=False),
    choice("method", "equal_instalment", "equal_principal", "interest_only", "bullet", required=False),
)


def _extend(work: Work) -> Done:
    loan: Loan = work.target
    consents = work.arguments["consents"] or {}
    check([*loan_faults(loan, work.when, work.day, ("performing",)), *consent_faults(loan.contract, consents), *_too_late(work)])
    before = _last_due(loan)
    done = work.happen("extension", NewEvent("reschedule", work.when, work.key, None, _extension(work, before)))
    maturity = _maturity(work)
    check(_limit_faults(loan, before, maturity, work))
    if (rate_change := _new_rate(work)) is not None:
        work.happen("rate_change", rate_change)
    detail = {"from": before.isoformat(), "maturity": maturity.isoformat(), "consents": consents}
    risk_class = _restructured(work, "extension", detail) if work.arguments["in_difficulty"] == "yes" else None
    return Done({**done.answer, **detail, "class": risk_class}, done.result)


def _too_late(work: Work) -> Iterator[Fault]:
    """An extension is agreed before the loan matures; afterwards it is a restructuring."""
    last = _last_due(work.target)
    if work.when >= last:
        yield Fault("date", work.when.isoformat(), f"a day before {last}, on which the loan matures", "Restructure it instead.")


def _extension(work: Work, last_due: date) -> dict[str, Any]:
    """The event: the last due date moved, or more instalments from a day on."""
    new_due, extra, begin = (work.arguments[name] for name in ("new_due", "extra_instalments", "begin"))
    if (new_due is None) == (extra is None):
        raise state_fault("extension", "both or neither", "either new_due, the new maturity, or extra_instalments")
    if new_due is not None:
        return {"due": last_due.isoformat(), "new_due": new_due.isoformat(), "later": "keep"}
    return {"begin": (begin or work.when).isoformat(), "extra_instalments": extra}


def _limit_faults(loan: Loan, before: date, maturity: date, work: Work) -> Iterator[Fault]:
    latest = latest_maturity(loan.start, loan.maturity, extension_limits(work.day))
    if not before < maturity <= latest:
        expected = f"after {before} and not after {latest}, by the loan's own term of {loan.start} to {loan.maturity}"
        yield Fault("maturity", maturity.isoformat(), expected, "A longer one is a restructuring or a new note.")
    buckets = rate_buckets(work.day)
    old, new = bucket_of_term(loan.start, before, buckets), bucket_of_term(loan.start, maturity, buckets)
    if new != old and work.arguments["rate_annual"] is None:
        yield Fault("rate_annual", "none", f"the rate of a term of {new.code}: the total term leaves that of {old.code}")


def _new_rate(work: Work) -> NewEvent | None:
    new = work.arguments["rate_annual"]
    if new is None:
        return None
    return NewEvent("rate_change", work.when, work.event_key(1), None, {"rate_e8": int(new * RATE_SCALE)})


EXTEND = Act(
    "extend",
    "loan",
    _extend,
    (
        day("new_due"),
        count("extra_instalments", required=False),
        day("begin"),
        rate(required=False),
        choice("in_difficulty", "yes", "no"),
        record("consents", "the written consent of each guarantor and owner: provider → document", required=False),
        text("reason", "why it is extended"),
        day(),
    ),
)


def _restructure(work: Work) -> Done:
    loan: Loan = work.target
    consents = work.arguments["consents"] or {}
    check([*loan_faults(loan, work.when, work.day, OPEN), *consent_faults(loan.contract, consents)])
    events = list(_measures(work))
    if not events:
        raise state_fault("measures", "none", "a new plan, more instalments, grace, a new due date, a new rate or a waiver")
    done = [work.happen("restructuring", event) for event in events]
    detail = {"difficulty": work.arguments["difficulty"], "consents": consents, "events": [each.answer["event_number"] for each in done]}
    risk_class = _restructured(work, "restructuring", detail)
    return Done({**done[0].answer, **detail, "maturity": _maturity(work).isoformat(), "class": risk_class}, done[0].result)


def _measures(work: Work) -> Iterator[NewEvent]:
    """The events of a restructuring, waiver and rate before the plan that rests on them."""
    arguments, place = work.arguments, 0
    if (waived := arguments["waiver"]) is not None:
        if set(waived) != {"of", "amount_fen"} or not isinstance(waived["amount_fen"], int):
            raise state_fault("waiver", ", ".join(sorted(waived)), "of and amount_fen")
        yield NewEvent("waiver", work.when, work.event_key(place), waived["amount_fen"], {"of": waived["of"]})
        place += 1
    if arguments["rate_annual"] is not None:
        detail = {"rate_e8": int(arguments["rate_annual"] * RATE_SCALE)}
        yield NewEvent("rate_change", work.when, work.event_key(place), None, detail)
        place += 1
    if (plan := _plan(work)) is not None:
        yield NewEvent("reschedule", work.when, work.event_key(place), None, plan)


def _plan(work: Work) -> dict[str, Any] | None:
    """The reschedule that the arguments name: a new due date, a new plan, more instalments or grace; None where they name none."""
    arguments = work.arguments
    if arguments["new_due"] is not None:
        return {"due": _last_due(work.target).isoformat(), "new_due": arguments["new_due"].isoformat(), "later": "keep"}
    named = {
        name: arguments[name] for name in ("extra_instalments", "grace", "every", "instalments", "method") if arguments[name] is not None
    }
    if not named:
        return None
    forms = ({"extra_instalments"}, {"grace"}, {"every", "instalments", "method"})
    if set(named) not in forms:
        expected = "extra_instalments; grace; or every, instalments and method"
        raise state_fault("measures", ", ".join(sorted(named)), expected)
    return {"begin": (arguments["begin"] or work.when).isoformat(), **named}


RESTRUCTURE = Act(
    "restructure",
    "loan",
    _restructure,
    (
        *_NEW_PLAN,
        rate(required=False),
        entries("waiver", "of and amount_fen", required=False),
        record("consents", "the written consent of each guarantor and owner: provider → document", required=False),
        text("difficulty", "what shows that the debtor is in financial difficulty"),
        day(),
    ),
)


def _restructured(work: Work, kind: str, detail: dict[str, Any]) -> str:
    """Begin an observation and classify the loan: its class after the change."""
    loan: Loan = work.target
    held = LoanClass.objects.filter(loan=loan).first()
    coming = [row.due for row in _last(work).fold.position.rows if row.due > work.when and row.outstanding > 0]
    begin_observation(work, loan, kind, coming, is_non_performing(held.risk_class if held else "normal"), detail)
    (done,) = classify_loans(work.institution, work.day, [loan.pk], actor=work.actor)
    return done.after


def begin_observation(
    work: Work, loan: Loan, kind: str, dues: list[date], was_non_performing: bool, detail: dict[str, Any]
) -> Restructuring:
    """Observe a loan from its first due date after the change, for so many instalments and months as the table asks for."""
    start = min(dues, default=work.when)
    return Restructuring.objects.create(
        institution=work.institution, loan=loan, day=work.when, kind=kind, was_non_performing=was_non_performing, observed_from=start,
        observed_until=later_of(rules_on(work.day).clocks["observation"], start, dues), detail=detail, recorded_by=work.actor,
    )  # fmt: skip


def _last(work: Work) -> Kept:
    return next(each for each in reversed(work.kept) if each.loan.pk == work.target.pk)


def _rows(work: Work) -> tuple[Row, ...]:
    return _last(work).fold.position.rows


def _maturity(work: Work) -> date:
    """The last due date after the act."""
    return max(row.due for row in _rows(work))


def _last_due(loan: Loan) -> date:
    """The last due date as it stands."""
    due: date = loan.instalments.order_by("-due").values_list("due", flat=True)[0]
    return due
