"""The documents against figures worked by hand for a small loan, read back from the PDF and the workbook, in three languages.

The loan: 12,000.00 yuan at 3.6% a year, M/360, three months of equal principal, penalty at half as
much again, and a fee of 5.00 kept at payout, from 15 January 2026.

    15 Jan  paid out 12,000.00
    15 Feb  due 4,000.00 + 12,000 × 0.3% = 36.00 = 4,036.00, debited that day
    15 Mar  due 4,000.00 +  8,000 × 0.3% = 24.00 = 4,024.00, not paid
    25 Mar  ten nights late: 4,000 × 5.4% × 10 ÷ 360 = 6.00 penalty, 24 × 3.6% × 10 ÷ 360 = 0.02 compound; paid 4,030.02
            ten nights of the third month on 4,000.00 that is not late: 4,000 × 3.6% × 10 ÷ 360 = 4.00
    15 Apr  due 4,000.00 + 4,000 × 0.3% = 12.00 = 4,012.00, which closes the loan
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from tests import commands
from tests.conftest import TEMPLATE
from tests.console.conftest import use_database
from tests.loans.conftest import OPENED, cleared_contract, lender, make_cleared_contract

__all__ = ["cleared_contract", "lender"]

TERMS = {
    "amount": "12000.00", "rate_annual": "0.036", "day_count": "M/360", "instalments": 3, "every": "1 month", "method": "equal_principal",
    "penalty": {"markup_overdue": "0.5"}, "fees": [{"name": "账户服务费", "when": "drawdown", "amount": "5.00"}],
}  # fmt: skip
MADE = datetime(2026, 4, 20, 2, 30, tzinfo=UTC)  # 10:30 in Shanghai
LATE, PAID = date(2026, 3, 15), date(2026, 3, 25)
END = date(2026, 4, 15)
LANGUAGES = ("en", "zh-hans", "zh-hant")


@dataclass
class Small:
    """The lender, the loan on 25 March after the late payment, and how to go on to its end."""

    lender: Any
    loan: Any

    def paper(self, as_of: date, language: str = "en") -> Any:
        from puhui.reports.documents.document import Paper

        return Paper(self.lender, as_of, MADE, language)

    def make(self, name: str, as_of: date, language: str = "en", **subject: Any) -> Any:
        from puhui.reports.documents.making import Subject, make

        return make(name, self.paper(as_of, language), Subject(**({"loan": self.loan} | subject)))

    def finish(self) -> None:
        from puhui.loans.actions import pay_off
        from puhui.loans.day_end import run

        run(self.lender, END - timedelta(days=1), "test")
        self.refresh()
        pay_off(self.loan, "the last", "officer")
        self.refresh()

    def refresh(self) -> None:
        self.lender.refresh_from_db()
        self.loan = type(self.loan).objects.get(pk=self.loan.pk)


def build(lender: Any, contract: Any) -> Small:
    from puhui.loans.actions import deposit, draw_down, repay
    from puhui.loans.day_end import run

    loan = draw_down(contract, "draw", "officer")
    made = Small(lender, loan)
    deposit(loan.firm, 403_600)
    run(lender, PAID - timedelta(days=1), "test")
    made.refresh()
    repay(made.loan, 403_002, "late", "officer")
    made.refresh()
    return made


@pytest.fixture
def lively(lender: Any, cleared_contract: Callable[..., Any]) -> Small:
    """In a database of the test's own: what it goes on to do is kept there."""
    return build(lender, cleared_contract(TERMS))


@pytest.fixture(scope="module")
def shared_database(server: Any) -> Iterator[tuple[str, Small]]:
    """One for the tests that only read."""
    from puhui.books.actions import open_books
    from puhui.parties.actions import create_institution
    from puhui.site import embedded

    name = f"documents_{uuid4().hex[:12]}"
    server.create_database(name, template=TEMPLATE)
    use_database(name)
    institution = create_institution("DEMO", "云溪县农村商业银行", "bank", OPENED)
    open_books(institution, "test")
    yield name, build(institution, make_cleared_contract(institution, 1, TERMS))
    use_database(embedded.DATABASE)
    server.drop_database(name)


