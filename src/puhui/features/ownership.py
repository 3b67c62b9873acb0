"""Who owns a firm, who runs it, and whose trouble may become its own (class C02).

Shares, persons and related parties are those of the newest statement; trees and circles are walked by `puhui.evidence.relations`, which is
safe where firms hold each other. Windows over events hold the month still running, too. Where the field's list leaves something open:

    the controller              whoever is named so; where nobody is, the person with the largest share in effect
    controller_share_effective  over all ways, as far as the tree is told
    controller_shares_held_months  since the controller's last acquisition in the firm itself
    controller_share_change_12m share in effect now less that of the newest statement a year ago or older, in percentage points
    controller_industry_years   as stated and verified by the lender
    ownership_layers            1 where persons hold the firm itself
    beneficial_owner_known_flag every person with a quarter or more in effect, and the controller, is identified, and no firm with a quarter
                                or more stands at the end of the tree; null where no shareholding is told
    equity_pledge_ratio         as a share of all shares of the firm
    equity_frozen_flag          told with the shareholding, or by a freeze that stands
    family_ownership_flag       two holders or more declared as family
    related_guarantee_amt       given by the firm itself for debtors that the statement marks as related
    guarantee_circle_*          1 for a firm of which other ties are told and no guarantee; 99 where no debtor of the circle is overdue
    legalrep_is_controller_flag by name; null where either is not told
    nominee_suspect_flag        the legal representative draws no salary, is not insured here and holds no share; null where not told
    shareholder_change_cnt_24m  from the register's changes (class C01)
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import narwhals as nw
import polars as pl

from puhui.evidence.relations import ITSELF, Holding, circle, effective_shares, layers, loose_ends, owners
from puhui.features.formulas import yuan
from puhui.features.months import months_since
from puhui.features.registers import any_of, beside, known_firms, newest_rows, number_of, still, sum_of, told, within
from puhui.features.variable import LeftOut, Variable
from puhui.features.windows import AsOf

__all__ = ["DEFINED_BY", "EVIDENCE_CLASS", "LEFT_OUT", "RECORDS", "VARIABLES", "measures"]

EVIDENCE_CLASS = "C02"
RECORDS = ("shareholding", "key_person", "related_firm", "guarantee", "equity_event")
DEFINED_BY = ("registers.py",)

ENDS = ("person", "state")
FAR = 99.0
TREE = ("hold_controller_share", "hold_layers", "hold_owners_known")


def measures(frames: Mapping[str, pl.LazyFrame], as_of: AsOf) -> pl.LazyFrame:
    """One row per firm; amounts in fen, shares between 0 and 1."""
    held = frames["shareholding"].with_columns(pl.col("target").fill_null(ITSELF))
    now = _newest_of_each_target(held)
    before = _newest_of_each_target(held.filter(pl.col("stated_on") <= _a_year_before(as_of.day)))
    persons = newest_rows(frames["key_person"])
    share_before = _trees(before, persons).select("firm_id", hold_controller_share_before="hold_controller_share")
    return beside(
        known_firms(frames, RECORDS, "hold_known"),
        _shares(now),
        _trees(now, persons),
        share_before,
        _persons(persons, now, as_of),
        _related(newest_rows(frames["related_firm"])),
        _circles(newest_rows(frames["guarantee"]), as_of),
        _events(frames["equity_event"], as_of),
    )


def _a_year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=min(day.day, 28) if day.month == 2 else day.day)


def _newest_of_each_target(held: pl.LazyFrame) -> pl.LazyFrame:
    return held.filter(pl.col("stated_on") == pl.col("stated_on").max().over("firm_id", "target"))


def _shares(now: pl.LazyFrame) -> pl.LazyFrame:
    own = now.filter(pl.col("target") == ITSELF)
    share = pl.col("share")
    return own.group_by("firm_id").agg(
        hold_top1=share.max(),
        hold_squares=(share * share).sum(),
        hold_pledged=pl.col("pledged_share").sum(),
        hold_frozen=any_of(pl.col("frozen_share") > 0),
        hold_family=(pl.col("family").fill_null(False).sum() >= 2).cast(pl.Float64),
    )


def _trees(held: pl.LazyFrame, persons: pl.LazyFrame) -> pl.LazyFrame:
    """firm_id and the measures of `TREE`."""
    edge = pl.struct("holder", "target", "share", ends=pl.col("holder_kind").is_in(ENDS))
    controller = pl.col("name").filter(pl.col("role") == "controller").unique().sort()
    identified = pl.col("name").filter(pl.col("identified").fill_null(False)).unique().sort()
    people = persons.group_by("firm_id").agg(controllers=controller, identified=identified)
    both = held.group_by("firm_id").agg(edges=edge.sort_by("target", "holder", "share")).join(people, on="firm_id", how="left")
    schema: dict[str, Any] = {"firm_id": both.collect_schema()["firm_id"], **dict.fromkeys(TREE, pl.Float64)}
    return both.map_batches(lambda frame: pl.DataFrame([_tree(row) for row in frame.iter_rows(named=True)], schema=schema), schema=schema)


def _tree(row: Mapping[str, Any]) -> dict[str, Any]:
    held = [Holding(edge["holder"], edge["target"], edge["share"], edge["ends"]) for edge in row["edges"]]
    shares, persons = effective_shares(held), {holding.holder for holding in held if holding.person}
    named = row["controllers"] or sorted(persons & shares.keys(), key=lambda name: (-shares[name], name))[:1]
    to_identify = owners(held).keys() | set(row["controllers"] or ())
    known = to_identify <= set(row["identified"] or ()) and not loose_ends(held)
    steps = layers(held)
    return {
        "firm_id": row["firm_id"],
        "hold_controller_share": sum(shares.get(name, 0.0) for name in named) if named else None,
        "hold_layers": float(steps) if steps else None,
        "hold_owners_known": float(known),
    }


def _persons(persons: pl.LazyFrame, now: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    own = now.filter(pl.col("target") == ITSELF).select("firm_id", "acquired_on", name="holder", holds=pl.lit(1.0))
    told_of = persons.join(own, on=["firm_id", "name"], how="left").with_columns(holds=pl.col("holds").fill_null(0.0))
    controller, head = pl.col("role") == "controller", pl.col("role") == "legal_rep"
    controllers, heads = pl.col("name").filter(controller), pl.col("name").filter(head)
    tied = pl.col("salary_paid") | pl.col("insured") | (pl.col("holds") > 0)
    both = (controllers.len() > 0) & (heads.len() > 0)
    industry = months_since(pl.col("industry_since"), as_of) / 12
    return told_of.group_by("firm_id").agg(
        hold_months=months_since(pl.col("acquired_on").filter(controller).max(), as_of),
        hold_industry_years=industry.filter(controller).max(),
        hold_other_firms=pl.col("other_firms").filter(controller | head).max().cast(pl.Float64),
        hold_other_revoked=pl.col("other_firms_revoked").filter(controller | head).max().cast(pl.Float64),
        hold_shared_contacts=pl.col("shared_contacts").max().cast(pl.Float64),
        hold_head_controls=pl.when(both).then(heads.is_in(controllers.implode()).any()).cast(pl.Float64),
        hold_nominee=(~tied).filter(head).min().cast(pl.Float64),
    )


def _related(rows: pl.LazyFrame) -> pl.LazyFrame:
    return rows.group_by("firm_id").agg(
        hold_related=number_of("name", pl.lit(True)),
        hold_related_bad=any_of(pl.col("bad_loan")),
    )


def _circles(rows: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    running = rows.filter(still("ends_on", as_of)).with_columns(pl.col("guarantor", "debtor").fill_null(ITSELF))
    edge = pl.struct("guarantor", "debtor", overdue=pl.col("debtor_overdue").fill_null(False))
    given = running.group_by("firm_id").agg(
        hold_guaranteed_related=sum_of("amount_fen", (pl.col("guarantor") == ITSELF) & pl.col("related")), edges=edge
    )
    schema: dict[str, Any] = {**given.collect_schema(), "hold_circle": pl.Float64, "hold_bad_distance": pl.Float64}
    del schema["edges"]
    return given.map_batches(lambda frame: pl.DataFrame([_ring(row) for row in frame.iter_rows(named=True)], schema=schema), schema=schema)


def _ring(row: dict[str, Any]) -> dict[str, Any]:
    edges = row.pop("edges")
    overdue = {edge["debtor"] for edge in edges if edge["overdue"]}
    found = circle([(edge["guarantor"], edge["debtor"]) for edge in edges], overdue)
    return {**row, "hold_circle": float(found.size), "hold_bad_distance": FAR if found.bad_distance is None else float(found.bad_distance)}


def _events(rows: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    invested = pl.col("kind") == "external_investment"
    return rows.group_by("firm_id").agg(
        hold_freeze_stands=any_of((pl.col("kind") == "freeze") & still("ended_on", as_of)),
        hold_invested=sum_of("amount_fen", invested),
        hold_invested_12m=sum_of("amount_fen", invested & within("happened_on", as_of, 12)),
    )


def _m(name: str) -> nw.Expr:
    return nw.col(f"hold_{name}")


def _told(name: str) -> nw.Expr:
    return told("hold_known", f"hold_{name}")


_FROZEN = nw.max_horizontal(_told("frozen"), _told("freeze_stands"))

VARIABLES = (
    Variable("owner_share_top1", "ratio", "n", "newest", _m("top1")),
    Variable("owner_share_hhi", "0-1", "n", "newest", _m("squares")),
    Variable("controller_share_effective", "ratio", "n", "newest", _m("controller_share"), personal=True),
    Variable("controller_shares_held_months", "months", "+", "newest", _m("months"), personal=True),
    Variable("controller_industry_years", "years", "+", "newest", _m("industry_years"), personal=True),
    Variable("controller_other_firms_cnt", "n", "n", "newest", _m("other_firms"), personal=True),
    Variable("controller_other_firms_revoked_cnt", "n", "-", "newest", _m("other_revoked"), personal=True),
    Variable(
        "controller_share_change_12m",
        "pp",
        "n",
        "newest/12 months ago",
        (_m("controller_share") - _m("controller_share_before")) * 100,
        personal=True,
    ),
    Variable("shareholder_change_cnt_24m", "n", "-", "24m", told("reg_known", "reg_shareholder_changes_24m")),
    Variable("equity_pledge_ratio", "ratio", "-", "newest", _m("pledged")),
    Variable("equity_frozen_flag", "0/1", "-", "now", _FROZEN),
    Variable("family_ownership_flag", "0/1", "n", "newest", _m("family"), personal=True),
    Variable("related_party_cnt", "n", "n", "newest", _m("related")),
    Variable("related_guarantee_amt", "CNY", "-", "now", yuan(_told("guaranteed_related"))),
    Variable("guarantee_circle_size", "n", "-", "now", nw.when(_m("known") == 1).then(_m("circle").fill_null(1.0))),
    Variable("guarantee_circle_bad_distance", "hops", "+", "now", nw.when(_m("known") == 1).then(_m("bad_distance").fill_null(FAR))),
    Variable("shared_contact_cnt", "n", "-", "newest", _m("shared_contacts"), personal=True),
    Variable("ownership_layers", "n", "-", "newest", _m("layers")),
    Variable("beneficial_owner_known_flag", "0/1", "V", "newest", _m("owners_known"), personal=True),
    Variable("legalrep_is_controller_flag", "0/1", "+", "newest", _m("head_controls"), personal=True),
    Variable("nominee_suspect_flag", "0/1", "-", "newest", _m("nominee"), personal=True),
)

LEFT_OUT: tuple[LeftOut, ...] = (
    LeftOut("controller_age_at_maturity", "C02", "needs the maturity of a loan; the rule of the product asks it, and no score may"),
    LeftOut("related_tx_share_12m", "C02", "needs the partners of invoices to be matched to related parties by identity"),
)
