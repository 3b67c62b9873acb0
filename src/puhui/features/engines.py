"""The three engines that variables run on: polars in this process, DuckDB beyond memory, Spark beyond the machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from threading import Lock
from typing import Any, Literal, NamedTuple
from uuid import uuid4

import narwhals as nw
import polars as pl
from polars.io.plugins import register_io_source

__all__ = [
    "COLUMNS_READ",
    "ENGINES",
    "REQUIRED_COLUMNS",
    "PreparedPlan",
    "collect",
    "duckdb_connection",
    "lazy_frame",
    "named_stages",
    "native_frame",
    "native_frames",
    "require_columns",
    "shared",
    "shared_stages",
]

ENGINES = ("polars", "duckdb", "spark")

REQUIRED_COLUMNS = ("firm_id", "direction", "issued_on", "counterparty", "amount_fen", "tax_fen", "status", "known_at", "duplicate")

COLUMNS_READ = (*REQUIRED_COLUMNS, "kind", "void_known_at")
"""What the stages read; further columns of the frame are left alone."""


FEW_ROWS = 100_000


class _Effort(NamedTuple):
    """How polars goes about a query."""

    optimizations: pl.QueryOptFlags
    engine: Literal["auto", "in-memory"]


_FOR_FEW_ROWS = _Effort(pl.QueryOptFlags.none(comm_subplan_elim=True), "in-memory")
"""Over the rows of one firm, rearranging a plan costs more than running it, and so do the pipelines that the streaming engine sets up."""

_FOR_MANY_ROWS = _Effort(pl.QueryOptFlags(), "auto")


_BUILDING: ContextVar[PreparedPlan | None] = ContextVar("_BUILDING", default=None)


class PreparedPlan:
    """A polars query built once and run over many frames of the same columns.

    The leaves of the query ask for their frame at the moment it runs; a lock keeps two runs of one plan from seeing each other's frames.
    Stages that the builder marks by `shared` are run first, one after the other, and are read like frames that were handed in.
    """

    def __init__(self, build: Callable[..., nw.LazyFrame[Any]], *schemas: pl.Schema) -> None:
        self._frames: list[pl.DataFrame] = []
        self._given = len(schemas)
        self._stages: list[tuple[str, pl.LazyFrame]] = []
        self._lock = Lock()
        token = _BUILDING.set(self)
        try:
            leaves = [nw.from_native(self._leaf(place, schema)) for place, schema in enumerate(schemas)]
            self._query: pl.LazyFrame = build(*leaves).to_native()
        finally:
            _BUILDING.reset(token)
        self.schema = self._query.collect_schema()

    def run(self, *frames: pl.DataFrame) -> pl.DataFrame:
        effort = _FOR_FEW_ROWS if sum(frame.height for frame in frames) <= FEW_ROWS else _FOR_MANY_ROWS
        with self._lock:
            self._frames = list(frames)
            try:
                for name, stage in self._stages:
                    self._frames.append(_once(name, stage, effort))
                return _run(self._query, effort)
            finally:
                self._frames = []

    def stage(self, query: pl.LazyFrame, name: str = "") -> pl.LazyFrame:
        """A query that is run before those that read it; called while the plan is built."""
        self._stages.append((name, query))
        return self._leaf(self._given + len(self._stages) - 1, query.collect_schema())

    def _leaf(self, place: int, schema: pl.Schema) -> pl.LazyFrame:
        def read(
            columns: list[str] | None, predicate: pl.Expr | None, row_count: int | None, batch_rows: int | None
        ) -> Iterator[pl.DataFrame]:
            frame = self._frames[place]
            if columns is not None:
                frame = frame.select(columns)
            if predicate is not None:
                frame = frame.filter(predicate)
            yield frame if row_count is None else frame.head(row_count)

        return register_io_source(read, schema=schema)


_NAMED: ContextVar[dict[str, pl.DataFrame] | None] = ContextVar("_NAMED", default=None)


@contextmanager
def named_stages() -> Iterator[None]:
    """While the block runs, prepared plans that have a stage of the same name compute it once. All of them read the same frames."""
    token = _NAMED.set({})
    try:
        yield
    finally:
        _NAMED.reset(token)


def _once(name: str, query: pl.LazyFrame, effort: _Effort) -> pl.DataFrame:
    found = _NAMED.get()
    if found is None or not name:
        return _run(query, effort)
    if name not in found:
        found[name] = _run(query, effort)
    return found[name]


def _run(query: pl.LazyFrame, effort: _Effort) -> pl.DataFrame:
    return query.collect(optimizations=effort.optimizations, engine=effort.engine)


_KEPT: ContextVar[list[Callable[[], Any]] | None] = ContextVar("_KEPT", default=None)


@contextmanager
def shared_stages() -> Iterator[None]:
    """While the block runs, stages marked by `shared` are kept, which an engine would otherwise compute as often as each is read."""
    kept: list[Callable[[], Any]] = []
    token = _KEPT.set(kept)
    try:
        yield
    finally:
        _KEPT.reset(token)
        for forget in reversed(kept):
            forget()


def shared(frame: nw.LazyFrame[Any], deep: bool = False, name: str = "") -> nw.LazyFrame[Any]:
    """A stage that several later ones read: the same frame, computed once while a block of `shared_stages` runs or by a prepared plan.

    On polars it is computed at once, because finding out what two readings of a long plan have in common takes longer than running it;
    while a plan is prepared it becomes a stage of that plan, which other plans share that have a stage of the same `name`.
    DuckDB folds equal parts of one query well enough for a few stages. Where stages read each other many times over, the query grows with
    the product of all readings, and `deep` keeps the stage in a temporary table, which is no part of a database that was handed in. On
    Spark it cuts the plan there, which otherwise grows the same way and takes longer to look through than to run.
    """
    kept, plan = _KEPT.get(), _BUILDING.get()
    if plan is not None and frame.implementation.is_polars():
        staged: nw.LazyFrame[Any] = nw.from_native(plan.stage(frame.to_native(), name))
        return staged
    if kept is not None and frame.implementation.is_polars():
        collected: nw.LazyFrame[Any] = nw.from_native(frame.to_native().collect().lazy())
        return collected
    if kept is None or not (frame.implementation.is_pyspark() or (deep and frame.implementation.is_duckdb())):
        return frame
    native = frame.to_native()
    if frame.implementation.is_pyspark():
        native = native.localCheckpoint() if deep else native.cache()
        kept.append(native.unpersist)
    else:
        native, forget = _in_temporary_table(native)
        kept.append(forget)
    cached: nw.LazyFrame[Any] = nw.from_native(native)
    return cached


def _in_temporary_table(relation: Any) -> tuple[Any, Callable[[], Any]]:
    """A relation over a temporary table with the rows of `relation`, on its own connection; and what drops the table."""
    name = f"puhui_stage_{uuid4().hex}"
    relation.query(f"{name}_rows", f"CREATE TEMP TABLE {name} AS SELECT * FROM {name}_rows")
    table = relation.query(f"{name}_rows", f"SELECT * FROM {name}")
    return table, partial(relation.query, f"{name}_rows", f"DROP TABLE {name}")


def lazy_frame(invoices: Any, engine: str) -> nw.LazyFrame[Any]:
    """A Narwhals lazy frame over `invoices` on the named engine; native frames of that engine are taken as they are.

    Raises ValueError for an unknown engine or missing columns.
    """
    frame: nw.LazyFrame[Any] = nw.from_native(native_frame(invoices, engine)).lazy()
    require_columns(frame.collect_schema().names())
    return frame


def native_frame(frame: Any, engine: str, database: Any = None) -> Any:
    """The engine's own lazy frame of a polars frame; native frames of that engine are taken as they are.

    `database`: the DuckDB connection that the relation belongs to, by default one of its own; relations of two do not join.
    Raises ValueError for an unknown engine.
    """
    if engine not in ENGINES:
        raise ValueError(f"engine: found {engine!r}, expected one of {', '.join(ENGINES)}")
    if not isinstance(frame, (pl.DataFrame, pl.LazyFrame)):
        return frame
    if engine == "duckdb":
        return _duckdb(frame, database)
    return {"polars": _polars, "spark": _spark}[engine](frame)


def native_frames(frames: Mapping[str, Any], engine: str) -> dict[str, Any]:
    """The same of several frames that are to be joined: on DuckDB all that are in memory go to one connection.

    Native relations of another connection cannot be joined with them; whoever hands in such hands in all frames that way.
    """
    if engine != "duckdb":
        return {name: native_frame(frame, engine) for name, frame in frames.items()}
    import duckdb

    connection = duckdb.connect()
    in_memory = (pl.DataFrame, pl.LazyFrame)
    return {name: _duckdb(frame, connection) if isinstance(frame, in_memory) else frame for name, frame in frames.items()}


def require_columns(present: Sequence[str]) -> None:
    """Raises ValueError naming every required column that is not among `present`."""
    missing = [name for name in REQUIRED_COLUMNS if name not in present]
    if missing:
        raise ValueError(f"invoice frame: missing column {', '.join(missing)}; found {', '.join(present)}")


def collect(frame: nw.LazyFrame[Any]) -> pl.DataFrame:
    """The frame's rows as a polars frame, whatever engine it ran on."""
    native = frame.to_native()
    if isinstance(native, pl.LazyFrame):
        return native.collect()
    if frame.implementation.is_duckdb():
        return pl.DataFrame(native.pl())
    return pl.DataFrame(pl.from_arrow(native.toArrow()))


def _polars(frame: pl.DataFrame | pl.LazyFrame) -> pl.LazyFrame:
    return frame.lazy()


def _duckdb(frame: pl.DataFrame | pl.LazyFrame, database: Any) -> Any:
    import duckdb

    table = frame.lazy().collect().to_arrow()
    return (database or duckdb.connect()).from_arrow(table)


def duckdb_connection() -> Any:
    """A DuckDB database in memory, for relations that are to be joined."""
    import duckdb

    return duckdb.connect()


def _spark(frame: pl.DataFrame | pl.LazyFrame) -> Any:
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise ValueError("engine spark: the package pyspark is missing; install the extra: pip install 'puhui[spark]'") from error
    session = SparkSession.getActiveSession() or (
        SparkSession.builder.appName("puhui")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "8")
        .config("spark.sql.execution.arrow.pyspark.enabled", "true")
        .config("spark.log.level", "ERROR")
        .getOrCreate()
    )
    return session.createDataFrame(frame.lazy().collect().to_arrow())
