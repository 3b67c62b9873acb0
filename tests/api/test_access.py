"""Every address × every role × own and other lender: who gets in is what the table of roles says, and keys end when they should."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

ROLES = ("officer", "approver", "risk_manager", "accountant", "auditor", "collector", "borrower", "supervisor", "system")
NOT_THERE = {"firm": 999_999_999, "loan": 999_999_999, "decision": 999_999_999, "command": 999_999_999, "target": 999_999_999,
             "alarm": 999_999_999}  # fmt: skip
TEXTS = {"code": "no-such-product", "evidence_class": "C06", "record": "tax_return", "kind": "loan", "act": "repay"}


def operations() -> list[tuple[str, str, Any]]:
    """Method, address with numbers that lead nowhere, and the guard, of every address there is."""
    from puhui.api.interface import interface

    found = []
    for prefix, router in interface._routers:
        for path, view in router.path_operations.items():
            for operation in view.operations:
                whole = f"/api/v1{prefix}{path}"
                for name, value in {**NOT_THERE, **TEXTS}.items():
                    whole = whole.replace("{" + name + "}", str(value))
                found += [(method, whole, operation.auth_callbacks) for method in operation.methods]
    return found


def call(client: Any, method: str, address: str) -> int:
    headers = {"Idempotency-Key": "matrix"}
    answer = client.get(address) if method == "GET" else client.post(address, "{}", content_type="application/json", headers=headers)
    if answer.status_code >= 400:
        body = answer.json()
        assert set(body["faults"][0]) == {"where", "found", "expected", "remedy"}, (address, body)
    return int(answer.status_code)


def test_every_address_is_guarded_by_the_table_of_roles(scenario: Any) -> None:
    from puhui.api.access import Guard
    from puhui.parties.roles import READERS

    for method, address, guards in operations():
        assert len(guards) == 1 and isinstance(guards[0], Guard), (method, address)
        assert guards[0].page in READERS, address


def test_roles(scenario: Any, caller_of: Any) -> None:
    """403 for every role without the right; never 401 or 403 for those who have it."""
    from puhui.parties.actions import create_user

    wrong = []
    for role in ROLES:
        if role != "borrower":
            create_user(scenario.institution, f"program-{role}", "secret-secret", role)
        client = caller_of("borrower-en" if role == "borrower" else f"program-{role}")
        for method, address, (guard,) in operations():
            user = type("Any", (), {"is_authenticated": True, "is_active": True, "role": role})
            status = call(client, method, address)
            if (status == 403) != (not guard.may(user, guard.page)) or status == 401 or status >= 500:
                wrong.append((role, method, address, status))
    assert not wrong


def test_strangers(scenario: Any) -> None:
    from django.test import Client

    for header in (
        {},
        {"Authorization": "Bearer puhui_000000000000_" + "A" * 43},
        {"Authorization": "Bearer ä"},
        {"Authorization": "Basic x"},
    ):
        client = Client(SERVER_NAME="localhost", headers=header)
        for method, address, _ in operations():
            assert call(client, method, address) == 401, (header, address)


def test_another_lender_sees_nothing(scenario: Any, caller_of: Any) -> None:
    """Rows of this lender do not exist for a program of another."""
    from datetime import date

    from puhui.decisions.models import Decision
    from puhui.loans.models import Loan
    from puhui.parties.actions import create_institution, create_user
    from puhui.parties.models import Firm

    own, other = caller_of("officer"), create_institution("OTHER", "另一家银行", "bank", date(2026, 1, 1))
    create_user(other, "stranger", "secret-secret", "officer")
    stranger = caller_of("stranger")
    firm, loan, decision = (model.objects.first().pk for model in (Firm, Loan, Decision))
    for address in (f"/api/v1/firms/{firm}", f"/api/v1/loans/{loan}", f"/api/v1/decisions/{decision}"):
        assert own.get(address).status_code == 200, address
        assert stranger.get(address).status_code == 404, address
    assert stranger.get("/api/v1/firms").json()["count"] == stranger.get("/api/v1/loans").json()["count"] == 0
    asked = {"firm": Firm.objects.first().name, "product": "invoice-working-capital", "amount_fen": 10_000_000, "term_months": 12}
    assert stranger.post("/api/v1/decisions/preview", asked, content_type="application/json").status_code == 422
    act = stranger.post(f"/api/v1/commands/loan/{loan}/repay", "{}", content_type="application/json", headers={"Idempotency-Key": "x"})
    assert act.status_code == 404


@pytest.mark.parametrize("end", ["revoked", "expired", "user not active"])
def test_a_key_ends(end: str, scenario: Any) -> None:
    from django.test import Client
    from django.utils import timezone

    from puhui.api.keys import create_key, revoke_key
    from puhui.api.models import ApiKey

    user = scenario.users["officer"]
    key, text = create_key(user, "tax platform", 30, "test")
    client = Client(SERVER_NAME="localhost", headers={"Authorization": f"Bearer {text}"})
    assert client.get("/api/v1/firms").status_code == 200
    assert text.encode() not in bytes(ApiKey.objects.get(pk=key.pk).digest) and ApiKey.objects.get(pk=key.pk).last_used_on
    if end == "revoked":
        revoke_key(user.institution, key.prefix, "test")
    elif end == "expired":
        ApiKey.objects.filter(pk=key.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    else:
        type(user).objects.filter(pk=user.pk).update(is_active=False)
    assert client.get("/api/v1/firms").status_code == 401


def test_a_key_that_cannot_be_made_names_every_fault(scenario: Any) -> None:
    from puhui.api.keys import create_key
    from puhui.calculations.faults import FaultsError
    from puhui.parties.models import User

    with pytest.raises(FaultsError) as raised:
        create_key(User(username="nobody"), " ", 0, "test")
    assert {fault.where for fault in raised.value.faults} == {"user", "name", "days"}
