"""What the work queue tells an officer with many cases: which product, what is asked, by when, and who was told that it is late."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest


def test_cases_stand_by_their_deadline_with_what_is_asked(scenario: Any, client_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from puhui.decisions import timing
    from puhui.decisions.models import Application

    waiting = list(Application.objects.filter(institution=scenario.institution, status="referred"))
    assert len(waiting) > 1
    oldest = min(waiting, key=lambda one: one.submitted_at)
    plain = timing.due

    def later(decision: Any, code: str) -> Any:  # what waits longest is due last
        return [replace(one, at=one.at + timedelta(days=30 * (decision.application_id == oldest.pk))) for one in plain(decision, code)]

    monkeypatch.setattr(timing, "due", later)
    page = client_of("officer").get("/queue/").content.decode()
    shown = [int(number) for number in re.findall(r'data-open href="/cases/(\d+)/"', page)]
    dues = {one.pk: timing.due(one.latest_decision, one.product_code)[-1].at for one in waiting}
    assert shown == sorted(dues, key=lambda pk: (dues[pk], pk)) and shown[-1] == oldest.pk
    by_wait = client_of("officer").get("/queue/?order=waiting").content.decode()
    assert re.search(r'data-open href="/cases/(\d+)/"', by_wait)[1] == str(oldest.pk)
    question = oldest.latest_decision.questions.order_by("-is_required", "pk")[0]
    assert question.text["en"] in page and "must be answered" in page and "Invoice" in page


def test_what_is_late_is_marked_and_found_by_the_role_that_was_told(scenario: Any, client_of: Any) -> None:
    from puhui.decisions import actions, timing
    from puhui.decisions.models import Application

    one = Application.objects.filter(institution=scenario.institution, status="referred").order_by("pk")[0]
    assert "told to:" not in client_of("risk").get("/queue/").content.decode()
    last = timing.due(one.latest_decision, one.product_code)[-1]
    actions.escalate(scenario.institution, last.at + timedelta(minutes=1))
    of_risk, of_officer = (client_of(name).get("/queue/?told=1").content.decode() for name in ("risk", "officer"))
    assert last.to_role == "risk_manager" and f"/cases/{one.pk}/" in of_risk and "told to:" in of_risk
    assert f"/cases/{one.pk}/" not in of_officer
