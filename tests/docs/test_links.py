"""Links in the documentation lead somewhere, and every page of it is found from its list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"(?<!\\)\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)|<img[^>]*\ssrc=\"([^\"]+)\"|<a[^>]*\shref=\"([^\"]+)\"")
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")


def pages() -> list[Path]:
    found = [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "benchmarks").rglob("*.md"),
        *(ROOT / "requirements").glob("*.md"),
    ]
    return sorted(found)


def relative_links(page: Path) -> Iterator[tuple[str, str]]:
    """Path and fragment of each link that does not leave the repository."""
    for found in LINK.finditer(text_of(page)):
        target = next(filter(None, found.groups()))
        if not re.match(r"[a-z]+:", target):
            path, _, fragment = target.partition("#")
            yield path, fragment


def text_of(page: Path) -> str:
    """The page without its code, where brackets mean something else; a link's own words may be code."""
    return CODE.sub(lambda code: code[0].replace("`", "").replace("[", "(").replace("]", ")"), FENCE.sub("", page.read_text("utf-8")))


def anchors(page: Path) -> set[str]:
    """The fragments that the headings of a page answer to, as GitHub makes them."""
    headings = re.findall(r"^#+ +(.+?) *$", FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_relative_links_lead_somewhere(page: Path) -> None:
    broken = []
    for path, fragment in relative_links(page):
        target = (page.parent / path).resolve() if path else page
        if not target.exists():
            broken.append(path)
        elif fragment and target.suffix == ".md" and fragment not in anchors(target):
            broken.append(f"{path}#{fragment}")
    assert broken == []


def test_links_are_found_at_all() -> None:
    assert sum(len(list(relative_links(page))) for page in pages()) >= 20


def test_every_page_can_be_reached_from_the_list_of_pages() -> None:
    reached, waiting = set(), [ROOT / "docs" / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached:
            continue
        reached.add(page)
        targets = [(page.parent / path).resolve() for path, _ in relative_links(page) if path]
        waiting += [target for target in targets if target.suffix == ".md" and target.exists()]
    assert [page.relative_to(ROOT).as_posix() for page in (ROOT / "docs").rglob("*.md") if page not in reached] == []
