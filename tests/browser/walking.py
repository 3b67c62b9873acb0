"""Steps from page to page that hold on a slow machine too.

A click that leads to another page returns as soon as the browser has the first bytes of it. Whoever looks then may find half of the page,
or still the old one. So every step to another page goes through `follow` or `leaving`, which wait until the page that comes is loaded;
after that, what it holds may be read at once. What scripts change on a page that stays is waited for with Playwright's `expect`.

A page that `watch` looks after tells, by `unawaited`, whether a test has left a page without waiting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

PATIENCE_MS = 60_000  # for one page, on a machine that does much else


@dataclass
class Pages:
    """How many a browser's page has loaded, and how many of them its test waited for."""

    loaded: int = 0
    awaited: int = 0


_pages: WeakKeyDictionary[Any, Pages] = WeakKeyDictionary()


@contextmanager
def leaving(page: Any, patience_ms: int = PATIENCE_MS) -> Iterator[None]:
    """What is done inside leads to another page, which is loaded when this is left."""
    with page.expect_navigation(timeout=patience_ms):
        yield
    if page in _pages:
        _pages[page].awaited += 1


def follow(page: Any, target: Any, patience_ms: int = PATIENCE_MS) -> None:
    """Click on a link or a button (a locator, or the selector of one) and wait for the page that it leads to."""
    with leaving(page, patience_ms):
        (page.locator(target) if isinstance(target, str) else target).click()


def watch(page: Any) -> None:
    """From now on, count what the page loads and what is waited for."""
    pages = _pages[page] = Pages()

    def loaded(_: Any) -> None:
        pages.loaded += 1

    page.on("domcontentloaded", loaded)
    page.goto, page.reload = _awaited(pages, page.goto), _awaited(pages, page.reload)


def _awaited(pages: Pages, act: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(*arguments: Any, **named: Any) -> Any:
        answer = act(*arguments, **named)  # both wait until the page is loaded
        pages.awaited += 1
        return answer

    return wrapped


def unawaited(page: Any) -> list[str]:
    """A complaint, if more pages came than were waited for."""
    pages = _pages[page]
    return [] if pages.loaded <= pages.awaited else [f"{pages.loaded} pages came, {pages.awaited} were waited for: see walking.follow"]
