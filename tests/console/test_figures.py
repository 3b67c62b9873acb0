"""How figures are written: the same digits in every language."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.utils.translation import override

from puhui.console.forms import amount_fen
from puhui.console.templatetags import drawing, figures


@pytest.mark.parametrize(
    ("amount_fen", "unit", "shown"),
    [
        (123456, "yuan", "1,234.56"),
        (-123456, "yuan", "−1,234.56"),
        (0, "yuan", "0.00"),
        (-0, "yuan0", "0"),
        (-49, "yuan0", "0"),  # a rounded nought has no sign
        (50, "yuan0", "1"),
        (None, "yuan", "–"),
        (1234567890, "wan", "1,234.57"),
        (123456789012345, "yi", "12,345.68"),
    ],
)
def test_money(amount_fen: int | None, unit: str, shown: str) -> None:
    assert figures.money(amount_fen, unit) == shown


@pytest.mark.parametrize(
    ("largest_yuan", "unit"), [(0, "yuan0"), (9_999_999, "yuan0"), (10_000_000, "wan"), (999_999_999, "wan"), (1_000_000_000, "yi")]
)
def test_one_unit_for_a_table(largest_yuan: int, unit: str) -> None:
    assert figures.choose_unit([None, 5, -largest_yuan * 100]) == unit


@pytest.mark.parametrize(
    ("rate_ppm", "shown"), [(38500, "3.85%"), (100, "0.01%"), (1_234_567, "123.46%"), (-5000, "−0.50%"), (None, "–"), (45, "0.00%")]
)
def test_rate(rate_ppm: int | None, shown: str) -> None:
    assert figures.rate(rate_ppm) == shown


def test_share_and_number() -> None:
    assert figures.share(0.4213) == "42.1%"
    assert figures.number(1234567) == "1,234,567"
    assert figures.number(Decimal("0.8765"), 3) == "0.877"
    assert figures.number(float("nan")) == "–"


@pytest.mark.parametrize(
    ("language", "shown"), [("en", "2026-03-21 Saturday"), ("zh-hans", "2026-03-21 星期六"), ("zh-hant", "2026-03-21 星期六")]
)
def test_weekday(language: str, shown: str) -> None:
    from puhui.site import translations

    translations.compile_stale()
    with override(language):
        assert figures.weekday(date(2026, 3, 21)) == shown


@pytest.mark.parametrize(
    ("typed", "fen"),
    [("300,000", 30_000_000), ("３０００.５０", 300_050), ("30万", 30_000_000), ("1.5萬", 1_500_000), (" 12 元", 1_200), ("0.01", 1)],
)
def test_amount_as_typed(typed: str, fen: int) -> None:
    assert amount_fen(typed) == fen


@pytest.mark.parametrize("typed", ["", "abc", "0", "-5", "1.234", "1e5000", "NaN", "inf", "1,0万万", "999999999999999"])
def test_no_amount(typed: str) -> None:
    from puhui.calculations.faults import FaultsError

    with pytest.raises(FaultsError) as raised:
        amount_fen(typed)
    assert raised.value.faults[0].remedy


def test_a_spark_stays_inside_its_box_and_breaks_at_gaps() -> None:
    drawn = drawing.spark([1, None, 3, -2], "sales")
    assert drawn.count("M") == 2
    path = drawn.split(' d="')[1].split('"')[0]
    places = [float(word.lstrip("ML")) for word in path.split()]
    assert all(0 <= x <= 92 for x in places[0::2])
    assert all(0 <= y <= 28 for y in places[1::2])
    assert drawing.spark([5]) == ""


def test_a_bar_beyond_the_scale_shows_a_gap() -> None:
    assert "bar-break" in drawing.bar(200, 100)
    assert "bar-break" not in drawing.bar(100, 100)
    assert 'width="50.00"' in drawing.bar(50, 100)


def test_a_remark_stands_in_the_brackets_of_the_language() -> None:
    from puhui.console.templatetags.figures import bracketed

    with override("en"):
        assert bracketed("yuan") == "(yuan)"
    with override("zh-hant"):
        assert bracketed("元") == "（元）"


def test_somebody_is_told_by_name_else_by_account() -> None:
    from puhui.console.templatetags.figures import person
    from puhui.parties.models import User

    assert person(User(username="officer", first_name="", last_name="")) == "officer"
    assert person(User(username="officer", first_name="林晓")) == "林晓" and person(None) == "–"
