"""A report that took long is kept for a while; one that is quick is always made anew."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import override_settings


@pytest.fixture(autouse=True)
def with_a_memory() -> Iterator[None]:
    memory = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "kept reports"}}
    with override_settings(CACHES=memory):
        yield


def test_what_took_long_is_kept_until_its_time_is_over() -> None:
    from puhui.console.kept_reports import kept

    count = iter(range(9))
    first = kept(("slow", 1), lambda: next(count), for_seconds=60, slow_seconds=0)
    assert kept(("slow", 1), lambda: next(count), for_seconds=60, slow_seconds=0) == first
    assert kept(("slow", 2), lambda: next(count), for_seconds=60, slow_seconds=0).made == 1  # another lender, day or language
    assert kept(("gone", 1), lambda: next(count), for_seconds=0, slow_seconds=0).made == 2
    assert kept(("gone", 1), lambda: next(count), for_seconds=0, slow_seconds=0).made == 3


def test_what_was_quick_is_made_anew() -> None:
    from puhui.console.kept_reports import kept

    count = iter(range(9))
    assert [kept(("quick",), lambda: next(count), for_seconds=60, slow_seconds=3600).made for _ in range(3)] == [0, 1, 2]


def test_what_is_done_leaves_the_kept_list_at_once(scenario: Any, client_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list is kept, its rows are read again: one that is done is gone, one that came since waits for the next reckoning."""
    from puhui.console import kept_reports
    from puhui.console.views import watching
    from puhui.loans.watching import Watched

    day = scenario.institution.business_date
    all_rows = [Watched("look", day, 10 + n, f"N-{n}", 1, "Firm", 20 + n, "jobs", {"texts": {}, "count": 1}) for n in range(15)]
    asked: list[Any] = []

    def watched(user: Any, day: Any, kind: str = "", contracts: Any = None) -> list[Watched]:
        asked.append(contracts)
        return [one for one in all_rows if contracts is None or one.contract_id in contracts]

    monkeypatch.setattr(watching, "watched", watched)
    monkeypatch.setattr(kept_reports.kept, "__defaults__", (0.0,))  # everything counts as slow
    client = client_of("officer")

    def shown(page: int) -> list[str]:
        text = client.get(f"/watch/?page={page}").content.decode()
        return [f"N-{n}" for n in range(15) if f">N-{n}<" in text]

    assert shown(1) == [f"N-{n}" for n in range(10)] and asked == [None]
    assert shown(2) == [f"N-{n}" for n in range(10, 15)] and asked == [None, {30, 31, 32, 33, 34}]
    del all_rows[3]
    assert shown(1) == [f"N-{n}" for n in range(10) if n != 3]
