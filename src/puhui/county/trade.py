"""The invoices of the made-up county: who sold what to whom on which day.

A firm sells to buyers inside the county, who need what its industry makes, and to buyers outside. A sale to a firm of the county is
that firm's purchase: one invoice, the same number, seen from both sides. What a firm buys beyond that comes from outside suppliers.
A firm in trouble loses buyers, voids more invoices and gives more back.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from puhui.county.economy import CountyFirm, Economy, Floats

Integers = NDArray[np.int64]
OUTSIDE = 1_000_000  # partners outside the county have numbers from here on
MOST_IN_A_MONTH = 45


@dataclass(frozen=True)
class Partners:
    """The partners of one firm: numbers, weights, and the months from which and until which they trade."""

    number: Integers
    weight: Floats
    start: Integers
    end: Integers


def invoices(economy: Economy, seed: int) -> pl.DataFrame:
    """All invoices, one row each.

    Columns: seller, buyer (numbers; below OUTSIDE they are firms of the county), invoice_number, issued_on, amount_fen, tax_fen,
    total_fen, status (normal, red, void).
    """
    generator = np.random.default_rng(seed + 1)
    sales = [
        _of_firm(generator, economy, firm, _buyers(generator, economy, firm), economy.sales_yuan[firm.number], firm.ticket_yuan)
        for firm in economy.firms
    ]
    sold = pl.concat(sales)
    bought_inside = _bought_inside(economy, sold)
    purchases = []
    for firm in economy.firms:
        wanted = economy.sales_yuan[firm.number] * (1 - firm.margin) * generator.lognormal(0, 0.12, economy.months)
        outside = np.maximum(wanted - bought_inside[firm.number], 0)
        suppliers = _outside_partners(generator, economy, firm, 4 + generator.poisson(8))
        bought = _of_firm(generator, economy, firm, suppliers, outside, firm.ticket_yuan * 1.6, voids=False)
        purchases.append(bought.rename({"seller": "buyer", "buyer": "seller"}))
    return _numbered(pl.concat([sold, *purchases], how="diagonal"))


def _buyers(generator: np.random.Generator, economy: Economy, firm: CountyFirm) -> Partners:
    """Buyers in the county, by what their industries buy, and buyers outside."""
    inside = [
        (other.number, other.industry.buys_from[firm.industry.code] * economy.sales_yuan[other.number].mean())
        for other in economy.firms
        if firm.industry.code in other.industry.buys_from and other.number != firm.number
    ]
    outside = _outside_partners(generator, economy, firm, 5 + generator.poisson(14))
    if not inside:
        return outside
    picked = generator.permutation(len(inside))[: 2 + generator.poisson(4)]
    weight = np.array([inside[index][1] for index in picked])
    local = _partners(generator, economy, firm, np.array([inside[index][0] for index in picked]), weight / weight.sum() * 0.4)
    return Partners(*(np.concatenate(pair) for pair in zip(_columns(local), _columns(outside), strict=True)))


def _columns(partners: Partners) -> tuple[NDArray[np.generic], ...]:
    return partners.number, partners.weight, partners.start, partners.end


def _outside_partners(generator: np.random.Generator, economy: Economy, firm: CountyFirm, count: int) -> Partners:
    turnover = 3 * count  # those who come later take the place of those who leave
    number = OUTSIDE + generator.integers(0, 40_000, turnover)
    weight = 1 / (1 + np.arange(turnover) % count) ** generator.uniform(0.6, 1.3)
    return _partners(generator, economy, firm, number, weight / weight.sum())


def _partners(generator: np.random.Generator, economy: Economy, firm: CountyFirm, number: Integers, weight: Floats) -> Partners:
    """Give each partner a time: a third are there from the start, others come over the years, each stays as long as loyalty holds."""
    count = len(number)
    start = np.where(generator.random(count) < 0.4, 0, generator.integers(0, economy.months, count))
    start[0] = 0
    stays = generator.geometric(1 - firm.loyalty, count) + 3
    end = np.minimum(start + stays, economy.months)
    end[0] = economy.months
    return Partners(number, weight * generator.lognormal(0, 0.4, count), start, end)


def _of_firm(
    generator: np.random.Generator,
    economy: Economy,
    firm: CountyFirm,
    partners: Partners,
    monthly_yuan: Floats,
    ticket_yuan: float,
    voids: bool = True,
) -> pl.DataFrame:
    """One firm's invoices to its partners, month by month adding up to `monthly_yuan`."""
    month = np.repeat(np.arange(economy.months), np.minimum(generator.poisson(monthly_yuan / ticket_yuan), MOST_IN_A_MONTH))
    count, strain = len(month), economy.strain[firm.number]
    ticket = generator.lognormal(0, 0.7, count)
    of_month = np.bincount(month, ticket, economy.months)
    amount = ticket / of_month[month] * monthly_yuan[month]
    red = generator.random(count) < 0.008 + 0.06 * strain[month]
    void = voids & ~red & (generator.random(count) < 0.025 + 0.10 * strain[month])
    columns = {
        "buyer": partners.number[_drawn(generator, _partner_weights(partners, strain), month)],
        "ordinal": _first_days(economy)[month] + _drawn(generator, _day_weights(economy), month),
        "amount": np.where(red, -0.6 * amount, amount),
        "status": np.where(red, 1, np.where(void, 2, 0)),
    }
    return _frame(firm, columns)


