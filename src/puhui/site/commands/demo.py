"""`puhui demo`: the whole of Puhui on the embedded database, on a made-up county or on real invoices."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from puhui.site.commands import support

if TYPE_CHECKING:
    from puhui.site.configuration import Configuration

app = typer.Typer()

REAL_FILES = (
    "cumcm2020c_firms", "cumcm2020c_rate_churn", "cumcm2020c_a1_input_invoices", "cumcm2020c_a1_output_invoices",
    "cumcm2020c_a2_input_invoices", "cumcm2020c_a2_output_invoices",
)  # fmt: skip


@app.command()
def demo(
    data: Annotated[Path | None, typer.Option(help="Folder of the real invoices; without it the county is made up.")] = None,
    firms: Annotated[int, typer.Option(min=30, max=20_000, help="How many firms the made-up county has.")] = 300,
    port: Annotated[int | None, typer.Option(help="Port of the console; default: PUHUI_PORT.")] = None,
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Open the console at the end.")] = True,
    fresh: Annotated[bool, typer.Option("--fresh", help="Remove what is there and begin anew.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Everything from invoices to repaid loans, then the console. What is there already is not made again.

    Example: puhui demo --firms 300
    Example: puhui demo --data ../shared/data --no-serve
    """
    from puhui.site import configuration as configurations

    configuration = configurations.load()
    _check(configuration, data, fresh)
    if fresh:
        _erase(configuration)
    from puhui.site import translations

    translations.compile_stale()  # before Django is set up, which reads words and keeps them
    support.start_django()
    result = _research(configuration, data, as_json) if data else _county(configuration, firms, as_json)
    if as_json:
        support.print_result(result, True)
    if serve:
        from puhui.site import demonstration
        from puhui.site.commands.serve import listen

        for role, username, password in demonstration.accounts(configuration.home):
            typer.echo(f"  {role:<14} {username:<12} {password}")
        listen(configuration.host, port or configuration.port)


def _check(configuration: Configuration, data: Path | None, fresh: bool) -> None:
    faults = []
    if not configuration.is_embedded:
        faults.append("DATABASE_URL: found a server of your own, expected none. The demonstration only ever uses the embedded database.")
    if data is not None:
        missing = [name for name in REAL_FILES if not (data / f"{name}.parquet").exists()]
        if missing:
            faults.append(
                f"--data {data}: found no {', '.join(f'{name}.parquet' for name in missing)}; docs/real-data.md tells what they are"
            )
    if faults:
        support.fail(faults)


def _erase(configuration: Configuration) -> None:
    """Everything in the home, but only where nothing but demonstrations was ever in it."""
    from puhui.site import demonstration, embedded

    if embedded.status(configuration.home).initialised and not demonstration.read(configuration.home):
        support.fail(
            f"--fresh: found a database in {configuration.home} that no demonstration made. Remove it yourself, or set PUHUI_HOME."
        )
    embedded.erase(configuration.home)


def _begin(configuration: Configuration, name: str, code: str, facts: dict[str, Any]) -> bool:
    """Whether a demonstration is still to be made. One that was cut off, or made with other facts, asks for --fresh."""
    from puhui.parties.models import Institution
    from puhui.site import demonstration

    noted = demonstration.read(configuration.home).get(name, {})
    if not Institution.objects.filter(code=code).exists():
        demonstration.note(configuration.home, name, done=False, **facts)
        return True
    if not noted.get("done"):
        support.fail(f"the {name} demonstration was cut off while it was made. Begin anew: puhui demo --fresh")
    other = {key: noted.get(key) for key, value in facts.items() if noted.get(key) != value}
    if other:
        support.fail(f"the {name} demonstration is there with {other}, asked for {facts}. Begin anew: puhui demo --fresh")
    return False


def _county(configuration: Configuration, firms: int, as_json: bool) -> dict[str, Any]:
    from puhui.county import story
    from puhui.parties.models import Institution
    from puhui.reports import queries, tables
    from puhui.site import demonstration

    began = time.monotonic()
    if _begin(configuration, "county", story.CODE, {"firms": firms}):
        story.tell(story.Plan(firms=firms), _teller(as_json))
        roles = [(role, username, story.PASSWORD) for username, role, _ in story.USERS]
        seconds = round(time.monotonic() - began, 1)
        demonstration.note(
            configuration.home, "county", done=True, seconds=seconds, accounts=[("borrower", "borrower", story.PASSWORD), *roles]
        )
        typer.echo(f"made in {seconds:.0f} seconds", err=True)
    report = queries.report("portfolio", Institution.objects.get(code=story.CODE), None, "en")
    if not as_json:
        typer.echo(tables.text(report))
    return report.as_dict()


def _research(configuration: Configuration, data: Path | None, as_json: bool) -> dict[str, Any]:
    import json

    from puhui.county import research
    from puhui.site import demonstration

    assert data is not None
    path = configuration.home / research.RESULT_FILE
    if _begin(configuration, "research", research.CODE, {}):
        research.run(data, configuration.home, _teller(as_json))
        demonstration.note(configuration.home, "research", done=True)
    result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if not as_json:
        support.print_result(research.rows_for_people(result), False)
        for note in result["notes"]:
            typer.echo(note)
        typer.echo(f"full result: {path}")
    return result


def _teller(quiet: bool) -> Any:
    """Each stage with a bar while it runs and a line when it is done."""
    from contextlib import contextmanager

    @contextmanager
    def stage(label: str, total: int | None = None) -> Any:
        began = time.monotonic()
        with support.progress(label, total) as shown:
            yield shown
        if not quiet:
            typer.echo(f"{label:<60} {time.monotonic() - began:6.1f} s", err=True)

    return stage
