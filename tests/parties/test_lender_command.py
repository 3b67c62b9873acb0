"""`puhui lender …` and `puhui payments open-account`: from an empty database to a lender whose people sign in."""

from __future__ import annotations

import io
import json

import pytest
from django.contrib.auth import authenticate
from tests.commands import puhui

from puhui.books.models import Account
from puhui.parties.actions import link_people, register_firm, register_person
from puhui.parties.models import AuditRecord, Branch, Institution, User
from puhui.payments.models import BankAccount

pytestmark = pytest.mark.usefixtures("rolled_back_database")

NUMBER = "330106199003071236"
SECRET, OTHER = "seven blue kites", "nine grey herons"


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch):
    """Gives a command its input."""

    def give(text: str) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO(text))

    return give


@pytest.fixture
def lender() -> Institution:
    ended = puhui("lender", "open", "YUNHE", "云河县农村商业银行", "--date", "2026-03-01")
    assert (ended.returncode, ended.stderr) == (0, "")
    return Institution.objects.get(code="YUNHE")


def make(typed, *arguments: str, password: str = SECRET):
    typed(password + "\n")
    return puhui("lender", "user", *arguments)


def test_a_lender_has_a_head_office_and_open_books(lender):
    assert str(lender.business_date) == "2026-03-01" and lender.kind == "bank"
    assert Branch.objects.get(institution=lender).parent is None
    assert Account.objects.filter(institution=lender).count() > 20
    again = puhui("lender", "open", "YUNHE", "Another", "--kind", "club")
    assert again.returncode == 2 and "club" in again.stderr and "YUNHE" in again.stderr
    assert Institution.objects.count() == 1


def test_people_sign_in_until_their_account_is_closed(lender, typed):
    made = make(typed, "li.wei", "officer", "--name", "李薇")
    assert (made.returncode, made.stderr) == (0, "") and SECRET not in made.stdout
    user = authenticate(username="li.wei", password=SECRET)
    assert user is not None and (user.role, user.language, user.institution) == ("officer", "zh-hans", lender)

    typed(OTHER + "\n")
    assert puhui("lender", "password", "li.wei").returncode == 0
    assert authenticate(username="li.wei", password=SECRET) is None and authenticate(username="li.wei", password=OTHER) is not None

    assert puhui("lender", "close", "li.wei").returncode == 0
    assert authenticate(username="li.wei", password=OTHER) is None
    acts = [*AuditRecord.objects.filter(institution=lender, subject_kind="user").order_by("pk").values_list("act", flat=True)]
    assert acts == ["create_user", "set_password", "close_account"]
    shown = json.loads(puhui("lender", "show", "--json").stdout)
    assert [(each["username"], each["open"]) for each in shown["users"]] == [("li.wei", False)]


def test_every_fault_of_an_account_is_named_and_none_is_made(lender, typed):
    ended = make(typed, "li.wei", "boss", "--language", "fr", password="short")
    assert ended.returncode == 2 and all(
        text in ended.stderr for text in ("boss", "risk_manager", "fr", "zh-hant", "password", "5 characters")
    )
    for arguments, told in (([], "--firm: found nothing"), (["--firm", "91330106MA0000015K"], "91330106MA0000015K")):
        borrower = make(typed, "li.wei", "borrower", *arguments)
        assert borrower.returncode == 2 and told in borrower.stderr
    assert not User.objects.exists()
    unknown = puhui("lender", "close", "nobody")
    assert unknown.returncode == 2 and "it has none yet" in unknown.stderr


def test_who_signs_for_a_firm_signs_in_as_borrower(lender, typed):
    firm, silent = (register_firm(lender, name, actor="officer") for name in ("河口面馆", "河口五金有限公司"))
    person = register_person(lender, "张文", NUMBER, actor="officer")
    link_people(lender, [(firm, person, "legal_representative"), (firm, person, "owner")], "officer")
    assert make(typed, "zhang", "borrower", "--firm", firm.name).returncode == 0
    user = authenticate(username="zhang", password=SECRET)
    assert user is not None and (user.role, user.person, user.first_name) == ("borrower", person, "张文")
    refused = make(typed, "wang", "borrower", "--firm", silent.name)
    assert refused.returncode == 2 and "with 0 who sign" in refused.stderr and not User.objects.filter(username="wang").exists()


def test_branches_stand_under_branches(lender):
    assert puhui("lender", "branch", "N01", "城北支行").returncode == 0
    assert puhui("lender", "branch", "N011", "河口分理处", "--under", "N01").returncode == 0
    assert Branch.objects.get(code="N011").parent == Branch.objects.get(code="N01")
    wrong = puhui("lender", "branch", "N02", "城南支行", "--under", "N9")
    assert wrong.returncode == 2 and "N01" in wrong.stderr and not Branch.objects.filter(code="N02").exists()


def test_an_account_at_another_bank(lender, typed):
    asked = ("payments", "open-account", "MAIN", "--bank", "邻县银行")
    typed("6200 1234 0000 5678\n")
    first = puhui(*asked, "--json")
    assert json.loads(first.stdout) == {"code": "MAIN", "bank_name": "邻县银行", "holder_name": lender.name, "number_tail": "5678"}
    assert puhui(*asked, "--number", "6200123400005678").returncode == 0 and BankAccount.objects.count() == 1
    for arguments, told in ((("--number", "6200123400009999"), "5678"), (("--number", "12", "--channel", "pigeon"), "pigeon")):
        refused = puhui(*asked, *arguments)
        assert refused.returncode == 2 and told in refused.stderr
    assert BankAccount.objects.count() == 1
