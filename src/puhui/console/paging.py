"""Lists in pages, of fifty unless said otherwise, with the filters carried along.

Nobody leafs through thousands of pages, and counting a million rows takes longer than showing fifty. So a long list is counted up to a
bound, told as "10,000+" and leafed through no further: a filter leads further than a page number.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

from puhui.console.templatetags.figures import number

ROWS_PER_PAGE = 50
MOST_COUNTED = 10_000


class Chained:
    """Rows of one query after those of another, as one list: each is read in the order that an index of its own gives.

    `are_many`: known to be more than MOST_COUNTED, so that nobody counts them.
    """

    def __init__(self, *parts: QuerySet[Any], are_many: bool = False) -> None:
        self.parts, self.are_many = parts, are_many

    def __getitem__(self, span: slice) -> list[Any]:
        first, wanted = span.start or 0, span.stop - (span.start or 0)
        found: list[Any] = []
        for place, part in enumerate(self.parts):
            found += part[first : first + wanted - len(found)]
            if len(found) == wanted or place == len(self.parts) - 1:
                break
            first = 0 if found else first - part.count()
        return found


class Picked:
    """Rows of a query by their keys, in the order of the keys; only those that are shown are read."""

    def __init__(self, rows: QuerySet[Any], keys: Sequence[int]) -> None:
        self.rows, self.keys = rows, keys

    def __len__(self) -> int:
        return len(self.keys)

    def __getitem__(self, span: slice) -> list[Any]:
        wanted = self.keys[span]
        found = self.rows.in_bulk(wanted)
        return [found[key] for key in wanted if key in found]


def _counted(rows: Any) -> int:
    """How many there are; one more than MOST_COUNTED stands for more."""
    if isinstance(rows, Chained):
        return MOST_COUNTED + 1 if rows.are_many else sum(map(_counted, rows.parts))
    return rows.order_by()[: MOST_COUNTED + 1].count() if isinstance(rows, QuerySet) else len(rows)


class Leaves(Paginator):  # type: ignore[type-arg]  # not subscriptable while it runs
    """Pages of a list of rows that counts no further than MOST_COUNTED."""

    @cached_property
    def counted(self) -> int:
        return _counted(self.object_list)

    @cached_property
    def count(self) -> int:
        return min(self.counted, MOST_COUNTED)

    @property
    def told(self) -> str:
        """How many there are, as a page writes it."""
        return told(self.counted)


def told(counted: int) -> str:
    """A number of rows as a page writes it, where none was counted beyond MOST_COUNTED."""
    return f"{number(MOST_COUNTED)}+" if counted > MOST_COUNTED else number(counted)


def paged(request: HttpRequest, rows: Any, filters: dict[str, str] | None = None, per_page: int = ROWS_PER_PAGE) -> dict[str, Any]:
    """Context for `parts/pages.html`: the page asked for (the nearest one there is), and the filters as a query."""
    page: Page[Any] = Leaves(rows, per_page).get_page(request.GET.get("page"))
    kept = {name: value for name, value in (filters or {}).items() if value}
    query = urlencode(kept)
    return {"page": page, "page_query": f"{query}&" if query else "", "filters": filters or {}, "query": query}


def filters_of(request: HttpRequest, *names: str) -> dict[str, str]:
    """The named filters as the request gives them, stripped; absent ones are empty."""
    return {name: request.GET.get(name, "").strip()[:100] for name in names}
