"""Invoices by parts: the values are those of all rows together, and a part that is wrong is named."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from puhui.calculations.faults import FaultsError
from puhui.features.compute import compute
from puhui.features.partitions import compute_partitions, partitions

from .frames import random_frame

AS_OF = date(2020, 3, 31)
NAMES = ["inv_out_amt_12m", "inv_buyer_hhi", "inv_in_out_ratio"]


def write(folder: Path, frame: pl.DataFrame, parts: int = 3) -> None:
    for part in range(parts):
        target = folder / "invoices" / f"part={part:03}"
        target.mkdir(parents=True)
        frame.filter(pl.col("firm_id").hash(seed=1) % parts == part).write_parquet(target / "rows.parquet")


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_parts_give_what_the_whole_gives(tmp_path: Path, engine: str) -> None:
    frame = random_frame(seed=7, rows=800)
    write(tmp_path, frame)
    seen: list[tuple[int, int]] = []
    values = compute_partitions(tmp_path, AS_OF, engine, NAMES, lambda done, of: seen.append((done, of)))
    whole = compute(frame, AS_OF, variables=NAMES)
    assert values["firm_id"].to_list() == whole["firm_id"].to_list()
    for name in NAMES:
        for ours, theirs in zip(values[name], whole[name], strict=True):
            assert ours == (theirs if theirs is None else pytest.approx(theirs, rel=1e-9)), name
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_every_faulty_part_is_named(tmp_path: Path) -> None:
    write(tmp_path, random_frame(seed=7, rows=100))
    (tmp_path / "invoices" / "part=000" / "rows.parquet").unlink()
    file = tmp_path / "invoices" / "part=001" / "rows.parquet"
    pl.read_parquet(file).drop("known_at").write_parquet(file)
    with pytest.raises(FaultsError) as caught:
        compute_partitions(tmp_path, AS_OF, "duckdb", NAMES)
    assert "part=000" in str(caught.value)
    assert "known_at" in str(caught.value)


def test_a_plain_folder_has_no_parts(tmp_path: Path) -> None:
    assert partitions(tmp_path) == []
    with pytest.raises(FaultsError, match="part="):
        compute_partitions(tmp_path, AS_OF, "duckdb", NAMES)
