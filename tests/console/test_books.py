"""The accountant's pages: what they show comes to what the books hold, and the acts on them do what they say, once."""

from __future__ import annotations

import copy
import csv
import dataclasses
import html
import io
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.console import books_scenario
from tests.console.conftest import use_database
from tests.console.test_acts import text_of

MOST_QUERIES = 12
NAMES = {
    "Puhui",
    "English",
    "CSV",
    "XLSX",
    "JSON",
    "PDF",
    "CNY",
    "MAIN",
    "YUNXI",
    "accountant",
    "officer",
    "camt",
    "statement",
    "csv",
    "xml",
}
KEY = f"page-{'0b' * 12}"


@pytest.fixture(scope="module")
def money_database(scenario_database: tuple[str, Any], server: Any) -> Iterator[tuple[str, Any, Any]]:
    """A copy of the scenario's database with payments, suspense, late and reversed postings beside it."""
    from django.db import connections

    source, built = scenario_database
    name = f"money_{uuid4().hex[:12]}"
    connections.close_all()
    server.create_database(name, template=source)
    use_database(name)
    yield name, built, books_scenario.add(built)
    use_database(source)
    server.drop_database(name)


@pytest.fixture
def scenario(money_database: tuple[str, Any, Any]) -> Iterator[Any]:
    """The scenario in that database; what a test changes is rolled back."""
    from django.db import transaction

    name, built, money = money_database
    use_database(name)
    with transaction.atomic():
        yield dataclasses.replace(built, institution=copy.deepcopy(money.institution))
        transaction.set_rollback(True)
    use_database(name)


@pytest.fixture
def money(scenario: Any, money_database: tuple[str, Any, Any]) -> Any:
    return copy.deepcopy(money_database[2])


@pytest.fixture(autouse=True)
def _contexts_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """`response.context`: what the view gave to the template."""
    from django.template import Template
    from django.test.utils import instrumented_test_render

    monkeypatch.setattr(Template, "_render", instrumented_test_render)


def balance(institution: Any, role: str) -> int:
    from puhui.books.queries import balance as balance_of

    institution.refresh_from_db()
    return balance_of(institution, role, institution.business_date)


def table_numbers(text: str) -> list[int]:
    """Every amount of a page in fen."""
    found = re.findall(r'class="number">(?:<strong[^>]*>)?(−?[\d,]+\.\d\d)', text)
    return [int(each.replace(",", "").replace(".", "").replace("−", "-")) for each in found]


# ---------------------------------------------------------------- the books


def test_the_trial_balance_opens_down_to_the_act(money: Any, scenario: Any, client_of: Any) -> None:
    """Account, entry, event of the loan, and the command with its key; every link of the way is there."""
    client = client_of("auditor")
    page = text_of(client.get(f"/books/?from={money.late_day}"))
    assert "balances come to zero" in page and "does not come to zero" not in page
    account = re.search(r'href="(/books/accounts/130301/\?[^"]+)"', page).group(1).replace("&amp;", "&")
    page = text_of(client.get(account))
    entry = client.get(re.search(r'href="(/books/entries/\d+/)"', page).group(1))
    shown = text_of(entry)
    assert "undo wrong payment" in shown or "late payment" in shown or "wrong payment" in shown
    assert re.search(r'href="/loans/\d+/"', shown) and "asked for by accountant" in shown


def test_an_entry_leads_to_the_receipt_the_payment_or_the_contract(money: Any, client_of: Any) -> None:
    from puhui.books.models import Entry

    client, wanted = client_of("auditor"), {}
    wanted["receipt_applied"] = f"/books/suspense/{money.receipts['certain'].pk}/"
    wanted["payment_sent"] = f"/books/payments/{money.orders['confirmed'].pk}/"
    wanted["payment_ordered"] = f"/payouts/{money.orders['confirmed'].contract_id}/"
    for act, address in wanted.items():
        entry = Entry.objects.filter(act=act).order_by("pk").first()
        assert f'href="{address}"' in text_of(client.get(f"/books/entries/{entry.pk}/")), act


