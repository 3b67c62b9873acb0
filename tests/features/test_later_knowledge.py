"""Nothing that became known later is in a profile: facts are planted in every kind of record that variables read, and looked for.

The frames are made from the layouts, so a new class is in this test without a line.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from puhui.features import profiles, registry
from puhui.features.profiles import COUNTERPARTY, INVOICE, compute_profile

from .frames import random_frame
from .record_frames import random_records

AS_OF = date(2024, 12, 31)
MIDNIGHT = datetime.combine(AS_OF + timedelta(days=1), time(), tzinfo=ZoneInfo("Asia/Shanghai")).astimezone(UTC)
RECORDS = [record for record in registry.records() if record != COUNTERPARTY]
FIRMS = 4


def invoices(seed: int) -> pl.DataFrame:
    """Invoices at random of the same firms, moved to the years before the day."""
    rows = random_frame(seed, firms=FIRMS, rows=400).filter(pl.col("firm_id").str.starts_with("F"))
    later = timedelta(days=(AS_OF - date(2020, 3, 31)).days)
    return rows.with_columns(
        (pl.col("firm_id").str.slice(1).cast(pl.Int64) + 1).alias("firm_id"),
        pl.col("issued_on") + later,
        (pl.col("known_at") + later).cast(pl.Datetime("us")).dt.replace_time_zone("Asia/Shanghai").dt.convert_time_zone("UTC"),
    ).drop("void_known_at")


def world(seed: int) -> dict[str, pl.DataFrame]:
    return {record: invoices(seed) if record == INVOICE else random_records(record, seed, FIRMS, until=AS_OF) for record in RECORDS}


def known(frames: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    return {record: rows.filter(pl.col("known_at") < MIDNIGHT) for record, rows in frames.items()}


def corrected(record: str, rows: pl.DataFrame, known_at: datetime) -> pl.DataFrame:
    """The same facts told once more, with every number another."""
    numbers = [name for name, dtype in rows.schema.items() if dtype in (pl.Int64, pl.Float64) and name not in ("firm_id", "record_id")]
    names = set() if record == INVOICE else set(profiles.layout(record).identity)
    changed = [(pl.col(name) * 2 + 1).alias(name) for name in numbers if name not in names]
    ids = [] if record == INVOICE else [(pl.col("record_id") + 1_000_000).alias("record_id")]
    return rows.with_columns(*changed, *ids, pl.lit(known_at, dtype=pl.Datetime("us", "UTC")).alias("known_at"))


@pytest.mark.parametrize("seed", range(3))
def test_rows_known_later_change_nothing(seed: int) -> None:
    everything = world(seed)
    assert all(0 < known(everything)[record].height < rows.height for record, rows in everything.items())
    assert_frame_equal(compute_profile(known(everything), AS_OF), compute_profile(everything, AS_OF), rel_tol=1e-9)


@pytest.mark.parametrize("kind", [pl.Date, pl.Datetime("us"), pl.Datetime("us", "UTC")])
def test_voids_and_invoices_known_later_change_nothing_however_their_day_is_told(kind: pl.DataType) -> None:
    """Of a folder of files: a day counts from its first moment, and a void told later is still the invoice that it was."""
    rows = pl.concat([invoices(seed) for seed in range(4)]).with_row_index("number")
    last = pl.lit(AS_OF)
    told = pl.col("issued_on") + pl.duration(days=1 + pl.col("number") % 40)
    rows = rows.with_columns(pl.col("known_at").dt.convert_time_zone("Asia/Shanghai").dt.date()).with_columns(
        void_known_at=pl.when(pl.col("status") == "void").then(pl.max_horizontal(told, "known_at"))
    )
    late = (pl.col("status") == "void") & (pl.col("void_known_at") > last)
    clean = rows.filter(pl.col("known_at") <= last).with_columns(
        status=pl.when(late).then(pl.when(pl.col("amount_fen") < 0).then(pl.lit("red")).otherwise(pl.lit("normal"))).otherwise("status"),
        void_known_at=pl.when(~late).then("void_known_at"),
    )
    assert clean.height < rows.height and rows.filter(late & (pl.col("known_at") <= last)).height > 3
    moments = ["known_at", "void_known_at"]
    if kind == pl.Datetime("us", "UTC"):
        typed = [pl.col(name).cast(pl.Datetime("us")).dt.replace_time_zone("Asia/Shanghai").dt.convert_time_zone("UTC") for name in moments]
    else:
        typed = [pl.col(name).cast(kind) for name in moments]
    found, expected = (compute_profile({INVOICE: each.drop("number").with_columns(typed)}, AS_OF) for each in (rows, clean))
    assert_frame_equal(found, expected, rel_tol=1e-9)


def test_corrections_of_every_record_count_from_the_day_they_are_known() -> None:
    before = known(world(11))
    tomorrow = {record: pl.concat([rows, corrected(record, rows, MIDNIGHT)]) for record, rows in before.items()}
    assert_frame_equal(compute_profile(tomorrow, AS_OF), compute_profile(before, AS_OF), rel_tol=1e-9)


def test_the_planted_corrections_would_show_if_they_were_known() -> None:
    """Else the test above could not fail: the same rows known in time change values of every module that reads the record."""
    before = known(world(11))
    values = compute_profile(before, AS_OF)
    unmoved = []
    for module in registry.modules():
        in_time = dict(before)
        for record in module.records:
            if record != COUNTERPARTY:
                rows = before[record]
                in_time[record] = pl.concat([rows, corrected(record, rows, MIDNIGHT - timedelta(seconds=1))])
        mine = [variable.name for variable in module.variables]
        if compute_profile(in_time, AS_OF, mine).equals(values.select("firm_id", *mine)):
            unmoved.append(module.name)
    # Rows at random seldom make ten months of bills beside ten months of sales, payers who were invoiced, or lines of a statement.
    assert set(unmoved) <= {"payers_and_invoices", "power_and_sales", "statements"}
