"""Yearly statements of the made-up companies, as they show them to the bank.

They follow the other papers: revenue is what was declared, within a little; buyers owe, and suppliers are owed, what was invoiced and
is paid later; taxes and wages due are those of the returns; short loans are those of the credit report; cash is no more than what is on
the account. Stock, what is paid or taken ahead and fixed assets go by the days and shares of the industry, and a firm in trouble sits on
its stock. What the owner lends stands under other payables, as it does at most small companies, and equity is what is left: about a third
of the assets, less where business is bad. So some need more for their business than their own money and their loans give
(`fs_wc_loan_gap`).

Who keeps two sets of books shows the bank more than the tax office; the twin's auditor moved some revenue between years, and says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from puhui.county.economy import CountyFirm, Economy, Floats
from puhui.county.papers.money import payments, unpaid_fen
from puhui.county.papers.plants import Plants

MORE_FOR_THE_BANK = (1.2, 1.7)
MOVED_BY_THE_AUDITOR = (0.93, 1.07)
CASH_SHARE, OTHER_RECEIVABLES_SHARE = 0.045, 0.015
"""Of a year's sales, at most firms."""
EQUITY_SHARE = 0.42
"""Of the assets, what an owner wants to have in capital; up to that he lends rather than puts in more."""
LEAST_OF_OWN = 0.5
"""Of that share, what is there at least: who has borrowed more than stock and buyers take has put it into buildings and machines."""


@dataclass(frozen=True)
class Told:
    """What other papers say of firms at the ends of their years: (firm, day) → fen."""

    receivable: Mapping[tuple[int, date], int]
    payable: Mapping[tuple[int, date], int]
    taxes: Mapping[tuple[int, date], int]
    wages: Mapping[tuple[int, date], int]
    on_account: Mapping[tuple[int, date], int]  # only for days of which the account is kept
    loans: Mapping[int, int]  # firm → fen, as the credit report has them


def book_frames(
    economy: Economy, plants: Plants, invoices: pl.DataFrame, frames: Mapping[str, pl.DataFrame], seed: int
) -> dict[str, pl.DataFrame]:
    """statement_line of each year of which a yearly return was filed; `frames`: the papers of taxes, wages, accounts and credit."""
    generator = np.random.default_rng(seed + 101)
    yearly = frames["tax_return"].filter(pl.col("tax") == "cit").select("firm", "period_end", "sales_fen", "profit_fen", "due_fen")
    told = _told(economy, invoices, frames, sorted(set(yearly["period_end"])), seed)
    habits = {firm.number: _habits(generator) for firm in economy.firms}
    rows: list[dict[str, Any]] = []
    for number, end, sales, profit, tax in yearly.sort("firm", "period_end").iter_rows():
        firm = economy.firms[number]
        if firm.individual or not sales:
            continue
        kind = plants.of.get(number, "")
        shown = _share_shown(generator, kind)
        income = _income(firm, round(sales * shown), round(profit + sales * (shown - 1) * firm.margin), tax)
        ways = habits[number] * _of_the_year(generator)
        balance = _balance(firm, end, income, told, ways, _strain(economy, number, end), shown)
        common = {"firm": number, "period_end": end, "version": "audited" if kind == "adjusted_by_auditor" else "bank", "copy": 1}
        rows += _lines(common, "income", date(end.year, 1, 1), income) + _lines(common, "balance", None, balance)
    return {"statement_line": pl.DataFrame(rows)} if rows else {}


def _share_shown(generator: np.random.Generator, kind: str) -> float:
    """Of the declared sales, what the company shows the bank."""
    share = float(generator.uniform(0.985, 1.015))
    if kind == "two_sets_of_books":
        share *= float(generator.uniform(*MORE_FOR_THE_BANK))
    if kind == "adjusted_by_auditor":
        share *= float(generator.uniform(*MOVED_BY_THE_AUDITOR))
    return share


def _income(firm: CountyFirm, revenue: int, profit: int, tax: int) -> dict[str, int]:
    """The income statement of a year, fen."""
    return {
        "revenue": revenue, "cost": round(revenue * (1 - firm.margin)), "operating_profit": profit, "total_profit": profit,
        "income_tax": tax, "net_profit": profit - tax,
    }  # fmt: skip


