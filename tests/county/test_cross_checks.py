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
from puhui.county.papers.money import payments
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
def profile(county: tuple[economies.Economy, Papers]) -> pl.DataFrame:
    economy, all_papers = county
    read = {*registry.records(), "invoice", "counterparty"}
    frames = {name: frame for name, frame in frames_of(economy, all_papers, MONTHS).items() if name in read}
    return compute_profile(frames, DAY)


@pytest.fixture(scope="module")
def found(county: tuple[economies.Economy, Papers], profile: pl.DataFrame) -> pl.DataFrame:
    return outcomes(profile, DAY, {firm.number: firm.industry.code for firm in county[0].firms})


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


def test_some_companies_need_more_for_their_business_than_they_have(profile: pl.DataFrame) -> None:
    told = profile.filter(pl.col("fs_net_assets").is_not_null())
    gaps, equity = told["fs_wc_loan_gap"].drop_nulls(), told["fs_net_assets"] / told["fs_total_assets"]
    assert gaps.len() > 0.8 * told.height
    assert 0.12 < (gaps > 0).mean() < 0.45
    assert 0.25 < equity.median() < 0.50
    assert equity.min() > 0
    assert told["fs_integrity_fail_cnt"].max() == 0


def test_statements_owe_what_other_papers_say(county: tuple[economies.Economy, Papers]) -> None:
    """Short loans are those of the credit report, and cash is no more than the balance of the account."""
    frames = county[1].frames
    end = frames["statement_line"]["period_end"].max()
    shown = frames["statement_line"].filter(pl.col("period_end") == end).pivot("line", index="firm", values="value_fen")
    loans = frames["credit_account"].group_by("firm").agg(pl.col("balance_fen").sum())
    both = shown.join(loans, on="firm", how="left").with_columns(pl.col("balance_fen").fill_null(0))
    assert both["short_loans"].to_list() == both["balance_fen"].to_list()
    balance = frames["account_flow"].filter(pl.col("booked_on") <= end).group_by("firm").agg(pl.col("balance_fen").last())
    assert shown.join(balance, on="firm").filter(pl.col("cash") > pl.col("balance_fen")).is_empty()


def test_buyers_owe_what_was_invoiced_and_not_paid(county: tuple[economies.Economy, Papers]) -> None:
    """Of honest companies: what they had issued by the end of the year and was paid after it, within what they show more or less."""
    economy, all_papers = county
    end = all_papers.frames["statement_line"]["period_end"].max()
    owed: dict[tuple[int, date], int] = {}
    for row in payments(economy, all_papers.invoices, "seller", SEED).iter_rows(named=True):
        if row["issued_on"] <= end < row["booked_on"]:
            owed[row["firm"], end] = owed.get((row["firm"], end), 0) + row["amount_fen"]
    lines = all_papers.frames["statement_line"].filter(pl.col("period_end") == end, pl.col("line") == "accounts_receivable")
    honest = [row for row in lines.iter_rows(named=True) if row["firm"] not in all_papers.plants.of]
    assert len(honest) > 50
    assert all(abs(row["value_fen"] - owed.get((row["firm"], end), 0)) <= 0.0151 * owed.get((row["firm"], end), 0) + 1 for row in honest)
