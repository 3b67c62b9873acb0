"""The policy lab over a million applicants: two policies on the same cases, with swap set, groups, months and who changes and why.

The yardstick is what cannot be saved: the engine for many run once under each policy, in the same process on the same frame. What the lab
adds to it (figures, sets, reasons of every case that changes) is what the ratio tells.

    python -m benchmarks.lab [--size 1000000]
"""

from __future__ import annotations

import time

import numpy as np
import polars as pl

from benchmarks.decision import SOLID
from benchmarks.made_up import model_body
from benchmarks.measure import Measure, start
from benchmarks.strategy import DAY, PRODUCT, applications


def measured(size: int) -> list[Measure]:
    """Compares the product with one that asks for another month of sales, over `size` made-up applications."""
    from puhui.decisions.lab.comparison import Cases, compare
    from puhui.decisions.lab.policies import from_files
    from puhui.decisions.lab.thresholds import thresholds, with_threshold
    from puhui.products import reading
    from puhui.scoring.model import Model

    product = reading.load(PRODUCT, DAY)
    stricter = with_threshold(product, "rules.sales_months", thresholds(product)["rules.sales_months"] + 1)
    model = Model.load(model_body(list(SOLID)))
    policies = [from_files("in force", product, model, None), from_files("stricter", stricter, model, None)]
    generator = np.random.default_rng(7)
    frame = applications(size).with_columns(
        pl.Series("month", generator.choice([f"2025-{month:02}" for month in range(1, 13)], size)),
        pl.Series("region", generator.choice(["330106", "330183", "331002"], size)),
    )
    defaulted = pl.Series("defaulted", (generator.random(size) < 0.03).astype(float))
    cases = Cases(frame, DAY, "bank", DAY, "bank", defaulted, ("region",), "month")
    plain, whole = [], []
    for _ in range(2):
        began = time.perf_counter()
        for one in policies:
            one.answers(frame, DAY, "bank")
        plain.append(time.perf_counter() - began)
        began = time.perf_counter()
        compared = compare(policies, cases)
        whole.append(time.perf_counter() - began)
    changed = compared.found["changed"]["stricter"]
    print(f"{size:,} applicants under two policies: {min(whole):.2f} s, {changed:,} are answered differently")
    if not 0 < changed < size / 2:
        raise AssertionError(f"{changed} cases changed, expected some")
    name = "a million applicants compared under two policies"
    return [Measure(name, min(whole), min(plain), "s", "the engine alone, once under each", at_most=1.5)]


if __name__ == "__main__":
    raise SystemExit(start(measured, 1_000_000, 20_000, "how many applicants", needs_database=False))
