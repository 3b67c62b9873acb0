"""The engine for one, the engine for many, and a plain interpreter that shares no code with either: the same answers and reasons.

`PUHUI_EXAMPLES` asks for more; 10,000 cases are 250 examples.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.decisions.conftest import DAY, tiny_model_body
from tests.decisions.random_strategies import Maker
from tests.decisions.test_engine import MODEL, PRODUCT, TABLES, frozen
from tests.examples import examples
from tests.oracle.strategy import answer

from puhui.calculations.faults import FaultsError
from puhui.decisions import engine, facts
from puhui.decisions.batch import COLUMNS, decide_many, reason_codes, reasons_of
from puhui.products import parameters, reading

ROWS = 40
BODIES = {part: table.document.body["rows"] for part, table in TABLES.items()}


def one_by_one(product, firm, lender, model=MODEL, tables=TABLES):
    """What the engine says of one firm, as the oracle puts it."""
    variables = set(product.variables) | set(MODEL.columns)
    frozen_facts = facts.freeze(
        business_date=DAY,
        snapshot={"id": 1, "digest": "d", "catalogue_digest": "c", "as_of": "2026-02-28", "values": firm, "null_reasons": {}},
        consent={"id": 1, "text_version": "1"},
        lender={"kind": lender, "currency": "CNY"},
        firm={"kind": firm["firm_kind"], **{key: firm[key] for key in ("industry_code", "founded_on", "staff_count")}},
        exposure={"reserved_fen": round(firm["existing_exposure"] * 100), "outstanding_fen": 0},
        wanted=variables,
        titles={},
    )
    request = {"amount_fen": round(firm["requested_amount"] * 100), "term_months": firm["term_months"], "purpose": firm["purpose"]}
    request |= {"channel": "counter", "facts": {name: firm.get(name) for name in product.application}}
    record = engine.decide(frozen_facts, product, model, tables, request)
    told = [one for one in record["reasons"] if one["side"] == "against" and one["severity"] != "score"]
    found = {key: record["result"][key] for key in COLUMNS if key not in ("reasons", "vetoes")}
    reasons = {"reasons": {one["code"] for one in told}, "vetoes": {one["code"] for one in told if one["severity"] == "veto"}}
    known = facts.case_facts(frozen_facts, request) | request["facts"]
    return found | {key: sorted(codes) for key, codes in reasons.items()}, known


def many(product, rows, model=MODEL, tables=TABLES, **more):
    found = decide_many(pl.DataFrame(rows, infer_schema_length=None), product, model, tables, day=DAY, **more)
    return [
        row | {key: sorted(set(reasons_of(row[key], product))) for key in ("reasons", "vetoes")}
        for row in found.select(list(COLUMNS)).iter_rows(named=True)
    ]


@pytest.mark.timeout(7200)  # thousands of examples in the night
@given(st.integers(0, 2**40))
@examples(12)
def test_three_ways_to_the_same_answer(seed):
    maker = Maker(seed)
    product = reading.from_body("random", maker.body(PRODUCT.document.body))
    lender = maker.pick("bank", "bank", "micro_lender")
    firms = [maker.firm() for _ in range(ROWS)]
    found, known = zip(*(one_by_one(product, firm, lender) for firm in firms), strict=True)
    scorecard = None if product.policy_class else tiny_model_body()
    for ours, their_facts in zip(found, known, strict=True):
        assert ours == answer(product.document.body, BODIES, scorecard, their_facts, DAY.isoformat(), lender)
    assert many(product, list(known), lender_kind=lender) == list(found)


@pytest.mark.parametrize("seed", [1, 2])
def test_shipped_products(seed):
    """Every product of the catalogue, with one rule in three left, on firms whose variables are made up."""
    maker = Maker(seed)
    for product in reading.catalogue():
        rules = tuple(rule for rule in product.rules if maker.random.random() < 0.3) or product.rules[:1]
        product = replace(product, rules=rules)
        tables = {part: parameters.table(name) for part, name in product.parameters.items()}
        firms = [maker.firm() | {name: maker.figure(unit) for name, unit in (product.variables | units(product)).items()} for _ in range(6)]
        found, known = zip(*(one_by_one(product, firm, "bank", tables=tables) for firm in firms), strict=True)
        assert many(product, list(known), tables=tables, lender_kind="bank") == list(found)


def units(product):
    return {name: one.unit for name, one in product.application.items()}


def solid(**changes):
    known = facts.case_facts(frozen(), {"amount_fen": 20_000_000, "term_months": 12, "purpose": "stock", "channel": "counter"})
    return known | changes


def test_worked_by_hand():
    """The case of test_engine by hand: 750,000 by months of sales, 200,000 asked; and the same with every reason of the limit."""
    frame = pl.DataFrame([solid(), solid(inv_out_active_months_12m=8, inv_out_last_days=None), solid(existing_exposure=740_000.0)])
    found = decide_many(frame, PRODUCT, MODEL, TABLES, day=DAY, lender_kind="bank")
    assert found["outcome"].to_list() == ["approve", "refuse", "refuse"]
    assert found["amount_fen"].to_list() == [20_000_000, 0, 0]
    assert found["limit_fen"].to_list()[0] == 75_000_000
    assert [reasons_of(mask, PRODUCT) for mask in found["reasons"]] == [(), ("sales_months", "still_selling"), ("limit_below_minimum",)]
    assert [reasons_of(mask, PRODUCT) for mask in found["vetoes"]] == [(), ("sales_months",), ("limit_below_minimum",)]
    assert reason_codes(PRODUCT)[:3] == ("borrower_kind", "term", "sales_months")


def test_days_and_lenders_in_columns_keep_the_order_of_the_rows():
    """The prime rate of 2019 gives another tier than that of 2026; a micro-lender's costs another floor."""
    tiers = replace(PRODUCT, price=replace(PRODUCT.price, method="tiers"))
    days = [date(2026, 3, 2), date(2019, 9, 1), date(2026, 3, 2), date(2019, 9, 1)]
    lenders = ["bank", "bank", "micro_lender", "bank"]
    frame = pl.DataFrame([solid(business_date=day, lender_kind=kind) for day, kind in zip(days, lenders, strict=True)])
    rates = decide_many(frame, tiers, MODEL, TABLES)["rate_ppm"].to_list()
    # 3.00% + 1.35%; 4.25% + 1.35%; 4.5% + 2.0% + 0.6211% × 45% + 10% × 10% = 7.7795%, to the next 5 bp
    assert rates == [43_500, 56_000, 78_000, 56_000]


