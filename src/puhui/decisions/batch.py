"""The engine for a million: rules → score → class → limit → price → authority on a polars frame, from the same parsed product file.

What `engine.decide` finds for one application this finds for many, to the fen, without the record: outcome, class, probability, limit,
amount, rate, authority, and the reasons against as one whole number whose bits `reason_codes` names. Reasons are put into words only where
somebody asks (`reasons_of`): for most of a million nobody does. Points lost on a score are the model's to tell.

A frame holds a column for each variable of the product and the model, and may hold the facts of the case
(`products.vocabulary.CASE_FACTS`) and those of the product's form; what it may leave out: `batch_frame.defaults`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import polars as pl

from puhui.calculations.faults import Fault, FaultsError, check
from puhui.decisions.authority import STRAIGHT_THROUGH
from puhui.decisions.batch_frame import Scores, cases_of
from puhui.decisions.batch_money import authorities, costs_above_cap, limits, rates, shares
from puhui.decisions.batch_stages import Many, Whole, classes, derived, reason_codes, rules, score
from puhui.products.parameters import Table
from puhui.products.terms import Product
from puhui.products.vocabulary import PARTS

__all__ = ["COLUMNS", "decide_many", "reason_codes", "reasons_of"]

COLUMNS = {
    "outcome": pl.String,
    "risk_class": pl.String,
    "probability_ppm": pl.Int64,
    "limit_fen": pl.Int64,
    "amount_fen": pl.Int64,
    "rate_ppm": pl.Int64,
    "authority": pl.String,
    "reasons": pl.Int64,
    "vetoes": pl.Int64,
}
"""What comes out, a row for each row; for a combined product a column more for each part (`most_column`).

`reasons`: the bits of all reasons against; `vetoes`: of those that refuse."""


def decide_many(
    frame: pl.DataFrame,
    product: Product,
    model: Scores | None,
    parameters: Mapping[str, Table],
    *,
    day: date | None = None,
    lender_kind: str | None = None,
) -> pl.DataFrame:
    """The answer to every row of `frame`, in its order (columns: `COLUMNS`).

    Args:
        model: None where a decision table of the product gives the class
        parameters: part it plays (`products.vocabulary.PARTS`) → table
        day, lender_kind: of all rows; without them the columns `business_date` and `lender_kind` tell
    Raises:
        FaultsError: absent or unreadable columns, a table that lacks the row that a case needs.
    """
    check(Fault(f"parameters: {part}", "nothing", "a table") for part in PARTS if part not in parameters)
    if model is None and not product.policy_class:
        raise FaultsError([Fault("model", "nothing", f"a model named {product.model}, which product {product.code} names")])
    model = None if product.policy_class else model
    places = frame.select(_of_all(frame, "business_date", day, pl.Date), _of_all(frame, "lender_kind", lender_kind, pl.String))
    answers, rows = [], []
    for (business_date, kind), part in places.with_row_index("row").group_by(["business_date", "lender_kind"], maintain_order=True):
        check(
            [Fault("column business_date or lender_kind", "nothing", "a day and a kind of lender")] if None in (business_date, kind) else []
        )
        given = frame if part.height == frame.height else frame[part["row"]]
        many = Many(cases_of(given, product, model, str(kind)), given, product, model, parameters, business_date, str(kind))
        answers.append(_answers(many))
        rows.append(part["row"])
    if not answers:
        return pl.DataFrame(schema=COLUMNS | {most_column(place): pl.Int64 for place in range(len(product.parts))})
    whole = pl.concat(answers)
    return whole if len(answers) == 1 else whole[pl.concat(rows).arg_sort()]


def _of_all(frame: pl.DataFrame, name: str, value: object, dtype: type[pl.DataType]) -> pl.Expr | pl.Series:
    if value is not None:
        return pl.Series(name, [value], dtype=dtype).new_from_index(0, frame.height)
    if name not in frame.columns:
        raise FaultsError([Fault(f"column {name}", "no such column", f"one, or the argument for all rows: {name}")])
    return pl.col(name).cast(dtype)


def _answers(many: Many) -> pl.DataFrame:
    derived(many, after_class=False)
    rules(many)
    score(many)
    classes(many)
    limits(many)
    shares(many)
    rates(many)
    names, levels = authorities(many)
    costs_above_cap(many, np.flatnonzero(~many.is_refused))
    return _frame(many, names, levels)


def most_column(place: int) -> str:
    """Of a combined product's answers: the most in fen that a part may take of the whole, by its place in the order of filling."""
    return f"most_of_part_{place}_fen"


def _frame(many: Many, names: list[str], levels: Whole) -> pl.DataFrame:
    refused = many.is_refused
    straight = np.array([name == STRAIGHT_THROUGH for name in [*names, ""]])[levels]
    outcomes = pl.Series(["refuse", "refer", "approve"])
    codes = [one.code for one in many.product.classes]
    return pl.DataFrame(
        {
            "outcome": outcomes.gather(np.where(refused, 0, np.where(straight, 2, 1))),
            "risk_class": pl.Series(codes).gather(many.class_index),
            "probability_ppm": many.probability_ppm,
            "limit_fen": np.where(refused, 0, many.limit_fen),
            "amount_fen": np.where(refused, 0, many.amount_fen),
            "rate_ppm": pl.Series(many.rate_ppm).set(pl.Series(refused), None),
            "authority": pl.Series([*names, ""]).gather(np.where(refused, len(names), levels)),
            "reasons": many.reasons.astype(np.int64),
            "vetoes": many.vetoes.astype(np.int64),
        },
        schema=COLUMNS,
    ).with_columns(pl.Series(most_column(place), most) for place, most in enumerate(many.most_fen))


def reasons_of(mask: int, product: Product) -> tuple[str, ...]:
    """The codes of a set of reasons, in the order of the engine's stages: rules of the product, then limit, price and authority."""
    return tuple(code for number, code in enumerate(reason_codes(product)) if mask >> number & 1)
