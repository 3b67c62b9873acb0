"""Registering lenders, firms and persons; consent; the trail that all of it leaves."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from puhui.calculations.faults import FaultsError
from puhui.parties import actions, queries
from puhui.parties.identifiers import code_check_character, identity_check_character
from puhui.parties.models import AuditRecord, Consent, Firm, FirmIdentifier, Institution, Person, Role, User

TODAY = date(2026, 3, 30)
CHINA = ZoneInfo("Asia/Shanghai")
CODE = "91330106MA0000015K"
NUMBER = "330106199003071236"

pytestmark = pytest.mark.usefixtures("rolled_back_database")


@pytest.fixture
def bank() -> Institution:
    return actions.create_institution("RIVER", "河口农商行", "bank", TODAY)


@pytest.fixture
def firm(bank: Institution) -> Firm:
    return actions.register_firm(bank, "清溪竹木制品厂", identifiers={"uscc": CODE}, actor="officer")


def consent(firm: Firm, **changes: Any) -> Consent:
    given = {
        "purpose": "credit_decision",
        "classes": ["C07"],
        "expires_on": TODAY + timedelta(days=90),
        "text_version": "2026-01",
        "text": "本公司同意……",
        "channel": "phone",
        "granted_by": "owner",
    }
    return actions.grant_consent(firm, **{**given, **changes})


def test_an_institution_is_created_once_and_logged(bank: Institution) -> None:
    (record,) = AuditRecord.objects.filter(institution=bank)
    assert (record.act, record.actor, record.business_date, record.subject_id) == ("create_institution", "system", TODAY, str(bank.pk))
    with pytest.raises(FaultsError) as caught:
        actions.create_institution("RIVER", "x", "shop", TODAY)
    assert [fault.where for fault in caught.value.faults] == ["kind", "code"]


def test_users_have_a_role_and_an_institution(bank: Institution) -> None:
    user = actions.create_user(bank, "li", "secret-word", Role.OFFICER, name="李")
    assert user.check_password("secret-word") and user.institution == bank
    with pytest.raises(FaultsError) as caught:
        actions.create_user(None, "li", "x", Role.BORROWER)
    assert [fault.where for fault in caught.value.faults] == ["institution", "person", "username"]


def test_a_firm_is_found_by_its_identifiers_and_by_name(bank: Institution, firm: Firm) -> None:
    assert queries.firm_by_identifier(bank, "uscc", " 91330106ma0000015k") == firm
    assert queries.firm_by_identifier(bank, "tax", CODE) is None
    assert list(queries.find_firms(bank, "竹木")) == [firm]
    assert list(queries.find_firms(bank, "91330106")) == [firm]
    assert list(queries.find_firms(bank, "913")) == [] == list(queries.find_firms(bank, " "))
    other = actions.register_firm(bank, "Aa_b%清", identifiers={}, actor="officer")
    by_text = {"清": [other, firm], "a": [other], "AA": [other], "aA_": [other], "_b%清": [other], "%清": [other], "清溪竹木制品厂": [firm]}
    assert {text: list(queries.find_firms(bank, text)) for text in by_text} == by_text
    assert not queries.find_firms(bank, "溪清") and not queries.find_firms(bank, "a%") and not queries.firms_named(bank, "竹 木")
    assert queries.firms_by_identifier(bank, "uscc") == {CODE: firm.pk}


def test_every_fault_of_every_row_is_named_and_nothing_written(bank: Institution, firm: Firm) -> None:
    rows = [
        {"name": "甲", "identifiers": {"uscc": CODE}},
        {"name": " ", "kind": "shop", "industry_code": "17", "identifiers": {"uscc": "91330106MA0000015X"}},
        {"name": "丙", "founded_on": TODAY + timedelta(days=1), "staff_count": -1, "identifiers": {"platform": "A1"}},
        {"name": "丁", "identifiers": {"platform": "A1"}, "colour": "red"},
    ]
    with pytest.raises(FaultsError) as caught:
        actions.register_firms(bank, rows, "officer")
    assert [fault.where for fault in caught.value.faults] == [
        "firm 2, name",
        "firm 2, kind",
        "firm 2, industry_code",
        "firm 2, uscc",
        "firm 3, founded_on",
        "firm 3, staff_count",
        "firm 4",
        "identifier platform",
        "identifier uscc",
    ]
    assert list(Firm.objects.filter(institution=bank)) == [firm]


def test_a_code_may_be_missing_and_a_doubtful_one_is_noted(bank: Institution) -> None:
    without = actions.register_firm(bank, "无码商行", kind="individual_business", identifiers={"uscc": ""}, actor="officer")
    assert not FirmIdentifier.objects.filter(firm=without).exists()
    doubtful = "91110000600037342" + code_check_character("91110000600037342")
    firm = actions.register_firm(bank, "疑码公司", identifiers={"uscc": doubtful}, actor="officer")
    record = AuditRecord.objects.get(act="register_firm", subject_id=str(firm.pk))
    assert record.detail["identifiers"] == {"uscc": doubtful}
    assert "organisation check character" in record.detail["warnings"][0]


def test_hundreds_of_firms_take_as_many_statements_as_one(bank: Institution) -> None:
    with CaptureQueriesContext(
        connection,
    ) as one:
        actions.register_firms(bank, [{"name": "甲", "identifiers": {"platform": "P"}}], "officer")
    rows = [{"name": f"公司{number}", "identifiers": {"platform": f"P{number}"}} for number in range(300)]
    with CaptureQueriesContext(connection) as many:
        firms = actions.register_firms(bank, rows, "officer")
    assert len(many) == len(one)
    assert [firm.name for firm in firms] == [row["name"] for row in rows]
    assert AuditRecord.objects.filter(act="register_firm").count() == 301


def test_a_person_is_kept_once_and_unreadable(bank: Institution) -> None:
    person = actions.register_person(bank, "王", NUMBER, "138 0013 8000", actor="officer")
    again = actions.register_person(bank, "王", NUMBER.lower(), "13900139000", actor="officer")
    assert again.pk == person.pk
    stored = Person.objects.get(pk=person.pk)
    assert NUMBER.encode() not in bytes(stored.identity_number_encrypted) + bytes(stored.identity_number_index)
    assert queries.person_by_identity_number(bank, NUMBER) == person
    assert queries.person_by_identity_number(bank, "330106200802290043") is None
    assert actions.reveal_phone(stored, "officer", "call back") == "13900139000"


def test_the_same_person_has_one_index_at_two_institutions_and_two_cipher_texts(bank: Institution) -> None:
    other = actions.create_institution("HILL", "山口小贷", "micro_lender", TODAY)
    first = actions.register_person(bank, "王", NUMBER, actor="officer")
    second = actions.register_person(other, "王", NUMBER, actor="officer")
    assert bytes(first.identity_number_index) == bytes(second.identity_number_index)
    assert bytes(first.identity_number_encrypted) != bytes(second.identity_number_encrypted)


def test_one_number_with_two_names_is_refused(bank: Institution) -> None:
    with pytest.raises(FaultsError, match="one name for one number"):
        actions.register_people(bank, [{"name": "王", "identity_number": NUMBER}, {"name": "汪", "identity_number": NUMBER}], "officer")
    actions.register_person(bank, "王", NUMBER, actor="officer")
    with pytest.raises(FaultsError, match="one name for one number"):
        actions.register_person(bank, "汪", NUMBER, actor="officer")
    with pytest.raises(FaultsError) as caught:
        actions.register_people(bank, [{"name": "", "identity_number": "33010619900307123", "phone": "123"}], "officer")
    assert [fault.where for fault in caught.value.faults] == ["person 1, name", "person 1, identity_number", "person 1, phone"]


def test_many_people_come_back_in_order_and_set_by_set(bank: Institution) -> None:
    heads = [f"3301061990030{number:04}" for number in range(7000, 7200)]
    rows = [{"name": f"人{head}", "identity_number": head + identity_check_character(head)} for head in heads if head[12:14] <= "31"]
    with CaptureQueriesContext(connection) as queries_of_many:
        people = actions.register_people(bank, rows, "officer")
    assert [person.name for person in people] == [row["name"] for row in rows]
    assert len(rows) == 200 and len(queries_of_many) < 15


def test_a_number_is_revealed_only_with_a_reason_and_logged(bank: Institution) -> None:
    person = actions.register_person(bank, "王", NUMBER, actor="officer")
    with pytest.raises(FaultsError):
        actions.reveal_identity_number(person, "officer", " ")
    assert actions.reveal_identity_number(person, "officer", "credit bureau query") == NUMBER
    (record,) = AuditRecord.objects.filter(act="reveal_identity_number")
    assert (record.subject_id, record.detail) == (str(person.pk), {"reason": "credit bureau query"})
    assert NUMBER not in str(list(AuditRecord.objects.values_list("detail", flat=True)))


def test_a_cipher_text_moved_to_another_column_does_not_open(bank: Institution) -> None:
    person = actions.register_person(bank, "王", NUMBER, "13800138000", actor="officer")
    person.identity_number_encrypted = person.phone_encrypted
    with pytest.raises(FaultsError, match="does not open"):
        actions.reveal_identity_number(person, "officer", "check")


def test_people_are_linked_once(bank: Institution, firm: Firm) -> None:
    person = actions.register_person(bank, "王", NUMBER, actor="officer")
    link = actions.link_person(firm, person, "owner", since=TODAY, actor="officer")
    assert actions.link_person(firm, person, "owner", actor="officer") == link
    assert [each.person for each in queries.people_of(firm)] == [person]
    other = actions.create_institution("HILL", "山口小贷", "micro_lender", TODAY)
    stranger = actions.register_person(other, "王", NUMBER, actor="officer")
    with pytest.raises(FaultsError, match="another institution"):
        actions.link_person(firm, stranger, "owner", actor="officer")


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"purpose": "marketing"}, "purpose"),
        ({"classes": []}, "classes"),
        ({"classes": ["C07", "C99"]}, "classes"),
        ({"text": " "}, "text"),
        ({"expires_on": TODAY}, "expires_on"),
        ({"at": datetime(2026, 3, 30)}, "at"),  # noqa: DTZ001
    ],
)
def test_a_consent_that_could_not_be_relied_on_is_refused(firm: Firm, changes: dict[str, Any], where: str) -> None:
    with pytest.raises(FaultsError) as caught:
        consent(firm, **changes)
    assert [fault.where for fault in caught.value.faults] == [where]


def test_a_consent_is_live_for_its_purpose_class_and_period(firm: Firm) -> None:
    granted = consent(firm, classes=["C07", "C01"], expires_on=TODAY + timedelta(days=10))
    assert granted.classes == ["C01", "C07"] and len(granted.text_digest) == 64
    expected = {
        ("credit_decision", "C07", TODAY): True,
        ("credit_decision", "C01", TODAY + timedelta(days=9)): True,
        ("credit_decision", "C07", TODAY + timedelta(days=10)): False,  # expired
        ("credit_decision", "C07", TODAY - timedelta(days=1)): False,  # not yet
        ("credit_decision", "C02", TODAY): False,
        ("post_loan_monitoring", "C07", TODAY): False,
    }
    assert {key: queries.live_consent(firm, *key) == granted for key in expected} == expected


def test_consent_to_the_minute(firm: Firm) -> None:
    noon = datetime(2026, 3, 30, 12, tzinfo=CHINA)
    granted = consent(firm, at=noon)
    minute = timedelta(minutes=1)
    assert queries.live_consent(firm, "credit_decision", "C07", noon - minute) is None
    assert queries.live_consent(firm, "credit_decision", "C07", noon) == granted
    actions.withdraw_consent(granted, "owner", at=noon + 2 * minute)
    assert queries.live_consent(firm, "credit_decision", "C07", noon + minute) == granted
    assert queries.live_consent(firm, "credit_decision", "C07", noon + 2 * minute) is None
    assert queries.live_consent(firm, "credit_decision", "C07", TODAY) is None  # withdrawn on that day: doubt is the firm's


def test_withdrawal_stops_use_at_once_and_is_kept(firm: Firm) -> None:
    granted = consent(firm)
    later = consent(firm)
    assert queries.live_consent(firm, "credit_decision", "C07", TODAY) == later
    actions.withdraw_consent(later, "owner")
    assert queries.live_consent(firm, "credit_decision", "C07", TODAY) == granted
    first = actions.withdraw_consent(granted, "owner").withdrawn_at
    assert actions.withdraw_consent(granted, "owner", at=first + timedelta(days=3)).withdrawn_at == first
    assert queries.live_consent(firm, "credit_decision", "C07", TODAY) is None
    assert AuditRecord.objects.filter(act="withdraw_consent").count() == 2
    assert queries.consents_of(firm).count() == 2


def test_firms_with_live_consent(bank: Institution) -> None:
    firms = actions.register_firms(bank, [{"name": f"公司{number}"} for number in range(3)], "officer")
    terms = {"classes": ["C07"], "expires_on": TODAY + timedelta(days=9), "text_version": "1", "text": "同意", "channel": "counter"}
    given = actions.grant_consents(bank, firms[:2], purpose="credit_decision", granted_by="clerk", **terms)
    actions.withdraw_consent(given[0], "owner")
    assert list(queries.firms_with_live_consent(bank, "credit_decision", "C07", TODAY)) == [firms[1]]


def test_who_sees_what(bank: Institution, firm: Firm) -> None:
    other = actions.create_institution("HILL", "山口小贷", "micro_lender", TODAY)
    foreign = actions.register_firm(other, "外地公司", actor="officer")
    second = actions.register_firm(bank, "第二公司", actor="officer")
    owner = actions.register_person(bank, "王", NUMBER, actor="officer")
    actions.link_person(firm, owner, "owner", actor="officer")
    actions.link_person(second, owner, "contact", actor="officer")  # whom one calls there, and who binds nobody

    def user(name: str, role: str, institution: Institution | None = bank, person: Person | None = None) -> User:
        return actions.create_user(institution, name, "a-password", role, person=person)

    seen = {
        "officer": list(queries.firms(user("officer", Role.OFFICER))),
        "abroad": list(queries.firms(user("abroad", Role.OFFICER, other))),
        "borrower": list(queries.firms(user("borrower", Role.BORROWER, person=owner))),
        "supervisor": list(queries.firms(user("supervisor", Role.SUPERVISOR, None))),
    }
    assert seen == {
        "officer": sorted([firm, second], key=lambda each: each.name),
        "abroad": [foreign],
        "borrower": [firm],
        "supervisor": [],
    }
    with pytest.raises(Firm.DoesNotExist):
        queries.firm(User.objects.get(username="borrower"), second.pk)
    trails = {name: queries.audit_trail(user(f"{name}2", role)).count() for name, role in (("a", Role.AUDITOR), ("o", Role.OFFICER))}
    assert trails["a"] == AuditRecord.objects.filter(institution=bank).count() - 1 and trails["o"] == 0  # the officer came after


def test_the_trail_is_filtered(bank: Institution, firm: Firm) -> None:
    auditor = actions.create_user(bank, "auditor", "a-password", Role.AUDITOR)
    records = queries.audit_trail(auditor, {"act": "register_firm", "since": TODAY, "until": TODAY, "actor": ""})
    assert [record.subject_id for record in records] == [str(firm.pk)]
    assert not queries.audit_trail(auditor, {"since": TODAY + timedelta(days=1)}).exists()
    with pytest.raises(ValueError, match="unknown filters"):
        queries.audit_trail(auditor, {"colour": "red"})


def test_records_of_a_sealed_day_go_to_the_day_after_it(bank: Institution) -> None:
    from puhui.parties.models import Seal

    Seal.objects.create(institution=bank, date=TODAY)
    actions.record_audit(bank, "officer", "sign_in", "user", 1)
    assert AuditRecord.objects.get(act="sign_in").business_date == TODAY + timedelta(days=1)
