"""Whether a table holds rows that a model was made of.

Figures on rows that the model has seen are too good, and nobody sees it on them. So a model's file keeps a small sample of fingerprints of
its training rows: of those that were there once, the smallest `MOST_KEPT` of the hashes of what the model reads. A table whose rows fall
into that sample far more often than chance would have it was, in part, trained on.

What chance would do is estimated by Good and Turing: a new row hits one of the rows seen once with a probability of about twice the number
of those seen just twice, divided by all rows. A model that reads few coarse columns cannot tell, and then nothing is said.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

import polars as pl

__all__ = ["note_of", "sample_of"]

MOST_KEPT = 1_000
DIGITS = 12
FEWEST_HITS = 3
LEAST_BEYOND_CHANCE = 0.001
"""Share of rows, beyond twice what chance does, from which something is said."""
RARE = 0.001
"""And only where so many hits or more would come of that share less often than this."""


def sample_of(frame: pl.DataFrame) -> dict[str, Any]:
    """For the model's file, of the columns that the model reads, one row per training case.

    rows      fingerprints of rows that were there once, in rising order, at most `MOST_KEPT`
    whole     whether these are all of them
    chance    how often a new row would hit one of all those by chance
    """
    counts = Counter(_fingerprints(frame))
    single = sorted(each for each, count in counts.items() if count == 1)
    twice = sum(count == 2 for count in counts.values())
    return {"rows": single[:MOST_KEPT], "whole": len(single) <= MOST_KEPT, "chance": round(2 * twice / max(1, frame.height), 6)}


def note_of(frame: pl.DataFrame, sample: Mapping[str, Any] | None) -> str:
    """What there is to say of the rows of a table (the same columns) beside the sample of a model's file; "" where nothing is."""
    if not sample or not sample["rows"]:
        return ""
    kept = frozenset(sample["rows"])
    last = "g" if sample["whole"] else max(kept)  # behind every digit
    looked_at = [each for each in _fingerprints(frame) if each <= last]
    hits = sum(each in kept for each in looked_at)
    by_chance = (2 * sample["chance"] + LEAST_BEYOND_CHANCE) * len(looked_at)
    if hits < FEWEST_HITS or hits <= by_chance or _chance_of(hits, by_chance) > RARE:
        return ""
    share = hits / len(looked_at)
    about = "" if sample["whole"] else "about "
    return (
        f"{about}{share:.1%} of the rows hold, in every column that the model reads, what a row of training held: "
        "figures on rows that a model was made of are too good; take them out"
    )


def _chance_of(hits: int, mean: float) -> float:
    """How likely so many or more hits are where `mean` are expected (Poisson)."""
    return 1 - math.fsum(math.exp(count * math.log(mean) - mean - math.lgamma(count + 1)) for count in range(hits))


def _fingerprints(frame: pl.DataFrame) -> list[str]:
    """A hash of each row that is the same for 5, 5.0 and "5"-as-a-number, whatever the table they come from."""
    columns = [_texts(column) for column in frame.get_columns()]
    return [hashlib.blake2b("\x1f".join(row).encode()).hexdigest()[:DIGITS] for row in zip(*columns, strict=True)]


def _texts(column: pl.Series) -> list[str]:
    if column.dtype.is_numeric() or column.dtype == pl.Boolean:
        return ["" if value is None else repr(float(value)) for value in column.to_list()]
    return ["" if value is None else str(value) for value in column.to_list()]
