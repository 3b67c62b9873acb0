"""Real meters, shops and machines go through the importers' reading, and variables and findings come out."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from puhui.evidence.layouts import layout
from puhui.evidence.oddities import notes, oddities, words
from puhui.evidence.reading.mapping import load_mapping, named_mapping
from puhui.evidence.reading.records import read_records
from puhui.evidence.series_findings import series_findings
from puhui.features.profiles import compute_profile

DATA = Path(os.environ.get("PUHUI_REAL_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not (DATA / "koubei_shop_info.parquet").exists(), reason=f"the real data is not at {DATA} (PUHUI_REAL_DATA)"),
]


def read(name: str, mapping: str, record: str) -> tuple[pl.DataFrame, int]:
    """Rows of a data file in the columns of the record, and how many were refused."""
    form = layout(record)
    path = named_mapping(mapping)
    chosen = load_mapping(path, form.vocabulary(), form.known_at)
    reading = read_records(DATA / name, form, today=date(2026, 1, 1), now=datetime(2026, 1, 1, tzinfo=UTC), mapping=chosen)
    rows = reading.accepted.with_columns(
        firm_id=pl.col("firm").rank("dense").cast(pl.Int64), record_id=pl.col("row").cast(pl.Int64), observed_on=pl.col(form.observed)
    )
    return rows.select("firm", *form.schema()).cast(form.schema()), reading.rejected.height  # type: ignore[arg-type]


def test_meters_of_yangzhong() -> None:
    rows, refused = read("firm_electricity_daily_yangzhong.parquet", "yangzhong-electricity", "electricity_day")
    source = pl.read_parquet(DATA / "firm_electricity_daily_yangzhong.parquet")
    assert (rows.height, refused) == (source.height, 0)
    values = compute_profile(
        {"electricity_day": rows.drop("firm")}, date(2016, 9, 30), ["elec_kwh_12m", "elec_stop_flag_7d", "elec_cv_12m"]
    )
    year = source.filter(pl.col("record_date").is_between(date(2015, 10, 1), date(2016, 9, 28)))  # the last two days are not known yet
    assert values["elec_kwh_12m"].sum() == pytest.approx(year["kwh"].sum(), rel=1e-9)
    assert 0 < values["elec_stop_flag_7d"].sum() < values.height
    found = series_findings(rows.head(639 * 100), layout("electricity_day"), "kwh", "firm")
    assert set(found["kind"].unique()) >= {"floor", "level"}
    assert found.filter(kind="floor")["value"].unique().to_list() == [1.0]


def test_payments_of_koubei() -> None:
    rows, refused = read("koubei_shop_daily_payments.parquet", "koubei-payments", "platform_day")
    source = pl.read_parquet(DATA / "koubei_shop_daily_payments.parquet")
    assert (rows.height, refused, rows["orders"].sum()) == (source.height, 0, 69_674_110)
    names = ["ec_payments_7d_vs_28d", "ec_active_days_90d", "ec_gmv_12m"]
    values = compute_profile({"platform_day": rows.drop("firm")}, date(2016, 10, 31), names)
    assert values["ec_gmv_12m"].null_count() == values.height, "counts give no amounts"
    assert values["ec_active_days_90d"].max() == 90.0
    assert values["ec_payments_7d_vs_28d"].null_count() < 200
    found = series_findings(rows.head(60_000), layout("platform_day"), "orders", "firm")
    assert found.filter(kind="gap").height > 100


def test_shops_of_koubei() -> None:
    rows, refused = read("koubei_shop_info.parquet", "koubei-shops", "shop")
    source = pl.read_parquet(DATA / "koubei_shop_info.parquet")
    assert (rows.height, refused) == (2000, 0)
    assert rows["average_ticket_fen"].sum() == source["per_pay"].sum() * 100 and rows["comments"].sum() == source["comment_cnt"].sum()
    values = compute_profile({"shop": rows.drop("firm")}, date(2016, 12, 31), ["ec_shop_rating"])
    ratings = rows.select("firm_id", "rating").join(values, on="firm_id")
    assert ratings.height == 2000 and (ratings["rating"] == ratings["ec_shop_rating"]).all()


def test_the_temperature_of_a_machine_by_the_day() -> None:
    """22,695 readings become 80 days; the first is three hours long, twelve moments are told twice, the failure's days stand out."""
    rows, refused = read("nab_machine_temperature.parquet", "nab-machine-temperature", "machine_day")
    source = pl.read_parquet(DATA / "nab_machine_temperature.parquet")
    days = source.group_by(day=pl.col("timestamp").dt.date()).agg(pl.len(), pl.col("temperature").mean().alias("mean")).sort("day")
    rows = rows.sort("day")
    assert (rows.height, refused, rows["readings"].sum()) == (80, 0, source.height)
    assert rows["day"].to_list() == days["day"].to_list()
    assert rows["mean_value"].to_list() == pytest.approx(days["mean"].to_list(), rel=1e-12)
    assert rows["readings"].to_list()[0] == 33 and rows["largest_value"].max() == source["temperature"].max()
    assert rows["silent_hours"].to_list()[1] == pytest.approx(5 / 60)
    values = compute_profile({"machine_day": rows.drop("firm")}, date(2014, 2, 20), ["iot_offline_hours_max_30d"])
    # The last thirty days of the file hold no hole of an hour or more; what is reported is the longest time between two readings.
    assert 5 / 60 <= values["iot_offline_hours_max_30d"].item() < 24


def test_failures_of_ai4i() -> None:
    rows, refused = read("ai4i2020.parquet", "ai4i-failures", "machine_event")
    source = pl.read_parquet(DATA / "ai4i2020.parquet").filter(pl.col("machine_failure") == 1)
    assert (rows.height, refused, set(rows["kind"])) == (339, 0, {"failure"})
    assert sorted(rows["part"]) == sorted(source["product_id"])
    assert (
        compute_profile({"machine_event": rows.drop("firm")}, date(2020, 12, 31), ["iot_failure_cnt_12m"])["iot_failure_cnt_12m"].item()
        == 339
    )


def test_what_is_odd_is_told() -> None:
    """Floors of meters and pauses of shops in words, in three languages."""
    rows, _ = read("firm_electricity_daily_yangzhong.parquet", "yangzhong-electricity", "electricity_day")
    found = oddities(rows.head(639 * 20), layout("electricity_day"), "firm")
    floors = [each for each in found if each.kind == "floor"]
    assert floors and all(each.value == 1.0 for each in floors)
    assert (
        "never below 1.00" in words(floors[0])
        and "从不低于 1.00" in words(floors[0], "zh-hans")
        and "從不低於" in words(floors[0], "zh-hant")
    )
    told = notes(found)
    assert len(told) < len(found) and any("more of this kind" in line for line in told)


@pytest.mark.parametrize(("name", "variable"), [("failures", "iot_failure_cnt_12m"), ("maint", "iot_maintenance_cnt_12m")])
def test_logs_of_machines(name: str, variable: str) -> None:
    rows, refused = read(f"azure_pdm_{name}.parquet", f"azure-machines-{name}", "machine_event")
    source = pl.read_parquet(DATA / f"azure_pdm_{name}.parquet")
    assert (rows.height, refused) == (source.height, 0)
    values = compute_profile({"machine_event": rows.drop("firm")}, date(2016, 1, 31), [variable])
    last = source.filter(pl.col("datetime").dt.date().is_between(date(2015, 2, 1), date(2016, 1, 30)))
    assert values[variable].item() == last.height
