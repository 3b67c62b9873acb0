"""Every act that is recorded has a word on the trail, and a particular that is a code is told by its word."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from django.utils.translation import override

import puhui

WRITTEN = re.compile(r'record_audit\(\s*(?:[^"()]|\([^()"]*\))*?, "([a-z_]+(?:\.[a-z_]+)?)"')


def written() -> set[str]:
    """The names of acts as they stand in the source, without an actor and two kinds of subject beside a computed one."""
    files = Path(puhui.__file__).parent.rglob("*.py")
    return {name for file in files for name in WRITTEN.findall(file.read_text(encoding="utf-8"))} - {"system", "model", "training"}


def test_every_act_has_a_word() -> None:
    from puhui.console.trail_words import ACTS

    acts = written()
    assert len(acts) > 50  # the search finds them
    assert sorted(acts - set(ACTS)) == []


def test_particulars_are_told_in_chinese(scenario: Any, client_of: Any) -> None:
    from puhui.console.views.trail import _row
    from puhui.parties.models import AuditRecord, User

    detail = {
        "outcome": "approve", "product": "invoice-working-capital", "code": "tax_credit_grade", "record": "tax_return", "rate_e8": 4650000,
    }  # fmt: skip
    record = AuditRecord(act="command.approved", subject_kind="loan", subject_id="7", actor="officer", detail=detail)
    with override("zh-hans"):
        row = _row(record, User.objects.get(username="auditor"))
    values = [item["value"] for item in row["detail"]]
    assert row["act"] == "操作已获同意" and row["url"] == "/loans/7/"
    assert values[:2] == ["批准", "发票流动资金贷款"]
    assert all(re.search("[\u4e00-\u9fff]", value) for value in values[2:4]), values
    assert values[4] == "4.65%"


def test_a_link_leads_only_where_the_reader_may_go(scenario: Any, client_of: Any) -> None:
    from puhui.console.views.trail import _url
    from puhui.parties.models import AuditRecord, User

    record = AuditRecord(act="decide", subject_kind="decision", subject_id="7")
    assert _url(record, User.objects.get(username="risk")) == "/decisions/7/"
    assert _url(record, User.objects.get(username="accountant")) == ""


def test_particulars_of_all_acts_are_words(scenario: Any, client_of: Any) -> None:
    """Each particular of each act that was done has a word, and its value is no list and no table of the program."""
    from puhui.console.trail_words import DETAILS, SUBJECTS
    from puhui.console.views.trail import _row
    from puhui.parties.models import AuditRecord, User

    auditor = User.objects.get(username="auditor")
    records = [each for each in AuditRecord.objects.all() if isinstance(each.detail, dict)]
    assert {key for each in records for key in each.detail} - set(DETAILS) == set()
    assert {each.subject_kind for each in records} - set(SUBJECTS) == set()
    values = {item["value"] for each in records for item in _row(each, auditor)["detail"]}
    assert [value for value in values if re.search(r"[\[\]{}]|^None$|^True$|^False$", value)] == []


def test_lists_and_tables_are_told_in_chinese() -> None:
    from puhui.console.views.trail import _short

    with override("zh-hans"):
        assert _short("grounds", ["number_named", "name_equal"]) == "附言含借据号、付款人即该企业"
        assert _short("voice", "yes") == "是" and _short("missing", []) == "–" and _short("kind", "household") == "农户"
        assert "：" in _short("answers", {"site_visit": "settled"})
