"""Ask a source politely and patiently: not faster than it bears, again when that may help, and not at all while its breaker is open.

Asked again: no connection, no answer in time, an error of the server (5xx), an answer that breaks off. The waits grow, and a random part
is taken off each so that many programs do not come back at the same moment. A source that says "too many" (429) is asked again when it
says so. Not asked again: what the source refuses (4xx), where it sends us elsewhere (3xx), whose certificate is not trusted; only a person
can mend that.
"""

from __future__ import annotations

import datetime as dt
import json
import random
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from puhui.calculations.faults import Fault, FaultsError
from puhui.evidence.pulling.breaker import Breaker
from puhui.evidence.pulling.sources import Source
from puhui.evidence.pulling.transport import Answer, NoAnswerError, UntrustedError, get
from puhui.evidence.reading.faults import shown
from puhui.evidence.reading.knowing import LOCAL

SHOWN_BODY_BYTES = 200


class SourceError(FaultsError):
    """A source gave nothing that could be used. `kind`: open (its breaker), silent (failed too often), busy, refused, or changed."""

    def __init__(self, kind: str, faults: Iterable[Fault]) -> None:
        super().__init__(faults)
        self.kind = kind


def failure(kind: str, where: str, found: str, expected: str, remedy: str) -> SourceError:
    """A `SourceError` with one fault, to be raised by the caller."""
    return SourceError(kind, [Fault(where, found, expected, remedy)])


class Digits(str):
    """A number of a JSON document, as it was written: no cent is lost to a float."""


@dataclass(frozen=True)
class Clock:
    """Time as the client sees it: the moment (UTC), seconds that only grow, waiting, and chance between 0 and 1."""

    now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)
    seconds: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random