@pytest.fixture
def small(shared_database: tuple[str, Small]) -> Iterator[Small]:
    """Shared by the tests that only read."""
    from puhui.site import embedded

    name, made = shared_database
    use_database(name)
    yield made
    use_database(embedded.DATABASE)


def pages(content: bytes) -> list[str]:
    """The text of each page of a PDF, without blanks: letters may stand apart in it."""
    from pypdf import PdfReader

    return ["".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(content)).pages]


def sheets(content: bytes) -> dict[str, list[list[Any]]]:
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def amounts(rows: tuple[tuple[Any, ...], ...], *indexes: int) -> list[tuple[Any, ...]]:
    return [tuple(row[index] for index in indexes) for row in rows]


# day, principal, interest, penalty, fee, change, owed after it: fen, by the sums in the head of this file
MOVEMENTS = [
    (date(2026, 2, 16), 800_000, 0, 0, 0, None, 800_000),
    (LATE, None, 2_400, None, None, 2_400, 802_400),
    (PAID, None, 400, None, None, 400, 802_800),
    (PAID, None, None, 602, None, 602, 803_402),
    (PAID, -400_000, -2_400, -602, None, -403_002, 400_400),
    (PAID, 400_000, 400, 0, 0, None, 400_400),
]
SUMMARY = {
    "principal": (800_000, 0, 400_000, 0, 400_000), "interest": (0, 2_800, 2_400, 0, 400), "penalty": (0, 602, 602, 0, 0),
    "fee": (0, 0, 0, 0, 0), "total": (800_000, 3_402, 403_002, 0, 400_400),
}  # fmt: skip


def test_statement(small: Small) -> None:
    from puhui.reports.documents.making import render

    for language in LANGUAGES:
        made = small.make("statement", PAID, language, since=date(2026, 2, 16))
        assert amounts(made.table("movements").rows, 0, 3, 4, 5, 6, 7, 8) == MOVEMENTS
        assert [row[1:] for row in made.table("summary").rows] == list(SUMMARY.values())
        assert made.facts("standing") == {
            "due_unpaid_fen": 0, "days_past_due": 0, "next_due": END, "next_due_fen": 401_200, "to_close_fen": 400_400,
            "status": {"en": "performing"}.get(language, "正常"),
        }  # fmt: skip
        written = render(made, "pdf")
        told = pages(written)
        title, page_of, as_of = {
            "en": ("Loanstatement", "Page1of2", "Asof2026-03-25"), "zh-hans": ("贷款对账单", "第1页，共2页", "截至2026-03-25"),
            "zh-hant": ("貸款對帳單", "第1頁，共2頁", "截至2026-03-25"),
        }[language]  # fmt: skip
        assert len(told) == 2 and page_of in told[0]
        for text in told:
            for wanted in (small.lender.name, f"{title}DEMO-0001-1", as_of, "2026-04-2010:30", made.digest):
                assert wanted in text, (language, wanted)
        assert "−400,000" not in told[0] and "−4,000.00−24.00−6.02−4,030.024,004.00" in told[0]
        book = sheets(render(made, "xlsx"))
        rows = next(rows for rows in book.values() if len(rows) == 7)
        assert [row[-1] for row in rows[1:]] == [8000, 8024, 8028, 8034.02, 4004, 4004] and rows[1][0] == date(2026, 2, 16)
        first = next(iter(book.values()))
        assert small.lender.name in str(first) and made.digest in str(first)


def test_equal_content_made_at_the_same_moment_gives_equal_bytes(small: Small) -> None:
    from puhui.reports.documents.making import render

    local = replace(small.make("contract-note", PAID, "zh-hans"), made_at=MADE.astimezone(ZoneInfo("Asia/Shanghai")))
    for form in ("pdf", "xlsx", "json"):
        assert render(small.make("contract-note", PAID, "zh-hans"), form) == render(local, form), form
    later = replace(local, made_at=MADE + timedelta(days=1))
    assert later.digest == local.digest and render(later, "xlsx") != render(local, "xlsx")


