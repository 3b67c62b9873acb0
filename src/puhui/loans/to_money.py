"""How long it took from an application to its first payout: added up by the database, however many loans there are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import connection

from puhui.parties.models import Institution

__all__ = ["NOTHING_PAID", "ToMoney", "Way", "hours_to_money"]

Way = tuple[str | None, str | None]
"""Product and channel; None and None: all together."""


@dataclass(frozen=True)
class ToMoney:
    """Contracts that were paid out, and within how many hours of the application half of them and nine of ten were."""

    payouts: int
    median_hours: float | None
    ninetieth_hours: float | None


NOTHING_PAID = ToMoney(0, None, None)
_HOURS = """
    WITH paid AS (
        SELECT contract_id, min(opened_at) AS opened_at
          FROM loans_loan WHERE institution_id = %(institution)s AND start <= %(until)s GROUP BY contract_id
    ), way AS (
        SELECT application.product_code, application.channel,
               extract(epoch FROM paid.opened_at - application.submitted_at)::float8 / 3600 AS hours
          FROM paid
          JOIN loans_contract AS contract ON contract.id = paid.contract_id
          JOIN decisions_decision AS decision ON decision.id = contract.decision_id
          JOIN decisions_application AS application ON application.id = decision.application_id
    )
    SELECT product_code, channel, count(*),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY hours), percentile_cont(0.9) WITHIN GROUP (ORDER BY hours)
      FROM way
     GROUP BY GROUPING SETS ((product_code, channel), ())
"""


def hours_to_money(institution: Institution, until: date) -> dict[Way, ToMoney]:
    """By product and channel of the application, and all together."""
    with connection.cursor() as cursor:
        cursor.execute(_HOURS, {"institution": institution.pk, "until": until})
        return {(product, channel): ToMoney(*figures) for product, channel, *figures in cursor.fetchall()}
