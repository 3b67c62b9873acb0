"""When a receipt is put to a loan without a person, and when it is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from puhui.payments.matching import Candidate, Clue, certain, suggestions

LOAN = Candidate(1, ("DEMO-0001-1", "DEMO-0001"), "青石建材有限公司", ["王小云"], [b"own"], 1_000, 2_000, 90_000)
OTHER = replace(LOAN, loan_id=2, numbers=("DEMO-0002-1", "DEMO-0002"))
STRANGER = Candidate(3, ("DEMO-0003-1",), "石桥机械有限公司", [], [], 1_000, 2_000, 90_000)


@pytest.mark.parametrize(
    ("clue", "candidates", "loan", "grounds"),
    [
        (Clue(777, "还款 demo-0001-1", "青石建材有限公司"), [LOAN, STRANGER], 1, ("number_named", "name_equal")),
        (Clue(777, "ＤＥＭＯ－０００１－１", "青石建材 有限公司"), [LOAN], 1, ("number_named", "name_equal")),
        (Clue(1_000, "还款 DEMO-0001-1", "陌生人"), [LOAN], 1, ("number_named", "amount_due")),
        (Clue(777, "还款 DEMO-0001-1", "陌生人"), [LOAN], None, ()),  # a number alone may be mistyped
        (Clue(777, "还款 DEMO-0001-19", "青石建材有限公司"), [LOAN], None, ()),  # a longer number
        (Clue(1_000, "货款", "青石建材有限公司"), [LOAN, STRANGER], 1, ("name_equal", "amount_due")),
        (Clue(2_000, "", "", b"own"), [LOAN], 1, ("account_known", "amount_next")),
        (Clue(90_000, "", "青石建材有限公司"), [LOAN], 1, ("name_equal", "amount_closes")),
        (Clue(1_000, "", "青石建材有限公司"), [LOAN, OTHER], None, ()),  # two loans fit alike
        (Clue(1_000, "", "王小云"), [LOAN], None, ()),  # a person of the firm, unnamed: somebody looks
        (Clue(90_001, "DEMO-0001-1", "青石建材有限公司"), [LOAN], None, ()),  # more than closes it
        (Clue(777, "DEMO-0001-1 DEMO-0002-1", "青石建材有限公司"), [LOAN, OTHER], None, ()),  # names two
    ],
)
def test_what_is_certain(clue: Clue, candidates: list[Candidate], loan: int | None, grounds: tuple[str, ...]) -> None:
    found = certain(clue, suggestions(clue, candidates))
    assert (found and (found.loan_id, found.grounds)) == (loan and (loan, grounds))


def test_suggestions_tell_why_and_the_best_comes_first() -> None:
    found = suggestions(Clue(1_000, "", "青石建材公司"), [STRANGER, LOAN])
    assert [(each.loan_id, each.score, each.grounds) for each in found] == [(1, 30, ("name_alike", "amount_due")), (3, 20, ("amount_due",))]
