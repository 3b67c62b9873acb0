"""Bank accounts of the made-up firms: what buyers pay in, what goes out to suppliers, staff and the tax office, and the balance after each.

Buyers pay some weeks after the invoice, most with their names; suppliers are paid likewise. Round-tripping sends the same sum in and
out again within a day or two by way of a related firm, so that the account looks busy. Its twin moves idle money to a term deposit
and back with interest.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from puhui.county.economy import CountyFirm, Economy
from puhui.county.papers.plants import Plants
from puhui.county.trade import OUTSIDE

MONTHS_KEPT = 24
WITHOUT_NAME = 0.08
SCHEMA = {
    "firm": pl.Int64, "account": pl.String, "serial": pl.String, "booked_on": pl.Date, "direction": pl.String, "amount_fen": pl.Int64,
    "balance_fen": pl.Int64, "counterparty": pl.String, "counterparty_account": pl.String, "memo": pl.String, "channel": pl.String,
}  # fmt: skip


def money_frames(
    economy: Economy, invoices: pl.DataFrame, plants: Plants, people: dict[str, pl.DataFrame], returns: pl.DataFrame, until: int, seed: int
) -> dict[str, pl.DataFrame]:
    """account and account_flow of the last 24 months before month `until`."""
    since, end = economy.month(max(until - MONTHS_KEPT, 0)), economy.month(until)
    rows = pl.concat(
        [
            *(payments(economy, invoices, own, seed).drop("issued_on") for own in ("seller", "buyer")),
            _wages(people["wage_tax_month"]),
            _contributions(people["social_insurance_month"]),
            _taxes(returns),
            _planted(economy, plants, until, seed),
        ]
    ).filter(pl.col("booked_on") >= since, pl.col("booked_on") < end)
    flows = _with_balance(economy, rows)
    accounts = pl.DataFrame(
        [
            {"firm": firm.number, "account": account_of(firm.number), "bank": "邻县银行", "kind": "basic", "opened_on": firm.founded_on}
            for firm in economy.firms
        ]
    )
    return {"account": accounts, "account_flow": flows}


def account_of(firm: int) -> str:
    return f"62220{firm:010d}"


def payments(economy: Economy, invoices: pl.DataFrame, own: str, seed: int) -> pl.DataFrame:
    """What becomes of the firms' invoices (`own`: seller or buyer): columns firm, issued_on, booked_on and those of a flow.

    Each is paid 10 to 75 days after its date; reversed and void ones never.
    """
    other = "buyer" if own == "seller" else "seller"
    generator = np.random.default_rng(seed + (51 if own == "seller" else 52))
    reversed_pairs = invoices.filter(pl.col("status") == "red").select("seller", "buyer", amount_fen=-pl.col("amount_fen")).unique()
    rows = invoices.filter((pl.col(own) < OUTSIDE) & (pl.col("status") == "normal")).join(
        reversed_pairs, on=["seller", "buyer", "amount_fen"], how="anti"
    )
    names = {firm.number: firm.name for firm in economy.firms}
    wait = pl.Series(generator.integers(10, 75, rows.height))
    unnamed = pl.Series(generator.random(rows.height) < WITHOUT_NAME)
    partner = (
        pl.when(pl.col(other) < OUTSIDE)
        .then(pl.col(other).replace_strict(names, default=None, return_dtype=pl.String))
        .otherwise(pl.format("外地往来单位{}", pl.col(other) - OUTSIDE))
    )
    return rows.select(
        pl.col(own).cast(pl.Int64).alias("firm"),
        "issued_on",
        (pl.col("issued_on") + pl.duration(days=1) * wait).alias("booked_on"),
        pl.lit("in" if own == "seller" else "out").alias("direction"),
        pl.col("total_fen").alias("amount_fen"),
        pl.when(unnamed).then(None).otherwise(partner).alias("counterparty"),
        pl.format("6217{}", pl.col(other).cast(pl.String).str.zfill(10)).alias("counterparty_account"),
        pl.lit("货款").alias("memo"),
    )


def unpaid_fen(paid: pl.DataFrame, ends: Iterable[date]) -> dict[tuple[int, date], int]:
    """(firm, day) → what of its invoices was issued by the day and is paid later; `paid` as `payments` gives it."""
    found: dict[tuple[int, date], int] = {}
    for end in ends:
        open_then = paid.filter(pl.col("issued_on") <= end, pl.col("booked_on") > end).group_by("firm").agg(pl.col("amount_fen").sum())
        found |= {(firm, end): fen for firm, fen in open_then.iter_rows()}
    return found


def _wages(wages: pl.DataFrame) -> pl.DataFrame:
    return _plain(wages.filter(pl.col("wages_fen") > 0), "paid_on", "wages_fen", "代发工资专户", "代发工资")


def _contributions(insured: pl.DataFrame) -> pl.DataFrame:
    paid = insured.filter(pl.col("paid_fen") > 0).with_columns(booked_on=pl.col("month").dt.offset_by("1mo") + pl.duration(days=14))
    return _plain(paid, "booked_on", "paid_fen", "国家税务总局", "社会保险费")


def _taxes(returns: pl.DataFrame) -> pl.DataFrame:
    return _plain(returns.filter(pl.col("paid_fen") > 0), "filed_on", "paid_fen", "国家金库", "税款")


def _plain(rows: pl.DataFrame, day: str, amount: str, partner: str, memo: str) -> pl.DataFrame:
    return rows.select(
        pl.col("firm").cast(pl.Int64),
        pl.col(day).alias("booked_on"),
        pl.lit("out").alias("direction"),
        pl.col(amount).cast(pl.Int64).alias("amount_fen"),
        pl.lit(partner).alias("counterparty"),
        pl.lit(None, dtype=pl.String).alias("counterparty_account"),
        pl.lit(memo).alias("memo"),
    )


def _planted(economy: Economy, plants: Plants, until: int, seed: int) -> pl.DataFrame:
    generator = np.random.default_rng(seed + 53)
    rows: list[dict[str, Any]] = []
    for number in plants.carriers("round_tripping"):
        rows += _round_trips(generator, economy, economy.firms[number], until)
    for number in plants.carriers("term_deposits"):
        rows += _deposits(generator, economy, economy.firms[number], until)
    columns = ("firm", "booked_on", "direction", "amount_fen", "counterparty", "counterparty_account", "memo")
    return pl.DataFrame(rows, schema={name: SCHEMA[name] for name in columns})


def _round_trips(generator: np.random.Generator, economy: Economy, firm: CountyFirm, until: int) -> list[dict[str, Any]]:
    partner, account = f"{firm.owner_name}商贸行", f"6217{99_000_000 + firm.number:010d}"
    rows = []
    for month in range(max(until - 10, 0), until):
        for _ in range(int(generator.integers(0, 4))):
            day = economy.month(month) + timedelta(days=int(generator.integers(0, 26)))
            amount = round(float(economy.sales_yuan[firm.number, month] * generator.uniform(0.1, 0.4)) * 100)
            back = round(amount * float(generator.uniform(0.94, 1.0)))
            memo = str(generator.choice(["货款", "往来款"]))
            rows.append(_move(firm.number, day, "in", amount, partner, account, memo))
            rows.append(_move(firm.number, day + timedelta(days=int(generator.integers(0, 3))), "out", back, partner, account, memo))
    return rows


def _deposits(generator: np.random.Generator, economy: Economy, firm: CountyFirm, until: int) -> list[dict[str, Any]]:
    rows = []
    for month in range(max(until - 10, 0), until, 2):
        day = economy.month(month) + timedelta(days=int(generator.integers(0, 20)))
        amount = round(float(economy.sales_yuan[firm.number, month] * 0.3) / 10_000 + 1) * 1_000_000
        rows.append(_move(firm.number, day, "out", amount, "邻县银行", None, "转存定期"))
        interest = round(amount * 0.011 / 12)
        rows.append(_move(firm.number, day + timedelta(days=31), "in", amount + interest, "邻县银行", None, "定期到期本息"))
    return rows


def _move(firm: int, day: date, direction: str, amount_fen: int, partner: str, account: str | None, memo: str) -> dict[str, Any]:
    return {
        "firm": firm, "booked_on": day, "direction": direction, "amount_fen": amount_fen, "counterparty": partner,
        "counterparty_account": account, "memo": memo,
    }  # fmt: skip


def _with_balance(economy: Economy, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows in the order of the bank's book, each with the balance after it; the opening balance keeps the account above zero."""
    ordered = rows.sort("firm", "booked_on", "direction", "amount_fen", "counterparty", nulls_last=True)
    signed = pl.when(pl.col("direction") == "in").then(pl.col("amount_fen")).otherwise(-pl.col("amount_fen"))
    moved = ordered.with_columns(signed.cum_sum().over("firm").alias("moved"))
    opening = (-pl.col("moved").min().over("firm")).clip(lower_bound=0) + 1_000_000
    number = pl.int_range(pl.len()).over("firm")
    accounts = {firm.number: account_of(firm.number) for firm in economy.firms}
    return moved.with_columns(
        (pl.col("moved") + opening).alias("balance_fen"),
        pl.col("firm").replace_strict(accounts, return_dtype=pl.String).alias("account"),
        pl.format("{}{}", pl.col("booked_on").dt.strftime("%Y%m%d"), number.cast(pl.String).str.zfill(6)).alias("serial"),
        pl.lit("网银").alias("channel"),
    ).select(list(SCHEMA))
