"""What public buyers bought of a firm (class C14): awards, contracts, their payments, and what went wrong; verified private orders beside.

A contract stands as its newest row tells it; its first amount says what later amendments took away. Only payments that name the contract
are set against it. Windows over events hold the month still running, too. Amounts in the local currency only: an award, contract or payment
that names another one is left out of sums. Where the field's list leaves something open:

    gp_award_*              awards that were won: neither cancelled nor lost; those still pending are not won yet
    gp_contract_open_amt    contracts in force: pending, or active, or without a word and not past their end, and not broken off
    gp_contract_unpaid_amt  of those and of completed ones what is not paid yet, never below zero for a contract
    gp_contract_term_left_months  to the latest last payment day of the contracts with something unpaid (else to their end)
    gp_pay_delay_days_avg   payments of 36 months that tell when they were due, early ones below zero, each counting as one
    gp_buyer_hhi            over the awards of 24 months that were won, by amount
    gp_buyer_fiscal_tier    weighted by contract amount, over contracts of 36 months that tell it
    gp_win_rate_24m         won / (won + lost): null unless lost bids are told as well, for a register of awards alone would say 1
    gp_dispute_cnt_36m      complaints and terminations told as events, and contracts broken off (by their day of signing)
    gp_amended_down_amt     over contracts in force
    gp_performed_cnt        contracts accepted or completed as planned
    gp_industry_match_flag  1 where any contract in force is told to fit, 0 where all that tell it do not
    gp_assigned_before_flag, gp_collect_account_locked_flag  of contracts in force: any assigned; all locked
    private_order_unpaid_amt  orders marked as private, in the same way
"""

from __future__ import annotations

from collections.abc import Mapping

import narwhals as nw
import polars as pl

from puhui.features.formulas import ratio, yuan
from puhui.features.registers import beside, how_many, known_firms, months_until, sum_of, told, within
from puhui.features.variable import LeftOut, Variable
from puhui.features.windows import AsOf

__all__ = ["DEFINED_BY", "EVIDENCE_CLASS", "LEFT_OUT", "RECORDS", "VARIABLES", "measures"]

EVIDENCE_CLASS = "C14"
RECORDS = ("procurement_award", "procurement_contract", "contract_payment", "procurement_event")
DEFINED_BY = ("registers.py",)

CURRENCY = "CNY"


def measures(frames: Mapping[str, pl.LazyFrame], as_of: AsOf) -> pl.LazyFrame:
    """One row per firm; amounts in fen."""
    payments = _local(frames["contract_payment"])
    return beside(
        known_firms(frames, RECORDS, "gp_known"),
        _awards(_local(frames["procurement_award"]), as_of),
        _contracts(_local(frames["procurement_contract"]), payments, as_of),
        _payments(payments, as_of),
        _events(frames["procurement_event"], as_of),
    )


def _local(rows: pl.LazyFrame) -> pl.LazyFrame:
    return rows.filter(pl.col("currency").fill_null(CURRENCY).str.to_uppercase() == CURRENCY)


