"""`puhui serve`: the console, with its database."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Annotated

import typer

from puhui.site.commands import support

app = typer.Typer()
SEND_EVERY_SECONDS = 60.0


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; default: PUHUI_HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; default: PUHUI_PORT.")] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that answer requests.")] = 1,
) -> None:
    """Bring the tables up to date and serve the console until interrupted. Payment orders go out meanwhile where PUHUI_BANKS names a bank.

    Example: puhui serve --port 8000
    """
    from puhui.site import translations

    translations.compile_stale()  # before Django is set up, which reads words and keeps them
    configuration = support.start_django()
    with _sending(dict(configuration.banks)):
        listen(host or configuration.host, port or configuration.port, workers)


def _send(banks: Mapping[str, str]) -> None:
    """Send until this process is ended, or whoever started it is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is heard by whoever started it
    parent = os.getppid()
    support.start_django(migrate=False)
    from puhui.payments.sending import send_for_ever

    def wait() -> bool:
        time.sleep(SEND_EVERY_SECONDS)
        return os.getppid() == parent

    send_for_ever(banks, wait)


@contextmanager
def _sending(banks: Mapping[str, str], send: Callable[[Mapping[str, str]], None] = _send) -> Iterator[None]:
    """Payments are sent meanwhile, by a process of its own; by none where no bank is named."""
    if not banks:
        yield
        return
    process = get_context("spawn").Process(target=send, args=(banks,), daemon=True)
    process.start()
    try:
        yield
    finally:
        process.terminate()
        process.join(10)


def listen(host: str, port: int, workers: int = 1) -> None:
    """Serve until interrupted. Each worker holds the embedded server for as long as it lives."""
    import socket

    from granian import Granian
    from granian.constants import Interfaces

    with socket.socket() as probe:
        if probe.connect_ex((host, port)) == 0:
            support.fail(f"port {port} on {host}: found in use, expected free. Name another: --port {port + 1}")
    shown = f"[{host}]" if ":" in host else host
    typer.echo(f"Puhui is at http://{shown}:{port}/  (Ctrl-C ends it)")
    Granian(
        "puhui.site.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=4,
        log_access=False,
    ).serve()
