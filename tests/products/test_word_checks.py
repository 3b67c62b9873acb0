"""A condition that changes and words that stay are told; words that follow, and conditions that stay, are not."""

from __future__ import annotations

from datetime import date

import pytest

from puhui.decisions.product_check import check_text
from puhui.products.documents import CATALOGUE

DAY = date(2026, 3, 2)
TEXT = (CATALOGUE / "products" / "invoice-working-capital-2020-01-01.toml").read_text(encoding="utf-8")
TWELVE = TEXT.replace("inv_out_active_months_12m >= 9", "inv_out_active_months_12m >= 12")
NAMED = TWELVE.replace("Sales in nine or more of", "Sales in each of")
BOTH = NAMED.replace("Sales in fewer than nine of", "No sales in some of")


@pytest.mark.parametrize(("text", "places"), [(TWELVE, ["names", "against"]), (NAMED, ["against"]), (BOTH, []), (TEXT, [])])
def test_words_that_stay_behind_are_told(text: str, places: list[str]) -> None:
    told = [one for one in check_text(text, DAY, None).remarks if one.found.startswith("the same words")]
    assert [one.where.rsplit(".", 1)[-1] for one in told] == places
    assert all("12m >= 12 instead of inv_out_active_months_12m >= 9" in one.found for one in told)
