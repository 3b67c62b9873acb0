"""Takes the pictures under docs/pictures from a running demonstration, to be looked at.

    puhui demo &
    python -m tests.browser.pictures http://127.0.0.1:8000 docs/pictures

Officers' pages are 1440 × 900, borrowers' and those an officer opens on the way 390 × 844; the three languages take turns. What the
demonstration has none of, a comparison in the lab and a training, is made first by the risk manager, on the pages themselves.
"""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from tests.browser.browsers import ARGUMENTS, BROWSERS
from tests.browser.walking import follow
from tests.scoring.conftest import loans

PASSWORD = "puhui-demo"
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
LOCALES = {"en": "en-GB", "zh-hans": "zh-CN", "zh-hant": "zh-TW"}
#: picture → (who, language, first address, links to follow from there)
DESK_PICTURES: dict[str, tuple[str, str, str, tuple[str, ...]]] = {
    "queue": ("officer", "zh-hans", "/queue/", ()),
    "case": ("officer", "zh-hans", "/queue/", ("tr[data-row] a[data-open]",)),
    "case-english": ("approver", "en", "/queue/", ("tr[data-row] a[data-open]",)),
    "decision": ("auditor", "en", "/queue/", ("tr[data-row] a[data-open]", ".page-head a[href*='/decisions/']")),
    "firm": ("officer", "zh-hant", "/queue/", ("tr[data-row] a[href*='/firms/']",)),
    "loan": ("accountant", "zh-hans", "/loans/", ("tr[data-row] a[data-open]",)),
    "portfolio": ("risk", "zh-hans", "/portfolio/", ()),
    "payout": ("accountant", "en", "/payouts/", ("tr[data-row] a[data-open]",)),
    "evidence": ("officer", "zh-hant", "/evidence/", ()),
    "model": ("risk", "en", "/models/", ("tr[data-row] a[data-open]",)),
    "products": ("risk", "zh-hans", "/products/", ()),
    "product": ("risk", "en", "/products/invoice-working-capital/#examples", ()),
    "lab": ("risk", "zh-hant", "/lab/", ()),
    "comparison": ("risk", "zh-hans", "/lab/", ("tr[data-row] a[href*='/lab/']",)),
    "editor": ("risk", "en", "/lab/drafts/", ("tr[data-row] a[data-open]",)),
    "card": ("risk", "zh-hans", "/models/", ("tr[data-row] a[data-open]",)),
    "monitoring": ("risk", "zh-hant", "/models/", ("tr[data-row] a[data-open]", "a[href*='/monitoring/']")),
    "training": ("risk", "en", "/models/training/", ("tr[data-row] a[data-open]",)),
    "committee": ("approver", "zh-hans", "/committee/", ("tr[data-row] a[data-open]",)),
    "campaign": ("risk", "en", "/campaigns/", ("tr[data-row] a[data-open]",)),
    "factory": ("risk", "zh-hant", "/factory/", ()),
    "books": ("accountant", "zh-hant", "/books/", ()),
    "trail": ("auditor", "en", "/trail/", ()),
}
PHONE_PICTURES: dict[str, tuple[str, str, str, tuple[str, ...]]] = {
    "phone-queue": ("officer", "zh-hans", "/queue/", ()),
    "phone-case": ("officer", "zh-hans", "/queue/", ("tr[data-row] a[data-open]",)),
    "phone-visits": ("officer", "zh-hans", "/queue/", ("tr[data-row] a[data-open]", "a[href$='/visits/']")),
    "phone-committee": ("approver", "en", "/committee/", ("tr[data-row] a[data-open]",)),
    "borrower-home": ("borrower", "zh-hans", "/my/", ()),
    "borrower-consent": ("borrower", "en", "/my/consent/", ()),
    "borrower-apply": ("borrower", "zh-hant", "/my/apply/", ()),
    "borrower-offer": ("borrower", "zh-hans", "/my/", ("a[href*='/offers/']",)),
    "borrower-loan": ("borrower", "zh-hans", "/my/", ("a[href*='/my/loans/']",)),
}


def visit(browser: Browser, address: str, who: str, language: str, size: dict[str, int]) -> Page:
    """A page signed in as somebody."""
    context = browser.new_context(base_url=address, viewport=size, locale=LOCALES[language], reduced_motion="reduce")  # type: ignore[arg-type]
    context.add_cookies([{"name": "django_language", "value": language, "url": address}])
    page = context.new_page()
    page.goto("/sign-in/")
    page.fill("#id_username", who)
    page.fill("#id_password", PASSWORD)
    follow(page, "form[data-once] button")
    return page


def prepare(browser: Browser, address: str) -> None:
    """A comparison of the policy in force with the first draft, and a training of which the cases were looked at; once."""
    page = visit(browser, address, "risk", "en", DESK)
    page.goto("/lab/")
    if not page.locator("tr[data-row]").count():
        for place, policy in enumerate(("invoice-working-capital", "draft:1.2")):
            page.locator("input[list=l-policies]").nth(place).fill(policy)
        _press(page, "Compare on past decisions")
    page.goto("/models/training/")
    if not page.locator("tr[data-row]").count():
        table = io.BytesIO()
        loans(400, seed=5).drop("start", "constant").write_csv(table)
        page.set_input_files("#t-table", {"name": "loans.csv", "mimeType": "text/csv", "buffer": table.getvalue()})
        _press(page, "Take the table in")
        page.fill("#f-name", "branch loans")
        _press(page, "Look at the cases")
    page.context.close()


def _press(page: Page, button: str) -> None:
    follow(page, page.get_by_role("button", name=button), patience_ms=120_000)


def take(browser: Browser, address: str, folder: Path, pictures: dict[str, Any], size: dict[str, int]) -> None:
    """Takes some pictures; one whose links are not there is named and left out."""
    for name, (who, language, start, links) in pictures.items():
        page = visit(browser, address, who, language, size)
        page.goto(start)
        missing = next((link for link in links if not _follow(page, link)), None)
        if missing:
            print(f"{name}: no {missing} on {page.url}")
        else:
            page.wait_for_load_state("networkidle")
            shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            in_few_colours(shot).save(folder / f"{name}.png", optimize=True)  # a third of the size
            print(f"{name}: {page.url}")
        page.context.close()


def in_few_colours(shot: Image.Image) -> Image.Image:
    """A picture in 128 colours that keep the rare ones of states; the most frequent ones, such as the ground, are exact."""
    small = shot.quantize(128, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    palette = small.getpalette() or []
    exact: set[int] = set()
    for _, colour in sorted(shot.getcolors(shot.width * shot.height) or [], reverse=True)[:6]:
        place = Image.new("RGB", (1, 1), colour).quantize(palette=small, dither=Image.Dither.NONE).getpixel((0, 0))
        if isinstance(place, int) and place not in exact:
            exact.add(place)
            palette[3 * place : 3 * place + 3] = colour
    small.putpalette(palette)
    return small


def _follow(page: Page, link: str) -> bool:
    if not page.locator(link).count():
        return False
    follow(page, page.locator(link).first)
    return True


def main(address: str, folder: str) -> None:
    """All pictures, the small ones of the sign-in first."""
    path = next(found for found in map(shutil.which, BROWSERS) if found)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        prepare(browser, address)
        take(browser, address, Path(folder), DESK_PICTURES, DESK)
        take(browser, address, Path(folder), PHONE_PICTURES, PHONE)
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:3])
