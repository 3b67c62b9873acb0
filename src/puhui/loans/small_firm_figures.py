"""How bad the loans of small and micro firms are beside all loans: what a supervisor's tolerance for lending to them is measured by.

A loan more than `bad_after_days` past due is non-performing, as in the report of the portfolio; shares are of the principal owed. As of a
past day the loans to which something happened since are replayed, so the figure of that day stays.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.db import connection

from puhui.loans.queries import standings
from puhui.loans.taxing import firm_size
from puhui.parties.models import Firm, Institution

__all__ = ["SmallFirms", "small_firms"]

_SMALL = ("micro", "small")
_UNCHANGED = """
    WITH standing AS (
        SELECT loan.firm_id, loan.overdue_since, loan.lent_fen - loan.principal_repaid_fen - loan.principal_waived_fen AS principal_fen
          FROM loans_loan AS loan
         WHERE loan.institution_id = %(institution)s AND loan.start <= %(day)s AND loan.state_date <= %(day)s)
    SELECT firm.kind, firm.staff_count, left(firm.industry_code, 2), count(*), sum(principal_fen)::bigint,
           coalesce(sum(principal_fen) FILTER (WHERE %(day)s::date - overdue_since > %(bad_after_days)s), 0)::bigint,
           EXISTS (SELECT FROM loans_loan WHERE institution_id = %(institution)s AND start <= %(day)s AND state_date > %(day)s)
      FROM standing JOIN parties_firm AS firm ON firm.id = standing.firm_id
     WHERE principal_fen > 0 GROUP BY 1, 2, 3
"""


@dataclass(frozen=True)
class SmallFirms:
    """Loans that owe principal: how many of small and micro firms, and fen owed and non-performing, of theirs and of all."""

    loans: int
    principal_fen: int
    bad_fen: int
    all_principal_fen: int
    all_bad_fen: int

    @property
    def excess_share(self) -> float | None:
        """Non-performing share of small and micro firms less that of all loans; None where nothing is owed by them."""
        if not self.principal_fen:
            return None
        return self.bad_fen / self.principal_fen - self.all_bad_fen / self.all_principal_fen


def small_firms(institution: Institution, as_of: date, bad_after_days: int) -> SmallFirms:
    """The figures after the day end of `as_of`, as the books of that day knew them."""
    mine, whole = [0, 0, 0], [0, 0, 0]
    for firm, *figures in _rows(institution, as_of, bad_after_days):
        for sums in (whole, mine) if firm_size(firm, as_of) in _SMALL else (whole,):
            for place, figure in enumerate(figures):
                sums[place] += figure
    return SmallFirms(*mine, *whole[1:])


def _rows(institution: Institution, as_of: date, bad_after_days: int) -> Iterator[tuple[Firm, int, int, int]]:
    """(a firm of the size, loans, fen owed, fen non-performing) of each kind of firm and of each loan that changed since."""
    with connection.cursor() as cursor:
        cursor.execute(_UNCHANGED, {"institution": institution.pk, "day": as_of, "bad_after_days": bad_after_days})
        rows = cursor.fetchall()
    for kind, staff_count, division, loans, principal_fen, bad_fen, _ in rows:
        yield Firm(kind=kind, staff_count=staff_count, industry_code=division or ""), loans, principal_fen, bad_fen
    if rows and not rows[0][-1]:
        return  # nothing happened since
    for each in standings(institution, as_of, changed_since=True):
        if each.principal_fen > 0:
            yield each.loan.firm, 1, each.principal_fen, each.principal_fen if each.days_past_due > bad_after_days else 0