def test_a_statement_that_does_not_add_up_is_not_printed(small: Small) -> None:
    from puhui.reports.documents.statement import Owing, check_adds_up, statement_of
    from puhui.reports.documents.sums import DoesNotAddUpError

    told = statement_of(small.loan, OPENED, PAID)
    check_adds_up(told)
    with pytest.raises(DoesNotAddUpError, match=r"statement DEMO-0001-1: principal: found 4,000.00, expected 4,000.01"):
        check_adds_up(replace(told, closing=replace(told.closing, lent=told.closing.lent + 1)))
    *others, last = told.movements
    with pytest.raises(DoesNotAddUpError, match=r"interest: found 4\.03, expected 4\.00"):
        check_adds_up(replace(told, movements=(*others, replace(last, change=last.change + Owing(interest=3)))))
    with pytest.raises(DoesNotAddUpError, match=r"event 3: found 4,030\.02, expected 4,030\.03"):
        check_adds_up(replace(told, movements=(*others, replace(last, money_fen=(last.money_fen or 0) + 1))))


def test_closing_is_the_next_opening_whatever_comes_late(lively: Small) -> None:
    """Reversed on 28 March and paid again with four nights more, the statement to 25 March stays, and the next begins where it ends."""
    from puhui.loans.actions import repay, reverse
    from puhui.loans.day_end import run
    from puhui.loans.models import Event
    from puhui.reports.documents.statement import check_adds_up, owing, statement_of

    before = statement_of(lively.loan, OPENED, PAID)
    run(lively.lender, date(2026, 3, 27), "test")
    lively.refresh()
    reverse(Event.objects.get(loan=lively.loan, type="repayment", amount_fen=403_002), "undo", "a mistake", "officer")
    lively.refresh()
    repay(lively.loan, 100_000, "less", "officer")
    lively.refresh()
    assert statement_of(lively.loan, OPENED, PAID) == before
    after = statement_of(lively.loan, PAID + timedelta(days=1), date(2026, 3, 28))
    check_adds_up(after)
    assert owing(after.opening) == owing(before.closing)
    undone = next(each for each in after.movements if each.event is not None and each.event.type == "reversal")
    assert undone.money_fen == -403_002 and undone.change.total == 403_002


def test_contract_note(small: Small) -> None:
    from puhui.reports.documents.making import render

    for language, capitals in zip(LANGUAGES, (None, "人民币壹万贰仟元整", "人民幣壹萬貳仟元整"), strict=True):
        made = small.make("contract-note", OPENED, language)
        money = made.facts("money")
        assert (money["amount"], money.get("amount_capitals"), money["rate"]) == (1_200_000, capitals, "3.60%")
        assert (money["start"], money["maturity"]) == (OPENED, END)
        assert "5.40%" in money["penalty_terms"] and "7.20%" in money["penalty_terms"]
        rows = made.table("schedule").rows
        assert amounts(rows, 2, 3, 6, 8) == [
            (400_000, 3_600, 404_100, 800_000), (400_000, 2_400, 402_400, 400_000), (400_000, 1_200, 401_200, 0),
        (1_200_000, 7_200, 1_207_700, None),
        ]  # fmt: skip
        (text,) = pages(render(made, "pdf"))
        assert "12,000.00" in text and (capitals is None or capitals in text)


