"""The page on which two rows are held side by side: two persons merge, one takes it back."""

from __future__ import annotations

from typing import Any


def test_two_persons_merge_and_one_undoes(scenario: Any, client_of: Any) -> None:
    from puhui.parties.match_models import MatchAct
    from puhui.parties.merging import same_firms
    from puhui.parties.models import Firm

    one, two = Firm.objects.filter(institution=scenario.institution).order_by("pk")[:2]
    sent = {"first": one.pk, "second": two.pk}
    officer, approver = client_of("officer"), client_of("approver")
    assert officer.post("/firms/matching/", sent | {"act": "ask"}).status_code == 422  # nobody found the pair
    levels = {"name": "same", "person": "other"}
    MatchAct.objects.create(institution=scenario.institution, first=one, second=two, act="found", weight=9.5, levels=levels, actor="system")
    shown = officer.get("/firms/matching/").content.decode()
    assert one.name in shown and two.name in shown and "9.5" in shown and 'value="ask"' in shown
    assert 'value="ask"' not in client_of("auditor").get("/firms/matching/").content.decode()
    assert client_of("auditor").post("/firms/matching/", sent | {"act": "ask"}).status_code == 403
    assert officer.post("/firms/matching/", sent | {"act": "ask"}).status_code == 302
    assert 'value="confirm"' not in officer.get("/firms/matching/").content.decode()
    assert officer.post("/firms/matching/", sent | {"act": "confirm"}).status_code == 422
    assert same_firms(one) == (one.pk,)
    assert approver.post("/firms/matching/", sent | {"act": "confirm"}).status_code == 302
    assert same_firms(one) == (one.pk, two.pk)
    assert approver.post("/firms/matching/", {"first": "x", "second": "", "act": "undo"}).status_code == 422
    assert approver.post("/firms/matching/", sent | {"act": "undo"}).status_code == 302
    assert same_firms(one) == (one.pk,)
