"""The whole profile of one firm, all classes of evidence, recomputed as it is when evidence arrives: from frames in memory to variables.

The firm has thousands of invoices and account movements, three years of daily readings, and dozens of rows of every other kind of record
that some variable reads; all are made up from the layouts. Plans are prepared, as they are in a running program; the first run of a day,
plans included, is told besides. The frames are those that a snapshot reads from the database: what was
known, each fact once. The yardstick is polars reading the same rows and grouping each kind of record once.
Both are told as processor time on one core. Run:

    python -m benchmarks.profile [--size 5000]
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

os.environ["POLARS_MAX_THREADS"] = "1"  # on one core; read when polars is loaded

import polars as pl

from benchmarks.measure import Measure, start

AS_OF = date(2024, 12, 31)
WANTED_MS = 300
DAYS_BACK = 1_100
ROWS = 36
SERIES_ROWS = 1_000


def main() -> int:
    return start(measure, 5_000, 100, "invoices and account movements of the firm", needs_database=False)


def measure(size: int) -> list[Measure]:
    """One firm's whole profile against grouping the same rows once."""
    from puhui.features import registry
    from puhui.features.profiles import profile

    frames = made_up(size)
    rows = sum(frame.height for frame in frames.values())
    print(f"one firm: {rows:,} rows of {len(frames)} kinds of record, {len(registry.catalogue())} variables")
    first = clock(lambda: profile(frames, AS_OF, as_known=True))
    quickest = min(clock(lambda: profile(frames, AS_OF, as_known=True)) for _ in range(15))
    least = min(clock(lambda: [grouped(frame) for frame in frames.values() if "firm_id" in frame.columns]) for _ in range(15))
    print(f"first profile of a day, plans included: {first:,.0f} ms")
    return [
        Measure("one firm's whole profile, processor time", quickest, least, "ms", "grouping each kind of record once"),
        Measure(
            "one firm's whole profile, processor time against its bound", quickest, WANTED_MS, "ms", "bound of the contract", at_most=1
        ),
    ]


def clock(work: Callable[[], Any]) -> float:
    """Milliseconds of processor time of one run: what it takes on one core that does nothing else."""
    begun = time.process_time()
    work()
    return (time.process_time() - begun) * 1000


def grouped(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.lazy().group_by("firm_id").agg(pl.col("known_at").max(), pl.len()).collect()


def made_up(size: int) -> dict[str, pl.DataFrame]:
    """record → rows of one firm, for every record that a variable reads."""
    from puhui.features import registry
    from puhui.features.profiles import COUNTERPARTY, COUNTERPARTY_SCHEMA, INVOICE

    frames = {}
    for record in registry.records():
        if record == INVOICE:
            frames[record] = invoices(size)
        elif record == COUNTERPARTY:
            frames[record] = pl.DataFrame([(f"P{n}", f"firm:{n}") for n in range(2, 60)], schema=COUNTERPARTY_SCHEMA, orient="row")
        else:
            frames[record] = of_layout(record, size if record == "account_flow" else 0)
    return frames


def invoices(rows: int) -> pl.DataFrame:
    dice = random.Random(1)
    days = [AS_OF - timedelta(days=dice.randrange(DAYS_BACK)) for _ in range(rows)]
    amounts = [round(dice.lognormvariate(13, 1.5)) for _ in range(rows)]
    return pl.DataFrame(
        {
            "firm_id": [1] * rows,
            "direction": [dice.choice(("out", "in")) for _ in range(rows)],
            "issued_on": days,
            "counterparty": [f"P{int(dice.paretovariate(0.6)) % 400}" for _ in range(rows)],
            "amount_fen": amounts,
            "tax_fen": [amount * 13 // 100 for amount in amounts],
            "total_fen": [amount * 113 // 100 for amount in amounts],
            "status": dice.choices(("normal", "red", "void"), (92, 4, 4), k=rows),
            "known_at": days,
            "duplicate": [False] * rows,
        }
    ).with_columns(pl.col("known_at").cast(pl.Datetime("us")).dt.replace_time_zone("UTC"))


def of_layout(record: str, rows: int) -> pl.DataFrame:
    """Rows of a layout: every field a plausible value, a tenth of the optional ones null; one month or day after the other."""
    from puhui.evidence.layouts import layout

    form, dice = layout(record), random.Random(record)
    count = rows or (SERIES_ROWS if form.series else ROWS)
    step = DAYS_BACK / count
    made = []
    for number in range(count):
        day = AS_OF - timedelta(days=int(number * step) + 1)
        row = {name: value(dice, field, day) for name, field in form.fields.items()}
        row[form.observed] = day.replace(day=1) if form.fields[form.observed].type == "month" else day
        made.append({"firm_id": 1, "record_id": number, "observed_on": row[form.observed], "known_at": None, **row})
    frame = pl.DataFrame(made, schema=form.schema(), orient="row")
    known = pl.col("observed_on").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    return frame.with_columns(known_at=known)


def value(dice: random.Random, field: Any, day: date) -> Any:
    if not field.needed and dice.random() < 0.1:
        return None
    least = field.least or 0
    most = field.most if field.most is not None else least + 100_000
    if field.type in ("date", "month"):
        moved = day + timedelta(days=dice.randrange(-20, 60))
        return moved.replace(day=1) if field.type == "month" else moved
    if field.type in ("amount", "whole"):
        return dice.randint(int(least), int(most))
    if field.type in ("number", "share"):
        return dice.uniform(least, min(most, 1) if field.type == "share" else most)
    if field.type == "flag":
        return dice.random() < 0.3
    return dice.choice(list(field.words) or [f"{field.name}{number}" for number in range(4)])


if __name__ == "__main__":
    raise SystemExit(main())
