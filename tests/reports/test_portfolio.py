"""The portfolio's figures against the books and the instalments, reckoned here once more by plain SQL and loops."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from django.db import connection
from tests.faults.acts import EVERY_THREE_DAYS
from tests.loans.conftest import OPENED, cleared_contract, lender, make_cleared_contract

__all__ = ["cleared_contract", "lender"]

LAST = OPENED + timedelta(days=36)
LOSS_GIVEN_DEFAULT = Fraction(45, 100)
MONTHLY = {**EVERY_THREE_DAYS, "every": "1 month", "day_count": "M/360", "amount": "120000.00"}


@pytest.fixture
def book(lender: Any, cleared_contract: Callable[..., Any]) -> Any:
    """Loans that are late by 33, 5 and 0 days, one that is closed, one drawn yesterday; and another lender's loan."""
    from puhui.books.actions import open_books
    from puhui.decisions.models import Decision
    from puhui.loans.actions import deposit, draw_down, pay_off, repay
    from puhui.loans.day_end import run
    from puhui.parties.actions import create_institution

    other = create_institution("OTHER", "邻县银行", "bank", OPENED)
    open_books(other, "test")
    draw_down(make_cleared_contract(other, 1, MONTHLY), "draw", "officer")
    never_pays, pays, closes, misses = (
        draw_down(cleared_contract(terms, risk_class=risk_class), f"draw {risk_class} {number}", "officer")
        for number, (terms, risk_class) in enumerate([(EVERY_THREE_DAYS, "D"), (MONTHLY, "A"), (EVERY_THREE_DAYS, "B"), (MONTHLY, "B")])
    )
    deposit(pays.firm, 10_000_000)
    run(lender, OPENED + timedelta(days=10), "test")
    pay_off(closes, "close", "officer")
    repay(pays, 1_000_000, "early", "officer")
    run(lender, LAST - timedelta(days=1), "test")
    draw_down(cleared_contract(MONTHLY, risk_class="A"), "late draw", "officer")
    run(lender, LAST, "test")
    lender.refresh_from_db()
    repay(type(misses).objects.get(pk=misses.pk), 50_000, "today", "officer")  # of the open day: not in the report
    assert Decision.objects.filter(institution=lender).count() == 5 and never_pays.pk
    return lender


