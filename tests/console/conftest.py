"""The scenario in a database that the tests of this folder share, read-only by custom; those that change it say so and roll back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from tests.conftest import TEMPLATE
from tests.console.scenario import build


def use_database(name: str) -> None:
    """Points all of Django's connections of this process at a database."""
    from django.contrib.contenttypes.models import ContentType
    from django.db import connections

    connections.close_all()
    for alias in connections:
        connections[alias].settings_dict["NAME"] = name
        connections.settings[alias]["NAME"] = name
    ContentType.objects.clear_cache()


@pytest.fixture(scope="session")
def scenario_database(server: Any) -> Iterator[tuple[str, Any]]:
    from puhui.site import embedded, translations

    translations.compile_stale()
    name = f"pages_{uuid4().hex[:12]}"
    server.create_database(name, template=TEMPLATE)
    use_database(name)
    yield name, build()
    use_database(embedded.DATABASE)
    server.drop_database(name)


@pytest.fixture
def scenario(scenario_database: tuple[str, Any]) -> Iterator[Any]:
    """The scenario; what a test changes is rolled back."""
    from django.db import transaction

    name, built = scenario_database
    use_database(name)
    with transaction.atomic():
        yield built
        transaction.set_rollback(True)
    use_database(name)


@pytest.fixture
def client_of(scenario: Any) -> Any:
    """Makes a client signed in as somebody."""
    from django.test import Client

    def make(username: str, language: str = "en") -> Any:
        from puhui.parties.models import User

        client = Client(SERVER_NAME="localhost")
        client.cookies["django_language"] = language
        client.force_login(User.objects.get(username=username))
        return client

    return make
