"""What payments write into the books. Money at an outside bank is `own_cash`; what was received and belongs to nobody yet is `suspense`;
dues that a bank has debited and not paid over are in `payment_clearing`; payments ordered and not ended are memo entries.

`settlement` is the borrower's side of every act on a loan. Where it is the same account as `own_cash` (a micro-lender keeps its money at
a bank) a move between the two is none and is not posted.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from puhui.books.actions import post
from puhui.books.chart import chart
from puhui.parties.models import Institution

RESERVED = ("memo_pending", "memo_counterpart")


def move(institution: Institution, act: str, on: date, transfers: Sequence[tuple[str, str, int]], reference: str, actor: str) -> int | None:
    """One entry of transfers (debit, credit, fen) by role, effective on `on` or on the open day where that is earlier.

    Returns its id; None where nothing moves.
    """
    roles = chart(institution.kind, institution.business_date).roles
    moved = [each for each in transfers if each[2] and roles.get(each[0], each[0]) != roles.get(each[1], each[1])]
    if not moved:
        return None
    day = min(on, institution.business_date)
    entry_id: int = post(institution, act, day, moved, reference=reference, recorded_by=actor).pk
    return entry_id


def reserve(institution: Institution, amount_fen: int, reference: str, actor: str) -> None:
    """A payment is ordered: a memo entry until it has ended."""
    move(institution, "payment_ordered", institution.business_date, [(*RESERVED, amount_fen)], reference, actor)


def release(institution: Institution, amount_fen: int, reference: str, actor: str) -> None:
    """A payment has ended, one way or the other: the memo entry is gone."""
    debit, credit = RESERVED
    move(institution, "payment_ended", institution.business_date, [(credit, debit, amount_fen)], reference, actor)
