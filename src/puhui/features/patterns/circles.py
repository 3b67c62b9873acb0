"""Circular trade: value that goes from firm to firm and comes back, so that everybody seems to sell more.

Looked for are closed walks of two or three sales in which each firm sells on, within days, what it has just bought, at nearly the same
price. Two firms that truly work for each other also close a circle, but at prices that have nothing to do with each other; and a single
coincidence is not a pattern. What is found is a flag with its rows, not a verdict.

A sale is seen from the books of either side: from the seller's invoices or from the buyer's.
"""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from puhui.features.patterns.windows import in_window
from puhui.features.windows import AsOf

__all__ = ["PRICE_WITHIN", "STEP_DAYS", "circle_rows", "circles_by_firm"]

PRICE_WITHIN = 0.05
"""Two sales carry the same value when they differ by at most this share."""

STEP_DAYS = 10
"""What was bought is sold on within so many days."""

EDGE_SHARE = 0.5
"""Between two firms of a circle at least so much of what one sells the other goes round; where less does, it is chance among true trade."""

LEAST_SHARE = 0.02
"""Sales below this share of the seller's mean month are too small to dress up a balance."""

MONTHS = 12


def circle_rows(invoices: pl.DataFrame, parties: pl.DataFrame, as_of: AsOf) -> pl.DataFrame:
    """The sales that are steps of circles in the last twelve closed months.

    invoices  canonical invoice frame, known at `as_of`
    parties   counterparty (text of an invoice) and party (a name for the firm that is the same on all invoices); for own firms the
              party is `firm:<firm_id>`. Counterparties without a row stand for themselves

    Columns circle (number), step (1, 2, 3), seller, buyer (parties), issued_on, amount_fen, circle_fen (the smallest of its steps).
    """
    every_sale = _sales(invoices, parties, as_of)
    sales = _large(every_sale)
    walks = pl.concat([_closed(sales, length) for length in (2, 3)])
    if walks.is_empty():
        return pl.DataFrame(schema={**_ROWS, "circle_fen": pl.Int64})
    walks = _without_shared_steps(walks)
    steps = walks.drop("issued_on").explode("sale", "step").join(sales, on="sale")
    return _chiefly_circular(steps, every_sale).select(*_ROWS, "circle_fen").sort("circle", "step")


def _chiefly_circular(steps: pl.DataFrame, sales: pl.DataFrame) -> pl.DataFrame:
    """The steps of the circles on each of whose edges at least `EDGE_SHARE` of the sales go round."""
    edge = ["seller", "buyer"]
    round_trip = steps.group_by(edge).agg(pl.col("amount_fen").sum().alias("round_fen"))
    whole = sales.group_by(edge).agg(pl.col("amount_fen").sum().alias("whole_fen"))
    shares = round_trip.join(whole, on=edge).filter(pl.col("round_fen") >= EDGE_SHARE * pl.col("whole_fen"))
    kept = steps.join(shares.select(edge), on=edge, how="semi")
    whole_circles = kept.group_by("circle").len().join(steps.group_by("circle").len(), on=["circle", "len"], how="semi")
    return kept.join(whole_circles, on="circle", how="semi")


_ROWS = {"circle": pl.UInt32, "step": pl.Int64, "seller": pl.String, "buyer": pl.String, "issued_on": pl.Date, "amount_fen": pl.Int64}


def circles_by_firm(rows: pl.DataFrame) -> pl.DataFrame:
    """firm_id, circle_n (circles through the firm), circle_months (months in which they began) and circle_sales_fen (its sales in them)."""
    number = pl.col("seller").str.strip_prefix("firm:").cast(pl.Int64).alias("firm_id")
    own = rows.filter(pl.col("seller").str.starts_with("firm:")).with_columns(number)
    return own.group_by("firm_id").agg(
        pl.col("circle").n_unique().cast(pl.Float64).alias("circle_n"),
        pl.col("issued_on").dt.truncate("1mo").n_unique().cast(pl.Float64).alias("circle_months"),
        pl.col("amount_fen").sum().cast(pl.Float64).alias("circle_sales_fen"),
    )


