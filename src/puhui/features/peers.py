"""A firm among firms like it: percentiles of each variable by industry, region, size and month.

Whether a margin of four percent is poor depends on the trade. So each variable is set against the firms of the same industry (GB/T 4754),
region (GB/T 2260) and size by staff, from their snapshots of the same month. A group of which there are too few firms would tell about
single ones; it is widened step by step as the dated table `peer-groups` says, and where even the widest is too small, nothing is told. A
percentile is withheld unless enough firms lie beyond it: the first hundredth of ten firms would be the lowest firm itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from puhui.products.parameters import Row, table

__all__ = ["ATTRIBUTES", "PERCENTILES", "SCHEMA", "SIZES", "TABLE", "group_figures", "peers_of", "place", "with_sizes"]

TABLE = "peer-groups"
SIZE_TABLE = "firm-sizes"
SIZES = ("micro", "small", "medium", "large")
ATTRIBUTES = {"firm_id": pl.Int64, "industry": pl.String, "region": pl.String, "staff": pl.Int64}
PERCENTILES = {"p01": 0.01, "p10": 0.10, "p25": 0.25, "p50": 0.50, "p75": 0.75, "p90": 0.90, "p99": 0.99}
KEY = ("industry", "region", "size")
SCHEMA = {
    "level": pl.Int64, **dict.fromkeys(KEY, pl.String), "variable": pl.String, "firms": pl.Int64,
    **dict.fromkeys(PERCENTILES, pl.Float64),
}  # fmt: skip


def group_figures(values: pl.DataFrame, firms: pl.DataFrame, day: date, folder: Path | None = None) -> pl.DataFrame:
    """One row per group and variable that may be told: columns of `SCHEMA`; a part of the key that the level does not ask is empty.

    values  firm_id and variables, one row per firm: the newest snapshots of one month
    firms   columns of `ATTRIBUTES`; industry and region empty, staff null where not known: then only wider groups have the firm

    `firms` of a row counts those of the group that have the figure, the firm that is compared among them.
    """
    names = [name for name in values.columns if name != "firm_id"]
    if not names or values.is_empty():
        return pl.DataFrame(schema=SCHEMA)
    long = values.with_columns(pl.col(names).cast(pl.Float64)).unpivot(names, index="firm_id").drop_nulls("value")
    rows = long.join(with_sizes(firms, day, folder), on="firm_id")
    levels = [_level(rows, level) for level in _levels(day, folder)]
    return pl.concat(levels).sort("variable", "level", *KEY)


def _levels(day: date, folder: Path | None) -> list[Row]:
    return sorted(table(TABLE, folder).valid_on(day), key=lambda row: int(row["level"]))


def with_sizes(firms: pl.DataFrame, day: date, folder: Path | None = None) -> pl.DataFrame:
    """The firms with `size`: one of `SIZES` by staff and industry, null where the staff is not known."""
    size = pl.lit(None, dtype=pl.String)
    rows = table(SIZE_TABLE, folder).valid_on(day)
    for row in sorted(rows, key=lambda row: bool(row["divisions"])):
        bounds = [(name, float(row[f"{name}_below"])) for name in SIZES[:-1]]
        by_staff = pl.lit(SIZES[-1])
        for name, below in reversed(bounds):
            by_staff = pl.when(pl.col("staff") < below).then(pl.lit(name)).otherwise(by_staff)
        of_row = pl.col("industry").str.slice(0, 2).is_in(list(row["divisions"])) if row["divisions"] else pl.lit(True)
        size = pl.when(of_row).then(by_staff).otherwise(size)
    return firms.with_columns(size=pl.when(pl.col("staff").is_not_null()).then(size))


def _level(rows: pl.DataFrame, level: Row) -> pl.DataFrame:
    """The groups of one level that have firms enough, each percentile only with enough firms beyond it."""
    industry, region, by_size = int(level["industry_digits"]), int(level["region_digits"]), bool(int(level["by_size"]))
    known = (pl.col("industry").str.len_chars() >= industry) & (pl.col("region").str.len_chars() >= region)
    grouped = rows.filter(known & pl.col("size").is_not_null() if by_size else known).with_columns(
        pl.col("industry").str.slice(0, industry),
        pl.col("region").str.slice(0, region),
        pl.col("size") if by_size else pl.lit("").alias("size"),
    )
    figures = grouped.group_by(*KEY, "variable").agg(
        pl.len().cast(pl.Int64).alias("firms"),
        *(pl.col("value").quantile(share, "linear").alias(name) for name, share in PERCENTILES.items()),
    )
    enough = figures.filter(pl.col("firms") >= int(level["least_firms"]))
    told = [pl.when(_beyond(share) >= int(level["least_beyond"])).then(pl.col(name)).alias(name) for name, share in PERCENTILES.items()]
    return enough.with_columns(told).select(pl.lit(int(level["level"]), dtype=pl.Int64).alias("level"), *list(SCHEMA)[1:])


def _beyond(share: float) -> pl.Expr:
    """How many firms of the group lie on the far side of a percentile; the small addend keeps 0.1 × 30 from being 2.999…"""
    return (pl.col("firms") * min(share, 1 - share) + 1e-9).floor()


def peers_of(
    figures: pl.DataFrame, firm: Mapping[str, Any], day: date, needed: str = "p50", folder: Path | None = None
) -> dict[str, dict[str, Any]]:
    """Variable → the row of the narrowest group of a firm that tells the percentile `needed`; variables without one are left out.

    figures  of `group_figures`
    firm     industry, region and staff of the firm
    """
    own = pl.DataFrame([{"firm_id": 0, **{name: firm[name] for name in list(ATTRIBUTES)[1:]}}], schema=ATTRIBUTES)
    size = with_sizes(own, day, folder)["size"][0]
    groups = pl.any_horizontal([pl.lit(False), *_own_groups(firm, size, _levels(day, folder))])
    found = figures.filter(groups & pl.col(needed).is_not_null()).sort("level").unique("variable", keep="first", maintain_order=True)
    return {row["variable"]: row for row in found.iter_rows(named=True)}


def _own_groups(firm: Mapping[str, Any], size: str | None, levels: list[Row]) -> Iterator[pl.Expr]:
    for level in levels:
        industry, region = str(firm["industry"])[: int(level["industry_digits"])], str(firm["region"])[: int(level["region_digits"])]
        by_size = bool(int(level["by_size"]))
        own = (pl.col("industry") == industry) & (pl.col("region") == region) & (pl.col("size") == ((size or "?") if by_size else ""))
        yield (pl.col("level") == int(level["level"])) & own


def place(value: float | None, row: Mapping[str, Any]) -> tuple[str, str]:
    """Between which two told percentiles a value lies; an empty name where nothing bounds it on that side or there is no value."""
    if value is None:
        return "", ""
    told = [(name, row[name]) for name in PERCENTILES if row[name] is not None]
    below = [name for name, bound in told if bound <= value]
    above = [name for name, bound in told if bound > value]
    return (below[-1] if below else ""), (above[0] if above else "")
