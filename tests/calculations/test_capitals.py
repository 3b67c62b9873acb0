"""Amounts in capital letters against the vectors of standards.md §3 and a reader that turns them back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from puhui.calculations.capitals import amount_in_capitals

VECTORS = [
    (107_000_53, "人民币壹拾万零柒仟元伍角叁分"),
    (16_409_02, "人民币壹万陆仟肆佰零玖元零贰分"),
    (325_04, "人民币叁佰贰拾伍元零肆分"),
    (6_000_00, "人民币陆仟元整"),
]


@pytest.mark.parametrize(("amount_fen", "text"), VECTORS)
def test_vectors(amount_fen: int, text: str) -> None:
    assert amount_in_capitals(amount_fen) == text


def read(text: str) -> int:
    """Reads capitals back without any knowledge of how they were written."""
    yuan = section = total = digit = fen = 0
    for character in text.removeprefix("人民币").removesuffix("整"):
        if character in "零壹贰叁肆伍陆柒捌玖":
            digit = "零壹贰叁肆伍陆柒捌玖".index(character)
        elif character in "拾佰仟":
            section += digit * 10 ** ("拾佰仟".index(character) + 1)
            digit = 0
        elif character == "万":
            section = (section + digit) * 10_000
            total += section
            section = digit = 0
        elif character == "亿":
            total = (total + section + digit) * 100_000_000
            section = digit = 0
        elif character == "元":
            yuan = total + section + digit
            digit = 0
        elif character == "角":
            fen += digit * 10
            digit = 0
        elif character == "分":
            fen += digit
    return yuan * 100 + fen


@given(st.integers(0, 10**14))
def test_reads_back(amount_fen: int) -> None:
    assert read(amount_in_capitals(amount_fen)) == amount_fen


@pytest.mark.parametrize("amount_fen", [-1, 10**18])
def test_out_of_range(amount_fen: int) -> None:
    with pytest.raises(ValueError, match="no capitals"):
        amount_in_capitals(amount_fen)
