"""Meters of the made-up firms: daily electricity of the factories, monthly bills of all.

A factory's power follows what it makes, with a base that runs on Sundays too; so a month's kilowatt-hours follow its sales. Where output
is invented, sales grow and the meter does not. Its twin has work done outside: its meter does not grow either, and its purchases do.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from puhui.county.economy import CountyFirm, Economy, Floats
from puhui.county.papers.plants import FACTORIES, Plants
from puhui.county.papers.tax import last_day, net_sales_yuan

KWH_OF_YUAN = {"1353": 0.05, "1751": 0.14, "1819": 0.035, "2319": 0.07, "3311": 0.08, "3489": 0.09, "3985": 0.12}
ELSEWHERE_KWH_OF_YUAN = 0.012
PRICE_YUAN = 0.72
INVENTED_SHARE = (0.5, 0.8)
PLANTED_MONTHS = 10


def invented_share(economy: Economy, plants: Plants, until: int, seed: int) -> Floats:
    """By firm and month, which part of its sales was not made on its own machines (invented, or made outside)."""
    generator = np.random.default_rng(seed + 41)
    share = np.zeros((len(economy.firms), economy.months))
    for kind in ("invented_output", "outsourced_output"):
        for firm in plants.carriers(kind):
            share[firm, max(until - PLANTED_MONTHS, 0) : until] = generator.uniform(*INVENTED_SHARE)
    return share


def power_frames(economy: Economy, invoices: pl.DataFrame, plants: Plants, until: int, seed: int) -> dict[str, pl.DataFrame]:
    """electricity_day (factories, the last 24 months) and utility_bill (all firms) before month `until`."""
    generator = np.random.default_rng(seed + 42)
    sales = np.maximum(net_sales_yuan(economy, invoices), 0)
    made = sales * (1 - invented_share(economy, plants, until, seed))
    days: list[pl.DataFrame] = []
    bills: list[dict[str, Any]] = []
    for firm in economy.firms:
        rate = KWH_OF_YUAN.get(firm.industry.code, ELSEWHERE_KWH_OF_YUAN) * float(generator.lognormal(0, 0.25))
        kwh = (0.12 * made[firm.number, :12].mean() + 0.88 * made[firm.number]) * rate * generator.normal(1, 0.04, economy.months)
        kwh = np.maximum(kwh, 20.0)
        if firm.industry.code in FACTORIES:
            days.append(_days(generator, economy, firm, kwh, until))
        bills += _bills(generator, economy, firm, kwh, until)
    return {"electricity_day": pl.concat(days) if days else pl.DataFrame(), "utility_bill": pl.DataFrame(bills)}


def _days(generator: np.random.Generator, economy: Economy, firm: CountyFirm, kwh: Floats, until: int) -> pl.DataFrame:
    dates: list[date] = []
    used: list[float] = []
    for month in range(max(until - 24, 0), until):
        first = economy.month(month)
        count = last_day(first).day
        weekday = (first.weekday() + np.arange(count)) % 7
        weight = np.where(weekday == 6, 0.35, 1.0) * generator.normal(1, 0.06, count).clip(0.5)
        dates += [first + timedelta(days=day) for day in range(count)]
        used += (kwh[month] * weight / weight.sum()).round(2).tolist()
    return pl.DataFrame({"firm": np.full(len(dates), firm.number), "meter": f"E{firm.number:06d}", "day": dates, "kwh": used})


def _bills(generator: np.random.Generator, economy: Economy, firm: CountyFirm, kwh: Floats, until: int) -> list[dict[str, Any]]:
    factory = firm.industry.code in FACTORIES
    night = float(generator.uniform(0.05, 0.3)) if factory else 0.05
    capacity = float(np.ceil(kwh[:until].max() / 250 / 50) * 50)
    rows = []
    for month in range(until):
        first = economy.month(month)
        late = int(generator.integers(3, 60)) if generator.random() < 0.02 + 0.5 * float(economy.strain[firm.number, month]) else 0
        due_on = last_day(first) + timedelta(days=20)
        common = {
            "firm": firm.number,
            "account_holder": firm.name,
            "month": first,
            "due_on": due_on,
            "paid_on": due_on + timedelta(days=late or -3),
        }
        used = float(kwh[month])
        rows.append({
            **common, "utility": "electricity", "quantity": round(used, 1), "peak": round(used * 0.4, 1), "night": round(used * night, 1),
            "amount_fen": round(used * PRICE_YUAN * 100), "capacity_kva": capacity, "demand_kva": round(used / 250 * 1.1, 1),
        })  # fmt: skip
        water = round(used * 0.01 + firm.staff_count * 2.5, 1)
        rows.append({
            **common, "utility": "water", "quantity": water, "peak": None, "night": None, "amount_fen": round(water * 4.1 * 100),
            "capacity_kva": None, "demand_kva": None,
        })  # fmt: skip
    return rows
