"""How many identities of the newest statements do not hold, as `catalogue/statements/identities.toml` says what must add up.

The findings that a person reads (`puhui.evidence.statements.checks`) come from the same table; here they are counted for all firms at
once. Counted are errors only: not what has honest reasons, and not a difference below a ten-thousandth of the total. Asked are the figures
up to the newest day as they were first told, flows from 1 January on.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from puhui.evidence.statements.checks import SLIGHT, Identity, identities

__all__ = ["identity_faults"]

FIGURE = ("firm_id", "statement", "line")


def identity_faults(own: pl.LazyFrame, ends: pl.LazyFrame, versions: pl.Expr) -> pl.LazyFrame:
    """firm_id and fs_identity_faults, for each firm of `ends`.

    own       rows of `statement_line` with a value, of versions that are not for the tax office
    ends      firm_id and `now`, the newest day
    versions  which version goes first, smallest first
    """
    newest = ends.select("firm_id", "now").join(_first_figures(own, ends, versions), on="firm_id")
    known = newest.join(_terms().lazy(), on=["statement", "line"]).filter(_asked())
    value, is_total = pl.col("value_fen"), pl.col("sign") == 0
    tested = known.group_by("firm_id", "identity").agg(
        total=value.filter(is_total).sum(),
        expected=(value * pl.col("sign")).sum(),
        allowed=pl.max_horizontal(pl.lit(1.0), pl.col("precision_fen").fill_null(1) / 2).sum(),
        needed=pl.col("needed").sum(),
        terms=(~is_total).sum(),
    )
    rules = pl.LazyFrame([_rule(each) for each in identities()], schema=_RULES, orient="row")
    missed = (pl.col("total") - pl.col("expected")).abs()
    grave = pl.when(pl.col("total") < pl.col("expected")).then(pl.col("below_must")).otherwise(pl.col("must"))
    wrong = (missed > pl.col("allowed")) & (missed * SLIGHT > pl.col("total").abs()) & grave
    asked = tested.join(rules, on="identity").filter((pl.col("needed") == pl.col("needs")) & (pl.col("terms") > 0))
    counted = asked.group_by("firm_id").agg(fs_identity_faults=wrong.sum().cast(pl.Float64))
    return ends.select("firm_id").join(counted, on="firm_id", how="left").with_columns(pl.col("fs_identity_faults").fill_null(0.0))


def _first_figures(own: pl.LazyFrame, ends: pl.LazyFrame, versions: pl.Expr) -> pl.LazyFrame:
    """One figure per firm, statement and line at the newest day, neither printed to compare nor restated."""
    january = pl.col("period_start") == pl.date(pl.col("period_end").dt.year(), 1, 1)
    rows = own.join(ends.select("firm_id", pl.col("now").alias("end")), on="firm_id").filter(
        pl.col("period_end") == pl.col("end"),
        (pl.col("statement") == "balance") | january,
        ~pl.col("comparative").fill_null(False) & ~pl.col("restated").fill_null(False),
    )
    ordered = rows.sort(versions, "known_at", "record_id", descending=[False, True, True])
    return ordered.unique([*FIGURE], keep="first", maintain_order=True).select(
        *FIGURE, "value_fen", "precision_fen", pl.col("layout").fill_null("")
    )


def _asked() -> pl.Expr:
    return (pl.col("layouts").list.len() == 0) | pl.col("layouts").list.contains(pl.col("layout"))


_RULES: dict[str, Any] = {"identity": pl.String, "needs": pl.Int64, "must": pl.Boolean, "below_must": pl.Boolean}
_TERMS: dict[str, Any] = {
    "identity": pl.String, "statement": pl.String, "line": pl.String, "sign": pl.Int64, "needed": pl.Int64, "layouts": pl.List(pl.String),
}  # fmt: skip


def _rule(each: Identity) -> tuple[str, int, bool, bool]:
    return each.name, 1 + len(each.plus) + len(each.less), each.strength == "must", each.below == "must"


def _terms() -> pl.DataFrame:
    """Each line of each identity: sign 0 is the total, and `needed` marks the lines without which it cannot be asked."""
    rows = []
    for each in identities():
        parts = [(each.total, 0, 1), *((line, 1, 1) for line in each.plus), *((line, -1, 1) for line in each.less)]
        parts += [*((line, 1, 0) for line in each.plus_optional), *((line, -1, 0) for line in each.less_optional)]
        for line, sign, needed in parts:
            statement, _, name = line.rpartition(".")
            rows.append((each.name, statement or each.statement, name, sign, needed, list(each.layouts)))
    return pl.DataFrame(rows, schema=_TERMS, orient="row")
