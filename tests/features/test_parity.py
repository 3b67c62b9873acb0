"""One text, three engines: polars, DuckDB and Spark give the same values and the same nulls, for every class of heavy records."""

from __future__ import annotations

import shutil
from datetime import date, datetime

import polars as pl
import pytest

from puhui.features import engines, invoice_folds, registry
from puhui.features.compute import compute
from puhui.features.profiles import compute_profile, measure_schema

from . import test_account_flows, test_scenario, test_utilities
from .frames import frame, random_frame, row
from .records import Heavy
from .test_worked_firm import AS_OF, ROWS

FRAME = pl.concat([random_frame(seed=7), frame(ROWS)], how="diagonal_relaxed")
DATES = (date(2020, 3, 31), date(2020, 2, 29), date(2019, 7, 17))

HEAVY = tuple(module for module in registry.modules() if module.portable and module.name != "invoices")
HEAVY_DATES = (date(2024, 2, 29), date(2024, 2, 28), date(2022, 7, 17))
WORKED = (test_account_flows, test_scenario, test_utilities)


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


def heavy_frames(seed: int = 5) -> dict[str, pl.DataFrame]:
    """Random records of every trouble, and the firms worked out by hand."""
    frames = Heavy(seed).frames()
    for worked in WORKED:
        for record, rows in worked.worked_frames().items():
            # A record's number is its own: movements of one day are told apart by it.
            frames[record] = pl.concat([frames[record], rows], how="diagonal_relaxed")
    return frames


def heavy_values(frames: dict[str, pl.DataFrame], as_of: date, engine: str) -> pl.DataFrame:
    """Every variable that the measures of the heavy classes alone can give."""
    ours = {name for module in HEAVY for name in measure_schema(module.name)}
    names = [each.name for module in HEAVY for each in module.variables if each.measures <= ours]
    return compute_profile(frames, as_of, names, engine)


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


@pytest.mark.parametrize("as_of", DATES)
def test_one_pass_over_many_rows_equals_plans_for_few(as_of: date) -> None:
    numbered = FRAME.with_columns(firm_id=pl.col("firm_id").rank("dense").cast(pl.Int64))
    assert FRAME.height < engines.FEW_ROWS
    for rows in (FRAME, numbered):
        assert differences(compute(rows, as_of), compute(rows.lazy(), as_of)) == []


def test_tables_of_cells_are_taken_block_by_block_where_firms_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """So few cells that each side is a block of its own, and so many that two are."""
    whole = compute(FRAME.lazy(), AS_OF)
    for cells in (1, 2_500):
        monkeypatch.setattr(invoice_folds, "_CELLS", cells)
        assert differences(compute(FRAME.lazy(), AS_OF), whole) == []


def test_firms_of_whom_nothing_is_known_yet_are_told_as_nulls() -> None:
    nothing = compute(FRAME.lazy(), date(1990, 1, 31))
    assert nothing["firm_id"].to_list() == FRAME["firm_id"].unique().sort().to_list()
    assert all(value is None for row in nothing.drop("firm_id").iter_rows() for value in row)
    assert compute(FRAME.lazy().filter(pl.lit(False)), AS_OF).height == 0


def test_heavy_records_are_rich_enough_too() -> None:
    values = heavy_values(heavy_frames(), HEAVY_DATES[0], "polars")
    for name in values.columns[1:]:
        assert values[name].null_count() < values.height, f"{name} is null for every firm"
        assert not values[name].is_nan().any() and not values[name].is_infinite().any(), name
    assert {101, 201, 301} <= set(values["firm_id"].to_list())
    assert sum(values[name].null_count() for name in values.columns) > 200


@pytest.mark.parametrize("as_of", HEAVY_DATES)
def test_heavy_records_on_duckdb_equal_polars(as_of: date) -> None:
    frames = heavy_frames()
    assert differences(heavy_values(frames, as_of, "polars"), heavy_values(frames, as_of, "duckdb")) == []


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
    # A short life: the first compiler's code is good enough, and a second one compiling beside it takes a third more of the processor.
    options |= {"spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"}
    session = sql.SparkSession.builder.master("local[2]").config(map=options).getOrCreate()
    invoices = pl.concat([random_frame(seed=11, rows=1500), frame(ROWS)], how="diagonal_relaxed")
    try:
        assert differences(compute(invoices, AS_OF), compute(invoices, AS_OF, engine="spark")) == []
        frames = heavy_frames(seed=11)
        assert differences(heavy_values(frames, HEAVY_DATES[0], "polars"), heavy_values(frames, HEAVY_DATES[0], "spark")) == []
    finally:
        session.stop()
