"""People insured against people told in the annual report (class C08 set against C01).

Compared are the people insured in December of the report's year, of the newest report that tells its staff; a report is filed by June of
the next year, so the number of today would be up to eighteen months away from it.
"""

from __future__ import annotations

from collections.abc import Mapping

import narwhals as nw
import polars as pl

from puhui.features.formulas import change
from puhui.features.variable import LeftOut, Variable
from puhui.features.windows import AsOf

__all__ = ["EVIDENCE_CLASS", "LEFT_OUT", "RECORDS", "VARIABLES", "measures"]

EVIDENCE_CLASS = "C08"
RECORDS = ("social_insurance_month", "annual_report")


def measures(frames: Mapping[str, pl.LazyFrame], as_of: AsOf) -> pl.LazyFrame:
    """One row per firm of which a report tells the staff."""
    reports = frames["annual_report"].filter(pl.col("staff").is_not_null()).sort("year", "known_at", "record_id")
    newest = reports.group_by("firm_id").agg(year=pl.col("year").last(), told_staff=pl.col("staff").last().cast(pl.Float64))
    december = frames["social_insurance_month"].filter(pl.col("month").dt.month() == 12).select(
        "firm_id", year=pl.col("month").dt.year().cast(pl.Int64), told_insured=pl.col("pension_heads").cast(pl.Float64)
    )  # fmt: skip
    return newest.join(december.unique(["firm_id", "year"], keep="any"), on=["firm_id", "year"], how="left").drop("year")


_INSURED, _STAFF = nw.col("told_insured"), nw.col("told_staff")

VARIABLES = (
    Variable("si_vs_annual_report_gap", "persons", "n", "newest report", _INSURED - _STAFF, declared_bounds=(None, None)),
    Variable("si_vs_annual_report_ratio", "ratio", "n", "newest report", change(_INSURED, _STAFF)),
)

LEFT_OUT: tuple[LeftOut, ...] = ()
