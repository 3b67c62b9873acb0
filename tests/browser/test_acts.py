"""Acts in a browser, without scripts: figures that open, a preview, a request that waits, and the second person who agrees."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect
from tests.browser.walking import follow

pytestmark = pytest.mark.browser


def amount(text: str) -> int:
    return int(text.replace(",", "").replace(".", "").replace("−", "-"))


def test_a_fee_is_charged_by_two_persons_without_scripts(site: tuple[str, Any], visitor: Callable[..., Any]) -> None:
    _, scenario = site
    loan = scenario.life.maturing.pk
    officer = visitor("officer", "zh-hans", scripts=False)
    officer.goto(f"/loans/{loan}/")
    officer.locator("#why-principal > summary").click()
    expect(officer.locator("#why-principal .sums")).to_be_visible()
    follow(officer, f"a[href='/acts/loan/{loan}/charge/']")
    officer.fill("#act-amount_fen", "1,200")
    officer.select_option("#act-kind", "fee")
    officer.fill("#act-reason", "评估费")
    follow(officer, ".panel > form button")
    rows = officer.locator("#preview .preview-loan").first.locator("tr.total td").all_inner_texts()
    assert amount(rows[2]) == 120_000 and amount(rows[1]) - amount(rows[0]) == 120_000
    follow(officer, "#preview .do-act button")
    assert "/acts/" in officer.url and officer.locator(".page-head .state.watch").count() == 1
    asked = officer.url
    approver = visitor("approver", "zh-hant", scripts=False)
    approver.goto("/acts/")
    assert approver.locator(f"a[data-open][href='{asked[asked.index('/acts/') :]}']").count() == 1
    approver.goto(asked)
    follow(approver, "button.btn-primary")
    assert approver.url.endswith("/acts/")
    officer.goto(f"/loans/{loan}/")
    assert officer.locator("tr[id^=event-]").last.locator("td").nth(2).inner_text() == "1,200.00"


def test_a_past_day_is_one_form_away(site: tuple[str, Any], visitor: Callable[..., Any]) -> None:
    _, scenario = site
    page = visitor("risk", "en")
    page.goto(f"/loans/{scenario.life.late.pk}/")
    page.fill("#as-of", "2025-01-18")
    follow(page, ".as-of button")
    assert page.locator("#why-principal .why-amount").inner_text() == "117,435.00"
    follow(page, "a[href*='known=then']")
    assert page.locator("#why-principal .why-amount").inner_text() == "120,000.00"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_loan_stands_on_one_screen(site: tuple[str, Any], visitor: Callable[..., Any]) -> None:
    """At 1440 × 900: what is owed and why, the class with its clocks, the acts, and the head of the schedule, without scrolling."""
    _, scenario = site
    for language in ("en", "zh-hans", "zh-hant"):
        page = visitor("officer", language)
        page.goto(f"/loans/{scenario.life.late.pk}/")
        for selector in ("#why-closing", ".forecast", "dl.acts", "#repay-amount", "[data-part=schedule] thead"):
            box = page.locator(selector).first.bounding_box()
            assert box["y"] + box["height"] <= 900, (language, selector)