def test_repayment_certificate(lively: Small) -> None:
    from puhui.reports.documents.making import render

    paid = [(0, 0, 0, 500, 500), (400_000, 3_600, 0, 0, 403_600), (400_000, 2_400, 602, 0, 403_002)]
    part_way = lively.make("repayment-certificate", PAID, "zh-hans")
    assert part_way.title == "还款证明"
    assert amounts(part_way.table("payments").rows, 3, 4, 5, 6, 7) == [*paid, (800_000, 6_000, 602, 500, 807_102)]
    (text,) = pages(render(part_way, "pdf"))
    assert "累计还款8,071.02元（人民币捌仟零柒拾壹元零贰分）" in text and "尚欠（含计至当日的利息）4,004.00元" in text
    lively.finish()
    closed = lively.make("repayment-certificate", END, "zh-hant")
    assert closed.title == "貸款結清證明"
    assert closed.table("payments").rows[-1][3:] == (1_200_000, 7_200, 602, 500, 1_208_302)
    (text,) = pages(render(closed, "pdf"))
    assert "無任何欠款" in text and "人民幣壹萬貳仟零捌拾參元零貳分" in text.replace("叁", "參")
    english = lively.make("repayment-certificate", END)
    assert english.title == "Certificate of full repayment"
    assert "the last payment was of 2026-04-15, 12,083.02 were paid in all" in "".join(english.as_report().notes)
    # What was said of an earlier day stays.
    assert lively.make("repayment-certificate", PAID, "zh-hans").digest == part_way.digest


def test_balance_confirmation(lively: Small, cleared_contract: Callable[..., Any]) -> None:
    """Two loans of one firm: 4,004.00 of the one; of the other, drawn that day, 12,000.00."""
    from puhui.loans.actions import draw_down
    from puhui.reports.documents.making import render

    other = draw_down(cleared_contract({**TERMS, "fees": []}, lively.loan.firm), "second", "officer")
    made = lively.make("balance-confirmation", PAID, "zh-hans", firm=lively.loan.firm)
    rows = made.table("loans").rows
    assert amounts(rows, 0, 4, 5, 6, 7, 8, 9, 10) == [
        (lively.loan.number, 1_200_000, 400_000, 400, 0, 0, 0, 400_400), (other.number, 1_200_000, 1_200_000, 0, 0, 0, 0, 1_200_000),
        ("合计", 2_400_000, 1_600_000, 400, 0, 0, 0, 1_600_400),
    ]  # fmt: skip
    (text,) = pages(render(made, "pdf"))
    assert "16,004.00" in text and "人民币壹万陆仟零肆元整" in text and lively.loan.firm.name in text
    earlier = lively.make("balance-confirmation", PAID - timedelta(days=1), firm=lively.loan.firm)
    # Nine nights of the third month: 8,000.00 + 24.00 + 3.60 + 5.40 penalty + 0.02 compound.
    assert earlier.table("loans").rows[-1][5:] == (800_000, 2_760, 542, 0, 0, 803_302)


def test_what_you_pay(small: Small) -> None:
    """72.00 interest, 5.00 kept at payout, the borrower's stamp duty 0.60 (0.005%; the firm's size is not known, so nothing is exempt)."""
    import numpy_financial

    from puhui.reports.documents.making import render

    made = small.make("what-you-pay", OPENED, "zh-hans")
    costs = made.table("costs").rows
    assert amounts(costs, 0, 1, 2, 5) == [
        ("贷款利息", "贷款人", "借款人", 7_200), ("账户服务费", "贷款人", "借款人", 500),
        ("印花税（借款人部分）", "税务机关", "借款人", 60),
        ("成本合计", None, None, 7_760),
    ]  # fmt: skip
    together = made.facts("all_in")
    simple = 12 * float(numpy_financial.irr([-11_995, 4_036, 4_024, 4_012]))
    assert (together["costs_total"], together["all_paid"]) == (7_760, 1_207_760)
    assert float(together["annual_nominal"].rstrip("%")) == pytest.approx(100 * simple, abs=1e-4)
    assert float(together["annual_interest_only"].rstrip("%")) == pytest.approx(3.6, abs=1e-4)
    assert together["annual_cap"] == "24.00%"
    borne = {row[0]: row[1] for row in made.table("not_asked").rows}
    assert borne["抵押登记费"] == borne["押品评估费"] == "贷款人" and borne["以贷转存（强制存款）"] == "不得收取"
    text = "".join(pages(render(made, "pdf")))
    assert "77.60" in text and "贷款明白纸" in text and "12,077.60" in text


