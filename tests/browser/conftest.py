"""A site on the scenario's data in a thread of this process, and the system's Chromium to look at it with."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from tests.browser.browsers import ARGUMENTS, BROWSERS
from tests.browser.walking import PATIENCE_MS, follow, unawaited, watch
from tests.console.conftest import scenario_copy, use_database
from tests.console.scenario import PASSWORD
from tests.console.test_queries import addresses


@pytest.fixture(scope="package")
def site(server: Any) -> Iterator[tuple[str, Any]]:
    """Address of a running site, and the scenario that it shows."""
    from django.core.handlers.wsgi import WSGIHandler
    from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

    from puhui.site import embedded

    class Quiet(WSGIRequestHandler):
        def log_message(self, format: str, *arguments: Any) -> None:
            return None

    name = f"browser_{uuid4().hex[:12]}"
    scenario = scenario_copy(server, name)
    scenario.addresses = addresses(scenario)  # asked for now: while a browser runs, this thread may not ask the database
    httpd = ThreadedWSGIServer(("127.0.0.1", 0), Quiet)
    httpd.daemon_threads = False
    httpd.set_app(WSGIHandler())
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_port}", scenario
    httpd.shutdown()
    httpd.server_close()  # waits for the requests under way: each holds a connection to the database
    thread.join()
    use_database(embedded.DATABASE)
    server.drop_database(name)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Any]:
    """The system's Chromium; nothing is downloaded."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MS)
    path = next((found for found in map(shutil.which, BROWSERS) if found), None)
    if path is None:
        pytest.skip("no Chromium: install the package chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def visitor(site: tuple[str, Any], chromium: Any) -> Iterator[Callable[..., Any]]:
    """Makes a page signed in as somebody, in a language and a size.

    What a page complains of in its console fails the test, and so does a page that was left without waiting for the next.
    """
    address, _ = site
    contexts, pages, complaints = [], [], []

    def make(username: str, language: str, width: int = 1440, height: int = 900, scripts: bool = True) -> Any:
        locale = {"en": "en-GB", "zh-hans": "zh-CN", "zh-hant": "zh-TW"}[language]
        context = chromium.new_context(
            base_url=address,
            viewport={"width": width, "height": height},
            locale=locale,
            reduced_motion="reduce",
            java_script_enabled=scripts,
        )
        context.add_cookies([{"name": "django_language", "value": language, "url": address}])
        contexts.append(context)
        context.route("**/*", lambda route: route.continue_() if route.request.url.startswith((address, "data:")) else _elsewhere(route))
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        watch(page)
        pages.append(page)
        page.on("console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto("/sign-in/")
        page.fill("#id_username", username)
        page.fill("#id_password", PASSWORD)
        follow(page, "form[data-once] button")
        assert "/sign-in/" not in page.url, username
        return page

    def _elsewhere(route: Any) -> None:
        complaints.append(f"asked for {route.request.url}")
        route.abort()

    yield make
    for page in pages:
        complaints.extend(unawaited(page))
    for context in contexts:
        context.close()
    # A form that was refused is answered 422 on purpose, and the browser says so.
    assert [text for text in complaints if "422" not in text] == []