def _drawn(generator: np.random.Generator, weights: Floats, row: Integers) -> Integers:
    """One index per element of `row`, drawn by the weights of that row."""
    cumulative = np.cumsum(weights, axis=1)
    target = generator.random(len(row)) * cumulative[row, -1]
    return np.asarray((cumulative[row] <= target[:, None]).sum(axis=1), dtype=np.int64)


def _partner_weights(partners: Partners, strain: Floats) -> Floats:
    """By month: the weights of the partners who trade then. Trouble makes buyers leave, the smaller ones first."""
    month = np.arange(len(strain))[:, None]
    active = (partners.start <= month) & (month < partners.end)
    rank = np.argsort(np.argsort(-partners.weight)) / len(partners.weight)
    stays = rank <= 1 - 0.6 * strain[:, None]
    stays[:, 0] = True
    return np.where(active & stays, partners.weight, 0.0)


def _first_days(economy: Economy) -> Integers:
    """The first day of each month, as days since 1970."""
    return np.array([economy.month(index).toordinal() - 719_163 for index in range(economy.months)])


def _day_weights(economy: Economy) -> Floats:
    """By month and day: mostly working days; days that the month lacks have none."""
    weights = np.zeros((economy.months, 31))
    for index in range(economy.months):
        first = economy.month(index)
        length = calendar.monthrange(first.year, first.month)[1]
        weights[index, :length] = np.where((first.weekday() + np.arange(length)) % 7 < 5, 1.0, 0.15)
    return weights


def _frame(firm: CountyFirm, columns: dict[str, NDArray[np.generic]]) -> pl.DataFrame:
    amount = np.round(columns["amount"].astype(np.float64) * 100).astype(np.int64)
    tax = np.round(amount * firm.industry.tax_rate).astype(np.int64)
    status = np.array(["normal", "red", "void"])[columns["status"].astype(np.int64)]
    return pl.DataFrame(
        {
            "seller": np.full(len(amount), firm.number),
            "buyer": columns["buyer"],
            "issued_on": pl.Series(columns["ordinal"].astype(np.int32)).cast(pl.Date),
            "amount_fen": amount,
            "tax_fen": tax,
            "total_fen": amount + tax,
            "status": status,
        }
    )


def _bought_inside(economy: Economy, sold: pl.DataFrame) -> Floats:
    """What each firm bought from firms of the county, yuan by month."""
    bought = np.zeros((len(economy.firms), economy.months))
    inside = sold.filter((pl.col("buyer") < OUTSIDE) & (pl.col("status") != "void"))
    months = (inside["issued_on"].dt.year() - economy.first_month.year) * 12 + inside["issued_on"].dt.month() - economy.first_month.month
    np.add.at(bought, (inside["buyer"].to_numpy(), months.to_numpy()), inside["amount_fen"].to_numpy() / 100)
    return bought


def _numbered(rows: pl.DataFrame) -> pl.DataFrame:
    """Number the invoices in the order of their dates as digital invoices are: year, province, channel, fifteen digits."""
    ordered = rows.filter(pl.col("amount_fen") != 0).sort("issued_on", "seller", "buyer", "total_fen")
    number = pl.format("{}991{}", pl.col("issued_on").dt.strftime("%y"), pl.int_range(pl.len()).cast(pl.String).str.zfill(15))
    return ordered.with_columns(number.alias("invoice_number"))