def _awards(rows: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    recent = rows.filter(within("awarded_on", as_of, 24))
    won, lost = pl.col("status").fill_null("active") == "active", pl.col("status") == "unsuccessful"
    by_buyer = (
        recent.filter(won).group_by("firm_id", "buyer").agg(bought=pl.col("amount_fen").sum().cast(pl.Float64)).sort("firm_id", "buyer")
    )
    buyers = by_buyer.group_by("firm_id").agg(gp_buyer_squares=(pl.col("bought") ** 2).sum(), gp_bought=pl.col("bought").sum())
    counts = recent.group_by("firm_id").agg(gp_won=how_many(won), gp_lost=how_many(lost), gp_won_fen=sum_of("amount_fen", won))
    return counts.join(buyers, on="firm_id", how="left")


def _contracts(rows: pl.LazyFrame, payments: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    """Each contract with what was paid on it, summed up by firm."""
    named = payments.filter(pl.col("contract").is_not_null())
    paid = named.group_by("firm_id", "contract").agg(paid=pl.col("amount_fen").sum())
    status, amount = pl.col("status"), pl.col("amount_fen")
    ended = (pl.col("ends_on") < as_of.day).fill_null(False)
    in_force = pl.when(status.is_null()).then(~ended).otherwise(status.is_in(["active", "pending"]))
    rows = rows.join(paid, on=["firm_id", "contract"], how="left").with_columns(
        in_force=in_force,
        private=pl.col("private").fill_null(False),
        unpaid=pl.when(status.fill_null("") != "terminated").then((amount - pl.col("paid").fill_null(0)).clip(lower_bound=0)),
        left=months_until(pl.coalesce("last_payment_due_on", "ends_on"), as_of),
        cut=(pl.col("first_amount_fen") - amount).clip(lower_bound=0),
        tiered=pl.when(pl.col("buyer_fiscal_tier").is_not_null() & within("signed_on", as_of, 36)).then(amount),
        weighted=amount * pl.col("buyer_fiscal_tier"),
    )
    public, runs = ~pl.col("private"), pl.col("in_force") & ~pl.col("private")
    return rows.group_by("firm_id").agg(
        gp_open=sum_of("amount_fen", runs),
        gp_unpaid=sum_of("unpaid", public),
        gp_months_left=pl.col("left").filter(public & (pl.col("unpaid") > 0) & (pl.col("left") >= 0)).max(),
        gp_tier_weight=sum_of("tiered", public),
        gp_tier_sum=sum_of("weighted", public & pl.col("tiered").is_not_null()),
        gp_broken=how_many(public & (status == "terminated") & within("signed_on", as_of, 36)),
        gp_cut=sum_of("cut", runs),
        gp_performed=how_many(public & ((pl.col("accepted_on") <= as_of.day).fill_null(False) | (status == "completed"))),
        gp_fits=pl.col("fits_industry").filter(runs).max().cast(pl.Float64),
        gp_assigned=pl.col("assigned").filter(runs).max().cast(pl.Float64),
        gp_locked=pl.col("account_locked").filter(runs).min().cast(pl.Float64),
        gp_private_unpaid=sum_of("unpaid", pl.col("private")),
    )


def _payments(rows: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    late = (pl.col("paid_on") - pl.col("due_on")).dt.total_days()
    dated = within("paid_on", as_of, 36) & pl.col("due_on").is_not_null()
    return rows.with_columns(late=late).group_by("firm_id").agg(
        gp_delay=pl.col("late").filter(dated).mean(),
        gp_dated=how_many(dated),
        gp_on_time=how_many(dated & (pl.col("late") <= 0)),
    )  # fmt: skip


def _events(rows: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    recent = within("happened_on", as_of, 36)
    return rows.group_by("firm_id").agg(
        gp_disputes=how_many(recent & pl.col("kind").is_in(["complaint", "termination"])),
        gp_bonds=how_many(recent & (pl.col("kind") == "bond_forfeited")),
    )


def _m(name: str) -> nw.Expr:
    return nw.col(f"gp_{name}")


def _told(name: str) -> nw.Expr:
    return told("gp_known", f"gp_{name}")


VARIABLES = (
    Variable("gp_award_cnt_24m", "n", "+", "24m", _told("won")),
    Variable("gp_award_amt_24m", "CNY", "+", "24m", yuan(_told("won_fen"))),
    Variable("gp_contract_open_amt", "CNY", "+", "now", yuan(_told("open"))),
    Variable("gp_contract_unpaid_amt", "CNY", "+", "now", yuan(_told("unpaid"))),
    Variable("gp_contract_term_left_months", "months", "n", "now", _m("months_left"), declared_bounds=(None, None)),
    Variable("gp_pay_delay_days_avg", "days", "-", "36m", _m("delay"), declared_bounds=(None, None)),
    Variable("gp_pay_on_time_ratio", "ratio", "+", "36m", ratio(_m("on_time"), _m("dated"))),
    Variable("gp_buyer_hhi", "0-1", "n", "24m", ratio(_m("buyer_squares"), _m("bought") * _m("bought"))),
    Variable("gp_buyer_fiscal_tier", "1-5", "+", "36m", ratio(_m("tier_sum"), _m("tier_weight"))),
    Variable("gp_win_rate_24m", "ratio", "+", "24m", nw.when(_m("lost") > 0).then(ratio(_m("won"), _m("won") + _m("lost")))),
    Variable("gp_dispute_cnt_36m", "n", "-", "36m", _told("disputes") + _told("broken")),
    Variable("gp_amended_down_amt", "CNY", "-", "now", yuan(_told("cut"))),
    Variable("gp_performed_cnt", "n", "+", "all", _told("performed")),
    Variable("gp_industry_match_flag", "0/1", "+", "now", _m("fits")),
    Variable("gp_assigned_before_flag", "0/1", "V", "now", _m("assigned")),
    Variable("gp_collect_account_locked_flag", "0/1", "P", "now", _m("locked")),
    Variable("bid_bond_forfeited_cnt_36m", "n", "-", "36m", _told("bonds")),
    Variable("private_order_unpaid_amt", "CNY", "+", "now", yuan(_told("private_unpaid"))),
)

LEFT_OUT: tuple[LeftOut, ...] = ()
