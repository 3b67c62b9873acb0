"""The engine as a function: its laws, whatever the facts, and one case worked by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.decisions.conftest import DAY, SOLID, tiny_model_body
from tests.examples import examples

from puhui.calculations.faults import FaultsError
from puhui.decisions import engine, facts
from puhui.decisions.texts import reason_text
from puhui.products import parameters, reading
from puhui.products.documents import digest_of
from puhui.scoring.model import Model

PRODUCT = reading.load("invoice-working-capital", DAY)
TABLES = {part: parameters.table(name) for part, name in PRODUCT.parameters.items()}
MODEL = Model.load(tiny_model_body())


def frozen(variables=None, *, reserved_fen=0, outstanding_fen=0, lender="bank", firm=None):
    values = SOLID | (variables or {})
    return facts.freeze(
        business_date=DAY,
        snapshot={"id": 1, "digest": "d", "catalogue_digest": "c", "as_of": "2026-02-28", "values": values, "null_reasons": {}},
        consent={"id": 1, "text_version": "1"},
        lender={"kind": lender, "currency": "CNY"},
        firm={"kind": "enterprise", "industry_code": "1310", "founded_on": "2015-01-01", "staff_count": 9} | (firm or {}),
        exposure={"reserved_fen": reserved_fen, "outstanding_fen": outstanding_fen},
        wanted=set(PRODUCT.variables) | set(MODEL.columns),
        titles={},
    )  # fmt: skip


def decide(variables=None, *, asked_fen=20_000_000, term_months=12, purpose="stock", tables=TABLES, **more):
    request = {"amount_fen": asked_fen, "term_months": term_months, "purpose": purpose, "channel": "counter"}
    return engine.decide(frozen(variables, **more), PRODUCT, MODEL, tables, request)


def against(record) -> dict[str, str]:
    return {reason["code"]: reason["severity"] for reason in record["reasons"] if reason["side"] == "against"}


def test_worked_by_hand():
    """Sales of 6,000,000 in twelve months, 2,500,000 in six; 660 points; a bank."""
    record = decide()
    bounds = {bound["id"]: bound["amount_fen"] for bound in record["stages"]["limit"]["candidates"]}
    assert bounds == {
        "share_of_sales": 90_000_000,  # 15% of 6,000,000
        "months_of_sales": 75_000_000,  # 1.8 × 2,500,000 ÷ 6
        "working_capital": 80_850_000,  # 6,000,000 × (1 − 0.3) × 1.1 ÷ 4 × 0.7
        "other_buyers": 84_000_000,  # a fifth of 70% of sales
        "debt_to_sales": 120_000_000,  # half of 40%
        "single_borrower": 10_000_000_000,  # 10% of 1,000,000,000
        "product_maximum": 100_000_000,
    }
    assert record["stages"]["limit"]["bound"] == "months_of_sales"
    price = record["stages"]["price"]
    # 2.0% + 0.8% + 0.6211% × 45% + 8% × 6% = 3.55950%, rounded up to the ppm.
    assert price["floor_ppm"] == 20_000 + 8_000 + 2_795 + 4_800
    assert price["methods"]["tiers"] | {} == {
        "rate_ppm": 43_500,  # 3.00% + 1.35%, a multiple of 5 bp
        "base": "LPR1Y",
        "base_ppm": 30_000,
        "spread_ppm": 13_500,
        "table_ppm": 43_500,
    }
    assert sum(part["rate_ppm"] for part in price["parts"]) == price["rate_ppm"]


def test_no_firm_counts_as_safer_than_the_product_says():
    """660 points are 0.6211%; with a least probability of 5% the case is of class B, and 5% × 45% stands in the price."""
    strict = replace(PRODUCT, probability_minimum_ppm=50_000)
    request = {"amount_fen": 20_000_000, "term_months": 12, "purpose": "stock", "channel": "counter"}
    record = engine.decide(frozen(None), strict, MODEL, TABLES, request)
    score = record["stages"]["score"]
    assert (score["model_probability_ppm"], score["probability_ppm"]) == (6_211, 50_000)
    assert (record["result"]["probability_ppm"], record["result"]["risk_class"]) == (50_000, "B")
    parts = {part["id"]: part["rate_ppm"] for part in record["stages"]["price"]["parts"]}
    assert parts["expected_loss"] == 22_500
    assert PRODUCT.probability_minimum_ppm == 500  # 0.05%


def test_churn_aware_rate_is_the_best_of_all_multiples():
    """Every multiple of 5 bp tried one by one, with fractions."""
    record = decide()
    price = record["stages"]["price"]
    chosen = price["methods"]["churn_aware"]
    p = Fraction(record["result"]["probability_ppm"], 10**6)

    def churn(rate: int) -> Fraction:
        points = chosen["curve"]
        for (left, low), (right, high) in pairwise(points):
            if left <= rate <= right:
                return Fraction(low, 10**6) + Fraction(high - low, 10**6) * Fraction(rate - left, right - left)
        return Fraction(points[-1][1] if rate > points[-1][0] else points[0][1], 10**6)

    def profit(rate: int) -> Fraction:
        return (1 - churn(rate)) * ((1 - p) * Fraction(rate, 10**6) - p * Fraction(45, 100) - Fraction(chosen["cost_ppm"], 10**6))

    rates = range(-(-price["lowest_ppm"] // 500) * 500, price["highest_ppm"] + 1, 500)
    assert chosen["rate_ppm"] == max(rates, key=lambda rate: (profit(rate), -rate))


@pytest.mark.parametrize(
    ("changes", "code", "severity", "outcome"),
    [
        ({"variables": {"inv_out_last_days": None}}, "still_selling", "refer", "refer"),
        ({"variables": {"inv_out_yoy": None}}, None, None, "approve"),  # null passes: a young firm has no such figure
        ({"variables": {"inv_out_active_months_12m": None}}, "sales_months", "veto", "refuse"),
        ({"purpose": "securities"}, "purpose", "veto", "refuse"),
        ({"term_months": 24}, "term", "veto", "refuse"),
        ({"firm": {"founded_on": "2025-09-01"}}, "firm_age", "veto", "refuse"),
        ({"firm": {"founded_on": None}}, None, None, "approve"),
        ({"firm": {"industry_code": "6812"}}, "industry", "veto", "refuse"),
        ({"firm": {"kind": "club"}}, "borrower_kind", "veto", "refuse"),
        ({"outstanding_fen": 74_000_000}, "limit_below_minimum", "veto", "refuse"),
        ({"asked_fen": 100_000_000}, "less_than_asked", "note", "refer"),  # 750,000 is above what goes straight through
    ],
)  # fmt: skip
def test_outcomes(changes, code, severity, outcome):
    record = decide(**changes)
    assert record["result"]["outcome"] == outcome
    if code:
        assert against(record)[code] == severity
    else:
        assert not {"veto", "refer"} & set(against(record).values())


def test_price_that_the_law_forbids_is_refused():
    """A micro-lender under a cap of four times the prime rate, with dear funds: the floor lies above the cap."""
    body = dict(TABLES["rate_caps"].document.body)
    body["rows"] = [{"lender_kind": "bank", "multiple_of_lpr1y": 1}]  # 3.00%
    tables = TABLES | {"rate_caps": parameters.from_body("rate-caps", body)}
    record = decide(tables=tables)
    assert against(record)["no_rate"] == "veto"
    assert record["result"]["outcome"] == "refuse"
    assert record["result"]["rate_ppm"] is None


def test_missing_tables_and_rows_are_named():
    with pytest.raises(FaultsError, match="parameters: churn"):
        decide(tables={part: table for part, table in TABLES.items() if part != "churn"})
    with pytest.raises(FaultsError, match="no row for lender_kind = pawn_shop"):
        decide(lender="pawn_shop")


amounts = st.one_of(st.none(), st.floats(0, 1e9), st.integers(0, 10**9))
ratios = st.one_of(st.none(), st.floats(-2, 3))
VARIABLES = st.fixed_dictionaries(
    {
        name: amounts if unit == "CNY" else st.one_of(st.none(), st.integers(0, 400)) if unit in ("days", "n") else ratios
        for name, unit in PRODUCT.variables.items()
    }
)


@examples(150)
@given(VARIABLES, st.integers(2_000_000, 100_000_000), st.integers(0, 200_000_000))
def test_laws(variables, asked_fen, outstanding_fen):
    record = decide(variables, asked_fen=asked_fen, outstanding_fen=outstanding_fen)
    again = decide(variables, asked_fen=asked_fen, outstanding_fen=outstanding_fen)
    assert digest_of(record) == digest_of(again)
    result, stages = record["result"], record["stages"]
    known = [bound["amount_fen"] for bound in stages["limit"]["candidates"] if bound["amount_fen"] is not None]
    assert 0 <= result["amount_fen"] <= min(asked_fen, max(0, min(known) - outstanding_fen))
    assert result["amount_fen"] % PRODUCT.multiple_fen == 0
    if result["outcome"] == "refuse":
        assert "veto" in against(record).values()
        assert (result["amount_fen"], result["rate_ppm"], result["authority"]) == (0, None, "")
    else:
        assert "veto" not in against(record).values()
        assert result["amount_fen"] >= PRODUCT.minimum_fen
        assert stages["price"]["floor_ppm"] <= result["rate_ppm"] <= min(stages["price"]["caps"].values())
        assert (result["outcome"] == "approve") == (result["authority"] == "straight_through")
        assert ("refer" in against(record).values()) <= (result["outcome"] == "refer")
    less = decide(variables, asked_fen=asked_fen, outstanding_fen=outstanding_fen + 10_000_000)
    assert less["result"]["amount_fen"] <= result["amount_fen"]  # who owes more gets no more


def test_months_between():
    assert facts.months_between(date(2025, 3, 3), date(2026, 3, 2)) == 11
    assert facts.months_between(date(2025, 3, 2), date(2026, 3, 2)) == 12


def test_what_is_not_known_is_not_told_as_bad():
    """A null sends to a person by the rule on gaps; its words are what the rule looks for, not that the gap is too long."""
    rule = next(each for each in PRODUCT.rules if each.code == "gap")
    for value, expected in ((None, f"No evidence yet: {rule.names['en']}"), (200, rule.against["en"])):
        record = decide({"inv_out_gap_days_max_12m": value})
        (reason,) = (each for each in record["reasons"] if each["code"] == "gap")
        assert (reason["severity"], reason_text(reason, record)["en"]) == ("refer", expected)
