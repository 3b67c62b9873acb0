"""The whole way of a loan in a browser, in each language: a borrower on a phone, an officer, and a second person at the desk."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect
from tests.browser.walking import follow, leaving
from tests.console.scenario import LANGUAGES

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}
WORDS = {
    "en": {"queue": "Work queue", "offer": "Our offer", "loan": "My loan", "replayed": "the same answer", "signed": "You have signed"},
    "zh-hans": {"queue": "待办案件", "offer": "贷款方案", "loan": "我的贷款", "replayed": "结果完全一致", "signed": "您已签署"},
    "zh-hant": {"queue": "待辦案件", "offer": "貸款方案", "loan": "我的貸款", "replayed": "結果完全一致", "signed": "您已簽署"},
}


def fits(page: Any) -> None:
    """Nothing sticks out to the side."""
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url


def number_in(text: str) -> float:
    found = re.search(r"[\d,]+\.\d\d", text)
    assert found, text
    return float(found.group().replace(",", ""))


def tap(page: Any, selector: str) -> None:
    """Presses what a thumb can hit: at least 44 pixels high, and then waits for the page that follows."""
    target = page.locator(selector).first
    assert target.bounding_box()["height"] >= 44, selector
    follow(page, target)
    fits(page)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_loan_from_consent_to_closed(language: str, site: tuple[str, Any], visitor: Callable[..., Any]) -> None:
    _, scenario = site
    words = WORDS[language]
    borrower = visitor(f"borrower-{language}", language, **PHONE)
    contract = apply_and_sign(borrower, scenario.borrowers[language], words)
    pay_out(contract, language, visitor)
    repay(borrower, words)


def apply_and_sign(page: Any, user: Any, words: dict[str, str]) -> int:
    """Consent, application, offer, signature; returns the contract's number."""
    tap(page, 'a.btn-primary[href="/my/consent/"]')  # an invitation may stand above it
    assert page.url.endswith("/my/consent/")
    tap(page, "button.btn-primary")
    page.fill("#apply-amount", "3万")
    page.select_option("#apply-term", "12")
    tap(page, "button.btn-primary")
    assert page.locator(".state.ok").count() == 1
    tap(page, "a.btn-primary")
    assert words["offer"] in page.locator("h1").inner_text()
    rows = page.locator("table.facts td").all_inner_texts()
    total, cost = number_in(rows[0]), number_in(rows[1])
    assert total == pytest.approx(30_000 + cost)
    page.locator("details.panel summary").click()
    expect(page.locator("details.panel tbody")).to_be_visible()
    dues = page.locator("details.panel tbody tr td:last-child").all_inner_texts()
    assert len(dues) == 12
    assert sum(map(number_in, dues)) == pytest.approx(total), "what is paid in all is the sum of the payments shown"
    tap(page, "button[value=accept]")
    page.check("input[name=read]")
    page.fill("#sign-name", "somebody else")
    tap(page, "button.btn-primary")
    assert page.locator("[role=alert]").is_visible(), "another name is no signature"
    page.check("input[name=read]")
    page.fill("#sign-name", user.person.name)
    tap(page, "button.btn-primary")
    assert words["signed"] in page.locator(".note.ok").inner_text()
    return int(page.url.rstrip("/").split("/")[-1])


def pay_out(contract: int, language: str, visitor: Callable[..., Any]) -> None:
    """The officer signs and shows the conditions, the accountant checks them and lets the money go."""
    officer = visitor("officer", language)
    officer.goto(f"/payouts/{contract}/")
    follow(officer, "input[value=sign] ~ button")
    for _ in range(20):
        open_conditions = officer.locator("input[value=meet]")
        if not open_conditions.count():
            break
        form = officer.locator("form:has(input[value=meet])").first
        form.locator("input[name=evidence]").fill("seen")
        follow(officer, form.locator("button"))
    assert not officer.locator("input[value=clear]").count(), "whoever recorded the conditions cannot check them"
    accountant = visitor("accountant", language)
    accountant.goto(f"/payouts/{contract}/")
    for act in ("clear", "draw"):
        follow(accountant, f"input[value={act}] ~ button")
    follow(accountant, ".top-line a[href*='/loans/']")
    assert accountant.locator("[data-part=schedule] tbody tr").count() == 12
    fits(accountant)


