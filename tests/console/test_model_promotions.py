"""The pages of models: one proposes, another agrees, and whoever may takes it back before its day."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from tests.console.scenario import DECISION_DAY
from tests.decisions.conftest import tiny_model_body


@pytest.fixture
def candidate(scenario: Any) -> Any:
    """A stricter model with all that a proposal asks for."""
    from puhui.scoring.actions import register
    from puhui.scoring.model import Model

    body = tiny_model_body()
    body["intercept_points"] -= 30
    body["training"] = {"auc_mean": 0.8125, "leakage": {"suspects": {}}}
    return register(scenario.institution, SimpleNamespace(model=Model.load(body), card="# Stricter", plots={}), "risk")


def test_a_model_is_proposed_agreed_and_taken_back(scenario: Any, client_of: Any, candidate: Any) -> None:
    from puhui.scoring.models import ModelPromotion, RegisteredModel
    from puhui.scoring.queries import champion

    scenario.institution.refresh_from_db()
    assert scenario.institution.business_date >= DECISION_DAY
    first = RegisteredModel.objects.exclude(pk=candidate.pk).get()
    day = scenario.institution.business_date + timedelta(days=5)
    risk, approver, officer = client_of("risk"), client_of("approver"), client_of("officer")
    address = f"/models/{candidate.pk}/"
    sent = {"code": first.name, "in_force_from": day.isoformat(), "reason": "orders better"}
    assert "Propose that this model decides" not in officer.get(address).content.decode()
    assert officer.post(address, sent).status_code == 403
    refused = risk.post(address, sent | {"reason": " "})
    assert refused.status_code == 422 and day.isoformat() in refused.content.decode()
    tried = {"model_0": first.pk, "share_0": "20", "decides_0": "yes"}
    assert risk.post(f"/models/{first.pk}/", sent).status_code == 422  # it has no figures on unseen cases
    assert risk.post(address, sent | tried).status_code == 422  # nor may it be tried, for the same reason
    assert risk.post(address, sent).status_code == 302
    row = ModelPromotion.objects.get()
    assert 'value="agree"' not in risk.get("/models/").content.decode()
    page = approver.get("/models/").content.decode()
    assert "0.812" in page or "0.813" in page
    assert 'value="agree"' in page and "orders better" in page
    assert approver.post("/models/", {"promotion": row.pk, "act": "agree", "reason": ""}).status_code == 302
    assert champion(scenario.institution, first.name, day).pk == candidate.pk
    assert champion(scenario.institution, first.name).pk == first.pk
    assert "agreed, its day is to come" in risk.get("/models/").content.decode()
    assert risk.post("/models/", {"promotion": row.pk, "act": "withdraw", "reason": ""}).status_code == 422
    assert risk.post("/models/", {"promotion": row.pk, "act": "withdraw", "reason": "card is wrong"}).status_code == 302
    assert champion(scenario.institution, first.name, day).pk == first.pk
    assert risk.post("/models/", {"promotion": "999999", "act": "agree"}).status_code == 422


def test_what_moved_the_score_is_told_in_words(scenario: Any, client_of: Any) -> None:
    from puhui.reports.monitoring import monitored
    from puhui.scoring.models import RegisteredModel

    model = RegisteredModel.objects.get()
    last = scenario.institution.business_date
    table = next(each for each in monitored(scenario.institution, model, last) if each.name == "movers")
    rows = table.records()
    assert {row["variable"] for row in rows} == {each["name"] for each in model.body["variables"]}
    assert [abs(row["points_change"]) for row in rows] == sorted((abs(row["points_change"]) for row in rows), reverse=True)
    page = client_of("risk").get(f"/models/{model.pk}/monitoring/").content.decode()
    assert "What moved the mean score since training" in page
    assert "Meaning" in page and '<th scope="col">Variable</th>' not in page  # one column: the meaning, the name under it


def test_an_alarm_is_shown_where_work_begins_and_somebody_takes_note(scenario: Any, client_of: Any) -> None:
    from puhui.scoring.models import RegisteredModel, ScoreAlarm

    day, model = scenario.institution.business_date, RegisteredModel.objects.get()
    causes = [{"variable": "inv_out_amt_12m", "points": -12.3, "share": 0.61}]
    alarm = ScoreAlarm.objects.create(
        institution=scenario.institution, model=model, measure="stability", level="alarm", figure=0.31, limit=0.25, causes=causes,
        raised_on=day, seen_on=day,
    )  # fmt: skip
    risk, officer = client_of("risk"), client_of("officer")
    for address in ("/portfolio/", "/watch/"):
        assert "1 alarm of a score at work" in risk.get(address).content.decode()
    for address in ("/models/", f"/models/{model.pk}/monitoring/"):
        page = risk.get(address).content.decode()
        assert "The scores of the newest month have moved" in page and "−12.3 points (61%)" in page and "0.31" in page
    assert 'value="acknowledge"' not in officer.get("/models/").content.decode()
    note = {"act": "acknowledge", "alarm": alarm.pk, "note": "a new channel since February"}
    assert officer.post("/models/", note).status_code == 403
    assert risk.post("/models/", note | {"note": " "}).status_code == 422
    assert risk.post("/models/", note | {"alarm": "999"}).status_code == 404
    assert risk.post("/models/", note).status_code == 302
    assert "a new channel since February" in officer.get("/models/").content.decode()
    assert "alarm of a score at work" not in risk.get("/portfolio/").content.decode()


def test_the_words_of_what_moved() -> None:
    from puhui.reports.monitoring import _moved_words
    from puhui.scoring.movers import Mover

    told = [
        _moved_words(Mover("x", cases, 20.0, now, 0.5), "Sales", 30, "en") for cases, now in ((40, 7.7), (40, 23.0), (40, 20.01), (4, 7.7))
    ]
    assert told[0] == "“Sales” costs the mean firm 12.3 points more than in training: 50% of all movement."
    assert told[1].startswith("“Sales” brings the mean firm 3.0 points more") and told[2] == "“Sales” brings what it brought in training."
    assert "Sales" not in told[3]
