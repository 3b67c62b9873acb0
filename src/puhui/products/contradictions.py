"""What a product file says against itself: conditions that nothing can meet, rows that nothing can reach, rates above the caps, limits that
never bind. Each fact is looked at alone (`calculations.domains`), so what is told is certain, and what is not told is not promised.

Two kinds are told apart: a contradiction, which makes the product do other than its author meant, and a remark, which may well be meant:
a bound that cannot bind as things stand (the lender's single-borrower limit above the product's highest amount), rows of a table that
overlap so that their order decides, a gap that gives null.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from puhui.calculations.domains import Box, Domain, described, false_in, holds_nowhere, meets, not_true_in, range_of, true_in
from puhui.calculations.faults import Fault
from puhui.calculations.rule_tree import Arithmetic, Bands, Choice, Constant, Node, expression_of
from puhui.products.look_up_checks import look_up_findings
from puhui.products.parameters import Table
from puhui.products.pricing_checks import price_findings
from puhui.products.terms import Derived, Product, Rule

__all__ = ["Finding", "domains_of", "findings"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found, as a fault with its place; `is_contradiction` False: a remark."""

    fault: Fault
    is_contradiction: bool


def findings(product: Product, tables: Mapping[str, Table], day: date) -> list[Finding]:
    """Everything that is found, in the order of the file's parts. `tables`: part → parameter table, read as of `day`."""
    domains = domains_of(product)
    contradictions: Iterable[tuple[bool, Fault]] = (
        *_rules(product, domains),
        *_derived(product, domains),
        *look_up_findings(product, domains),
        *_classes(product),
        *_bounds(product, domains, tables, day),
        *price_findings(product, tables, day),
        *_authority(product, tables["authority"], day),
    )
    return [Finding(fault, is_contradiction) for is_contradiction, fault in contradictions]


def _authority(product: Product, levels: Table, day: date) -> Iterator[tuple[bool, Fault]]:
    """Classes that are lent to and of which no level of authority may grant the least amount: every yes would end as a no."""
    for number, one in enumerate(product.classes):
        most_fen = max((int(row.get(one.code, 0)) * 100 for row in levels.valid_on(day)), default=0)
        if one.is_lent and most_fen < product.minimum_fen:
            found = f"class {one.code}, of which no level of {levels.name} may grant more than {most_fen // 100:,} yuan"
            expected = f"a level for the least amount, {product.minimum_fen // 100:,} yuan"
            yield True, Fault(product.document.where("classes", number, "lent"), found, expected, f"Give {one.code} a column there.")


_OF_UNIT = {"0/1": (0, 1), "flag": (0, 1), "0-1": (0, 1), "0-100": (0, 100), "n": (0, math.inf), "persons": (0, math.inf)}
_COUNT_IN_WINDOW = re.compile(r"_(?:months_(?=\d+m$)|days_(?=\d+d$))(\d+)[md]$")
"""Months of so many months, days of so many days: `inv_out_active_months_12m` is 12 at most."""


def domains_of(product: Product) -> dict[str, Domain]:
    """What each fact can be at all, by its unit and by what the product says of it; any of them may be null where facts may be."""
    units = dict(product.variables) | {name: one.unit for name, one in product.application.items()}
    ends = {name: _OF_UNIT[unit] for name, unit in units.items() if unit in _OF_UNIT}
    ends |= {name: (0, int(window[1])) for name in units if (window := _COUNT_IN_WINDOW.search(name))}
    found = {name: Domain(float(low), float(high), known=None) for name, (low, high) in ends.items()}
    found |= {name: Domain(value, value) for name, value in product.constants.items()}
    found |= {name: Domain(low=0.0, known=None) for name in ("staff_count", "firm_age_months", "evidence_age_days", "existing_exposure")}
    found["requested_amount"] = Domain(low=0.0)
    found["term_months"] = Domain(float(product.minimum_months), float(product.maximum_months))
    found["firm_kind"] = Domain(texts=frozenset(product.borrower_kinds))
    found["probability"] = Domain(0.0, 1.0)
    found["risk_class"] = Domain(texts=frozenset(one.code for one in product.classes if one.is_lent))
    for one in product.derived:
        found[one.name] = _domain_of(one, found, product)
    return found


def _domain_of(one: Derived, domains: Box, product: Product) -> Domain:
    if one.how == "decision_table" and one.outcomes and all(isinstance(value, str) for value in one.outcomes):
        return Domain(texts=frozenset(str(value) for value in one.outcomes), known=None)
    low, high = range_of(one.formula.expression.tree, domains, product.tables)
    return Domain(low, high, known=None) if one.unit not in ("text", "boolean") else Domain(known=None)


# ---------------------------------------------------------------- rules


_ALONE = {
    "veto": ("one that refuses some firm by itself", ""),
    "refer": ("one that sends some firm to a person by itself", " send to a person"),
}


