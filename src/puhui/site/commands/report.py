"""`puhui report NAME --as-of D`: a report of the book, on the screen or as a file."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from puhui.site.commands import support

app = typer.Typer()


@app.command()
def report(
    name: Annotated[str, typer.Argument(help="The report: portfolio.")],
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day after whose end; default: the last ended day.")
    ] = None,
    form: Annotated[str, typer.Option("--format", help="xlsx, csv, json or html; default: text on the screen.")] = "",
    out: Annotated[Path | None, typer.Option(help="File to write; default: standard output.")] = None,
    language: Annotated[str, typer.Option(help="en, zh-hans or zh-hant.")] = "en",
    institution: Annotated[str | None, typer.Option(help="Code of the institution, where there are several.")] = None,
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """A report of the book as of a day.

    Example: puhui report portfolio --as-of 2026-06-30 --format xlsx --out portfolio.xlsx
    """
    support.start_django()
    from puhui.reports import queries, tables

    form = "json" if json else form
    faults = []
    if name not in queries.REPORTS:
        faults.append(f"report: found {name}, expected one of {', '.join(sorted(queries.REPORTS))}")
    if form and form not in tables.FORMATS:
        faults.append(f"--format: found {form}, expected one of {', '.join(tables.FORMATS)}")
    if form == "xlsx" and out is None and sys.stdout.isatty():
        faults.append("--out: a workbook does not go to a terminal; name a file")
    if faults:
        support.fail(faults)
    made = queries.report(name, support.institution(institution), as_of.date() if as_of else None, language)
    content = tables.render(made, form) if form else tables.text(made).encode()
    if out:
        out.write_bytes(content)
        typer.echo(f"{out}: {len(content):,} bytes", err=True)
    else:
        sys.stdout.buffer.write(content + (b"" if form == "xlsx" else b"\n"))
