"""Tables to train on are deleted when their days are over, never while something is at work, and the proof stays."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest
from django.utils import timezone

from puhui.calculations.faults import FaultsError

TODAY = dt.date(2026, 3, 2)


@pytest.fixture(name="row")
def row_fixture(rolled_back_database: Any) -> Any:
    """A table that came in yesterday, with nothing trained on it."""
    from puhui.parties import actions
    from puhui.scoring import trainings

    institution = actions.create_institution("B01", "云溪县农村商业银行", "bank", TODAY)
    user = actions.create_user(institution, "risk", "puhui-demo", "risk_manager")
    return trainings.begin(user, pl.DataFrame({"firm": ["甲", "乙"], "defaulted": [0, 1]}), "cases.csv", {})


def until(row: Any) -> dt.date:
    from puhui.scoring.table_keeping import kept_until

    return kept_until(row)


def test_a_table_is_kept_for_its_days_and_then_deleted_with_proof(row: Any) -> None:
    from puhui.parties.models import AuditRecord
    from puhui.scoring import table_keeping, trainings

    assert until(row) == timezone.localdate(row.made_at) + dt.timedelta(days=180)
    assert table_keeping.due(row.institution, until(row)) == []  # the last day counts
    assert [each.pk for each in table_keeping.delete_due(row.institution, "night", until(row) + dt.timedelta(days=1))] == [row.pk]
    row.refresh_from_db()
    assert bytes(row.table) == b"" and row.table_deleted_at is not None
    assert (row.rows, len(row.table_digest)) == (2, 64)
    assert [(each["name"], each["example"]) for each in row.columns] == [("firm", ""), ("defaulted", "")]
    proof = AuditRecord.objects.get(act="model.table_deleted")
    assert (proof.actor, proof.subject_id) == ("night", str(row.pk))
    assert proof.detail == {"table": "cases.csv", "digest": row.table_digest, "rows": 2, "reason": "its days are over"}
    assert table_keeping.delete_due(row.institution, "night", until(row) + dt.timedelta(days=1)) == []
    for act in (
        lambda: trainings.table_of(row),
        lambda: trainings.look(row, {"target": "defaulted"}),
        lambda: trainings.ask(row, row.made_by),
    ):
        with pytest.raises(FaultsError, match="a table that is deleted"):
            act()


def test_the_days_run_from_the_end_of_the_training_and_nothing_goes_while_one_is_at_work(row: Any) -> None:
    from puhui.scoring import table_keeping
    from puhui.scoring.models import Training

    later = timezone.now() + dt.timedelta(days=100)
    row.ended_at = later
    assert until(row) == timezone.localdate(later) + dt.timedelta(days=180)
    Training.objects.filter(pk=row.pk).update(status="running")
    assert table_keeping.delete_due(row.institution, "night", dt.date(2099, 1, 1)) == []
    with pytest.raises(FaultsError) as refused:
        table_keeping.delete_table(row, "risk", " ")
    assert [fault.where for fault in refused.value.faults] == ["training", "reason"]


def test_an_institution_may_keep_them_for_another_time(row: Any, monkeypatch: Any, tmp_path: Any) -> None:
    from django.conf import settings

    from puhui.products.documents import CATALOGUE

    file = "training-tables.toml"
    (tmp_path / "parameters").mkdir()
    text = (CATALOGUE / "parameters" / file).read_text(encoding="utf-8").replace("keep_days = 180", "keep_days = 30")
    (tmp_path / "parameters" / file).write_text(text, encoding="utf-8")
    monkeypatch.setattr(settings, "PUHUI_CATALOGUE", tmp_path)
    assert until(row) == timezone.localdate(row.made_at) + dt.timedelta(days=30)


def test_the_process_that_trains_deletes_first_what_is_due(row: Any) -> None:
    from puhui.scoring import training_process
    from puhui.scoring.models import Training

    Training.objects.filter(pk=row.pk).update(made_at=timezone.now() - dt.timedelta(days=181))
    assert training_process.work() == 0
    row.refresh_from_db()
    assert row.table_deleted_at is not None
