"""Every text of the pages is there in both Chinese scripts, with the same places to fill."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from puhui.site import translations

PLACES = re.compile(r"%\((\w+)\)s")
#: characters that only the simplified script has, among those that the pages use
SIMPLIFIED_ONLY = set("贷项说请过还钱费贷账务额应计级权审确认证数据类导错误览预发现风险调订单条处时间员机构结实际总经营约别记录编码")
SIMPLIFIED_ONLY -= set("款")


def test_nothing_is_left_in_english() -> None:
    missing = translations.untranslated()
    assert not missing, "\n".join(str(each) for each in missing)


@pytest.mark.parametrize("locale", translations.LOCALES)
def test_places_to_fill_are_the_same(locale: str) -> None:
    wrong = []
    for message in translations.read_catalogue(locale):
        if message.id and places(message.id) != places(message.string):
            wrong.append((message.id, message.string))
    assert not wrong


def places(text: str | tuple[str, ...]) -> set[str]:
    """The places to fill of a text; of one with a plural those of all its forms."""
    return set(PLACES.findall(text if isinstance(text, str) else " ".join(text)))


@pytest.mark.parametrize("locale", translations.LOCALES)
def test_no_text_is_kept_that_no_page_shows(locale: str) -> None:
    shown = set(translations.messages())
    assert {message.id for message in translations.read_catalogue(locale) if message.id} <= shown


def test_the_traditional_catalogue_is_in_traditional_script() -> None:
    mixed = [m.string for m in translations.read_catalogue("zh_Hant") if m.id and SIMPLIFIED_ONLY & set("".join(m.string))]
    assert not mixed


def test_compiled_when_stale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The compiled file is written when it is missing or older than its source, and only then."""
    import os
    import shutil

    shutil.copytree(translations.LOCALE_FOLDER, tmp_path / "locale", ignore=shutil.ignore_patterns("*.mo"))
    monkeypatch.setattr(translations, "LOCALE_FOLDER", tmp_path / "locale")
    first = translations.compile_stale()
    assert [path.suffix for path in first] == [".mo", ".mo"]
    assert translations.compile_stale() == []
    source = translations.catalogue_path("zh_Hans")
    newer = source.with_suffix(".mo").stat().st_mtime + 60
    os.utime(source, (newer, newer))
    assert translations.compile_stale() == [source.with_suffix(".mo")]


def test_a_text_of_a_template_is_found() -> None:
    """The extraction sees plain texts, blocks with places, and texts in filters: a page cannot hide one from this file."""
    found = translations.messages()
    for text in ("Work queue", "Approve %(amount)s at %(rate)s", "Asks for", "waits for a person"):
        assert text in found, text
