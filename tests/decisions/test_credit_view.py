"""One credit view: who belongs together, what they owe together, and ceilings of law that two approvals at once cannot break."""

from __future__ import annotations

import threading

import pytest

from puhui.calculations.ceilings import Circles, ceilings, is_major
from puhui.calculations.faults import FaultsError

BANK = {
    "single_borrower_share": 0.10, "capital_yuan": 1_000_000_000, "tier_one_yuan": 800_000_000, "exposure_share": 0.15, "group_share": 0.20,
    "related_one_share": 0.10, "related_group_share": 0.15, "related_all_share": 0.50,
    "related_major_share": 0.01, "related_major_cumulative_share": 0.05,
}  # fmt: skip


def test_ceilings_of_practice_21():
    """Capital of 10 and tier 1 of 8 hundred million: 1, 1.2 and 1.6 hundred million, worked by hand."""
    found = {one.code: (one.most_fen, one.headroom_fen) for one in ceilings(BANK, Circles(2_000_000_000, 15_000_000_000))}
    assert found == {
        "single_borrower": (10_000_000_000, 8_000_000_000),
        "single_exposure": (12_000_000_000, 10_000_000_000),
        "group": (16_000_000_000, 1_000_000_000),
    }
    related = ceilings(BANK, Circles(0, 14_000_000_000, is_lender_related=True, related_fen=49_999_999_999))
    assert {one.code: one.headroom_fen for one in related if one.code.startswith("related")} == {
        "related_one": 10_000_000_000,
        "related_group": 1_000_000_000,
        "related_all": 1,
    }


def test_an_online_micro_lender_may_lend_a_household_so_much_and_no_more():
    """regulation.md §10: 10,000,000 yuan for a household's business, whatever the lender's size; all of the household counts."""
    row = {"capital_yuan": 1_000_000_000, "single_borrower_share": 0.10, "household_yuan": 10_000_000}
    found = {one.code: one for one in ceilings(row, Circles(100_000_000, 999_999_900))}
    assert (found["household"].most_fen, found["household"].headroom_fen) == (1_000_000_000, 100)
    assert min(found.values(), key=lambda one: one.headroom_fen).code == "household"
    assert "household" not in {one.code for one in ceilings(BANK, Circles(0, 0))}


def test_major_related_transactions():
    assert is_major(BANK, 1_000_000_000, 0)  # 1% of capital
    assert not is_major(BANK, 999_999_999, 0)
    assert is_major(BANK, 1, 4_999_999_999)  # 5% with those before
    assert not is_major({"capital_yuan": 200_000_000}, 10**12, 0)  # a table without the shares


def person(bank, name: str, number: str):
    from puhui.parties.models import Person

    return Person.objects.create(
        institution=bank.institution, name=name, identity_number_encrypted=b"", identity_number_index=number.encode().ljust(32, b"0")
    )


def family(bank):
    """His firm, hers (they are linked by her part in his), one held by hers, and a stranger who only has the same accountant."""
    from puhui.decisions.credit_view import link
    from puhui.parties.models import FirmPerson

    his, hers, held, stranger = (bank.firm(name) for name in ("His", "Hers", "Held", "Stranger"))
    he, she, clerk = person(bank, "He", "1"), person(bank, "She", "2"), person(bank, "Clerk", "3")
    parts = [(his, he, "owner"), (his, she, "spouse"), (hers, she, "owner"), (his, clerk, "contact"), (stranger, clerk, "contact")]
    for firm, who, role in parts:
        FirmPerson.objects.create(firm=firm, person=who, role=role)
    link(hers, held, "holding", "shareholding register", "officer")
    return his, hers, held, stranger


