"""One question over HTTP, and its answer: within a time, not larger than a size, from the place that was asked and no other.

Redirects are not followed: the question names a firm and carries a key of access, and nobody agreed that they go elsewhere.
"""

from __future__ import annotations

import http.client
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

CHUNK_BYTES = 1 << 16
LARGEST_ANSWER_BYTES = 64 << 20


class NoAnswerError(Exception):
    """Nothing usable came back, and asking again may help: refused, broken off, or too late."""


class UntrustedError(Exception):
    """Who answered could not show that it is who was asked: nothing was told to it, and asking again does not help."""


@dataclass(frozen=True)
class Answer:
    """`headers` by lower-case name; `too_large`: there was more than may be read, and `body` is only its beginning."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    too_large: bool = False


def get(url: str, headers: Mapping[str, str], timeout_seconds: float) -> Answer:
    """Ask once, all of it within `timeout_seconds`. Raises `NoAnswerError`, or `UntrustedError` by https."""
    parts = urlsplit(url)
    ends_at = time.monotonic() + timeout_seconds
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=timeout_seconds)
    try:
        connection.request("GET", parts.path + (f"?{parts.query}" if parts.query else ""), headers=dict(headers))
        response = connection.getresponse()
        body, too_large = _body(response, connection, ends_at)
        found = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, found, body, too_large)
    except TimeoutError as error:
        raise NoAnswerError(f"no whole answer within {timeout_seconds:g} seconds") from error
    except ssl.SSLCertVerificationError as error:
        raise UntrustedError(f"a certificate that is not trusted ({error.verify_message})") from error
    except (OSError, UnicodeError, http.client.HTTPException) as error:
        raise NoAnswerError(f"no connection or one that broke off ({type(error).__name__}: {error})") from error
    finally:
        connection.close()


def _body(response: http.client.HTTPResponse, connection: http.client.HTTPConnection, ends_at: float) -> tuple[bytes, bool]:
    """What the answer holds, piece by piece as it comes, so that one that drips for ever ends in time."""
    pieces: list[bytes] = []
    size = 0
    while True:
        left = ends_at - time.monotonic()
        if left <= 0:
            raise TimeoutError
        if connection.sock is not None:  # handed to the response where the server closes after it
            connection.sock.settimeout(left)
        piece = response.read1(CHUNK_BYTES)
        if not piece:
            return b"".join(pieces), False
        pieces.append(piece)
        size += len(piece)
        if size > LARGEST_ANSWER_BYTES:
            return b"".join(pieces), True
