"""All pages of one question put together, or nothing: half a register is worse than none, because it looks like a whole one.

A page shorter than was asked for is the last, and so is one that gives no word for the next. What a source may do wrong here would not be
seen in the rows: pages that repeat because the parameter is not heard, a list that grew while it was read, pages without end. Each ends
the pull.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from puhui.evidence.pulling.client import Client, Digits, SourceError, failure
from puhui.evidence.pulling.sources import Paging
from puhui.evidence.reading.faults import shown

MISSING = object()
ASK = "Ask those who run the source what has changed."


@dataclass(frozen=True)
class _Page:
    rows: list[dict[str, Any]]
    next: str
    total: int | None


def all_rows(client: Client, paging: Paging, path: str, parameters: Mapping[str, str]) -> tuple[list[dict[str, Any]], int]:
    """The rows of every page and how many pages they were. Raises `SourceError`."""
    rows: list[dict[str, Any]] = []
    count, total, last = 0, None, None
    for number, page in enumerate(_pages(client, paging, path, parameters), start=1):
        place = f"source {client.source.name}, {path}, page {number:,}"
        if page.rows and page.rows == last:
            raise failure("changed", place, "the rows of the page before once more", "the rows that follow", f"Look at [paging]. {ASK}")
        rows.extend(page.rows)
        count, total, last = number, page.total, page.rows
    if total is not None and total != len(rows):
        place = f"source {client.source.name}, {path}"
        found, expected = f"{len(rows):,} rows", f"{total:,}, as {paging.total} says"
        raise failure("changed", place, found, expected, "The list changed while it was read, or pages are lost: pull again.")
    return rows, count


def _pages(client: Client, paging: Paging, path: str, parameters: Mapping[str, str]) -> Iterator[_Page]:
    """One page after the other."""
    place = f"source {client.source.name}, {path}"
    had, cursor, seen = 0, "", set[str]()
    for number in range(paging.most_pages):
        asked = {**parameters, **_page_parameters(paging, number, had, cursor)}
        page = _page(client.document(path, asked), paging, f"{place}, page {number + 1:,}")
        yield page
        had += len(page.rows)
        if paging.kind == "none" or (paging.kind == "cursor" and not page.next):
            return
        if paging.kind != "cursor" and (len(page.rows) < paging.size or (page.total is not None and had >= page.total)):
            return
        cursor = page.next
        if paging.kind == "cursor" and cursor in seen:
            raise failure("changed", place, f"the cursor {shown(cursor)} a second time", "one that leads on", f"Look at [paging]. {ASK}")
        seen.add(cursor)
    found, remedy = f"more than {paging.most_pages:,} pages", "Ask for larger pages ([paging] size), or allow more (most_pages)."
    raise failure("changed", place, found, f"at most {paging.most_pages:,}", remedy)


def _page_parameters(paging: Paging, number: int, had: int, cursor: str) -> dict[str, str]:
    if paging.kind == "none":
        return {}
    place = {"page": str(paging.first + number), "offset": str(had), "cursor": cursor}[paging.kind]
    size = {paging.size_parameter: str(paging.size)} if paging.size_parameter else {}
    return size | ({paging.parameter: place} if place else {})


def _page(document: Any, paging: Paging, place: str) -> _Page:
    """Rows, the word for the next page, and the total, from where the description says they stand."""
    rows = at(document, paging.rows)
    if not isinstance(rows, list):
        raise _other_shape(place, paging.rows, rows, document, "a list of rows")
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            raise failure("changed", f"{place}, row {number:,}", f"{json_type(row)}", "an object with fields", ASK)
    total = None
    if paging.total:
        told = at(document, paging.total)
        if not (isinstance(told, str) and told.isdecimal()):
            raise _other_shape(place, paging.total, told, document, "the number of all rows")
        total = int(told)
    following = at(document, paging.next) if paging.kind == "cursor" else None
    if following is MISSING:  # null or an empty text says that this was the last; silence says nothing
        raise _other_shape(place, paging.next, following, document, "the word for the next page, or null")
    return _Page(rows, "" if following in (None, MISSING) else str(following), total)


def _other_shape(place: str, path: str, found: Any, document: Any, expected: str) -> SourceError:
    if found is MISSING:
        there = f"among {', '.join(document)}" if isinstance(document, dict) else f"in {json_type(document)}"
        text = f"no {path} {there}"
    else:
        text = f"{json_type(found)} as {path or 'the answer'}"
    return failure("changed", place, text, expected, f"Look at [paging]. {ASK}")


def at(document: Any, path: str) -> Any:
    """What stands at a path such as `data.items`, or `MISSING`; an empty path is the document itself."""
    for name in path.split(".") if path else ():
        if not isinstance(document, dict) or name not in document:
            return MISSING
        document = document[name]
    return document


def json_type(value: Any) -> str:
    """The JSON type of a value that the client has read."""
    if value is None or value is MISSING:
        return "null" if value is None else "nothing"
    if isinstance(value, Digits):
        return "number"
    names: dict[type, str] = {bool: "boolean", str: "string", list: "list", dict: "object"}
    return names[type(value)]
