"""Where the made-up firms sell and what they burn: public contracts, shops on platforms, parcels, orders of core firms, carbon.

Retailers and garment makers keep a shop on a platform, and send a parcel for nearly each order; builders and printers win contracts of
public buyers; factories are graded by their carbon.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

import numpy as np
import polars as pl

from puhui.county.economy import CountyFirm, Economy
from puhui.county.papers.plants import FACTORIES
from puhui.county.papers.registers import Rows
from puhui.county.papers.tax import last_day

ONLINE = ("5211", "1819", "0311")
PUBLIC = ("4899", "2319", "5165")
SHOP_DAYS = 400


def market_frames(economy: Economy, until: int, seed: int) -> dict[str, pl.DataFrame]:
    """Records of classes C14, C17 and C18 before month `until`."""
    generator = np.random.default_rng(seed + 91)
    stated_on = economy.month(until) - timedelta(days=1)
    rows: Rows = defaultdict(list)
    for firm in economy.firms:
        if firm.industry.code in PUBLIC and firm.number % 2:
            _contracts(generator, rows, economy, firm, until, stated_on)
        if firm.industry.code in ONLINE and firm.number % 3:
            _shop(generator, rows, economy, firm, until, stated_on)
        if firm.industry.code in FACTORIES:
            _carbon(generator, rows, economy, firm, until, stated_on)
    return {record: pl.DataFrame(each, infer_schema_length=None) for record, each in rows.items()}


def _contracts(generator: np.random.Generator, rows: Rows, economy: Economy, firm: CountyFirm, until: int, stated_on: date) -> None:
    for number in range(1 + int(generator.poisson(2))):
        awarded_on = stated_on - timedelta(days=int(generator.integers(30, 800)))
        amount = round(float(economy.sales_yuan[firm.number, :until].mean() * generator.uniform(0.5, 3)), -3) * 100
        name, buyer = (
            f"YX{awarded_on.year}{firm.number:04d}{number}",
            str(generator.choice(["云溪县教育局", "云溪县住建局", "云溪县人民医院"])),
        )
        rows["procurement_award"].append(
            {
                "firm": firm.number,
                "notice": f"N{name}",
                "awarded_on": awarded_on,
                "buyer": buyer,
                "amount_fen": round(amount),
                "status": "active",
            }
        )
        signed_on = awarded_on + timedelta(days=12)
        rows["procurement_contract"].append(
            {
                "firm": firm.number, "contract": name, "award": f"N{name}", "signed_on": signed_on, "buyer": buyer, "buyer_fiscal_tier": 3,
                "amount_fen": round(amount), "first_amount_fen": round(amount),
                "starts_on": signed_on, "ends_on": signed_on + timedelta(days=180),
                "last_payment_due_on": signed_on + timedelta(days=240), "status": "active", "assigned": False, "account_locked": True,
            }
        )  # fmt: skip
        for days, share in ((60, 0.3), (150, 0.4), (260, 0.3)):
            due_on = signed_on + timedelta(days=days)
            paid_on = due_on + timedelta(days=int(generator.integers(-5, 40)))
            if paid_on <= stated_on:
                rows["contract_payment"].append(
                    {
                        "firm": firm.number, "contract": name, "paid_on": paid_on, "amount_fen": round(amount * share), "due_on": due_on,
                        "buyer": buyer,
                    }
                )  # fmt: skip


def _shop(generator: np.random.Generator, rows: Rows, economy: Economy, firm: CountyFirm, until: int, stated_on: date) -> None:
    shop, ticket = f"S{firm.number:06d}", float(generator.uniform(60, 260))
    rows["shop"].append(
        {
            "firm": firm.number, "platform": "yunmart", "shop": shop, "stated_on": stated_on,
            "opened_on": max(firm.founded_on, date(2018, 3, 1)),
            "rating": round(float(generator.uniform(4.3, 4.95)), 2), "balance_fen": int(generator.integers(1, 90)) * 100_000,
        }
    )  # fmt: skip
    parcels: dict[date, int] = defaultdict(int)
    for back in range(SHOP_DAYS):
        day = stated_on - timedelta(days=back)
        month = (day.year - economy.first_month.year) * 12 + day.month - economy.first_month.month
        if month < 0:
            break
        orders = int(generator.poisson(float(economy.sales_yuan[firm.number, month]) * 0.3 / 30 / ticket))
        gmv = round(orders * ticket * 100)
        rows["platform_day"].append(
            {
                "firm": firm.number, "platform": "yunmart", "shop": shop, "day": day, "gmv_fen": gmv, "cancelled_fen": round(gmv * 0.02),
                "refund_fen": round(gmv * 0.04), "orders": orders, "disputes": int(generator.random() < 0.03), "buyers": orders,
                "repeat_buyers": int(orders * 0.3), "active_skus": 40, "ad_cost_fen": round(gmv * 0.05), "suspect_orders": 0,
                "settled_fen": round(gmv * 0.93), "settle_days": 7.0,
            }
        )  # fmt: skip
        parcels[day.replace(day=1)] += orders
    for first, sent in parcels.items():
        if last_day(first) <= stated_on:
            share = float(generator.uniform(0.9, 1.05))
            rows["parcel_month"].append(
                {
                    "firm": firm.number,
                    "carrier": "云溪快递",
                    "month": first,
                    "parcels": round(sent * share),
                    "freight_fen": round(sent * 450),
                }
            )


def _carbon(generator: np.random.Generator, rows: Rows, economy: Economy, firm: CountyFirm, until: int, stated_on: date) -> None:
    intensity = float(generator.lognormal(0, 0.3))
    rows["carbon_grade"].append(
        {
            "firm": firm.number, "graded_on": stated_on.replace(month=6, day=30), "benchmark_t": 120.0,
            "grade": "deep_green" if intensity < 0.75 else "light_green" if intensity < 1.0 else "yellow" if intensity < 1.5 else "red",
        }
    )  # fmt: skip
    for month in range(max(until - 24, 0), until):
        sales = float(economy.sales_yuan[firm.number, month])
        power = sales * 0.08 * intensity
        common = {"firm": firm.number, "month": economy.month(month)}
        rows["emission_month"].append({**common, "carbon_t": round(power * 0.00057, 3), "exceedances": int(generator.random() < 0.01)})
        rows["energy_month"].append(
            {
                **common,
                "standard_coal_t": round(power * 0.000123, 3),
                "power_kwh": round(power, 1),
                "green_power_kwh": round(power * 0.1, 1),
            }
        )
