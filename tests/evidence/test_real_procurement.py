"""Real awards and payments of English councils go through the importers and yield variables, set against the files themselves."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import polars as pl
import pytest
from tests.evidence.conftest import consent

from puhui.evidence import queries
from puhui.evidence.actions import import_records
from puhui.evidence.reading.mapping import named_mapping
from puhui.features.profiles import compute_profile
from puhui.parties import actions

DATA = Path(os.environ.get("PUHUI_REAL_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
AWARDS, PAYMENTS = DATA / "uk_lancashire_council_contracts.parquet", DATA / "uk_hyndburn_council_payments.parquet"
TODAY = dt.date(2026, 4, 30)
pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not (AWARDS.exists() and PAYMENTS.exists()), reason=f"the real data is not at {DATA} (PUHUI_REAL_DATA)"),
]


@pytest.fixture
def suppliers(database):
    """A lender whose firms are the 60 suppliers with most payments and everybody who won an award alone."""
    bank = actions.create_institution("bank", "Bank", "bank", TODAY)
    paid = pl.read_parquet(PAYMENTS)["supplier"].value_counts(sort=True)["supplier"].head(60)
    won = pl.read_parquet(AWARDS)["awarded_supplier"].drop_nulls()
    names = sorted({name.strip() for name in [*paid, *won] if len(name) <= 120})
    firms = actions.register_firms(
        bank, [{"name": name, "identifiers": {"council": f"S{number}"}} for number, name in enumerate(names)], "test"
    )
    consent(firms, ["C14"])
    return bank, {firm.name: firm.pk for firm in firms}


def test_awards_and_payments_yield_variables(suppliers):
    bank, firms = suppliers
    for path, mapping in ((AWARDS, "uk-council-awards"), (PAYMENTS, "uk-council-payments")):
        result = import_records(bank, path, "C14", mapping=named_mapping(mapping), partial=True, business_date=TODAY)
        assert result.counts["accepted"] + result.counts["rejected"] == result.counts["read"] == pl.read_parquet(path).height
        assert result.counts["rejected"] == expected_rejects(path, firms)
    frames = {record: queries.records_as_of(bank, record, TODAY) for record in ("procurement_award", "contract_payment")}
    source = pl.read_parquet(PAYMENTS).filter(pl.col("supplier").str.strip_chars().is_in(list(firms)))
    assert frames["contract_payment"].height == source.height
    assert frames["contract_payment"]["amount_fen"].sum() == round(source["amount_gbp"].sum() * 100)
    found = compute_profile(frames, TODAY, ["gp_award_cnt_24m", "gp_award_amt_24m", "gp_buyer_hhi", "gp_win_rate_24m"])
    for name, count, amount in recent_awards(firms):
        row = found.row(by_predicate=pl.col("firm_id") == firms[name], named=True)
        assert (row["gp_award_cnt_24m"], row["gp_award_amt_24m"], row["gp_win_rate_24m"]) == (count, pytest.approx(amount), None), name


def expected_rejects(path: Path, firms: dict[str, int]) -> int:
    """Rows of nobody we know, and of notices without an award."""
    rows = pl.read_parquet(path)
    column = "awarded_supplier" if path == AWARDS else "supplier"
    strange = ~pl.col(column).str.strip_chars().is_in(list(firms)).fill_null(False)
    return rows.filter(strange | (pl.col("awarded_date").is_null() if path == AWARDS else False)).height


def recent_awards(firms: dict[str, int]) -> list[tuple[str, int, float]]:
    """Supplier, awards and their value from May 2024 to March 2026 (those of April would not be known yet), from the source itself."""
    rows = pl.read_parquet(AWARDS).with_columns(pl.col("awarded_supplier").str.strip_chars())
    recent = rows.filter(
        pl.col("awarded_date").is_between(dt.date(2024, 5, 1), dt.date(2026, 3, 31))
        & pl.col("awarded_supplier").is_in(list(firms))
        & (pl.col("status") == "awarded")
    )
    several = recent.group_by("awarded_supplier").agg(pl.len(), pl.col("awarded_value").sum()).sort("len", "awarded_supplier")
    assert several.height > 50
    return several.rows()