@pytest.mark.parametrize("split", ["", "branch", "product"])
def test_each_split_of_the_trial_balance_has_the_same_totals(split: str, money: Any, scenario: Any, client_of: Any) -> None:
    from puhui.books.queries import trial_balance

    day = scenario.institution.business_date
    page = text_of(client_of("accountant").get(f"/books/?split={split}&from={day - timedelta(days=9)}"))
    rows = [row for row in trial_balance(scenario.institution, day, day - timedelta(days=9)) if row.kind != "memo"]
    totals = re.findall(r"<tfoot>(.*?)</tfoot>", page, re.S)
    assert len(totals) == 2, "balance sheet and memo books apart"
    assert table_numbers(totals[0]) == [0, sum(row.debit_fen for row in rows), sum(row.credit_fen for row in rows), 0]


def test_an_account_opens_and_closes_with_its_balance(money: Any, scenario: Any, client_of: Any) -> None:
    from puhui.books.queries import role_code, trial_balance

    code, day = role_code(scenario.institution, "suspense"), scenario.institution.business_date
    page = client_of("accountant").get(f"/books/accounts/{code}/?from={day - timedelta(days=1)}")
    row = next(each for each in trial_balance(scenario.institution, day, day - timedelta(days=1)) if each.code == code)
    (total,) = page.context["totals"]
    assert (total["opening_fen"], total["balance_fen"]) == (row.balance_fen - row.debit_fen + row.credit_fen, row.balance_fen)
    shown = page.context["rows"]
    moved = [sum(each[side] or 0 for each in shown) for side in ("debit_fen", "credit_fen")]
    assert moved == [row.debit_fen, row.credit_fen]
    other = client_of("accountant").get(f"/books/accounts/{code}/?product=invoice-working-capital")
    assert not other.context["rows"], "money that belongs to nobody is of no product"


def test_the_common_accounts_have_a_word(money: Any, client_of: Any) -> None:
    page = text_of(client_of("accountant", "zh-hans").get("/books/?all=1"))
    assert "共同类（清算）" in page and "common" not in page


# ---------------------------------------------------------------- days


def test_a_closed_day_shows_its_steps_controls_chain_and_late_items(money: Any, scenario: Any, client_of: Any) -> None:
    from puhui.books.models import ClosedDay, Entry

    page = client_of("auditor").get(f"/books/days/{money.late_day}/")
    text, context = text_of(page), page.context
    assert context["end"].done_count == len(context["end"].asked) and all(row["step"] for row in context["steps"])
    assert context["controls"]["agree"] and {row["branch"] for row in context["controls"]["rows"]} == {"YUNXI"}
    principal = next(row for row in context["controls"]["rows"] if row["code"] == "130301")
    assert principal["kept_fen"] == principal["booked_fen"] > 0
    assert all(side["balanced"] for side in context["sides"])
    closed = ClosedDay.objects.get(institution=scenario.institution, date=money.late_day)
    assert bytes(closed.chain_digest).hex() in text and "continues the day before" in text
    late = set(Entry.objects.filter(posting_date=money.late_day, effective_date__lt=money.late_day).values_list("pk", flat=True))
    assert late and {row["entry"].pk for row in context["late"]["rows"]} == late
    assert "rate_annual" in text, "the loan that was set aside, with its reason"
    earlier = client_of("auditor").get(f"/books/days/{money.late_day - timedelta(days=4)}/").context["after"]["rows"]
    assert "repayment" in {row["entry"].act for row in earlier}, "what came later for a day is told on it"


