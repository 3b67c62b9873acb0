"""`puhui products`: check product files. Needs no database."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import typer

from puhui.site.commands import support

if TYPE_CHECKING:
    from puhui.calculations.faults import Fault
    from puhui.products.parameters import Table
    from puhui.products.terms import Product

LANGUAGES = ("en", "zh-hans", "zh-hant")

app = typer.Typer(help="Check product files.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Check product files."""


@app.command()
def check(
    file: Path | None = typer.Argument(None, metavar="[FILE]", help="A product file; without it, every one of the catalogue."),
    catalogue: Path | None = typer.Option(None, "--catalogue", help="An institution's own catalogue folder; default: PUHUI_CATALOGUE."),
    as_of: str = typer.Option("", "--as-of", help="The day whose caps, costs and prime rate count (YYYY-MM-DD); default: today."),
    language: str = typer.Option("en", "--language", help=f"Of the product in words: {', '.join(LANGUAGES)}."),
    as_json: bool = typer.Option(False, "--json", help="One JSON document instead of text."),
) -> None:
    """Check fields, expressions, units and tables, and look for contradictions; one FILE is also told in plain words.

    Contradictions: conditions that no firm can meet or every firm meets, rules and rows that cannot be reached, rates above the caps,
    classes whose loans cost more than the highest rate, limits that never bind. Ends with 1 where something is wrong; remarks are told.

    Example: puhui products check my-product.toml
    """
    if file and not file.is_file():
        support.fail(f"FILE: found nothing at {file}, expected a product file")
    if language not in LANGUAGES:
        support.fail(f"--language: found {language!r}, expected one of {', '.join(LANGUAGES)}")
    day = _day(as_of)
    from puhui.products import reading
    from puhui.site import configuration

    folder = catalogue or configuration.load().catalogue
    paths = [file] if file else reading.product_paths(folder)
    checked = [_checked(path, folder, day) for path in paths]
    faults = [fault for one in checked for fault in one.faults]
    remarks = [fault for one in checked for fault in one.remarks]
    words = checked[0].words(language, day) if file else ""
    if as_json:
        names = [str(path) for path in paths]
        found = {"files": names, "faults": [fault.as_dict() for fault in faults], "remarks": [fault.as_dict() for fault in remarks]}
        support.print_result(found | ({"words": words} if file else {}), True)
    else:
        told = [words, ""] if words else []
        told += [str(fault) for fault in faults] + [f"remark: {fault}" for fault in remarks]
        told += [f"{one.path.name}: nothing wrong" for one in checked if not one.faults]
        print("\n".join(told))
    if faults:
        support.found_wrong()


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text) if text else datetime.now().astimezone().date()
    except ValueError:
        support.fail(f"--as-of: found {text!r}, expected a day such as 2026-01-31")


class _Checked(NamedTuple):
    """What was found in one file; `product` None where it cannot be read."""

    path: Path
    product: Product | None
    tables: dict[str, Table]
    faults: list[Fault]
    remarks: list[Fault]

    def words(self, language: str, day: date) -> str:
        """The product in plain words; nothing where it cannot be read."""
        if self.product is None or len(self.tables) < len(self.product.parameters):
            return ""
        from puhui.features import registry
        from puhui.products.explaining import as_text, explain

        titles = {variable.name: variable.titles for variable in registry.catalogue()}
        return as_text(self.product, explain(self.product, self.tables, day, language, titles), language)


def _checked(path: Path, folder: Path | None, day: date) -> _Checked:
    from puhui.calculations.faults import Fault, FaultsError
    from puhui.decisions.offering import terms_faults
    from puhui.products import parameters, reading
    from puhui.products.contradictions import findings

    try:
        product = reading.load(path)
    except FaultsError as error:
        return _Checked(path, None, {}, list(error.faults), [])
    faults = [*reading.against_catalogue(product, _units()), *terms_faults(product, day)]
    tables = {}
    for part, name in product.parameters.items():
        try:
            tables[part] = parameters.table(name, folder)
        except FaultsError as error:
            where = product.document.where("parameters", part)
            faults.extend(Fault(f"{where}: {one.where}", one.found, one.expected, one.remedy) for one in error.faults)
    found = findings(product, tables, day) if len(tables) == len(product.parameters) else []
    faults += [one.fault for one in found if one.is_contradiction]
    return _Checked(path, product, tables, faults, [one.fault for one in found if not one.is_contradiction])


@cache
def _units() -> dict[str, str]:
    """Variable → unit of the catalogue of variables."""
    from puhui.features import registry

    return {variable.name: variable.unit for variable in registry.catalogue()}
