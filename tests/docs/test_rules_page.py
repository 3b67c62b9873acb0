"""The examples of `docs/algorithms/rules.md` are recomputed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from puhui.calculations.domains import holds_nowhere, true_in
from puhui.calculations.faults import FaultsError
from puhui.calculations.rule_units import BOOLEAN, kind_of_unit
from puhui.calculations.rules import Vocabulary, parse
from puhui.calculations.rules_python import compile_python
from puhui.products.derived import read_derived
from puhui.products.documents import stored_document
from puhui.products.fields import Fields
from puhui.products.formulas import Formulas

PAGE = Path(__file__).parents[2] / "docs" / "algorithms" / "rules.md"
BLOCKS = [yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)]
EXAMPLES = [block for block in BLOCKS if "rule" in block]
TEXTS = {"en": "x", "zh-hans": "x", "zh-hant": "x"}


@pytest.mark.parametrize("example", EXAMPLES, ids=[example["rule"] for example in EXAMPLES])
def test_example(example):
    vocabulary = Vocabulary({name: kind_of_unit(unit) for name, unit in example["names"].items()}, {})
    expected = kind_of_unit(example["unit"]) if "unit" in example else BOOLEAN
    if "fault" in example:
        with pytest.raises(FaultsError) as raised:
            parse(example["rule"], vocabulary, expected)
        assert str(raised.value).startswith(example["fault"])
        return
    evaluate = compile_python(parse(example["rule"], vocabulary, expected))
    for one in example["examples"]:
        assert evaluate(one["facts"], {}) == one["value"]


def test_values_made_of_others():
    [block] = [block for block in BLOCKS if "values" in block]
    body = {part: [row if part == "score_tables" else row | {"texts": TEXTS} for row in rows] for part, rows in block["values"].items()}
    document, faults = stored_document("product", "page", body), []
    derived = read_derived(Fields(document, faults, body), Formulas(faults, document, block["names"], {}))
    assert faults == []
    for example in block["examples"]:
        facts = dict(example["facts"])
        for one in derived:
            facts[one.name] = one.formula.evaluate(facts, {})
        assert {one.name: facts[one.name] for one in derived} == example["gives"]


def test_impossible_conditions():
    [block] = [block for block in BLOCKS if "impossible" in block]
    vocabulary = Vocabulary({name: kind_of_unit(unit) for name, unit in block["names"].items()}, {})
    for kind in ("impossible", "possible"):
        found = [holds_nowhere(true_in(parse(text, vocabulary, BOOLEAN).tree), {}) for text in block[kind]]
        assert found == [kind == "impossible"] * len(block[kind])
