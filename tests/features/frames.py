"""Invoice frames written by hand or made at random, for the tests of variables."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import polars as pl

SCHEMA = {
    "firm_id": pl.String,
    "direction": pl.String,
    "issued_on": pl.Date,
    "counterparty": pl.String,
    "amount_fen": pl.Int64,
    "tax_fen": pl.Int64,
    "total_fen": pl.Int64,
    "status": pl.String,
    "known_at": pl.Date,
    "duplicate": pl.Boolean,
}


def row(
    direction: str, issued_on: date, partner: str | None, yuan: float, tax_yuan: float = 0.0, status: str = "normal", **more: Any
) -> dict[str, Any]:
    amount, tax = round(yuan * 100), round(tax_yuan * 100)
    plain = {
        "firm_id": "H",
        "direction": direction,
        "issued_on": issued_on,
        "counterparty": partner,
        "amount_fen": amount,
        "tax_fen": tax,
        "total_fen": amount + tax,
        "status": status,
        "known_at": issued_on,
        "duplicate": False,
    }
    return {**plain, **more}


def frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    schema = dict(SCHEMA)
    for name in ("kind", "void_known_at"):
        if any(name in one for one in rows):
            schema[name] = pl.String if name == "kind" else pl.Date
            rows = [{name: None, **one} for one in rows]
    return pl.DataFrame(rows, schema=schema)


def random_frame(seed: int, firms: int = 24, rows: int = 4000) -> pl.DataFrame:
    """Firms of every kind of trouble: no purchases, one invoice, ties, only voids, extremes, leap days, unnamed partners, long silence."""
    dice = random.Random(seed)
    made = []
    for _ in range(rows):
        firm = dice.randrange(firms)
        direction = "out" if firm % 6 == 1 else dice.choice(("out", "in"))
        issued = dice.choice(
            (
                date(2020, 2, 29),
                date(2016, 2, 29),
                date(2019, 3, 31),
                date(2016, 1, 1) + timedelta(days=dice.randrange(1600 if firm % 5 else 400)),
                date(2019, 1, 1) + timedelta(days=dice.randrange(500)),
            )
        )
        status = "void" if firm % 6 == 2 else dice.choices(("normal", "red", "void", "blank"), (85, 6, 6, 3))[0]
        size = dice.choice((100.0, 100.0, 0.0, 0.01, round(dice.lognormvariate(8, 2), 2), 9_000_000_000.0 if firm % 7 == 3 else 1.0))
        yuan = -size if status == "red" else size
        tax = round(yuan * dice.choice((0, 0.01, 0.03, 0.06, 0.09, 0.13)), 2)
        partner = dice.choice((None, "shared", f"P{dice.randrange(12)}", f"P{firm}-{dice.randrange(40)}"))
        made.append(
            row(
                direction,
                issued,
                partner,
                yuan,
                tax,
                status,
                firm_id=f"F{firm:02}",
                known_at=issued + timedelta(days=dice.choice((0, 0, 1, 40))),
                duplicate=dice.random() < 0.03,
                kind=dice.choice((None, None, "16", "03")),
                void_known_at=issued + timedelta(days=dice.randrange(90)) if status == "void" and dice.random() < 0.5 else None,
            )
        )
    made.append(row("out", date(2020, 3, 15), "P1", 10, firm_id="young"))
    made.append(row("out", date(2030, 1, 1), "P1", 10, firm_id="nothing-known"))
    return frame(made)
