"""`puhui products`: check product files. Needs no database."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import typer

from puhui.site.commands import support

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
    language: str = typer.Option("en", "--language", help=f"Of the product in words: {', '.join(LANGUAGES)}; faults are in English."),
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
    from puhui.decisions.product_check import check_file
    from puhui.products import reading
    from puhui.site import configuration

    folder = catalogue or configuration.load().catalogue
    paths = [file] if file else reading.product_paths(folder)
    checked = [check_file(path, day, folder) for path in paths]
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
        told += [f"{path.name}: nothing wrong" for path, one in zip(paths, checked, strict=True) if not one.faults]
        print("\n".join(told))
    if faults:
        support.found_wrong()


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text) if text else datetime.now().astimezone().date()
    except ValueError:
        support.fail(f"--as-of: found {text!r}, expected a day such as 2026-01-31")