def _rules(product: Product, domains: Box) -> Iterator[tuple[bool, Fault]]:
    where = {rule.code: product.document.where("rules", number, "require") for number, rule in enumerate(product.rules)}
    passes = {rule.code: _passes(rule) for rule in product.rules}
    speaks = {rule.code: _speaks(rule) for rule in product.rules}
    for rule in product.rules:
        if holds_nowhere(true_in(rule.require.expression.tree), domains):
            yield True, Fault(where[rule.code], f"a condition that no firm can meet: {rule.require.text}", "one that some firm meets")
        elif holds_nowhere(false_in(rule.require.expression.tree), domains):
            yield (
                True,
                Fault(where[rule.code], f"a condition that every firm meets: {rule.require.text}", "one that some firm does not meet"),
            )
    able = [rule for rule in product.rules if not holds_nowhere(true_in(rule.require.expression.tree), domains)]
    for number, rule in enumerate(able):
        for place, veto in enumerate(able):
            if veto is rule or veto.severity != "veto":
                continue
            both = f"{veto.require.text} (rule {veto.code}) and {rule.require.text}"
            never_both = rule.severity == "veto" and holds_nowhere(meets([passes[veto.code], passes[rule.code]]), domains)
            if never_both and place < number:
                yield True, Fault(where[rule.code], f"two conditions that no firm can meet together: {both}", "rules that some firm passes")
            elif not never_both and _is_idle(rule, veto, passes, speaks, domains):
                if rule.severity == "veto" and place > number and _is_idle(veto, rule, passes, speaks, domains):
                    continue  # they refuse the same firms: told of the later one
                expected, does = _ALONE[rule.severity]
                remedy = f"Rule {veto.code} refuses every firm that this one would{does}."
                yield True, Fault(where[rule.code], f"a rule that cannot be reached: {both}", expected, remedy)


def _passes(rule: Rule) -> list[Box]:
    boxes = true_in(rule.require.expression.tree)
    return boxes if rule.when_null == "fail" else [*boxes, *({name: Domain(known=False)} for name in rule.require.expression.names)]


def _speaks(rule: Rule) -> list[Box]:
    if rule.when_null == "pass":
        return false_in(rule.require.expression.tree)
    return not_true_in(rule.require.expression.tree)


def _is_idle(rule: Rule, veto: Rule, passes: Mapping[str, list[Box]], speaks: Mapping[str, list[Box]], domains: Box) -> bool:
    """Whether the rule speaks of some firm, and of none that passes the veto."""
    return not holds_nowhere(speaks[rule.code], domains) and holds_nowhere(meets([passes[veto.code], speaks[rule.code]]), domains)


# ---------------------------------------------------------------- decision tables and score tables


def _derived(product: Product, domains: Box) -> Iterator[tuple[bool, Fault]]:
    counted = {"definition": -1, "score_table": -1, "decision_table": -1}
    for one in product.derived:
        part = f"{one.how}s"
        counted[one.how] += 1
        number = next(place for place, body in enumerate(product.document.body[part]) if body["name"] == one.name)
        tree = one.formula.expression.tree
        if isinstance(tree, Choice):
            yield from _table(product, one, tree, ("decision_tables", number), domains)
        for place, item in enumerate(one.items):
            yield from _bands(product, item.formula.expression.tree, ("score_tables", number, "items", place), domains)


def _names(node: Node) -> tuple[str, ...]:
    return expression_of("", node).names


def _table(product: Product, one: Derived, tree: Choice, path: tuple[str | int, ...], domains: Box) -> Iterator[tuple[bool, Fault]]:
    conditions = [condition for condition, _ in tree.rows]
    missed: list[list[Box]] = []
    for number, condition in enumerate(conditions):
        where = product.document.where(*path, "rows", number, "when")
        reached = true_in(condition)
        if holds_nowhere(reached, domains):
            yield True, Fault(where, "a row whose condition nothing can meet", "one that some firm meets")
        elif holds_nowhere(meets([*missed, reached]), domains):
            yield (
                True,
                Fault(
                    where, "a row that cannot be reached", "one that some firm reaches", "The rows before it take every firm that it would."
                ),
            )
        else:
            yield from _overlaps(product, tree, number, where, domains)
        missed.append(not_true_in(condition))
    left = [box for box in meets(missed) if not holds_nowhere([box], domains)]
    has_otherwise = not (isinstance(tree.otherwise, Constant) and tree.otherwise.value is None)
    if has_otherwise and not left:
        yield (
            True,
            Fault(product.document.where(*path, "otherwise"), "an outcome that cannot be reached", "rows that leave some firm to it"),
        )
    known = [box for box in left if all(domain.known is not False for domain in box.values())]
    if not has_otherwise and known:
        example = described({name: domain.meet(domains.get(name, Domain(known=None))) for name, domain in known[0].items()})
        yield (
            False,
            Fault(
                product.document.where(*path, "rows"),
                f"a gap: {example}",
                "a row for every firm, or otherwise",
                f"{one.name} is null there.",
            ),
        )


