"""A small TCP proxy before the database, which cuts a connection at the worst moment: when the client commits.

Once told to, it waits for a message of the client that holds some bytes (COMMIT, say) and then either drops it, so that nothing is
committed, or hands it on and drops the answer, so that all is committed and the client does not know.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import Literal

CHUNK = 1 << 16


class CuttingProxy:
    """Listens on a port of this machine, and leads to a server's socket."""

    def __init__(self, server: Path) -> None:
        self.server = server
        self.cuts = 0
        self._needle: bytes | None = None
        self._when: Literal["before", "after"] = "before"
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        """Where clients connect."""
        return int(self._listener.getsockname()[1])

    def cut_at(self, needle: bytes, when: Literal["before", "after"]) -> None:
        """Cut once, at the next message with these bytes: before the server gets it, or after and before the client gets the answer."""
        self._needle, self._when = needle, when

    def close(self) -> None:
        """No new connections."""
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                upstream = socket.socket(socket.AF_UNIX)
                upstream.connect(str(self.server))
                cut = threading.Event()
                threading.Thread(target=self._to_server, args=(client, upstream, cut), daemon=True).start()
                threading.Thread(target=self._to_client, args=(upstream, client, cut), daemon=True).start()

    def _to_server(self, client: socket.socket, upstream: socket.socket, cut: threading.Event) -> None:
        with suppress(OSError):
            while message := client.recv(CHUNK):
                if self._needle is not None and self._needle in message:
                    self._needle = None
                    self.cuts += 1
                    cut.set()
                    if self._when == "after":
                        upstream.sendall(message)  # its answer is read and dropped
                    client.shutdown(socket.SHUT_RDWR)
                    break
                upstream.sendall(message)
        if not cut.is_set() or self._when == "before":
            with suppress(OSError):
                upstream.shutdown(socket.SHUT_RDWR)

    def _to_client(self, upstream: socket.socket, client: socket.socket, cut: threading.Event) -> None:
        with suppress(OSError):
            while answer := upstream.recv(CHUNK):
                if cut.is_set():
                    break  # the server has answered: it is done there
                client.sendall(answer)
        for each in (upstream, client):
            with suppress(OSError):
                each.close()
