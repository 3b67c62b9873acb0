"""The interface's own document, called as it describes itself: no answer that it does not tell of, and no failure of the server."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis.strategies import booleans
from tests.examples import examples


def test_the_document_is_complete(scenario: Any) -> None:
    """Each address has a summary and tells of its refusals; the page that shows the document loads nothing from elsewhere."""
    from django.test import Client

    from puhui.api.interface import interface

    document = interface.get_openapi_schema(path_prefix="/api/v1/")
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"] and operation["security"], (path, method)
            assert {"400", "401", "403", "404", "422"} <= {str(code) for code in operation["responses"]}, (path, method)
    page = Client(SERVER_NAME="localhost").get("/api/v1/docs")
    assert page.status_code == 200
    text = page.content.decode()
    assert "https://" not in text.split("</head>")[0] and "cdn" not in text


@pytest.mark.parametrize("who", ["officer", "accountant", "risk"])
def test_answers_are_those_of_the_document(who: str, scenario: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls made up from the document, good and bad, half of them on rows that are there."""
    import schemathesis
    from django.core import signals
    from django.core.handlers.wsgi import WSGIHandler

    from puhui.api.keys import create_key

    monkeypatch.setattr(signals.request_started, "receivers", [])  # they would close the connection whose transaction this test lives in
    monkeypatch.setattr(signals.request_finished, "receivers", [])
    _, text = create_key(scenario.users[who], "made-up calls", 1, "test")
    there, headers = _rows(scenario), {"Authorization": f"Bearer {text}"}
    document = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", WSGIHandler())
    statuses: set[int] = set()
    for result in document.get_all_operations():
        operation = result.ok()

        @examples(4)
        @given(case=operation.as_strategy(), is_there=booleans())
        def call(case: Any, is_there: bool) -> None:
            if is_there:
                case.path_parameters = {name: there.get(name, value) for name, value in (case.path_parameters or {}).items()}
            statuses.add(case.call_and_validate(headers=headers, excluded_checks=_excluded()).status_code)

        call()
    assert {200, 404, 422} <= statuses


def _rows(scenario: Any) -> dict[str, int]:
    """Name of a number in an address → a row that there is."""
    from puhui.decisions.models import Decision
    from puhui.loans.command_models import Command
    from puhui.loans.models import Loan
    from puhui.parties.models import Firm
    from puhui.scoring.models import RegisteredModel, ScoreAlarm

    loan = Loan.objects.first().pk
    alarm = ScoreAlarm.objects.create(
        institution=scenario.institution, model=RegisteredModel.objects.first(), measure="order", level="alarm", figure=0.5, limit=0.6,
        raised_on=date(2026, 1, 31), seen_on=date(2026, 1, 31), causes=[{"variable": "inv_out_yoy", "points": -3.1, "share": 0.6}],
    ).pk  # fmt: skip
    return {"alarm": alarm, "firm": Firm.objects.first().pk, "loan": loan, "target": loan, "decision": Decision.objects.first().pk,
            "command": Command.objects.first().pk}  # fmt: skip


def _excluded() -> list[Any]:
    """What the document cannot tell: which well-formed values a lender's tables allow, and how Django answers other methods."""
    import schemathesis.checks

    names = ("positive_data_acceptance", "unsupported_method", "missing_required_header", "ignored_auth", "use_after_free",
             "ensure_resource_availability", "allow_header_conformance")  # fmt: skip
    return [schemathesis.checks.CHECKS.get_one(name) for name in names if name in schemathesis.checks.CHECKS.get_all_names()]
