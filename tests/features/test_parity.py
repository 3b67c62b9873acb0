"""One text, three engines: polars, DuckDB and Spark give the same values and the same nulls."""

from __future__ import annotations

import shutil
from datetime import date, datetime

import polars as pl
import pytest

from puhui.features.compute import compute

from .frames import frame, random_frame, row
from .test_worked_firm import AS_OF, ROWS

FRAME = pl.concat([random_frame(seed=7), frame(ROWS)], how="diagonal_relaxed")
DATES = (date(2020, 3, 31), date(2020, 2, 29), date(2019, 7, 17))


def differences(one: pl.DataFrame, other: pl.DataFrame) -> list[str]:
    """Every value that differs by more than a billionth, relatively; a null equals only a null, and no value is NaN or infinite."""
    assert one.columns == other.columns
    assert one["firm_id"].to_list() == other["firm_id"].to_list()
    found = []
    for name in one.columns[1:]:
        for firm, left, right in zip(one["firm_id"], one[name], other[name], strict=True):
            if (left is None) != (right is None):
                found.append(f"{firm} {name}: {left} against {right}")
            elif left is not None and not abs(left - right) <= 1e-9 * max(abs(left), abs(right), 1e-6):
                found.append(f"{firm} {name}: {left!r} against {right!r}")
    return found


def test_data_is_rich_enough_to_tell_engines_apart() -> None:
    values = compute(FRAME, AS_OF)
    for name in values.columns[1:]:
        assert values[name].null_count() < values.height, f"{name} is null for every firm"
        assert not values[name].is_nan().any() and not values[name].is_infinite().any(), name
    assert values.filter(pl.col("firm_id") == "nothing-known").row(0)[1:] == (None,) * (values.width - 1)
    assert sum(values[name].null_count() for name in values.columns) > 200


@pytest.mark.parametrize("as_of", DATES)
def test_duckdb_equals_polars(as_of: date) -> None:
    assert differences(compute(FRAME, as_of), compute(FRAME, as_of, engine="duckdb")) == []


def test_duckdb_takes_its_own_relation() -> None:
    import duckdb

    connection = duckdb.connect()
    connection.register("invoices", FRAME.to_arrow())
    assert differences(compute(FRAME, AS_OF), compute(connection.table("invoices"), AS_OF, engine="duckdb")) == []


def test_order_of_rows_does_not_matter() -> None:
    shuffled = FRAME.sample(fraction=1.0, shuffle=True, seed=3)
    assert differences(compute(FRAME, AS_OF), compute(shuffled, AS_OF)) == []


def test_a_firm_alone_equals_the_firm_among_others() -> None:
    together = compute(FRAME, AS_OF)
    for firm in ("F01", "F02", "F03", "H", "young"):
        alone = compute(FRAME.filter(pl.col("firm_id") == firm), AS_OF)
        assert differences(alone, together.filter(pl.col("firm_id") == firm)) == []


def test_firm_keys_may_be_integers_and_times_moments() -> None:
    numbered = FRAME.with_columns(
        firm_id=pl.col("firm_id").rank("dense").cast(pl.Int64), known_at=pl.col("known_at").cast(pl.Datetime("us"))
    )
    plain, other = compute(FRAME, AS_OF), compute(numbered, AS_OF)
    assert differences(plain.drop("firm_id").with_columns(firm_id=other["firm_id"]).select(other.columns), other) == []


def test_a_moment_does_not_close_the_month_it_lies_in() -> None:
    rows = frame([row("out", date(2020, 2, 10), "B", 100), row("out", date(2020, 3, 10), "B", 7)])
    at_noon, at_night = datetime.fromisoformat("2020-03-31T12:00"), date(2020, 3, 31)
    assert compute(rows, at_noon, variables=["inv_out_amt_12m"])["inv_out_amt_12m"].item() == 100
    assert compute(rows, at_night, variables=["inv_out_amt_12m"])["inv_out_amt_12m"].item() == 107


@pytest.mark.timeout(900)
@pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java 17: apt-get install openjdk-17-jre-headless")
def test_spark_equals_polars() -> None:
    sql = pytest.importorskip("pyspark.sql", reason="pip install 'puhui[spark]'")
    # Few rows and long plans: compiling them would take longer than interpreting them.
    options = {"spark.ui.enabled": "false", "spark.sql.shuffle.partitions": "1", "spark.sql.codegen.wholeStage": "false"}
    options |= {"spark.sql.adaptive.enabled": "false", "spark.log.level": "ERROR"}
    session = sql.SparkSession.builder.master("local[2]").config(map=options).getOrCreate()
    invoices = pl.concat([random_frame(seed=11, rows=1500), frame(ROWS)], how="diagonal_relaxed")
    try:
        assert differences(compute(invoices, AS_OF), compute(invoices, AS_OF, engine="spark")) == []
    finally:
        session.stop()
