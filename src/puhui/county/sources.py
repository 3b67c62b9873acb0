"""A source's API as a server on this machine: any kind of record, page by page, and every way in which a real one goes wrong.

`python -m puhui.county.sources` starts one for trying `puhui evidence pull county-simulator`; tests start one inside themselves and tell it
to be slow, down, wrong, busy, or to change its shape. Where nobody has given it rows it makes up sample rows for whoever is asked about.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import polars as pl

from puhui.evidence.layouts import layout, layout_files
from puhui.evidence.samples import sample_frame

Row = dict[str, Any]
SAMPLE_ROWS = 24  # as many as every layout's sample tells apart
BEGINNING = dt.datetime(1, 1, 1, tzinfo=dt.UTC)


@dataclass
class Behaviour:
    """How the source is today. Counts go down with each request: after two errors it may be well again."""

    slow_seconds: float = 0.0  # before each answer
    errors: int = 0  # so many answers are HTTP 500
    cut: int = 0  # so many answers break off in the middle of their JSON
    hang_up: int = 0  # so many questions get no answer at all
    busy: int = 0  # so many answers are HTTP 429
    retry_after: str = ""  # what 429 says of when to come again
    refuse: int = 0  # every answer is this status
    deaf_to_pages: bool = False  # the first page again and again
    reshape: Callable[[Row], Row] | None = None  # what has become of each row
    wrap: Callable[[list[Row], int, str | None], Any] | None = None  # another envelope: rows, total, next → document


@dataclass(frozen=True)
class Asked:
    """One question as it came."""

    path: str
    parameters: dict[str, str]
    headers: dict[str, str]


@dataclass
class SimulatedSource:
    """Serves while the `with` block runs, at `address`. `publish` gives it rows; `asked` lists the questions that came."""

    behaviour: Behaviour = field(default_factory=Behaviour)
    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    _rows: dict[str, list[tuple[dt.datetime, Row]]] = field(default_factory=dict)

    def publish(self, record: str, rows: list[Row], at: dt.datetime = BEGINNING) -> None:
        """More rows of one kind of record, known at the source since a moment (with its zone)."""
        self._rows.setdefault(record, []).extend((at, row) for row in rows)

    def __enter__(self) -> SimulatedSource:
        self._ended = threading.Event()
        handler = type("Handler", (_Handler,), {"source": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def wait(self, seconds: float) -> None:
        """Be slow, but not longer than there is anybody to be slow for."""
        self._ended.wait(seconds)

    def page(self, record: str, parameters: dict[str, str]) -> tuple[list[Row], int, str | None]:
        """The rows of one page, how many there are in all, and the word for the next page."""
        since = dt.datetime.fromisoformat(parameters["since"]) if parameters.get("since") else BEGINNING
        since = since if since.tzinfo else since.replace(tzinfo=dt.UTC)
        published = self._rows.get(record)
        rows = [row for at, row in published if at >= since] if published is not None else samples(record, parameters.get("firm", "甲公司"))
        size = int(parameters.get("size", len(rows) or 1))
        start = int(parameters.get("offset") or parameters.get("cursor", "at-0").removeprefix("at-"))
        start = start or (int(parameters.get("page", 1)) - 1) * size
        start = 0 if self.behaviour.deaf_to_pages else start
        chosen = rows[start : start + size]
        reshape = self.behaviour.reshape
        following = f"at-{start + size}" if start + size < len(rows) else None
        return [reshape(dict(row)) for row in chosen] if reshape else chosen, len(rows), following


def samples(record: str, firm: str, rows: int = SAMPLE_ROWS) -> list[Row]:
    """Made-up rows of a kind of record under its headings, as a source would tell them."""
    return sample_frame(layout(record), firm, rows).with_columns(pl.col(pl.Date).cast(pl.String)).to_dicts()


class _Handler(BaseHTTPRequestHandler):
    """Answers `/…/RECORD?firm=&since=&page=&offset=&cursor=&size=` with {"data": {"rows": […], "total": n, "next": word or null}}."""

    source: SimulatedSource

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        parameters = dict(parse_qsl(parts.query))
        self.source.asked.append(Asked(parts.path, parameters, {name.lower(): value for name, value in self.headers.items()}))
        today = self.source.behaviour
        self.source.wait(today.slow_seconds)
        if _one_of(today, "hang_up"):
            return
        if _one_of(today, "errors"):
            self._answer(500, {"message": "internal error"})
        elif _one_of(today, "busy"):
            self._answer(429, {"message": "too many requests"}, {"Retry-After": today.retry_after} if today.retry_after else {})
        elif today.refuse:
            self._answer(today.refuse, {"message": "refused"}, {"Location": "http://elsewhere.example/"})
        else:
            self._rows(parts.path.rsplit("/", 1)[-1], parameters)

    def _rows(self, record: str, parameters: dict[str, str]) -> None:
        if record not in layout_files() and record not in self.source._rows:
            self._answer(404, {"message": "no such record"})
            return
        rows, total, following = self.source.page(record, parameters)
        wrap = self.source.behaviour.wrap
        document = wrap(rows, total, following) if wrap else {"data": {"rows": rows, "total": total, "next": following}}
        self._answer(200, document, cut=_one_of(self.source.behaviour, "cut"))

    def _answer(self, status: int, document: Any, headers: dict[str, str] | None = None, cut: bool = False) -> None:
        body = json.dumps(document, ensure_ascii=False).encode()
        body = body[: len(body) // 2] if cut else body
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def handle(self) -> None:
        try:
            super().handle()
        except ConnectionError:  # who asked has given up waiting
            return

    def log_message(self, format: str, *args: Any) -> None:
        return


def _one_of(behaviour: Behaviour, name: str) -> bool:
    """Whether this request is one of those that go wrong in this way; counts it."""
    left: int = getattr(behaviour, name)
    if left:
        setattr(behaviour, name, left - 1)
    return left > 0


def main() -> None:
    """Serve sample rows until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m puhui.county.sources", description=__doc__)
    parser.add_argument("--port", type=int, default=8099)
    parser.add_argument("--slow", type=float, default=0.0, metavar="SECONDS", help="before each answer")
    parser.add_argument("--errors", type=int, default=0, metavar="COUNT", help="so many answers are HTTP 500")
    parser.add_argument("--cut", type=int, default=0, metavar="COUNT", help="so many answers break off")
    parser.add_argument("--busy", type=int, default=0, metavar="COUNT", help="so many answers are HTTP 429, to come again in a second")
    parser.add_argument("--without", default="", metavar="HEADING", help="a field that rows have lost")
    chosen = parser.parse_args()
    behaviour = Behaviour(slow_seconds=chosen.slow, errors=chosen.errors, cut=chosen.cut, busy=chosen.busy, retry_after="1")
    if chosen.without:
        behaviour.reshape = lambda row: {name: value for name, value in row.items() if name != chosen.without}
    with SimulatedSource(behaviour, chosen.port) as source:
        print(f"export COUNTY_SIMULATOR_URL={source.address}", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print("ended")


if __name__ == "__main__":
    main()