def rows(sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def plain(institution: Any) -> list[dict[str, Any]]:
    """Each loan with its principal by the transfers up to LAST, and its days past due by its instalments and payments up to LAST."""
    from puhui.books.queries import role_account_ids

    principal = role_account_ids(institution)["principal"]
    booked = rows(
        """SELECT loan.id, loan.firm_id, loan.risk_class, loan.probability_ppm, loan.rate_ppm, loan.product_code,
                  sum(CASE WHEN debit_account_id = ANY(%s) THEN t.amount_fen ELSE 0 END)::bigint AS lent,
                  sum(CASE WHEN credit_account_id = ANY(%s) THEN t.amount_fen ELSE 0 END)::bigint AS repaid
             FROM loans_loan AS loan JOIN books_transfer AS t ON t.loan_id = loan.id
            WHERE loan.institution_id = %s AND t.posting_date <= %s GROUP BY 1 ORDER BY 1""",
        principal, principal, institution.pk, LAST,
    )  # fmt: skip
    names = ("id", "firm", "class", "probability", "rate", "product", "lent", "repaid")
    found = [dict(zip(names, row, strict=True)) for row in booked]
    for loan in found:
        loan["balance"] = loan["lent"] - loan["repaid"]
        instalments = rows(
            """SELECT due, principal_fen + interest_fen + fee_fen + penalty_fen + compound_fen - paid_fen
                 FROM loans_instalment WHERE loan_id = %s""",
            loan["id"],
        )
        # Today's 500.00 does not settle the instalment that was unpaid then, so the oldest unpaid row is still that of LAST.
        unpaid = [due for due, owed in instalments if due <= LAST and owed > 0]
        loan["days"] = (LAST - min(unpaid)).days if unpaid and loan["balance"] else 0
        probability = Fraction(1) if loan["days"] > 90 else Fraction(loan["probability"], 1_000_000)
        loan["loss"] = int(loan["balance"] * probability * LOSS_GIVEN_DEFAULT + Fraction(1, 2))
    return found


def credited(institution: Any, role: str) -> int:
    """What a role was credited with, the tax that left it again not taken off."""
    from puhui.books.queries import role_account_ids

    cells = role_account_ids(institution)
    ((amount,),) = rows(
        """SELECT coalesce(sum(CASE WHEN credit_account_id = ANY(%s) THEN amount_fen ELSE -amount_fen END), 0)::bigint
             FROM books_transfer
            WHERE posting_date <= %s AND (credit_account_id = ANY(%s) OR debit_account_id = ANY(%s)) AND credit_account_id <> ALL(%s)""",
        cells[role], LAST, cells[role], cells[role], cells["output_tax"],
    )  # fmt: skip
    return int(amount)


def grouped(loans: list[dict[str, Any]], key: Callable[[dict[str, Any]], str]) -> dict[str, tuple[int, int, int]]:
    sums: dict[str, tuple[int, int, int]] = {}
    for loan in loans:
        if loan["balance"]:
            number, balance, loss = sums.get(key(loan), (0, 0, 0))
            sums[key(loan)] = (number + 1, balance + loan["balance"], loss + loan["loss"])
    return sums


def bucket(loan: dict[str, Any]) -> str:
    return "current" if loan["days"] == 0 else "1-30" if loan["days"] <= 30 else "31-60"


def test_the_figures(book: Any, database_environment: dict[str, str], tmp_path: Any) -> None:
    from puhui.reports.queries import report
    from puhui.reports.tables import render

    made = report("portfolio", book, None)
    loans = plain(book)
    assert [loan["days"] for loan in loans] == [33, 0, 0, 5, 0]
    opened = [loan for loan in loans if loan["balance"]]
    balance = sum(loan["balance"] for loan in opened)
    (summary,) = made.table("summary").records()
    assert made.as_of == LAST
    assert {name: summary[name] for name in summary if name not in ("hours_to_decision", "mean_rate")} == {
        "loans": 4,
        "firms": 4,
        "balance": balance,
        "lent": sum(loan["lent"] for loan in loans),
        "repaid": sum(loan["repaid"] for loan in loans),
        "overdue_balance": sum(loan["balance"] for loan in opened if loan["days"] > 0),
        "overdue_30": sum(loan["balance"] for loan in opened if loan["days"] > 30),
        "overdue_90": 0,
        "expected_loss": sum(loan["loss"] for loan in opened),
        "income": credited(book, "interest_income"),
        "penalty_income": credited(book, "penalty_income"),
        "decisions": 5,
        "approved_share": 1.0,
        "automated_share": 1.0,
    }
    assert summary["mean_rate"] == round(Fraction(sum(loan["balance"] * loan["rate"] for loan in opened), balance))
    for name, key in (("buckets", bucket), ("classes", lambda loan: loan["class"]), ("products", lambda loan: loan["product"])):
        found = {row[0]: row[1:] for row in made.table(name).rows if row[1]}
        assert {code: (row[0], row[1], row[3]) for code, row in found.items()} == grouped(opened, key), name
        assert sum(row[2] for row in found.values()) == pytest.approx(1)
    january, now = made.table("months").records()
    assert (january["date"], now["date"]) == ("2026-01-31", LAST.isoformat())
    assert {code: now[f"{code}_fen"] for code in grouped(opened, bucket)} == {code: row[1] for code, row in grouped(opened, bucket).items()}
    assert (now["loans"], now["balance_fen"]) == (4, balance)

    # The command gives the same, and so do the other forms.
    out = tmp_path / "portfolio.json"
    command = [sys.executable, "-m", "puhui.site.command", "report", "portfolio", "--as-of", LAST.isoformat(), "--institution", "DEMO"]
    subprocess.run([*command, "--json", "--out", str(out)], env=database_environment, check=True, capture_output=True)
    assert json.loads(out.read_bytes()) == json.loads(render(made, "json")) == json.loads(json.dumps(made.as_dict()))
    cells = list(csv.reader(io.StringIO(render(made, "csv").decode("utf-8-sig"))))
    assert f"{balance / 100:.2f}" in cells[2]
    assert f"{balance / 100:,.2f}" in render(made, "html").decode()


def test_an_empty_book(lender: Any) -> None:
    from puhui.reports.queries import report
    from puhui.reports.tables import FORMATS, render, text

    made = report("portfolio", lender, date(2026, 1, 14), "zh-hans")
    (summary,) = made.table("summary").records()
    assert (summary["loans"], summary["balance"], summary["mean_rate"], summary["approved_share"]) == (0, 0, None, None)
    assert all(render(made, form) for form in FORMATS) and "贷款组合" in text(made)
    with pytest.raises(KeyError):
        report("moon", lender, None)


def test_small_firms_beside_all_loans(book: Any) -> None:
    """One firm is large; who is more than thirty days late counts as bad. By the transfers, as the books of that day knew them."""
    from puhui.loans.small_firm_figures import small_firms
    from puhui.parties.models import Firm

    loans = [loan for loan in plain(book) if loan["balance"]]
    late = next(loan for loan in loans if loan["days"] > 30)
    Firm.objects.filter(pk__in=[loan["firm"] for loan in loans]).update(kind="enterprise", staff_count=5, industry_code="1310")
    for large in (None, late["firm"], next(loan["firm"] for loan in loans if loan["days"] == 0)):
        Firm.objects.filter(pk=large).update(staff_count=5000)
        small = [loan for loan in loans if loan["firm"] != large]
        found = small_firms(book, LAST, 30)
        owed, bad = sum(loan["balance"] for loan in small), sum(loan["balance"] for loan in small if loan["days"] > 30)
        assert (found.loans, found.principal_fen, found.bad_fen) == (len(small), owed, bad)
        assert found.all_principal_fen == sum(loan["balance"] for loan in loans) and found.all_bad_fen == late["balance"]
        assert found.excess_share == pytest.approx(bad / owed - late["balance"] / found.all_principal_fen)
        Firm.objects.filter(pk=large).update(staff_count=5)
    Firm.objects.filter(pk__in=[loan["firm"] for loan in loans]).update(staff_count=5000)
    assert small_firms(book, LAST, 30).excess_share is None
