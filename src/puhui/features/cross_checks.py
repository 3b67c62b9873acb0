"""Evidence set against evidence: a variable that compares two sources, the bounds it should keep, and what follows outside them.

A cross-check has no formula of its own: it names a variable, so that a rule, a page and a check can never mean different numbers. Its
bounds, its words and the innocent reasons for a gap stand in a dated table (`cross-checks`). The outcomes together give each class of
evidence a trust grade that decisions can use:

    A  confirmed: set against another class and within bounds, nothing open
    B  uncontradicted: nothing to set it against, or no check could be computed
    C  to be explained: a gap that has innocent reasons
    D  contradicted: a gap that a person must look into, or that stops the case
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from puhui.products.parameters import Row, table

__all__ = ["GRADES", "OUTCOMES", "TABLE", "checks_on", "outcomes", "trust_grades"]

TABLE = "cross-checks"
OUTCOMES = ("pass", "explain", "refer", "stop", "unknown")
GRADES = ("A", "B", "C", "D")
SCHEMA = {
    "firm_id": pl.Int64, "code": pl.String, "variable": pl.String, "first": pl.String, "second": pl.String, "value": pl.Float64,
    "least": pl.Float64, "most": pl.Float64, "outcome": pl.String, "explained": pl.Boolean,
}  # fmt: skip


def checks_on(day: date, folder: Path | None = None) -> tuple[Row, ...]:
    """The rows of the table in force on a day; those of some industries stand after the general one of the same code."""
    return tuple(sorted(table(TABLE, folder).valid_on(day), key=lambda row: (row["code"], bool(row.get("industries")))))


def outcomes(
    profile: pl.DataFrame,
    day: date,
    industries: Mapping[int, str] | None = None,
    folder: Path | None = None,
    peers: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """One row per firm and check: columns of `SCHEMA`.

    profile     firm_id and variables (of `compute_profile`, or values of a snapshot); a variable that is absent counts as null
    industries  firm_id → GB/T 4754 code, for bounds that hold in some industries only
    peers       columns firm_id, variable, p01, p99 of like firms (`puhui.features.peers`): a check that is marked `peers` keeps within;
                a firm without such a row, or without one of the two, keeps within the bounds of the table

    `outcome` is pass within the bounds, unknown where there is no number; outside them what the table says. A referral that the row's own
    explanation covers becomes `explain`, and `explained` says so.
    """
    codes = {firm: (industries or {}).get(firm, "") for firm in profile["firm_id"].to_list()}
    firms = profile.with_columns(pl.col("firm_id").replace_strict(codes, return_dtype=pl.String).alias("industry"))
    frames = [_outcome(_with_peers(firms, row, peers), row) for row in checks_on(day, folder)]
    if not frames:
        return pl.DataFrame(schema=SCHEMA)
    # Of two rows of one code the one for the firm's industry stands later and is kept.
    return pl.concat(frames).unique(["firm_id", "code"], keep="last", maintain_order=True).sort("firm_id", "code")


def _outcome(firms: pl.DataFrame, row: Row) -> pl.DataFrame:
    prefixes: Sequence[str] = row.get("industries", ())
    if prefixes:
        firms = firms.filter(pl.any_horizontal(pl.col("industry").str.starts_with(prefix) for prefix in prefixes))
    value = _value(firms, row["variable"])
    least, most = pl.coalesce("p01", _bound(row, "least")), pl.coalesce("p99", _bound(row, "most"))
    below, above = (value < least).fill_null(False), (value > most).fill_null(False)
    explained = pl.lit(False)
    if row.get("explained_by"):
        explained = (_value(firms, row["explained_by"]) >= float(row["explained_from"])).fill_null(False)
    outside = pl.when(explained).then(pl.lit("explain")).otherwise(pl.lit(row["outside"]))
    return firms.select(
        pl.col("firm_id").cast(pl.Int64),
        *(pl.lit(row[name]).alias(name) for name in ("code", "variable", "first", "second")),
        value.alias("value"),
        least.alias("least"),
        most.alias("most"),
        pl.when(value.is_null()).then(pl.lit("unknown")).when(below | above).then(outside).otherwise(pl.lit("pass")).alias("outcome"),
        ((below | above) & explained).fill_null(False).alias("explained"),
    )


def _value(firms: pl.DataFrame, variable: str) -> pl.Expr:
    return pl.col(variable).cast(pl.Float64) if variable in firms.columns else pl.lit(None, dtype=pl.Float64)


def _bound(row: Row, name: str) -> pl.Expr:
    found: Any = row.get(name)
    return pl.lit(None if found is None else float(found), dtype=pl.Float64)


def _with_peers(firms: pl.DataFrame, row: Row, peers: pl.DataFrame | None) -> pl.DataFrame:
    """The firms with p01 and p99 of their like, null where the check does not ask for them or they are not told."""
    if peers is None or not row.get("peers"):
        return firms.with_columns(p01=pl.lit(None, dtype=pl.Float64), p99=pl.lit(None, dtype=pl.Float64))
    own = peers.filter(pl.col("variable") == row["variable"]).select("firm_id", "p01", "p99")
    return firms.join(own, on="firm_id", how="left")


def trust_grades(found: pl.DataFrame, classes: Mapping[int, Sequence[str]]) -> pl.DataFrame:
    """firm_id, evidence_class, grade: of each class that a firm has evidence of, from the outcomes of `outcomes`.

    classes  firm_id → the classes of which something is known
    """
    held = pl.DataFrame(
        [{"firm_id": firm, "evidence_class": name} for firm, names in classes.items() for name in names],
        schema={"firm_id": pl.Int64, "evidence_class": pl.String},
    )
    sides = pl.concat(
        [
            found.select("firm_id", pl.col(side).alias("evidence_class"), "outcome", crossed=pl.col("first") != pl.col("second"))
            for side in ("first", "second")
        ]
    )
    worst = sides.group_by("firm_id", "evidence_class").agg(
        pl.col("outcome").is_in(["refer", "stop"]).any().alias("contradicted"),
        (pl.col("outcome") == "explain").any().alias("open"),
        ((pl.col("outcome") == "pass") & pl.col("crossed")).any().alias("confirmed"),
    )
    marks = held.join(worst, on=["firm_id", "evidence_class"], how="left").with_columns(
        pl.col("contradicted", "open", "confirmed").fill_null(False)
    )
    grade = pl.when("contradicted").then(pl.lit("D")).when("open").then(pl.lit("C")).when("confirmed").then(pl.lit("A"))
    return marks.select("firm_id", "evidence_class", grade.otherwise(pl.lit("B")).alias("grade")).sort("firm_id", "evidence_class")
