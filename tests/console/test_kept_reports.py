"""A report that took long is kept for a while; one that is quick is always made anew."""

from __future__ import annotations

from collections.abc import Iterator

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