def test_whole_cost_with_fees_is_held_against_the_cap():
    """A fee of a tenth makes a loan at the highest rate cost more than 24% a year: refused by both, for the same reason."""
    dear = replace(
        PRODUCT,
        terms={**PRODUCT.terms, "fees": [{"name": "setup", "rate": "0.1", "of": "amount", "when": "drawdown"}]},
        price=replace(PRODUCT.price, minimum_ppm=150_000),
    )
    firm = solid(founded_on="2015-01-01")
    single, _ = one_by_one(dear, firm, "bank")
    assert "above_cap" in single["vetoes"]
    assert many(dear, [firm], lender_kind="bank") == [single]


def test_faults_of_a_frame():
    frame = (
        pl.DataFrame([solid()]).drop("inv_out_yoy").rename({"inv_in_out_ratio": "inv_in_out_ration"}).with_columns(term_months=pl.lit("x"))
    )
    with pytest.raises(FaultsError) as raised:
        decide_many(frame, PRODUCT, MODEL, TABLES, day=DAY, lender_kind="bank")
    assert [fault.where for fault in raised.value.faults] == ["column inv_out_yoy", "column inv_in_out_ratio"]
    assert raised.value.faults[1].remedy == "Did you mean inv_in_out_ration?"
    with pytest.raises(FaultsError, match="column term_months: found values of type String"):
        decide_many(pl.DataFrame([solid(term_months="x")]), PRODUCT, MODEL, TABLES, day=DAY, lender_kind="bank")
    with pytest.raises(FaultsError, match="None in row 2"):
        decide_many(pl.DataFrame([solid(), solid(requested_amount=None)]), PRODUCT, MODEL, TABLES, day=DAY, lender_kind="bank")
    with pytest.raises(FaultsError, match="column business_date"):
        decide_many(pl.DataFrame([solid()]), PRODUCT, MODEL, TABLES, lender_kind="bank")


def test_nothing_in_nothing_out():
    frame = pl.DataFrame([solid()]).clear()
    assert decide_many(frame, PRODUCT, MODEL, TABLES, day=DAY, lender_kind="bank").schema == pl.Schema(COLUMNS)


def test_ceilings_of_law_bind_alike_in_a_batch():
    """Two hundred firms whose group owes anything from nothing to more than the ceiling: by the credit view one by one, by the column
    `lender_headroom` all at once; the same limit, amount, outcome and authority to the fen."""
    from random import Random

    from puhui.calculations.ceilings import Circles, ceilings

    random, rows, expected, bound = Random(6), [], [], 0
    limits = TABLES["lender_limits"].row(DAY, lender_kind="bank")
    top = max(one.most_fen for one in ceilings(limits, Circles(0, 0)))
    for _ in range(200):
        own = random.randrange(0, 10_000_000)
        group = own + random.choice([0, random.randrange(top), top - random.randrange(60_000_000), top + random.randrange(1_000)])
        view = {"firm_fen": own, "group_fen": group, "is_lender_related": random.random() < 0.3, "related_fen": random.randrange(top)}
        frozen_facts = frozen(reserved_fen=own) | {"credit_view": view | {"members": []}}
        request = {"amount_fen": random.randrange(1, 900) * 100_000, "term_months": 12, "purpose": "stock", "channel": "counter"}
        record = engine.decide(frozen_facts, PRODUCT, MODEL, TABLES, request)
        bound += any(one["id"] == record["stages"]["limit"]["held_by"] for one in record["stages"]["limit"]["ceilings"])
        expected.append({key: record["result"][key] for key in ("outcome", "limit_fen", "amount_fen", "rate_ppm", "authority")})
        circles = Circles(view["firm_fen"], view["group_fen"], view["is_lender_related"], view["related_fen"])
        headroom = min(one.headroom_fen for one in ceilings(limits, circles)) / 100
        rows.append({**facts.case_facts(frozen_facts, request), "lender_headroom": headroom})
    found = decide_many(pl.DataFrame(rows, infer_schema_length=None), PRODUCT, MODEL, TABLES, day=DAY, lender_kind="bank")
    assert found.select(list(expected[0])).to_dicts() == expected
    assert bound > 20  # the ceilings did bind
