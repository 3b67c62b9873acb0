"""What a firm's page and a case show of its trade: six figures with small trends, months, partners, gaps."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from puhui.console.decision_figures import signed_share, variable_value
from puhui.console.templatetags.figures import choose_unit, money, unit_name
from puhui.console.words import NULLS, word

MONTHS_SHOWN = 24
TREND_MONTHS = 24
#: variable → label; the figures that invoices alone give
SIX = (
    "inv_out_amt_12m", "inv_out_yoy", "inv_out_active_months_12m", "inv_buyer_top1_share", "inv_in_out_ratio", "inv_out_gap_days_max_12m",
)  # fmt: skip


def month_list(last: datetime.date, count: int) -> list[str]:
    """The last `count` months up to that of a day, as `2026-01`, oldest first."""
    index = last.year * 12 + last.month - 1
    return [f"{at // 12}-{at % 12 + 1:02d}" for at in range(index - count + 1, index + 1)]


def monthly_picture(rows: Iterable[Mapping[str, Any]], last: datetime.date) -> dict[str, Any]:
    """Sales and purchases of each of the last months; a month without invoices is a month of nought and stays in the picture."""
    known = {f"{row['month']:%Y-%m}": row for row in rows}
    months = month_list(last, MONTHS_SHOWN)
    shown: list[dict[str, Any]] = [
        {
            "month": month,
            "sales_fen": known[month]["sales_fen"] if month in known else 0,
            "purchases_fen": known[month]["purchases_fen"] if month in known else 0,
        }
        for month in months
    ]
    amounts = [row[side] for row in shown for side in ("sales_fen", "purchases_fen")]
    return {"rows": shown if known else [], "unit": choose_unit(amounts, chart=True)}


def gaps_text(monthly: Mapping[str, Any]) -> str:
    """The months of the last twelve, the current one left out, in which nothing was sold."""
    months = [row["month"] for row in monthly["rows"][-13:-1] if row["sales_fen"] <= 0]
    return _("No sales in %(months)s") % {"months": ", ".join(months)} if months else ""


def partners_picture(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The largest partners with their share, in one unit."""
    shown = [{"name": row["counterparty"] or _("without name"), "amount_fen": row["amount_fen"], "share": row["share"]} for row in rows]
    return {"rows": shown, "unit": choose_unit(row["amount_fen"] for row in shown)}


def six_figures(values: Mapping[str, Any], null_reasons: Mapping[str, str], monthly: Mapping[str, Any], url: str) -> list[dict[str, Any]]:
    """The six figures of a case, each leading to the rows behind it (`url`: of the firm's page); trends are of the months shown."""
    sales = [row["sales_fen"] for row in monthly["rows"]][:-1]
    labels = {
        "inv_out_amt_12m": _("Net sales, twelve months"),
        "inv_out_yoy": _("Growth on the year before"),
        "inv_out_active_months_12m": _("Months with sales, of twelve"),
        "inv_buyer_top1_share": _("Largest buyer's share"),
        "inv_in_out_ratio": _("Purchases to sales"),
        "inv_out_gap_days_max_12m": _("Longest gap between sales"),
    }
    trends = {"inv_out_amt_12m": sales, "inv_out_yoy": _yearly(sales)}
    rows = []
    for name in SIX:
        value = values.get(name)
        shown, unit = _figure(name, value)
        note = word(NULLS, null_reasons[name]) if value is None and name in null_reasons else ""
        rows.append(
            {
                "label": labels[name],
                "value": shown,
                "unit": unit,
                "trend": trends.get(name, ()),
                "note": note,
                "url": f"{url}variables/{name}/",
            }
        )
    return rows


def _figure(name: str, value: Any) -> tuple[str, Any]:
    if value is None:
        return "–", ""
    if name == "inv_out_amt_12m":
        amount_fen = round(value * 100)
        unit = choose_unit([amount_fen * 10])
        return money(amount_fen, unit), unit_name(unit)
    if name == "inv_out_yoy":
        return signed_share(value), ""
    return variable_value(name, value), _("days") if name.endswith("gap_days_max_12m") else ""


def _yearly(sales: Sequence[int]) -> list[int]:
    """Sums of twelve months ending with each month, where there are as many."""
    return [sum(sales[at - 12 : at]) for at in range(12, len(sales) + 1)]
