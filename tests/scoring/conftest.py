"""Made-up tables for the tests of this folder."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest


def loans(size: int = 600, seed: int = 0, signal: float = 1.0) -> pl.DataFrame:
    """A table of mixed types: numbers with nulls, codes, dates, identifiers, and a default that follows some of them."""
    random = np.random.default_rng(seed)
    turnover = random.lognormal(12, 1, size)
    months = random.integers(1, 60, size).astype(float)
    region = random.choice(["north", "south", "east"], size, p=[0.5, 0.3, 0.2])
    logit = -1.1 + signal * (-0.9 * (np.log(turnover) - 12) - 0.03 * (months - 30) + 0.9 * (region == "east"))
    defaulted = (random.random(size) < 1 / (1 + np.exp(-logit))).astype(int)
    start = [date(2015, 1, 1) + timedelta(days=int(day)) for day in random.integers(0, 2000, size)]
    return pl.DataFrame(
        {
            "loan_nr": np.arange(size) + 10_000,
            "turnover": [None if hidden else value for value, hidden in zip(turnover, random.random(size) < 0.1, strict=True)],
            "months": months,
            "region": region,
            "noise": random.normal(size=size),
            "start": start,
            "is_franchise": random.random(size) < 0.2,
            "constant": ["x"] * size,
            "defaulted": defaulted,
        }
    )


@pytest.fixture(scope="session", name="loans")
def loans_fixture():
    """The function that makes a table of loans: `loans(size, seed, signal)`."""
    return loans
