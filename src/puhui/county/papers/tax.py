"""What the tax office has of the made-up firms: monthly and yearly returns, grades, arrears, filings.

A return follows the invoices as they stood when the month was reported: an invoice reversed a month later was declared first and taken
back later. Shops declare more than they invoice, since their customers ask for none. A firm in trouble files late and owes.
"""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from puhui.county.economy import CountyFirm, Economy, Floats
from puhui.county.papers.plants import is_exporter

TAX_REGISTER_BEGINS = date(1994, 1, 1)
SMALL_SCALE_RATE = 0.01
FILED_BY_DAY = 15
UNINVOICED_SHARE = {"5111": 0.12, "5211": 0.5, "6210": 0.45, "8111": 0.2}  # by industry: retail, meals and repairs


def last_day(month: date) -> date:
    return month.replace(day=calendar.monthrange(month.year, month.month)[1])


def net_sales_yuan(economy: Economy, invoices: pl.DataFrame) -> Floats:
    """What each firm invoiced net of tax by month of issue, voids left out; yuan[firm, month]."""
    return _by_month(economy, invoices, "seller")


def net_purchases_yuan(economy: Economy, invoices: pl.DataFrame) -> Floats:
    return _by_month(economy, invoices, "buyer")


def _by_month(economy: Economy, invoices: pl.DataFrame, side: str) -> Floats:
    rows = invoices.filter((pl.col(side) < len(economy.firms)) & (pl.col("status") != "void"))
    months = (rows["issued_on"].dt.year() - economy.first_month.year) * 12 + rows["issued_on"].dt.month() - economy.first_month.month
    total = np.zeros((len(economy.firms), economy.months))
    inside = (months < economy.months).to_numpy()
    np.add.at(total, (rows[side].to_numpy()[inside], months.to_numpy()[inside]), rows["amount_fen"].to_numpy()[inside] / 100)
    return total


def declared_yuan(economy: Economy, invoices: pl.DataFrame, seed: int) -> Floats:
    """Sales declared by month: what was invoiced, and what shops sold without an invoice."""
    generator = np.random.default_rng(seed + 21)
    share = np.array([UNINVOICED_SHARE.get(firm.industry.code, 0.01) for firm in economy.firms])
    invoiced = np.maximum(net_sales_yuan(economy, invoices), 0)
    declared: Floats = invoiced * (1 + share[:, None] * generator.uniform(0.7, 1.3, invoiced.shape))
    return declared


def tax_frames(economy: Economy, invoices: pl.DataFrame, exports: Floats, until: int, seed: int) -> dict[str, pl.DataFrame]:
    """tax_return, tax_grade, tax_arrear, tax_filing of the months before `until`; column `firm` is the firm's number."""
    generator = np.random.default_rng(seed + 22)
    declared, bought = declared_yuan(economy, invoices, seed), net_purchases_yuan(economy, invoices)
    returns: list[dict[str, Any]] = []
    filings: list[dict[str, Any]] = []
    arrears: list[dict[str, Any]] = []
    for firm in economy.firms:
        for month in range(until):
            amounts = (float(frame[firm.number, month]) for frame in (declared, bought, exports))
            vat, late = _vat(generator, economy, firm, month, *amounts)
            returns.append(vat)
            filings.append(_filing(firm, vat, late))
            if late > 20:
                arrears.append(_arrear(generator, firm, vat, late))
        returns += _yearly(generator, economy, firm, declared[firm.number], until)
    return {
        "tax_return": pl.DataFrame(returns),
        "tax_filing": pl.DataFrame(filings),
        "tax_arrear": pl.DataFrame(arrears),
        "tax_grade": _grades(generator, economy, until),
        "tax_standing": _standing(economy, until),
    }


def _vat(
    generator: np.random.Generator, economy: Economy, firm: CountyFirm, month: int, sales: float, bought: float, exports: float
) -> tuple[dict[str, Any], int]:
    """A month's return on value added tax, and how many days late it was filed and paid."""
    first = economy.month(month)
    rate = firm.industry.tax_rate if not firm.individual else SMALL_SCALE_RATE
    export = min(exports, sales)
    due = max((sales - export) * rate - (0.0 if firm.individual else min(bought, sales) * rate * 0.97), 0.0)
    relief = due * 0.5 if firm.individual else 0.0
    strain = float(economy.strain[firm.number, month])
    late = int(generator.integers(5, 60)) if generator.random() < 0.01 + 0.5 * strain else 0
    end = last_day(first)
    filed = end + timedelta(days=int(generator.integers(3, FILED_BY_DAY)) + late)
    return {
        "firm": firm.number, "tax": "vat", "return_kind": "regular", "payer_kind": payer_kind(firm),
        "period_start": first, "period_end": end,
        "sales_fen": round(sales * 100), "taxable_sales_fen": round((sales - export) * 100), "export_sales_fen": round(export * 100),
        "exempt_sales_fen": 0, "due_fen": round((due - relief) * 100), "paid_fen": round((due - relief) * 100) if late < 40 else 0,
        "relief_fen": round(relief * 100), "refund_fen": round(export * 0.13 * 0.8 * 100), "profit_fen": None, "filed_on": filed,
    }, late  # fmt: skip