def test_what_an_offer_costs(small: Small) -> None:
    """The same terms, paid out on another day, and fees to others besides: each with its own row."""
    offer = small.loan.contract.offer
    offer.terms = {**TERMS, "upfront": {"fees_to_third_parties": [{"name": "担保费", "amount": "120.00"}]}}
    made = small.make("what-you-pay", date(2026, 3, 1), "en", loan=None, offer=offer)
    assert made.facts("loan")["start"] == date(2026, 3, 1)
    told = {row[0]: (row[1], row[5]) for row in made.table("costs").rows}
    assert told["担保费"] == ("somebody else", 12_000) and told["All costs"] == (None, 19_760)


def test_trial_balance(small: Small) -> None:
    """Of February and March so far: each account's sums as plain SQL finds them, both columns equal, on and off the balance sheet."""
    from django.db import connection

    from puhui.reports.documents.making import render

    first, last = date(2026, 2, 1), PAID - timedelta(days=1)
    made = small.make("trial-balance", last, "en", since=first)
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT account.code, sum(amount_fen) FILTER (WHERE posting_date < %s AND account.id = debit_account_id),
                      sum(amount_fen) FILTER (WHERE posting_date < %s AND account.id = credit_account_id),
                      sum(amount_fen) FILTER (WHERE posting_date >= %s AND account.id = debit_account_id),
                      sum(amount_fen) FILTER (WHERE posting_date >= %s AND account.id = credit_account_id)
                 FROM books_transfer JOIN books_account AS account ON account.id IN (debit_account_id, credit_account_id)
                WHERE posting_date <= %s GROUP BY 1""",
            [first, first, first, first, last],
        )
        expected = {code: tuple(int(amount or 0) for amount in sums) for code, *sums in cursor.fetchall()}
    told = {row[0]: row for table in made.tables() if table.name in ("on_balance", "off_balance") for row in table.rows[:-1]}
    for code, (debit_before, credit_before, debit, credit) in expected.items():
        opening, closing = debit_before - credit_before, debit_before - credit_before + debit - credit
        row = told.get(code, (code, "", *[None] * 6))  # left out where nothing moved and nothing is held
        assert (row[2] or 0) - (row[3] or 0) == opening and (row[6] or 0) - (row[7] or 0) == closing, code
        assert (row[4] or 0, row[5] or 0) == (debit, credit), code
    assert set(told) <= set(expected)
    total = made.table("on_balance").rows[-1]
    assert total[2] == total[3] > 0 and total[4] == total[5] > 0 and total[6] == total[7] > 0
    principal = told["130301"]
    assert principal[2:] == (1_200_000, None, None, 400_000, 800_000, None)
    assert "Loans,principal12,000.004,000.008,000.00" in "".join(pages(render(made, "pdf")))


def test_ledger(small: Small) -> None:
    from puhui.calculations.faults import FaultsError

    made = small.make("ledger", PAID, "zh-hans", account="130301", since=OPENED)
    assert amounts(made.table("transfers").rows, 0, 3, 6, 7, 8) == [
        (OPENED, None, None, None, 0), (OPENED, "放款", 1_200_000, None, 1_200_000),
        (date(2026, 2, 15), "还款", None, 400_000, 800_000),
        (PAID, "还款", None, 400_000, 400_000), (PAID, None, 1_200_000, 800_000, 400_000),
    ]  # fmt: skip
    with pytest.raises(FaultsError, match="account: found 999999"):
        small.make("ledger", PAID, account="999999")
    with pytest.raises(FaultsError, match=r"as of: found 2030-01-01[\s\S]*"):
        small.make("ledger", date(2030, 1, 1), account="130301")


def test_day_book(small: Small) -> None:
    """A closed day's entries are those it was closed with; one that was closed with another sum is not printed."""
    from puhui.books import queries
    from puhui.books.models import ClosedDay, Transfer
    from puhui.reports.documents import books
    from puhui.reports.documents.sums import DoesNotAddUpError

    day = date(2026, 2, 15)
    made = small.make("day-book", day)
    transfers = list(Transfer.objects.filter(posting_date=day))
    rows = made.table("entries").rows
    assert len(rows) == 2 * len(transfers) + 1 and len(transfers) > 2
    assert rows[-1][6:] == (sum(each.amount_fen for each in transfers),) * 2
    assert {row[6] for row in rows[:-1:2]} == {each.amount_fen for each in transfers}
    closed = queries.closed_days(small.lender).get(date=day)
    assert (closed.total_fen, closed.transfer_count) == (rows[-1][6], len(transfers))
    closed.total_fen += 1
    assert isinstance(closed, ClosedDay)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(books, "_closed", lambda paper, first: [closed])
        with pytest.raises(DoesNotAddUpError, match="day book 2026-02-15: sum"):
            small.make("day-book", day)


