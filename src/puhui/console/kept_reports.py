"""Reports that take long to make are kept for a while, so that a page that many open does not add up a large book each time.

What is made within a fifth of a second, which nobody notices, is always made anew. What took longer is kept by each process that serves,
and the page tells from when its figures are.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from django.core.cache import cache
from django.utils import timezone

__all__ = ["Kept", "kept"]

SLOW_SECONDS = 0.2
Made = TypeVar("Made")


@dataclass(frozen=True)
class Kept(Generic[Made]):
    """What was made, and when."""

    made: Made
    made_at: datetime


def kept(key: tuple[object, ...], make: Callable[[], Made], for_seconds: float, slow_seconds: float = SLOW_SECONDS) -> Kept[Made]:
    """What `make` gives; what it gave before, if that took `slow_seconds` or more and is no older than `for_seconds`."""
    name = "kept:" + ":".join(map(str, key))
    found: Kept[Made] | None = cache.get(name)
    if found is not None:
        return found
    began = time.perf_counter()
    fresh = Kept(make(), timezone.now())
    if time.perf_counter() - began >= slow_seconds:
        cache.set(name, fresh, for_seconds)
    return fresh
