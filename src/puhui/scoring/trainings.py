"""Training asked for by a person at a desk: a table, what to learn from it, a look at it, and then the work, which takes minutes.

Nothing is trained on a table that nobody looked at: `look` deals out the cases and searches for variables that know too much, and what it
found stays with the training. `ask` puts the work in the queue; a process of its own does one training after the other
(`training_process`) and registers what comes of it as candidates. To decide, a candidate must be proposed and agreed to (`promoting`).
"""

from __future__ import annotations

import datetime
import io
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import polars as pl
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from puhui.calculations.faults import Fault, FaultsError, check
from puhui.parties.actions import record_audit
from puhui.parties.models import Institution, User
from puhui.scoring.configuration import Configuration
from puhui.scoring.configuration_file import read_configuration
from puhui.scoring.models import Training

__all__ = ["TABLE_KEYS", "ask", "begin", "columns_of", "look", "read_body", "table_of", "trainings"]

TABLE_KEYS = ("data", "snapshots", "evidence")
"""Keys of a configuration that say where the table is: here it is at hand already."""
MOST_DISTINCT = 1_000


def trainings(institution: Institution) -> QuerySet[Training]:
    """All that were begun, the newest first, without their tables."""
    return Training.objects.filter(institution=institution).select_related("made_by", "asked_by").defer("table").order_by("-pk")


@transaction.atomic
def begin(user: User, frame: pl.DataFrame, table_name: str, body: Mapping[str, Any]) -> Training:
    """Keep a table (one row per case) to train on, with the configuration that is to be filled in. FaultsError for one without rows."""
    assert user.institution is not None
    if frame.is_empty() or not frame.columns:
        raise FaultsError([Fault(table_name, "no rows", "one row per case")])
    table = io.BytesIO()
    frame.write_parquet(table)
    content = table.getvalue()
    row = Training.objects.create(
        institution=user.institution, made_by=user, table_name=table_name[:200], table=content, table_digest=sha256(content).hexdigest(),
        rows=len(frame), columns=columns_of(frame), configuration=_plain({key: body[key] for key in body if key not in TABLE_KEYS}),
    )  # fmt: skip
    _told(row, user, "model.table", {"table": row.table_name, "digest": row.table_digest, "rows": row.rows})
    return row


def columns_of(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """A line a column: name, type in a word, share of known values, how many different ones (up to a thousand), one of them, and why the
    trainer leaves it out by itself (empty where it does not)."""
    from puhui.scoring.adapting import type_word
    from puhui.scoring.population import unusable

    found = []
    for series in frame.iter_columns():
        known = series.drop_nulls()
        flat = not series.dtype.is_nested() and series.dtype != pl.Binary
        distinct = int(known.n_unique()) if flat else len(known)
        example = str(known[0])[:40] if flat and len(known) else ""
        found.append(
            {
                "name": series.name,
                "type": type_word(series.dtype),
                "known": round(len(known) / len(series), 4),
                "distinct": min(distinct, MOST_DISTINCT),
                "example": example,
                "unusable": unusable(series),
            }
        )
    return found


def table_of(row: Training) -> pl.DataFrame:
    """The table. FaultsError when it is deleted, or not what its digest says."""
    if row.table_deleted_at is not None:
        found = "a table that is deleted"
        raise FaultsError([Fault(f"table of training {row.pk}", found, "one whose table is kept still", "upload it again")])
    content = bytes(row.table)
    if (found := sha256(content).hexdigest()) != row.table_digest:
        raise FaultsError([Fault(f"table of training {row.pk}", f"content with digest {found}", row.table_digest, "upload it again")])
    return pl.read_parquet(io.BytesIO(content))


def read_body(body: Mapping[str, Any]) -> Configuration:
    """The configuration of a training. FaultsError names every wrong key."""
    return read_configuration({key: value for key, value in body.items() if key not in TABLE_KEYS})


@transaction.atomic
def look(row: Training, body: Mapping[str, Any]) -> Training:
    """Set what is to be trained, deal out the cases and let the guard search; `row.found` holds it. FaultsError, and nothing is kept.

    Needs seconds: nothing is fitted.
    """
    from puhui.scoring.leakage import suspicions
    from puhui.scoring.population import population_of
    from puhui.scoring.training import catalogue_signs, fits

    row = Training.objects.select_for_update(no_key=True).get(pk=row.pk)
    check(_still_open(row))
    configuration, frame = read_body(body), table_of(row)
    population = population_of(frame, configuration, catalogue_signs())
    events, folds = int(population.target.sum()), configuration.split.folds
    rarer = min(events, len(population.target) - events)
    if rarer < folds:
        found = f"{folds} folds for {rarer} cases of the rarer outcome"
        check([Fault("split.folds", found, f"at most {rarer}", "Use fewer folds, or a table with more defaults.")])
    row.found = {
        "cases": len(population.target),
        "events": events,
        "event_rate": round(float((population.target * population.weight).mean()), 6),
        "refused": len(population.refused),
        "variables": [each.name for each in population.candidates],
        "notes": list(population.notes),
        "suspects": suspicions(population, frame, configuration),
    }
    row.configuration, row.fits = _plain(body), fits(configuration)
    row.save(update_fields=["found", "configuration", "fits"])
    return row


@transaction.atomic
def ask(row: Training, user: User) -> Training:
    """Put it in the queue. FaultsError for one that nobody looked at, or that was asked for already."""
    row = Training.objects.select_for_update(no_key=True).get(pk=row.pk)
    faults = _still_open(row)
    if row.table_deleted_at is not None:
        faults.append(Fault(f"table of training {row.pk}", "a table that is deleted", "one whose table is kept still", "upload it again"))
    if not row.found:
        faults.append(Fault("training", "a table that nobody looked at", "what the guard finds in it", "Look at the cases first."))
    check(faults)
    row.status, row.asked_by, row.asked_at = Training.Status.WAITING, user, timezone.now()
    row.faults, row.fits_done, row.tries = [], 0, 0
    row.save(update_fields=["status", "asked_by", "asked_at", "faults", "fits_done", "tries"])
    detail = {"name": row.name, "table": row.table_digest, "suspects": sorted(row.found["suspects"])}
    _told(row, user, "model.train", detail)
    return row


def _still_open(row: Training) -> list[Fault]:
    """A training that failed may be mended and asked for again."""
    if row.status in (Training.Status.DRAFT, Training.Status.FAILED):
        return []
    return [Fault("training", row.status, "one that was not asked for yet", "Begin another one.")]


def _told(row: Training, user: User, act: str, detail: dict[str, Any]) -> None:
    record_audit(row.institution, user.username, act, "training", str(row.pk), detail)


def _plain(value: Any) -> Any:
    """A TOML document as JSON: days as text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, (datetime.date, datetime.datetime)) else value
