"""Yearly statements of the made-up companies, as they show them to the bank.

They follow the returns: revenue is what was declared, within a little, and both sides of the balance are equal. Who keeps two sets of books
shows the bank more than the tax office; the twin's auditor moved some revenue between years, and says so.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import polars as pl

from puhui.county.economy import CountyFirm, Economy
from puhui.county.papers.plants import Plants

MORE_FOR_THE_BANK = (1.2, 1.7)
MOVED_BY_THE_AUDITOR = (0.93, 1.07)


def book_frames(economy: Economy, plants: Plants, returns: pl.DataFrame, seed: int) -> dict[str, pl.DataFrame]:
    """statement_line of each year of which a yearly return was filed; `returns` are tax_return rows."""
    generator = np.random.default_rng(seed + 101)
    yearly = returns.filter(pl.col("tax") == "cit").select("firm", "period_end", "sales_fen", "profit_fen", "due_fen")
    rows: list[dict[str, Any]] = []
    for number, end, sales, profit, tax in yearly.sort("firm", "period_end").iter_rows():
        firm = economy.firms[number]
        if firm.individual or not sales:
            continue
        kind = plants.of.get(number, "")
        share = float(generator.uniform(0.985, 1.015))
        if kind == "two_sets_of_books":
            share *= float(generator.uniform(*MORE_FOR_THE_BANK))
        if kind == "adjusted_by_auditor":
            share *= float(generator.uniform(*MOVED_BY_THE_AUDITOR))
        version = "audited" if kind == "adjusted_by_auditor" else "bank"
        rows += _year(generator, firm, end, round(sales * share), round(profit + sales * (share - 1) * firm.margin), tax, version)
    return {"statement_line": pl.DataFrame(rows)} if rows else {}


def _year(
    generator: np.random.Generator, firm: CountyFirm, end: date, revenue: int, profit: int, tax: int, version: str
) -> list[dict[str, Any]]:
    """One year's income statement and the balance sheet at its end, fen."""
    cost = round(revenue * (1 - firm.margin))
    income = {
        "revenue": revenue,
        "cost": cost,
        "operating_profit": profit,
        "total_profit": profit,
        "income_tax": tax,
        "net_profit": profit - tax,
    }
    shares = {"cash": 0.05, "accounts_receivable": 0.13, "prepayments": 0.01, "other_receivables": 0.02, "stock": 0.11}
    current = {line: round(revenue * share * float(generator.lognormal(0, 0.2))) for line, share in shares.items()}
    current_assets, fixed = sum(current.values()), round(revenue * 0.15)
    assets = current_assets + fixed
    short, payable = round(assets * 0.2), round(revenue * 0.08)
    liabilities = short + payable
    balance = {
        **current, "current_assets": current_assets, "noncurrent_assets": fixed, "assets": assets, "short_loans": short,
        "accounts_payable": payable, "current_liabilities": liabilities, "liabilities": liabilities, "equity": assets - liabilities,
        "retained_earnings": round((assets - liabilities) * 0.4),
    }  # fmt: skip
    common = {"firm": firm.number, "period_end": end, "version": version, "copy": 1}
    rows = [
        {**common, "statement": "income", "period_start": date(end.year, 1, 1), "line": line, "value_fen": value}
        for line, value in income.items()
    ]
    return rows + [
        {**common, "statement": "balance", "period_start": None, "line": line, "value_fen": value} for line, value in balance.items()
    ]
