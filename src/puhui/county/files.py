"""The county's invoices as files: what its firms would export from their tax accounts, in the headings such exports have.

Two files, sales (销项) and purchases (进项), each a row per invoice and firm, for import by the platform's public way in.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from puhui.county.economy import Economy
from puhui.county.trade import OUTSIDE

_STATUS = {"normal": "正常", "red": "红字发票", "void": "已作废"}


def write_invoices(economy: Economy, invoices: pl.DataFrame, folder: Path, until: date, since: date = date.min) -> list[Path]:
    """Write 销项发票.parquet and 进项发票.parquet with everything issued from `since` and before `until`; their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    known = invoices.filter(pl.col("issued_on") >= since, pl.col("issued_on") < until)
    paths = []
    for name, own, other in (("销项发票", "seller", "buyer"), ("进项发票", "buyer", "seller")):
        rows = known.filter(pl.col(own) < OUTSIDE)
        frame = rows.select(
            _code(economy, own).alias("企业代号"),
            pl.col("invoice_number").alias("数电票号码"),
            pl.col("issued_on").alias("开票日期"),
            _partner_name(economy, other).alias("对方名称"),
            (pl.col("amount_fen") / 100).cast(pl.Decimal(18, 2)).alias("金额"),
            (pl.col("tax_fen") / 100).cast(pl.Decimal(18, 2)).alias("税额"),
            (pl.col("total_fen") / 100).cast(pl.Decimal(18, 2)).alias("价税合计"),
            pl.col("status").replace_strict(_STATUS).alias("发票状态"),
        )
        path = folder / f"{name}.parquet"
        frame.write_parquet(path, compression="zstd")
        paths.append(path)
    return paths


def mapping(direction: str) -> Path:
    """The mapping file that tells the importer how the county's files are to be read."""
    return Path(__file__).with_name(f"invoices-{direction}.toml")


def _code(economy: Economy, column: str) -> pl.Expr:
    return pl.col(column).replace_strict({firm.number: firm.unified_code for firm in economy.firms}, return_dtype=pl.String)


def _partner_name(economy: Economy, column: str) -> pl.Expr:
    names = {firm.number: firm.name for firm in economy.firms}
    outside = pl.format("外地往来单位{}", pl.col(column) - OUTSIDE)
    return (
        pl.when(pl.col(column) < OUTSIDE)
        .then(pl.col(column).replace_strict(names, default=None, return_dtype=pl.String))
        .otherwise(outside)
    )
