"""Environment, carbon, energy and what was assessed of governance and safety (class C18).

Months of energy and emissions come some weeks late, so their twelve months end with the last one that is told, at most four months before
the last closed month; a firm of which fewer than twelve are told has no yearly figure. Where the field's list leaves something open:

    carbon_grade            deep green 4, light green 3, yellow 2, red 1, of the newest grade
    carbon_intensity        tonnes of twelve months by value added (of the newest carbon grade that tells it), per 10,000 yuan
    carbon_vs_benchmark     by the benchmark told with the grade, in the same unit
    energy_intensity        tonnes of standard coal of twelve months per 10,000 yuan of sales of twelve months: declared, else invoiced
    emission_permit_*       newest statement of each permit; valid where any that is required is valid, null where none is required
    safety_standard_grade   level one, the best, 3; level two 2; level three 1: more is safer, as its sign says
    env_info_disclosed_flag null for a firm that has no duty to disclose
"""

from __future__ import annotations

from collections.abc import Mapping

import narwhals as nw
import polars as pl

from puhui.features.formulas import ratio
from puhui.features.months import latest, month_back
from puhui.features.registers import any_of, beside, known_firms, valid
from puhui.features.variable import LeftOut, Variable
from puhui.features.windows import AsOf

__all__ = ["DEFINED_BY", "EVIDENCE_CLASS", "LEFT_OUT", "RECORDS", "VARIABLES", "measures"]

EVIDENCE_CLASS = "C18"
RECORDS = ("environment_permit", "emission_month", "carbon_grade", "energy_month", "esg_assessment")
DEFINED_BY = ("registers.py",)

GRADES = {"deep_green": 4.0, "light_green": 3.0, "yellow": 2.0, "red": 1.0}
LATEST_LAG = 4
FEN_PER_TEN_THOUSAND = 1_000_000


def measures(frames: Mapping[str, pl.LazyFrame], as_of: AsOf) -> pl.LazyFrame:
    """One row per firm; tonnes, kWh, value added in fen."""
    return beside(
        known_firms(frames, RECORDS, "env_known"),
        _permits(frames["environment_permit"], as_of),
        _emissions(frames["emission_month"], as_of),
        _energy(frames["energy_month"], as_of),
        _grades(frames["carbon_grade"]),
        _assessed(frames["esg_assessment"]),
    )


def _permits(rows: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    needed = pl.col("required").fill_null(True)
    both = pl.col("permitted_t").is_not_null() & pl.col("discharged_t").is_not_null()
    listed = pl.col("disclosure_required").fill_null(False)
    return rows.group_by("firm_id").agg(
        env_permit_needed=any_of(needed),
        env_permit_valid=any_of(needed & valid("valid_until", as_of)),
        env_permitted=pl.col("permitted_t").filter(both).sum(),
        env_discharged=pl.col("discharged_t").filter(both).sum(),
        env_hazardous=pl.col("hazardous_waste").max().cast(pl.Float64),
        env_disclosed=pl.when(listed.any()).then((~listed | pl.col("disclosed").fill_null(False)).all()).cast(pl.Float64),
    )


def _months(rows: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    """Closed months with `back`: 1 for the newest told one, of firms whose newest is not too old."""
    rows = rows.with_columns(month_back("month", as_of).alias("closed")).filter(pl.col("closed") >= 1)
    newest = pl.col("closed").min().over("firm_id")
    return rows.with_columns(back=pl.col("closed") - newest + 1).filter(newest <= LATEST_LAG + 1)


def _year(column: str, first: int) -> pl.Expr:
    """Sum of twelve months from month `first` back, null unless all twelve tell it."""
    told_of = pl.col(column).filter(pl.col("back").is_between(first, first + 11)).drop_nulls()
    return pl.when(told_of.len() == 12).then(told_of.sum())


def _emissions(rows: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    return _months(rows, as_of).group_by("firm_id").agg(
        env_carbon=_year("carbon_t", 1),
        env_carbon_before=_year("carbon_t", 13),
        env_exceedances=pl.when(pl.col("exceedances").is_not_null().any()).then(
            pl.col("exceedances").filter(pl.col("closed") <= 12).sum()
        ).cast(pl.Float64),
    )  # fmt: skip


def _energy(rows: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    both = pl.col("power_kwh").is_not_null() & pl.col("green_power_kwh").is_not_null() & (pl.col("back") <= 12)
    return _months(rows, as_of).group_by("firm_id").agg(
        env_coal=_year("standard_coal_t", 1),
        env_power=pl.col("power_kwh").filter(both).sum(),
        env_green_power=pl.col("green_power_kwh").filter(both).sum(),
    )  # fmt: skip


def _grades(rows: pl.LazyFrame) -> pl.LazyFrame:
    rows = rows.with_columns(step=pl.col("grade").replace_strict(GRADES, default=None, return_dtype=pl.Float64))
    return rows.group_by("firm_id").agg(
        env_grade=latest("step"), env_benchmark=latest("benchmark_t"), env_value_added=latest("value_added_fen").cast(pl.Float64)
    )


def _assessed(rows: pl.LazyFrame) -> pl.LazyFrame:
    return rows.group_by("firm_id").agg(
        env_score=latest("score"),
        env_targets=latest("targets_met").cast(pl.Float64),
        env_green_project=latest("green_project").cast(pl.Float64),
        env_safety=4.0 - latest("safety_grade"),
    )


def _m(name: str) -> nw.Expr:
    return nw.col(f"env_{name}")


_SALES = nw.coalesce(nw.col("tax_vat_sales_12m"), nw.col("out_net_12m"))
_INTENSITY = ratio(_m("carbon") * FEN_PER_TEN_THOUSAND, _m("value_added"))

VARIABLES = (
    Variable("carbon_grade", "grade", "+", "newest", _m("grade")),
    Variable("carbon_t_12m", "t", "n", "12m", _m("carbon"), null_reason="too_short_history"),
    Variable("carbon_intensity", "t per 10k CNY", "-", "12m", _INTENSITY),
    Variable("carbon_vs_benchmark", "ratio", "+", "12m", ratio(_m("benchmark"), _INTENSITY)),
    Variable("carbon_reduction_yoy", "ratio", "+", "12m/prev12m", ratio(_m("carbon_before") - _m("carbon"), _m("carbon_before"))),
    Variable("energy_intensity", "tce per 10k CNY", "-", "12m", ratio(_m("coal") * FEN_PER_TEN_THOUSAND, _SALES)),
    Variable("clean_power_share", "ratio", "+", "12m", ratio(_m("green_power"), _m("power"))),
    Variable("emission_permit_valid_flag", "0/1", "V", "now", nw.when(_m("permit_needed") == 1).then(_m("permit_valid"))),
    Variable("emission_permit_use", "ratio", "-", "newest", ratio(_m("discharged"), _m("permitted"))),
    Variable("env_online_exceed_cnt_12m", "n", "-", "12m", _m("exceedances")),
    Variable("env_info_disclosed_flag", "0/1", "n", "newest", _m("disclosed")),
    Variable("green_project_flag", "0/1", "P", "newest", _m("green_project")),
    Variable("hazard_waste_flag", "0/1", "-", "newest", _m("hazardous")),
    Variable("esg_score", "0-100", "+", "newest", _m("score")),
    Variable("esg_kpi_met_cnt", "n", "P", "newest", _m("targets")),
    Variable("safety_standard_grade", "1-3", "+", "newest", _m("safety")),
)

LEFT_OUT: tuple[LeftOut, ...] = ()
