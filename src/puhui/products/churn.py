"""A measured churn curve as a parameter table: which share of borrowers walks away at which rate.

The one in the catalogue is made up. This writes the published one (rate against share lost, for firms rated A, B and C) or an
institution's own into a catalogue folder, where it goes before the made-up one.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from puhui.calculations.faults import Fault, FaultsError
from puhui.products import parameters
from puhui.products.documents import read_document

_HEAD = """# Written from {source}.
[table]
name = "churn-curve"
names.en = "Share of borrowers lost at a rate"
names.zh-hans = "利率与客户流失率"
names.zh-hant = "利率與客戶流失率"
columns = {{ rate = "ratio", A = "ratio", B = "ratio", C = "ratio" }}
source = "{source}"
verified = false
"""


def write_churn_curve(source: Path, folder: Path) -> Path:
    """Write `folder/parameters/churn-curve.toml` from a Parquet file with columns annual_rate, churn_a, churn_b, churn_c.

    Raises:
        FaultsError: the file cannot be read, lacks a column, or makes no table.
    """
    columns = {"annual_rate": "rate", "churn_a": "A", "churn_b": "B", "churn_c": "C"}
    try:
        frame = pl.read_parquet(source, columns=list(columns)).sort("annual_rate")
    except (OSError, pl.exceptions.PolarsError) as error:
        raise FaultsError([Fault(str(source), str(error), f"a Parquet file with the columns {', '.join(columns)}")]) from error
    rows = [
        "[[rows]]\n" + "\n".join(f"{name} = {round(float(row[column]), 6)}" for column, name in columns.items())
        for row in frame.iter_rows(named=True)
    ]
    target = folder / "parameters" / "churn-curve.toml"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("\n\n".join([_HEAD.format(source=source.name), *rows]) + "\n", encoding="utf-8")
    parameters.from_document(read_document(target, "parameters"))
    return target
