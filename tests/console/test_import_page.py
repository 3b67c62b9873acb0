"""The page of evidence after an import: what there is to know of the file, and what is wrong with it, in the reader's language."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.evidence.bank_files import ROW, text

from puhui.calculations.faults import Fault
from puhui.console import import_faults, note_words

SECOND = ["3305", "2024-03-06", "", "800.50", "4999.50", "张三", "工资"]


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
