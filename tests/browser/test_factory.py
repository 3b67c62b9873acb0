"""The factory in a browser: questions answered on the case, a campaign from a list, duties, figures, keys."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.browser.walking import follow, leaving

pytestmark = pytest.mark.browser


def picture(page: Any, name: str) -> None:
    """Kept to be looked at where PICTURES_FOLDER names a folder."""
    if folder := os.environ.get("PICTURES_FOLDER"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=False)


def test_questions_are_answered_on_the_case(site: tuple[str, Any], visitor: Callable[..., Any]) -> None:
    page = visitor("officer", "zh-hans")
    page.goto("/queue/")
    picture(page, "queue")
    page.keyboard.press("j")
    with leaving(page):
        page.keyboard.press("Enter")
    assert "/cases/" in page.url
    picture(page, "case")
    waiting = page.locator("#questions details[open] input[type=text], #questions details[open] input:not([type])")
    count = waiting.count()
    for number in range(count):
        waiting.nth(number).fill("已电话核实")
    if count:
        follow(page, page.locator("#questions button.btn-quiet").last)
        assert page.locator("#questions .state.ok").count() >= count
        assert page.locator("#questions details[open]").count() == 0
    picture(page, "case-answered")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_filter_is_kept_under_a_name(site: tuple[str, Any], visitor: Callable[..., Any]) -> None:
    page = visitor("officer", "en", scripts=False)
    page.goto("/queue/?status=all&order=amount")
    page.fill("#filter-name", "Large ones")
    follow(page, page.get_by_role("button", name="Keep this filter"))
    follow(page, page.get_by_role("link", name="Large ones"))
    assert "order=amount" in page.url
    follow(page, page.get_by_role("button", name="Forget Large ones"))
    assert page.get_by_role("link", name="Large ones").count() == 0


def test_a_campaign_from_a_list(site: tuple[str, Any], visitor: Callable[..., Any], tmp_path: Path) -> None:
    officer = visitor("officer", "en", scripts=False)
    officer.goto("/firms/")
    names = officer.locator("table.ledger tbody a").all_inner_texts()[:6]
    officer.goto("/campaigns/")
    bad, good = tmp_path / "bad.csv", tmp_path / "good.csv"
    bad.write_text("name\nNobody at all\n", encoding="utf-8")
    good.write_text("\n".join(["name,amount", *(f"{name},50000" for name in names)]), encoding="utf-8")
    for path, is_good in ((bad, False), (good, True)):
        for field, value in (("name", "Spring"), ("months", "12"), ("amount", "50,000"), ("budget", "150,000"), ("expires", "2025-06-30")):
            officer.fill(f"#c-{field}", value)
        officer.select_option("#c-product", "invoice-working-capital")
        officer.set_input_files("#c-file", path)
        follow(officer, officer.get_by_role("button", name="Read and screen the list"))
        assert (officer.locator("[role=alert]").count() == 0) == is_good
    assert officer.locator("tbody tr").count() == len(names)
    assert officer.get_by_role("button", name="Release offers and invitations").count() == 0  # the maker does not release
    approver = visitor("approver", "zh-hant", scripts=False)
    approver.goto(officer.url)
    follow(approver, "form button.btn-primary")
    picture(approver, "campaign")
    assert approver.locator(".page-head .state.ok").count() == 1
    officer.goto("/campaigns/")
    picture(officer, "campaigns")


def test_duties_committee_and_figures(site: tuple[str, Any], visitor: Callable[..., Any]) -> None:
    _, scenario = site
    officer = visitor("officer", "en", scripts=False)
    officer.goto("/duties/")
    day = scenario.institution.business_date.isoformat()
    officer.fill("#d-from", day)
    officer.fill("#d-to", day)
    officer.fill("#d-reason", "Training")
    follow(officer, officer.get_by_role("button", name="Ask for this delegation"))
    assert officer.locator("[role=alert]").count() == 0
    assert officer.locator(".state.watch").count() == 1
    picture(officer, "duties")
    risk = visitor("risk", "zh-hans")
    for name, address in (("committee", "/committee/"), ("sitting", f"/cases/{scenario.waiting[-1]}/committee/"), ("factory", "/factory/")):
        risk.goto(address)
        picture(risk, name)
        assert risk.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
    with risk.expect_download() as loaded:
        risk.locator("a[href$='file.xlsx']").click()
    assert Path(loaded.value.path()).read_bytes()[:2] == b"PK"
