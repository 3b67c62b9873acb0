"""Lists in pages, of fifty unless said otherwise, with the filters carried along."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.http import HttpRequest

ROWS_PER_PAGE = 50


def paged(request: HttpRequest, rows: Any, filters: dict[str, str] | None = None, per_page: int = ROWS_PER_PAGE) -> dict[str, Any]:
    """Context for `parts/pages.html`: the page asked for (the nearest one there is), and the filters as a query."""
    page: Page[Any] = Paginator(rows, per_page).get_page(request.GET.get("page"))
    kept = {name: value for name, value in (filters or {}).items() if value}
    query = urlencode(kept)
    return {"page": page, "page_query": f"{query}&" if query else "", "filters": filters or {}, "query": query}


def filters_of(request: HttpRequest, *names: str) -> dict[str, str]:
    """The named filters as the request gives them, stripped; absent ones are empty."""
    return {name: request.GET.get(name, "").strip()[:100] for name in names}
