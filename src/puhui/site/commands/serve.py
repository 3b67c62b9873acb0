"""`puhui serve`: the console, with its database."""

from __future__ import annotations

from typing import Annotated

import typer

from puhui.site.commands import support

app = typer.Typer()


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; default: PUHUI_HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; default: PUHUI_PORT.")] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that answer requests.")] = 1,
) -> None:
    """Bring the tables up to date and serve the console until interrupted.

    Example: puhui serve --port 8000
    """
    configuration = support.start_django()
    from puhui.site import translations

    translations.compile_stale()
    listen(host or configuration.host, port or configuration.port, workers)


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
