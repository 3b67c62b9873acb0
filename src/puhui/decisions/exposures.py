"""Exposure: what a decision has promised and what is drawn on it, so that two decisions never spend the same limit.

Reserved when a decision says yes, moved to outstanding when money goes out, down again as principal comes back, and released when an
offer is declined or expires. The firm's row is locked while a decision reads and reserves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import F, Sum
from django.utils import timezone

from puhui.calculations.faults import Fault, FaultsError
from puhui.decisions.models import Decision, Exposure
from puhui.parties.models import Firm
from puhui.parties.statements import Statement, columns, instances, together

_MOVE = """
    UPDATE decisions_exposure AS exposure
       SET reserved_fen = exposure.reserved_fen - moved.drawn_fen,
           outstanding_fen = exposure.outstanding_fen + moved.difference_fen,
           updated_at = %s
      FROM (SELECT decision_id, sum(drawn_fen)::bigint AS drawn_fen, sum(difference_fen)::bigint AS difference_fen
              FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS move(decision_id, drawn_fen, difference_fen)
             GROUP BY decision_id) AS moved
     WHERE exposure.decision_id = moved.decision_id
"""


def lock_firms(firm_ids: Iterable[int]) -> dict[int, Firm]:
    """The firms by id, locked in the order of their ids until the transaction ends; references to them stay possible."""
    (rows,) = together(locking(firm_ids))
    return locked_rows(rows)


def locking(firm_ids: Iterable[int]) -> Statement:
    """The statement of `lock_firms`, to travel with others; `locked_rows` reads its answer."""
    return f"SELECT {columns(Firm)} FROM parties_firm WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [sorted(set(firm_ids))]


def locked_rows(rows: Iterable[Sequence[Any]]) -> dict[int, Firm]:
    """The firms that `locking` locked, by id."""
    return {firm.pk: firm for firm in instances(Firm, rows)}


def exposure_of_firms(firm_ids: Iterable[int]) -> dict[int, dict[str, int]]:
    """Firm → `reserved_fen` and `outstanding_fen` over all its decisions; firms without any are there with 0."""
    found = {firm_id: {"reserved_fen": 0, "outstanding_fen": 0} for firm_id in firm_ids}
    sums = Exposure.objects.filter(firm_id__in=list(found)).values("firm_id")
    for row in sums.annotate(reserved=Sum("reserved_fen"), outstanding=Sum("outstanding_fen")):
        found[row["firm_id"]] = {"reserved_fen": int(row["reserved"]), "outstanding_fen": int(row["outstanding"])}
    return found


def bound_fen(firm_id: int, days: Iterable[date]) -> dict[date, int]:
    """Day → what is promised or owed now of what was decided on by then: what somebody who left a household on that day owes with it."""
    live = Exposure.objects.filter(firm_id=firm_id).annotate(fen=F("reserved_fen") + F("outstanding_fen")).filter(fen__gt=0)
    rows = list(live.values_list("decision__business_date", "fen"))
    return {day: sum(fen for decided_on, fen in rows if decided_on <= day) for day in days}


def reserve(decision: Decision, amount_fen: int) -> Exposure:
    """Promise an amount on a decision, inside the transaction that holds the firm's lock."""
    return Exposure.objects.create(
        institution_id=decision.institution_id, firm_id=decision.firm_id, decision=decision, reserved_fen=amount_fen
    )


def move_exposures(moves: Sequence[tuple[int, int, int]]) -> None:
    """(decision id, drawn, difference of the outstanding principal), in fen. One statement for all.

    What is drawn is taken from what is reserved. A repayment draws nothing and lowers what is outstanding; its reversal raises it.

    Raises:
        FaultsError: a decision has no exposure. A draw above what is reserved is refused by the table's own constraint.
    """
    if not moves:
        return
    decisions = {decision_id for decision_id, *_ in moves}
    with connection.cursor() as cursor:
        cursor.execute(_MOVE, [timezone.now(), *map(list, zip(*moves, strict=True))])
        if cursor.rowcount != len(decisions):
            raise FaultsError([Fault("exposures", f"{cursor.rowcount} of {len(decisions)} decisions", "an exposure of each")])


def draw_exposure(decision: Decision, amount_fen: int) -> None:
    """Move an amount from reserved to outstanding."""
    move_exposures([(decision.pk, amount_fen, amount_fen)])


def repay_exposure(decision: Decision, amount_fen: int) -> None:
    """Take principal that came back out of what is outstanding."""
    move_exposures([(decision.pk, 0, -amount_fen)])


def release_exposure(decision: Decision) -> None:
    """Give back what is reserved and will not be drawn."""
    release_exposures([decision.pk])


def release_exposures(decision_ids: Iterable[int]) -> None:
    rows = Exposure.objects.filter(decision_id__in=list(decision_ids))
    rows.update(reserved_fen=F("reserved_fen") * 0, updated_at=timezone.now())
