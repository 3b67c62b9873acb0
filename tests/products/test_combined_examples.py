"""What becomes of a combined application, reckoned by hand (`parts` in tests/cases/products), by the engine for one and for many."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from tests.products.test_examples import CLEAN, DAY, FILES, asked, product_of, tables_of

from puhui.decisions import batch_parts, combining, engine, facts
from puhui.decisions.batch import reasons_of
from puhui.decisions.models import Application, Decision
from puhui.decisions.shares import Combination
from puhui.parties.models import Institution
from puhui.products import reading
from puhui.products.part_checks import part_findings

FILE = FILES["combined-start-and-jobs-loan"]
CASES = [case for case in FILE["cases"] if "parts" in case]
WHOLE = product_of(FILE)


def deciding(product: Any) -> Any:
    return SimpleNamespace(product=product, model=None, parameters=tables_of(product), of_application=lambda number: None)


STRATEGIES = {one.product: deciding(reading.load(one.product, DAY)) for one in WHOLE.parts}


def values_of(case: dict[str, Any]) -> dict[str, Any]:
    return {**CLEAN["facts"], **FILE["facts"], **FILE["also"], **case.get("facts", {}), **case.get("facts_of_parts", {})}


def decided(case: dict[str, Any]) -> tuple[dict[str, Any], list[Decision]]:
    """The record of the whole, and the decisions of its parts by the engine for one, as the database would have them made."""
    frozen, request = asked(FILE, case)
    record = engine.decide(frozen, WHOLE, None, tables_of(WHOLE), request)
    institution = Institution(pk=1, kind="bank", business_date=DAY)
    ask = {"amount_fen": request["amount_fen"], "term_months": request["term_months"], "purpose": request["purpose"], "channel": "counter"}
    application = Application(
        pk=1, institution=institution, firm_id=1, product_code=WHOLE.code, facts=request["facts"], submitted_by="owner", **ask
    )
    whole = Decision(institution=institution, application=application, record=record, authority=record["result"]["authority"])

    def decide_one(part: Application, strategy: Any, combination: Combination) -> Decision:
        product = strategy.product
        snapshot = {"id": 1, "digest": "d", "catalogue_digest": "c", "as_of": str(DAY - timedelta(days=2)), "null_reasons": {}}
        own = facts.freeze(
            business_date=DAY, snapshot=snapshot | {"values": values_of(case)}, consent={"id": 1, "text_version": "1"},
            lender={"kind": "bank", "currency": "CNY"}, firm=frozen["firm"], exposure=frozen["exposure"], wanted=set(product.variables),
            titles={}, combination=combination.facts(),
        )  # fmt: skip
        its = {name: getattr(part, name) for name in ("amount_fen", "term_months", "purpose", "channel", "facts")}
        made = engine.decide(own, product, None, strategy.parameters, its)
        result = made["result"]
        return Decision(
            application=part, record=made, outcome=result["outcome"], amount_fen=result["amount_fen"], rate_ppm=result["rate_ppm"],
            authority=result["authority"],
        )  # fmt: skip

    return record, combining.parts_of(whole, lambda code: STRATEGIES[code], decide_one, lambda count: list(range(2, 2 + count)))


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_parts(case: dict[str, Any]) -> None:
    _, parts = decided(case)
    assert [one.application.product_code for one in parts] == list(case["parts"])
    for one in parts:
        expected = case["parts"][one.application.product_code]
        found = {
            "outcome": one.outcome,
            "asked": one.application.amount_fen // 100,
            "amount": one.amount_fen // 100,
            "rate": None if one.rate_ppm is None else one.rate_ppm / 1_000_000,
            "authority": one.authority,
            "vetoes": [reason["code"] for reason in one.record["reasons"] if reason.get("severity") == "veto"],
        }
        wanted = {"vetoes": []} | expected
        assert {name: found[name] for name in wanted} == wanted


def frame_of(cases: list[dict[str, Any]]) -> pl.DataFrame:
    rows = []
    wanted = [name for one in STRATEGIES.values() for name in one.product.variables]
    for case in cases:
        frozen, request = asked(FILE, case)
        rows.append(
            {
                **facts.case_facts(frozen, request),
                **dict.fromkeys(wanted),
                **values_of(case),
                **dict.fromkeys(WHOLE.application),
                **request["facts"],
            }
        )
    return pl.DataFrame(rows, infer_schema_length=None)


def told(combined: batch_parts.Combined, row: int) -> dict[str, tuple[Any, ...]]:
    """Product → (outcome, asked, amount, rate, authority, reasons against) of a row, of the parts that were asked for."""
    found = {}
    for code, answers in combined.parts.items():
        one = answers.row(row, named=True)
        if one["outcome"] is not None:
            against = set(reasons_of(one["reasons"], STRATEGIES[code].product))
            found[code] = (one["outcome"], one["asked_fen"], one["amount_fen"], one["rate_ppm"], one["authority"], against)
    return found


@pytest.mark.parametrize("stands_alone", [True, False])
def test_many_are_answered_as_one(monkeypatch: pytest.MonkeyPatch, stands_alone: bool) -> None:
    """Also where no part stands alone: each then falls with the other, in both runners."""
    whole = replace(WHOLE, parts=tuple(replace(one, stands_alone=stands_alone) for one in WHOLE.parts))
    monkeypatch.setattr("tests.products.test_combined_examples.WHOLE", whole)
    combined = batch_parts.decide_combined(frame_of(CASES), deciding(whole), list(STRATEGIES.values()), day=DAY, lender_kind="bank")
    for row, case in enumerate(CASES):
        _, parts = decided(case)
        expected = {}
        for one in parts:
            against = {each["code"] for each in one.record["reasons"] if each["side"] == "against" and each.get("severity") != "score"}
            figures = (one.outcome, one.application.amount_fen, one.amount_fen, one.rate_ppm, one.authority, against)
            expected[one.application.product_code] = figures
        assert told(combined, row) == expected, case["name"]
        assert combined.amount_fen[row] == sum(one.amount_fen for one in parts)
    refused = [case["name"] for case, outcome in zip(CASES, combined.outcome, strict=True) if outcome == "refuse"]
    assert refused == (["a dishonest debtor"] if stands_alone else ["a dishonest debtor", "the third start loan", "jobs lost"])


def test_a_product_that_is_split_says_against_its_parts_what_is_wrong() -> None:
    """The whole's form lacks a fact of a part, its consent a class, and one part is no product."""
    form = {name: fact for name, fact in WHOLE.application.items() if name != "partners"}
    classes = tuple(one for one in WHOLE.evidence_classes if one != "C04")
    parts = (WHOLE.parts[0], replace(WHOLE.parts[1], product="stable-loan"))
    wrong = replace(WHOLE, application=form, evidence_classes=classes, parts=parts)
    found = [fault.found for is_wrong, fault in part_findings(wrong, DAY, None) if is_wrong]
    assert len(found) == 3
    assert all(any(word in one for one in found) for word in ("'stable-loan'", "reads C04", "asks for partners"))
    assert not [fault for is_wrong, fault in part_findings(WHOLE, DAY, None) if is_wrong]
