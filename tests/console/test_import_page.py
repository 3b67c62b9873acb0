"""The page of evidence after an import: what there is to know of the file, and what is wrong with it, in the reader's language."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.evidence.bank_files import HEADS, ROW, text

from puhui.calculations.faults import Fault
from puhui.console import import_faults, note_words

SECOND = ["3305", "2024-03-06", "", "800.50", "4999.50", "张三", "工资"]


def workbook(sheets: dict[str, list[list[str]]]) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        for name, rows in sheets.items():
            page = book.add_worksheet(name)
            for number, cells in enumerate(rows):
                page.write_row(number, 0, cells)
    return buffer.getvalue()


def send(client: Any, firm: Any, content: str) -> Any:
    file = SimpleUploadedFile("bank.csv", content.encode())
    return client.post("/evidence/", {"file": file, "record": "C15 account_flow", "firm": str(firm.pk), "partial": ""})


@pytest.fixture
def firm(scenario: Any) -> Any:
    from puhui.parties.actions import grant_consent
    from puhui.parties.models import Firm

    found = Firm.objects.filter(institution=scenario.institution).first()
    grant_consent(
        found, purpose="credit_decision", classes=["C15"], expires_on=date(2099, 1, 1), text_version="1", text="accounts",
        channel="counter", granted_by="officer",
    )  # fmt: skip
    return found


def test_notes_stand_on_the_page(client_of: Any, firm: Any) -> None:
    content = text([ROW, SECOND, ["合计", "", "1", "1", "", "", ""]])
    first = send(client_of("officer"), firm, content).content.decode()
    assert "lines of sums and remarks left out: 1" in first and "the balance is 4,999.50" in first
    other = content.replace("工资", "三月工资")
    again = send(client_of("officer", "zh-hans"), firm, other).content.decode()
    assert "未计入的合计行与说明行：1" in again and "余额为 4,999.50" in again
    assert "1 笔流水已由 bank.csv 导入（文字不同），未重复保存" in again


def test_faults_are_told_in_the_readers_language(client_of: Any, firm: Any) -> None:
    bad = text([ROW, [*ROW[:2], "一千", *ROW[3:]]])
    english = send(client_of("officer"), firm, bad)
    assert english.status_code == 422 and "an amount such as 1,234.50" in english.content.decode()
    chinese = send(client_of("officer", "zh-hans"), firm, bad).content.decode()
    for said in ("第 3 行", "列“收入金额”", "1,234.50 之类的金额", "&#x27;一千&#x27;"):  # what was found stays as it was
        assert said in chinese


def test_a_text_that_is_not_known_stays_as_it_is(client_of: Any) -> None:
    from django.utils.translation import override

    with override("zh-hans"):
        (told,) = import_faults.faults_told([Fault("a.csv", "something new", "another thing", "Do it.")])
        assert (told.where, told.found, told.expected, told.remedy) == ("a.csv", "something new", "another thing", "Do it.")
        assert note_words.note_told("something new") == "something new"


def test_a_sheet_of_a_workbook_is_chosen_by_its_name(client_of: Any, firm: Any) -> None:
    from puhui.evidence.models import Record

    def counted() -> int:
        return Record.objects.filter(firm=firm, record="account_flow").count()

    book, before = workbook({"三月": [HEADS, ROW], "四月": [HEADS, SECOND]}), counted()
    asked = {"record": "C15 account_flow", "firm": str(firm.pk), "partial": ""}

    def sent(sheet: str, language: str = "en") -> Any:
        return client_of("officer", language).post("/evidence/", asked | {"file": SimpleUploadedFile("bank.xlsx", book), "sheet": sheet})

    refused = sent("", "zh-hans")
    assert refused.status_code == 422 and counted() == before
    assert "请按工作表名称逐个导入" in refused.content.decode()
    unknown = sent("五月", "zh-hans")
    assert unknown.status_code == 422 and "没有工作表“五月”" in unknown.content.decode() and "三月, 四月" in unknown.content.decode()
    assert sent("四月").status_code == 200 and counted() == before + 1
    assert sent("三月").status_code == 200 and counted() == before + 2
