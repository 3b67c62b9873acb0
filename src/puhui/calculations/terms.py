"""Reading the terms of a loan from the quote document: each field checked, every fault named at once.

A field that is unknown, not supported or not settled is a fault, never a guess. Defaults are what Chinese banks take for granted.
What single fields cannot tell (whether they go together) is in `term_checks`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from puhui.calculations.business_days import MOVES, BusinessDays, calendar_names
from puhui.calculations.calendar import Step, parse_date, parse_step
from puhui.calculations.day_count import DAY_COUNTS
from puhui.calculations.faults import Fault, FaultsError
from puhui.calculations.line_terms import fit_line, read_line
from puhui.calculations.money import ROUNDING_MODES, currency_exponent
from puhui.calculations.rates import read_rates
from puhui.calculations.reading import Fields
from puhui.calculations.term_checks import combination_faults
from puhui.calculations.term_records import (
    COMPONENTS,
    MARKUP_SCALE,
    METHODS,
    CustomDue,
    Fee,
    Grace,
    Order,
    PartOfSteps,
    Penalty,
    Recalculation,
    Terms,
)

__all__ = ["Terms", "read_terms", "terms_from"]

_PREFIXES = ("past_due_", "due_", "in_advance_")
MOST_INSTALMENTS = 4000


def read_terms(document: Mapping[str, Any]) -> Terms:
    """The terms of a quote document without `events` and `as_of`. Raises FaultsError naming every fault."""
    faults: list[Fault] = []
    fields = Fields(dict(document), faults)
    terms = terms_from(fields)
    fields.finish()
    if terms is None or faults:
        raise FaultsError(faults)
    return terms


def terms_from(fields: Fields) -> Terms | None:
    """The terms among `fields` (which may hold more keys), or None after noting faults."""
    known = len(fields.faults)
    code = fields.raw("currency") if fields.has("currency") else "CNY"
    exponent = currency_exponent(code) if isinstance(code, str) else None
    if exponent is None:
        fields.fault("currency", "a currency code of ISO 4217")
        exponent = 2
    line = read_line(fields, exponent)
    amount = fields.amount("amount", exponent, required=not fields.has("line"))
    start = fields.day("start", required=True)
    day_count = fields.choice("day_count", DAY_COUNTS, "M/360")
    month_end = fields.choice("month_end", ("clamp", "roll"), "clamp")
    rates = read_rates(fields, start, month_end)
    method = fields.choice("method", METHODS, "equal_instalment")
    values: dict[str, Any] = _plain_choices(fields, day_count)
    values |= _when(fields) | _how(fields, exponent)
    values |= {"fees": _fees(fields, exponent), "penalty": _penalty(fields)} | _repayment(fields)
    values |= _upfront(fields, exponent)
    if line is not None:
        method, amount = fit_line(fields, line, method, start, amount, values)
    values["business_days"] = _business_days(fields)
    faulty = _faulty(fields, known)
    terms = Terms(
        currency=str(code), exponent=exponent, amount=amount or 1, start=start or date.min, method=method, day_count=day_count,
        rates=rates or ((date.min, 0),), month_end=month_end, line=line, **values,
    )  # fmt: skip
    fields.faults.extend(combination_faults(terms, frozenset(fields.values), faulty))
    return None if amount is None or start is None or rates is None or len(fields.faults) > known else terms


def _faulty(fields: Fields, known: int) -> frozenset[str]:
    """The fields of the terms that have a fault already, whatever part of them it is."""
    return frozenset(re.split(r"[.\[]", fault.where, maxsplit=1)[0] for fault in fields.faults[known:])


def _plain_choices(fields: Fields, day_count: str) -> dict[str, Any]:
    basis = "daily" if day_count.startswith("ACT/") else "period"
    return {
        "interest_basis": fields.choice("interest_basis", ("daily", "period"), basis),
        "day_label": fields.choice("day_label", ("start", "end"), "start"),
        "part_periods": fields.choice("part_periods", ("days", "whole"), "days"),
        "level": fields.choice("level", ("annuity", "solved"), "annuity"),
        "flat_interest": fields.choice("flat_interest", ("period", "term"), "period"),
        "prepayment": fields.choice("prepayment", ("reduce_instalment", "reduce_term", "next_instalments"), "reduce_instalment"),
        "vertical": fields.choice("allocation_by", ("horizontal", "vertical"), "horizontal") == "vertical",
        "in_advance_to": fields.choice("in_advance_to", ("next", "last"), "next"),
    }


def _when(fields: Fields) -> dict[str, Any]:
    step: Step | None = None
    if fields.has("every"):
        step = parse_step(fields.raw("every"))
        if step is None:
            fields.fault("every", 'a step such as "1 month", "2 week", "10 day" or "1 year"')
    return {
        "step": step,
        "instalments": fields.integer("instalments", 1, MOST_INSTALMENTS),
        "first_due": fields.day("first_due"),
        "maturity": fields.day("maturity"),
        "settlement_day": fields.integer("settlement_day", 1, 31),
    }


def _how(fields: Fields, exponent: int) -> dict[str, Any]:
    values: dict[str, Any] = {
        "balloon": fields.amount("balloon", exponent, zero=True) or 0,
        "principal_share": fields.share("principal_share", 8),
    }
    grace = fields.child("grace")
    if grace is not None:
        keys = ("principal", "interest_payment", "interest_free")
        values["grace"] = Grace(**{key: grace.integer(key, 0, MOST_INSTALMENTS) or 0 for key in keys})
        grace.finish()
    values["steps"] = tuple(_part_of_steps(item, exponent) for item in fields.children("steps"))
    values["dues"] = tuple(_custom_due(item, exponent) for item in fields.children("dues"))
    rounding = fields.child("rounding")
    if rounding is not None:
        values["rounding"] = rounding.choice("money", ROUNDING_MODES, "half_up")
        values["multiple"] = rounding.amount("instalment_multiple", exponent) or 1
        rounding.finish()
    return values


def _part_of_steps(item: Fields, exponent: int) -> PartOfSteps:
    count = item.integer("count", 1, MOST_INSTALMENTS)
    if not item.has("count"):
        item.fault("count", "a whole number of instalments")
    whole = item.has("instalment")
    if whole == item.has("principal"):
        item.fault("principal", 'either "principal" or "instalment"')
    amount = item.amount("instalment" if whole else "principal", exponent, zero=not whole)
    item.finish()
    return PartOfSteps(count or 1, amount or 0, whole)


def _custom_due(item: Fields, exponent: int) -> CustomDue:
    due = item.day("due", required=True)
    principal = item.amount("principal", exponent, required=True, zero=True)
    item.finish()
    return CustomDue(due or date.max, principal or 0)


def _fees(fields: Fields, exponent: int) -> tuple[Fee, ...]:
    fees = []
    for item in fields.children("fees"):
        name = item.raw("name")
        if not isinstance(name, str) or not name:
            item.fault("name", "the name of the fee")
        when = item.raw("when")
        moment = when if when in ("drawdown", "instalment") else parse_date(when)
        if moment is None:
            item.fault("when", "drawdown, instalment or a date")
        by_rate = item.has("rate")
        if by_rate == item.has("amount"):
            item.fault("amount", 'either "amount" or "rate" with "of"')
        amount = item.amount("amount", exponent)
        rate = item.share("rate", 8)
        of = item.choice("of", ("amount", "principal", "interest", "instalment", "outstanding"), "") if item.has("of") else ""
        if by_rate != bool(of):
            item.fault("of", '"rate" goes with "of", "amount" without')
        item.finish()
        fees.append(Fee(str(name), moment or "instalment", amount or 0, rate, of))
    return tuple(fees)


def _penalty(fields: Fields) -> Penalty | None:
    if not fields.has("penalty") or fields.raw("penalty") is None:
        return None
    child = fields.child("penalty")
    if child is None:
        return None
    overdue = child.share("markup_overdue", 4, highest=10)
    misuse = child.share("markup_misuse", 4, highest=10)
    penalty = Penalty(
        markup_overdue=5_000 if overdue is None else int(overdue * MARKUP_SCALE),
        markup_misuse=10_000 if misuse is None else int(misuse * MARKUP_SCALE),
        grace_days=child.integer("grace_days", 0, 3650) or 0,
        compound_in_term=child.boolean("compound_in_term", True),
        compound_overdue=child.boolean("compound_overdue", True),
        compound_on_penalty=child.boolean("compound_on_penalty", False),
    )
    child.finish()
    return penalty


def _repayment(fields: Fields) -> dict[str, Any]:
    values: dict[str, Any] = {}
    raw = fields.raw("allocation") if fields.has("allocation") else list(COMPONENTS)
    if isinstance(raw, dict):
        child = fields.child("allocation")
        assert child is not None
        for status in ("performing", "non_accrual"):
            if not child.has(status):
                child.fault(status, "the order of repayment in this status")
        values["allocation"] = _order(child, "performing", child.raw("performing"))
        values["allocation_non_accrual"] = _order(child, "non_accrual", child.raw("non_accrual"))
        child.finish()
    else:
        values["allocation"] = values["allocation_non_accrual"] = _order(fields, "allocation", raw)
    if fields.has("interest_recalculation"):
        values["recalculation"] = _recalculation(fields)
    return values


def _order(fields: Fields, key: str, items: object) -> Order:
    known = {prefix + name for prefix in ("", *_PREFIXES) for name in COMPONENTS}
    if not isinstance(items, list) or not items or any(not isinstance(item, str) or item not in known for item in items):
        fields.fault(key, "a list of " + ", ".join(COMPONENTS) + ", each optionally after past_due_, due_ or in_advance_")
        return Order()
    if len(set(items)) != len(items):
        fields.fault(key, "each item once")
    if all(item in COMPONENTS for item in items):
        return Order(tuple(items), tuple(items))
    if not any(item.startswith("in_advance_") for item in items) and ("interest" in items) != ("principal" in items):
        fields.fault(key, "interest and principal both by status or neither, or what is in advance too")
    items = _by_status(items)
    groups: dict[str, list[str]] = {prefix: [] for prefix in _PREFIXES}
    sequence: list[int] = []
    names: list[str] = []
    for item in items:
        prefix = next(prefix for prefix in _PREFIXES if item.startswith(prefix))
        groups[prefix].append(item.removeprefix(prefix))
        sequence.append(_PREFIXES.index(prefix))
        names.append(item.removeprefix(prefix))
    ahead = [place for place, status in enumerate(sequence) if _PREFIXES[status] == "in_advance_"]
    if ahead and ahead[0] < len(sequence) - len(ahead):
        fields.fault(key, "what is in advance after all that is past due or due")
    by_status = tuple((_PREFIXES[place], name) for place, name in zip(sequence, names, strict=True))
    return Order(tuple(groups["past_due_"]), tuple(groups["due_"]), tuple(groups["in_advance_"]), by_status)


def _by_status(items: list[str]) -> list[str]:
    """Items by status: one without a status stands for past due and due, and, where any item names what is in advance, for that at the end,
    unless the status of it is named elsewhere."""
    now, ahead = [], []
    for item in items:
        if item not in COMPONENTS:
            now.append(item)
            continue
        named = [prefix + item for prefix in _PREFIXES if prefix + item not in items]
        now += [each for each in named if not each.startswith("in_advance_")]
        ahead += [each for each in named if each.startswith("in_advance_")]
    return [*now, *ahead] if any(item.startswith("in_advance_") for item in items) else now


def _recalculation(fields: Fields) -> Recalculation | None:
    if fields.raw("interest_recalculation") is None:
        return None
    child = fields.child("interest_recalculation")
    if child is None:
        return None
    result = Recalculation(
        rest=child.choice("rest", ("daily", "period"), "daily"),
        overdue=child.boolean("overdue", False),
        payoff_interest=child.choice("payoff_interest", ("to_date", "to_rest"), "to_date"),
        compounds=child.choice("compounding", ("none", "interest"), "none") == "interest",
    )
    child.finish()
    return result


def _upfront(fields: Fields, exponent: int) -> dict[str, Any]:
    child = fields.child("upfront")
    if child is None:
        return {}
    margin = child.amount("margin", exponent, zero=True) or 0
    total = 0
    for item in child.children("fees_to_third_parties"):
        if not isinstance(item.raw("name"), str):
            item.fault("name", "the name of the fee")
        total += item.amount("amount", exponent, required=True) or 0
        item.finish()
    child.finish()
    return {"margin": margin, "third_party_fees": total}


def _business_days(fields: Fields) -> BusinessDays | None:
    child = fields.child("business_days")
    if child is None:
        return None
    name = child.raw("calendar")
    move = child.choice("move", MOVES, "none")
    interest_moves = child.boolean("interest_moves", True)
    if name is not None and name not in calendar_names():
        child.fault("calendar", "null or one of " + ", ".join(calendar_names()))
    elif name is None and move != "none":
        child.fault("calendar", "the name of a calendar, to move due dates by", "null")
    child.finish()
    return None if name is None or move == "none" else BusinessDays(name, move, interest_moves)