def repay(page: Any, words: dict[str, str]) -> None:
    """A part, seen before it is paid; then all the rest."""
    page.goto("/my/")
    tap(page, "a.btn-primary")
    assert words["loan"] in page.locator("h1").inner_text()
    assert number_in(page.locator(".figure").inner_text()) == 30_000
    tap(page, ".thumb a.btn-primary")
    page.check("#pay-other")
    page.fill("#pay-amount", "10,000")
    tap(page, "button.btn-primary")
    promised = number_in(page.locator("table.facts td").nth(1).inner_text())
    tap(page, "button.btn-primary")
    assert number_in(page.locator(".figure").inner_text()) == promised == 20_000
    tap(page, ".thumb a.btn-primary")
    page.check("input[value=payoff]")
    tap(page, "button.btn-primary")
    tap(page, "button.btn-primary")
    assert number_in(page.locator(".figure").inner_text()) == 0
    assert not page.locator(".thumb a.btn-primary").count()


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_officer_works_the_queue_with_the_keyboard(language: str, visitor: Callable[..., Any]) -> None:
    words = WORDS[language]
    page = visitor("officer", language)
    assert words["queue"] in page.locator("h1").inner_text()
    rows = page.locator("tr[data-row]").count()
    assert rows >= 2
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(page.locator("tr[aria-selected=true]")).to_have_count(1)
    number = page.locator("tr[aria-selected=true] a[data-open]").inner_text()
    with leaving(page):
        page.keyboard.press("Enter")
    assert page.url.endswith(f"/cases/{number}/")
    assert page.locator("[data-part=limit] tr.bound").count() == 1, "one bound holds, and is shown"
    expect(page.locator(".chart-canvas canvas")).to_have_count(1)
    follow(page, page.locator("a[href*='/decisions/']").first)
    assert page.locator("ol.stages > li").count() == 7
    page.locator("form[hx-post*=replay] button").click()
    expect(page.locator("#replay .note.ok")).to_contain_text(words["replayed"])
    page.goto(f"/cases/{number}/")
    page.fill("#review-reason", "The orders cannot be shown.")
    follow(page, "button[value=refuse]")
    assert "The orders cannot be shown." in page.locator("#review").inner_text()
    page.goto("/queue/")
    assert page.locator("tr[data-row]").count() == rows - 1


def test_a_filter_needs_no_full_reload(visitor: Callable[..., Any]) -> None:
    """Typing filters the list in place: the page's own objects survive, the address can be kept."""
    page = visitor("officer", "en")
    page.goto("/queue/?status=all")
    page.evaluate("window.stillHere = true")
    firm = page.locator("tr[data-row] td:nth-child(2)").first.inner_text()
    page.fill("#filter-text", firm)
    expect(page.locator("tr[data-row]")).to_have_count(1)
    assert page.evaluate("window.stillHere")
    page.wait_for_url(lambda url: "text=" in url)
    page.reload()
    assert page.locator("tr[data-row]").count() == 1


def test_pages_can_be_read_without_scripts(site: tuple[str, Any], visitor: Callable[..., Any]) -> None:
    """The figures of every chart stand there as a table, and the partners have a page of their own."""
    page = visitor("officer", "zh-hans", scripts=False)
    page.goto("/portfolio/")
    assert page.locator("figure.chart table").first.is_visible()
    page.goto("/firms/")
    follow(page, page.locator("tr[data-row] a[data-open]").first)
    assert page.locator("figure.chart table").first.is_visible()
    follow(page, "a[href$='/partners/']")
    assert page.locator("#partners table").count() == 2


def test_the_language_can_be_changed_on_any_page(visitor: Callable[..., Any]) -> None:
    page = visitor("risk", "en")
    page.goto("/models/")
    for code, word in (("zh-hans", "模型"), ("zh-hant", "模型"), ("en", "Models")):
        follow(page, f".languages button[value={code}]")
        assert page.url.endswith("/models/")
        assert page.locator("h1").inner_text() == word
        assert page.locator(f".languages button[value={code}]").get_attribute("aria-pressed") == "true"
