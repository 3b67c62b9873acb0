"""A line that is drawn once, whole, on its first day is a loan: pooled one of interest alone, with dues of its own any."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import event, given
from tests.examples import examples
from tests.oracle.habits import chinese_lives

from puhui.calculations.faults import FaultsError
from puhui.calculations.quote import answer


def answered(document: dict[str, Any]) -> dict[str, Any] | None:
    """The answer without what only a line or only a loan tells; None where it is refused."""
    try:
        found = answer(document)
    except FaultsError:
        return None
    for row in found["instalments"]:
        row.pop("drawdown", None)
    return {key: found[key] for key in ("instalments", "totals", "state")}


@examples(80)
@given(chinese_lives())
def test_a_line_drawn_once_is_a_loan(document: dict[str, Any]) -> None:
    document = {**document, "events": [each for each in document["events"] if each["type"] != "reschedule"]}
    loan = answered(document)
    if loan is None:
        event("refused")
        return
    last = date.fromisoformat(max(row["due"] for row in loan["instalments"]))
    until, pooled = document.get("maturity"), document["method"] in ("interest_only", "bullet")
    end = until or (last if pooled else last + timedelta(days=400)).isoformat()
    for dues in ("pooled", "own") if pooled else ("own",):
        line = answered(document | {"line": {"limit": document["amount"], "until": end, "dues": dues}})
        event(f"{dues}: {'refused' if line is None else 'the same'}")
        assert line is None or line == loan
