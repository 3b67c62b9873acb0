"""Commands, pages, products, parameters and terms are documented as they are; a page that was forgotten fails here."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from puhui.products import catalogue_page
from puhui.products.documents import CATALOGUE
from puhui.site import commands_page
from puhui.site.commands_page import Leaf, examples_of, leaves

DOCS = Path(__file__).parents[2] / "docs"
LEAVES = [pytest.param(leaf, id=leaf.name) for leaf in leaves()]


def rows(page: str, columns: int) -> Iterator[list[str]]:
    """The cells of every table line with that many columns, heads and rules left out."""
    for line in (DOCS / page).read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        if line.startswith("| ") and len(cells) == columns:
            yield cells


# ---------------------------------------------------------------- commands


def test_the_page_of_commands_is_up_to_date() -> None:
    written = (DOCS / "commands.md").read_text(encoding="utf-8")
    assert written == commands_page.page(), "run: python -m puhui.site.commands_page > docs/commands.md"


@pytest.mark.parametrize("leaf", LEAVES)
def test_each_command_says_what_it_is_for_and_so_does_each_of_its_options(leaf: Leaf) -> None:
    assert len((leaf.command.help or "").split()) >= 3
    assert [parameter.name for parameter in leaf.command.params if not parameter.help] == []


@pytest.mark.parametrize("leaf", LEAVES)
def test_the_example_is_accepted_by_its_command(leaf: Leaf) -> None:
    """Parsed, not run: a renamed option or a missing argument fails."""
    examples = examples_of(leaf)
    assert examples, f"the help of puhui {leaf.name} needs a line such as: Example: puhui {leaf.name}"
    for example in examples:
        leaf.command.make_context(leaf.name, list(example.arguments))


# ---------------------------------------------------------------- pages


def routes() -> dict[str, Any]:
    """Address as written in `urls.py` → route, of every page of the console."""
    from puhui.console.urls import urlpatterns

    return {f"/{route.pattern}": route for route in urlpatterns}


def documented_pages() -> dict[str, list[str]]:
    """Address → the other cells: who reads, who acts, question, what stands there."""
    return {cells[0].strip("`"): cells for cells in rows("pages.md", 5) if cells[0].startswith("`/")}


def test_every_address_is_documented_and_no_other() -> None:
    assert set(documented_pages()) == set(routes())


def test_who_may_read_and_act_is_told_as_it_is() -> None:
    from puhui.console.access import ACTORS, READERS

    told = documented_pages()
    for address, route in routes().items():
        page = getattr(route.callback, "puhui_page", None)
        if page:
            names = {field: {name.strip() for name in told[address][field].split(",")} - {"–"} for field in (1, 2)}
            assert names[1] == {_role(role) for role in READERS[page]}, address
            assert names[2] <= {_role(role) for role in ACTORS.get(page, ())}, address


def _role(role: str) -> str:
    return str(getattr(role, "value", role)).replace("_", " ")


def test_each_page_names_its_question() -> None:
    assert [address for address, cells in documented_pages().items() if len(cells[3].split()) < 3] == []


# ---------------------------------------------------------------- products and parameters


def test_the_page_of_products_is_up_to_date() -> None:
    written = (DOCS / "products.md").read_text(encoding="utf-8")
    assert written == catalogue_page.page(), "run: python -m puhui.products.catalogue_page > docs/products.md"


@pytest.mark.parametrize("path", sorted((CATALOGUE / "parameters").glob("*.toml")), ids=lambda path: path.stem)
def test_each_table_of_figures_says_where_they_come_from_and_whether_somebody_checked(path: Path) -> None:
    head = tomllib.loads(path.read_text(encoding="utf-8"))["table"]
    assert len(head["source"].split()) >= 2 and isinstance(head["verified"], bool)
    assert not (head["verified"] and "[GK]" in head["source"]), "general knowledge is not verified"
    written = (DOCS / "products.md").read_text(encoding="utf-8")
    assert f"### {path.stem}\n" in written


@pytest.mark.parametrize("path", sorted((CATALOGUE / "products").glob("*.toml")), ids=lambda path: path.stem)
def test_each_product_and_each_of_its_rules_and_bounds_is_on_the_page(path: Path) -> None:
    body, written = tomllib.loads(path.read_text(encoding="utf-8")), (DOCS / "products.md").read_text(encoding="utf-8")
    codes = [
        body["product"]["code"],
        *(each["code"] for each in [*body["rules"], *body["limit"]["bounds"], *body["offer"].get("conditions", ())]),
    ]
    assert [code for code in codes if f"`{code}`" not in written] == []


# ---------------------------------------------------------------- real data


def test_each_file_of_the_real_data_is_described_with_the_columns_that_are_read() -> None:
    from puhui.site.commands.demo import REAL_FILES

    told = {cells[0].strip("`"): cells[2] for cells in rows("real-data.md", 4) if cells[0].endswith(".parquet`")}
    assert all(told.values()) and set(told) == {f"{name}.parquet" for name in REAL_FILES}
    written = (DOCS / "real-data.md").read_text(encoding="utf-8")
    for side in ("input", "output"):
        mapping = tomllib.loads((CATALOGUE / "mappings" / f"cumcm2020-{side}.toml").read_text(encoding="utf-8"))
        assert [column for column in _source_columns(mapping) if f"`{column}`" not in written] == []


def _source_columns(mapping: Any) -> Iterator[str]:
    """The columns of the file that a mapping reads."""
    yield mapping["firm"]["column"]
    yield from (column for column, field in mapping["columns"].items() if field != "ignore")


# ---------------------------------------------------------------- terms

HAN = re.compile(r"[\u4e00-\u9fff]")


def terms() -> list[list[str]]:
    return [cells for cells in rows("glossary/README.md", 4) if cells[0] != "English"]


def test_each_term_stands_in_three_languages_with_its_meaning() -> None:
    found = terms()
    assert len(found) >= 80
    for english, simplified, traditional, meaning in found:
        assert re.match("[A-Za-z]", english) and HAN.search(simplified) and HAN.search(traditional), english
        assert len(meaning.split()) >= 3, english
    names = [cells[0].lower() for cells in found]
    assert sorted(set(names)) == sorted(names)


def test_pages_use_the_terms_of_the_glossary() -> None:
    """Where a page shows a term alone, it shows it in the words of the glossary."""
    from puhui.site.translations import read_catalogue

    differing = []
    for locale, column in (("zh_Hans", 1), ("zh_Hant", 2)):
        shown = {str(message.id).lower(): message.string for message in read_catalogue(locale) if message.id}
        for cells in terms():
            word = shown.get(cells[0].lower())
            if word and word not in cells[column].split(" / "):
                differing.append((locale, cells[0], cells[column], word))
    assert differing == []


# ---------------------------------------------------------------- the interface for other programs


def test_each_address_of_the_interface_is_documented_and_no_other() -> None:
    from puhui.api.interface import interface

    document = interface.get_openapi_schema(path_prefix="")
    there = {f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods}
    text = (DOCS / "api.md").read_text(encoding="utf-8")
    told = {f"{method} {path}" for method, path in re.findall(r"`(GET|POST) (/[^`?]*)[^`]*`", text)}
    assert told == there
