"""The examples of `docs/algorithms/rules.md` are recomputed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from puhui.calculations.faults import FaultsError
from puhui.calculations.rule_units import BOOLEAN, kind_of_unit
from puhui.calculations.rules import Vocabulary, parse
from puhui.calculations.rules_python import compile_python

PAGE = Path(__file__).parents[2] / "docs" / "algorithms" / "rules.md"
EXAMPLES = [yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)]


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
