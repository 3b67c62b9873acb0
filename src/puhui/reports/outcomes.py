"""What came of decisions on which money went out: a default is more than 90 days past due, or written off."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from puhui.loans.models import Contract
from puhui.loans.queries import standings
from puhui.parties.models import Institution

__all__ = ["DEFAULT_DAYS", "outcomes"]

DEFAULT_DAYS = 90


def outcomes(institution: Institution, as_of: date) -> Iterator[tuple[int, date, bool]]:
    """Decision, first day, and whether it has defaulted by `as_of`, of each loan; a decision comes once for each of its loans."""
    decision_of = dict(Contract.objects.filter(institution=institution).values_list("pk", "decision_id"))
    for each in standings(institution, as_of):
        yield decision_of[each.loan.contract_id], each.loan.start, each.days_past_due > DEFAULT_DAYS or each.loan.status == "written_off"
