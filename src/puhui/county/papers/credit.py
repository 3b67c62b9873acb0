"""Debts elsewhere, as the credit bureau reports them on the made-up firms and their owners, and what the lender's own people saw.

A firm in trouble is past due elsewhere too, and asks many lenders. The owner's own report is a paper of the person's, with own consent.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from puhui.county.economy import CountyFirm, Economy, month_after
from puhui.county.papers.registers import Rows

LENDERS = ("邻县农村商业银行", "省城商业银行", "大行云溪支行", "云溪小额贷款有限公司")


def credit_frames(economy: Economy, until: int, seed: int) -> dict[str, pl.DataFrame]:
    """Records of classes C16 and S2 of the day before month `until`."""
    generator = np.random.default_rng(seed + 81)
    stated_on = economy.month(until) - timedelta(days=1)
    rows: Rows = defaultdict(list)
    for firm in economy.firms:
        _reported(generator, rows, economy, firm, until, stated_on)
        _owner(generator, rows, economy, firm, until, stated_on)
        if generator.random() < 0.5:
            _visited(generator, rows, economy, firm, until, stated_on)
    return {record: pl.DataFrame(each, infer_schema_length=None) for record, each in rows.items()}


def _reported(generator: np.random.Generator, rows: Rows, economy: Economy, firm: CountyFirm, until: int, stated_on: date) -> None:
    strain = float(economy.strain[firm.number, until - 1])
    loans = int(generator.choice([0, 1, 1, 2, 3]))
    rows["credit_report"].append(
        {
            "firm": firm.number, "reported_on": stated_on, "report_number": f"E{stated_on:%Y%m%d}{firm.number:06d}",
            "loans_ever": loans + int(generator.poisson(2)), "first_credit_year": max(firm.founded_on.year + 1, 2008),
        }
    )  # fmt: skip
    line = round(float(economy.sales_yuan[firm.number, :12].sum()) * 0.12, -4) + 50_000
    late = strain > 0.5 and generator.random() < 0.5
    for number in range(loans):
        opened_on = stated_on - timedelta(days=int(generator.integers(30, 350)))
        balance = line * float(generator.uniform(0.4, 1.0))
        rows["credit_account"].append(
            {
                "firm": firm.number, "account": f"A{firm.number:06d}{number}", "reported_on": stated_on,
                "lender": LENDERS[(firm.number + number) % len(LENDERS)],
                "lender_kind": "micro_lender" if (firm.number + number) % len(LENDERS) == 3 else "bank", "kind": "loan", "term": "short",
                "security": str(generator.choice(["credit", "guarantee", "mortgage"])), "opened_on": opened_on,
                "due_on": opened_on + timedelta(days=365), "line_fen": round(line * 100), "balance_fen": round(balance * 100),
                "overdue_fen": round(balance * 10) if late else 0, "five_class": "mention" if late else "normal",
                "instalment_fen": round(balance * 0.004 * 100),
            }
        )  # fmt: skip
    for back in range(24):
        month = month_after(economy.first_month, until - 1 - back) if until > back else None
        if month and loans:
            past = float(economy.strain[firm.number, until - 1 - back]) > 0.6 and late
            rows["credit_month"].append(
                {
                    "firm": firm.number, "month": month, "line_fen": round(line * loans * 100), "balance_fen": round(line * loans * 70),
                    "overdue_fen": round(line * 5) if past else 0, "overdue_days": 15 if past else 0,
                }
            )  # fmt: skip
    for _ in range(int(generator.poisson(0.6 + 3 * strain))):
        queried_on = stated_on - timedelta(days=int(generator.integers(1, 180)))
        rows["credit_query"].append(
            {
                "firm": firm.number,
                "queried_on": queried_on,
                "lender": str(generator.choice(LENDERS)),
                "reason": "loan_approval",
                "whose": "firm",
            }
        )


def _owner(generator: np.random.Generator, rows: Rows, economy: Economy, firm: CountyFirm, until: int, stated_on: date) -> None:
    strain = float(economy.strain[firm.number, until - 1])
    rows["owner_credit_report"].append(
        {
            "firm": firm.number, "reported_on": stated_on, "report_number": f"P{stated_on:%Y%m%d}{firm.number:06d}",
            "first_account_on": date(2012, 5, 1), "income_month_fen": int(generator.integers(8, 40)) * 100_000,
        }
    )  # fmt: skip
    limit = int(generator.integers(2, 12)) * 1_000_000
    used = float(np.clip(generator.uniform(0.05, 0.5) + 0.6 * strain, 0, 1))
    rows["owner_credit_account"].append(
        {
            "firm": firm.number, "account": f"C{firm.number:06d}", "reported_on": stated_on, "lender": LENDERS[2], "lender_kind": "bank",
            "kind": "card", "limit_fen": limit, "balance_fen": round(limit * used), "used_six_months_fen": round(limit * used * 0.9),
            "overdue_fen": 0, "five_class": "normal", "opened_on": date(2015, 3, 1),
        }
    )  # fmt: skip
    for back in range(min(24, until)):
        status = int(generator.random() < 0.4 * float(economy.strain[firm.number, until - 1 - back]))
        rows["owner_credit_month"].append({"firm": firm.number, "month": economy.month(until - 1 - back), "worst_status": status})


def _visited(generator: np.random.Generator, rows: Rows, economy: Economy, firm: CountyFirm, until: int, stated_on: date) -> None:
    sales = float(economy.sales_yuan[firm.number, max(until - 12, 0) : until].sum())
    visited_on = stated_on - timedelta(days=int(generator.integers(3, 120)))
    machines = max(firm.staff_count // 2, 1)
    assets = sales * float(generator.uniform(0.3, 0.7))
    debts = assets * float(generator.uniform(0.1, 0.5))
    initial, profits = (assets - debts) * 0.4, (assets - debts) * 0.75
    rows["site_visit"].append(
        {
            "firm": firm.number, "visited_on": visited_on, "machines_running": round(machines * float(generator.uniform(0.6, 1))),
            "machines_installed": machines, "staff_seen": round(firm.staff_count * float(generator.uniform(0.7, 1))),
            "staff_declared": firm.staff_count, "photo_near_address": True, "equity_initial_fen": round(initial * 100),
            "equity_profits_fen": round(profits * 100), "equity_drawn_fen": round((initial + profits - (assets - debts)) * 100),
            "assets_fen": round(assets * 100), "liabilities_fen": round(debts * float(generator.normal(1, 0.02)) * 100),
            "business_profit_month_fen": round(sales * firm.margin * 0.4 / 12 * 100), "family_spending_month_fen": 600_000,
        }
    )  # fmt: skip
    for method in ("flow", "purchase", "payroll", "electricity", "calendar"):
        estimate: dict[str, Any] = {"firm": firm.number, "estimated_on": visited_on, "method": method}
        rows["sales_estimate"].append({**estimate, "sales_fen": round(sales * float(generator.normal(1, 0.05)) * 100)})
    for number in range(3):
        note = {"firm": firm.number, "noted_on": visited_on, "informant": f"知情人{number + 1}", "independent": True}
        rows["informant_note"].append({**note, "score": float(generator.integers(60, 100))})
