"""Limit, price, authority and the cap on the whole cost over a frame: `limit.py`, `price.py`, `authority.py` and `offering.py` for many.

Figures of money are int64 arrays of fen, rates int64 arrays of millionths.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from puhui.calculations.calendar import parse_step
from puhui.calculations.pricing import PPM
from puhui.decisions.batch_stages import Many, Whole, derived
from puhui.decisions.case import REFER, VETO, Case
from puhui.decisions.offering import ROUNDING_PPM, cost_of, quote_terms
from puhui.decisions.price import caps_of, costs_of, curve_of, highest_rate, prime_rate_ppm
from puhui.decisions.pricing_many import churn_aware_rates
from puhui.decisions.rules_polars import compile_polars

__all__ = ["HEADROOM", "LEAST_LEVEL", "authorities", "costs_above_cap", "limits", "rates", "shares"]

HEADROOM = "lender_headroom"
"""Column of a frame: yuan left under the ceilings of law for the firm and its group; absent or null where they are not asked."""

LEAST_LEVEL = "least_level"
"""Column of a frame: the level of authority below which a row is not decided, as the whole of a combined loan asks; absent or null: any."""

_BEYOND = 9e15  # fen: above every product's highest amount


def limits(many: Many) -> None:
    """The least bound, what is left of it, and the amount proposed, in fen."""
    product = many.product
    lender = many.case().row("lender_limits", lender_kind=many.lender_kind)
    single = pl.lit(float(lender["single_borrower_share"] * lender["capital_yuan"])).alias("lender_single_borrower_limit")
    many.cases = many.cases.with_columns(single)
    derived(many, after_class=True)
    bounds = many.cases.select(
        compile_polars(bound.formula.expression, product.tables).cast(pl.Float64).alias(bound.code) for bound in product.bounds
    )
    least = np.full(many.cases.height, product.maximum_fen, np.int64)
    unknown = np.zeros(many.cases.height, np.bool_)
    for bound in product.bounds:
        column = bounds[bound.code]
        null = column.is_null().to_numpy()
        fen = np.where(null, 0 if bound.when_null == "zero" else np.int64(_BEYOND), _fen_of_yuan(column.fill_null(0.0).to_numpy()))
        least = np.minimum(least, fen)
        unknown |= null & (bound.when_null == "refer")
    many.against("bound_unknown", unknown, REFER)
    asked = _fen(many.cases["requested_amount"])
    available = np.where(many.is_lent, np.maximum(least - _fen(many.cases["existing_exposure"]), 0), 0)
    if HEADROOM in many.frame.columns:
        headroom = many.frame[HEADROOM].cast(pl.Float64).fill_null(_BEYOND / 100)
        available = np.minimum(available, np.maximum(_fen(headroom), 0))
    many.limit_fen = available // product.multiple_fen * product.multiple_fen
    amount = np.minimum(many.limit_fen, asked) // product.multiple_fen * product.multiple_fen
    too_little = many.is_lent & (amount < product.minimum_fen)
    many.against("limit_below_minimum", too_little, VETO)
    many.against("less_than_asked", many.is_lent & ~too_little & (amount < asked), "note")
    many.amount_fen = np.where(too_little, 0, amount)


def shares(many: Many) -> None:
    """The most that each part of a combined product may take of the whole (`shares.shares_stage`), in fen."""
    found = []
    for part in many.product.parts:
        value = many.cases.select(compile_polars(part.formula.expression, many.product.tables).cast(pl.Float64).alias("most"))["most"]
        if part.when_null == "refer":
            many.against("bound_unknown", value.is_null().to_numpy(), REFER)
        of_whole = many.amount_fen * part.share_ppm // PPM
        found.append(np.minimum(_fen_of_yuan(value.fill_null(0.0).to_numpy()), of_whole))
    many.most_fen = tuple(found)


def _fen(yuan: pl.Series) -> Whole:
    fen: Whole = np.rint(yuan.to_numpy() * 100).astype(np.int64)
    return fen


def _fen_of_yuan(yuan: NDArray[np.float64]) -> Whole:
    """`limit.fen_of_yuan`: rounded down, but what lies less than half of a ten-thousandth below a whole fen counts as that fen."""
    fen = np.clip(yuan * 100, 0.0, _BEYOND)
    down = np.floor(fen)
    whole: Whole = (down + ((down + 1.0) - fen < 0.00005)).astype(np.int64)
    return whole


def rates(many: Many) -> None:
    """The rate of each row by the product's method, between the floor of its costs and the lowest cap."""
    case, price = many.case(), many.product.price
    costs = costs_of(case)
    many.cap_ppm = min(caps_of(case).values())
    exact = (costs["funding_ppm"] + costs["operations_ppm"]) * PPM + costs["hurdle_ppm"] * costs["capital_ppm"]
    floor = np.maximum(-(-(many.probability_ppm * costs["lgd_ppm"] + exact) // PPM), 0)
    low = np.maximum(-(-floor // price.multiple_ppm) * price.multiple_ppm, price.minimum_ppm)
    high = highest_rate(many.cap_ppm, price)
    many.against("no_rate", many.is_lent & (low > high), VETO)
    method = _tiers if price.method == "tiers" else _churn_aware
    for place, one in enumerate(many.product.classes):
        rows = np.flatnonzero((many.class_index == place) & (low <= high)) if one.is_lent else np.zeros(0, np.int64)
        if len(rows):
            many.rate_ppm[rows] = method(many.case(one.code), costs, many.probability_ppm[rows], low[rows], high)


def _tiers(case: Case, costs: Mapping[str, int], pd_ppm: Whole, low: Whole, high: int) -> Whole:
    price = case.product.price
    table = prime_rate_ppm(case, price.tier_base) + price.tier_spread_ppm[case.risk_class]
    return np.minimum(np.maximum(-(-table // price.multiple_ppm) * price.multiple_ppm, low), high)


def _churn_aware(case: Case, costs: Mapping[str, int], pd_ppm: Whole, low: Whole, high: int) -> Whole:
    """Rows with the same probability have the same floor, so each probability is priced once."""
    probabilities, first, back = np.unique(pd_ppm, return_index=True, return_inverse=True)
    chosen = churn_aware_rates(
        curve_of(case),
        probabilities,
        low[first],
        lgd_ppm=costs["lgd_ppm"],
        cost_ppm=costs["funding_ppm"] + costs["operations_ppm"] + costs["hurdle_ppm"] * costs["capital_ppm"] // PPM,
        maximum_ppm=high,
        multiple_ppm=case.product.price.multiple_ppm,
    )
    priced: Whole = chosen[back]
    return priced


def authorities(many: Many) -> tuple[list[str], Whole]:
    """(names of the levels, the level of each row; −1 where it is refused). Rows that no level may grant are refused."""
    levels = many.parameters["authority"].valid_on(many.day)
    codes = [one.code for one in many.product.classes]
    found = np.full(many.cases.height, -1, np.int64)
    least = _least_levels(many, [row["level"] for row in levels])
    for number, row in reversed(list(enumerate(levels))):
        most = np.array([int(row.get(code, 0)) * 100 for code in codes], np.int64)[many.class_index]
        may = (many.amount_fen <= most) & (number >= least)
        found[may if row["refer"] else may & ~many.referred] = number
    found[many.is_refused] = -1
    many.against("no_authority", ~many.is_refused & (found < 0), VETO)
    return [row["level"] for row in levels], found


def _least_levels(many: Many, names: list[str]) -> Whole:
    """The place of the least level of each row."""
    if LEAST_LEVEL not in many.frame.columns:
        return np.zeros(many.cases.height, np.int64)
    places = many.frame[LEAST_LEVEL].replace_strict(names, list(range(len(names))), default=0, return_dtype=pl.Int64)
    least: Whole = places.fill_null(0).to_numpy()
    return least


_PLAIN_METHODS = ("equal_instalment", "equal_principal", "interest_only", "bullet", "custom")
_PLAIN_KEYS = frozenset({"method", "every", "day_count", "penalty", "rounding", "prepayment", "month_end", "business_days", "level"})
_NOT_TOLD = -1_000_000  # months to a harvest, or days wanted
_LONGEST_YEAR = 366 / 360  # a year of a rate by the day


def costs_above_cap(many: Many, granted: Whole) -> None:
    """Refuses rows whose whole cost lies above the cap, all fees in, by the quote of their amount, rate and term.

    Terms without fees, whose interest is that of the rate, cost no more than the rate in the longest year; only where that may reach the
    cap, or where the terms say more, is each different loan of `granted` (places of the rows) quoted.
    """
    rates = many.rate_ppm[granted] + many.product.price.dearest_step_ppm
    terms = many.product.terms
    plain = terms.get("method") in _PLAIN_METHODS and terms.keys() <= _PLAIN_KEYS and parse_step(terms.get("every", "1 month")) is not None
    if plain:
        granted = granted[rates * _LONGEST_YEAR + ROUNDING_PPM > many.cap_ppm]
    if not len(granted):
        return
    months = many.cases["term_months"].to_numpy()[granted].astype(np.int64)
    loans = np.stack([many.amount_fen[granted], many.rate_ppm[granted], months, _told(many)[granted]], axis=1)
    different, back = np.unique(loans, axis=0, return_inverse=True)
    above = np.array([_is_above(many, *(int(figure) for figure in loan)) for loan in different])
    where = np.zeros(many.cases.height, np.bool_)
    where[granted] = above[back.reshape(-1)]
    many.against("above_cap", where, VETO)


def _due_fact(many: Many) -> str:
    """The fact of the form that decides when a loan falls due: the harvest, or the days wanted; empty where none does."""
    season = many.product.season
    return many.product.days_fact if season is None else season.harvest


def _told(many: Many) -> Whole:
    """That fact of each row, rounded up; `_NOT_TOLD` where it is not told, or no fact decides when a loan falls due."""
    name = _due_fact(many)
    if not name:
        return np.full(many.cases.height, _NOT_TOLD, np.int64)
    told: Whole = many.cases[name].cast(pl.Float64).ceil().fill_null(_NOT_TOLD).to_numpy().astype(np.int64)
    return told


def _is_above(many: Many, amount_fen: int, rate_ppm: int, months: int, told: int) -> bool:
    name = _due_fact(many)
    facts = {name: told} if name and told != _NOT_TOLD else {}
    nominal = cost_of(quote_terms(many.product, amount_fen, rate_ppm, months, many.day, facts), many.day)["nominal_ppm"]
    return nominal is not None and nominal > many.cap_ppm + ROUNDING_PPM
