"""A strategy over a million applications: the whole engine, its rules alone, and one decision table beside another engine's.

Three figures, all from one run on made-up firms of whom a third is refused:

- the whole engine (rules, reasons, score, class, limit, price, authority; `decisions.batch`) against ten seconds;
- its admission rules with null cases, reasons and vetoes, against polars evaluating one plain comparison for each rule of the product on
  the same columns, which is the least that any way of doing it must do;
- one decision table on the same rows by zen-engine (Rust, called from Python as its documentation shows) and by Puhui, one row at a time
  (generated Python) and all at once (polars). All three must give every row the same outcome, or the benchmark ends with an error.

    python -m benchmarks.strategy [--size 1000000]
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from benchmarks.decision import SOLID
from benchmarks.made_up import model_body
from benchmarks.measure import Measure, in_turn, start

DAY = date(2026, 3, 2)
PRODUCT = "invoice-working-capital"
RULES_RUNS = 20
TABLE_ROWS = 20_000  # of the frame go through the engines that take one at a time
TABLE = (  # condition as Puhui writes it, cells as zen-engine writes them: sales, months with sales, share of the largest buyer
    (
        "inv_out_amt_12m >= 5_000_000 and inv_out_active_months_12m >= 11 and inv_buyer_top1_share < 0.3",
        (">= 5000000", ">= 11", "< 0.3"),
        "A",
    ),
    (
        "inv_out_amt_12m >= 2_000_000 and inv_out_active_months_12m >= 9 and inv_buyer_top1_share < 0.5",
        (">= 2000000", ">= 9", "< 0.5"),
        "B",
    ),
    ("inv_out_amt_12m >= 500_000 and inv_out_active_months_12m >= 6", (">= 500000", ">= 6", ""), "C"),
    ("inv_buyer_top1_share >= 0.9", ("", "", ">= 0.9"), "X"),
)
INPUTS = ("inv_out_amt_12m", "inv_out_active_months_12m", "inv_buyer_top1_share")


def measured(size: int) -> list[Measure]:
    """Runs the engine over `size` made-up applications."""
    frame = applications(size)
    return [*_whole(frame), *_rules(frame), *_tables(frame.head(TABLE_ROWS))]


def applications(size: int) -> pl.DataFrame:
    """Firms around a solid one, two in a hundred of every figure unknown; wishes from 20,000 to 1,200,000 yuan."""
    generator = np.random.default_rng(2026)
    columns = {}
    for name, middle in SOLID.items():
        values = middle * generator.lognormal(0, 0.35, size)
        values = np.minimum(np.round(values), 12) if "months" in name else values
        columns[name] = pl.Series(name, values).set(pl.Series(generator.random(size) < 0.02), None)
    return pl.DataFrame(columns).with_columns(
        pl.Series("industry_code", generator.choice(["5120", "1310", "2710", "6812"], size, p=[0.4, 0.3, 0.29, 0.01])),
        pl.Series("requested_amount", generator.integers(20, 1_200, size) * 1_000.0),
        pl.Series("term_months", generator.choice([3, 6, 12], size)),
        pl.Series("firm_age_months", generator.integers(3, 200, size)),
    )


def _whole(frame: pl.DataFrame) -> list[Measure]:
    from puhui.decisions.batch import decide_many
    from puhui.products import parameters, reading
    from puhui.scoring.model import Model

    product = reading.load(PRODUCT, DAY)
    tables = {part: parameters.table(name) for part, name in product.parameters.items()}
    model = Model.load(model_body(list(SOLID)))
    seconds, answers = _best(lambda: decide_many(frame, product, model, tables, day=DAY, lender_kind="bank"), 2)
    counts = dict(answers.group_by("outcome").len().iter_rows())
    print(f"{frame.height:,} applications: {counts}, {frame.height / seconds:,.0f} a second")
    if min(counts.get(one, 0) for one in ("approve", "refer", "refuse")) * 50 < frame.height:
        raise AssertionError(f"outcomes {counts}, expected some of each")
    limit = 10.0 * frame.height / 1_000_000
    return [Measure("a million applications through the whole engine", seconds, limit, "s", "ten seconds a million", at_most=1)]


def _rules(frame: pl.DataFrame) -> list[Measure]:
    """The rules stage alone on typed columns, in turn with one comparison for each rule on the same columns."""
    from puhui.decisions.batch_frame import cases_of
    from puhui.decisions.batch_stages import Many, rules
    from puhui.products import reading

    product = reading.load(PRODUCT, DAY)
    cases = cases_of(frame, product, None, "bank")
    names = [rule.require.expression.names[0] for rule in product.rules]
    plain = [
        (pl.col(name) != "66" if cases.schema[name] == pl.String else pl.col(name) >= 0.5).alias(str(number))
        for number, name in enumerate(names)
    ]

    def ours() -> Many:
        many = Many(cases, frame, product, None, {}, DAY, "bank")
        rules(many)
        return many

    (seconds, spent), (least, least_spent) = in_turn(RULES_RUNS, ours, lambda: cases.select(plain))
    figures = f"{spent * 1000:.1f} ms of processor time, one comparison a rule {least_spent * 1000:.1f} ms"
    print(f"rules: {figures}, ratio {spent / least_spent:.2f}")
    many = ours()
    if not (many.vetoes != 0).any() or not many.referred.any():
        raise AssertionError("no rule spoke against any application")
    name = f"{len(product.rules)} rules with null cases, reasons and vetoes"
    return [Measure(name, seconds * 1000, least * 1000, "ms", "polars, one comparison a rule", at_most=3)]


def _tables(frame: pl.DataFrame) -> list[Measure]:
    from puhui.calculations.rule_tree import Choice, Constant, expression_of
    from puhui.calculations.rule_units import TEXT, number
    from puhui.calculations.rules import Vocabulary, parse
    from puhui.calculations.rules_python import compile_python
    from puhui.decisions.rules_polars import compile_polars

    frame = frame.select(pl.col(name).cast(pl.Float64) for name in INPUTS).drop_nulls()
    vocabulary = Vocabulary({INPUTS[0]: number("CNY"), INPUTS[1]: number("n"), INPUTS[2]: number("ratio")}, {})
    conditions = [parse(text, vocabulary, _boolean()).tree for text, _, _ in TABLE]
    rows = tuple((tree, Constant(outcome, TEXT)) for tree, (_, _, outcome) in zip(conditions, TABLE, strict=True))
    table = expression_of("table", Choice(rows, Constant("D", TEXT), TEXT))
    one, many, zen = compile_python(table), compile_polars(table, {}).alias("outcome"), _zen_table()
    facts = frame.to_dicts()
    theirs, other = _best(lambda: [zen.evaluate(row)["result"]["outcome"] for row in facts], 2)
    alone, single = _best(lambda: [one(row, {}) for row in facts], 2)
    together, whole = _best(lambda: frame.select(many), 5)
    if not other == single == whole["outcome"].to_list():
        raise AssertionError("the two engines do not give every row the same outcome")
    rate = len(facts) / theirs
    return [
        Measure(
            "a decision table, one row at a time", len(facts) / alone, rate, "rows a second", "zen-engine, same table and rows", at_least=1
        ),
        Measure(
            "a decision table, all rows at once",
            len(facts) / together,
            rate,
            "rows a second",
            "zen-engine, same table and rows",
            at_least=1,
        ),
    ]


def _boolean() -> Any:
    from puhui.calculations.rule_units import BOOLEAN

    return BOOLEAN


def _zen_table() -> Any:
    """The table as zen-engine's decision of three nodes."""
    import zen

    inputs = [{"id": f"i{number}", "field": name, "name": name} for number, name in enumerate(INPUTS)]
    lines = [(*cells, f"'{outcome}'") for _, cells, outcome in TABLE] + [("", "", "", "'D'")]
    rules = [{"_id": str(number), **dict(zip(("i0", "i1", "i2", "o"), line, strict=True))} for number, line in enumerate(lines)]
    outputs = [{"id": "o", "field": "outcome", "name": "outcome"}]
    content = {"hitPolicy": "first", "inputs": inputs, "outputs": outputs, "rules": rules}
    at = {"position": {"x": 0, "y": 0}}
    nodes = [
        {"id": "in", "type": "inputNode", "name": "in", **at},
        {"id": "table", "type": "decisionTableNode", "name": "table", "content": content, **at},
        {"id": "out", "type": "outputNode", "name": "out", **at},
    ]
    edges = [
        {"id": "a", "sourceId": "in", "targetId": "table", "type": "edge"},
        {"id": "b", "sourceId": "table", "targetId": "out", "type": "edge"},
    ]
    return zen.ZenEngine().create_decision(json.dumps({"nodes": nodes, "edges": edges}))


def _best(work: Callable[[], Any], times: int) -> tuple[float, Any]:
    """(seconds of the quickest run by the clock, what it gave)"""
    best, result = float("inf"), None
    for _ in range(times):
        began = time.perf_counter()
        result = work()
        best = min(best, time.perf_counter() - began)
    return best, result


if __name__ == "__main__":
    raise SystemExit(start(measured, 1_000_000, 20_000, "how many applications", needs_database=False))
