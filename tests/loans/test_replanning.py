"""Another repayment plan before anybody has signed: text and schedule anew, within the offer; who signs has read that text."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

import pytest
from tests.loans.test_contract import offer, people  # noqa: F401

from puhui.calculations.faults import FaultsError

HARVEST = {
    "method": "custom", "day_count": "ACT/360", "instalments": None, "every": None, "rate_annual": "0.0428",
    "dues": [{"due": "2026-06-20", "principal": "40000.00"}, {"due": "2026-11-20", "principal": "80000.00"}],
}  # fmt: skip


@pytest.fixture(name="contract")
def contract_fixture(offer: Any) -> Any:  # noqa: F811
    from puhui.loans.actions import draft_contract

    return draft_contract(offer, "officer")


def interest_fen(principal_fen: int, since: date, until: date) -> int:
    """Actual days over 360 at 4.28%, half up, in whole numbers."""
    return (2 * principal_fen * 428 * (until - since).days + 3_600_000) // (2 * 3_600_000)


def test_a_plan_is_looked_at_and_then_agreed(contract: Any) -> None:
    from puhui.loans.replanning import agree_plan, planned
    from puhui.parties.models import AuditRecord

    day, before = date(2026, 1, 15), contract.text_digest
    found = planned(contract, HARVEST, day)
    assert [(row.due, row.principal) for row in found.rows] == [(date(2026, 6, 20), 4_000_000), (date(2026, 11, 20), 8_000_000)]
    june, november = date(2026, 6, 20), date(2026, 11, 20)
    assert [row.interest for row in found.rows] == [interest_fen(12_000_000, day, june), interest_fen(8_000_000, june, november)]
    contract.refresh_from_db()
    assert contract.text_digest == before  # looking changes nothing
    number = contract.number
    agreed = agree_plan(contract, HARVEST, "officer")
    contract.refresh_from_db()
    assert (contract.number, contract.terms, agreed.text_digest) == (number, dict(found.terms), contract.text_digest)
    assert contract.text_digest == hashlib.sha256(contract.text.encode()).hexdigest() != before
    for words in (number, "2026-11-20", "80,000.00", "4.28%", "按还款计划所列日期和金额还本"):
        assert words in contract.text
    told = AuditRecord.objects.get(act="contract.replanned").detail
    assert told["before"] == before and told["plan"]["dues"] == HARVEST["dues"]


def test_what_was_offered_bounds_every_plan(contract: Any) -> None:
    from puhui.loans.replanning import agree_plan

    late = {**HARVEST, "dues": [{"due": "2027-06-20", "principal": "120000.00"}]}
    dear = {**HARVEST, "rate_annual": "0.06"}
    for plan, where in ((late, "repayment plan, last due date"), (dear, "repayment plan, rate_annual")):
        with pytest.raises(FaultsError) as refused:
            agree_plan(contract, plan, "officer")
        assert where in [fault.where for fault in refused.value.faults]
    before = contract.text_digest
    contract.refresh_from_db()
    assert contract.text_digest == before


def test_nobody_signs_a_text_that_he_has_not_read_and_what_is_signed_stays(contract: Any) -> None:
    from puhui.loans.actions import sign
    from puhui.loans.replanning import agree_plan, may_be_replanned

    read = contract.text_digest
    agree_plan(contract, HARVEST, "officer")
    contract.refresh_from_db()
    with pytest.raises(FaultsError, match="the text that was read"):
        sign(contract, "borrower", "王小云", "signed_in_phone", {}, "borrower", read=read)
    assert may_be_replanned(contract) and contract.signatures.count() == 0
    sign(contract, "borrower", "王小云", "signed_in_phone", {}, "borrower", read=contract.text_digest)
    assert not may_be_replanned(contract)
    with pytest.raises(FaultsError, match="a contract that nobody has signed"):
        agree_plan(contract, {"method": "equal_principal"}, "officer")


def test_a_rate_that_follows_an_index_goes_on_following_it(offer: Any) -> None:  # noqa: F811
    from puhui.loans.actions import draft_contract
    from puhui.loans.models import Contract
    from puhui.loans.replanning import agree_plan

    link = {"index": "LPR1Y", "spread": "0.005", "every": "12 month", "on": "01-01"}
    contract = draft_contract(offer, "officer", {"rate_link": link})
    rate = contract.terms["rate_annual"]
    agree_plan(contract, {"method": "equal_principal"}, "officer")
    contract = Contract.objects.get(pk=contract.pk)
    assert contract.terms["rate_annual"] == rate and contract.terms["method"] == "equal_principal"
    assert contract.rate_link.spread_e8 == 500_000 and "加50个基点" in contract.text
