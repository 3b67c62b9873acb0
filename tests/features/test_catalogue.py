"""Each variable is declared once, explained in three languages, and on the catalogue page."""

from __future__ import annotations

import csv
import os
import re
from pathlib import Path

import narwhals as nw
import polars as pl
import pytest

from puhui.features import profiles, registry, texts
from puhui.features.catalogue_page import page
from puhui.features.variable import NULL_REASONS, SIGNS, UNITS

EVIDENCE_CLASSES = (*(f"C{number:02}" for number in range(1, 19)), "S1", "S2")

ROOT = Path(__file__).parents[2]

# The field's list of variables of all classes, as the data dictionary of the project has it.
FIELD_LIST = Path(os.environ.get("PUHUI_FIELD_LIST", ROOT.parent / "shared" / "domain" / "variables.csv"))


def test_names_are_unique() -> None:
    names = [variable.name for variable in registry.catalogue()]
    assert len(names) == len(set(names)) > 100


@pytest.mark.skipif(not FIELD_LIST.exists(), reason=f"no list of the field's variables at {FIELD_LIST}; set PUHUI_FIELD_LIST to it")
def test_the_field_list_is_computed_or_named_as_left_out() -> None:
    with FIELD_LIST.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    classes = {module.evidence_class for module in registry.modules()}
    listed = {row["name"]: row for row in rows if row["class"] in classes}
    computed = {variable.name: variable for variable in registry.catalogue()}
    left_out = {item.name: item for item in registry.left_out()}
    assert not computed.keys() & left_out.keys()
    assert not listed.keys() - computed.keys() - left_out.keys(), "neither declared nor named as left out"
    assert left_out.keys() <= listed.keys()
    assert all(item.reason and item.evidence_class == listed[item.name]["class"] for item in left_out.values())
    for name in computed.keys() & listed.keys():
        assert computed[name].evidence_class == listed[name]["class"], name
        assert computed[name].personal == (listed[name]["personal"] == "Y"), name


def test_signs_units_and_reasons_are_of_the_closed_lists() -> None:
    for variable in registry.catalogue():
        assert variable.sign in SIGNS, variable.name
        assert variable.unit in UNITS, variable.name
        assert variable.null_reason in NULL_REASONS, variable.name
        assert variable.window and variable.evidence_class in EVIDENCE_CLASSES, variable.name
        assert bool(variable.sides) or variable.history_months == 0, f"{variable.name}: months of which records?"


def test_a_formula_names_only_measures_that_some_class_makes() -> None:
    owners = profiles.measure_owners()
    for variable in registry.catalogue():
        assert variable.measures and variable.measures <= owners.keys(), f"{variable.name}: {variable.measures - owners.keys()}"


def test_the_measures_that_a_formula_names_are_all_that_it_reads() -> None:
    types = {name: dtype for module in registry.modules() for name, dtype in profiles.measure_schema(module.name).items()}
    for variable in registry.catalogue():
        only = pl.LazyFrame(schema={name: types[name] for name in sorted(variable.measures)})
        assert nw.from_native(only).select(variable.value()).collect_schema().names() == [variable.name]


def test_every_variable_is_explained_in_three_languages() -> None:
    assert texts.written_names() == {variable.name for variable in registry.catalogue()}
    for variable in registry.catalogue():
        for words in (variable.titles, variable.meanings, variable.null_meaning):
            assert set(words) == {"en", "zh-hans", "zh-hant"}
            assert all(text.strip() and not re.search(r"[{}|]", text) for text in words.values()), variable.name
        assert not re.search("[\u4e00-\u9fff]", variable.titles["en"] + variable.meanings["en"]), variable.name
        assert re.search("[\u4e00-\u9fff]", variable.titles["zh-hans"]), variable.name


def test_titles_tell_variables_apart() -> None:
    for language in texts.LANGUAGES:
        titles = [variable.titles[language] for variable in registry.catalogue()]
        assert len(titles) == len(set(titles))


def test_traditional_texts_hold_no_simplified_characters() -> None:
    simplified = set(
        "发个额净红废断税买张离标数历录长趋势对节联动关负减业务区货际实冲点无称结权现响幅扩变较仅规纳属当稳见终两观应时间么为开产东岁买卖单项销进购给"
    )
    traditional_too = set("幅")
    for variable in registry.catalogue():
        text = variable.titles["zh-hant"] + variable.meanings["zh-hant"] + variable.null_meaning["zh-hant"]
        # 净 数 and their like are written otherwise in traditional Chinese
        wrong = (simplified - traditional_too) & set(text)
        assert not wrong, f"{variable.name}: {wrong}"


def test_the_page_is_up_to_date() -> None:
    written = (ROOT / "docs" / "variables.md").read_text(encoding="utf-8")
    assert written == page(), "run: python -m puhui.features.catalogue_page > docs/variables.md"
    assert all(f"| `{variable.name}` |" in written for variable in registry.catalogue())


def test_digest_is_stable_within_a_run() -> None:
    assert registry.catalogue_digest() == registry.catalogue_hash()
    assert re.fullmatch("[0-9a-f]{64}", registry.catalogue_digest())


def test_the_page_of_the_county_tells_of_every_variable() -> None:
    written = (ROOT / "docs" / "variables-in-the-county.md").read_text(encoding="utf-8")
    missing = [variable.name for variable in registry.catalogue() if f"| `{variable.name}` |" not in written]
    assert not missing, f"{missing}; run: python -m puhui.county.variables_page > docs/variables-in-the-county.md"
