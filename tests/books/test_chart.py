"""The chart of accounts and its roles, as the catalogue has them and as an institution may replace them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from django.conf import settings

from puhui.books.chart import chart, role_code
from puhui.calculations.faults import FaultsError
from puhui.calculations.posting import FLOWS
from puhui.parties.models import Institution

DAY = date(2026, 1, 1)


@pytest.mark.parametrize("kind", Institution.Kind.values)
def test_every_act_of_a_loan_finds_its_accounts(kind: str) -> None:
    found = chart(kind, DAY)
    for debit, credit in FLOWS.values():
        assert found.code(debit) in found.accounts and found.code(credit) in found.accounts
        assert found.code(debit) != found.code(credit)


def test_the_borrowers_money_is_a_deposit_at_a_bank_and_cash_at_a_micro_lender() -> None:
    assert {kind: chart(kind, DAY).roles["settlement"] for kind in Institution.Kind.values} == {"bank": "2011", "micro_lender": "1002"}
    assert "1002" not in chart("bank", DAY).accounts
    assert chart("bank", DAY).accounts["1304"].name_english == "Allowance for loan losses"


def test_a_day_before_the_chart_has_no_accounts() -> None:
    with pytest.raises(FaultsError, match="no account"):
        chart("bank", date(2000, 1, 1))


def test_an_unknown_role_names_those_that_there_are() -> None:
    bank = Institution(code="B", kind="bank", business_date=DAY)
    assert role_code(bank, "principal") == "130301"
    with pytest.raises(FaultsError, match="accrued_interest, commitment_provision"):
        role_code(bank, "pincipal")


def test_an_institution_may_bring_its_own_roles_by_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "parameters"
    folder.mkdir()
    (folder / "posting-roles.toml").write_text(
        """
        [[role]]
        role = "principal"
        accounts = { bank = "130301" }
        valid_from = 2019-01-01
        valid_to = 2026-06-01

        [[role]]
        role = "principal"
        accounts = { bank = "130302" }
        valid_from = 2026-06-01
        """
    )
    monkeypatch.setattr(settings, "PUHUI_CATALOGUE", tmp_path)
    assert chart("bank", date(2026, 5, 31)).roles == {"principal": "130301"}
    assert chart("bank", date(2026, 6, 1)).roles == {"principal": "130302"}


def test_every_fault_of_a_chart_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "parameters"
    folder.mkdir()
    (folder / "chart-of-accounts.toml").write_text(
        """
        [[account]]
        code = "1001"
        name = "现金"
        kind = "money"
        institutions = ["shop"]
        valid_from = "soon"
        """
    )
    monkeypatch.setattr(settings, "PUHUI_CATALOGUE", tmp_path)
    with pytest.raises(FaultsError) as caught:
        chart("bank", DAY)
    assert [fault.where.split(", ")[2] for fault in caught.value.faults] == ["name_english", "valid_from", "kind", "institutions"]
