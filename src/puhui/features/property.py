"""What a firm and its owner have, and who else has a claim on it (class C12): titles, leases, vehicles, the register of movables.

What the owner has is personal and read only by written consent (征信业管理条例 art. 14). Each title, vehicle and entry is taken from the
newest row that speaks of it. Where the field's list leaves something open:

    owner_prop_*            homes of the controller and the spouse; the net value takes off what is still owed, never below zero for a home
    firm_prop_value, _mortgaged_ratio  titles of the firm: appraised value, and the debts secured on them by that value
    premises_owned_flag     a title of firm or controller that is used as premises; 0 where titles or a lease are told, and none is
    lease_months_left       of the lease that runs longest among those that run
    land_right_months_left  of the firm's titles, the one that ends first
    movable_reg_*           entries as debtor that are neither cancelled nor past their term, whose last day counts
    ar_assign_reg_dup_flag  one underlying receivable named in two entries that stand (compared without blanks and case)
    floating_charge_flag, finance_lease_active_amt, factoring_active_flag  entries of that kind that stand
    reg_new_6m_cnt          entries of six months, whether they still stand or not
"""

from __future__ import annotations

from collections.abc import Mapping

import narwhals as nw
import polars as pl

from puhui.features.formulas import ratio, yuan
from puhui.features.registers import any_of, beside, how_many, known_firms, months_until, number_of, still, sum_of, told, valid, within
from puhui.features.variable import LeftOut, Variable
from puhui.features.windows import AsOf

__all__ = ["DEFINED_BY", "EVIDENCE_CLASS", "LEFT_OUT", "RECORDS", "VARIABLES", "measures"]

EVIDENCE_CLASS = "C12"
RECORDS = ("property_title", "premises_lease", "movable_registration", "registered_vehicle", "registry_search")
DEFINED_BY = ("registers.py",)

RECEIVABLES = ("receivable_pledge", "receivable_assignment", "factoring")
REGISTER = ("movable_registration", "registry_search")


def measures(frames: Mapping[str, pl.LazyFrame], as_of: AsOf) -> pl.LazyFrame:
    """One row per firm; amounts in fen."""
    vehicles = frames["registered_vehicle"].group_by("firm_id").agg(prop_vehicles=pl.col("value_fen").sum().cast(pl.Float64))
    return beside(
        known_firms(frames, RECORDS, "prop_known"),
        known_firms(frames, REGISTER, "prop_searched"),
        _titles(frames["property_title"], as_of),
        _leases(frames["premises_lease"], as_of),
        _entries(frames["movable_registration"], as_of),
        vehicles,
    )


