"""Cross-checks on the made-up county, against what was planted in its papers, on a seed that nothing was tuned on.

The checks see evidence only: frames of records, as an importer would leave them. The plants are known to this test alone.
"""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from puhui.county import economy as economies
from puhui.county import trade
from puhui.county.papers.all import Papers, papers
from puhui.county.papers.frames import frames_of
from puhui.county.papers.plants import KINDS
from puhui.features import registry
from puhui.features.cross_checks import outcomes, trust_grades
from puhui.features.profiles import compute_profile

SEED = 31_415
FIRMS, MONTHS = 200, 36
DAY = date(2023, 12, 31)
# Check → the fraud that it looks for.
LOOKS_FOR = {
    "circular_trade": "circular_trade",
    "reversed_after_report": "void_after_report",
    "insured_and_paid_staff": "invented_staff",
    "round_trips": "round_tripping",
    "exports_and_receipts": "invented_exports",
    "electricity_and_sales": "invented_output",
    "two_versions_of_statements": "two_sets_of_books",
}
DEMANDED = ("circular_trade", "reversed_after_report", "insured_and_paid_staff")


@pytest.fixture(scope="module")
def county() -> tuple[economies.Economy, Papers]:
    economy = economies.build(FIRMS, date(2021, 1, 1), MONTHS + 4, SEED)
    return economy, papers(economy, trade.invoices(economy, SEED), MONTHS, SEED)


@pytest.fixture(scope="module")
def found(county: tuple[economies.Economy, Papers]) -> pl.DataFrame:
    economy, all_papers = county
    read = {*registry.records(), "invoice", "counterparty"}
    frames = {name: frame for name, frame in frames_of(economy, all_papers, MONTHS).items() if name in read}
    profile = compute_profile(frames, DAY)
    return outcomes(profile, DAY, {firm.number: firm.industry.code for firm in economy.firms})


def judged(found: pl.DataFrame, all_papers: Papers, check: str) -> tuple[set[int], set[int]]:
    """Firms that the check refers or stops, and firms that carry what it looks for."""
    flagged = found.filter(pl.col("code") == check, pl.col("outcome").is_in(["refer", "stop"]))["firm_id"].to_list()
    return set(flagged), set(all_papers.plants.carriers(LOOKS_FOR[check]))


@pytest.mark.parametrize("check", LOOKS_FOR)
def test_precision_and_recall(check: str, found: pl.DataFrame, county: tuple[economies.Economy, Papers]) -> None:
    flagged, planted = judged(found, county[1], check)
    hit = flagged & planted
    precision, recall = len(hit) / max(len(flagged), 1), len(hit) / len(planted)
    print(f"{check}: precision {precision:.2f}, recall {recall:.2f} ({len(flagged)} flagged, {len(planted)} planted)")
    least_precision, least_recall = (0.9, 0.8) if check in DEMANDED else (0.75, 0.6)
    assert precision >= least_precision
    assert recall >= least_recall


def test_innocent_twins_are_not_taken_for_fraud(found: pl.DataFrame, county: tuple[economies.Economy, Papers]) -> None:
    innocent = {kind for kind, (twin, _) in KINDS.items() if twin}
    for check in DEMANDED:
        flagged, _ = judged(found, county[1], check)
        assert not [firm for firm in flagged if county[1].plants.of.get(firm) in innocent], check


def test_classes_are_graded_by_what_was_found(found: pl.DataFrame, county: tuple[economies.Economy, Papers]) -> None:
    classes = {firm.number: ("C06", "C07", "C13") for firm in county[0].firms}
    grades = trust_grades(found, classes).pivot("evidence_class", index="firm_id", values="grade")
    dressed_up = judged(found, county[1], "circular_trade")[0]
    assert set(grades.filter(pl.col("firm_id").is_in(dressed_up))["C07"]) == {"D"}
    assert set(grades["C13"]) == {"B"}  # nothing was set against it
    assert (grades["C07"] == "A").mean() > 0.5
