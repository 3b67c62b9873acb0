"""Books of a tree of branches: each branch balances by itself, and over all of them nothing stands between branches."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection

from puhui.books import queries
from puhui.books.actions import EntryDraft, Side, close_day, post, post_many, verify
from puhui.books.models import Account, Transfer
from puhui.calculations.faults import FaultsError
from puhui.parties.actions import create_branch, create_institution, head_branch
from puhui.parties.queries import branch_and_below, branches

from .conftest import FIRST_DAY


@pytest.fixture
def town(institution: Any) -> Any:
    return create_branch(institution, "01", "城关支行", actor="admin")


@pytest.fixture
def village(institution: Any, town: Any) -> Any:
    return create_branch(institution, "0101", "河口分理处", town, actor="admin")


def balances(institution: Any, **filters: Any) -> dict[tuple[str, str | None], int]:
    rows = queries.trial_balance(institution, FIRST_DAY, **filters)
    return {(row.code, row.branch_code): row.balance_fen for row in rows if row.balance_fen}


def test_an_institution_has_its_head_office_and_a_tree_under_it(institution: Any, town: Any, village: Any) -> None:
    head = head_branch(institution)
    assert [branch.code for branch in branches(institution)] == ["RIVER", "01", "0101"]
    assert branch_and_below(town) == [town.pk, village.pk] and set(branch_and_below(head)) == {head.pk, town.pk, village.pk}
    with pytest.raises(FaultsError, match="code") as refused:
        other = create_institution("HILL", "山口", "bank", FIRST_DAY)
        create_branch(institution, "01", "again", head_branch(other), actor="admin")
    assert [fault.where for fault in refused.value.faults] == ["code", "parent"]


def test_money_that_comes_in_at_another_branch_goes_over_the_accounts_between_branches(institution: Any, town: Any, village: Any) -> None:
    lent = [("principal", "settlement", 100_00)]
    post(institution, "drawdown", FIRST_DAY, lent, loan_id=1, branch_id=village.pk, product_code="spring", recorded_by="clerk")
    paid = [(Side("settlement", town.pk), "principal", 40_00)]
    post(institution, "repayment", FIRST_DAY, paid, loan_id=1, branch_id=village.pk, product_code="spring", recorded_by="clerk")
    assert balances(institution, by_branch=True) == {
        ("130301", "0101"): 60_00,
        ("2011", "0101"): -100_00,
        ("3003", "0101"): 40_00,
        ("2011", "01"): 40_00,
        ("3003", "01"): -40_00,
    }
    assert balances(institution) == {("130301", None): 60_00, ("2011", None): -60_00}
    assert balances(institution, branch=village)["3003", None] == 40_00
    assert "3003" not in {code for code, _ in balances(institution, branch=town)}, "the village belongs to the town"
    assert Transfer.objects.count() == 3
    close_day(institution, FIRST_DAY, "day end")
    assert balances(institution, by_branch=True)["3003", "0101"] == 40_00
    assert queries.balance(institution, "principal", FIRST_DAY) == 60_00
    assert verify(institution) == []


def test_accounts_of_a_product_open_by_themselves_once_and_add_up(institution: Any, town: Any) -> None:
    before = Account.objects.count()
    drafts = [
        EntryDraft("drawdown", FIRST_DAY, [("principal", "settlement", 1_00)], loan_id=each, branch_id=town.pk, product_code=product)
        for each, product in enumerate(["spring", "autumn", "spring", ""])
    ]
    post_many(institution, drafts, "clerk")
    post_many(institution, drafts, "clerk")
    assert Account.objects.count() == before + 6
    by_product = {
        (row.code, row.product_code): row.balance_fen
        for row in queries.trial_balance(institution, FIRST_DAY, by_product=True)
        if row.balance_fen
    }
    assert by_product == {
        ("130301", "spring"): 4_00, ("130301", "autumn"): 2_00, ("130301", ""): 2_00,
        ("2011", "spring"): -4_00, ("2011", "autumn"): -2_00, ("2011", ""): -2_00,
    }  # fmt: skip
    cells = queries.role_account_ids(institution)["principal"]
    assert len(cells) == 4 and len(queries.accounts(institution).filter(code="130301")) == 1
    assert len(queries.account_entries(institution, "130301", FIRST_DAY, FIRST_DAY)) == 8
    assert verify(institution) == []


def test_a_branch_of_another_institution_is_not_posted_to(institution: Any) -> None:
    foreign = head_branch(create_institution("HILL", "山口", "bank", FIRST_DAY))
    with pytest.raises(FaultsError, match="accounts opened"):
        post(institution, "drawdown", FIRST_DAY, [("principal", "settlement", 1_00)], branch_id=foreign.pk, recorded_by="clerk")
    assert not Transfer.objects.exists()


def test_a_transfer_between_two_branches_that_was_not_posted_by_us_is_found(institution: Any, town: Any, owner_connection: Any) -> None:
    post(institution, "drawdown", FIRST_DAY, [("principal", "settlement", 1_00)], branch_id=town.pk, recorded_by="clerk")
    head = Account.objects.get(branch__parent=None, code="2011")
    owner_connection.execute("UPDATE books_transfer SET credit_account_id = %s", [head.pk])
    assert any("between two branches" in finding.what for finding in verify(institution))


def test_accounts_of_before_there_were_branches_keep_their_digest(institution: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT books_account_text(id, institution_id, code, name, name_english, kind, currency, opened_on, branch_id,
                                         product_code, 1)
                        = ROW('account', id, institution_id, code::text, name::text, name_english::text, kind::text, currency::text,
                              opened_on - DATE '2000-01-01')::text,
                      version FROM books_account"""
        )
        assert set(cursor.fetchall()) == {(True, 2)}


def test_an_account_said_to_be_old_must_stand_at_the_head_office(institution: Any, town: Any, owner_connection: Any) -> None:
    post(institution, "drawdown", date(2026, 3, 30), [("principal", "settlement", 1_00)], branch_id=town.pk, recorded_by="clerk")
    owner_connection.execute(
        """UPDATE books_account SET version = 1, digest = parties_digest(books_account_text(
               id, institution_id, code, name, name_english, kind, currency, opened_on, branch_id, product_code, 1))
            WHERE branch_id = %s AND code = '2011'""",
        [town.pk],
    )
    changed = Account.objects.get(branch=town, code="2011")
    assert any(finding.where.startswith(f"account {changed.pk} ") for finding in verify(institution))
