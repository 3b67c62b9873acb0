"""What may be done and what was punished (class C03): permits, administrative penalties, spot checks of products.

Windows hold the month still running, too. A penalty that has been repaired leaves the view when its publication ends, and one older than
five years is not used at all. Where the field's list leaves something open:

    licence_core_present_flag   null where the register says that the scope holds no permit item (class C01) and no core licence is told
    licence_valid_min_months    over the core licences that are valid and have an end; none with an end leaves it null
    licence_expired_cnt         core licences past their end or withdrawn, of kinds of which no licence is valid: a renewed one is not lost
    penalty_*_cnt               by the field of the penalty; where that is not told, by words in the name of the authority
    penalty_amt_36m             fines and what was confiscated
    penalty_amt_36m_to_revenue  by the invoiced sales of the same 36 months, or of the months known where those are fewer (12 at least)
    penalty_serious_flag        suspension, closure, restriction, revocation
    penalty_repaired_ratio      of the penalties of 36 months still published; null where there are none
    months_since_last_penalty   of the last five years; 999 where there is none
"""

from __future__ import annotations

from collections.abc import Mapping

import narwhals as nw
import polars as pl

from puhui.features.formulas import ratio, yuan
from puhui.features.months import months_since
from puhui.features.registers import any_of, beside, how_many, known_firms, months_until, sum_of, told, valid, within
from puhui.features.variable import LeftOut, Variable
from puhui.features.windows import AsOf

__all__ = ["DEFINED_BY", "EVIDENCE_CLASS", "LEFT_OUT", "RECORDS", "VARIABLES", "measures"]

EVIDENCE_CLASS = "C03"
RECORDS = ("licence", "penalty", "spot_check", "licence_search")
DEFINED_BY = ("registers.py",)

SERIOUS = ("suspension", "closure", "restriction", "revocation")
FIELDS = {
    "environment": "环境|环保|environment",
    "safety": "应急|安全生产|safety",
    "tax": "税务|tax",
    "labour": "人力资源|劳动|社会保障|labour",
}
"""Field of a penalty → words in the names of its authorities."""
KEPT_MONTHS = 60
"""征信业管理条例 art. 16: what speaks against somebody is kept for five years; held for firms alike."""
NEVER = 999.0


def measures(frames: Mapping[str, pl.LazyFrame], as_of: AsOf) -> pl.LazyFrame:
    """One row per firm; amounts in fen."""
    checks = frames["spot_check"].group_by("firm_id").agg(lic_failed_checks=how_many(~pl.col("passed") & within("checked_on", as_of, 24)))
    return beside(
        known_firms(frames, RECORDS, "lic_known"), _licences(frames["licence"], as_of), _penalties(frames["penalty"], as_of), checks
    )


def _licences(rows: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    withdrawn = (pl.col("withdrawn_on") <= as_of.day).fill_null(False)
    left = months_until(pl.col("valid_until"), as_of)
    rows = rows.with_columns(core=pl.col("core").fill_null(False), runs=valid("valid_until", as_of) & ~withdrawn, left=left)
    rows = rows.with_columns(renewed=pl.col("runs").any().over("firm_id", "kind"))
    core = pl.col("core")
    return rows.group_by("firm_id").agg(
        lic_core=how_many(core),
        lic_core_valid=how_many(core & pl.col("runs")),
        lic_months_left=pl.col("left").filter(core & pl.col("runs")).min(),
        lic_core_lost=pl.col("kind").filter(core & ~pl.col("renewed")).n_unique().cast(pl.Float64),
        lic_new_24m=how_many(within("issued_on", as_of, 24)),
    )


def _penalties(rows: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    published = pl.col("published_until").is_null() | (pl.col("published_until") >= as_of.day)
    repaired = (pl.col("repaired_on") <= as_of.day).fill_null(False)
    shown = rows.filter((published | ~repaired) & within("decided_on", as_of, KEPT_MONTHS)).with_columns(
        repaired=repaired,
        published=published,
        taken=pl.sum_horizontal("amount_fen", "confiscated_fen"),
        months=months_since(pl.col("decided_on"), as_of),
        area=pl.coalesce("field", _area_of(pl.col("authority"))),
    )
    recent = within("decided_on", as_of, 36)
    return shown.group_by("firm_id").agg(
        lic_penalties_12m=how_many(within("decided_on", as_of, 12)),
        lic_penalties_36m=how_many(recent),
        lic_fines_36m=sum_of("taken", recent),
        lic_serious_36m=any_of(recent & pl.col("kind").is_in(SERIOUS)),
        **{f"lic_{area}_36m": how_many(recent & (pl.col("area") == area)) for area in FIELDS},
        lic_published_36m=how_many(recent & pl.col("published")),
        lic_repaired_36m=how_many(recent & pl.col("published") & pl.col("repaired")),
        lic_months_since=pl.col("months").min(),
    )


def _area_of(authority: pl.Expr) -> pl.Expr:
    areas = [pl.when(authority.str.to_lowercase().str.contains(words)).then(pl.lit(area)) for area, words in FIELDS.items()]
    return pl.coalesce(areas)


def _m(name: str) -> nw.Expr:
    return nw.col(f"lic_{name}")


def _told(name: str) -> nw.Expr:
    return told("lic_known", f"lic_{name}")


_CORE_ASKED = (_told("core") > 0) | (nw.col("reg_permit_needed").fill_null(1.0) == 1)

VARIABLES = (
    Variable("licence_core_present_flag", "0/1", "V", "now", nw.when(_CORE_ASKED).then((_told("core_valid") > 0).cast(nw.Float64))),
    Variable("licence_valid_min_months", "months", "+", "now", _m("months_left")),
    Variable("licence_expired_cnt", "n", "-", "now", _told("core_lost")),
    Variable("licence_new_cnt_24m", "n", "+", "24m", _told("new_24m")),
    Variable("admin_penalty_cnt_12m", "n", "-", "12m", _told("penalties_12m")),
    Variable("admin_penalty_cnt_36m", "n", "-", "36m", _told("penalties_36m")),
    Variable("penalty_amt_36m", "CNY", "-", "36m", yuan(_told("fines_36m"))),
    Variable("penalty_amt_36m_to_revenue", "ratio", "-", "36m", ratio(_told("fines_36m"), nw.col("out_net_36m")), 12, ("out",)),
    Variable("penalty_serious_flag", "0/1", "-", "36m", _told("serious_36m")),
    Variable("penalty_env_cnt_36m", "n", "-", "36m", _told("environment_36m")),
    Variable("penalty_safety_cnt_36m", "n", "-", "36m", _told("safety_36m")),
    Variable("penalty_tax_cnt_36m", "n", "-", "36m", _told("tax_36m")),
    Variable("penalty_labour_cnt_36m", "n", "-", "36m", _told("labour_36m")),
    Variable("quality_spotcheck_fail_cnt_24m", "n", "-", "24m", _told("failed_checks")),
    Variable("penalty_repaired_ratio", "ratio", "+", "36m", ratio(_m("repaired_36m"), _m("published_36m"))),
    Variable("months_since_last_penalty", "months", "+", "60m", nw.when(_m("known") == 1).then(_m("months_since").fill_null(NEVER))),
)

LEFT_OUT: tuple[LeftOut, ...] = ()
