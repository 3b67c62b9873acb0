"""Names made alike, pairs that are one firm, and how the search fares on planted duplicates."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.parties.planted import county

from puhui.parties.firm_names import parse, simplified
from puhui.parties.identifiers import code_check_character
from puhui.parties.matching import CERTAIN_WEIGHT, Record, certain, find_pairs, organisation_of, probable
from puhui.parties.matching_levels import level_weight
from puhui.products.parameters import table

DAY = date(2026, 3, 30)
DOCS = Path(__file__).parents[2] / "docs" / "algorithms" / "matching.md"
HELD_BACK_SEED = 7919  # of no county that the weights were looked at with


def levels():
    found: dict[str, dict[str, tuple[float, float]]] = {}
    for row in table("firm-matching-levels").valid_on(DAY):
        found.setdefault(row["comparison"], {})[row["level"]] = (float(row["same_share"]), float(row["other_share"]))
    return found


LIMITS = table("firm-matching").row(DAY)
PRIOR, PROPOSE, REVIEW = (float(LIMITS[name]) for name in ("prior_share", "propose_weight", "review_weight"))


@pytest.mark.parametrize(
    ("text", "core", "form"),
    [
        ("浙江省杭州市清溪竹木制品有限公司", "清溪竹木制品", "limited"),
        ("杭州市清溪竹木製品有限責任公司", "清溪竹木制品", "limited"),
        ("清溪竹木制品（杭州）有限公司", "清溪竹木制品", "limited"),
        ("ＡＢＣ科技股份有限公司", "ABC科技", "stock"),
        ("老王小吃店（个体工商户）", "老王小吃店", "individual"),
        ("上海大众出租汽车分公司", "大众出租汽车分公司", "branch"),
        ("有限公司", "有限公司", ""),  # nothing would be left
        ("", "", ""),
    ],
)
def test_parts_of_names(text: str, core: str, form: str) -> None:
    assert (parse(text).core, parse(text).form) == (core, form)


@given(st.text(alphabet="清溪竹木東廣慶華市县区省浙江上海()（）【】 ·ＡＢc有限责任公司股份分合作社", max_size=24))
def test_what_is_made_alike_stays_alike(text: str) -> None:
    once = parse(text)
    assert parse(once.whole) == once
    assert simplified(simplified(text)) == simplified(text)
    assert parse(text.replace("(", "（").replace(")", "）")) == once
    assert parse(f" {text}\u3000") == once


def test_numbers_that_prove_and_codes_that_deny() -> None:
    one = Record(1, "清溪厂", (("uscc", "91330106MA0000015K"),))
    tax = Record(2, "别的名字", (("tax", "330106MA0000015"),))
    start = "91330106MA0000023"
    code = start + code_check_character(start)
    denied = [Record(3, "杭州市清溪竹木有限公司", (("uscc", code),), "330106", people=frozenset("p"))]
    denied += [Record(4, "杭州市清溪竹木有限公司", (("uscc", "91330106MA0000015K"),), "330106", people=frozenset("p"))]
    assert find_pairs(denied, levels(), PRIOR, -50) == []
    assert organisation_of("tax", "330106MA0000015") == organisation_of("uscc", "91330106MA0000015K") == "MA0000015"
    assert [(pair.first, pair.second, pair.levels) for pair in certain([one, tax])] == [(1, 2, {"proof": "organisation code"})]
    same_name = [Record(1, "杭州市清溪竹木有限公司", (), "330106"), Record(2, "杭州市清溪竹木有限责任公司", (), "330106")]
    assert [pair.levels for pair in certain(same_name)] == [{"proof": "name in one county"}]


def test_a_weight_is_the_sum_of_its_levels() -> None:
    rows = [
        Record(1, "杭州市清溪竹木制品有限公司", (), "330106", "2041", frozenset("p")),
        Record(2, "清溪竹木制品厂", (), "", "2049", frozenset("p")),
    ]
    pair = probable(rows, levels(), PRIOR, -50)[0]
    assert pair.levels["person"] == "same" and "division" not in pair.levels
    told = sum(level_weight(*levels()[name][level]) for name, level in pair.levels.items())
    assert pair.weight == pytest.approx(told + level_weight(PRIOR, 1 - PRIOR), abs=1e-6)


def score(seed: int, least: float) -> tuple[float, float]:
    records, truth = county(seed)
    found = {(pair.first, pair.second) for pair in find_pairs(records, levels(), PRIOR, REVIEW) if pair.weight >= least}
    return len(found & truth) / max(1, len(found)), len(found & truth) / len(truth)


def test_planted_duplicates_of_a_county_held_back() -> None:
    precision, recall = score(HELD_BACK_SEED, PROPOSE)
    _, shown = score(HELD_BACK_SEED, REVIEW)
    print(f"proposed: precision {precision:.3f}, recall {recall:.3f}; proposed or shown: recall {shown:.3f}")
    assert precision >= 0.95 and recall >= 0.7 and shown >= 0.85


def test_the_worked_example_of_the_page() -> None:
    example = json.loads(re.search(r"```json\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL).group(1))
    rows = [
        Record(each["firm"], each["name"], (), each["division"], each["industry"], frozenset(each["people"])) for each in example["rows"]
    ]
    pair = probable(rows, levels(), PRIOR, -50)[0]
    assert pair.levels == example["levels"]
    assert round(pair.weight, 2) == example["weight"] < CERTAIN_WEIGHT
    assert {name: round(level_weight(*levels()[name][level]), 2) for name, level in pair.levels.items()} == example["bits"]