def test_who_left_a_household_is_one_debtor_with_it_until_the_old_debt_is_repaid(bank):
    """A son leaves a household that owes 100,000: his own business is looked at with it; not for what it was lent after he left."""
    from datetime import timedelta

    from puhui.decisions import actions
    from puhui.decisions.credit_view import credit_views
    from puhui.decisions.exposures import bound_fen
    from puhui.parties.models import FirmPerson

    home, shop, later = bank.firm("Home"), bank.firm("Shop"), bank.firm("Later")
    day = bank.institution.business_date
    before = day - timedelta(days=1)
    son, daughter = person(bank, "Son", "1"), person(bank, "Daughter", "2")
    parts = [(home, son, "member", day), (shop, son, "owner", None), (home, daughter, "member", before), (later, daughter, "owner", None)]
    for firm, who, role, until in parts:
        FirmPerson.objects.create(firm=firm, person=who, role=role, until=until)
    assert credit_views(bank.institution, [shop.pk]).groups[shop.pk] == (shop.pk,)  # nothing is owed yet
    decision = actions.decide(bank.apply(home, 100_000), "system")
    assert bound_fen(home.pk, [day, before]) == {day: 10_000_000, before: 0}
    views = credit_views(bank.institution, [shop.pk, later.pk])
    assert set(views.groups[shop.pk]) == {home.pk, shop.pk}
    assert views.groups[later.pk] == (later.pk,)  # had left before it was decided on
    assert credit_views(bank.institution, [shop.pk]).circles(shop.pk).group_fen == 10_000_000
    actions.draw_exposure(decision, 10_000_000)
    actions.repay_exposure(decision, 10_000_000)
    assert credit_views(bank.institution, [shop.pk]).groups[shop.pk] == (shop.pk,)


def test_owner_spouse_and_their_firms_are_one_debtor(bank):
    from puhui.decisions import actions
    from puhui.decisions.credit_view import credit_views

    his, hers, held, stranger = family(bank)
    actions.decide(bank.apply(hers, 300_000), "system")
    views = credit_views(bank.institution, [his.pk, stranger.pk])
    assert views.groups == {his.pk: tuple(sorted((his.pk, hers.pk, held.pk))), stranger.pk: (stranger.pk,)}
    facts = views.facts(his.pk)
    assert (facts["firm_fen"], facts["group_fen"]) == (0, 30_000_000)
    assert [one["name"] for one in facts["members"]] == ["Hers", "Held"]
    assert views.circles(stranger.pk).group_fen == 0


def test_rows_that_are_one_firm_are_one_debtor_until_the_merge_is_undone(bank):
    from puhui.decisions.credit_view import credit_views
    from puhui.parties import merging
    from puhui.parties.models import Firm

    first, second = bank.firm("Same Ltd"), bank.firm("Same Limited")
    merging.MatchAct.objects.create(institution=bank.institution, first=first, second=second, act="found", weight=9.0, actor="comparison")
    merging.ask(bank.institution, first.pk, second.pk, "officer")
    assert credit_views(bank.institution, [first.pk]).groups[first.pk] == (first.pk,), "asked is not yet agreed"
    merging.confirm(bank.institution, first.pk, second.pk, "another")
    both = tuple(sorted((first.pk, second.pk)))
    assert credit_views(bank.institution, [first.pk, second.pk]).groups == {first.pk: both, second.pk: both}
    merging.undo(bank.institution, first.pk, second.pk, "officer")
    assert credit_views(bank.institution, [second.pk]).groups == {second.pk: (second.pk,)}
    assert Firm.objects.filter(pk__in=both).count() == 2


@pytest.fixture
def small_bank(bank, monkeypatch, tmp_path):
    """A bank whose group ceiling is 400,000 yuan: 20% of a tier 1 of 2,000,000."""
    from django.conf import settings

    from puhui.products.documents import CATALOGUE

    folder = tmp_path / "parameters"
    folder.mkdir()
    text = (CATALOGUE / "parameters" / "lender-limits.toml").read_text()
    (folder / "lender-limits.toml").write_text(text.replace("tier_one_yuan = 800_000_000", "tier_one_yuan = 2_000_000").replace(
        "exposure_share = 0.15\n", ""))  # fmt: skip
    monkeypatch.setattr(settings, "PUHUI_CATALOGUE", tmp_path)
    return bank


