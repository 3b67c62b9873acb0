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
