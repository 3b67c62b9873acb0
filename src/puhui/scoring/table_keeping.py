"""How long the table of a training is kept. It holds what is known of firms and people, and nobody needs it once the model is settled.

A table is deleted when its days (`training-tables` of the catalogue) have passed since its training ended, or since it came in where
nothing was trained; or at once, by a person. What goes is the content, and the examples shown of each column. What stays is the proof: the
digest of the table, its rows, the columns' names, what the guard found, the models that came of it with their cards, and an entry of the
trail (append-only) that says who deleted it, when and why. While a training waits or runs, its table stays.
Source: Personal Information Protection Law arts. 19 and 47, as for evidence (docs/decisions/0013-deleting-evidence.md).
"""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from puhui.calculations.faults import Fault, check
from puhui.parties.actions import record_audit
from puhui.parties.models import Institution
from puhui.products.parameters import table
from puhui.scoring.models import Training

__all__ = ["DUE", "delete_due", "delete_table", "due", "kept", "kept_until"]

DUE = "its days are over"
AT_WORK = (Training.Status.WAITING, Training.Status.RUNNING)


def kept_until(row: Training) -> dt.date:
    """The last day on which the table of a training is kept."""
    days = table("training-tables", settings.PUHUI_CATALOGUE).row(timezone.localdate())["keep_days"]
    return timezone.localdate(row.ended_at or row.made_at) + dt.timedelta(days=int(days))


def kept(institution: Institution) -> list[Training]:
    """Trainings whose table is there, the oldest first, without the tables themselves."""
    rows = Training.objects.filter(institution=institution, table_deleted_at=None)
    return list(rows.select_related("made_by", "institution").defer("table").order_by("pk"))


def due(institution: Institution, day: dt.date | None = None) -> list[Training]:
    """Those whose last day is past on a day (today), and on which nothing is at work."""
    day = day or timezone.localdate()
    return [row for row in kept(institution) if row.status not in AT_WORK and kept_until(row) < day]


def delete_due(institution: Institution, actor: str, day: dt.date | None = None) -> list[Training]:
    """Delete every table that is due, each in a transaction of its own. Returns what was deleted, with the proof."""
    return [delete_table(row, actor, DUE) for row in due(institution, day)]


@transaction.atomic
def delete_table(row: Training, actor: str, reason: str) -> Training:
    """Delete the table of a training, for good. FaultsError for one that is at work or deleted already, or without a reason."""
    row = Training.objects.select_for_update(no_key=True, of=("self",)).select_related("institution").defer("table").get(pk=row.pk)
    faults = []
    if row.status in AT_WORK:
        faults.append(Fault("training", row.status, "one at which nothing is at work", "Wait for its end."))
    if row.table_deleted_at is not None:
        faults.append(Fault(f"table of training {row.pk}", "a table that is deleted", "one whose table is kept still"))
    if not reason.strip():
        faults.append(Fault("reason", "nothing", "why, in a sentence"))
    check(faults)
    row.table, row.table_deleted_at = b"", timezone.now()
    row.columns = [{**column, "example": ""} for column in row.columns]
    row.save(update_fields=["table", "table_deleted_at", "columns"])
    detail = {"table": row.table_name, "digest": row.table_digest, "rows": row.rows, "reason": reason.strip()}
    record_audit(row.institution, actor, "model.table_deleted", "training", str(row.pk), detail)
    return row
