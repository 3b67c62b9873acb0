"""Titles, leases and registered security (class C12), worked out by hand as of 20 January 2025."""

from __future__ import annotations

from datetime import date

from .record_frames import at
from .worked import assert_worked, frames_of, values_of

SEEN = date(2025, 1, 10)


def title(number, owner, kind, value_yuan, **more):
    return {"title_number": number, "stated_on": SEEN, "owner": owner, "kind": kind, "value_fen": value_yuan * 100, **more}


def entry(number, kind, registered_on, amount_yuan, **more):
    plain = {"number": number, "kind": kind, "registered_on": registered_on, "role": "debtor", "amount_fen": amount_yuan * 100}
    return {**plain, **more}


ROWS = {
    "property_title": [
        title("1", "controller", "home", 900_000, loan_balance_fen=40_000_000, local=True),
        title("2", "spouse", "home", 300_000, loan_balance_fen=35_000_000),  # owes more than it is worth: counts as nothing
        title("3", "firm", "industrial", 2_000_000, secured_fen=150_000_000, land_until=date(2050, 1, 19)),
        title("4", "firm", "commercial", 1_000_000, premises=False, sealed=True),
        {**title("4", "firm", "commercial", 7), "stated_on": date(2024, 1, 1)},  # an older look at the same title
    ],
    "premises_lease": [
        {"signed_on": date(2023, 1, 1), "address": "a", "starts_on": date(2023, 1, 1), "ends_on": date(2025, 12, 31)},
        {"signed_on": date(2022, 1, 1), "address": "b", "ends_on": date(2030, 1, 1), "ended_on": date(2024, 1, 1)},
    ],
    "movable_registration": [
        entry("m1", "floating", date(2024, 8, 1), 100_000, secured_party="甲银行"),
        entry("m2", "receivable_pledge", date(2024, 6, 30), 50_000, secured_party="乙银行", receivable="丙公司 HT-001"),
        entry("m3", "factoring", date(2025, 1, 5), 30_000, secured_party="甲银行", receivable="丙公司HT-001"),
        entry("m4", "finance_lease", date(2022, 1, 1), 20_000, secured_party="丁租赁", expires_on=date(2025, 1, 20)),
        entry("m5", "finance_lease", date(2020, 1, 1), 70_000, expires_on=date(2025, 1, 19)),  # ended yesterday
        entry("m6", "chattel", date(2024, 12, 1), 60_000, cancelled_on=date(2025, 1, 2)),
        entry("m7", "chattel", date(2024, 12, 1), 60_000, role="secured"),
    ],
    "registered_vehicle": [
        {"number": "苏A1", "stated_on": SEEN, "kind": "vehicle", "value_fen": 8_000_000},
        {"number": "苏A2", "stated_on": SEEN, "kind": "vehicle", "value_fen": 12_000_000},
    ],
}

EXPECTED = {
    "owner_prop_local_flag": 1,
    "owner_prop_cnt": 2,
    "owner_prop_net_value": 500_000,
    "firm_prop_value": 3_000_000,
    "firm_prop_mortgaged_ratio": 0.5,
    "prop_sealed_flag": 1,
    "premises_owned_flag": 0,
    "lease_months_left": 11,
    "land_right_months_left": 299,  # 19 January 2050 is a day short of 25 years
    "movable_reg_active_cnt": 4,  # m1 to m4
    "movable_reg_secured_amt": 200_000,
    "floating_charge_flag": 1,
    "ar_assign_reg_active_amt": 80_000,
    "ar_assign_reg_dup_flag": 1,  # m2 and m3 name one receivable
    "finance_lease_active_amt": 20_000,
    "factoring_active_flag": 1,
    "reg_secured_party_cnt": 3,
    "reg_new_6m_cnt": 3,  # m1, m3, m6; m2 is a day too old
    "vehicle_ship_value": 200_000,
}


def test_every_variable_is_as_worked_out():
    frames = frames_of(ROWS)
    # The newest look at title 4 stands: it was known after the older one.
    assert_worked("property", frames, EXPECTED)


def test_the_register_of_movables_counts_only_when_it_was_searched():
    titles = values_of("property", frames_of({"property_title": ROWS["property_title"]}))
    assert (titles["movable_reg_active_cnt"], titles["ar_assign_reg_dup_flag"], titles["vehicle_ship_value"]) == (None, None, None)
    searched = values_of("property", frames_of({"registry_search": [{"searched_on": SEEN, "found": 0}]}))
    assert (searched["movable_reg_active_cnt"], searched["ar_assign_reg_dup_flag"]) == (0, 0)
    assert (searched["owner_prop_cnt"], searched["firm_prop_value"], searched["premises_owned_flag"]) == (None, None, None)


def test_premises_of_the_controller_are_owned():
    own = [title("1", "controller", "commercial", 1, premises=True)]
    found = values_of("property", frames_of({"property_title": own}))
    assert (found["premises_owned_flag"], found["owner_prop_cnt"], found["owner_prop_local_flag"]) == (1, 0, 0)


def test_an_entry_known_later_changes_nothing():
    later = entry("m9", "floating", date(2025, 1, 18), 1, known_at=at(date(2025, 1, 21)))
    assert_worked("property", frames_of({**ROWS, "movable_registration": [*ROWS["movable_registration"], later]}), EXPECTED)
