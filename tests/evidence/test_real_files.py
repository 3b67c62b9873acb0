"""Real files of which every row is read: the list of machines of a published example, statements of companies listed in Hong Kong."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import polars as pl
import pytest

from puhui.evidence.layouts import layout, layouts
from puhui.evidence.reading.mapping import load_mapping, named_mapping
from puhui.evidence.reading.records import read_records
from puhui.evidence.statements.taking_apart import taken_apart

DATA = Path(os.environ.get("PUHUI_REAL_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
TODAY, NOW = dt.date(2026, 1, 5), dt.datetime(2026, 1, 5, tzinfo=dt.UTC)
pytestmark = pytest.mark.real_data


def there(name: str) -> Path:
    if not (DATA / name).exists():
        pytest.skip(f"the real data is not at {DATA} (PUHUI_REAL_DATA)")
    return DATA / name


def test_a_list_of_machines():
    path, form = there("azure_pdm_machines.parquet"), layout("machine")
    mapping = load_mapping(named_mapping("azure-machines"), form.vocabulary(), form.known_at)
    reading = read_records(path, form, today=TODAY, now=NOW, mapping=mapping)
    source = pl.read_parquet(path)
    assert reading.rejected.is_empty() and reading.accepted.select("model", "age_years").rows() == source.select("model", "age").rows()


def test_statements_of_hong_kong_keep_every_figure_and_tell_what_no_list_knows():
    path = there("hk_listed_statements.parquet")
    with taken_apart(path, "S1", None, path.name) as taken:
        reading = read_records(taken.path, layouts("S1"), today=TODAY, now=NOW)
    source = pl.read_parquet(path)
    per_share = ["每股基本盈利", "每股摊薄盈利", "非运算项目", "每股股息"]
    figures = source.filter(~pl.col("item").is_in(per_share) & pl.col("value").is_not_null())
    assert reading.rejected.is_empty() and abs(reading.accepted.height - figures.height) <= figures.height // 50
    assert set(reading.accepted["firm"]) == set(source["company_name"])
    total = source.filter((pl.col("item") == "总资产") & (pl.col("company") == "hk_tencent"))["value"].sum()
    told = reading.accepted.filter((pl.col("label") == "总资产") & (pl.col("firm") == "腾讯控股"))["value_fen"].sum()
    assert told == round(total * 100)
    assert any("no list knows" in note for note in taken.notes)
