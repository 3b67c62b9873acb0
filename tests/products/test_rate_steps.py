"""A rate that steps up by days: the fee of the source to the fen on every day, and what is wrong with a file that says it badly."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from puhui.calculations.faults import FaultsError
from puhui.calculations.quote import answer
from puhui.calculations.rate_steps import rate_on, started
from puhui.decisions.offering import cost_of, quote_terms
from puhui.decisions.product_check import check_file
from puhui.products import explaining_terms, reading
from puhui.products.documents import CATALOGUE
from puhui.products.parameters import table
from puhui.products.pricing_checks import price_findings
from puhui.products.wording import Wording

DAY = date(2026, 3, 2)
FILE = (CATALOGUE / "products" / "emergency-bridging-2025-01-01.toml").read_text(encoding="utf-8")
BRIDGING = next(one for one in reading.catalogue(DAY) if one.code == "emergency-bridging")


def fee_fen(amount_fen: int, days: int) -> int:
    """products.md §20 [P26]: 0.02% a day within five days, 0.04% a day for the days beyond."""
    exact = Decimal(amount_fen) * (Decimal("0.0002") * min(days, 5) + Decimal("0.0004") * max(0, days - 5))
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))


amounts = st.integers(5_000_000, 1_000_000_000)


@given(amount_fen=amounts, days=st.integers(1, 28), start=st.dates(date(2025, 1, 1), date(2030, 12, 31)))
def test_an_offer_costs_the_fee_of_its_days(amount_fen: int, days: int, start: date) -> None:
    terms = quote_terms(BRIDGING, amount_fen, 72_000, 1, start, {"planned_days": days})
    assert cost_of(terms, start)["interest_fen"] == fee_fen(amount_fen, days)


@given(amount_fen=amounts, planned=st.integers(1, 20), sooner_or_later=st.integers(-19, 5))
def test_a_loan_repaid_on_another_day_costs_the_fee_of_the_days_used(amount_fen: int, planned: int, sooner_or_later: int) -> None:
    """Sooner than planned, and up to five days later."""
    used = max(1, planned + sooner_or_later)
    document = started(quote_terms(BRIDGING, amount_fen, 72_000, 1, DAY, {"planned_days": planned}), DAY)
    end = (DAY + timedelta(days=used)).isoformat()
    lent = {"date": DAY.isoformat(), "type": "drawdown", "amount": document["amount"]}
    totals = answer({**document, "events": [lent, {"date": end, "type": "payoff"}], "as_of": end})["totals"]
    assert (totals["interest"], totals["penalty"]) == (f"{Decimal(fee_fen(amount_fen, used)) / 100:.2f}", "0.00")


def test_an_extension_goes_on_at_the_second_rate_and_later_than_grace_is_overdue() -> None:
    """475,000: planned ten days, extended to fifteen, paid on the fourteenth: 0.1% + 9 × 0.04% = 2,185.00.

    Unextended, on the sixteenth day: ten days of interest, and six nights at 0.04% × 1.5 of penalty: 1,425.00 + 1,710.00.
    """
    document = started(quote_terms(BRIDGING, 47_500_000, 72_000, 1, DAY, {"planned_days": 10}), DAY)
    lent = {"date": "2026-03-02", "type": "drawdown", "amount": "475000"}
    longer = {"date": "2026-03-11", "type": "reschedule", "due": "2026-03-12", "new_due": "2026-03-17", "later": "follow"}
    extended = answer({**document, "events": [lent, longer, {"date": "2026-03-16", "type": "payoff"}], "as_of": "2026-03-16"})["totals"]
    assert (extended["interest"], extended["penalty"]) == ("2185.00", "0.00")
    late = answer({**document, "events": [lent, {"date": "2026-03-18", "type": "payoff"}], "as_of": "2026-03-18"})["totals"]
    assert (late["interest"], late["penalty"]) == ("1425.00", "1710.00")


def test_the_rate_of_a_day() -> None:
    terms = quote_terms(BRIDGING, 47_500_000, 72_000, 1, DAY, {"planned_days": 10})
    for document in (terms, started(terms, DAY)):
        assert [float(rate_on(document, days)) for days in (0, 4, 5, 9)] == [0.072, 0.072, 0.144, 0.144]


def test_where_the_form_does_not_tell_the_days_it_is_due_after_the_month() -> None:
    terms = quote_terms(BRIDGING, 47_500_000, 72_000, 1, DAY, {})
    assert (terms["instalments"], terms["every"]) == (1, "1 month")
    assert cost_of(terms, DAY)["interest_fen"] == fee_fen(47_500_000, 31)


STEP = "[[price.steps]]\nafter_days = 5\nadd = 0.072\n"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("after_days = 5", "after_days = 0", "a whole number from 1 to 366|a number from 1 to 366"),
        ("add = 0.072", "ad = 0.072", "the unknown key 'ad'"),
        ("add = 0.072", "add = 0.08", "at most the highest rate, 0.144, on top of the lowest, 0.072"),
        ('day_count = "ACT/360"', 'day_count = "M/360"', "charged by the days used"),
        ('method = "bullet"', 'method = "equal_instalment"\nevery = "1 month"', "charged by the days used"),
        ('days = "planned_days"', 'days = "bank_commitment"', "a fact of .application. in days"),
        (STEP, STEP.replace("5", "9") + "\n" + STEP, "steps in rising order of days"),
    ],
)  # fmt: skip
def test_faults_of_a_file(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in FILE
    path = tmp_path / "emergency-bridging-2025-01-01.toml"
    path.write_text(FILE.replace(old, new), encoding="utf-8")
    with pytest.raises(FaultsError, match=told):
        reading.load(path)


def test_the_dearest_day_of_a_class_is_held_against_the_highest_rate(tmp_path: Path) -> None:
    path = tmp_path / "emergency-bridging-2025-01-01.toml"
    path.write_text(FILE.replace("C = 0.072 }", "C = 0.08 }"), encoding="utf-8")
    product = reading.load(path)
    tables = {part: table(name) for part, name in product.parameters.items()}
    found = [fault.found for is_contradiction, fault in price_findings(product, tables, DAY) if is_contradiction]
    assert found == ["15.20% on its dearest days for class C"]


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "From the night 5 days after the payout on, 7.2 points a year more (0.02% a day of 360)"),
        ("zh-hans", "用款满5天后，超出天数的年利率加收7.2个百分点（一年按360天计，日利率加收0.02%）"),
        ("zh-hant", "用款滿5天後，超出天數的年利率加收7.2個百分點（一年按360天計，日利率加收0.02%）"),
    ],
)
def test_the_product_tells_its_tiers(language: str, told: str) -> None:
    text = "\n".join(explaining_terms.rate(Wording(BRIDGING, language, {})))
    assert told in text


def test_the_file_has_no_fault() -> None:
    assert check_file(CATALOGUE / "products" / "emergency-bridging-2025-01-01.toml", DAY, None).faults == []