def _sales(invoices: pl.DataFrame, parties: pl.DataFrame, as_of: AsOf) -> pl.DataFrame:
    """Each standing sale once, whoever told it: sale (number), seller, buyer, issued_on, amount_fen, of twelve closed months."""
    rows = invoices.filter(
        in_window("issued_on", as_of, MONTHS), pl.col("status") == "normal", pl.col("amount_fen") > 0, ~pl.col("duplicate")
    ).join(parties, on="counterparty", how="left")
    other = pl.coalesce("party", "counterparty")
    own = pl.format("firm:{}", "firm_id")
    sale = pl.col("direction") == "out"
    told = rows.filter(other.is_not_null() & (other != "")).select(
        pl.when(sale).then(own).otherwise(other).alias("seller"),
        pl.when(sale).then(other).otherwise(own).alias("buyer"),
        "issued_on",
        "amount_fen",
        "direction",
    )
    # Where both sides told it, the same sale stands twice: as many as one side has seen are kept.
    keys = ["seller", "buyer", "issued_on", "amount_fen"]
    nth = pl.int_range(pl.len()).over([*keys, "direction"]).alias("nth")
    once = told.filter(pl.col("seller") != pl.col("buyer")).with_columns(nth).unique([*keys, "nth"]).drop("nth", "direction").sort(keys)
    return once.with_row_index("sale")


def _large(sales: pl.DataFrame) -> pl.DataFrame:
    mean_month = pl.col("amount_fen").sum().over("seller") / MONTHS
    return sales.filter(pl.col("amount_fen") >= LEAST_SHARE * mean_month)


def _closed(sales: pl.DataFrame, length: int) -> pl.DataFrame:
    """Closed walks of `length` sales: columns sale and step (lists), issued_on (of the first), circle_fen."""
    # Who sells to whom is far less than the sales: most of them lie on no way back, and are not set against each other.
    sales = sales.join(_edges_of_closed(sales, length), on=["seller", "buyer"], how="semi")
    step = sales.rename({name: f"{name}_1" for name in sales.columns})
    walk = step
    for place in range(2, length + 1):
        later = sales.rename({name: f"{name}_{place}" for name in sales.columns})
        walk = walk.join(later, left_on=f"buyer_{place - 1}", right_on=f"seller_{place}", how="inner", coalesce=False)
        waited = pl.col(f"issued_on_{place}") - pl.col(f"issued_on_{place - 1}")
        same = (pl.col(f"amount_fen_{place}") / pl.col("amount_fen_1") - 1).abs() <= PRICE_WITHIN
        walk = walk.filter(waited.is_between(timedelta(0), timedelta(days=STEP_DAYS)) & same)
    walk = walk.filter(pl.col(f"buyer_{length}") == pl.col("seller_1"))
    places = range(1, length + 1)
    if length == 3:
        walk = walk.filter(pl.col("buyer_1") != pl.col("seller_1"))
    return walk.select(
        pl.concat_list([f"sale_{place}" for place in places]).alias("sale"),
        pl.concat_list([pl.lit(place, dtype=pl.Int64) for place in places]).alias("step"),
        pl.col("issued_on_1").alias("issued_on"),
        pl.min_horizontal(f"amount_fen_{place}" for place in places).alias("circle_fen"),
    )


def _edges_of_closed(sales: pl.DataFrame, length: int) -> pl.DataFrame:
    """seller, buyer: those between whom goods go that may come back in `length` (2 or 3) steps, whatever days and amounts."""
    edges = sales.select("seller", "buyer").unique()
    edges = edges.join(edges, left_on="buyer", right_on="seller", how="semi").join(edges, left_on="seller", right_on="buyer", how="semi")
    if length == 2:
        return edges.join(edges, left_on=["seller", "buyer"], right_on=["buyer", "seller"], how="semi")
    via = edges.join(edges.rename({"seller": "buyer", "buyer": "last"}), on="buyer")
    closed = via.join(edges, left_on=["last", "seller"], right_on=["seller", "buyer"], how="semi")
    return closed.select("seller", "buyer").unique()


def _without_shared_steps(walks: pl.DataFrame) -> pl.DataFrame:
    """Circles numbered, the larger first; one that uses a sale of an earlier one is left out, so that no sale counts twice."""
    used: set[int] = set()
    kept = []
    ordered = walks.sort("circle_fen", "issued_on", "sale", descending=[True, False, False])
    for place, sale in enumerate(ordered["sale"].to_list()):
        if used.isdisjoint(sale):
            used.update(sale)
            kept.append(place)
    return ordered[kept].with_row_index("circle")
