"""What the rate of a product follows, under [[linkage]]: the steps of one fact, or a formula over several.

A formula is an expression of the language of rules whose value is the change of the rate as a share. It speaks of two kinds of facts: those
of [linkage.observed], which somebody looks at on each review date with their evidence, and everything that the rules know, as it was when
the loan was decided. So "jobs added since" is `(insured_now - si_headcount_now) / si_headcount_now`, and the base can never be another one.
Null means what it means everywhere: where a fact is not known the change is not, and the look brings no discount.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping

from puhui.calculations.rules_python import Value
from puhui.products import vocabulary
from puhui.products.fields import Fields
from puhui.products.formulas import Formulas
from puhui.products.mechanisms import APPLICATION_UNITS
from puhui.products.terms import ApplicationFact, Formula, Linkage, Product

__all__ = ["change_of_rate", "read_linkage"]

_MEASURED = re.compile(r"every (?:(\d+) )?months?")


def read_linkage(root: Fields, names: Mapping[str, object], formulas: Formulas) -> tuple[Linkage, ...]:
    """[[linkage]]; `names` are the facts whose steps a rate may follow."""
    found: list[Linkage] = []
    for row in root.rows("linkage", required=False):
        code, fact = row.text("code"), ""
        steps: tuple[tuple[float, int], ...] = ()
        formula, observed = None, {}
        if "change" in row.body:
            observed = _observed(row, formulas)
            formula = formulas.read(row, "change", "ratio", scored=False, more={name: one.unit for name, one in observed.items()})
            _formula_faults(row, formula, observed)
        else:
            fact, steps = _fact(row, names), _steps(row)
        if code in {one.code for one in found}:
            row.fault("code", code, "each code once")
        row.take("source", "")
        months, evidence = _months(row), row.strings("evidence", ())
        clawback, texts = row.boolean("clawback", False), row.texts("texts", None)
        found.append(Linkage(code, fact, steps, months, evidence, clawback, texts, formula, observed))
        row.finish()
    return tuple(found)


def change_of_rate(link: Linkage, product: Product, decided: Mapping[str, Value], observed: Mapping[str, Value]) -> float | None:
    """What the formula of a link changes the rate by, as a share; None where a fact that it needs is not known.

    `decided`: the facts as they were when the loan was decided; `observed`: those of the review date, all that are known.
    """
    assert link.formula is not None
    values = {**decided, **product.constants, **{name: observed.get(name) for name in link.observed}}
    found = link.formula.evaluate(values, product.tables)
    return None if found is None else float(found)


def _fact(row: Fields, names: Mapping[str, object]) -> str:
    fact = row.text("fact")
    if fact and fact not in names:
        likely = difflib.get_close_matches(fact, list(names), n=1)
        expected = "a declared variable, a fact of the application or a definition"
        row.fault("fact", fact, expected, f"Did you mean {likely[0]}?" if likely else "")
    return fact


def _steps(row: Fields) -> tuple[tuple[float, int], ...]:
    steps: list[tuple[float, int]] = []
    for step in row.rows("steps"):
        steps.append((step.number("from", -1e12, 1e12), step.rate_ppm("change", low=-0.2, high=0.2)))
        step.finish()
        if sum(least == steps[-1][0] for least, _ in steps) > 1:
            step.fault("from", steps[-1][0], "each threshold once", "The step cannot be reached.")
    return tuple(sorted(steps))


def _observed(row: Fields, formulas: Formulas) -> dict[str, ApplicationFact]:
    """[linkage.observed], name and unit, with their texts under [linkage.observed_texts.NAME]."""
    asked, texts = row.table("observed"), row.table("observed_texts", required=False)
    found = {}
    for name in asked.body:
        unit = asked.text(name, choices=[each for each in APPLICATION_UNITS if each not in ("text", "boolean")])
        if not name.isidentifier() or name in formulas.scored.names or vocabulary.is_protected(name):
            asked.fault(name, name, "a name of letters, digits and _ that nothing else has and the law allows", "Rename it.")
        found[name] = ApplicationFact(unit, texts.texts(name), "lender")
    texts.finish()
    return found


def _formula_faults(row: Fields, formula: Formula, observed: Mapping[str, ApplicationFact]) -> None:
    """A formula beside steps, facts that it does not speak of, and one that no look can change."""
    for key in ("fact", "steps"):
        if row.take(key, None) is not None:
            row.fault(key, row.body[key], "nothing beside change", "The formula tells the whole change.")
    for name in sorted(observed.keys() - set(formula.expression.names)) if formula.text else ():
        row.fault("observed", name, "facts that the formula speaks of", "Remove it, or use it in change.")
    if not observed:
        row.fault("observed", "nothing", "at least one fact that is looked at on each review date")


def _months(row: Fields) -> int:
    text = row.text("measured")
    match = _MEASURED.fullmatch(text)
    if text and not match:
        row.fault("measured", text, 'how often, such as "every 6 months"')
    return int(match[1] or 1) if match else 1