def _overlaps(product: Product, tree: Choice, number: int, where: str, domains: Box) -> Iterator[tuple[bool, Fault]]:
    """Earlier rows with another outcome that share some firms with this one, and each has some for itself: their order decides."""
    condition, outcome = tree.rows[number]
    for earlier, (other, value) in enumerate(tree.rows[:number]):
        if value == outcome or set(_names(other)) != set(_names(condition)):
            continue
        shared = not holds_nowhere(meets([true_in(other), true_in(condition)]), domains)
        own = not holds_nowhere(meets([false_in(other), true_in(condition)]), domains)
        others = not holds_nowhere(meets([true_in(other), false_in(condition)]), domains)
        if shared and own and others:
            yield (
                False,
                Fault(
                    where,
                    f"a row that overlaps with row {earlier + 1}",
                    "rows apart, or an order that is meant",
                    "The earlier row decides.",
                ),
            )


def _bands(product: Product, tree: Node, path: tuple[str | int, ...], domains: Box) -> Iterator[tuple[bool, Fault]]:
    if not isinstance(tree, Bands):
        return
    low, high = range_of(tree.item, domains, product.tables)
    written = [band["from"] for band in _at(product.document.body, path)["bands"]]
    for (least, _), above in zip(tree.bands, [*tree.bands[1:], (math.inf, 0.0)], strict=True):
        where = product.document.where(*path, "bands", written.index(least))
        if least > high:
            yield True, Fault(where, f"points from {least:g} on", f"a threshold that can be reached: the value is at most {high:g}")
        elif above[0] <= low:
            yield (
                True,
                Fault(where, f"points from {least:g} on", f"a threshold that matters: the value is at least {low:g}, in the next band"),
            )


def _at(body: object, path: tuple[str | int, ...]) -> Mapping[str, list[Mapping[str, float]]]:
    for part in path:
        body = body[part]  # type: ignore[index]
    return body  # type: ignore[return-value]


# ---------------------------------------------------------------- classes and bounds


def _classes(product: Product) -> Iterator[tuple[bool, Fault]]:
    if product.policy_class:
        table = next(one for one in product.derived if one.name == product.policy_class)
        for number, one in enumerate(product.classes):
            if one.code not in table.outcomes:
                where = product.document.where("classes", number, "code")
                yield (
                    one.is_lent,
                    Fault(where, f"the class {one.code}", f"an outcome of {product.policy_class}", "No firm can reach this class."),
                )
        return
    for number, one in enumerate(product.classes):
        cut = one.probability_below_ppm
        if cut is not None and cut <= product.probability_minimum_ppm:
            where = product.document.where("classes", number, "probability_below")
            least = product.probability_minimum_ppm / 1e6
            yield True, Fault(where, cut / 1e6, f"more than the least probability that counts, {least}", "This class cannot be reached.")  # type: ignore[arg-type]
    if not any(one.is_lent for one in product.classes):
        yield True, Fault(product.document.where("classes"), "no class that is lent to", "one or more")


def _bounds(product: Product, domains: Box, tables: Mapping[str, Table], day: date) -> Iterator[tuple[bool, Fault]]:
    lenders = [row["single_borrower_share"] * row["capital_yuan"] for row in tables["lender_limits"].valid_on(day)]
    limits = Domain(min(lenders), max(lenders)) if lenders else Domain()
    domains = {**domains, "lender_single_borrower_limit": limits}
    most, least = product.maximum_fen / 100, product.minimum_fen / 100
    parts = [_share(bound.formula.expression.tree) for bound in product.bounds]
    for number, bound in enumerate(product.bounds):
        where = product.document.where("limit", "bounds", number, "yuan")
        low, high = range_of(bound.formula.expression.tree, domains, product.tables)
        if high < least:
            yield (
                True,
                Fault(
                    where, f"at most {max(high, 0):,.0f} yuan", f"the product's least amount, {least:,.0f}, or more", "Nobody gets a loan."
                ),
            )
        elif low >= most:
            yield (
                False,
                Fault(
                    where, f"at least {low:,.0f} yuan", f"less than the product's highest amount, {most:,.0f}", "This bound can never bind."
                ),
            )
        for other, (share, rest) in enumerate(parts):
            own, tree = parts[number]
            if other != number and tree == rest and (own > share or (own == share and other < number)):
                remedy = f"The bound {product.bounds[other].code} is never above it."
                yield True, Fault(where, f"{own:g} times what another bound takes {share:g} times", "a bound that can bind", remedy)


def _share(tree: Node) -> tuple[float, Node]:
    """A bound as a share of something: `0.2 * x` is (0.2, x)."""
    if isinstance(tree, Arithmetic) and tree.operator == "*":
        for constant, rest in ((tree.left, tree.right), (tree.right, tree.left)):
            if isinstance(constant, Constant) and isinstance(constant.value, float) and constant.value > 0:
                return constant.value, rest
    return 1.0, tree