def test_a_day_is_proved_again_from_its_rows(money: Any, scenario: Any, client_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the proof finds is told on the page; tests/books show that it finds every change of a row."""
    from puhui.books.findings import Finding
    from puhui.console.views import days

    address = f"/books/days/{money.late_day}/?prove=1"
    assert "every digest and every total holds" in text_of(client_of("auditor").get(address))
    monkeypatch.setattr(days, "total_findings", lambda institution, span: [Finding("total of account 130301", f"not that of {span.since}")])
    found = text_of(client_of("auditor").get(address))
    assert f"total of account 130301: not that of {money.late_day}" in found and "every total holds" not in found


def test_the_open_day_compares_as_of_now_and_names_what_differs(money: Any, scenario: Any, client_of: Any) -> None:
    from puhui.loans.models import Loan

    today = scenario.institution.business_date
    controls = client_of("accountant").get(f"/books/days/{today}/").context["controls"]
    assert controls["now"] and controls["agree"] and controls["rows"]
    loan = Loan.objects.filter(status="performing").first()
    Loan.objects.filter(pk=loan.pk).update(principal_repaid_fen=loan.principal_repaid_fen + 700)
    page = client_of("accountant").get(f"/books/days/{today}/")
    assert [row["difference_fen"] for row in page.context["controls"]["rows"] if row["difference_fen"]] == [-700]
    assert "accounts differ" in text_of(page)


def test_days_that_are_not_there(scenario: Any, client_of: Any) -> None:
    client = client_of("auditor")
    for day in ("1999-01-01", "2999-01-01", "yesterday"):
        assert client.get(f"/books/days/{day}/").status_code == 404


def test_the_list_of_days(money: Any, scenario: Any, client_of: Any) -> None:
    rows = client_of("auditor").get("/books/days/").context["rows"]
    assert rows[0]["date"] == scenario.institution.business_date and rows[0]["entries"] is None
    assert rows[1]["set_aside"] == 1 and not any(row["differences"] for row in rows)
    assert all(row["done"] == row["asked"] for row in rows[1:])


# ---------------------------------------------------------------- vouchers


def test_vouchers_in_red_and_in_blue_come_to_the_same(money: Any, client_of: Any) -> None:
    client = client_of("accountant")
    red = client.get(f"/books/vouchers/?date={money.reversed_day}&reversals=red").context
    blue = client.get(f"/books/vouchers/?date={money.reversed_day}&reversals=blue").context
    assert not red["faults"] and not blue["faults"]
    below = [row["line"] for voucher in red["vouchers"] for row in voucher["lines"] if row["line"].colour == "red"]
    assert below and all(line.debit_fen <= 0 and line.credit_fen <= 0 for line in below)

    def net(context: Any) -> int:
        return sum(row["line"].debit_fen - row["line"].credit_fen for each in context["vouchers"] for row in each["lines"])

    assert net(red) == net(blue) == 0


def test_the_file_is_the_page(money: Any, client_of: Any) -> None:
    client = client_of("auditor")
    context = client.get(f"/books/vouchers/?date={money.reversed_day}").context
    file = client.get(f"/books/vouchers/file.csv?date={money.reversed_day}")
    assert file["Content-Disposition"] == f'attachment; filename="vouchers-{money.reversed_day}-red.csv"'
    rows = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert len(rows) == context["line_count"]
    assert sum(int(row["debit"].replace(".", "")) for row in rows) == sum(each["debit_fen"] for each in context["vouchers"])
    assert client.get(f"/books/vouchers/file.xlsx?date={money.reversed_day}").content[:2] == b"PK"
    assert client.get("/books/vouchers/file.exe").status_code == 404


def test_handing_over_is_noted_once_and_only_by_the_accountant(money: Any, scenario: Any, client_of: Any) -> None:
    from puhui.books.models import VoucherDelivery

    sent = {"date": str(money.reversed_day), "reversals": "red"}
    assert client_of("auditor").post("/books/vouchers/", sent).status_code == 403
    client = client_of("accountant")
    for _ in range(2):
        assert client.post("/books/vouchers/", sent).status_code == 302
    assert VoucherDelivery.objects.get().delivered_by == "accountant"
    assert [each["same"] for each in client.get(f"/books/vouchers/?date={money.reversed_day}").context["deliveries"]] == [True]
    refused = client.post("/books/vouchers/", {"date": str(scenario.institution.business_date)})
    assert refused.status_code == 422 and "a closed day" in text_of(refused)


# ---------------------------------------------------------------- losses and taxes


def test_the_losses_add_up_and_every_loan_has_its_reason(scenario: Any, client_of: Any) -> None:
    from puhui.loans.loss_models import LossDetail, LossRun

    page = client_of("risk").get("/books/losses/")
    run, context = LossRun.objects.latest("date"), page.context
    details = LossDetail.objects.filter(run_date=run.date)
    assert context["stages"]["totals"]["loss_fen"] == sum(each.loss_fen for each in details) > 0
    assert context["floor"]["required_fen"] == sum(row["required_fen"] for row in context["floor"]["rows"])
    assert context["floor"]["principal_fen"] == sum(each.principal_fen for each in details)
    assert len(context["rows"]) == details.count() and all(row["reason"] and (row["loan"] or row["line"]) for row in context["rows"])
    assert not client_of("risk").get("/books/losses/?stage=3").context["rows"]
    for number in run.entry_ids:
        assert f'href="/books/entries/{number}/"' in text_of(page)


def test_a_line_stands_in_the_losses_with_what_may_be_drawn_on_it(scenario: Any, client_of: Any) -> None:
    page = client_of("risk").get("/books/losses/")
    rows = [row for row in page.context["rows"] if row["line"]]
    assert rows and page.context["stages"]["totals"]["commitment_loss_fen"] == sum(row["loss_fen"] for row in rows) > 0
    for row in rows:
        line, detail = row["line"], row["detail"]
        assert (detail.loan_id, row["firm"], row["exposure_fen"]) == (-line.contract_id, line.firm.name, detail.undrawn_fen)
        assert f'href="/lines/{line.pk}/"' in text_of(page) and 0 < row["loss_fen"] < row["exposure_fen"] <= line.limit_fen


def test_the_taxes_of_a_month_are_those_of_the_accounts(money: Any, scenario: Any, client_of: Any) -> None:
    from puhui.books.queries import role_code, trial_balance

    day = scenario.institution.business_date
    context = client_of("accountant").get(f"/books/taxes/?month={day:%Y-%m}").context
    stamp = next(each for each in context["accounts"] if each["role"] == "stamp_duty")
    code = role_code(scenario.institution, "stamp_duty")
    assert stamp["closing_fen"] == -next(row.balance_fen for row in trial_balance(scenario.institution, day) if row.code == code) > 0
    moved = [each["movement"] for each in context["moved"] if each["movement"].role == "stamp_duty"]
    assert sum(each.credit_fen for each in moved) == stamp["credit_fen"] and {each.act for each in moved} == {"stamp_duty"}


# ---------------------------------------------------------------- reconciliation and suspense


def test_reconciliation_shows_what_differs_first_and_its_age(money: Any, client_of: Any) -> None:
    page = client_of("auditor").get("/books/reconciliation/")
    rows = page.context["rows"]
    assert [row["item"].state for row in rows][:1] == ["only_theirs"] and rows[0]["difference_fen"] == 35_000
    assert page.context["gap_fen"] == 35_000, "the ledger lacks the charge that the statement shows"
    assert sum(row["gap_fen"] for row in page.context["ages"]) == 35_000
    only = client_of("auditor").get("/books/reconciliation/?state=matched").context["rows"]
    assert only and all(row["item"].state == "matched" for row in only)
    links = {row["url"] for row in only}
    assert f"/books/payments/{money.orders['confirmed'].pk}/" in links and f"/books/suspense/{money.receipts['known'].pk}/" in links


def test_a_statement_is_taken_in_once(money: Any, scenario: Any, client_of: Any) -> None:
    from puhui.payments.camt053_writing import Booking, write_statement
    from puhui.payments.models import ImportedFile

    day = scenario.institution.business_date
    opening = ImportedFile.objects.filter(kind="statement").latest("last_day").closing_fen
    content = write_statement(books_scenario.OWN_NUMBER, day, opening, [Booking(50_000, day, "R9", text="来款", other_name="南浦运输队")])

    def sent() -> Any:
        return {"account": "MAIN", "form": "camt.053", "file": SimpleUploadedFile("today.xml", content)}

    assert client_of("risk").post("/books/reconciliation/", sent()).status_code == 403
    before = balance(scenario.institution, "suspense")
    assert client_of("accountant").post("/books/reconciliation/", sent()).status_code == 302
    assert balance(scenario.institution, "suspense") == before - 50_000
    again = client_of("accountant").post("/books/reconciliation/", sent())
    assert again.status_code == 422 and "taken in on" in text_of(again)
    assert balance(scenario.institution, "suspense") == before - 50_000


def test_suspense_equals_its_account_and_names_the_likeliest_loan(money: Any, client_of: Any) -> None:
    context = client_of("auditor").get("/books/suspense/").context
    assert context["agree"] and context["total_fen"] == 312_000 + 2_500_000 + 880_000 + 45_600
    assert context["total_fen"] == sum(each["open_fen"] for each in context["ages"])
    likely = {row["receipt"].pk: row["loan"] for row in context["rows"]}
    assert likely[money.receipts["known"].pk].firm.name == money.receipts["known"].statement_line.other_name
    assert likely[money.receipts["unknown"].pk] is None


def test_a_receipt_is_put_to_a_loan_once_and_taken_back(money: Any, scenario: Any, client_of: Any) -> None:
    from puhui.payments.models import ReceiptApplication

    receipt, client = money.receipts["known"], client_of("accountant")
    address = f"/books/suspense/{receipt.pk}/"
    suggestion = client.get(address).context["suggestions"][0]
    before = balance(scenario.institution, "suspense")
    sent = {"act": "apply", "key": KEY, "loan": suggestion["loan"].number, "amount": "5,000", "grounds": "name_equal"}
    assert client_of("risk").post(address, sent).status_code == 403
    for _ in range(2):
        assert client.post(address, sent).status_code == 302
    application = ReceiptApplication.objects.get(receipt=receipt)
    assert (application.amount_fen, application.applied_by) == (500_000, "accountant")
    assert balance(scenario.institution, "suspense") == before + 500_000
    too_much = client.post(address, {**sent, "key": f"page-{'0c' * 12}", "amount": "99,999"})
    assert too_much.status_code == 422 and "what is in suspense" in text_of(too_much)
    assert client.post(address, {"act": "undo", "application": application.pk, "reason": ""}).status_code == 422
    for _ in range(2):
        assert client.post(address, {"act": "undo", "application": application.pk, "reason": "另一笔"}).status_code == 302
    assert balance(scenario.institution, "suspense") == before
    assert ReceiptApplication.objects.filter(receipt=receipt).count() == 2


def test_a_receipt_goes_over_the_debts_that_are_due(money: Any, scenario: Any, client_of: Any) -> None:
    """Of the first borrower, whose dues were never paid: what is due is taken, the rest stays."""
    from puhui.loans.models import Loan
    from puhui.loans.queries import owed
    from puhui.payments.models import ReceiptApplication

    late = Loan.objects.filter(overdue_since__isnull=False).first()
    receipt = money.receipts["alike"]
    sent = {"act": "apply_over", "key": KEY, "firm": late.firm_id}
    due = owed(late, receipt.value_on).due_fen
    seen = client_of("accountant").get(f"/books/suspense/{receipt.pk}/", {"over": late.firm_id, "named": late.number})
    (row,) = [each for each in seen.context["over"]["rows"] if each["loan"] == late]
    assert row["share"].amount == min(due, receipt.amount_fen) and row["share"].ground == "designated" and row["named"]
    assert not ReceiptApplication.objects.filter(receipt=receipt).exists()  # looked at, nothing done
    strange = client_of("accountant").get(f"/books/suspense/{receipt.pk}/", {"over": late.firm_id, "named": "none"})
    assert "the number of a loan of this lender" in text_of(strange)
    assert client_of("accountant").post(f"/books/suspense/{receipt.pk}/", sent).status_code == 302
    applied = ReceiptApplication.objects.filter(receipt=receipt, loan=late)
    assert sum(each.amount_fen for each in applied) == min(due, receipt.amount_fen) > 0


def test_money_goes_back_by_a_payment_order(money: Any, scenario: Any, client_of: Any) -> None:
    from puhui.payments.models import PaymentOrder

    receipt, client = money.receipts["old"], client_of("accountant")
    address = f"/books/suspense/{receipt.pk}/"
    payee = {"payee": "南浦运输队", "account": "6230580000011110001", "bank": "邻县银行"}
    sent = {"act": "return", "key": KEY, **payee, "amount": "3120", "reason": "付错"}
    for _ in range(2):
        assert client.post(address, sent).status_code == 302
    order = PaymentOrder.objects.get(receipt=receipt)
    assert (order.status, order.amount_fen, order.created_by) == ("waiting", 312_000, "accountant")
    assert client.post(f"/books/payments/{order.pk}/", {"act": "agree"}).status_code == 422  # who ordered it cannot agree to it
    assert client_of("risk").get(f"/books/payments/{order.pk}/").context["may_agree"]
    assert client_of("risk").post(f"/books/payments/{order.pk}/", {"act": "agree"}).status_code == 302
    order.refresh_from_db()
    assert order.status == "created"
    assert client.post(f"/books/payments/{order.pk}/", {"act": "cancel"}).status_code == 302
    receipt.refresh_from_db()
    assert (receipt.returning_fen, receipt.open_fen) == (0, 312_000)


def test_nobody_invents_acts(money: Any, client_of: Any) -> None:
    client = client_of("accountant")
    for sent in ({}, {"act": "take"}, {"act": "apply", "loan": "no such loan", "amount": "1"}, {"act": "apply", "amount": "²"}):
        assert client.post(f"/books/suspense/{money.receipts['old'].pk}/", sent).status_code == 422
    assert client.post(f"/books/payments/{money.orders['sent'].pk}/", {"act": "pay"}).status_code == 422


# ---------------------------------------------------------------- payment orders and payouts


def test_payment_orders_by_state(money: Any, client_of: Any) -> None:
    context = client_of("risk").get("/books/payments/").context
    counts = {tab["code"]: tab["count"] for tab in context["tabs"]}
    ended = {"confirmed": 1, "failed": 1, "cancelled": 0, "unknown": 1}
    assert counts == {"": 5, "attention": 2, "waiting": 0, "created": 1, "sent": 1, **ended}
    assert [bool(row["order"].attention) for row in context["rows"]] == [True, True, False, False, False], "a person is called first"
    assert len(client_of("risk").get("/books/payments/?status=attention").context["rows"]) == 2


def test_what_was_told_late_is_marked_and_repeated_questions_are_one_row(money: Any, client_of: Any) -> None:
    told = client_of("auditor").get(f"/books/payments/{money.orders['confirmed'].pk}/").context["attempts"]
    assert [row["late"] for row in told] == [False, True]
    asked = client_of("auditor").get(f"/books/payments/{money.orders['unknown'].pk}/").context["attempts"]
    assert sum(row["times"] for row in asked if row["code"] == "query") > 10 > len(asked)


def test_an_unknown_payment_is_decided_by_another_person_with_evidence(money: Any, scenario: Any, client_of: Any) -> None:
    from puhui.payments.models import PaymentOrder

    order = money.orders["unknown"]
    address = f"/books/payments/{order.pk}/"
    assert client_of("auditor").post(address, {"act": "decide", "outcome": "failed", "evidence": "x"}).status_code == 403
    client = client_of("accountant")
    assert client.post(address, {"act": "decide", "outcome": "failed", "evidence": ""}).status_code == 422
    assert client.post(address, {"act": "decide", "outcome": "failed", "evidence": "银行回函"}).status_code == 302
    assert PaymentOrder.objects.get(pk=order.pk).status == "failed"
    assert f"/payouts/{order.contract_id}/" in text_of(client.get(address)), "from there it is ordered anew"
    seen = client.post(f"/books/payments/{money.orders['confirmed'].pk}/", {"act": "decide", "outcome": "seen", "evidence": "查过"})
    assert seen.status_code == 302 and not PaymentOrder.objects.get(pk=money.orders["confirmed"].pk).attention


def test_only_what_was_not_sent_is_cancelled(money: Any, client_of: Any) -> None:
    client = client_of("accountant")
    assert client.post(f"/books/payments/{money.orders['sent'].pk}/", {"act": "cancel"}).status_code == 422
    assert client.post(f"/books/payments/{money.orders['created'].pk}/", {"act": "cancel"}).status_code == 302


def payees(**fields: str) -> dict[str, str]:
    return {"act": "order", "key": KEY, "from": "MAIN", **fields}


def test_a_payout_is_ordered_in_parts(money: Any, client_of: Any) -> None:
    from puhui.payments.models import PaymentOrder

    address, client = f"/payouts/{money.contract.pk}/", client_of("accountant")
    sent = payees()
    for row, name, amount in (("1", "青石建材有限公司", "40,000"), ("2", "临江五金厂", "30,000")):
        sent |= {f"name-{row}": name, f"account-{row}": f"623058000009988776{row}", f"amount-{row}": amount, f"proof-{row}": f"合同 {row}"}
    for _ in range(2):
        assert client.post(address, sent).status_code == 302
    orders = PaymentOrder.objects.filter(contract=money.contract).order_by("pk")
    assert [(each.amount_fen, each.mode) for each in orders] == [(4_000_000, "entrusted"), (3_000_000, "entrusted")]
    page = client.get(address)
    assert page.context["left_fen"] == money.contract.amount_fen - 7_000_000 and not page.context["may_draw"]
    more = client.post(address, {**sent, "key": f"page-{'0d' * 12}"})
    assert more.status_code == 422 and "neither lent nor ordered" in text_of(more)
    assert "青石建材有限公司" in text_of(more), "a refused form keeps what was typed"


def test_the_borrowers_account_is_noted_by_one_and_verified_by_another(money: Any, client_of: Any) -> None:
    from puhui.payments.models import FirmAccount, PaymentOrder

    address, firm = f"/payouts/{money.contract.pk}/", money.contract.firm
    officer, accountant = client_of("officer"), client_of("accountant")
    noted = {"act": "account", "holder": firm.name, "number": "6217001234567890123", "bank": "邻县银行"}
    assert officer.post(address, noted).status_code == 302
    account = FirmAccount.objects.get(firm=firm)
    assert officer.post(address, {"act": "verify", "account": account.pk}).status_code == 422, "not by whoever noted it"
    assert accountant.post(address, {"act": "verify", "account": account.pk}).status_code == 302
    assert accountant.post(address, payees(**{"to-1": str(account.pk), "amount-1": "10000"})).status_code == 302
    order = PaymentOrder.objects.get(contract=money.contract)
    assert (order.mode, order.holder_name, order.number_tail) == ("own", firm.name, "0123")


def test_a_micro_lender_with_an_account_pays_by_order_alone(money: Any, scenario: Any, client_of: Any) -> None:
    """The money leaves through the outside bank, so nothing is lent before that bank has paid."""
    from puhui.loans.models import Contract
    from puhui.parties.models import Institution

    Institution.objects.filter(pk=scenario.institution.pk).update(kind="micro_lender")
    address, client = f"/payouts/{money.contract.pk}/", client_of("accountant")
    context = client.get(address).context
    assert context["may_order"] and not context["may_draw"]
    assert client.post(address, {"act": "draw"}).status_code == 422
    assert Contract.objects.get(pk=money.contract.pk).status == "cleared"


# ---------------------------------------------------------------- all of them


def addresses(money: Any) -> list[str]:
    day = money.late_day
    return [
        f"/books/?split=branch&from={day}", f"/books/accounts/224102/?from={day}", f"/books/days/{day}/", "/books/days/",
        f"/books/vouchers/?date={day}", "/books/losses/", "/books/taxes/", "/books/reconciliation/", "/books/suspense/",
        f"/books/suspense/{money.receipts['known'].pk}/", "/books/payments/", f"/books/payments/{money.orders['confirmed'].pk}/",
        f"/payouts/{money.contract.pk}/",
    ]  # fmt: skip


def test_at_most_twelve_queries_each(money: Any, scenario: Any, client_of: Any) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client, many = client_of("accountant"), {}
    for address in [*addresses(money), f"/books/days/{scenario.institution.business_date}/"]:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(address).status_code == 200, address
        statements = [each["sql"] for each in asked if not each["sql"].startswith(("SAVEPOINT", "RELEASE"))]
        if len(statements) > MOST_QUERIES:
            many[address] = [len(statements), *statements]
    assert not many, many


def test_readers_see_no_button(money: Any, client_of: Any) -> None:
    """The auditor reads all of it; no form but the language and the way out is there to be sent."""
    client = client_of("auditor")
    for address in addresses(money):
        page = text_of(client.get(address))
        forms = re.findall(r'<form[^>]*method="post"[^>]*>', page)
        assert all("setlang" in form or "sign-out" in form for form in forms), address


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant"])
def test_no_english_is_left(language: str, money: Any, client_of: Any) -> None:
    """Headings, labels and buttons: names and codes aside, nothing stays English. (Cells hold records.)"""
    client = client_of("accountant", language)
    left = set()
    for address in addresses(money):
        text = re.sub(r"<(script|style|code|td).*?</\1>", "", text_of(client.get(address)), flags=re.S)
        left |= {word for between in re.findall(r">([^<>]+)<", text) for word in re.findall(r"\b[A-Z]?[a-z]{2,}\b", html.unescape(between))}
    assert left <= NAMES, left - NAMES


def test_another_lender_sees_none_of_it(money: Any, client_of: Any) -> None:
    from datetime import date

    from puhui.parties.actions import create_institution, create_user

    other = create_institution("OTHER", "另一家银行", "bank", date(2026, 1, 1))
    create_user(other, "stranger", "secret-secret", "accountant")
    client = client_of("stranger")
    assert client.get(f"/books/suspense/{money.receipts['known'].pk}/").status_code == 404
    assert client.get(f"/books/payments/{money.orders['confirmed'].pk}/").status_code == 404
    for address in ("/books/suspense/", "/books/payments/", "/books/reconciliation/"):
        assert "<tbody data-keys-list" not in text_of(client.get(address)), address
