"""`puhui score promote` from the outside: one person proposes, another agrees, and whoever may not is told who may."""

from __future__ import annotations

import json
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from tests.decisions.conftest import tiny_model_body

from puhui.site.command import run


@pytest.fixture(name="lender")
def lender_fixture(rolled_back_database: Any) -> Any:
    from datetime import date

    from puhui.parties.actions import create_institution, create_user

    lender = create_institution("BANK", "银行", "bank", date(2026, 3, 2))
    for username, role in (("risk", "risk_manager"), ("approver", "approver"), ("officer", "officer")):
        create_user(lender, username, "secret-secret", role)
    return lender


@pytest.fixture(name="models")
def models_fixture(lender: Any) -> list[Any]:
    """Two candidates with all that a proposal asks for."""
    from puhui.scoring.actions import register
    from puhui.scoring.model import Model

    found = []
    for more in (0, 30):
        body = tiny_model_body()
        body["intercept_points"] -= more
        body["training"] = {"auc_mean": 0.8, "leakage": {"suspects": {}}}
        trained = SimpleNamespace(model=Model.load(body), card="# Card", plots={})
        found.append(register(lender, trained, "risk", champion=False))
    return found


def asked(capsys: Any, *arguments: str, status: int = 0) -> Any:
    capsys.readouterr()
    found = run(["score", "promote", *arguments, *(["--json"] if status == 0 else [])])
    out, err = capsys.readouterr()
    assert found == status, err
    return json.loads(out) if status == 0 else err


def test_two_persons_put_a_model_in_use(lender: Any, models: list[Any], capsys: Any) -> None:
    from puhui.scoring.queries import lineup

    first, second = models
    day = lender.business_date + timedelta(days=2)
    wish = ("propose", first.digest[:8], "--from", str(day), "--reason", "orders better", "--challenger", f"{second.pk}=20%:decides")
    told = asked(capsys, *wish, "--as", "officer", status=2)
    assert "approver, risk" in told or "risk, approver" in told
    row = asked(capsys, *wish, "--as", "risk")
    assert row["challengers"] == [{"model": second.pk, "share_ppm": 200_000, "decides": True}]
    assert "who proposed it" in asked(capsys, "agree", str(row["promotion"]), "--as", "risk", status=2)
    assert asked(capsys, "agree", str(row["promotion"]), "--as", "approver")["answered_by"] == "approver"
    found = lineup(lender, first.name, day)
    assert found is not None and found.champion.digest == first.digest and found.challengers[0].decides
    listed = asked(capsys, "list")
    assert [each["status"] for each in listed["promotions"]] == ["agreed"] and len(listed["models"]) == 2
    assert asked(capsys, "withdraw", str(row["promotion"]), "--as", "risk", "--reason", "a leak")["status"] == "withdrawn"
    assert lineup(lender, first.name, day) is None


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        (["propose", "nowhere", "--as", "risk", "--from", "2026-03-09", "--reason", "x"], "none for 'nowhere'"),
        (["propose", "MODEL", "--as", "risk", "--from", "soon", "--reason", "x"], "--from"),
        (["propose", "MODEL", "--as", "risk", "--from", "2026-03-02", "--reason", "x"], "a day after"),
        (["propose", "MODEL", "--as", "risk", "--from", "2026-03-09", "--reason", "x", "--challenger", "MODEL=2"], "--challenger"),
        (["agree", "77", "--as", "risk"], "promotion 77"),
        (["refuse", "77", "--as", "nobody", "--reason", "x"], "--as: found nobody"),
    ],
)
def test_faults(lender: Any, models: list[Any], capsys: Any, wish: list[str], words: str) -> None:
    assert words in asked(capsys, *(part.replace("MODEL", models[0].digest[:10]) for part in wish), status=2)
