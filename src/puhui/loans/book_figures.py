"""What the whole book comes to after the day end of a past day, by product, class and days past due.

The database adds up the loans to which nothing happened since; only those that changed are replayed from the events known by then. So the
figures of the last ended day cost one pass over the table, however large it is, and those of a past day do not change afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from importlib.resources import files
from typing import Any

from django.db import connection

from puhui.calculations.expected_loss import expected_loss
from puhui.loans.queries import Standing, standings
from puhui.parties.models import Institution

__all__ = ["Book", "Group", "book"]

_CERTAIN_PPM = 1_000_000


@dataclass(frozen=True)
class Group:
    """Loans of a product and class that are as many days past due, closed ones included. Amounts in fen, since they were drawn."""

    product_code: str
    risk_class: str
    days_past_due: int
    loans: int  # that owe principal
    principal_fen: int
    expected_loss_fen: int  # within a year
    rate_weight: int  # sum of principal in fen × rate in ppm
    lent_fen: int
    repaid_fen: int
    interest_earned_fen: int
    penalty_earned_fen: int


@dataclass(frozen=True)
class Book:
    """A combination of product, class and days past due may come in more than one group. `firms`: how many owe principal."""

    groups: list[Group]
    firms: int


def book(institution: Institution, as_of: date, loss_given_default_ppm: int, defaulted_after_days: int) -> Book:
    """All loans drawn by `as_of`, as the books of that day knew them.

    The probability of default is that of the decision; a loan more than `defaulted_after_days` past due has defaulted.
    """
    changed = list(standings(institution, as_of, changed_since=True))
    values: dict[str, Any] = {
        "institution": institution.pk, "day": as_of, "loss_given_default_ppm": loss_given_default_ppm,
        "defaulted_after_days": defaulted_after_days, "firms": sorted({each.loan.firm_id for each in changed if each.principal_fen > 0}),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(files("puhui.loans").joinpath("sql/book_groups.sql").read_text(encoding="utf-8"), values)
        unchanged = [_group(*row) for row in cursor.fetchall()]
        cursor.execute(_FIRMS, values)
        firms = cursor.fetchone()[0]
    return Book(unchanged + [_alone(each, loss_given_default_ppm, defaulted_after_days) for each in changed], firms)


def _group(product_code: str, risk_class: str, days_past_due: int, *figures: int | Decimal) -> Group:
    return Group(product_code, risk_class, days_past_due, *map(int, figures))


def _alone(each: Standing, loss_given_default_ppm: int, defaulted_after_days: int) -> Group:
    probability_ppm = _CERTAIN_PPM if each.days_past_due > defaulted_after_days else each.loan.probability_ppm
    principal_fen, counters = each.principal_fen, each.counters
    return Group(
        each.loan.product_code, each.loan.risk_class, each.days_past_due, int(principal_fen > 0), principal_fen,
        expected_loss(principal_fen, probability_ppm, loss_given_default_ppm), principal_fen * each.loan.rate_ppm,
        counters.lent, counters.principal_repaid, counters.interest_earned, counters.penalty_earned,
    )  # fmt: skip


_FIRMS = """
    SELECT count(*) FROM (
        SELECT firm_id FROM loans_loan
         WHERE institution_id = %(institution)s AND start <= %(day)s AND state_date <= %(day)s
           AND lent_fen > principal_repaid_fen + principal_waived_fen
         UNION SELECT unnest(%(firms)s::bigint[])) AS firm
"""
