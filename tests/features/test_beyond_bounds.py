"""Bounds of variables: what unit and name say of a number, what a declaration says otherwise, and which values are told."""

from __future__ import annotations

import math

import pytest

from puhui.features.beyond_bounds import beyond_bounds, is_beyond
from puhui.features.registry import catalogue, variable


@pytest.mark.parametrize(
    ("name", "bounds"),
    [
        ("inv_buyer_top1_share", (0, 1)), ("owner_share_hhi", (0, 1)), ("reg_status_normal_flag", (0, 1)), ("branch_cnt", (0, None)),
        ("elec_vs_sales_corr_12m", (-1, 1)), ("public_credit_grade", (1, 4)), ("si_vs_annual_report_gap", (None, None)),
        ("fs_net_margin", (None, None)), ("inv_out_red_rate_12m", (None, None)), ("reg_capital_amt", (None, None)),
        ("tax_credit_grade_change", (None, None)), ("gp_pay_delay_days_avg", (None, None)),
        ("payroll_via_bank_share", (0, None)),
    ],
)  # fmt: skip
def test_what_a_variable_can_be(name: str, bounds: tuple[float | None, float | None]) -> None:
    assert variable(name).bounds == bounds


def test_every_bound_leaves_something() -> None:
    for each in catalogue():
        least, most = each.bounds
        assert least is None or most is None or least < most, each.name


@pytest.mark.parametrize(
    ("value", "bounds", "expected"),
    [
        (1.0, (0, 1), False), (1 + 1e-12, (0, 1), False), (1.01, (0, 1), True), (-0.2, (0, 1), True), (-1.0, (0, None), True),
        (9e9, (0, None), False), (-9e9, (None, None), False), (math.nan, (None, None), True), (math.inf, (None, None), True),
    ],
)  # fmt: skip
def test_what_lies_beyond(value: float, bounds: tuple[float | None, float | None], expected: bool) -> None:
    assert is_beyond(value, bounds) is expected


def test_the_furthest_out_is_named_and_null_is_no_value() -> None:
    found = beyond_bounds([
        (1, {"inv_buyer_top1_share": 1.2, "branch_cnt": 2.0}), (2, {"inv_buyer_top1_share": -0.5, "branch_cnt": -1.0}),
        (3, {"inv_buyer_top1_share": None}), (4, {"inv_buyer_top1_share": 0.4}),
    ])  # fmt: skip
    told = [(each.variable.name, each.firms, each.valued, each.furthest, each.firm_id) for each in found]
    assert told == [("inv_buyer_top1_share", 2, 3, -0.5, 2), ("branch_cnt", 1, 2, -1.0, 2)]