def test_the_group_ceiling_binds_and_is_told(small_bank):
    from puhui.decisions import actions

    his, hers, *_ = family(small_bank)
    first = actions.decide(small_bank.apply(hers, 300_000), "system")
    second = actions.decide(small_bank.apply(his, 300_000), "system")
    assert (first.amount_fen, second.amount_fen) == (30_000_000, 10_000_000)
    limit = second.record["stages"]["limit"]
    assert limit["held_by"] == "group"
    assert [reason["bound"] for reason in second.record["reasons"] if reason["code"] == "less_than_asked"] == ["group"]
    assert second.record["facts"]["credit_view"]["group_fen"] == 30_000_000
    from puhui.decisions.actions import replay

    assert replay(second) == []


def test_an_officer_cannot_pass_the_ceiling(small_bank):
    from puhui.decisions import actions
    from puhui.decisions.credit_view import ceiling_faults

    _, hers, *_ = family(small_bank)
    decision = actions.decide(small_bank.apply(hers, 300_000), "system")
    assert ceiling_faults(decision, 10_000_000) == []
    [fault] = ceiling_faults(decision, 10_000_001)
    assert "group" in fault.expected and "10000000" in fault.expected


def test_a_related_party_of_the_lender(bank):
    from puhui.decisions.credit_view import credit_views, link

    his, hers, _, stranger = family(bank)
    link(hers, None, "lender", "her brother sits on the board", "officer")
    views = credit_views(bank.institution, [his.pk, stranger.pk])
    assert views.circles(his.pk).is_lender_related
    assert not views.circles(stranger.pk).is_lender_related
    with pytest.raises(FaultsError, match="another firm of the same institution"):
        link(his, his, "declared", "himself", "officer")
    with pytest.raises(FaultsError, match="lender without another firm"):
        link(his, hers, "lender", "x", "officer")


def test_two_approvals_at_once_cannot_break_the_ceiling(small_bank):
    """Two firms of one group are decided in two sessions at the same moment: together they get the ceiling and not a fen more."""
    from django.db import connection

    from puhui.decisions import actions
    from puhui.decisions.models import Exposure

    his, hers, *_ = family(small_bank)
    applications = [small_bank.apply(his, 300_000), small_bank.apply(hers, 300_000)]
    ready = threading.Barrier(2)

    def run(application):
        try:
            ready.wait()
            actions.decide(application, "system")
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(one,)) for one in applications]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sum(Exposure.objects.values_list("reserved_fen", flat=True)) == 40_000_000


def test_the_case_page_tells_group_ceiling_and_net_margin(small_bank):
    """Margin by hand from the record: rate less its parts of cost, less the interest that defaults take with them; tax apart."""
    from puhui.console import decision_figures as figures
    from puhui.decisions import actions
    from puhui.loans.margins import margin_of_decision

    his, hers, *_ = family(small_bank)
    actions.decide(small_bank.apply(hers, 300_000), "system")
    decision = actions.decide(small_bank.apply(his, 300_000), "system")
    record = decision.record
    group = figures.group_exposure(record, 10_000_000)
    assert (group["before_fen"], group["after_fen"], group["names"]) == (30_000_000, 40_000_000, "Hers, Held")
    rows = figures.limit_picture(record)["rows"]
    holding = [(row.kind, row.amount_fen) for row in rows if row.kind in ("bound", "result")]
    assert holding[-2:] == [("bound", 10_000_000), ("result", 10_000_000)]  # beside it stands the room of the industry
    parts = {part["id"]: part["rate_ppm"] for part in record["stages"]["price"]["parts"]}
    lost = record["stages"]["price"]["rate_ppm"] * record["result"]["probability_ppm"] / 1e6
    found = margin_of_decision(decision, decision.firm, decision.institution, {"now_fen": 30_000_000}).found
    assert abs(found.margin_ppm - dict(found.parts)["tax"] - (parts["margin"] - lost)) <= 2
