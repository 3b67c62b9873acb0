"""Shapes that all addresses share."""

from __future__ import annotations

from typing import Annotated, Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from ninja import Field, Path, Schema

PAGE_ROWS = 100


#: the number of a row, in an address
Number = Annotated[int, Path(ge=1, lt=2**63)]


class FaultShape(Schema):
    where: str
    found: str
    expected: str
    remedy: str = ""


class Faults(Schema):
    faults: list[FaultShape]


#: status → shape, of everything that can be refused
REFUSALS: dict[Any, Any] = {frozenset({400, 401, 403, 404, 422}): Faults}


class PageShape(Schema):
    """A page of a list; the rows stand beside it."""

    count: int
    page: int
    pages: int


class PageQuery(Schema):
    page: int = Field(1, ge=1, le=1_000_000, description=f"{PAGE_ROWS} rows a page")


def page_of(rows: QuerySet[Any], number: int) -> tuple[dict[str, int], list[Any]]:
    """Count, number and pages of a list, and the rows of one page; beyond the last page there are none."""
    paginator = Paginator(rows, PAGE_ROWS)
    shown = list(paginator.page(number).object_list) if number <= paginator.num_pages else []
    return {"count": paginator.count, "page": number, "pages": paginator.num_pages}, shown
