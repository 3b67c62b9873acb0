"""Leaving a household: day, reason, trail; a head is followed by a member; who left may join another or come back."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from tests.parties.test_borrowers import DAY, HEAD, SON, WIFE, household, lender, number, register, told  # noqa: F401

from puhui.calculations.faults import FaultsError


def one(identity_number: str, firm: Any) -> Any:
    from puhui.parties.leaving import one_of

    return one_of(firm, identity_number)


def parts(firm: Any) -> set[tuple[str, str]]:
    return {(link.role, link.person.name) for link in firm.people.filter(until=None).select_related("person")}


def test_a_member_leaves_and_is_told_of_no_more(lender: Any) -> None:  # noqa: F811
    from puhui.parties.borrowers import add_member, named_in_contract, people_told
    from puhui.parties.leaving import leave_household, those_who_left
    from puhui.parties.models import AuditRecord

    first, second = register(lender, household(), household(household_number="BS-2", people=[told("head", "王五", number(9))]))
    son, day = one(SON, first), DAY - timedelta(days=3)
    left = leave_household(first, son, day, " 分户 ", "officer")
    assert (left.parts, left.consents_ended) == (("member",), 0)
    assert [row["person"].name for row in people_told(first)] == ["张文", "李兰", "李兰"]
    assert "张海" not in named_in_contract([first])[first.pk]
    (link,) = those_who_left(first)
    assert (link.person.name, link.until, link.left_because) == ("张海", day, "分户")
    (kept,) = AuditRecord.objects.filter(act="leave_household", subject_id=str(first.pk))
    assert kept.detail == {"person": son.pk, "parts": ["member"], "day": day.isoformat(), "reason": "分户", "consents_ended": 0}

    add_member(second, son, "officer")
    assert ("member", "张海") in parts(second)
    leave_household(second, son, DAY, "回家", "officer")
    add_member(first, son, "officer")  # and comes back: the old part stays as it was
    assert first.people.filter(person=son, role="member").count() == 2 and ("member", "张海") in parts(first)


def test_the_head_is_followed_by_a_member_and_consents_to_decisions_end(lender: Any) -> None:  # noqa: F811
    from puhui.parties.actions import grant_consent
    from puhui.parties.leaving import leave_household, those_who_left
    from puhui.parties.queries import covering_consent

    (firm,) = register(lender, household())
    for purpose in ("credit_decision", "post_loan_monitoring"):
        grant_consent(
            firm, purpose=purpose, classes=["C04"], expires_on=date(2028, 1, 1), text_version="1", text="yes", channel="counter",
            granted_by="张文",
        )  # fmt: skip
    head, wife = one(HEAD, firm), one(WIFE, firm)
    with pytest.raises(FaultsError, match="the member who becomes the head: 李兰, 张海"):
        leave_household(firm, head, DAY, "去世", "officer")
    assert leave_household(firm, head, DAY, "去世", "officer", successor=wife).consents_ended == 1
    assert parts(firm) == {("head", "李兰"), ("member", "张海")}
    assert [link.person.name for link in those_who_left(firm)] == ["张文"]
    assert covering_consent(firm, "credit_decision", ["C04"], DAY) is None
    assert covering_consent(firm, "post_loan_monitoring", ["C04"], DAY) is not None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"day": DAY + timedelta(days=1)}, "Record it when the day has come"),
        ({"reason": "  "}, "reason: found nothing"),
        ({"reason": "长" * 201}, "reason: found 201 characters"),
        ({"successor": WIFE}, "only a head is succeeded"),
    ],
)
def test_what_is_wrong_is_refused_and_nothing_changes(lender: Any, changes: dict[str, Any], expected: str) -> None:  # noqa: F811
    from puhui.parties.leaving import leave_household

    (firm,) = register(lender, household())
    before = parts(firm)
    asked: dict[str, Any] = {"day": DAY, "reason": "分户"} | changes
    if "successor" in asked:
        asked["successor"] = one(asked["successor"], firm)
    with pytest.raises(FaultsError, match=expected):
        leave_household(firm, one(SON, firm), **asked, actor="officer")
    assert parts(firm) == before


def test_nobody_leaves_twice_or_a_household_of_one_or_a_firm(lender: Any) -> None:  # noqa: F811
    from puhui.parties.leaving import leave_household, one_of

    rows = [household(), household(household_number="BS-2", people=[told("head", "王五", number(9))])]
    first, alone = register(lender, *rows)
    son, only = one(SON, first), one(number(9), alone)
    leave_household(first, son, DAY, "分户", "officer")
    with pytest.raises(FaultsError, match="somebody who is in 张文户 now"):
        leave_household(first, son, DAY, "分户", "officer")
    with pytest.raises(FaultsError, match="its debts are repaid"):
        leave_household(alone, only, DAY, "分户", "officer")
    (trader,) = register(lender, {"kind": "person", "people": [told("borrower", "王五", number(9))]})
    with pytest.raises(FaultsError, match="a household"):
        leave_household(trader, only, DAY, "分户", "officer")
    with pytest.raises(FaultsError) as refused:
        one_of(first, SON)
    assert SON not in str(refused.value)
