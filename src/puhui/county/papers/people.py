"""Who works for the made-up firms: social insurance, wage tax and housing fund, month by month, as totals.

Staff follows sales, slowly: a firm hires when the last year grew and loses people in trouble. Wage tax counts who was paid, social
insurance who was insured; they differ by pensioners who still work and by people from an agency, who are insured elsewhere. Invented staff
is paid on paper and insured nowhere; its wages come back.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from puhui.county.economy import CountyFirm, Economy
from puhui.county.papers.plants import Plants
from puhui.county.papers.tax import last_day

Integers = NDArray[np.int64]
WAGE_YUAN = 4_600.0
LEAST_BASE_YUAN = 3_600.0
INSURANCE_RATE = 0.3  # of the base, firm and staff together


def heads(economy: Economy, seed: int) -> Integers:
    """People at work by firm and month, from the second month on after the sales of the year before."""
    generator = np.random.default_rng(seed + 31)
    start = np.array([firm.staff_count for firm in economy.firms], dtype=np.float64)
    smooth = np.cumsum(economy.sales_yuan, axis=1)
    smooth[:, 12:] = smooth[:, 12:] - smooth[:, :-12].copy()
    length = np.minimum(np.arange(economy.months) + 1, 12)
    level = smooth / length / economy.sales_yuan[:, :12].mean(axis=1)[:, None]
    wanted = start[:, None] * np.clip(level, 0.3, 2.5) ** 0.6 * generator.normal(1, 0.02, level.shape)
    counted: Integers = np.maximum(np.round(wanted), 1).astype(np.int64)
    return counted


def people_frames(economy: Economy, plants: Plants, until: int, seed: int) -> dict[str, pl.DataFrame]:
    """social_insurance_month, wage_tax_month, housing_fund_month of the months before `until`."""
    generator = np.random.default_rng(seed + 32)
    working = heads(economy, seed)
    insured: list[dict[str, Any]] = []
    paid: list[dict[str, Any]] = []
    housed: list[dict[str, Any]] = []
    for firm in economy.firms:
        wage = WAGE_YUAN * float(generator.lognormal(0, 0.18))
        minimum_base = generator.random() < 0.4  # many small firms insure at the least base
        elsewhere = _elsewhere(generator, plants.of.get(firm.number, ""))
        with_fund = not firm.individual and generator.random() < 0.55
        for month in range(until):
            at_work = int(working[firm.number, month])
            before = int(working[firm.number, month - 1]) if month else at_work
            retired, agency, invented = (round(at_work * share) for share in elsewhere(month, until))
            base = LEAST_BASE_YUAN if minimum_base else wage
            insured.append(_insured(generator, economy, firm, month, at_work, before, base))
            paid.append(_paid(generator, economy, firm, month, at_work, (retired, agency, invented), wage))
            if with_fund:
                housed.append(_housed(generator, economy, firm, month, at_work, before, base))
    return {
        "social_insurance_month": pl.DataFrame(insured), "wage_tax_month": pl.DataFrame(paid), "housing_fund_month": pl.DataFrame(housed),
    }  # fmt: skip


def _elsewhere(generator: np.random.Generator, planted: str) -> Any:
    """A function of the month: people paid and not insured here, as shares of those at work: pensioners, agency, invented."""
    retired, agency = float(generator.uniform(0, 0.08)), float(generator.choice([0.0, 0.0, 0.1]))
    invented, begins = 0.0, int(generator.integers(9, 15))
    if planted == "pensioners_and_agency":
        retired, agency = float(generator.uniform(0.2, 0.4)), float(generator.uniform(0.4, 0.8))
    if planted == "invented_staff":
        invented = float(generator.uniform(0.5, 1.8))
    return lambda month, until: (retired, agency, invented if month >= until - begins else 0.0)


def _insured(
    generator: np.random.Generator, economy: Economy, firm: CountyFirm, month: int, at_work: int, before: int, base: float
) -> dict[str, Any]:
    own = 0 if firm.individual and generator.random() < 0.1 else at_work
    due = round(own * base * INSURANCE_RATE * 100)
    unpaid = generator.random() < 0.35 * float(economy.strain[firm.number, month])
    churn = int(generator.poisson(0.03 * at_work))
    joiners, leavers = max(at_work - before, 0) + churn, max(before - at_work, 0) + churn
    return {
        "firm": firm.number, "month": economy.month(month), "pension_heads": own, "base_fen": round(own * base * 100),
        "least_base_fen": round(LEAST_BASE_YUAN * 100), "due_fen": due,
        "paid_fen": 0 if unpaid else due, "joiners": joiners, "leavers": leavers, "deferred": False,
        "graduate_hires": int(generator.binomial(joiners, 0.12)), "key_group_hires": int(generator.binomial(joiners, 0.15)),
    }  # fmt: skip


def _paid(
    generator: np.random.Generator, economy: Economy, firm: CountyFirm, month: int, at_work: int, others: tuple[int, int, int], wage: float
) -> dict[str, Any]:
    retired, agency, invented = others
    told = float(generator.uniform(0.7, 1.0))  # not everybody fills in the form to the end
    first = economy.month(month)
    season = 1.6 if first.month == 1 else 1.0  # the thirteenth wage before the Spring Festival
    count = at_work + retired + agency + invented
    wages = count * wage * season * float(generator.normal(1, 0.03))
    late = int(generator.integers(8, 25)) if generator.random() < 0.4 * float(economy.strain[firm.number, month]) else 0
    pay_day: date = last_day(first) + timedelta(days=10 + late)
    return {
        "firm": firm.number, "month": first, "heads": count, "wages_fen": round(wages * 100), "tax_fen": round(wages * 0.004 * 100),
        "retired_heads": round(retired * told), "dispatched_heads": round(agency * told), "paid_on": pay_day,
    }  # fmt: skip


def _housed(
    generator: np.random.Generator, economy: Economy, firm: CountyFirm, month: int, at_work: int, before: int, base: float
) -> dict[str, Any]:
    missed = generator.random() < 0.4 * float(economy.strain[firm.number, month])
    covered = max(round(at_work * 0.8), 1)
    return {
        "firm": firm.number, "month": economy.month(month), "heads": covered, "base_fen": round(covered * base * 100),
        "deposit_fen": 0 if missed else round(covered * base * 0.10 * 100), "opened": max(at_work - before, 0),
        "sealed": max(before - at_work, 0),
    }  # fmt: skip
