"""What is asked of every template: that it can be read, and, by the content security policy, no style, no script inside a page, nothing
from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.template.loader import get_template

import puhui.console

FOLDER = Path(puhui.console.__file__).parent
TEMPLATES = sorted((FOLDER / "templates").rglob("*.html"))
FORBIDDEN = {
    "a style attribute": r"\sstyle\s*=",
    "a style element": r"<style",
    "an event attribute": r"\son(click|change|submit|load|input|error)\s*=",
    "a script inside the page": r"<script(?![^>]*\bsrc=)",
    "something from elsewhere": r"(src|href)\s*=\s*[\"'](https?:)?//",
    "a text that no reader can see translated": r"\|safe\b",
}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(FOLDER / "templates").as_posix())
def test_it_can_be_read(path: Path) -> None:
    """A part that few pages take in fails here, and not before a borrower."""
    assert get_template(path.relative_to(FOLDER / "templates").as_posix())


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(FOLDER / "templates").as_posix())
def test_nothing_forbidden(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not [name for name, pattern in FORBIDDEN.items() if re.search(pattern, text)]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(FOLDER / "templates").as_posix())
def test_every_post_form_carries_the_token(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(re.findall(r'method="post"', text)) == text.count("{% csrf_token %}")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(FOLDER / "templates").as_posix())
def test_no_bare_words(path: Path) -> None:
    """Text between tags is translated, a variable, a figure or a name: a bare English word would stay English everywhere."""
    text = re.sub(r"\{%\s*blocktranslate.*?endblocktranslate\s*%\}", "", path.read_text(encoding="utf-8"), flags=re.S)
    text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}|<!--.*?-->", "", text, flags=re.S)
    words = {word for between in re.findall(r">([^<>]+)<", text) for word in re.findall(r"[A-Za-z]{2,}", between)}
    assert words <= {"Puhui", "English", "CSV", "XLSX", "ms", "Enter"}


def test_scripts_use_nothing_that_the_policy_forbids() -> None:
    for path in (FOLDER / "static" / "puhui").glob("*.js"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\beval\(|new Function|innerHTML|https?://|setAttribute\(\"style\"", text), path.name


def test_vendored_files_come_with_their_licence() -> None:
    for folder in (FOLDER / "static" / "vendor").iterdir():
        assert (folder / "LICENSE").exists(), folder.name
        assert re.search(r"-\d+\.\d+\.\d+$", folder.name), f"{folder.name} names no version"
