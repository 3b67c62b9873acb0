"""Whether terms go together. What the agreement document does not settle is a fault that names the field, never a guess.

Each rule stands alone and looks at one subject; `given` holds the keys that the document really has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

from puhui.calculations.faults import Fault
from puhui.calculations.reading import shown
from puhui.calculations.term_records import Terms

__all__ = ["combination_faults"]

Rule = Callable[[Terms, frozenset[str]], Iterator[Fault]]


def combination_faults(terms: Terms, given: frozenset[str], faulty: frozenset[str] = frozenset()) -> list[Fault]:
    """Every fault of combination; rules that read a field known to be `faulty` already are left out."""
    return [fault for rule, reads in _RULES.items() if not reads & faulty for fault in rule(terms, given)]


def _fields_of_other_methods(terms: Terms, given: frozenset[str]) -> Iterator[Fault]:
    """Fields that mean nothing under this method; their defaults may stand there."""
    strays = {
        "steps": ("steps" in given, ("stepped",)),
        "dues": ("dues" in given, ("custom",)),
        "principal_share": (terms.principal_share is not None, ("equal_principal",)),
        "flat_interest": (terms.flat_interest != "period", ("flat",)),
        "level": (terms.level != "annuity", ("equal_instalment",)),
    }
    for key, (stands_there, methods) in strays.items():
        if stands_there and terms.method not in methods:
            yield Fault(key, shown(f"method {terms.method}"), f"nothing: only for method {', '.join(methods)}")
    if terms.balloon and terms.method not in ("equal_principal", "equal_instalment"):
        yield Fault("balloon", f"method {terms.method}", "method equal_principal or equal_instalment: others leave nothing to a balloon")
    if "in_advance_to" in given and terms.prepayment != "next_instalments":
        yield Fault("in_advance_to", f"prepayment {terms.prepayment}", "prepayment next_instalments")
    if terms.multiple != 1 and terms.method not in ("equal_instalment", "flat"):
        yield Fault("rounding.instalment_multiple", f"method {terms.method}", "method equal_instalment or flat: not settled for others")


def _dates(terms: Terms, given: frozenset[str]) -> Iterator[Fault]:
    if terms.method == "custom":
        yield from _custom(terms, given)
        return
    if terms.method == "stepped":
        total = sum(part.count for part in terms.steps)
        if not terms.steps:
            yield Fault("steps", "nothing", "a list of steps")
        if terms.instalments is not None and terms.instalments != total:
            yield Fault("instalments", str(terms.instalments), f"{total}, the sum of the steps' counts")
        if terms.maturity is not None:
            yield Fault("maturity", terms.maturity.isoformat(), "nothing: the steps tell how many instalments there are")
    if terms.first_due is not None and terms.first_due <= terms.start:
        yield Fault("first_due", terms.first_due.isoformat(), f"a date after the start {terms.start}")
    if terms.maturity is not None and terms.maturity <= terms.start:
        yield Fault("maturity", terms.maturity.isoformat(), f"a date after the start {terms.start}")
    if terms.settlement_day is not None:
        yield from _settlement(terms)
    elif terms.method == "bullet":
        yield from _bullet(terms)
    else:
        if terms.step is None:
            yield Fault("every", "nothing", 'a step such as "1 month"')
        if terms.method != "stepped" and (terms.instalments is None) == (terms.maturity is None):
            yield Fault("instalments", "both or neither", "either instalments or maturity")


def _custom(terms: Terms, given: frozenset[str]) -> Iterator[Fault]:
    for key in ("instalments", "every", "maturity", "settlement_day", "first_due"):
        if key in given:
            yield Fault(key, "method custom", "nothing: the dues tell the dates")
    if not terms.dues:
        yield Fault("dues", "nothing", "a list of due dates with their principal")
        return
    days = [terms.start, *(due.due for due in terms.dues)]
    if any(first >= second for first, second in pairwise(days)):
        found = ", ".join(day.isoformat() for day in days[1:6])
        yield Fault("dues", found, f"dates after the start {terms.start}, each after the one before")
    total = sum(due.principal for due in terms.dues)
    if total != terms.amount:
        yield Fault("dues", f"principal of {total} smallest units", f"principal that adds up to the amount, {terms.amount}")


def _settlement(terms: Terms) -> Iterator[Fault]:
    if terms.method != "interest_only":
        yield Fault("settlement_day", f"method {terms.method}", "method interest_only: not supported with others")
    if terms.maturity is None or terms.instalments is not None:
        found = "nothing" if terms.maturity is None else "instalments too"
        yield Fault("maturity", found, "a maturity and no instalments, with a settlement_day")
    if terms.first_due is not None:
        yield Fault("first_due", terms.first_due.isoformat(), "nothing: the settlement_day tells the dates")
    if terms.step is not None and terms.step.months not in (1, 3):
        yield Fault("every", "another step", "1 month or 3 month, with a settlement_day")
    if terms.month_end == "roll":
        yield Fault("month_end", "roll", "clamp: a settlement day that the month lacks is its last")


def _bullet(terms: Terms) -> Iterator[Fault]:
    if terms.maturity is not None:
        if terms.instalments not in (None, 1):
            yield Fault("instalments", str(terms.instalments), "nothing beside a maturity")
        if terms.first_due is not None or terms.step is not None:
            yield Fault("every", "a step or first_due", "nothing beside the maturity of a bullet loan")
    elif terms.instalments != 1 or terms.step is None:
        yield Fault("instalments", shown(terms.instalments), "a maturity, or 1 with its step: more are not settled for a bullet loan")


def _grace(terms: Terms, given: frozenset[str]) -> Iterator[Fault]:
    grace = terms.grace
    if not (grace.principal or grace.interest_payment or grace.interest_free):
        return
    count = terms.instalments
    if count is None and terms.method not in ("stepped", "custom"):
        yield Fault("grace", "no instalments", "a number of instalments, with a grace")
    elif count is not None and max(grace.principal, grace.interest_payment, grace.interest_free) >= count:
        yield Fault("grace", "no period after it", f"fewer periods than the {count} instalments")
    if terms.method not in ("equal_instalment", "equal_principal", "interest_only"):
        yield Fault("grace", f"method {terms.method}", "none: not supported with this method")
    if terms.method == "equal_principal" and grace.principal and (terms.principal_share is not None or terms.balloon):
        yield Fault("grace.principal", str(grace.principal), "0 with principal_share or balloon: not settled")
    if grace.interest_payment and grace.interest_free:
        yield Fault("grace", "both interest_payment and interest_free", "one of them: together they are not settled")
    if terms.method == "equal_instalment":
        if 0 < grace.interest_payment < grace.principal:
            expected = f"0, or at least the {grace.principal} periods without principal: what is on top of interest alone is not settled"
            yield Fault("grace.interest_payment", str(grace.interest_payment), expected)
        if grace.interest_payment > grace.principal and terms.level == "solved":
            expected = f"at most the {grace.principal} periods without principal, or level annuity: not settled"
            yield Fault("grace.interest_payment", str(grace.interest_payment), expected)


def _principal_parts(terms: Terms, given: frozenset[str]) -> Iterator[Fault]:
    if terms.balloon >= terms.amount:
        yield Fault("balloon", str(terms.balloon), "less than the amount (in smallest units here)")
    if terms.principal_share is not None:
        if terms.principal_share == 0:
            yield Fault("principal_share", "0", "a share above 0")
        elif terms.instalments is not None and terms.principal_share * (terms.instalments - 1) >= 1:
            yield Fault("principal_share", str(float(terms.principal_share)), "a share that leaves something to the last instalment")
        if terms.balloon:
            yield Fault("balloon", "principal_share", "one of them: together they are not settled")
    parts = terms.steps
    if parts and all(not part.whole_instalment for part in parts):
        before_last = sum(part.count * part.amount for part in parts) - parts[-1].amount
        if before_last >= terms.amount:
            yield Fault("steps", f"principal of {before_last} before the last", f"less than the amount {terms.amount} (in smallest units)")


def _interest(terms: Terms, given: frozenset[str]) -> Iterator[Fault]:
    if terms.part_periods == "whole" and terms.interest_basis == "daily":
        yield Fault("part_periods", "whole, with interest_basis daily", "interest_basis period")
    if terms.method == "flat" and terms.flat_interest == "term" and (terms.interest_basis == "daily" or terms.first_due is not None):
        yield Fault("flat_interest", "term over periods of different length", "period: how it is spread is not settled")
    if terms.day_count == "30/360" and terms.step is not None and terms.step.days and not _weeks_by_period(terms):
        yield Fault("day_count", "30/360 with a step of days or weeks", "another day count: not settled")


def _weeks_by_period(terms: Terms) -> bool:
    return terms.step is not None and terms.step.weeks > 0 and terms.interest_basis == "period"


def _charges(terms: Terms, given: frozenset[str]) -> Iterator[Fault]:
    for index, fee in enumerate(terms.fees):
        where = f"fees[{index}]"
        if (
            fee.when != "instalment"
            and fee.of not in ("", "amount", "outstanding")
            and not (fee.when == "drawdown" and fee.of == "principal")
        ):
            expected = "amount or outstanding, or of a drawdown its principal, for a fee that does not fall due with the instalments"
            yield Fault(f"{where}.of", fee.of, expected)
        if not isinstance(fee.when, str) and fee.when < terms.start:
            yield Fault(f"{where}.when", fee.when.isoformat(), f"a date from the start {terms.start} on")
    names = [fee.name for fee in terms.fees]
    if len(set(names)) != len(names):
        yield Fault("fees", ", ".join(names), "each name once")


def _repayment(terms: Terms, given: frozenset[str]) -> Iterator[Fault]:
    for order in {terms.allocation, terms.allocation_non_accrual}:
        for group in (order.past_due, order.due):
            missing = {"interest", "principal"} - set(group)
            if terms.penalty is not None:
                missing |= {"penalty", "compound"} - set(group)
            if terms.fees:
                missing |= {"fee"} - set(group)
            if missing:
                yield Fault("allocation", "without " + ", ".join(sorted(missing)), "each component that may be owed")
    recalculation = terms.recalculation
    if recalculation is not None and recalculation.compounds and terms.penalty is not None:
        yield Fault("interest_recalculation.compounding", "interest", "none where a penalty is agreed: it has its own compound interest")


_RULES: dict[Rule, frozenset[str]] = {
    _fields_of_other_methods: frozenset({"method", "balloon", "level", "flat_interest", "principal_share", "prepayment", "rounding"}),
    _dates: frozenset(
        {"amount", "start", "method", "steps", "dues", "instalments", "maturity", "first_due", "settlement_day", "every", "month_end"}
    ),
    _grace: frozenset({"grace", "instalments", "method", "level", "balloon", "principal_share"}),
    _principal_parts: frozenset({"amount", "balloon", "principal_share", "instalments", "steps"}),
    _interest: frozenset({"method", "interest_basis", "part_periods", "flat_interest", "first_due", "day_count", "every"}),
    _charges: frozenset({"fees", "start"}),
    _repayment: frozenset({"allocation", "penalty", "fees", "interest_recalculation"}),
}
"""Each rule with the fields that it reads."""
