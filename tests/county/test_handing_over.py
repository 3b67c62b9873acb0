"""Papers handed over a second time are those that are new or changed, and the lender knows as much as if it had got all of them again."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

FIRMS = 30  # the fewest that a county has
FIRST, LAST = date(2025, 11, 10), date(2026, 11, 10)


@pytest.fixture(scope="module")
def economy_and_frames() -> tuple[Any, dict[str, pl.DataFrame]]:
    from puhui.county import economy as economies
    from puhui.county import trade
    from puhui.county.papers.all import papers

    economy = economies.build(FIRMS, date(2022, 11, 1), 48, 2025)
    return economy, papers(economy, trade.invoices(economy, 2025), 48, 2025).frames


def test_what_is_new_and_what_was_there_make_up_the_whole(economy_and_frames: Any) -> None:
    from puhui.county.papers.handing_over import known_by, new_by

    frames = economy_and_frames[1]
    before, new, whole = known_by(frames, FIRST), new_by(frames, FIRST, LAST), known_by(frames, LAST)
    assert new.keys() == whole.keys()
    changed = 0
    for record, frame in whole.items():
        there = frame.join(before[record], on=frame.columns, how="semi", nulls_equal=True) if record in before else frame.clear()
        assert_same(pl.concat([there, new[record]]), frame)
        changed += there.height < before[record].height if record in before else 0
    assert changed  # a return filed, a tax paid: rows that were there and read otherwise now
    assert 0 < sum(map(len, new.values())) < sum(map(len, whole.values())) / 2


def assert_same(one: pl.DataFrame, other: pl.DataFrame) -> None:
    order = one.columns
    assert one.sort(order).equals(other.sort(order))
