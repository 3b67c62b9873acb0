"""The cash-flow sheet of the IPC technique: statements that an officer draws up with a borrower who keeps none, and what they must stand.

Balance sheet of today (counted, at what things would sell for), twelve months of sales in good, normal and slack months, costs, and the
household in the same purse. Every important figure is looked at from more than one side:

    equity check    what the equity should be (own money at the beginning + profits + put in + gains in value − taken out − lost) against
                    what the balance sheet shows; a gap says that a debt, a profit, a loss or an asset was not told
    margin          the three goods that sell best, by price and cost, against the share of goods in sales
    sales           by season, by the takings of three days, by purchases and what is added to them, by wages, by electricity

An answer that is missing leaves what rests on it null; a part of a sum that is not told counts as nothing only where the head of the sum is
told. Amounts are whole fen. Pure.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Sheet", "sheet"]

MONTHS = 12
DAYS_OF_TRADE = 360
ASSETS = ("cash", "receivables", "stock", "equipment", "prepaid", "property")
DEBTS = ("payables", "bank_debts", "private_debts")
SEASONS = ("good", "normal", "slack")

Answers = Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Amounts in fen, gaps and shares as parts of one; `estimates`: side → sales of a year."""

    assets_fen: int | None
    debts_fen: int | None
    equity_fen: int | None
    equity_should_fen: int | None
    equity_gap: float | None
    season_months: float | None
    sales_year_fen: int | None
    profit_month_fen: int | None
    margin: float | None
    margin_of_articles: float | None
    margin_gap: float | None
    estimates: tuple[tuple[str, int], ...]
    estimates_gap: float | None
    careful_sales_fen: int | None
    disposable_month_fen: int | None
    instalment_share: float | None


def sheet(answers: Answers) -> Sheet:
    """Everything that follows from the answers; amounts of answers are fen, shares parts of one."""
    assets, debts = _sum(answers, ASSETS), _sum(answers, DEBTS)
    equity = None if assets is None else assets - (debts or 0)
    should = _should(answers)
    months, sales = _seasons(answers)
    profit = _profit_month(answers, sales)
    margin = None if answers.get("goods_share") is None else 1 - float(answers["goods_share"] or 0)
    articles = _margin_of_articles(answers)
    estimates = _estimates(answers, sales)
    values = [amount for _, amount in estimates]
    disposable = _disposable(answers, profit)
    new = answers.get("new_instalment_month")
    return Sheet(
        assets_fen=assets,
        debts_fen=debts,
        equity_fen=equity,
        equity_should_fen=should,
        equity_gap=abs(should - equity) / equity if should is not None and equity is not None and equity > 0 else None,
        season_months=months,
        sales_year_fen=sales,
        profit_month_fen=profit,
        margin=margin,
        margin_of_articles=articles,
        margin_gap=None if margin is None or articles is None else articles - margin,
        estimates=estimates,
        estimates_gap=(max(values) - min(values)) / statistics.median(values) if len(values) > 1 else None,
        careful_sales_fen=min(values, default=None),
        disposable_month_fen=disposable,
        instalment_share=new / disposable if new is not None and disposable is not None and disposable > 0 else None,
    )


def _sum(answers: Answers, names: tuple[str, ...]) -> int | None:
    told = [value for name in names if (value := answers.get(name)) is not None]
    return int(sum(told)) if told else None


def _part(answers: Answers, name: str) -> float:
    return float(answers.get(name) or 0)


def _should(answers: Answers) -> int | None:
    if answers.get("equity_initial") is None:
        return None
    gains = sum(_part(answers, f"equity_{name}") for name in ("initial", "profits", "contributed", "revalued"))
    return int(gains - _part(answers, "equity_drawn") - _part(answers, "equity_lost"))


def _seasons(answers: Answers) -> tuple[float | None, int | None]:
    """Months told, and sales of a year; null unless the months add up to twelve and each told season has its sales."""
    told = {name: answers.get(f"months_{name}") for name in SEASONS if answers.get(f"months_{name}")}
    months = sum(float(value or 0) for value in told.values()) if told else None
    if months != MONTHS or any(answers.get(f"sales_{name}") is None for name in told):
        return months, None
    return months, int(sum(float(value or 0) * _part(answers, f"sales_{name}") for name, value in told.items()))


def _profit_month(answers: Answers, sales: int | None) -> int | None:
    if sales is None or answers.get("goods_share") is None:
        return None
    month = sales / MONTHS * (1 - _part(answers, "goods_share"))
    fixed = sum(_part(answers, name) for name in ("wages_month", "rent_month", "other_month"))
    return int(month - fixed - _part(answers, "taxes_year") / MONTHS)


def _margin_of_articles(answers: Answers) -> float | None:
    """Margins of the articles of which price and cost are told, by their parts of sales (alike where those are not told)."""
    rows = []
    for number in (1, 2, 3):
        price, cost, part = (answers.get(f"article_{number}_{name}") for name in ("price", "cost", "share"))
        if price and cost is not None:
            rows.append(((price - cost) / price, part))
    if not rows:
        return None
    parts = [1.0 if part is None else float(part) for _, part in rows]
    return sum(margin * part for (margin, _), part in zip(rows, parts, strict=True)) / sum(parts) if sum(parts) else None


def _estimates(answers: Answers, sales: int | None) -> tuple[tuple[str, int], ...]:
    """Sales of a year by each side of which everything is told."""
    sides = {
        "calendar": sales,
        "flow": _product(answers, "takings_three_days", DAYS_OF_TRADE / 3),
        "purchase": _product(answers, "purchases_month", MONTHS, 1 + _part(answers, "markup"))
        if answers.get("markup") is not None
        else None,
        "payroll": _product(answers, "wages_month", MONTHS, 1 / _part(answers, "wages_share")) if answers.get("wages_share") else None,
        "electricity": _product(answers, "power_kwh_month", MONTHS, _part(answers, "sales_per_kwh"))
        if answers.get("sales_per_kwh")
        else None,
    }
    return tuple((side, amount) for side, amount in sides.items() if amount)


def _product(answers: Answers, name: str, *factors: float) -> int | None:
    value = answers.get(name)
    if value is None:
        return None
    for factor in factors:
        value *= factor
    return round(value)


def _disposable(answers: Answers, profit: int | None) -> int | None:
    if profit is None:
        return None
    spent = sum(_part(answers, name) for name in ("family_spending_month", "instalments_month"))
    return int(profit + _part(answers, "other_income_month") - spent)
