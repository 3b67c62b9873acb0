"""A document beside its picture in a browser: the field in hand is marked on the page, checks are seen again, then it is taken in."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from tests.browser.walking import follow, leaving
from tests.evidence.papers import invoice_pdf

pytestmark = pytest.mark.browser


def picture(page: Any, name: str) -> None:
    """Kept to be looked at where PICTURES_FOLDER names a folder."""
    if folder := os.environ.get("PICTURES_FOLDER"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=False)


def upload(page: Any, path: Path) -> str:
    """Import a document of the first firm as the page of firms shows it; its address."""
    page.goto("/firms/")
    firm = page.locator("table.ledger tbody a").first
    name, number = firm.inner_text(), firm.get_attribute("href").strip("/").split("/")[-1]
    path.write_bytes(invoice_pdf(name, day="", total="1160.00"))
    page.goto("/evidence/")
    page.set_input_files("#upload-file", path)
    page.fill("#upload-firm", number)
    follow(page, "form[enctype] button.btn-primary")
    assert "/evidence/documents/" in page.url
    return str(page.url)


def test_a_scan_is_corrected_beside_its_picture(site: tuple[str, Any], visitor: Callable[..., Any], tmp_path: Path) -> None:
    page = visitor("officer", "zh-hans")
    address = upload(page, tmp_path / "invoice.pdf")
    assert page.locator("#paper img").evaluate("image => image.decode().then(() => image.naturalWidth)") > 1000
    failing = page.locator("#checks .state.late")
    assert failing.count() == 2
    total = page.locator("[data-field=total]")
    total.focus()
    place = page.locator("rect[data-place=total]")
    expect(place).to_have_class(re.compile("chosen"))
    box, paper = place.bounding_box(), page.locator("#paper figure").bounding_box()
    assert 0.6 < (box["x"] - paper["x"]) / paper["width"] < 0.75, "the mark lies where the total stands"
    assert 0.68 < (box["y"] - paper["y"]) / paper["height"] < 0.8
    page.locator("rect[data-place=number]").click()
    expect(page.locator("[data-field=number]")).to_be_focused()
    picture(page, "paper")
    total.fill("1060.00")
    page.locator("[data-field=issued_on]").fill("2024-11-01")
    with leaving(page):
        total.press("Enter")  # checks again, and takes nothing in
    assert page.locator("#checks .state.late").count() == 0 and page.locator("[data-field=total]").input_value() == "1060.00"
    phone = visitor("officer", "zh-hant", width=390, height=844)
    phone.goto(address)
    assert phone.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert phone.locator("#paper").bounding_box()["height"] <= 0.43 * 844
    picture(phone, "paper-phone")
    follow(page, "button[value=confirm]")
    assert page.locator(".note .state.ok").count() == 1 and page.locator("button[value=confirm]").count() == 0
