"""`puhui products`: check product files. Needs no database."""

from __future__ import annotations

from pathlib import Path

import typer

from puhui.site.commands import support

app = typer.Typer(help="Check product files.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Check product files."""


@app.command()
def check(
    file: Path | None = typer.Argument(None, metavar="[FILE]", help="A product file; without it, every one of the catalogue."),
    catalogue: Path | None = typer.Option(None, "--catalogue", help="An institution's own catalogue folder; default: PUHUI_CATALOGUE."),
    as_json: bool = typer.Option(False, "--json", help="One JSON document instead of text."),
) -> None:
    """Check fields, expressions, units and tables, against the catalogue of variables too; ends with 1 where something is wrong.

    Example: puhui products check my-product.toml
    """
    if file and not file.is_file():
        support.fail(f"FILE: found nothing at {file}, expected a product file")
    from puhui.calculations.faults import Fault, FaultsError
    from puhui.products import parameters, reading
    from puhui.site import configuration

    folder = catalogue or configuration.load().catalogue
    paths = [file] if file else reading.product_paths(folder)
    units = _units()
    faults: list[Fault] = []
    for path in paths:
        try:
            product = reading.load(path)
        except FaultsError as error:
            faults.extend(error.faults)
            continue
        faults.extend(reading.against_catalogue(product, units))
        for part, name in product.parameters.items():
            try:
                parameters.table(name, folder)
            except FaultsError as error:
                where = product.document.where("parameters", part)
                faults.extend(Fault(f"{where}: {one.where}", one.found, one.expected, one.remedy) for one in error.faults)
    if as_json:
        support.print_result({"files": [str(path) for path in paths], "faults": [fault.as_dict() for fault in faults]}, True)
    else:
        print("\n".join(str(fault) for fault in faults) or "\n".join(f"{path.name}: nothing wrong" for path in paths))
    if faults:
        support.found_wrong()


def _units() -> dict[str, str]:
    """Variable → unit of the catalogue of variables."""
    from puhui.features import registry

    return {variable.name: variable.unit for variable in registry.catalogue()}
