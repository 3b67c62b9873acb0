"""The classes of a product: cut from the probability that a model gives, or given by a decision table where no model scores.

A table suits a start without data, soft information and cards by points: each class then carries the probability of default that its
firms are taken to have, with its source, until the product's own history says better.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from puhui.calculations.faults import Fault
from puhui.products.fields import Fields
from puhui.products.terms import Derived, RiskClass

__all__ = ["coded_rows", "policy_faults", "read_classes"]

LONGEST_CLASS = 2


def coded_rows(fields: Fields, key: str, *, required: bool = True) -> Iterable[Fields]:
    """The rows of an array of tables, each code once, nothing left over in any of them."""
    seen: set[str] = set()
    for row in fields.rows(key, required=required):
        code = row.body.get("code")
        if isinstance(code, str) and code in seen:
            row.fault("code", code, "each code once")
        seen.add(str(code))
        yield row
        row.finish()


def read_classes(root: Fields, *, by_policy: bool) -> tuple[RiskClass, ...]:
    """Classes from the safest on. By probability: a cut that is not above the one before makes its class unreachable. By policy: each
    carries the probability of default that its firms are taken to have."""
    rows = [(_class(row, by_policy=by_policy), row) for row in coded_rows(root, "classes")]
    last = 0
    for number, (one, row) in enumerate(rows if not by_policy else (), start=1):
        cut = one.probability_below_ppm
        if number == len(rows):
            if cut is not None:
                row.fault("probability_below", cut / 1e6, "no cut in the last class", "Every probability needs a class.")
        elif cut is None:
            row.fault("probability_below", None, "a cut", "The classes after it cannot be reached.")
        elif cut <= last:
            row.fault("probability_below", cut / 1e6, f"more than {last / 1e6}, the cut before it", "This class cannot be reached.")
        last = cut or last
    return tuple(one for one, _ in rows)


def _class(row: Fields, *, by_policy: bool) -> RiskClass:
    row.take("source", "")
    code, names, is_lent = row.text("code"), row.texts("names"), row.boolean("lent")
    if len(code) > LONGEST_CLASS:
        row.fault("code", code, f"at most {LONGEST_CLASS} letters")
    if by_policy:
        return RiskClass(code, names, None, is_lent, row.rate_ppm("probability"))
    return RiskClass(code, names, row.rate_ppm("probability_below", default=None), is_lent)


def policy_faults(score: Fields, name: str, derived: Iterable[Derived], classes: Iterable[RiskClass]) -> None:
    """The decision table that gives the class: there, known before the class, and with a class for every firm."""
    tables = {one.name: one for one in derived if one.how == "decision_table"}
    table, codes = tables.get(name), [one.code for one in classes]
    if score.take("model", None):
        score.fault("model", score.body["model"], "nothing beside policy_class", "Remove one of them.")
    if table is None:
        likely = difflib.get_close_matches(name, tables, n=1)
        score.fault("policy_class", name, "the name of a decision table", f"Did you mean {likely[0]}?" if likely else "")
        return
    number = [row.get("name") for row in score.document.body["decision_tables"]].index(name)
    where = score.document.where("decision_tables", number, "otherwise")
    if "otherwise" not in score.document.body["decision_tables"][number]:
        score.faults.append(Fault(where, "nothing", "otherwise: a class for every firm", "Add it."))
    if table.after_class:
        score.faults.append(Fault(where, name, "a table that speaks of no score and no class", "It gives the class."))
    for outcome in table.outcomes:
        if outcome not in codes:
            likely = difflib.get_close_matches(str(outcome), codes, n=1)
            remedy = f"Did you mean {likely[0]}?" if likely else "Declare it under [[classes]]."
            score.faults.append(Fault(where, f"the outcome {outcome!r}", f"one of {', '.join(codes)}", remedy))
