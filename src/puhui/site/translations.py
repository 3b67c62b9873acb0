"""The words of the pages in Simplified and Traditional Chinese.

Pages are written in English; the two catalogues under `console/locale/` hold each text in the other two languages, in the
plain `.po` form that translators' tools read. Django wants them compiled (`.mo`): that is done here, with Babel, so that no gettext tools
need to be installed. Compiled files are not kept in the repository; `make` and `puhui serve` call `compile_stale`.

    python -m puhui.site.translations            compile what is stale
    python -m puhui.site.translations --update   add texts that are new in the pages to the catalogues, drop those that went
    python -m puhui.site.translations --missing  list what has no translation; exit 1 when there is any

The terms of the trade are not translated word by word: `docs/glossary/` has the reviewed ones.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

__all__ = ["LOCALES", "Untranslated", "compile_stale", "untranslated", "update"]

PACKAGE = Path(__file__).resolve().parent.parent
LOCALE_FOLDER = PACKAGE / "console" / "locale"
LOCALES = ("zh_Hans", "zh_Hant")
SOURCES = ("console", "site")
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "gettext": None, "gettext_lazy": None, "gettext_noop": None, "_": None,
    "ngettext": (1, 2), "ngettext_lazy": (1, 2),
}  # fmt: skip


class Untranslated:
    """One text that a catalogue lacks: language, the English text and where it stands."""

    def __init__(self, locale: str, text: str, places: list[str]) -> None:
        self.locale, self.text, self.places = locale, text, places

    def __str__(self) -> str:
        return f"{self.locale}: {self.text!r} ({', '.join(self.places)}) has no translation; add it to {catalogue_path(self.locale).name}"


def catalogue_path(locale: str) -> Path:
    """The `.po` file of a locale such as `zh_Hans`."""
    return LOCALE_FOLDER / locale / "LC_MESSAGES" / "django.po"


def read_catalogue(locale: str) -> Catalog:
    """The catalogue of a locale; an empty one when the file is not there yet."""
    path = catalogue_path(locale)
    if not path.exists():
        return Catalog(locale=locale, project="Puhui", charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=locale)


def compile_stale(force: bool = False) -> list[Path]:
    """Writes the `.mo` of each catalogue that is newer than its compiled form, and returns those written.

    The file appears whole or not at all, so two commands that start together cannot read half of it.
    """
    written = []
    for locale in LOCALES:
        source = catalogue_path(locale)
        target = source.with_suffix(".mo")
        if not source.exists() or (not force and target.exists() and target.stat().st_mtime >= source.stat().st_mtime):
            continue
        buffer = io.BytesIO()
        write_mo(buffer, read_catalogue(locale))
        part = target.with_name(f"{target.name}.{os.getpid()}")
        part.write_bytes(buffer.getvalue())
        part.replace(target)
        written.append(target)
    return written


def _messages_of(path: Path) -> Iterator[tuple[int, str | tuple[str, ...]]]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        # Django turns a template into something that reads as calls of gettext; its indentation is not Python's.
        from django.utils.translation.template import templatize

        text = "\n".join(line.strip() for line in templatize(text, origin=str(path)).splitlines())
    for line, message, _comments, _context in extract("python", io.BytesIO(text.encode()), KEYWORDS):
        yield line, message


def messages() -> dict[str | tuple[str, ...], list[str]]:
    """Every text marked for translation in pages and code, with the places where it stands (paths below the package)."""
    found: dict[str | tuple[str, ...], list[str]] = {}
    files = (path for folder in SOURCES for suffix in ("*.py", "*.html") for path in sorted((PACKAGE / folder).rglob(suffix)))
    for path in files:
        for _line, message in _messages_of(path):
            places = found.setdefault(message, [])
            place = path.relative_to(PACKAGE).as_posix()
            if place not in places:
                places.append(place)
    return found


def untranslated() -> list[Untranslated]:
    """Every text that some language lacks, or has only as a guess (fuzzy)."""
    missing = []
    for locale in LOCALES:
        catalogue = read_catalogue(locale)
        for text, places in messages().items():
            key = text[0] if isinstance(text, tuple) else text
            message = catalogue.get(key)
            words = message.string if message else ""
            complete = all(words) if isinstance(words, (tuple, list)) else bool(words)
            if message is None or message.fuzzy or not complete:
                missing.append(Untranslated(locale, key, places))
    return missing


def update() -> None:
    """Brings both catalogues in step with the pages: new texts are added empty, texts no longer used are dropped."""
    current = messages()
    for locale in LOCALES:
        old = read_catalogue(locale)
        new = Catalog(locale=locale, charset="utf-8")
        for text, places in sorted(current.items(), key=lambda item: str(item[0])):
            key = text[0] if isinstance(text, tuple) else text
            known = old.get(key)
            flags = ["python-format"] if "%(" in key else []
            new.add(text, known.string if known else "", locations=[(place, 0) for place in places], flags=flags)
        path = catalogue_path(locale)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.write(b"# Texts of the pages; docs/glossary has the reviewed terms.\n\n")
            write_po(file, new, width=0, sort_output=True, include_lineno=False, omit_header=True)


def main(arguments: list[str]) -> int:
    """Command of this module; see its head."""
    if "--update" in arguments:
        update()
    if "--missing" in arguments:
        missing = untranslated()
        print("\n".join(str(text) for text in missing))
        return 1 if missing else 0
    compile_stale()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
