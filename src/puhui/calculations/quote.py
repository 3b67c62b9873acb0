"""`puhui loans quote`: one document of terms and events in, schedule and state out. Pure: no database, no clock.

The document and the meaning of each field are the project's contract; the same document is the body of the interface's preview and the
input of `tests/cases/`. What is unknown, not supported or not settled is refused by name; a figure that may be wrong is never given.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import zip_longest
from typing import Any

from puhui.calculations.annual_cost import effective_rate, nominal_rate, rate_text
from puhui.calculations.calendar import parse_date
from puhui.calculations.caps import Checks, Law, law_faults, read_checks, simple_annual_cost
from puhui.calculations.events import Event, events_from, events_out_of_place
from puhui.calculations.faults import Fault, FaultsError, check
from puhui.calculations.lines import line_faults, monthly_grid, own_dues
from puhui.calculations.money import amount_text, currency_exponent
from puhui.calculations.periods import build_periods
from puhui.calculations.position import Flow, Position, Row
from puhui.calculations.reading import Fields, shown
from puhui.calculations.replay import replay
from puhui.calculations.schedule import scheduled
from puhui.calculations.term_records import Penalty, Terms
from puhui.calculations.terms import terms_from

__all__ = ["answer", "answer_text", "error"]

LawOn = Callable[[date], Law]
_COMPONENTS = ("principal", "interest", "fee", "penalty", "compound")
_AMOUNTS = (*_COMPONENTS, "total", "paid", "outstanding")


def answer(document: Mapping[str, Any], law: LawOn | None = None) -> dict[str, Any]:
    """The answer to a quote document. Raises FaultsError naming every fault.

    `law` tells what the law holds on a day; it is asked where the document says who lends (`checks`), and what it forbids is a fault.
    """
    faults: list[Fault] = []
    fields = Fields(dict(document), faults)
    terms = terms_from(fields)
    as_of, checks = fields.day("as_of"), read_checks(fields)
    if terms is None:
        events_from(fields, _any_terms(fields))
        fields.finish()
        raise FaultsError(faults)
    events = events_from(fields, terms)
    fields.finish()
    check(faults)
    check(events_out_of_place(terms, events, as_of))
    try:
        answered = _figures(terms, events, as_of)
    except FaultsError as refused:
        raise FaultsError(_with_its_event(*each) for each in zip_longest(refused.faults, refused.events)) from refused
    if checks is not None:
        check(_refused_by_law(terms, checks, law, answered["annual_cost"]))
    return answered


def _with_its_event(fault: Fault, index: int | None) -> Fault:
    """A fault of an event names its place in the list."""
    name = fault.where.removeprefix("events.")
    return fault if index is None or index < 0 or name == fault.where else replace(fault, where=f"events[{index}].{name}")


def _refused_by_law(terms: Terms, checks: Checks, law: LawOn | None, annual_cost: Mapping[str, str | None]) -> list[Fault]:
    if law is None:
        return [Fault("checks", "a lender", "nothing: no tables of law are at hand here")]
    in_force = law(checks.agreed_on or terms.start)
    return law_faults(terms, checks, in_force, simple_annual_cost(annual_cost["nominal"], annual_cost["effective"]))


def _figures(terms: Terms, events: Sequence[Event], as_of: date | None) -> dict[str, Any]:
    """Schedule, state and cost. Raises FaultsError where a figure is not settled."""
    faults: list[Fault] = []
    if terms.line is not None:
        check(line_faults(terms, events))
        if not terms.line.pooled:
            return _answer_own_dues(terms, events, as_of)
    if as_of is None:
        rows, flows, loan = scheduled(terms, events)
        if loan.unsettled:
            raise FaultsError(loan.unsettled)
        return _answer(terms, rows, None, flows)
    position = replay(terms, events, as_of)
    faults.extend(position.unsettled)
    faults.extend(_running_cost_not_settled(terms, position))
    if faults:
        raise FaultsError(faults)
    return _answer(terms, position.rows, position, _flows(position))


def _answer_own_dues(terms: Terms, events: Sequence[Event], as_of: date | None) -> dict[str, Any]:
    """The answer for a line whose draws keep their own dues: each row names its draw."""
    own = own_dues(terms, events, as_of)
    faults = list(own.unsettled)
    if own.position is not None:
        faults += _running_cost_not_settled(terms, own.position)
    check(faults)
    flows = own.flows if own.position is None else _flows(own.position)
    answered = _answer(terms, own.rows, own.position, flows)
    answered["instalments"] = [
        {"drawdown": drawdown, **instalment} for drawdown, instalment in zip(own.drawdowns, answered["instalments"], strict=True)
    ]
    return answered


def _any_terms(fields: Fields) -> Terms:
    """Terms good enough to look for faults in events when the real ones are faulty."""
    start = parse_date(fields.values.get("start")) or date(1900, 1, 1)
    currency = fields.values.get("currency", "CNY")
    exponent = currency_exponent(currency) if isinstance(currency, str) else None
    penalty = None if fields.values.get("penalty") is None else Penalty()
    return Terms("CNY", 2 if exponent is None else exponent, 1, start, "bullet", "M/360", ((start, 0),), penalty=penalty)


def _running_cost_not_settled(terms: Terms, position: Position) -> list[Fault]:
    """Penalty inside a period stands in a row that is not due: whether `overdue` holds it is not settled."""
    if not position.running_cost:
        return []
    found = f"{position.as_of}, with {amount_text(position.running_cost, terms.exponent)} of penalty or compound interest running"
    expected = "a day without penalty in a row not yet due: whether it is overdue before that due date is not settled"
    return [Fault("as_of", found, expected)]


def answer_text(text: str | bytes, law: LawOn | None = None) -> tuple[dict[str, Any], bool]:
    """The answer to a document as JSON text, and whether it holds figures; faults are answered as `{"error": [...]}`."""
    try:
        document = json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
        if not isinstance(document, dict):
            raise FaultsError([Fault("document", shown(document), "a JSON object")])
        return answer(document, law), True
    except FaultsError as faults:
        return error(faults.faults), False
    except (ValueError, RecursionError) as problem:
        return error([Fault("document", shown(str(problem)), "valid JSON")]), False
    except Exception as problem:  # a fault of ours refuses this document and stops none of the others
        found = f"{type(problem).__name__} while it was reckoned"
        return error([Fault("document", found, "a document that can be reckoned: please report this one")]), False


def error(faults: Iterable[Fault]) -> dict[str, Any]:
    """Faults in the form of the contract."""
    return {"error": [{"field": fault.where, "found": fault.found, "expected": fault.expected} for fault in faults]}


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        keys = [key for key, _ in pairs]
        raise FaultsError([Fault(key, "the key twice", "each key once") for key in sorted(values) if keys.count(key) > 1])
    return values


def _constant(name: str) -> Any:
    raise FaultsError([Fault("document", name, "valid JSON (no NaN or Infinity)")])


def _answer(terms: Terms, rows: tuple[Row, ...], position: Position | None, flows: Iterable[Flow]) -> dict[str, Any]:
    def text(minor: int) -> str:
        return amount_text(minor, terms.exponent)

    net = [_net(row) for row in rows]
    instalments = [
        {
            "number": row.number,
            "start": row.start.isoformat(),
            "due": row.due.isoformat(),
            "days": row.days,
            **{name: text(value) for name, value in amounts.items()},
            "balance": text(row.balance),
        }
        for row, amounts in zip(rows, net, strict=True)
    ]
    state = None
    if position is not None:
        state = {
            "as_of": position.as_of.isoformat(),
            "principal": text(position.principal),
            "accrued_interest": text(position.accrued_interest),
            "overdue": text(position.overdue),
            "days_past_due": position.days_past_due,
            "status": position.status,
        }
    return {
        "instalments": instalments,
        "totals": {name: text(sum(amounts[name] for amounts in net)) for name in _AMOUNTS},
        "state": state,
        "annual_cost": _annual_cost(terms, rows, flows),
    }


def _net(row: Row) -> dict[str, int]:
    """The amounts of a row; what was waived is no longer owed and stands in none of them."""
    amounts = {name: int(getattr(row, name)) - int(getattr(row, f"waived_{name}")) for name in _COMPONENTS}
    return amounts | {"total": sum(amounts.values()), "paid": row.paid, "outstanding": row.outstanding}


def _annual_cost(terms: Terms, rows: tuple[Row, ...], flows: Iterable[Flow]) -> dict[str, str | None]:
    """Nominal and effective cost of the flows and of what was paid up front, which enters here only."""
    all_flows = list(flows)
    if all_flows and rows and (terms.margin or terms.third_party_fees):
        first = min(day for day, amount in all_flows if amount < 0)
        last = max((row.due for row in rows if row.principal or row.interest), default=rows[-1].due)  # not the row of charges after it
        all_flows += [(first, terms.margin + terms.third_party_fees), (last, -terms.margin)]
    periods = build_periods(terms) if terms.line is None or terms.line.pooled else monthly_grid(terms)
    return {
        "nominal": rate_text(nominal_rate(all_flows, terms.start, periods)),
        "effective": rate_text(effective_rate(all_flows)),
    }


def _flows(position: Position) -> list[Flow]:
    """What was paid, and what is to come: what falls due on its day, what is overdue as if it were paid on `as_of`."""
    fees = [(day, amount) for _, day, amount in position.coming_charges]
    in_row = Counter[int]()
    for number, _, amount in position.coming_charges:
        in_row[number] += amount
    rest = ((row.due, row.outstanding - in_row[row.number]) for row in position.rows)
    coming = [(max(due, position.as_of), outstanding) for due, outstanding in rest if outstanding]
    return [*position.payments, *coming, *fees]
