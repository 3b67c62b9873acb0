"""Owners, officers and ties of a firm (class C02), worked out by hand as of 20 January 2025.

Li holds 40 % of the firm and half of A, which holds 60 % of the firm; the other half of A is held by B, and B by Wang. In effect Li holds
0.4 + 0.6 × 0.5 = 0.7, and Wang 0.6 × 0.5 × 1 = 0.3.
"""

from __future__ import annotations

from datetime import date

from .record_frames import at
from .worked import assert_worked, frames_of, values_of

NOW, BEFORE = date(2025, 1, 5), date(2024, 1, 20)


def share(holder, part, target=None, kind="person", stated_on=NOW, **more):
    return {"stated_on": stated_on, "target": target, "holder": holder, "holder_kind": kind, "share": part, **more}


ROWS = {
    "shareholding": [
        share("Li", 1.0, stated_on=BEFORE),  # a year ago Li held all
        share("Li", 0.4, acquired_on=date(2022, 2, 20), pledged_share=0.1, family=True),
        share("A", 0.6, kind="firm", pledged_share=0.15, frozen_share=0.0, family=True),
        share("Li", 0.5, "A"),
        share("B", 0.5, "A", "firm"),
        share("Wang", 1.0, "B"),
    ],
    "key_person": [
        {
            "stated_on": NOW, "name": "Li", "role": "controller", "identified": True, "industry_since": date(2013, 7, 20), "other_firms": 3,
            "other_firms_revoked": 1, "shared_contacts": 2,
        },
        {
            "stated_on": NOW, "name": "Zhao", "role": "legal_rep", "identified": True, "salary_paid": False, "insured": False,
            "other_firms": 1, "shared_contacts": 4,
        },
        {"stated_on": NOW, "name": "Wang", "role": "other", "identified": True},
        {"stated_on": date(2024, 6, 1), "name": "Zhao", "role": "controller", "shared_contacts": 99},  # an older statement
    ],
    "related_firm": [
        {"stated_on": NOW, "name": "A", "relation": "investor", "bad_loan": False},
        {"stated_on": NOW, "name": "B", "relation": "controller"},
        {"stated_on": NOW, "name": "B", "relation": "address", "bad_loan": True},
    ],
    # The firm stands in for A and C, D for the firm, E for D; C does not pay, and F is nobody the firm is tied to.
    "guarantee": [
        {"stated_on": NOW, "debtor": "A", "amount_fen": 30_000_000, "related": True},
        {"stated_on": NOW, "debtor": "C", "amount_fen": 20_000_000, "debtor_overdue": True},
        {"stated_on": NOW, "guarantor": "D", "amount_fen": 1},
        {"stated_on": NOW, "guarantor": "E", "debtor": "D", "amount_fen": 1},
        {"stated_on": NOW, "guarantor": "F", "debtor": "G", "amount_fen": 1, "debtor_overdue": True},
        {"stated_on": NOW, "debtor": "H", "amount_fen": 7, "related": True, "ends_on": date(2025, 1, 20)},  # has ended
    ],
    "equity_event": [
        {"kind": "freeze", "happened_on": date(2024, 3, 1), "holder": "Li", "ended_on": date(2024, 9, 1)},
        {"kind": "freeze", "happened_on": date(2024, 11, 1), "holder": "A"},
    ],
    "registration_change": [
        {"item": "shareholder", "changed_on": date(2024, 2, 1)},
        {"item": "shareholder", "changed_on": date(2023, 1, 1)},
        {"item": "shareholder", "changed_on": date(2022, 12, 31)},
    ],
}  # fmt: skip

EXPECTED = {
    "owner_share_top1": 0.6,
    "owner_share_hhi": 0.52,  # 0.16 + 0.36
    "controller_share_effective": 0.7,
    "controller_shares_held_months": 35,  # 20 February 2022 to 20 January 2025
    "controller_industry_years": 11.5,  # 20 July 2013: 138 months
    "controller_other_firms_cnt": 3,
    "controller_other_firms_revoked_cnt": 1,
    "controller_share_change_12m": -30,  # 70 % less 100 %
    "shareholder_change_cnt_24m": 2,
    "equity_pledge_ratio": 0.25,
    "equity_frozen_flag": 1,
    "family_ownership_flag": 1,
    "related_party_cnt": 2,
    "related_guarantee_amt": 300_000,
    "guarantee_circle_size": 5,  # the firm, A, C, D, E
    "guarantee_circle_bad_distance": 1,
    "shared_contact_cnt": 4,
    "ownership_layers": 3,  # the firm, A, B, Wang
    "beneficial_owner_known_flag": 1,  # Li and Wang, both identified
    "legalrep_is_controller_flag": 0,
    "nominee_suspect_flag": 1,  # Zhao: no salary, no insurance, no share
}


def test_every_variable_is_as_worked_out():
    assert_worked("ownership", frames_of(ROWS), EXPECTED)


def test_an_owner_who_is_not_identified_or_a_firm_without_told_holders_leaves_the_owner_unknown():
    unnamed = [row for row in ROWS["key_person"] if row["name"] != "Wang"]
    assert values_of("ownership", frames_of({**ROWS, "key_person": unnamed}))["beneficial_owner_known_flag"] == 0
    loose = [row for row in ROWS["shareholding"] if row["holder"] != "Wang"]
    assert values_of("ownership", frames_of({**ROWS, "shareholding": loose}))["beneficial_owner_known_flag"] == 0


def test_firms_that_hold_each_other_come_to_an_end():
    circle = [
        share("A", 1.0, kind="firm"),
        share("B", 0.6, "A", "firm"),
        share("A", 0.5, "B", "firm"),
        share("Li", 0.4, "A"),
        share("Li", 0.5, "B"),
    ]
    found = values_of("ownership", frames_of({"shareholding": circle}))
    assert found["controller_share_effective"] == 0.4 + 0.6 * 0.5  # nobody is named: the person with the most
    assert found["ownership_layers"] == 3
    assert found["beneficial_owner_known_flag"] == 0


def test_a_firm_with_other_ties_and_no_guarantee_stands_alone():
    found = values_of("ownership", frames_of({"related_firm": ROWS["related_firm"]}))
    assert (found["guarantee_circle_size"], found["guarantee_circle_bad_distance"], found["related_guarantee_amt"]) == (1, 99, 0)
    for name in ("owner_share_top1", "controller_share_effective", "beneficial_owner_known_flag", "shareholder_change_cnt_24m"):
        assert found[name] is None, name


def test_a_statement_known_later_changes_nothing():
    later = [share("Qian", 1.0, stated_on=date(2025, 1, 18), known_at=at(date(2025, 1, 25)))]
    assert_worked("ownership", frames_of({**ROWS, "shareholding": [*ROWS["shareholding"], *later]}), EXPECTED)
