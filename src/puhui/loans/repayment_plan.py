"""How a loan is repaid, agreed at contracting within what was decided: by instalments, at settlements, in one sum, as a line.

The decision settles how much, at most how long, and what the loan may cost; when the money comes back within that is agreed with the
borrower (回款 decides: a wholesaler pays from each month's sales, a grower from the harvest). A plan names fields of `quote.md`; one
that asks more than was offered is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from puhui.calculations.caps import simple_annual_cost
from puhui.calculations.faults import Fault, check
from puhui.calculations.quote import answer
from puhui.calculations.rate_steps import started, step_faults
from puhui.calculations.schedule import schedule
from puhui.calculations.term_records import RATE_SCALE
from puhui.loans.fold import terms_of
from puhui.loans.linked_rates import Link, index_e8
from puhui.loans.repricing import read_link

__all__ = ["agreed_link", "agreed_terms", "cost_ppm", "drawn_whole"]

# Settled by the decision or by the product, or told by events.
SETTLED = ("currency", "amount", "start", "penalty", "upfront", "events", "as_of", "checks", "rate_changes", "rate_steps")
# Instalments rounded to the fen move the cost of a small loan by less than this.
_ROUNDING_PPM = 100


def agreed_terms(offered: Mapping[str, Any], plan: Mapping[str, Any], day: date) -> dict[str, Any]:
    """The terms of a contract: those offered with the fields of `plan` in place of their own; a field that is None is left out.

    `offered` and the result are documents of `quote.md` without `start`; `day` is the day of the contract. With a `rate_link` in the plan
    the rate is what the index gives on that day.
    Raises FaultsError: a field that the plan may not name, terms that cannot be read, more than was offered.
    """
    check(
        Fault(f"repayment plan, {name}", str(plan[name])[:60], "nothing: it was settled by the decision", "Decide anew.")
        for name in plan
        if name in SETTLED
    )
    terms = {name: value for name, value in {**offered, **plan}.items() if value is not None and name != "rate_link"}
    if (link := agreed_link(plan)) is not None:
        check(_link_faults(terms, plan))
        terms["rate_annual"] = str(Decimal(index_e8(link.index, day) + link.spread_e8) / RATE_SCALE)
    check(_steps_kept(terms))
    check(_beyond_the_offer(offered, terms, day))
    return terms


def agreed_link(plan: Mapping[str, Any] | None) -> Link | None:
    """The index that the rate follows by a plan. Raises FaultsError naming what is wrong with it."""
    return None if plan is None or plan.get("rate_link") is None else read_link(plan["rate_link"])


def _link_faults(terms: Mapping[str, Any], plan: Mapping[str, Any]) -> Iterator[Fault]:
    if plan.get("rate_annual") is not None:
        yield Fault("repayment plan, rate_annual", str(plan["rate_annual"]), "nothing beside rate_link", "The index gives the rate.")
    if terms.get("method") == "flat" or "line" in terms:
        found = "a line" if "line" in terms else "flat"
        yield Fault("repayment plan, rate_link", f"one with {found}", "a note of its own whose interest follows its balance")


def _steps_kept(terms: Mapping[str, Any]) -> Iterator[Fault]:
    """A rate that steps by days stays one that is charged by the days used, and the first of its rates the lowest."""
    if terms.get("rate_steps"):
        for fault in step_faults(terms):
            yield Fault(f"repayment plan, {fault.where}", fault.found, fault.expected)


def _beyond_the_offer(offered: Mapping[str, Any], terms: Mapping[str, Any], day: date) -> Iterator[Fault]:
    ends, longest = _last_due(terms, day), _last_due(offered, day)
    if ends > longest:
        yield Fault("repayment plan, last due date", ends.isoformat(), f"{longest} or earlier, the term that was offered")
    rate, most = Decimal(terms["rate_annual"]), Decimal(offered["rate_annual"])
    if rate > most:
        yield Fault("repayment plan, rate_annual", str(rate), f"at most {most}, which was offered")
    cost, allowed = cost_ppm(terms, day), cost_ppm(offered, day)
    if cost > allowed + _ROUNDING_PPM:
        expected = f"at most {allowed / 10_000:.4f}% a year, what the offer costs"
        yield Fault("repayment plan, cost", f"{cost / 10_000:.4f}% a year", expected, "Lower the rate, or leave a fee out.")


def cost_ppm(terms: Mapping[str, Any], day: date) -> int:
    """What the terms cost in a year, fees included, as simple interest, drawn whole on `day`; millionths."""
    cost = answer(started(drawn_whole(terms), day))["annual_cost"]
    return round(Decimal(simple_annual_cost(cost["nominal"], cost["effective"]) or 0) * 1_000_000)


def drawn_whole(terms: Mapping[str, Any]) -> dict[str, Any]:
    """The terms as a loan that is drawn whole at once: those of a line without the line, up to its last day where dues are pooled."""
    document = {name: value for name, value in terms.items() if name != "line"}
    line = terms.get("line")
    if line and line.get("dues") == "pooled":
        document["maturity"] = line["until"]
        document.pop("instalments", None)
    return document


def _last_due(terms: Mapping[str, Any], day: date) -> date:
    return schedule(terms_of(started(drawn_whole(terms), day)))[-1].due
