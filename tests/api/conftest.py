"""The console's scenario, and clients that carry a key."""

from __future__ import annotations

from typing import Any

import pytest
from tests.console.conftest import scenario, scenario_database  # noqa: F401  fixtures of this folder too


@pytest.fixture
def caller_of(scenario: Any) -> Any:  # noqa: F811
    """Makes a client that calls with a key of somebody."""
    from django.test import Client

    def make(username: str) -> Any:
        from puhui.api.keys import create_key
        from puhui.parties.models import User

        _, text = create_key(User.objects.get(username=username), "test", 1, "test")
        return Client(SERVER_NAME="localhost", headers={"Authorization": f"Bearer {text}"})

    return make