def test_without_pango_there_is_the_workbook(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    from puhui.calculations.faults import FaultsError
    from puhui.reports.documents.making import render
    from puhui.site import examination

    # None in its place makes the import fail as it does where the libraries that it loads are missing.
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    made = small.make("contract-note", PAID)
    with pytest.raises(FaultsError, match="Install Pango: on Debian and Ubuntu"):
        render(made, "pdf")
    assert sheets(render(made, "xlsx"))
    found = {finding.what: finding for finding in examination.examine()}["documents as PDF"]
    assert found.state == "note" and "apt-get install libpango-1.0-0" in found.mend


def test_the_command(small: Small, shared_database: tuple[str, Small], server: Any, tmp_path: Any) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return commands.puhui("report", *arguments, "--institution", "DEMO")

    from puhui.reports.documents.making import render

    environment = {**os.environ, "PUHUI_HOME": str(server.home), "PUHUI_DATABASE": shared_database[0]}
    out = tmp_path / "statement.xlsx"
    asked = (
        "statement",
        "--loan",
        small.loan.number,
        "--as-of",
        PAID.isoformat(),
        "--language",
        "zh-hans",
        "--made-at",
        "2026-04-20T10:30",
    )
    program = [sys.executable, "-m", "puhui.site.command", "report", *asked, "--institution", "DEMO", "--format", "xlsx", "--out", str(out)]
    done = subprocess.run(program, env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert out.read_bytes() == render(small.make("statement", PAID, "zh-hans"), "xlsx")
    assert "贷款对账单 DEMO-0001-1" in run(*asked).stdout
    for wrong, told in (
        (("statement", "--as-of", PAID.isoformat()), "--loan"),
        (("statement", "--loan", "NONE-1"), "--loan: found NONE-1"),
        (("trial-balance", "--loan", small.loan.number), "trial-balance is not about it"),
        (("moon",), "expected one of balance-confirmation, concentration, contract-note"),
        ((*asked, "--format", "pptx"), "--format: found pptx"),
        (("statement", "--loan", small.loan.number, "--as-of", "2020-01-01"), "a day from the payout"),
    ):
        done = run(*wrong)
        assert done.returncode == 2 and told in done.stderr, (wrong, done.stderr)


def test_words() -> None:
    """Every word is there in three languages, with the same places to fill in; every word that the code names exists."""
    import re
    from pathlib import Path

    import puhui.reports.documents.words as words

    known = words.all_words()
    for name, texts in known.items():
        assert set(texts) == set(LANGUAGES), name
        assert len({frozenset(re.findall(r"{(\w+)}", text)) for text in texts.values()}) == 1, name
        assert not re.search(r"[\u4e00-\u9fff]", texts["en"]), name
    source = "".join(path.read_text(encoding="utf-8") for path in Path(words.__file__).parent.glob("*.py"))
    named = set(re.findall(r'\bword\("([a-z_]+)"', source))
    assert named and named <= set(known), named - set(known)
