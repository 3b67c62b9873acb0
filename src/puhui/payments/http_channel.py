"""A channel over HTTP with JSON: the client for Puhui, and the simulated bank as a small server for tests and demonstrations.

    POST /payments           an instruction         → an answer
    GET  /payments/REF                              → an answer
    POST /payments/REF/cancel                       → an answer
    GET  /statements/ACCOUNT/DAY                    → camt.053
Anything that is not an answer (no connection, a status other than 200, text that is no JSON, too much of it) is a ChannelError: it
says nothing about the payment.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote, unquote
from urllib.request import Request, urlopen

from puhui.payments.channel import Answer, ChannelError, Instruction, answer_from, instruction_from
from puhui.payments.simulator import SimulatedBank

__all__ = ["HttpChannel", "serving"]

LARGEST_ANSWER_BYTES = 20_000_000


@dataclass(frozen=True, slots=True)
class HttpChannel:
    """Implements `Channel`. Raises ChannelError for whatever is not an answer."""

    address: str
    timeout_seconds: float = 10.0
    refuses_duplicates: bool = True

    def send(self, instruction: Instruction) -> Answer:
        return answer_from(self._json("POST", "/payments", asdict(instruction)))

    def query(self, reference: str) -> Answer:
        return answer_from(self._json("GET", f"/payments/{quote(reference, safe='')}"))

    def cancel(self, reference: str) -> Answer:
        return answer_from(self._json("POST", f"/payments/{quote(reference, safe='')}/cancel", {}))

    def statement(self, account: str, day: date) -> bytes:
        return self._bytes("GET", f"/statements/{quote(account, safe='')}/{day}", None)

    def _json(self, method: str, path: str, body: dict[str, Any] | None = None) -> object:
        raw = self._bytes(method, path, body)
        try:
            return json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise ChannelError(f"an answer that is no JSON: {raw[:80]!r}") from error

    def _bytes(self, method: str, path: str, body: dict[str, Any] | None) -> bytes:
        if not self.address.startswith(("http://", "https://")):
            raise ChannelError(f"an address that is not of the web: {self.address}")
        data = None if body is None else json.dumps(body).encode()
        request = Request(self.address + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urlopen(request, timeout=self.timeout_seconds) as answer:
                raw: bytes = answer.read(LARGEST_ANSWER_BYTES + 1)
        except (OSError, HTTPException) as error:
            raise ChannelError(str(error)) from error
        if len(raw) > LARGEST_ANSWER_BYTES:
            raise ChannelError(f"an answer of more than {LARGEST_ANSWER_BYTES} bytes")
        return raw


@contextmanager
def serving(bank: SimulatedBank, port: int = 0) -> Iterator[str]:
    """The simulated bank as a server on this machine; yields its address and stops it at the end. One request at a time."""
    lock = threading.Lock()

    class Handler(_Handler):
        simulated = bank
        one_at_a_time = lock

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    simulated: SimulatedBank
    one_at_a_time: threading.Lock

    def do_GET(self) -> None:
        parts = [unquote(part) for part in self.path.strip("/").split("/")]
        with self.one_at_a_time:
            if len(parts) == 2 and parts[0] == "payments":
                self._answer(lambda: self.simulated.query(parts[1]))
            elif len(parts) == 3 and parts[0] == "statements":
                self._reply(200, self.simulated.statement(parts[1], date.fromisoformat(parts[2])), "application/xml")
            else:
                self._reply(404, b"")

    def do_POST(self) -> None:
        parts = [unquote(part) for part in self.path.strip("/").split("/")]
        body = json.loads(self.rfile.read(min(int(self.headers.get("Content-Length") or 0), 100_000)) or b"{}")
        with self.one_at_a_time:
            if parts == ["payments"]:
                self._answer(lambda: self.simulated.send(instruction_from(body)))
            elif len(parts) == 3 and parts[0] == "payments" and parts[2] == "cancel":
                self._answer(lambda: self.simulated.cancel(parts[1]))
            else:
                self._reply(404, b"")

    def _answer(self, work: Any) -> None:
        try:
            self._reply(200, json.dumps(work().as_dict()).encode())
        except ChannelError:
            self.close_connection = True  # the bank says nothing: the connection ends without an answer

    def _reply(self, status: int, body: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Tests and demonstrations read no log."""
