"""The worked example of docs/algorithms/scorecard.md: its counts give its points, and its points its probabilities."""

import math
import tomllib
from pathlib import Path

import numpy as np
import pytest

from puhui.scoring.binning import Binned, weight_of_evidence
from puhui.scoring.configuration_file import _TOP_KEYS, read_configuration
from puhui.scoring.fitting import Fitted
from puhui.scoring.model import Model
from puhui.scoring.points import scorecard_document
from puhui.scoring.population import Candidate, Population
from puhui.scoring.preparation import KINDS

TEXT = (Path(__file__).parents[2] / "docs/algorithms/scorecard.md").read_text(encoding="utf-8")


def table(first_headings: str) -> list[dict[str, str]]:
    """Rows of the first table of the page whose first columns have these headings."""
    lines = TEXT.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"| {first_headings} |"))
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[start : lines.index("", start)]]
    return [dict(zip(cells[0], row, strict=True)) for row in cells[2:]]


CARD = table("variable | weight")
CASES = table("active_months | buyers")


@pytest.fixture(scope="module")
def model() -> Model:
    """The example's scorecard, made from its counts and weights by the code that makes every scorecard."""
    binned, weights = [], []
    for name, splits in (("active_months", (6.0, 12.0)), ("buyers", (3.0, 10.0))):
        rows = [row for row in CARD if row["variable"] == name]
        defaulted = np.array([float(row["defaults"]) for row in rows] + [0.0])
        repaid = np.array([float(row["cases"]) for row in rows] + [0.0]) - defaulted
        candidate = Candidate(name, "number", "+", "descending", np.zeros(1))
        binned.append(Binned(candidate, splits, None, repaid, defaulted, weight_of_evidence(repaid, defaulted, 2.0), 0.1))
        weights.append(float(rows[0]["weight"]))
    fitted = Fitted(tuple(binned), math.log(100 / 900), np.array(weights))
    raw = {"active_months": "number", "buyers": "number"}
    population = Population((), np.array([1.0, 0.0]), np.ones(2), False, raw, None, (), 2)
    configuration = read_configuration({"target": "defaulted", "calibration": "none"})
    return Model(scorecard_document(population, fitted, np.array([[0.0, 0.0]]), configuration, {}))


def test_the_card_is_that_of_the_page(model):
    made = [(variable.name, row.label, row.points, row.woe) for variable in model.document.variables for row in variable.bins]
    told = [(row["variable"], row["values"], int(row["points"]), pytest.approx(float(row["woe"]), abs=5e-7)) for row in CARD]
    assert made == told
    assert model.document.intercept_points == 506
    assert "starts from 506" in TEXT


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["points"])
def test_each_case_scores_as_told(model, case):
    score = model.score({"active_months": float(case["active_months"]), "buyers": float(case["buyers"])})
    assert (score.points, score.probability) == (int(case["points"]), float(case["probability"]))
    lost = {name: int(case[f"points lost on {name}"]) for name in ("active_months", "buyers")}
    assert score.contributions == lost
    told = sorted((name for name in lost if lost[name]), key=lambda name: -lost[name])
    assert [reason.variable for reason in score.reasons] == told


def test_weight_of_evidence_by_hand():
    """(150 + 2 × 0.9) / (50 + 2 × 0.1) against 9 to 1."""
    woe = weight_of_evidence(np.array([150.0, 270, 480]), np.array([50.0, 30, 20]), 2.0)
    assert woe[0] == pytest.approx(math.log((150 + 1.8) / (50 + 0.2)) - math.log(9))


def test_each_file_of_the_page_can_be_read():
    blocks = [block.split("```")[0] for block in TEXT.split("```toml\n")[1:]]
    assert len(blocks) == 6
    for block in blocks:
        # the fuller file names the target twice for reading's sake: as a table only
        assert read_configuration(tomllib.loads(block)).target.column


def test_the_page_names_every_key_and_every_kind_of_preparation():
    aliases = {"preparation": "prepare", "scaling": "points"}
    missing = [key for key in (*_TOP_KEYS, *KINDS) if aliases.get(key, key) not in TEXT]
    assert missing == []
