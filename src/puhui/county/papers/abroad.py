"""What customs and the exchange office have of the made-up exporters: declarations, receipts from abroad, standing.

A buyer abroad pays some weeks or months after the goods have left. Invented exports are declared and never paid. Their twin sells on long
terms: the money comes, half a year later.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from puhui.county.economy import CountyFirm, Economy, Floats
from puhui.county.papers.plants import Plants, is_exporter

YUAN_PER_DOLLAR = 7.0
COUNTRIES = ("USA", "JPN", "DEU", "VNM", "IDN", "MEX", "NGA")
PLANTED_MONTHS = 14


def declared_exports_yuan(economy: Economy, true: Floats, plants: Plants, until: int) -> Floats:
    """What is declared: the true exports, and at some firms as much again that never left."""
    declared = true.copy()
    for firm in plants.carriers("invented_exports"):
        declared[firm, max(until - PLANTED_MONTHS, 0) : until] *= 2.2
    return declared


def abroad_frames(economy: Economy, true: Floats, plants: Plants, until: int, seed: int) -> dict[str, pl.DataFrame]:
    """customs_declaration, foreign_receipt and customs_standing before month `until`."""
    generator = np.random.default_rng(seed + 61)
    declared = declared_exports_yuan(economy, true, plants, until)
    end = economy.month(until)
    declarations: list[dict[str, Any]] = []
    receipts: list[dict[str, Any]] = []
    standing: list[dict[str, Any]] = []
    for firm in filter(is_exporter, economy.firms):
        weights = generator.dirichlet(np.full(len(COUNTRIES), 0.4))
        waits = (150, 240) if plants.of.get(firm.number) == "long_payment_terms" else (20, 90)
        for month in range(until):
            for part, real in ((true[firm.number, month], True), (declared[firm.number, month] - true[firm.number, month], False)):
                if part < 10_000:
                    continue
                country = str(generator.choice(COUNTRIES, p=weights))
                row = _declaration(generator, economy, firm, month, float(part), country, len(declarations))
                declarations.append(row)
                paid_on: date = row["cleared_on"] + timedelta(days=int(generator.integers(*waits)))
                if real and paid_on < end:
                    receipts.append(_receipt(firm, row, paid_on, float(generator.uniform(0.96, 1.0))))
        standing.append({"firm": firm.number, "grade": "registered", "granted_on": firm.founded_on + timedelta(days=200)})
    return {
        "customs_declaration": pl.DataFrame(declarations),
        "foreign_receipt": pl.DataFrame(receipts),
        "customs_standing": pl.DataFrame(standing),
    }


def _declaration(
    generator: np.random.Generator, economy: Economy, firm: CountyFirm, month: int, yuan: float, country: str, number: int
) -> dict[str, Any]:
    cleared = economy.month(month) + timedelta(days=int(generator.integers(2, 28)))
    return {
        "firm": firm.number,
        "declaration": f"2233{cleared:%Y}0{number:09d}",
        "side": "export",
        "cleared_on": cleared,
        "value_usd": round(yuan / YUAN_PER_DOLLAR, 2),
        "value_fen": round(yuan * 100),
        "refund_rate": 0.13,
        "country": country,
        "currency": "USD",
        "buyer": f"{country} BUYER {number % 7 + 1}",
    }


def _receipt(firm: CountyFirm, declaration: dict[str, Any], paid_on: date, share: float) -> dict[str, Any]:
    return {
        "firm": firm.number,
        "reference": f"R{declaration['declaration']}",
        "received_on": paid_on,
        "value_usd": round(declaration["value_usd"] * share, 2),
        "country": declaration["country"],
        "currency": "USD",
        "payer": declaration["buyer"],
    }
