"""A decision replays to the same answer, and every tampering with what it rests on, or with what it says, is named."""

from __future__ import annotations

import json
import shutil

import pytest
from django.conf import settings

from puhui.decisions import actions
from puhui.decisions.models import Decision
from puhui.products.documents import CATALOGUE, digest_of


@pytest.fixture
def decided(bank):
    """An approval, a referral and a refusal."""
    firms = [bank.firm("One"), bank.firm("Two", inv_out_gap_days_max_12m=100), bank.firm("Three", inv_out_active_months_12m=2)]
    batch = actions.decide_many(bank.institution, [bank.apply(firm) for firm in firms], "system")
    assert [one.outcome for one in batch.decided] == ["approve", "refer", "refuse"]
    return batch.decided


def test_same_answer(bank, decided):
    assert actions.replay_all(bank.institution) == []
    assert actions.replay(Decision.objects.get(pk=decided[0].pk)) == []


def test_same_answer_after_the_catalogue_moved_on(bank, decided, tmp_path, monkeypatch):
    """A dearer price list and another product text for later decisions leave the earlier ones as they were."""
    shutil.copytree(CATALOGUE / "products", tmp_path / "products")
    shutil.copytree(CATALOGUE / "parameters", tmp_path / "parameters")
    for path in (tmp_path / "parameters" / "lending-costs.toml", tmp_path / "products" / "invoice-working-capital-2020-01-01.toml"):
        text = path.read_text(encoding="utf-8")
        changed = text.replace("funding = 0.020", "funding = 0.060").replace("maximum = 1_000_000", "maximum = 100_000")
        assert changed != text
        path.write_text(changed, encoding="utf-8")
    monkeypatch.setattr(settings, "PUHUI_CATALOGUE", tmp_path)
    later = actions.decide(bank.apply(bank.firm("Later")), "system")
    assert later.limit_fen == 10_000_000
    assert later.record["stages"]["price"]["floor_ppm"] == decided[0].record["stages"]["price"]["floor_ppm"] + 40_000
    assert actions.replay_all(bank.institution) == []


def change_record(owner_connection, decision, change) -> None:
    record = json.loads(json.dumps(decision.record))
    change(record)
    owner_connection.execute(
        "UPDATE decisions_decision SET record = %s, digest = %s WHERE id = %s", [json.dumps(record), digest_of(record), decision.pk]
    )


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (lambda record: record["result"].update(amount_fen=99), "record.result.amount_fen"),
        (lambda record: record["facts"]["variables"].update(inv_out_yoy=9.0), "snapshot variable inv_out_yoy"),
        (lambda record: record["facts"]["exposure"].update(reserved_fen=70_000_000), "record.stages.limit.already_owed_fen"),
        (lambda record: record["request"].update(amount_fen=1_000_000), "application amount_fen"),
        (lambda record: record["stages"]["rules"].pop(), "record.stages.rules"),
        (lambda record: record["stages"]["price"].update(floor_ppm=True), "record.stages.price.floor_ppm"),
        (lambda record: record["reasons"][0].update(code="other"), "record.reasons[0].code"),
        (lambda record: record["versions"]["product"].update(digest="0" * 64), "stored product"),
        (lambda record: record.pop("facts"), "record"),
        (lambda record: record.update(more=1), "record.more"),
    ],
)
def test_changed_record_is_found(bank, decided, owner_connection, change, where):
    """Also where the digest was made to fit: the figures are recomputed, not compared with stored ones."""
    change_record(owner_connection, decided[0], change)
    differences = actions.replay_all(bank.institution)
    assert differences
    assert {one.decision_id for one in differences} == {decided[0].pk}
    assert any(one.where.startswith(where) for one in differences), [str(one) for one in differences]


@pytest.mark.parametrize(
    ("statement", "where"),
    [
        ("UPDATE decisions_decision SET amount_fen = amount_fen + 100", "column amount_fen"),
        ("UPDATE decisions_decision SET rate_ppm = 1", "column rate_ppm"),
        ("UPDATE decisions_decision SET digest = repeat('0', 64)", "digest"),
        ("UPDATE decisions_decision SET outcome = 'approve'", "column outcome"),
        ("UPDATE decisions_decision SET business_date = business_date + 1", "column business_date"),
        ("UPDATE features_snapshot SET values = jsonb_set(values, '{inv_out_yoy}', '0.5')", "snapshot variable inv_out_yoy"),
        ("UPDATE scoring_registeredmodel SET body = jsonb_set(body, '{intercept_points}', '551')", "model"),
        (
            "UPDATE products_storeddocument SET body = jsonb_set(body, '{amount,maximum}', '5') WHERE kind = 'product'",
            "stored product invoice-working-capital",
        ),
        (
            "UPDATE products_storeddocument SET body = jsonb_set(body, '{rows,0,funding}', '0.5') WHERE name = 'lending-costs'",
            "stored parameters lending-costs",
        ),
        ("DELETE FROM products_storeddocument WHERE name = 'authority'", "stored parameters"),
        ("UPDATE decisions_application SET amount_fen = amount_fen + 1", "application amount_fen"),
    ],
)
def test_changed_rows_are_found(bank, decided, owner_connection, statement, where):
    owner_connection.execute(statement)
    differences = actions.replay_all(bank.institution)
    assert any(one.where.startswith(where) for one in differences), [str(one) for one in differences]


def test_application_role_cannot_change_a_decision(decided):
    from django.db import ProgrammingError, transaction

    for change in (lambda rows: rows.update(amount_fen=1), lambda rows: rows.delete()):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            change(Decision.objects.filter(outcome="refuse"))
