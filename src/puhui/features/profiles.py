"""The whole profile of firms: the variables of every class of evidence, as of a date.

Each class turns its records into measures, one row per firm; the measures of all classes are joined by firm, and every variable is a
formula over that one wide row, so that a formula may set one class against another. Plans are prepared once for a date and kept, so that
one firm is recomputed in the time that its rows take.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any

import narwhals as nw
import polars as pl

from puhui.evidence.layouts import layout
from puhui.features import engines, registry
from puhui.features.registry import EvidenceModule
from puhui.features.values import values
from puhui.features.variable import Variable
from puhui.features.windows import ZONE, AsOf

__all__ = [
    "Profile",
    "class_of",
    "classes_of",
    "compute_profile",
    "measure_owners",
    "measure_schema",
    "null_reasons",
    "profile",
    "records_for",
    "standing",
]

INVOICE = "invoice"
INVOICE_SCHEMA = {
    "firm_id": pl.Int64,
    "direction": pl.String,
    "issued_on": pl.Date,
    "counterparty": pl.String,
    "amount_fen": pl.Int64,
    "tax_fen": pl.Int64,
    "status": pl.String,
    "known_at": pl.Datetime("us", "UTC"),
    "duplicate": pl.Boolean,
}
COUNTERPARTY = "counterparty"
COUNTERPARTY_SCHEMA = {"counterparty": pl.String, "party": pl.String}
"""Who is meant by the text of a counterparty, where the lender knows it; the one frame that is not of firms."""

_OTHER_SCHEMAS: Mapping[str, dict[str, Any]] = {INVOICE: INVOICE_SCHEMA, COUNTERPARTY: COUNTERPARTY_SCHEMA}

ANY_DAY = AsOf(date(2020, 1, 31))


@dataclass(frozen=True)
class Profile:
    """`values`: firm_id and the variables; `histories`: firm_id and every measure `<side>_history_months` that a variable needs."""

    values: pl.DataFrame
    histories: pl.DataFrame


def compute_profile(
    frames: Mapping[str, Any], as_of: date | datetime, variables: Sequence[str] | None = None, engine: str = "polars"
) -> pl.DataFrame:
    """One row per firm, sorted: `firm_id` and each variable as Float64, null where the variable is null.

    frames     record → its rows in the layout's schema (`puhui.evidence.layouts`), `invoice` → the canonical invoice frame; records that
               are left out count as nothing known. `counterparty`: columns counterparty (as in invoices and flows) and party, where
               known. With an engine other than polars, rows of portable classes may be native frames of it, all of one connection and
               then with every record that the class reads
    as_of      date (its end) or moment; no row known later is used, and of rows about one fact only the one known last
    variables  names to compute, in this order; all of the catalogue when None

    Raises ValueError naming every unknown variable, record or column that is missing.
    """
    return profile(frames, as_of, variables, engine).values


def profile(
    frames: Mapping[str, Any],
    as_of: date | datetime,
    variables: Sequence[str] | None = None,
    engine: str = "polars",
    firms: Sequence[Any] = (),
    as_known: bool = False,
) -> Profile:
    """The values as `compute_profile` gives them, and the known months that say why a null is null.

    firms     keys of firms that have a row in any case; of each firm with a row in a frame there is one anyway
    as_known  the frames hold just what was known at the moment, each fact once, as `puhui.evidence.queries` gives them
    """
    at, wanted = AsOf(as_of), tuple(registry.select(variables))
    _check_records(frames)
    given = dict(frames) if as_known else {record: _standing_rows(record, rows, at) for record, rows in frames.items()}
    rows = _firms((frame for record, frame in given.items() if record != COUNTERPARTY), firms)
    owners = measure_owners()
    names = {owners[measure].name for each in wanted for measure in each.measures}
    used = [module for module in registry.modules() if module.name in names]
    with engines.named_stages():
        found = [_measures(module, given, at, engine, rows.schema["firm_id"]) for module in used]
    wide = _wide(rows, found)
    sides = dict.fromkeys(f"{side}_history_months" for variable in wanted for side in variable.sides)
    return Profile(values(wide, wanted), wide.select("firm_id", *sides))


def null_reasons(found: Profile, refused: Mapping[Any, Mapping[str, str]] | None = None) -> dict[Any, dict[str, str]]:
    """firm → variable → why it is null (of `NULL_REASONS`), for every null.

    `refused`: firm → class of evidence → `not_authorised` or `source_down`, for the classes that could not be read; a variable that reads
    such a class has that reason. Else `too_short_history` where known months are fewer than it needs, or the variable's own reason.
    """
    variables = registry.select(found.values.columns[1:])
    classes = classes_of()
    reasons: dict[Any, dict[str, str]] = {}
    for row, months in zip(found.values.iter_rows(), found.histories.iter_rows(named=True), strict=True):
        barred = (refused or {}).get(row[0], {})
        mine = reasons[row[0]] = {}
        for variable, value in zip(variables, row[1:], strict=True):
            if value is None:
                mine[variable.name] = _reason(variable, classes[variable.name], months, barred)
    return reasons


def _reason(variable: Variable, classes: frozenset[str], months: Mapping[str, float | None], barred: Mapping[str, str]) -> str:
    stopped = {barred[each] for each in classes if each in barred}
    for reason in ("withheld_by_law", "not_authorised", "source_down"):
        if reason in stopped:
            return reason
    known = [months[f"{side}_history_months"] for side in variable.sides]
    if any(each is None or each < variable.history_months for each in known):
        return "too_short_history"
    return variable.null_reason


@cache
def classes_of() -> Mapping[str, frozenset[str]]:
    """Variable → the classes of evidence that its formula rests on: of all records that the modules read which make its measures."""
    owners = measure_owners()
    return {each.name: frozenset().union(*(module_classes(owners[name]) for name in each.measures)) for each in registry.catalogue()}


@cache
def module_classes(module: EvidenceModule) -> frozenset[str]:
    """The classes of the records that a module reads."""
    return frozenset(class_of(record) for record in module.records if record != COUNTERPARTY)


def class_of(record: str) -> str:
    """The class of a kind of record."""
    return "C07" if record == INVOICE else layout(record).evidence_class


def records_for(variables: Iterable[str]) -> tuple[str, ...]:
    """Every kind of record that these variables rest on."""
    owners = measure_owners()
    used = {owners[name].name for variable in variables for name in registry.variable(variable).measures}
    return tuple(dict.fromkeys(record for module in registry.modules() if module.name in used for record in module.records))


@cache
def measure_owners() -> Mapping[str, EvidenceModule]:
    """Measure → the module that makes it. Raises ValueError where two modules make one of the same name."""
    owners: dict[str, EvidenceModule] = {}
    for module in registry.modules():
        for name in measure_schema(module.name):
            if owners.setdefault(name, module) is not module:
                raise ValueError(f"measure {name}: made by {owners[name].name} and by {module.name}; a name is used once over all classes")
    return owners


@cache
def measure_schema(name: str) -> Mapping[str, Any]:
    """Measure → polars type, of the module of that name."""
    module = next(each for each in registry.modules() if each.name == name)
    frames = {record: pl.DataFrame(schema=_schema(record)).lazy() for record in module.records}
    return {column: dtype for column, dtype in module.measures(frames, ANY_DAY).collect_schema().items() if column != "firm_id"}


def standing(record: str, rows: pl.DataFrame, as_of: AsOf) -> pl.DataFrame:
    """The rows of a record that were known and true at the moment: of those about one fact, the one known last."""
    form = layout(record)
    if rows.is_empty():
        return rows
    kept = rows.filter((pl.col("known_at") <= as_of.end) & (pl.lit(form.future) | (pl.col("observed_on") <= as_of.day)))
    names = ["firm_id", *form.identity]
    if not form.identity or kept.select(names).is_unique().all():
        return kept
    return kept.sort("known_at", "record_id", maintain_order=True).unique(names, keep="last", maintain_order=True)


@cache
def _schema(record: str) -> dict[str, Any]:
    return _OTHER_SCHEMAS[record] if record in _OTHER_SCHEMAS else layout(record).schema()


def _check_records(frames: Mapping[str, Any]) -> None:
    unknown = sorted(set(frames) - set(registry.records()))
    faults = [f"{name}: no variable reads such a record, known are {', '.join(registry.records())}" for name in unknown]
    for record, rows in frames.items():
        if record not in unknown and record != INVOICE and isinstance(rows, (pl.DataFrame, pl.LazyFrame)):
            missing = sorted(set(_schema(record)) - set(_columns(rows)))
            faults += [f"{record}: missing column {', '.join(missing)}"] if missing else []
    if faults:
        raise ValueError("; ".join(faults))


def _columns(rows: pl.DataFrame | pl.LazyFrame) -> list[str]:
    return rows.columns if isinstance(rows, pl.DataFrame) else rows.collect_schema().names()


def _standing_rows(record: str, rows: Any, as_of: AsOf) -> Any:
    """Rows in memory as of the moment; a native frame of another engine is read by its class as it is."""
    if not isinstance(rows, (pl.DataFrame, pl.LazyFrame)):
        return rows
    rows = rows.lazy().collect()
    if record == INVOICE:
        return _standing_invoices(rows, as_of)
    return rows if record in _OTHER_SCHEMAS else standing(record, rows, as_of)


def _standing_invoices(rows: pl.DataFrame, as_of: AsOf) -> pl.DataFrame:
    """The invoices known at the moment, each in the state that was known: a void told later is still the invoice that it was."""
    if "known_at" in rows.columns:
        rows = rows.filter(_known_by("known_at", rows.schema, as_of))
    if "void_known_at" not in rows.columns:
        return rows
    told_later = (pl.col("status") == "void") & ~_known_by("void_known_at", rows.schema, as_of).fill_null(True)
    before = pl.when(pl.col("amount_fen") < 0).then(pl.lit("red")).otherwise(pl.lit("normal"))
    return rows.with_columns(pl.when(told_later).then(before).otherwise(pl.col("status").cast(pl.String)).alias("status"))


def _known_by(column: str, schema: Mapping[str, Any], as_of: AsOf) -> pl.Expr:
    """Whether a moment, or a day (which counts from its first moment), lies within what was known; null where it is null."""
    dtype = schema[column]
    if not isinstance(dtype, pl.Datetime):
        return pl.col(column).cast(pl.Date) <= as_of.day
    return pl.col(column) <= (as_of.end if dtype.time_zone else as_of.end.astimezone(ZONE).replace(tzinfo=None))


def _firms(frames: Iterable[Any], named: Sequence[Any]) -> pl.DataFrame:
    """Every firm with a row of any kind, and those that are named."""
    ids = [
        rows.get_column("firm_id")
        if isinstance(rows, pl.DataFrame)
        else engines.collect(nw.from_native(rows).lazy().select("firm_id").unique()).get_column("firm_id")
        for rows in frames
    ]
    if named:
        ids.append(pl.Series("firm_id", named))
    return pl.concat(ids).unique().sort().to_frame() if ids else pl.DataFrame(schema={"firm_id": pl.Int64})


def _measures(module: EvidenceModule, frames: Mapping[str, Any], as_of: AsOf, engine: str, firm_type: Any) -> pl.DataFrame:
    """The measures of one class; nothing is run for a class of which nothing is known."""
    given = {record: frames[record] for record in module.records if record in frames}
    told = [rows for record, rows in given.items() if record != COUNTERPARTY]
    if all(isinstance(rows, pl.DataFrame) and rows.is_empty() for rows in told):
        return pl.DataFrame(schema={"firm_id": firm_type, **measure_schema(module.name)})
    for record in module.records:
        if record not in given:
            schema = _schema(record)
            given[record] = pl.DataFrame(schema=schema | {"firm_id": firm_type} if "firm_id" in schema else schema)
    if engine != "polars" and module.portable:
        with engines.shared_stages():
            native = engines.native_frames(given, engine)
            return engines.collect(nw.from_native(module.measures(native, as_of)))
    if module.prepared is not None:
        found: pl.DataFrame = module.prepared(given, as_of)
        return found
    if module.eager:
        return engines.collect(nw.from_native(module.measures({record: rows.lazy() for record, rows in given.items()}, as_of)))
    ordered = [_in_order(given[record], list(_schema(record))) for record in module.records]
    plan = _measure_plan(module.name, as_of, tuple(tuple(zip(rows.columns, rows.dtypes, strict=True)) for rows in ordered))
    return plan.run(*ordered)


def _in_order(rows: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    return rows if rows.columns == names else rows.select(names)


@lru_cache(maxsize=100)
def _measure_plan(name: str, as_of: AsOf, schemas: tuple[tuple[tuple[str, Any], ...], ...]) -> engines.PreparedPlan:
    module = next(each for each in registry.modules() if each.name == name)

    def build(*leaves: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        frames = {record: leaf.to_native() for record, leaf in zip(module.records, leaves, strict=True)}
        measures: nw.LazyFrame[Any] = nw.from_native(module.measures(frames, as_of))
        return measures

    return engines.PreparedPlan(build, *(pl.Schema(schema) for schema in schemas))


def _wide(firms: pl.DataFrame, measures: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Each firm with the measures of all classes beside it, null where a class knows nothing of it."""
    beside = []
    for each in (each.sort("firm_id") if each.height > 1 else each for each in measures):
        if not (each.height == firms.height and each.get_column("firm_id").equals(firms.get_column("firm_id"))):
            each = firms.join(each, on="firm_id", how="left", maintain_order="left")
        beside += [column for column in each.get_columns() if column.name != "firm_id"]
    return firms.hstack(beside)
