"""Evidence of holdings taken in: firms of one group share a limit from that moment, and until the register says otherwise."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import pytest
from django.db import connection

HEADINGS = "企业名称,股权信息日期,被投资企业,股东名称,股东类型,持股比例"


@pytest.fixture
def lender(rolled_back_database, tmp_path):
    """Five firms with a consent to C02, and the way a clerk sends a file of holdings."""
    from puhui.decisions.register_links import take_in
    from puhui.parties import actions

    institution = actions.create_institution("REG", "Register Bank", "bank", dt.date(2026, 1, 5))
    firms = {name: actions.register_firm(institution, name, actor="test") for name in ("甲公司", "乙公司", "丙公司", "丁公司", "戊公司")}
    actions.grant_consents(
        institution, list(firms.values()), purpose="credit_decision", classes=["C02"], expires_on=dt.date(2027, 1, 1), text_version="1",
        text="yes", channel="counter", granted_by="owner",
    )  # fmt: skip

    def send(*rows, name="holdings.csv"):
        path = tmp_path / name
        path.write_text("\n".join([HEADINGS, *rows]) + "\n", "utf-8")
        return take_in(institution, path, "C02", "shareholding", actor="clerk", business_date=institution.business_date)

    return SimpleNamespace(institution=institution, firms=firms, send=send)


def group_of(lender, name):
    from puhui.decisions.credit_view import credit_views

    firm = lender.firms[name].pk
    names = {one.pk: one.name for one in lender.firms.values()}
    return {names[one] for one in credit_views(lender.institution, [firm]).groups[firm]}


def test_a_holding_of_a_quarter_makes_one_debtor_and_its_sale_ends_it(lender):
    from puhui.parties.models import AuditRecord

    lender.send("甲公司,2025-11-01,,乙公司,企业,25%", "甲公司,2025-11-01,,丙公司,企业,24.9%", "甲公司,2025-11-01,,李一,自然人,50.1%")
    assert group_of(lender, "甲公司") == {"甲公司", "乙公司"} and group_of(lender, "丙公司") == {"丙公司"}
    lender.send("甲公司,2025-12-01,,李一,自然人,100%", name="later.csv")
    assert group_of(lender, "甲公司") == {"甲公司"}
    acts = AuditRecord.objects.filter(act__endswith="credit_link").order_by("pk").values_list("act", "actor")
    assert list(acts) == [("credit_link", "clerk"), ("end_credit_link", "clerk")]


def test_what_an_officer_declared_is_not_ended_by_the_register(lender):
    from puhui.decisions.credit_view import link

    link(lender.firms["甲公司"], lender.firms["戊公司"], "holding", "the notary's deed", "officer")
    lender.send("甲公司,2025-12-01,,李一,自然人,100%")
    assert group_of(lender, "甲公司") == {"甲公司", "戊公司"}


def test_many_firms_cost_no_more_statements_than_one(lender):
    """By the statements of `link_by_register`: locks go by firm, and all are taken in one."""
    from puhui.decisions.credit_models import CreditLink
    from puhui.decisions.register_links import link_by_register

    lender.send("甲公司,2025-11-01,,乙公司,企业,30%", "丙公司,2025-11-01,,丁公司,企业,30%", "戊公司,2025-11-01,,丁公司,企业,60%")
    assert CreditLink.objects.count() == 3
    counts = []
    for names in (["甲公司"], list(lender.firms)):
        CreditLink.objects.all().delete()
        asked: list[str] = []

        def count(execute, sql, *given, asked=asked):
            asked.append(sql)
            return execute(sql, *given)

        with connection.execute_wrapper(count):
            link_by_register(lender.institution, [lender.firms[name].pk for name in names], "clerk")
        counts.append(len(asked))
    assert counts[0] == counts[1] and CreditLink.objects.count() == 3


def test_a_second_time_nothing_changes_and_without_consent_nothing_is_read(lender):
    from puhui.decisions.credit_models import CreditLink
    from puhui.decisions.register_links import link_by_register
    from puhui.parties.actions import withdraw_consent

    lender.send("甲公司,2025-11-01,,乙公司,企业,30%")
    everyone = [one.pk for one in lender.firms.values()]
    assert link_by_register(lender.institution, everyone, "clerk") == [] and CreditLink.objects.count() == 1
    withdraw_consent(lender.firms["甲公司"].consents.get(), "owner")
    CreditLink.objects.all().delete()
    assert link_by_register(lender.institution, everyone, "clerk") == []


def test_a_file_is_taken_in_with_its_links_or_not_at_all(lender, monkeypatch):
    from puhui.decisions import register_links
    from puhui.evidence.models import Record

    def broken(*_):
        raise RuntimeError("the power is out")

    monkeypatch.setattr(register_links, "_begin", broken)
    with pytest.raises(RuntimeError):
        lender.send("甲公司,2025-11-01,,乙公司,企业,30%")
    assert not Record.objects.exists()
