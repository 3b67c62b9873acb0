"""The county's papers as the frames that variables are computed from, without a database in between."""

from __future__ import annotations

import polars as pl

from puhui.county.economy import Economy
from puhui.county.papers.all import Papers
from puhui.county.trade import OUTSIDE
from puhui.evidence.layouts import layout, layout_files


def frames_of(economy: Economy, papers: Papers, until: int) -> dict[str, pl.DataFrame]:
    """Record → rows in the layout's schema, firm_id the number of the firm; `invoice` and `counterparty` with them."""
    known = {record: _records(record, frame) for record, frame in papers.frames.items() if record in layout_files() and frame.height}
    return {**known, **invoice_frames(economy, papers.invoices.filter(pl.col("issued_on") < economy.month(until)))}


def _records(record: str, frame: pl.DataFrame) -> pl.DataFrame:
    kind = layout(record)
    observed = pl.col(kind.observed).cast(pl.Date)
    head = {
        "firm_id": pl.col("firm").cast(pl.Int64),
        "record_id": pl.int_range(1, pl.len() + 1, dtype=pl.Int64),
        "observed_on": observed,
        "known_at": observed.cast(pl.Datetime("us", "UTC")),
    }
    fields = {
        name: (pl.col(name) if name in frame.columns else pl.lit(None)).cast(dtype)
        for name, dtype in kind.schema().items()
        if name not in head
    }
    return frame.select(**head, **fields)


def invoice_frames(economy: Economy, invoices: pl.DataFrame) -> dict[str, pl.DataFrame]:
    names = {firm.number: firm.name for firm in economy.firms}
    sides = []
    for own, other, direction in (("seller", "buyer", "out"), ("buyer", "seller", "in")):
        name = (
            pl.when(pl.col(other) < OUTSIDE)
            .then(pl.col(other).replace_strict(names, default=None, return_dtype=pl.String))
            .otherwise(pl.format("外地往来单位{}", pl.col(other) - OUTSIDE))
        )
        sides.append(
            invoices.filter(pl.col(own) < OUTSIDE).select(
                pl.col(own).cast(pl.Int64).alias("firm_id"),
                pl.lit(direction).alias("direction"),
                "issued_on",
                name.alias("counterparty"),
                "amount_fen",
                "tax_fen",
                "total_fen",
                "status",
                pl.col("issued_on").cast(pl.Datetime("us", "UTC")).alias("known_at"),
                pl.lit(False).alias("duplicate"),
            )
        )
    parties = pl.DataFrame({"counterparty": list(names.values()), "party": [f"firm:{number}" for number in names]})
    return {"invoice": pl.concat(sides), "counterparty": parties}
