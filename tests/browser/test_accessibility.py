"""What readers with a keyboard, a screen reader or weak eyes need, on every main page in every language."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from tests.console.scenario import LANGUAGES

pytestmark = pytest.mark.browser

AUDIT = Path(__file__).with_name("audit.js").read_text(encoding="utf-8")


def everything(site: tuple[str, Any], visitor: Callable[..., Any], language: str) -> dict[str, list[str]]:
    """page → what is wrong with it; officers' pages at a desk's width, borrowers' at a phone's."""
    pages: dict[str, Any] = {}
    found = {}
    for name, (address, who) in site[1].addresses.items():
        who = f"borrower-{language}" if who.startswith("borrower") else who
        size = (390, 844) if who.startswith("borrower") else (1440, 900)
        page = pages.setdefault(who, None) or visitor(who, language, *size)
        pages[who] = page
        page.goto(address)
        expect(page.locator("[hx-trigger=load], .htmx-request")).to_have_count(0)  # parts that come after the page have come
        wrong = page.evaluate(AUDIT)
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            wrong.append("sticks out to the side")
        if wrong:
            found[name] = wrong
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page(language: str, site: tuple[str, Any], visitor: Callable[..., Any]) -> None:
    assert everything(site, visitor, language) == {}


def test_the_sign_in_and_the_errors(site: tuple[str, Any], chromium: Any) -> None:
    context = chromium.new_context(base_url=site[0], viewport={"width": 390, "height": 844})
    page = context.new_page()
    for address in ("/sign-in/", "/no-such-page/"):
        page.goto(address)
        assert page.evaluate(AUDIT) == [], address
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    context.close()


def test_the_keyboard_reaches_everything(visitor: Callable[..., Any]) -> None:
    """Tab goes to the way past the menu first, and every stop can be seen."""
    page = visitor("officer", "en")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"
    for _ in range(12):
        page.keyboard.press("Tab")
        style = page.evaluate("(() => { const s = getComputedStyle(document.activeElement); return [s.outlineStyle, s.boxShadow]; })()")
        assert style[0] != "none" or style[1] != "none"
