"""Invoices that are planted among those of true trade: circles, reversals after a report, and their honest twins.

A circle sells the same value on from firm to firm within days, so that each of three has bought what it sold. Its twin are two firms
that work for each other: one weaves, the other sews, at prices that have nothing to do with each other. Before a report a firm writes
large invoices in the last days of a quarter and reverses them in full in the month after; its twin cancels one large order in mid-quarter.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from puhui.county.economy import Economy
from puhui.county.papers.plants import Plants
from puhui.county.trade import OUTSIDE

CIRCLE_MONTHS = (2, 9)
CIRCLE_SHARE = (0.12, 0.6)  # of a month's sales, what is sent around
REPORT_SHARE = (0.15, 0.7)  # of a quarter's mean month, what is written before the report
PROCESSED_MONTHS = 10
PROCESSED_SHARE = 0.3  # of the sales, what workshops outside get for their work
COLUMNS = ("seller", "buyer", "issued_on", "amount_fen", "tax_fen", "total_fen", "status")


def with_planted(economy: Economy, invoices: pl.DataFrame, plants: Plants, seed: int, until: int) -> pl.DataFrame:
    """The invoices of `trade.invoices` and the planted ones, numbered on; plants lie in the year before month `until` (an index)."""
    generator = np.random.default_rng(seed + 12)
    rows = [
        *_circles(generator, economy, plants, until),
        *_mutual(generator, economy, plants, until),
        *_before_reports(generator, economy, plants, until),
        *_cancelled(generator, economy, plants, until),
        *_processed(generator, economy, plants, until),
    ]
    if not rows:
        return invoices
    planted = pl.DataFrame(rows).select(COLUMNS).cast({name: invoices.schema[name] for name in COLUMNS})
    first = invoices.height + 1_000_000
    number = pl.format("{}992{}", pl.col("issued_on").dt.strftime("%y"), (pl.int_range(pl.len()) + first).cast(pl.String).str.zfill(15))
    planted = planted.sort("issued_on", "seller", "buyer", "amount_fen").with_columns(number.alias("invoice_number"))
    return pl.concat([invoices, planted.select(invoices.columns)]).sort("issued_on", "seller", "buyer", "total_fen")


def _row(economy: Economy, seller: int, buyer: int, day: date, amount_yuan: float, status: str = "normal") -> dict[str, Any]:
    amount = round(amount_yuan * 100)
    firm = seller if seller < OUTSIDE else buyer
    tax = round(amount * economy.firms[firm].industry.tax_rate)
    return dict(zip(COLUMNS, (seller, buyer, day, amount, tax, amount + tax, status), strict=True))


def _circles(generator: np.random.Generator, economy: Economy, plants: Plants, until: int) -> Iterator[dict[str, Any]]:
    for ring in plants.rings:
        lasts = int(generator.integers(*CIRCLE_MONTHS))
        begins = int(generator.integers(max(until - 12, 0), max(until - lasts, 1)))
        for month in range(begins, min(begins + lasts, until)):
            value = float(np.mean([economy.sales_yuan[firm, month] for firm in ring]) * generator.uniform(*CIRCLE_SHARE))
            for _ in range(int(generator.integers(1, 3))):
                day = economy.month(month) + timedelta(days=int(generator.integers(2, 18)))
                part = value * generator.uniform(0.6, 1.0)
                for seller, buyer in zip(ring, (*ring[1:], ring[0]), strict=True):
                    yield _row(economy, seller, buyer, day, part * generator.uniform(0.97, 1.03))
                    day += timedelta(days=int(generator.integers(0, 8)))


def _mutual(generator: np.random.Generator, economy: Economy, plants: Plants, until: int) -> Iterator[dict[str, Any]]:
    firms = plants.carriers("mutual_trade")
    for one, other in zip(firms[::2], firms[1::2], strict=False):
        for month in range(max(until - 18, 0), until):
            for seller, buyer, share in ((one, other, 0.25), (other, one, 0.12)):
                for _ in range(int(generator.integers(1, 4))):
                    day = economy.month(month) + timedelta(days=int(generator.integers(0, 28)))
                    yield _row(economy, seller, buyer, day, economy.sales_yuan[seller, month] * share * generator.lognormal(0, 0.5) / 2)


def _processed(generator: np.random.Generator, economy: Economy, plants: Plants, until: int) -> Iterator[dict[str, Any]]:
    """What firms that have work done outside pay the workshops that do it."""
    for firm in plants.carriers("outsourced_output"):
        workshops = OUTSIDE + generator.integers(0, 40_000, 3)
        for month in range(max(until - PROCESSED_MONTHS, 0), until):
            for workshop in workshops:
                day = economy.month(month) + timedelta(days=int(generator.integers(0, 28)))
                share = PROCESSED_SHARE * float(generator.uniform(0.8, 1.2)) / len(workshops)
                yield _row(economy, int(workshop), firm, day, float(economy.sales_yuan[firm, month]) * share)


def _before_reports(generator: np.random.Generator, economy: Economy, plants: Plants, until: int) -> Iterator[dict[str, Any]]:
    for firm in plants.carriers("void_after_report"):
        for month in range(max(until - 12, 0), until - 1):
            first = economy.month(month)
            if first.month % 3 or generator.random() < 0.2:
                continue
            value = economy.sales_yuan[firm, month] * generator.uniform(*REPORT_SHARE)
            after = economy.month(month + 1)
            for part in generator.dirichlet(np.ones(int(generator.integers(2, 5)))) * value:
                buyer = OUTSIDE + int(generator.integers(0, 40_000))
                written = after - timedelta(days=int(generator.integers(1, 5)))
                yield _row(economy, firm, buyer, written, part)
                yield _row(economy, firm, buyer, after + timedelta(days=int(generator.integers(3, 40))), -part, "red")


def _cancelled(generator: np.random.Generator, economy: Economy, plants: Plants, until: int) -> Iterator[dict[str, Any]]:
    for firm in plants.carriers("cancelled_order"):
        month = int(generator.integers(max(until - 10, 0), until - 2))
        month -= economy.month(month).month % 3 == 0  # not at the end of a quarter
        value = economy.sales_yuan[firm, month] * generator.uniform(0.25, 0.5)
        buyer = OUTSIDE + int(generator.integers(0, 40_000))
        written = economy.month(month) + timedelta(days=int(generator.integers(3, 16)))
        yield _row(economy, firm, buyer, written, value)
        yield _row(economy, firm, buyer, written + timedelta(days=int(generator.integers(20, 45))), -value, "red")
