"""The scenario in a database that the tests of this folder share, read-only by custom; those that change it say so and roll back."""

from __future__ import annotations

import os
import pickle
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from tests.conftest import TEMPLATE
from tests.console.scenario import build

RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID") or uuid4().hex  # the same in all processes of a run
DAY_SECONDS = 86_400


def use_database(name: str) -> None:
    """Points all of Django's connections of this process at a database."""
    from django.contrib.contenttypes.models import ContentType
    from django.db import connections

    connections.close_all()
    for alias in connections:
        connections[alias].settings_dict["NAME"] = name
        connections.settings[alias]["NAME"] = name
    ContentType.objects.clear_cache()


def scenario_copy(server: Any, name: str) -> Any:
    """Makes a database with the scenario and points this process at it. Built once in a run, then copied."""
    from puhui.site import translations
    from puhui.site.postgresql.holders import locked

    translations.compile_stale()
    template = f"scenario_{RUN[:12]}"
    kept = server.home / f"{template}.pickle"
    with locked(server.home / "scenario.lock"):
        if not kept.exists():
            drop_scenarios_of_old_runs(server)
            server.create_database(template, template=TEMPLATE)
            use_database(template)
            built = pickle.dumps(build())
            use_database(name)  # nobody may be connected to what is copied
            kept.write_bytes(built)
    server.create_database(name, template=template)
    use_database(name)
    return pickle.loads(kept.read_bytes())


def drop_scenarios_of_old_runs(server: Any) -> None:
    """In a home that stays, what runs of more than a day ago left."""
    for path in server.home.glob("scenario_*.pickle"):
        if path.stat().st_mtime < time.time() - DAY_SECONDS:
            server.drop_database(path.stem)
            path.unlink()


@pytest.fixture(scope="session")
def scenario_database(server: Any) -> Iterator[tuple[str, Any]]:
    from puhui.site import embedded

    name = f"pages_{uuid4().hex[:12]}"
    yield name, scenario_copy(server, name)
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
