"""Identifiers prove themselves by a check character. Vectors: domain/standards.md §1 and §2."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from puhui.parties import identifiers

TODAY = date(2026, 1, 5)
VALID_CODES = ["91110000600037341L", "91330106MA0000015K", "92330106MA0000023B", "93341204MA0000031U", "915001030000000433"]


@pytest.mark.parametrize("code", VALID_CODES)
def test_valid_codes_have_no_fault(code: str) -> None:
    assert identifiers.uscc_faults(code) == []


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("91330106MA0000015L", "K"),  # last character changed
        ("9133O106MA0000015K", "digits and capital letters without I, O, S, V, Z"),
        ("91330106MA000001K", "18 characters"),
        ("330106000012345", "the 18-character unified code"),  # registration number of the old kind
        ("91330106ma0000015k", "digits and capital letters without I, O, S, V, Z"),  # not normalised
        ("", "18 characters"),
    ],
)
def test_a_wrong_code_says_what_was_expected(code: str, expected: str) -> None:
    (fault,) = identifiers.uscc_faults(code)
    assert fault.expected == expected


def test_normalising_mends_what_people_type() -> None:
    assert identifiers.normalise(" 91330106ma0000015k ") == "91330106MA0000015K"
    assert identifiers.normalise("９１３３0106-MA00-00015K") == "91330106MA0000015K"
    assert identifiers.normalise_phone("+86 138 0013 8000") == "13800138000"


@given(st.sampled_from(VALID_CODES), st.integers(0, 17), st.sampled_from("0123456789ABCDEFGHJKLMNPQRTUWXY"))
def test_any_single_slip_in_a_code_is_found(code: str, place: int, character: str) -> None:
    slip = code[:place] + character + code[place + 1 :]
    assert bool(identifiers.uscc_faults(slip)) == (slip != code)


def test_the_inner_check_warns_and_refuses_nothing() -> None:
    assert identifiers.uscc_warnings("91110000600037341L") == []
    first = "91110000600037342"  # organisation check 1 would be right
    code = first + identifiers.code_check_character(first)
    assert identifiers.uscc_faults(code) == []
    (warning,) = identifiers.uscc_warnings(code)
    assert (warning.found, warning.expected) == ("organisation check character 2", "1")


def test_an_individual_business_is_told_by_its_code() -> None:
    assert identifiers.is_individual_business("92330106MA0000023B")
    assert not identifiers.is_individual_business("91330106MA0000015K")


@pytest.mark.parametrize("number", ["360426199101010071", "11010519491231002X", "330106199003071236", "330106200802290043"])
def test_valid_identity_numbers_have_no_fault(number: str) -> None:
    assert identifiers.identity_number_faults(number, TODAY) == []


@pytest.mark.parametrize(
    ("number", "found"),
    [
        ("330106199003071237", "check character 7"),
        ("33010619900307123x", "18 characters"),  # not normalised
        ("330106900307123", "15 digits"),
        ("330106200702290041", "a birth date that does not exist"),
        ("330106203002280040", "a birth date that is not in the past"),
        ("33010619900307123", "17 characters"),
    ],
)
def test_a_wrong_identity_number_says_what_was_found(number: str, found: str) -> None:
    assert found in [fault.found for fault in identifiers.identity_number_faults(number, TODAY)]


@given(st.integers(0, 16), st.integers(0, 9))
def test_faults_never_repeat_the_number(place: int, digit: int) -> None:
    number = "330106199003071236"
    slip = number[:place] + str(digit) + number[place + 1 :]
    faults = identifiers.identity_number_faults(slip, TODAY)
    assert bool(faults) == (slip != number)
    assert not any(slip in str(fault) for fault in faults)


def test_masks_show_what_a_page_may_show() -> None:
    assert identifiers.mask_identity_number("330106199003071236") == "330106********1236"
    assert identifiers.mask_phone("13800138000") == "138****8000"
    assert identifiers.birth_date("330106200802290043") == date(2008, 2, 29)
    assert [bool(identifiers.phone_faults(phone)) for phone in ("13800138000", "12800138000", "1380013800")] == [False, True, True]
