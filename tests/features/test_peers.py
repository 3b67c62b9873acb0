"""Firms among their like: percentiles worked by hand, groups too small are widened or withheld."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from puhui.features.peers import ATTRIBUTES, group_figures, peers_of, place, with_sizes

DAY = date(2025, 6, 30)


def firms(*groups: tuple[int, str, str, int | None]) -> pl.DataFrame:
    """`groups`: how many firms, industry, region, staff."""
    rows = [(industry, region, staff) for count, industry, region, staff in groups for _ in range(count)]
    return pl.DataFrame([(number, *row) for number, row in enumerate(rows, 1)], schema=ATTRIBUTES, orient="row")


def values(found: pl.DataFrame, of: Any = float) -> pl.DataFrame:
    return pl.DataFrame({"firm_id": found["firm_id"], "margin": [of(number) for number in found["firm_id"]]})


def level(figures: pl.DataFrame, number: int) -> list[dict[str, Any]]:
    return figures.filter(pl.col("level") == number).to_dicts()


def test_percentiles_of_eleven_firms_by_hand() -> None:
    """1 … 11: the middle is 6, the quarters 3.5 and 8.5. Three firms must lie beyond: 0.25 × 11 = 2.75 is too few, so they are withheld."""
    known = firms((11, "1711", "330100", 50))
    (row,) = level(group_figures(values(known), known, DAY), 1)
    assert (row["industry"], row["region"], row["size"], row["firms"]) == ("17", "330100", "small", 11)
    assert row["p50"] == 6.0 and row["p25"] is None and row["p10"] is None and row["p99"] is None


def test_a_percentile_is_told_from_the_firm_on_that_leaves_three_beyond_it() -> None:
    """Of 1 … 30 the tenth lies at 1 + 0.1 × 29 = 3.9, the quarter at 1 + 0.25 × 29 = 8.25; of 1 … 29 there are but 2 beyond the tenth."""
    known = firms((30, "1711", "330100", 50))
    (row,) = level(group_figures(values(known), known, DAY), 1)
    assert row["p10"] == pytest.approx(3.9) and row["p25"] == pytest.approx(8.25) and row["p90"] == pytest.approx(27.1)
    (fewer,) = level(group_figures(values(known).head(29), known, DAY), 1)
    assert fewer["p10"] is None and fewer["p25"] == 8.0


def test_a_group_too_small_is_widened() -> None:
    """Nine weavers in the county; with six of another county of the city there are fifteen, so the city's are told, never the county's."""
    known = firms((9, "1711", "330102", 50), (6, "1713", "330105", 60))
    figures = group_figures(values(known), known, DAY)
    assert level(figures, 1) == []
    row = peers_of(figures, {"industry": "1711", "region": "330102", "staff": 50}, DAY)["margin"]
    assert (row["level"], row["region"], row["firms"], row["p50"]) == (2, "3301", 15, 8.0)


def test_where_all_are_too_few_nothing_is_told() -> None:
    known = firms((9, "1711", "330102", 50))
    figures = group_figures(values(known), known, DAY)
    assert figures.is_empty() and peers_of(figures, {"industry": "1711", "region": "330102", "staff": 50}, DAY) == {}


def test_only_firms_with_the_figure_count() -> None:
    known = firms((12, "1711", "330102", 50))
    figures = group_figures(values(known, lambda number: None if number > 9 else float(number)), known, DAY)
    assert figures.is_empty()


def test_who_is_not_known_stands_in_wide_groups_only() -> None:
    """Twelve firms of which industry, region and staff are not known: compared with all, not with each other as a group of its own."""
    known = firms((12, "", "", None), (12, "1711", "330102", 50))
    figures = group_figures(values(known), known, DAY)
    row = peers_of(figures, {"industry": "", "region": "", "staff": None}, DAY)["margin"]
    assert (row["level"], row["firms"], row["p50"]) == (5, 24, 12.5)
    assert [each["firms"] for number in (1, 2, 3, 4) for each in level(figures, number)] == [12, 12, 12, 12]


def test_sizes_follow_the_table() -> None:
    """Industry: micro below 20, small below 300, medium below 1,000. Wholesale: 5, 20, 200."""
    known = firms(
        *((1, "1711", "330102", staff) for staff in (19, 20, 299, 300, 1000)), *((1, "5123", "330102", staff) for staff in (4, 20, 200))
    )
    assert with_sizes(known, DAY)["size"].to_list() == ["micro", "small", "small", "medium", "large", "micro", "medium", "large"]


def test_other_order_same_figures() -> None:
    known = firms((15, "1711", "330102", 50), (40, "5123", "330105", 8))
    assert group_figures(values(known), known, DAY).equals(group_figures(values(known).reverse(), known.reverse(), DAY))


def test_place_between_percentiles() -> None:
    row = {"p01": None, "p10": 1.0, "p25": 2.0, "p50": 3.0, "p75": 4.0, "p90": 5.0, "p99": None}
    assert [place(value, row) for value in (0.5, 1.0, 2.5, 9.0, None)] == [
        ("", "p10"),
        ("p10", "p25"),
        ("p25", "p50"),
        ("p90", ""),
        ("", ""),
    ]