def _titles(rows: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    firm, owner = pl.col("owner") == "firm", pl.col("owner").is_in(["controller", "spouse"])
    home = owner & (pl.col("kind") == "home")
    net = (pl.col("value_fen") - pl.col("loan_balance_fen").fill_null(0)).clip(lower_bound=0)
    rows = rows.with_columns(net=net, land_left=months_until(pl.col("land_until"), as_of))
    valued = firm & pl.col("value_fen").is_not_null()
    return rows.group_by("firm_id").agg(
        prop_owner_told=any_of(owner),
        prop_owner_local=any_of((pl.col("owner") == "controller") & (pl.col("kind") == "home") & pl.col("local")),
        prop_owner_homes=how_many(home),
        prop_owner_net=sum_of("net", home),
        prop_firm_told=any_of(firm),
        prop_firm_value=sum_of("value_fen", firm),
        prop_firm_secured=sum_of("secured_fen", valued),
        prop_sealed=any_of(pl.col("sealed")),
        prop_premises=any_of(pl.col("owner").is_in(["firm", "controller"]) & pl.col("premises")),
        prop_land_left=pl.col("land_left").filter(firm).min(),
    )


def _leases(rows: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    runs = valid("ends_on", as_of) & still("ended_on", as_of) & (pl.col("starts_on").is_null() | (pl.col("starts_on") <= as_of.day))
    rows = rows.with_columns(left=months_until(pl.col("ends_on"), as_of))
    return rows.group_by("firm_id").agg(prop_leased=how_many(pl.lit(True)), prop_lease_left=pl.col("left").filter(runs).max())


def _entries(rows: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    stands = still("cancelled_on", as_of) & valid("expires_on", as_of)
    debtor, kind = pl.col("role") == "debtor", pl.col("kind")
    underlying = pl.col("receivable").str.to_lowercase().str.replace_all(r"\s", "")
    rows = rows.filter(debtor).with_columns(stands=stands, assigned=kind.is_in(RECEIVABLES), underlying=underlying)
    named = pl.col("underlying").filter(pl.col("stands") & pl.col("assigned") & (pl.col("underlying") != "").fill_null(False))
    active = pl.col("stands")
    return rows.group_by("firm_id").agg(
        prop_entries=how_many(active),
        prop_secured=sum_of("amount_fen", active),
        prop_floating=any_of(active & (kind == "floating")),
        prop_receivables=sum_of("amount_fen", active & pl.col("assigned")),
        prop_twice=(named.len() > named.n_unique()).cast(pl.Float64),
        prop_finance_lease=sum_of("amount_fen", active & (kind == "finance_lease")),
        prop_factoring=any_of(active & (kind == "factoring")),
        prop_secured_parties=number_of("secured_party", active),
        prop_new_6m=how_many(within("registered_on", as_of, 6)),
    )


def _m(name: str) -> nw.Expr:
    return nw.col(f"prop_{name}")


def _entered(name: str) -> nw.Expr:
    return told("prop_searched", f"prop_{name}")


def _owned(name: str) -> nw.Expr:
    return nw.when(_m("owner_told") == 1).then(_m(name))


_SEATED = (_m("leased").fill_null(0.0) > 0) | (_m("firm_told") == 1) | (_m("owner_told") == 1)

VARIABLES = (
    Variable("owner_prop_local_flag", "0/1", "+", "newest", _owned("owner_local"), personal=True),
    Variable("owner_prop_cnt", "n", "+", "newest", _owned("owner_homes"), personal=True),
    Variable("owner_prop_net_value", "CNY", "+", "newest", yuan(_owned("owner_net")), personal=True),
    Variable("firm_prop_value", "CNY", "+", "newest", yuan(nw.when(_m("firm_told") == 1).then(_m("firm_value")))),
    Variable("firm_prop_mortgaged_ratio", "ratio", "-", "newest", ratio(_m("firm_secured"), _m("firm_value"))),
    Variable("prop_sealed_flag", "0/1", "-", "newest", _m("sealed")),
    Variable("premises_owned_flag", "0/1", "+", "newest", nw.when(_SEATED).then(_m("premises").fill_null(0.0))),
    Variable("lease_months_left", "months", "+", "now", _m("lease_left")),
    Variable("land_right_months_left", "months", "+", "now", _m("land_left")),
    Variable("movable_reg_active_cnt", "n", "-", "now", _entered("entries")),
    Variable("movable_reg_secured_amt", "CNY", "-", "now", yuan(_entered("secured"))),
    Variable("floating_charge_flag", "0/1", "-", "now", _entered("floating")),
    Variable("ar_assign_reg_active_amt", "CNY", "-", "now", yuan(_entered("receivables"))),
    Variable("ar_assign_reg_dup_flag", "0/1", "V", "now", _entered("twice")),
    Variable("finance_lease_active_amt", "CNY", "-", "now", yuan(_entered("finance_lease"))),
    Variable("factoring_active_flag", "0/1", "n", "now", _entered("factoring")),
    Variable("reg_secured_party_cnt", "n", "-", "now", _entered("secured_parties")),
    Variable("reg_new_6m_cnt", "n", "-", "6m", _entered("new_6m")),
    Variable("vehicle_ship_value", "CNY", "+", "newest", yuan(_m("vehicles"))),
)

LEFT_OUT: tuple[LeftOut, ...] = (
    LeftOut("lease_covers_loan_flag", "C12", "needs the maturity of a loan; lease_months_left says the other half"),
    LeftOut("collateral_ltv", "C12", "needs the collateral that an application offers, and the rank of every claim on it"),
)