def _filing(firm: CountyFirm, vat: dict[str, Any], late: int) -> dict[str, Any]:
    due_on = vat["period_end"] + timedelta(days=FILED_BY_DAY)
    return {
        "firm": firm.number, "tax": "vat", "period_end": vat["period_end"], "due_on": due_on, "filed_on": vat["filed_on"],
        "late_fee_fen": round(vat["due_fen"] * 0.0005 * late),
    }  # fmt: skip


def _arrear(generator: np.random.Generator, firm: CountyFirm, vat: dict[str, Any], late: int) -> dict[str, Any]:
    due_on = vat["period_end"] + timedelta(days=FILED_BY_DAY)
    return {
        "firm": firm.number, "tax": "vat", "period_end": vat["period_end"], "arisen_on": due_on, "amount_fen": vat["due_fen"],
        "cleared_on": due_on + timedelta(days=late) if late < 40 else None,
    }  # fmt: skip


def _yearly(generator: np.random.Generator, economy: Economy, firm: CountyFirm, declared: Floats, until: int) -> list[dict[str, Any]]:
    """The yearly return on profit, filed by the end of May for each whole year."""
    rows = []
    for year in range(economy.first_month.year, economy.month(until - 1).year + 1):
        months = [index for index in range(until) if economy.month(index).year == year]
        if len(months) < 12 or (year + 1, 6) > (economy.month(until - 1).year, economy.month(until - 1).month + 1):
            continue
        sales = float(declared[months].sum())
        profit = sales * firm.margin * 0.4 + float(economy.cash_yuan[firm.number, months].sum()) * 0.6
        tax = max(profit, 0.0) * 0.05
        rows.append({
            "firm": firm.number, "tax": "cit", "return_kind": "annual", "payer_kind": payer_kind(firm), "period_start": date(year, 1, 1),
            "period_end": date(year, 12, 31),
            "sales_fen": round(sales * 100), "taxable_sales_fen": None, "export_sales_fen": None, "exempt_sales_fen": None,
            "due_fen": round(tax * 100), "paid_fen": round(tax * 100), "relief_fen": round(max(profit, 0.0) * 0.2 * 100), "refund_fen": 0,
            "profit_fen": round(profit * 100), "filed_on": date(year + 1, 5, int(generator.integers(5, 31))),
        })  # fmt: skip
    return rows


def _grades(generator: np.random.Generator, economy: Economy, until: int) -> pl.DataFrame:
    """The yearly grade: A, B or M for those who file in time, C and D for those who do not."""
    rows = []
    for firm in economy.firms:
        for year in range(economy.first_month.year, economy.month(until - 1).year):
            months = [index for index in range(until) if economy.month(index).year == year]
            points = 97 - 40 * float(economy.strain[firm.number, months].mean()) + float(generator.normal(-4, 4))
            age = (date(year, 12, 31) - firm.founded_on).days
            grade = "M" if age < 365 else "A" if points >= 90 else "B" if points >= 70 else "C" if points >= 40 else "D"
            rows.append({"firm": firm.number, "year": year, "grade": grade, "published_on": date(year + 1, 4, 20)})
    return pl.DataFrame(rows)


def payer_kind(firm: CountyFirm) -> str:
    return "small_scale" if firm.individual else "general"


def _standing(economy: Economy, until: int) -> pl.DataFrame:
    """What the register of taxpayers says on the day before month `until`."""
    stated_on = economy.month(until) - timedelta(days=1)
    return pl.DataFrame(
        [
            {
                "firm": firm.number, "stated_on": stated_on,
                "registered_on": max(firm.founded_on + timedelta(days=20), TAX_REGISTER_BEGINS),
                "payer_kind": payer_kind(firm), "status": "normal", "inspection_open": False,
            }
            for firm in economy.firms
        ]
    )  # fmt: skip


def exports_yuan(economy: Economy, invoices: pl.DataFrame, seed: int) -> Floats:
    """True exports by month: a part of what exporters sell."""
    generator = np.random.default_rng(seed + 23)
    sales = np.maximum(net_sales_yuan(economy, invoices), 0)
    share = np.array([generator.uniform(0.25, 0.7) if is_exporter(firm) else 0.0 for firm in economy.firms])
    exports: Floats = sales * share[:, None] * generator.uniform(0.85, 1.15, sales.shape).clip(0, 1)
    return exports
