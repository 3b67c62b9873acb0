"""The best use of a budget as a report: what earns most, by class and by offer, and what each bound costs.

It is made from the plain data of `decisions.lab.optimum`, fresh or on record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from puhui.reports.tables import Column, Kind, Report, Table
from puhui.reports.titles import title

__all__ = ["optimum_report"]

Spec = tuple[tuple[str, str, Kind], ...]  # title, key of the row, kind

_SUMS: Spec = (("optimum_what", "what", "text"), ("optimum_lent", "lent_fen", "fen"), ("lab_profit", "profit_fen", "fen"))
_CLASSES: Spec = (
    ("optimum_class", "class", "text"), ("optimum_firms", "firms", "count"), ("optimum_offered", "offered", "index"),
    ("lab_mean_rate", "mean_rate_ppm", "ppm"), ("optimum_mean_amount", "mean_amount_fen", "fen"), ("optimum_lent", "lent_fen", "fen"),
    ("lab_profit", "profit_fen", "fen"),
)  # fmt: skip
_OFFERS: Spec = (
    ("optimum_class", "class", "text"), ("optimum_region", "region", "text"), ("optimum_industry", "industry", "text"),
    ("optimum_rate", "rate_ppm", "ppm"), ("optimum_step", "step", "share"), ("optimum_amount", "amount_fen", "fen"),
    ("optimum_offered", "firms", "index"), ("optimum_lent", "lent_fen", "fen"), ("lab_profit", "profit_fen", "fen"),
)  # fmt: skip
_BOUNDS: Spec = (
    ("optimum_bound", "bound", "text"), ("optimum_limit", "limit", "text"), ("optimum_used", "used", "text"),
    ("optimum_binds", "binds", "text"), ("optimum_worth", "worth", "text"),
)  # fmt: skip


def optimum_report(found: Mapping[str, Any], institution: str, as_of: date, language: str = "en") -> Report:
    """The tables of an optimum; columns and tables that say nothing are left out."""
    parts = {
        "sums": (_SUMS, _sums(found, language)),
        "classes": (_CLASSES, found["classes"]),
        "bounds": (_BOUNDS, [_bound(each, language) for each in found["bounds"]]),
        "offers": (_OFFERS, found["offers"]),
    }
    made = tuple(_table(name, spec, rows, language) for name, (spec, rows) in parts.items() if rows)
    return Report("lab-optimum", title("optimum", language), institution, as_of, made, notes=(title("optimum_note", language),))


def _sums(found: Mapping[str, Any], language: str) -> list[dict[str, Any]]:
    rows = [{"what": title("optimum_best", language), "lent_fen": found["lent_fen"], "profit_fen": found["profit_fen"]}]
    for name in ("as_is", "realised"):
        if name in found:
            rows.append({"what": title(f"optimum_{name}", language), **found[name]})
    return rows


def _bound(each: Mapping[str, Any], language: str) -> dict[str, Any]:
    kind, _, code = each["name"].partition(":")
    binds = each["worth"] > 0
    return {
        "bound": f"{title(f'optimum_bound_{kind}', language)} {code}".strip(),
        "limit": f"{each['limit']:,.0f}",
        "used": f"{each['used']:,.0f}",
        "binds": title("optimum_yes" if binds else "optimum_no", language),
        "worth": f"{each['worth']:,.4f}",
    }


def _table(name: str, spec: Spec, rows: Iterable[Mapping[str, Any]], language: str) -> Table:
    """A column that is empty in all rows, as the region where no quota names one, is left out."""
    rows = list(rows)
    used = [(head, key, kind) for head, key, kind in spec if any(row.get(key) not in (None, "") for row in rows)]
    columns = tuple(Column(key, title(head, language), kind) for head, key, kind in used)
    return Table(name, title(f"optimum_{name}", language), columns, tuple(tuple(row.get(key) for _, key, _ in used) for row in rows))