def _told(economy: Economy, invoices: pl.DataFrame, frames: Mapping[str, pl.DataFrame], ends: list[date], seed: int) -> Told:
    owed, owing = (unpaid_fen(payments(economy, invoices, own, seed), ends) for own in ("seller", "buyer"))
    taxes: dict[tuple[int, date], int] = {}
    wages: dict[tuple[int, date], int] = {}
    on_account: dict[tuple[int, date], int] = {}
    for end in ends:
        late = pl.col("period_end") <= end, pl.col("filed_on") > end, pl.col("tax") == "vat"
        taxes |= _by_firm(frames["tax_return"].filter(*late), "due_fen", end)
        wages |= _by_firm(frames["wage_tax_month"].filter(pl.col("month") <= end, pl.col("paid_on") > end), "wages_fen", end)
        kept = frames["account_flow"].filter(pl.col("booked_on") <= end)
        on_account |= {(firm, end): fen for firm, fen in kept.group_by("firm").agg(pl.col("balance_fen").last()).iter_rows()}
    accounts = frames.get("credit_account", pl.DataFrame({"firm": [], "balance_fen": []}))
    return Told(owed, owing, taxes, wages, on_account, dict(accounts.group_by("firm").agg(pl.col("balance_fen").sum()).iter_rows()))


def _by_firm(rows: pl.DataFrame, amount: str, end: date) -> dict[tuple[int, date], int]:
    return {(firm, end): fen for firm, fen in rows.group_by("firm").agg(pl.col(amount).sum()).iter_rows()}


def _habits(generator: np.random.Generator) -> Floats:
    """How a firm differs from its industry, year after year: cash, stock, paid ahead, taken ahead, fixed, lent by the owner, own."""
    return generator.lognormal(0, (0.4, 0.3, 0.3, 0.3, 0.3, 0.7, 0.25))


def _of_the_year(generator: np.random.Generator) -> Floats:
    return generator.lognormal(0, (0.2, 0.1, 0.1, 0.1, 0.04, 0.1, 0.03))


def _strain(economy: Economy, firm: int, end: date) -> float:
    """How much of a firm's business was lost on average of the year."""
    last = min((end.year - economy.first_month.year) * 12 + end.month - economy.first_month.month, economy.months - 1)
    return float(economy.strain[firm, max(last - 11, 0) : last + 1].mean())


def _balance(
    firm: CountyFirm, end: date, income: Mapping[str, int], told: Told, ways: Floats, strain: float, shown: float
) -> dict[str, int]:
    """The balance sheet at the end of a year, fen. `ways`: how the firm differs from its industry; `shown`: `_share_shown`."""
    at, books = (firm.number, end), firm.industry.books
    revenue, cost = income["revenue"], income["cost"]
    cash, stock, ahead, taken, fixed, owner, equity = (float(one) for one in ways)
    own = min(EQUITY_SHARE * equity, 0.8) * (1 - strain)
    current = {
        "cash": min(round(revenue * CASH_SHARE * cash), told.on_account.get(at, revenue)),
        "accounts_receivable": round(told.receivable.get(at, 0) * shown),
        "prepayments": round(cost * books["prepaid_days"] / 360 * ahead),
        "other_receivables": round(revenue * OTHER_RECEIVABLES_SHARE * ahead),
        "stock": round(cost * books["stock_days"] / 360 * stock * (1 + strain)),
    }
    current_assets, noncurrent = sum(current.values()), round(revenue * books["fixed_share"] * fixed * (1 + strain / 2))
    due = {
        "short_loans": told.loans.get(firm.number, 0),
        "accounts_payable": told.payable.get(at, 0),
        "advances": round(revenue * books["advance_days"] / 360 * taken),
        "wages_payable": told.wages.get(at, 0),
        "taxes_payable": told.taxes.get(at, 0) + income["income_tax"] // 4,
    }
    noncurrent = max(noncurrent, round(sum(due.values()) / (1 - LEAST_OF_OWN * own)) - current_assets)
    assets = current_assets + noncurrent
    lent = round(revenue * books["owner_share"] * owner * (1 + strain))
    due["other_payables"] = max(min(lent, round(assets * (1 - own)) - sum(due.values())), 0)
    liabilities = sum(due.values())
    return {
        **current, "current_assets": current_assets, "noncurrent_assets": noncurrent, "assets": assets, **due,
        "current_liabilities": liabilities, "liabilities": liabilities, "equity": assets - liabilities,
        "retained_earnings": round((assets - liabilities) * 0.4),
    }  # fmt: skip


def _lines(common: Mapping[str, Any], statement: str, start: date | None, values: Mapping[str, int]) -> list[dict[str, Any]]:
    return [{**common, "statement": statement, "period_start": start, "line": line, "value_fen": value} for line, value in values.items()]
