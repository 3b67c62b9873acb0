"""Up to when a source has told everything about a firm: what an incremental pull asks after.

Nothing is kept for it beside the rows. The row of that source known last says how far it reached, but never later than the moment at which
it arrived: a business day that runs ahead of the clock must not make the next pull miss what the source told in between. Where all rows
of a firm have been deleted nothing is reached, and all is asked for again.
"""

from __future__ import annotations

import datetime as dt

from django.db import connection

from puhui.evidence.models import BatchFirm
from puhui.parties.models import Firm

INVOICES = "SELECT max(known_at) FROM evidence_invoice WHERE firm_id = %(firm)s AND batch_id = ANY(%(batches)s)"
RECORDS = "SELECT max(known_at) FROM evidence_record WHERE firm_id = %(firm)s AND record = %(record)s AND batch_id = ANY(%(batches)s)"
SERIES = """SELECT max(moment) FROM evidence_seriesmonth, unnest(known_at) AS moment
    WHERE firm_id = %(firm)s AND record = %(record)s AND batch_id = ANY(%(batches)s)"""


def reached(firm: Firm, record: str, source: str, *, series: bool = False) -> dt.datetime | None:
    """The moment up to which `source` has told about a firm's records of one kind; None where nothing of it is here."""
    rows = BatchFirm.objects.filter(firm=firm, record=record, batch__source=source, batch__institution=firm.institution_id)
    arrived = dict(rows.values_list("batch_id", "batch__received_at"))
    if not arrived:
        return None
    sql = INVOICES if record == "invoice" else SERIES if series else RECORDS
    with connection.cursor() as cursor:
        cursor.execute(sql, {"firm": firm.pk, "record": record, "batches": list(arrived)})
        known: dt.datetime | None = cursor.fetchone()[0]
    return min(known, max(arrived.values())) if known else None
