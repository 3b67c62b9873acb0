"""Persons and households as customers: each once, known by a blind index, of age, found by name, by number, and by identity number."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from puhui.calculations.faults import FaultsError
from puhui.parties.identifiers import identity_check_character

DAY = date(2026, 3, 2)


def number(serial: int, born: str = "19800101") -> str:
    body = f"990121{born}{serial:03d}"
    return body + identity_check_character(body)


HEAD, WIFE, SON = number(1), number(2, "19820202"), number(3, "20050303")


def told(part: str, name: str, identity_number: str, **more: str) -> dict[str, str]:
    return {"part": part, "name": name, "identity_number": identity_number, **more}


def household(**changes: Any) -> dict[str, Any]:
    people = [told("spouse", "李兰", WIFE), told("head", "张文", HEAD, phone="15400000001"), told("member", "张海", SON)]
    return {"kind": "household", "people": people, "household_number": "BS-001", "division_code": "990121", **changes}


@pytest.fixture
def lender(database: str) -> Any:
    from puhui.parties.actions import create_institution

    return create_institution("demo", "Demonstration Bank", "bank", DAY)


def register(lender: Any, *rows: dict[str, Any]) -> list[Any]:
    from puhui.parties.borrowers import register_borrowers

    return register_borrowers(lender, rows, "officer")


def refused(lender: Any, *rows: dict[str, Any]) -> str:
    from puhui.parties.models import Firm, Person

    before = (Firm.objects.count(), Person.objects.count())
    with pytest.raises(FaultsError) as told_faults:
        register(lender, *rows)
    assert (Firm.objects.count(), Person.objects.count()) == before  # nothing half done
    text = str(told_faults.value)
    assert not any(secret in text for secret in (HEAD, WIFE, SON))
    return text


def test_a_household_is_its_head_and_all_who_owe_with_it(lender: Any) -> None:
    from puhui.parties.borrowers import named_in_contract, people_told
    from puhui.parties.models import AuditRecord

    (firm,) = register(lender, household())
    assert (firm.name, firm.kind, firm.is_natural) == ("张文户", "household", True)
    assert {(link.person.name, link.role) for link in firm.people.all()} == {
        ("张文", "head"), ("李兰", "member"), ("李兰", "spouse"), ("张海", "member")
    }  # fmt: skip
    assert {one.scheme: one.value for one in firm.identifiers.all()} == {"customer": f"H{firm.pk:08d}", "household": "BS001"}
    shown = people_told(firm)
    assert shown[0]["part"] == "head" and shown[0]["identity_number"] == f"{HEAD[:6]}********{HEAD[-4:]}"
    assert shown[0]["phone"] == "154****0001"
    contract = named_in_contract([firm])[firm.pk]
    assert contract.startswith("户主张文") and "共同借款人李兰" in contract and "共同借款人张海" in contract and "连带" in contract
    assert HEAD not in contract
    kept = list(AuditRecord.objects.values_list("act", "detail"))
    assert [act for act, _ in kept].count("register_borrower") == 1
    assert not any(secret in str(detail) for _, detail in kept for secret in (HEAD, WIFE, SON))


def test_a_person_borrows_as_themselves(lender: Any) -> None:
    from puhui.parties.borrowers import named_in_contract

    (firm,) = register(lender, {"kind": "person", "people": [told("borrower", "张文", HEAD), told("spouse", "李兰", WIFE)]})
    assert (firm.name, firm.kind) == ("张文", "person")
    assert [one.value for one in firm.identifiers.all()] == [f"P{firm.pk:08d}"]
    assert named_in_contract([firm])[firm.pk] == f"借款人张文，身份证号 {HEAD[:6]}********{HEAD[-4:]}"


def test_nobody_is_credited_twice(lender: Any) -> None:
    register(lender, household(), {"kind": "person", "people": [told("borrower", "张文", HEAD)]})  # a household, and a trade of his own
    text = refused(lender, {"kind": "person", "people": [told("borrower", "张文", HEAD)]})
    assert "张文, of 张文" in text
    text = refused(lender, household(household_number="BS-002", people=[told("head", "王五", number(9)), told("member", "张海", SON)]))
    assert "张海, of 张文户" in text
    assert "BS001, known as 张文户" in refused(lender, household(people=[told("head", "王五", number(9))]))


def test_the_database_itself_holds_to_one_household(lender: Any) -> None:
    from django.db import IntegrityError, transaction

    from puhui.parties.models import FirmPerson, Person

    first, second = register(lender, household(), household(household_number="BS-2", people=[told("head", "王五", number(9))]))
    son = Person.objects.get(name="张海")
    with pytest.raises(IntegrityError), transaction.atomic():
        FirmPerson.objects.create(firm=second, person=son, role="member")
    FirmPerson.objects.filter(firm=first, person=son).update(until=DAY)  # moved out: free to join another
    FirmPerson.objects.create(firm=second, person=son, role="member")


def test_a_member_may_join_and_only_from_no_household(lender: Any) -> None:
    from puhui.parties.actions import register_person
    from puhui.parties.borrowers import add_member

    first, second = register(lender, household(), household(household_number="BS-2", people=[told("head", "王五", number(9))]))
    new = register_person(lender, "王六", number(10), actor="officer")
    add_member(second, new, "officer")
    assert [link.person.name for link in second.people.filter(role="member")] == ["王六"]
    with pytest.raises(FaultsError, match="王六, of 王五户"):
        add_member(first, new, "officer")
    (trader,) = register(lender, {"kind": "person", "people": [told("borrower", "王五", number(9))]})
    with pytest.raises(FaultsError, match="a household"):
        add_member(trader, new, "officer")
    child = register_person(lender, "王小", number(11, "20150101"), actor="officer")
    with pytest.raises(FaultsError, match="of age"):
        add_member(second, child, "officer")


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"kind": "club", "people": []}, "person or household"),
        (household(people=[told("member", "张海", SON)]), "one head"),
        (household(people=[told("head", "张文", HEAD), told("owner", "李兰", WIFE)]), "the parts owner"),
        (household(people=[told("head", "张文", HEAD), told("member", "小", number(7, "20150101"))]), "somebody who is not of age"),
        (household(people=[told("head", "张文", HEAD[:-1] + ("1" if HEAD[-1] != "1" else "2"))]), "check character"),
        (household(people=[told("head", "", HEAD)]), "the person's name"),
        (household(people=[told("head", "张文", HEAD), told("member", "张文", HEAD)]), "each in one borrower"),
        (household(division_code="99"), "six digits"),
        ({"kind": "person", "people": [told("borrower", "张文", HEAD)], "household_number": "1"}, "none, for a person"),
        (household(colour="red"), "the columns colour"),
    ],
)
def test_every_fault_is_named(lender: Any, row: dict[str, Any], expected: str) -> None:
    assert expected in refused(lender, row)


def test_people_are_not_registered_as_a_bare_name(lender: Any) -> None:
    from puhui.parties.actions import register_firm

    with pytest.raises(FaultsError, match="they need identity numbers"):
        register_firm(lender, "张文", kind="household", actor="officer")


def test_found_by_name_by_number_and_by_identity_number(lender: Any) -> None:
    from puhui.parties.queries import find_firms

    (firm,) = register(lender, household())
    for text in ("张文", "BS-001", f"H{firm.pk:08d}", HEAD, SON.lower()):
        assert list(find_firms(lender, text)) == [firm], text
    assert not find_firms(lender, number(99)).exists()


def test_the_head_acts_for_the_household_and_a_member_does_not(lender: Any) -> None:
    from puhui.parties.actions import create_user
    from puhui.parties.models import Person
    from puhui.parties.queries import firms

    (firm,) = register(lender, household())
    for name, seen in (("张文", [firm]), ("张海", [])):
        user = create_user(lender, name, "secret-secret", "borrower", person=Person.objects.get(name=name))
        assert list(firms(user)) == seen


def test_two_of_one_name_are_not_taken_for_one_firm(lender: Any) -> None:
    from puhui.parties.merging import records

    people = [household(), household(household_number="BS-2", people=[told("head", "张文", number(9), phone="15400000001")])]
    firms = register(lender, *people)
    assert firms[0].name == firms[1].name == "张文户" and records(lender) == []
