"""Champion and challengers in decisions: who decides is hashed, what the others say is kept beside, and all of it replays."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from tests.decisions.conftest import DAY, tiny_model_body


@pytest.fixture
def models(bank):
    """The champion, a stricter model and a kinder one."""
    from puhui.scoring.actions import register
    from puhui.scoring.model import Model

    made = []
    for points in (0, -30, 20):
        body = tiny_model_body()
        body["intercept_points"] += points
        body["training"] = {"auc_mean": 0.8, "leakage": {"suspects": {}}}
        given = SimpleNamespace(model=Model.load(body), card=f"# {points}", plots={})
        made.append(register(bank.institution, given, "system", champion=False))
    return made


def tried(bank, models) -> None:
    """From the next day: the stricter one decides on half of the applications, the kinder one scores beside on all."""
    from puhui.parties.promotion import agree
    from puhui.scoring.promoting import Challenger, propose

    champion, stricter, kinder = models
    challengers = [Challenger(stricter, 500_000, decides=True), Challenger(kinder, 1_000_000)]
    proposed = propose(champion, bank.users["officer"], DAY + timedelta(1), "try two", challengers=challengers)
    agree(proposed, bank.users["risk"])


def test_each_application_is_decided_by_one_and_scored_by_the_others(bank, models):
    from puhui.decisions import actions
    from puhui.decisions.models import Decision
    from puhui.scoring.trials import place_ppm

    tried(bank, models)
    before = actions.decide_many(bank.institution, [bank.apply(bank.firm("Early"))], "system").decided[0]
    assert "trial" not in before.record
    bank.institution.business_date = DAY + timedelta(1)
    bank.institution.save()
    asked = [bank.apply(bank.firm(f"Firm {number}")) for number in range(12)]
    assert actions.decide_many(bank.institution, asked, "system").faults == []
    champion, stricter, kinder = models
    decided = {one.application_id: one for one in Decision.objects.filter(application__in=asked)}
    roles = set()
    for application in asked:
        decision = decided[application.pk]
        trial = decision.record["trial"]
        place = place_ppm("invoice-scorecard", application.pk)
        assert trial["place_ppm"] == place
        roles.add(trial["decided_by"])
        deciding = stricter if place < 500_000 else champion
        assert decision.record["versions"]["model"]["digest"] == deciding.digest
        beside = {each["digest"]: each["points"] for each in trial["beside"]}
        # All firms are alike, so that the models differ by their intercepts alone.
        points = decision.points + (30 if deciding == stricter else 0)
        assert beside == ({champion.digest: points} if deciding == stricter else {}) | {kinder.digest: points + 20}
    assert roles == {"champion", "challenger"}
    assert actions.replay_all(bank.institution) == []


def test_a_trial_that_was_changed_afterwards_is_found(bank, models):
    from puhui.decisions import actions, engine
    from puhui.decisions.models import Decision
    from puhui.decisions.replaying import replay

    tried(bank, models)
    bank.institution.business_date = DAY + timedelta(1)
    bank.institution.save()
    decision = actions.decide_many(bank.institution, [bank.apply(bank.firm("Firm"))], "system").decided[0]
    decision = Decision.objects.get(pk=decision.pk)
    decision.record["trial"]["beside"][-1]["points"] += 1
    decision.record["trial"]["place_ppm"] += 1
    decision.digest = engine.digest(decision.record)
    places = {each.where for each in replay(decision)}
    assert "record.trial.place_ppm" in places
    assert any(where.endswith(".points") for where in places)
