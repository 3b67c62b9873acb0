"""No page is wider than the window of a phone: what is wide moves sideways in its own box, never the page under the thumb."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect
from tests.console.test_access import page_of

pytestmark = pytest.mark.browser

STAFF_WIDTH, BORROWER_WIDTH = 390, 360  # px; borrowers' phones are the smaller ones
WIDER = """() => {
  const page = document.scrollingElement;
  if (page.scrollWidth <= innerWidth) return null;
  const out = Array.from(document.querySelectorAll("main *"))
    .filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".scroll-x, .scroll-y, .panel.flush, .paper, nav"));
  return page.scrollWidth + " px: " + out.slice(0, 3).map((e) => e.tagName + "." + e.className).join(", ");
}"""


@pytest.mark.parametrize("language", ["zh-hans", "en"])  # English words are the longer ones
def test_every_page_of_the_access_matrix_fits_a_phone(language: str, site: tuple[str, Any], visitor: Callable[..., Any]) -> None:
    from puhui.console.access import READERS

    addresses = site[1].addresses
    assert set(READERS) <= {page_of(name) for name in addresses}, "a page of the matrix that nobody looks at on a phone"
    pages: dict[str, Any] = {}
    wider = {}
    for name, (address, who) in addresses.items():
        borrows = who.startswith("borrower")
        who = f"borrower-{language}" if borrows else who
        page = pages.get(who) or visitor(who, language, BORROWER_WIDTH if borrows else STAFF_WIDTH, 800)
        pages[who] = page
        page.goto(address)
        expect(page.locator("[hx-trigger=load], .htmx-request")).to_have_count(0)  # parts that come after the page have come
        if told := page.evaluate(WIDER):
            wider[name] = told
    assert wider == {}
