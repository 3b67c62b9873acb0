"""How soon applications were answered, and how many of them without a person: added up by the database, however many there are.

An answer is the engine's, or the last reviewer's where a person had to look; a case that still waits for a person has none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import connection

from puhui.parties.models import Institution

__all__ = ["Speed", "in_all", "speeds"]


@dataclass(frozen=True)
class Speed:
    """Applications of a product and channel (of all where both are None) that the engine decided up to a day.

    `answered` and `approved`: those that have their answer, and those that got an offer; `automated`: those that no person was needed
    for; `median_hours` from submission to the answer, None where there is none.
    """

    product_code: str | None
    channel: str | None
    decisions: int
    answered: int
    approved: int
    automated: int
    median_hours: float | None


_SPEEDS = """
    WITH reviewed AS (
        SELECT decision_id, max(reviewed_at) AS last FROM decisions_review WHERE institution_id = %(institution)s GROUP BY decision_id
    ), offered AS (
        SELECT decision_id, count(*) AS offers FROM decisions_offer WHERE institution_id = %(institution)s GROUP BY decision_id
    ), decided AS (
        SELECT application.product_code, application.channel, decision.outcome <> 'refer' AS is_automated, offered.offers,
               CASE WHEN decision.outcome <> 'refer' OR application.status <> 'referred'
                    THEN extract(epoch FROM coalesce(reviewed.last, decision.decided_at) - application.submitted_at)::float8 / 3600
               END AS hours
          FROM decisions_decision AS decision
          JOIN decisions_application AS application ON application.id = decision.application_id
          LEFT JOIN reviewed ON reviewed.decision_id = decision.id
          LEFT JOIN offered ON offered.decision_id = decision.id
         WHERE decision.institution_id = %(institution)s AND decision.business_date <= %(until)s
           AND application.status <> 'in_parts' -- the parts of a combined application are counted, not the whole
    )
    SELECT product_code, channel, count(*), count(hours), coalesce(sum(offers), 0)::bigint, count(*) FILTER (WHERE is_automated),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY hours)
      FROM decided
     GROUP BY GROUPING SETS ((product_code, channel), ())
     ORDER BY grouping(product_code), product_code, channel
"""


def speeds(institution: Institution, until: date) -> list[Speed]:
    """By product and channel, in their order; all together comes last."""
    with connection.cursor() as cursor:
        cursor.execute(_SPEEDS, {"institution": institution.pk, "until": until})
        return [Speed(*row) for row in cursor.fetchall()]


def in_all(institution: Institution, until: date) -> Speed:
    """All applications together."""
    return speeds(institution, until)[-1]
