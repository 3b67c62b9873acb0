"""A village's list of people: grouped by borrower, in Chinese or English, and every fault told by its lines."""

from __future__ import annotations

from typing import Any

import pytest
from tests.parties.test_borrowers import HEAD, SON, WIFE, lender, number

from puhui.calculations.faults import FaultsError

__all__ = ["lender"]  # the fixture

LIST = f"""借款户,类型,身份,姓名,身份证号,手机号,农户编号
1,农户,户主,张文,{HEAD},15400000001,BS-001
1,,配偶,李兰,{WIFE},,
2,自然人,借款人,张海,{SON},,
"""


def read(lender: Any, text: str | bytes) -> Any:
    from puhui.parties.people_file import register_list

    return register_list(lender, text if isinstance(text, bytes) else text.encode(), "village.csv", "officer")


def test_lines_of_one_key_are_one_borrower(lender: Any) -> None:
    household, person = read(lender, LIST)
    assert (household.kind, household.name, person.kind, person.name) == ("household", "张文户", "person", "张海")
    assert {link.role for link in household.people.all()} == {"head", "member", "spouse"}
    with pytest.raises(FaultsError, match="张文, of 张文户"):  # a second time
        read(lender, LIST.replace("BS-001", "BS-002"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (LIST.replace("户主", "家长"), "village.csv, lines 2 to 3, people: found 0 with the part head"),
        (LIST.replace(SON, number(7, "20150101")), "village.csv, line 4, person 1: found somebody who is not of age"),
        (LIST.replace("1,,配偶", ",,配偶"), "village.csv, line 3, borrower: found nothing"),
        (LIST.replace("手机号", "颜色"), "village.csv, column 6: found 颜色"),
        (LIST.replace("姓名", "part"), "village.csv, headings: found no column name"),
        (LIST + "9,农户\n", "village.csv, line 5: found 2 cells, expected 7 cells"),
        ("借款户\n", "found no lines"),
        (b"\xd0\xd5\xc3\xfb", "bytes that are not UTF-8"),
    ],
)
def test_every_fault_names_its_lines(lender: Any, text: str | bytes, expected: str) -> None:
    from puhui.parties.models import Person

    with pytest.raises(FaultsError) as told:
        read(lender, text)
    assert expected in str(told.value) and HEAD not in str(told.value)
    assert not Person.objects.exists()
