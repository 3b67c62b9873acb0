"""A list of firms with who signs for each: all registered, or none and every fault told by its line."""

from __future__ import annotations

from typing import Any

import pytest
from tests.commands import puhui
from tests.parties.test_borrowers import HEAD, SON, lender, number

from puhui.calculations.faults import FaultsError
from puhui.parties.identifiers import code_check_character
from puhui.parties.models import Firm, Person

__all__ = ["lender"]  # the fixture


def code(serial: int) -> str:
    body = f"91330106MA{serial:07d}"
    return body + code_check_character(body)


LIST = f"""企业名称,统一社会信用代码,类型,行业代码,成立日期,从业人数,法定代表人,身份证号,手机号
河口五金有限公司,{code(1)},企业,5281,2019-08-20,12,张文,{HEAD},15400000001
河口面馆,{code(2)},个体工商户,,,,,,
河口米业合作社,{code(3)},合作社,0111,,,张海,{SON},
"""


def test_firms_come_with_who_signs(lender: Any, tmp_path: Any) -> None:
    path = tmp_path / "firms.csv"
    path.write_text(LIST, encoding="utf-8-sig")
    ended = puhui("parties", "register-firms", str(path), "--as", "officer")
    assert (ended.returncode, ended.stderr) == (0, "") and "3 firms registered" in ended.stdout
    first, second, third = Firm.objects.filter(institution=lender).order_by("pk")
    assert (first.kind, first.industry_code, str(first.founded_on), first.staff_count) == ("enterprise", "5281", "2019-08-20", 12)
    assert (second.kind, third.kind, second.people.count()) == ("individual_business", "cooperative", 0)
    assert [(link.role, link.person.name) for firm in (first, third) for link in firm.people.all()] == [
        ("legal_representative", "张文"), ("legal_representative", "张海"),
    ]  # fmt: skip
    again = puhui("parties", "register-firms", str(path))
    assert again.returncode == 2 and again.stderr.count("a firm that is not registered yet") == 3 and Firm.objects.count() == 3


def test_every_fault_names_its_line_and_nobody_is_registered(lender: Any) -> None:
    from puhui.parties.firms_file import register_firm_list

    wrong_code = code(2)[:-1] + ("0" if code(2)[-1] != "0" else "1")
    checked = LIST.replace(code(2), wrong_code).replace("5281", "52").replace(SON, number(7, "20900101"))
    unread = LIST.replace("2019-08-20", "last year").replace(",12,", ",a dozen,").replace(code(3), "").replace(f"张海,{SON}", f",{SON}")
    wanted = {
        checked: ("line 2, industry_code: found 52", "line 3, uscc", "line 4, identity_number"),
        unread: (
            "line 2, founded_on: found last year",
            "line 2, staff_count: found a dozen",
            "line 4, unified_code",
            "line 4, representative",
        ),
        LIST.replace("企业名称", "颜色"): ("firms.csv, column 1: found 颜色", "no column name"),
    }
    for text, expected in wanted.items():
        with pytest.raises(FaultsError) as told:
            register_firm_list(lender, text.encode(), "firms.csv", "officer")
        assert all(each in str(told.value) for each in expected), str(told.value)
        assert HEAD not in str(told.value)
    assert not Firm.objects.exists() and not Person.objects.exists()
