"""`puhui features`: compute variables, from the evidence in the database or from a folder of files without any database."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from puhui.site.commands import support

if TYPE_CHECKING:
    from datetime import date

    import polars as pl

app = typer.Typer(help="Variables of firms: compute them, list them.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def compute(
    engine: Annotated[str, typer.Option(help="polars, duckdb or spark; all give the same values.")] = "polars",
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Nothing known later is used. Default with --source: the last fully recorded month's end."),
    ] = None,
    source: Annotated[
        Path | None, typer.Option(help="Folder of files named by their record, and of invoices; no database is touched.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Parquet, CSV or JSON file for the values, one row per firm.")] = None,
    institution: Annotated[str, typer.Option(help="Code of the institution, without --source; needed when there are several.")] = "",
    as_json: AsJson = False,
) -> None:
    """Compute every variable of every firm.

    Example: puhui features compute --source ../shared/data --as-of 2019-12-31 --out variables.parquet
    """
    faults = _option_faults(engine, out)
    if faults:
        support.fail(faults)
    day = as_of.date() if as_of else None
    if source is None:
        support.print_result(_refresh(institution, day, engine, out), as_json)
        return
    summary, values = _compute_folder(source, day, engine)
    if out is not None:
        _write(values, out)
        summary["out"] = str(out)
    support.print_result(summary if out is not None or not as_json else {**summary, "values": values.to_dicts()}, as_json)


@app.command(name="list")
def list_variables(as_json: AsJson = False) -> None:
    """List the catalogue: name, unit, sign, window, meaning.

    Example: puhui features list --json
    """
    from puhui.features import registry

    rows = [
        {
            "name": variable.name,
            "unit": variable.unit,
            "sign": variable.sign,
            "window": variable.window,
            "title": variable.titles["en"],
        }
        for variable in registry.catalogue()
    ]
    support.print_result(rows, as_json)


def _option_faults(engine: str, out: Path | None) -> list[str]:
    from puhui.features.engines import ENGINES

    faults = []
    if engine not in ENGINES:
        faults.append(f"--engine: found {engine!r}, expected one of {', '.join(ENGINES)}")
    if out is not None and out.suffix not in (".parquet", ".csv", ".json"):
        faults.append(f"--out: found {out.name!r}, expected a name ending in .parquet, .csv or .json")
    if out is not None and not out.absolute().parent.is_dir():
        faults.append(f"--out: the folder {out.absolute().parent} does not exist; create it first")
    return faults


def _compute_folder(source: Path, as_of: date | None, engine: str) -> tuple[dict[str, Any], pl.DataFrame]:
    from puhui.features import registry, sources
    from puhui.features.partitions import compute_partitions, partitions
    from puhui.features.profiles import compute_profile
    from puhui.features.record_sources import read_records

    if partitions(source):
        if as_of is None:
            support.fail("--as-of: found nothing, expected a date: parts are never read together to look for the last full month")
        with support.progress(f"Computing variables of invoices by parts on {engine}"):
            values = compute_partitions(source, as_of, engine)
        nulls = sum(values[name].null_count() for name in values.columns[1:])
        counts: dict[str, Any] = {"as_of": as_of, "parts": len(partitions(source)), "firms": values.height}
        return counts | {"variables": values.width - 1, "nulls": nulls, "catalogue_digest": registry.catalogue_digest()}, values
    with support.progress("Reading evidence"):
        folder = read_records(source)
    as_of = as_of or (sources.complete_as_of(folder.invoices.invoices) if folder.invoices else None)
    if as_of is None:
        support.fail("--as-of: found nothing, expected a date: without invoices no last full month is known")
    with support.progress(f"Computing variables on {engine}"):
        values = folder.named(compute_profile(folder.frames, as_of, engine=engine))
    summary: dict[str, Any] = {
        "as_of": as_of,
        "records": {record: frame.height for record, frame in folder.frames.items()},
        "rows": folder.rows,
        "firms": values.height,
        "variables": values.width - 1,
        "nulls": sum(values[name].null_count() for name in values.columns[1:]),
        "known_at_assumed": list(folder.known_at_assumed),
        "catalogue_digest": registry.catalogue_digest(),
    }
    if folder.invoices:
        summary |= {
            "layout": folder.invoices.layout,
            "duplicates_left_out": int(folder.invoices.invoices["duplicate"].sum()),
            "known_at": "assumed: date of issue" if folder.invoices.known_at_assumed else "as recorded",
            "void_times": "recorded" if folder.invoices.void_time_known else "not given: a void is taken as known with its row",
        }
    return summary, values


def _refresh(code: str, as_of: date | None, engine: str, out: Path | None) -> dict[str, Any]:
    """Snapshots of every firm of the institution, from the evidence in the database."""
    if engine != "polars":
        support.fail(f"--engine: found {engine!r}, expected polars for the database's snapshots; {engine} runs with --source")
    if out is not None:
        support.fail("--out: found a file, expected none without --source; snapshots are stored in the database")
    support.start_django()
    from puhui.features import actions

    lender = support.institution(code)
    snapshots = actions.refresh(lender, as_of or lender.business_date, actor="system")
    return {"institution": lender.code, "as_of": as_of or lender.business_date, "snapshots": len(snapshots)}


def _write(values: pl.DataFrame, out: Path) -> None:
    if out.suffix == ".parquet":
        values.write_parquet(out)
    elif out.suffix == ".csv":
        values.write_csv(out)
    else:
        out.write_text(values.write_json(), encoding="utf-8")
