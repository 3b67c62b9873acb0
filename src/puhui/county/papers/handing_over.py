"""The county's papers given to the lender, record by record, through the platform's public way in."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import polars as pl

from puhui.county import files
from puhui.county.beside import Task, two_at_once
from puhui.county.economy import Economy
from puhui.county.papers.writing import write_papers
from puhui.county.plan import Teller
from puhui.evidence.actions import import_invoices, import_records
from puhui.evidence.layouts import layout
from puhui.parties.models import Institution

FACTS = ("paid_on", "filed_on", "cleared_on")
"""Days on which something was done: one that lies ahead has not been done yet. Other days (due, expiry) may lie ahead."""
STANDING = ("registration", "shareholding", "key_person")
"""What a register tells of a firm whenever it is asked: at each handing over as of the end of the month before."""


def known_by(frames: Mapping[str, pl.DataFrame], today: date) -> dict[str, pl.DataFrame]:
    """The papers as they stood on a day: without what was true later, and without what had not been done by then."""
    known = {}
    for record, frame in frames.items():
        if frame.is_empty():
            continue
        done = [name for name in FACTS if name in frame.columns]
        past = frame.with_columns(pl.when(pl.col(name) <= today).then(pl.col(name)).alias(name) for name in done)
        observed = layout(record).observed
        if record in STANDING:
            month_end = today.replace(day=1) - timedelta(days=1)
            past = past.with_columns(pl.min_horizontal(observed, pl.lit(month_end)).alias(observed))
        known[record] = past.filter(pl.col(observed) <= today)
    return known


def new_by(frames: Mapping[str, pl.DataFrame], since: date, today: date) -> dict[str, pl.DataFrame]:
    """Of the papers as they stand on a day, those that did not stand so on the day `since`: what is new, and what has been done since."""
    before = known_by(frames, since)
    known = known_by(frames, today)
    return {
        record: frame.join(before[record], on=frame.columns, how="anti", nulls_equal=True, maintain_order="left")
        if record in before
        else frame
        for record, frame in known.items()
    }


def hand_over(
    institution: Institution,
    economy: Economy,
    invoices: pl.DataFrame,
    frames: Mapping[str, pl.DataFrame],
    today: date,
    teller: Teller,
    since: date | None = None,
) -> None:
    """Write what was known by `today` as files and import each; with `since`, the day of the last handing over, only what is new.

    Invoices are those of whole months.
    """
    known = known_by(frames, today) if since is None else new_by(frames, since, today)
    months = (today.replace(day=1), date.min if since is None else since.replace(day=1))
    with tempfile.TemporaryDirectory() as folder:
        invoiced = files.write_invoices(economy, invoices, Path(folder) / "invoices", *months)
        paths = write_papers(economy, known, Path(folder))
        with teller("importing invoices and the papers of the other classes", total=len(invoiced) + len(paths)) as stage:

            def take_in(work: Task) -> None:
                work()
                stage.advance()

            tasks = [
                partial(import_invoices, institution, path, files.mapping(direction), actor="officer")
                for path, direction in zip(invoiced, ("out", "in"), strict=True)
            ]
            tasks += [
                partial(import_records, institution, path, layout(record).evidence_class, record, business_date=today, actor="officer")
                for record, path in sorted(paths.items(), key=lambda each: -each[1].stat().st_size)
            ]
            two_at_once(partial(take_in, task) for task in tasks)
