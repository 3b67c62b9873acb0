"""One decision asks the database a handful of times, and yet decides by what is in force at that moment."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from itertools import count
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.decisions.conftest import tiny_model_body

from puhui.calculations.faults import FaultsError
from puhui.decisions import actions
from puhui.decisions.models import Offer
from puhui.products.documents import CATALOGUE
from puhui.products.models import StoredDocument

TRIPS = 7  # institution, group, lock, group and debts, application and what is in force, evidence, all that is written


def decided(bank, amount_yuan):
    return actions.decide(bank.apply(bank.firm(f"Firm {amount_yuan}"), amount_yuan), "system")


def trips(work):
    """How often the database was asked, begin and end of the transaction aside; and the answer."""
    with CaptureQueriesContext(connection) as captured:
        result = work()
    return len([one for one in captured if one["sql"].split()[0] not in ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")]), result


def test_one_decision_asks_little(bank):
    decided(bank, 100_000)
    application = bank.apply(bank.firm("Asked"))
    asked, decision = trips(lambda: actions.decide(application, "system"))
    assert asked <= TRIPS
    assert (decision.outcome, application.status) == ("approve", "offered")
    assert decision.exposure.reserved_fen == Offer.objects.get(decision=decision).amount_fen == decision.amount_fen


def test_a_dozen_ask_no_more_than_one(bank):
    decided(bank, 100_000)
    applications = [bank.apply(bank.firm(f"Number {number}")) for number in range(12)]
    asked, batch = trips(lambda: actions.decide_many(bank.institution, applications, "system"))
    assert asked <= TRIPS
    assert [one.application_id for one in batch.decided] == [one.pk for one in applications]
    assert not actions.decide_many(bank.institution, applications, "system").decided, "each is decided once"


def test_a_changed_product_file_counts_a_second_later(bank, tmp_path, monkeypatch):
    seconds = count(1000)  # each look of the test is one later
    monkeypatch.setattr("puhui.products.queries.time", SimpleNamespace(monotonic=lambda: next(seconds)))
    monkeypatch.setattr(settings, "PUHUI_CATALOGUE", tmp_path)
    before = decided(bank, 100_000).record["versions"]["product"]["digest"]
    (path,) = (CATALOGUE / "products").glob("invoice-working-capital-*.toml")
    (tmp_path / "products").mkdir()
    text = path.read_text(encoding="utf-8")
    assert "inv_out_active_months_12m >= 9" in text
    (tmp_path / "products" / path.name).write_text(text.replace("inv_out_active_months_12m >= 9", "inv_out_active_months_12m >= 13"))
    refused = decided(bank, 110_000)
    assert refused.outcome == "refuse"
    assert refused.record["versions"]["product"]["digest"] != before
    assert StoredDocument.objects.filter(pk=refused.record["versions"]["product"]["digest"]).exists()
    (tmp_path / "products" / path.name).unlink()
    assert decided(bank, 120_000).record["versions"]["product"]["digest"] == before


def test_a_model_in_force_counts_at_once_and_a_changed_one_not_at_all(bank):
    from puhui.scoring.models import ModelPromotion, RegisteredModel

    before = decided(bank, 100_000)
    body = deepcopy(tiny_model_body()) | {"intercept_points": 540}
    from puhui.scoring.actions import register
    from puhui.scoring.model import Model

    other = register(bank.institution, SimpleNamespace(model=Model.load(body), card="# Other", plots={}), "system", champion=False)
    assert decided(bank, 110_000).record["versions"]["model"] == before.record["versions"]["model"]
    day = bank.institution.business_date - timedelta(days=1)
    common = {"institution": bank.institution, "code": other.name, "reason": "better", "proposed_by": bank.users["risk"]}
    ModelPromotion.objects.create(**common, model=other, in_force_from=day, status="agreed")
    assert decided(bank, 120_000).record["versions"]["model"]["digest"] == other.digest
    RegisteredModel.objects.filter(pk=other.pk).update(body=body | {"intercept_points": 700})
    with pytest.raises(FaultsError, match=other.digest):
        decided(bank, 130_000)
