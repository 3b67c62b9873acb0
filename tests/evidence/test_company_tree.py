"""A firm's tree and circle are read as they were known, by consent, with the customers among the names."""

from __future__ import annotations

import datetime as dt

import pytest
from tests.evidence.conftest import BUSINESS_DATE, consent, csv_text

from puhui.calculations.faults import FaultsError
from puhui.evidence import queries
from puhui.evidence.actions import import_records
from puhui.evidence.company_tree import RECORDS, company_tree, tree_of
from puhui.evidence.former_names import former_names

HOLDING = ["股权信息日期", "被投资企业", "股东名称", "股东类型", "持股比例"]
GUARANTEE = ["担保信息日期", "担保人", "被担保人", "担保金额", "主债务逾期"]


@pytest.fixture
def told(lender):
    """丁公司 holds 60 % and belongs to Wang by half, to a fund by half; Li holds 40 %. The firm and 己公司 stand in for one another."""
    consent([lender.firm, lender.other], ["C02"])
    holdings = [
        ["2025-11-01", "", "李一", "自然人", "40%"], ["2025-11-01", "", "丁公司", "企业", "60%"],
        ["2025-10-01", "丁公司", "王二", "自然人", "0.5"], ["2025-10-01", "丁公司", "庚基金", "基金", "0.5"],
        ["2025-09-01", "", "旧股东", "自然人", "100%"],
    ]  # fmt: skip
    guarantees = [
        ["2025-11-01", "", "己公司", "500000", "否"],
        ["2025-11-01", "己公司", "", "300000", ""],
        ["2025-11-01", "己公司", "辛公司", "1", "是"],
    ]
    for rows, headings, record in ((holdings, HOLDING, "shareholding"), (guarantees, GUARANTEE, "guarantee")):
        import_records(lender.institution, lender.write(csv_text(rows, headings), f"{record}.csv"), "C02", record, firm=lender.firm)
    return lender


def test_the_tree_is_that_of_the_newest_statements(told):
    tree = company_tree(told.firm, BUSINESS_DATE)
    assert tree.shares == pytest.approx({"李一": 0.4, "丁公司": 0.6, "王二": 0.3, "庚基金": 0.3})
    assert tree.owners == pytest.approx({"李一": 0.4, "王二": 0.3})
    assert tree.open_ends == {"庚基金"}
    assert tree.group.above == {"丁公司", "庚基金"}
    assert (tree.circle.size, tree.circle.depth, tree.circle.bad_distance, tree.overdue) == (3, 2, 2, {"辛公司"})
    assert tree.customers == {"丁公司": told.other.pk}


def test_nothing_was_known_before_it_was_told(told):
    tree = company_tree(told.firm, BUSINESS_DATE - dt.timedelta(days=1))
    assert (tree.holdings, tree.circle.size) == ((), 1)


def test_a_tree_is_read_by_consent_only(told):
    with pytest.raises(FaultsError):
        company_tree(told.silent, BUSINESS_DATE)


def test_the_firm_is_known_by_its_own_and_by_its_former_name(told):
    """A register that names the firm itself, and one that bears its old name; who knows nothing of the change takes that for a stranger."""
    changes = [["2025-02-01", "名称变更", "旧甲公司", "甲公司"], ["2025-06-01", "住所", "一路", "二路"]]
    consent([told.firm], ["C01"])
    path = told.write(csv_text(changes, ["变更日期", "变更事项", "变更前", "变更后"]), "changes.csv")
    import_records(told.institution, path, "C01", "registration_change", firm=told.firm)
    assert former_names(told.institution, BUSINESS_DATE) == {told.firm.pk: ("旧甲公司",)}
    more = [["2025-12-01", "甲公司", "李一", "自然人", "100%"], ["2025-12-01", "壬公司", "旧甲公司", "企业", "70%"]]
    import_records(told.institution, told.write(csv_text(more, HOLDING), "more.csv"), "C02", "shareholding", firm=told.firm)
    frames = queries.known_of(told.firm, RECORDS, BUSINESS_DATE)
    tree = tree_of(told.firm, frames, BUSINESS_DATE)
    assert tree.former_names == ("旧甲公司",)
    assert tree.shares["李一"] == 1.0
    assert [(each.name, round(each.share, 9), each.chain) for each in tree.investments] == [("壬公司", 0.7, ("", "壬公司"))]
    del frames["registration_change"]
    assert tree_of(told.firm, frames, BUSINESS_DATE).investments == ()


def test_a_day_before_is_told_by_the_statements_of_then(told):
    tree = company_tree(told.firm, BUSINESS_DATE, true_on=dt.date(2025, 9, 30))
    assert (tree.shares, tree.stated_on, tree.guarantees) == ({"旧股东": 1.0}, dt.date(2025, 9, 1), ())


def test_control_and_circles_stand_in_the_tree(told):
    tree = company_tree(told.firm, BUSINESS_DATE)
    assert [(each.name, each.by_product, each.chain) for each in tree.controllers] == [("丁公司", True, ("丁公司", ""))]
    assert tree.guarantee_cycles == (("", "己公司"),) and tree.share_cycles == ()