@dataclass
class Client:
    """Questions to one source for one pull; `requests` and `waited_seconds` count what it took."""

    source: Source
    address: str
    headers: Mapping[str, str]
    breaker: Breaker
    clock: Clock = Clock()
    requests: int = 0
    waited_seconds: float = 0.0
    _asked_at: float | None = field(default=None, repr=False)

    def document(self, path: str, parameters: Mapping[str, str]) -> Any:
        """The JSON document that a path answers. Raises `SourceError`; what can be waited for has been waited for."""
        url = self.address + quote(path, safe="/%") + (f"?{urlencode(parameters)}" if parameters else "")
        place = f"source {self.source.name}, {path}"
        reason = ""
        for attempt in range(self.source.patience.retries + 1):
            self.refuse_while_open(place, reason)
            try:
                answer = self._ask(url)
                document = self._read(answer, place)
                self.breaker.answered()
                return document
            except _BusyError as busy:
                self.breaker.answered()
                reason, wait = "HTTP 429: too many requests", self._wait_asked_for(busy.answer, place, attempt)
            except NoAnswerError as error:
                reason, wait = str(error), self._wait(attempt)
                self.breaker.failed(self.clock.now())
            if attempt < self.source.patience.retries and self.breaker.closed_at(self.clock.now()):
                self._pause(wait)
        self.refuse_while_open(place, reason)
        kind = "busy" if reason.startswith("HTTP 429") else "silent"
        found = f"{self.source.patience.retries + 1} failures, the last: {reason}"
        raise failure(kind, place, found, "an answer", "Try again later; if it lasts, ask those who run the source.")

    def refuse_while_open(self, place: str, reason: str = "") -> None:
        """Raise `SourceError` while the breaker is open; `reason` is the last failure, where it is known."""
        until = self.breaker.open_until
        if until is not None and not self.breaker.closed_at(self.clock.now()):
            last = f", the last: {reason}" if reason else ""
            found = f"{self.breaker.failures} failures one after the other{last}; the breaker is open until {_local(until)}"
            raise failure("open", place, found, "a source that answers", "Nothing is asked before then. Pull again afterwards.")

    def _ask(self, url: str) -> Answer:
        """One request, not sooner after the last than the rate allows. Raises `NoAnswerError`, or `SourceError` where nobody is trusted."""
        patience = self.source.patience
        if self._asked_at is not None:
            early = self._asked_at + 1 / patience.requests_per_second - self.clock.seconds()
            if early > 0:
                self._pause(early)
        self._asked_at = self.clock.seconds()
        self.requests += 1
        try:
            return get(url, self.headers, patience.timeout_seconds)
        except UntrustedError as error:
            remedy = "Look at the address of the source, and at the certificates of this machine."
            raise failure("refused", f"source {self.source.name}", str(error), "the certificate of the source", remedy) from error

    def _read(self, answer: Answer, place: str) -> Any:
        """The document of an answer. Raises `NoAnswerError` or `_BusyError` where to ask again may help, else `SourceError`."""
        if answer.status == 429:
            raise _BusyError(answer)
        if answer.status >= 500:
            raise NoAnswerError(f"HTTP {answer.status}")
        if answer.status != 200:
            self.breaker.answered()
            raise _refusal(answer, place)
        if answer.too_large:
            remedy = "Ask for smaller pages: [paging] size."
            raise failure("changed", place, f"an answer of more than {len(answer.body):,} bytes", "a page of rows", remedy)
        try:
            return json.loads(answer.body, parse_float=Digits, parse_int=Digits, parse_constant=Digits, object_pairs_hook=_pairs)
        except (ValueError, RecursionError) as error:
            begins = shown(answer.body[:SHOWN_BODY_BYTES].decode("utf-8", "replace"))
            raise NoAnswerError(f"{len(answer.body):,} bytes that are no whole JSON document ({error}): {begins}") from error

    def _wait(self, attempt: int) -> float:
        patience = self.source.patience
        longest = min(patience.longest_wait_seconds, patience.first_wait_seconds * 2.0**attempt)
        return longest * (1 - patience.jitter * self.clock.chance())

    def _wait_asked_for(self, answer: Answer, place: str, attempt: int) -> float:
        """As long as the source says. Raises `SourceError` where that is longer than anybody would sit and wait."""
        asked = _retry_after(answer.headers.get("retry-after", ""), self.clock.now())
        if asked is None:
            return self._wait(attempt)
        if asked > self.source.patience.longest_wait_seconds:
            again = self.clock.now() + dt.timedelta(seconds=asked)
            found = f"HTTP 429: too many requests, none before {_local(again)}"
            expected = f"a wait of at most {self.source.patience.longest_wait_seconds:g} seconds"
            raise failure("busy", place, found, expected, "Pull again then.")
        return asked

    def _pause(self, seconds: float) -> None:
        self.waited_seconds += seconds
        self.clock.sleep(seconds)


class _BusyError(Exception):
    """The source asks to be left alone for a while."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


def _refusal(answer: Answer, place: str) -> SourceError:
    if 300 <= answer.status < 400:
        found = f"HTTP {answer.status}: sent on to {shown(answer.headers.get('location', ''))}"
        return failure("refused", place, found, "an answer from the place that was asked", "Correct the address of the source.")
    body = shown(answer.body[:SHOWN_BODY_BYTES].decode("utf-8", "replace").strip())
    remedy = {
        401: "Look at the key of access (token_from).",
        403: "Look at the key of access (token_from), and whether the source knows of the consent.",
        404: "Look at base_url and path, and whether the source knows the firm.",
    }.get(answer.status, "Ask those who run the source what is wrong with the question.")
    return failure("refused", place, f"HTTP {answer.status}: {body}", "HTTP 200 with rows", remedy)


def _local(moment: dt.datetime) -> str:
    """A moment on the clock of those who read the message."""
    return f"{moment.astimezone(ZoneInfo(LOCAL)):%Y-%m-%d %H:%M:%S} ({LOCAL})"


def _retry_after(text: str, now: dt.datetime) -> float | None:
    """Seconds to wait by a Retry-After header, which holds seconds or a moment; None where it says nothing that can be read."""
    if text.strip().isdecimal():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return max(0.0, (moment - now).total_seconds())


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object names one field twice")
    return found
