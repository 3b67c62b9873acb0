"""Taking fields out of a document one by one, noting every fault on the way instead of stopping at the first."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from datetime import date
from typing import Any, cast

from puhui.calculations.faults import Fault
from puhui.products.documents import Document

LANGUAGES = ("en", "zh-hans", "zh-hant")
Texts = dict[str, str]
_MISSING = object()


class Fields:
    """One table of a document. Each `take` marks its field as known; `finish` complains of the rest."""

    def __init__(self, document: Document, faults: list[Fault], body: Any, *path: str | int) -> None:
        self.document = document
        self.faults = faults
        self.path = path
        self.body: dict[str, Any] = body if isinstance(body, dict) else {}
        self.known: set[str] = set()
        if not isinstance(body, dict):
            self.faults.append(Fault(document.where(*path), _shown(body), "a table of keys and values"))

    def where(self, *path: str | int) -> str:
        return self.document.where(*self.path, *path)

    def fault(self, key: str, found: object, expected: str, remedy: str = "") -> None:
        self.faults.append(Fault(self.where(key), _shown(found), expected, remedy))

    def has_fault(self, *keys: str) -> bool:
        """Whether anything was found at one of these fields: what stands for it then says nothing."""
        places = {self.where(key) for key in keys}
        return any(fault.where in places for fault in self.faults)

    def take(self, key: str, default: object = _MISSING, expected: str = "a value") -> Any:
        self.known.add(key)
        value = self.body.get(key, _MISSING)
        if value is _MISSING:
            if default is _MISSING:
                self.faults.append(Fault(self.where(key), "nothing", f"{key}: {expected}", "Add it."))
                return None
            return default
        return value

    def text(self, key: str, default: object = _MISSING, choices: Iterable[str] = ()) -> str:
        choices = tuple(choices)
        expected = f"one of {', '.join(choices)}" if choices else "a text"
        value = self.take(key, default, expected)
        if value is None and (default is not _MISSING or key not in self.body):
            return "" if default is _MISSING else cast(str, value)
        if not isinstance(value, str) or not value.strip() or (choices and value not in choices):
            likely = difflib.get_close_matches(str(value), choices, n=1)
            self.fault(key, value, expected, f"Did you mean {likely[0]}?" if likely else "")
            return choices[0] if choices else ""
        return value

    def number(self, key: str, low: float, high: float, default: object = _MISSING) -> float:
        value = self.take(key, default, f"a number from {low} to {high}")
        if value is None and (default is not _MISSING or key not in self.body):
            return cast(float, value) if default is not _MISSING else low
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            self.fault(key, value, f"a number from {low} to {high}")
            return low
        return value

    def whole(self, key: str, low: int, high: int, default: object = _MISSING) -> int:
        value = self.number(key, low, high, default)
        if isinstance(value, float) and not value.is_integer():
            self.fault(key, value, f"a whole number from {low} to {high}")
            return low
        return value if value is None else int(value)

    def rate_ppm(self, key: str, low: float = 0.0, high: float = 1.0, default: object = _MISSING) -> int:
        """A rate or share written as a decimal, in millionths."""
        value = self.number(key, low, high, default)
        if value is None:
            return value
        ppm = round(value * 1_000_000)
        if abs(value * 1_000_000 - ppm) > 1e-6:
            self.fault(key, value, "at most six decimals")
        return ppm

    def amount_fen(self, key: str, default: object = _MISSING) -> int:
        """An amount written in whole yuan, in fen."""
        value = self.whole(key, 0, 10**13, default)
        return value if value is None else value * 100

    def day(self, key: str, default: object = _MISSING) -> date:
        value = self.take(key, default, "a date such as 2026-01-01")
        try:
            return cast(date, value) if value is None else date.fromisoformat(value)
        except (TypeError, ValueError):
            self.fault(key, value, "a date such as 2026-01-01")
            return date.min

    def boolean(self, key: str, default: object = _MISSING) -> bool:
        value = self.take(key, default, "true or false")
        if value is not None and not isinstance(value, bool):
            self.fault(key, value, "true or false")
            return False
        return bool(value)

    def texts(self, key: str, default: object = _MISSING) -> Texts:
        """A text in every language of the console."""
        value = self.take(key, default, f"texts in {', '.join(LANGUAGES)}")
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.fault(key, value, f"texts in {', '.join(LANGUAGES)}")
            return {}
        for language in LANGUAGES:
            if not isinstance(value.get(language), str) or not value[language].strip():
                self.faults.append(Fault(self.where(key, language), _shown(value.get(language)), f"a text in {language}", "Add it."))
        for language in value.keys() - set(LANGUAGES):
            self.faults.append(Fault(self.where(key, language), language, f"one of {', '.join(LANGUAGES)}"))
        return {language: str(value.get(language, "")) for language in LANGUAGES}

    def source(self) -> None:
        """Where a figure comes from: in every language of the console, or as one text that is shown as it stands."""
        if isinstance(self.body.get("source"), dict):
            self.texts("source")
        else:
            self.text("source", None)

    def strings(self, key: str, default: object = _MISSING, choices: Iterable[str] = ()) -> tuple[str, ...]:
        choices = tuple(choices)
        value = self.take(key, default, "a list of texts")
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
            if value is not None:
                self.fault(key, value, "a list of texts")
            return ()
        for item in value:
            if choices and item not in choices:
                likely = difflib.get_close_matches(item, choices, n=1)
                self.fault(key, item, f"one of {', '.join(choices)}", f"Did you mean {likely[0]}?" if likely else "")
        return tuple(value)

    def table(self, key: str, *, required: bool = True) -> Fields:
        value = self.take(key, _MISSING if required else {}, "a table")
        return Fields(self.document, self.faults, {} if value is None else value, *self.path, key)

    def rows(self, key: str, *, required: bool = True) -> list[Fields]:
        value = self.take(key, _MISSING if required else [], f"at least one [[{key}]]")
        if value is None:
            return []
        if not isinstance(value, list):
            self.fault(key, value, f"a list of [[{key}]]")
            return []
        return [Fields(self.document, self.faults, row, *self.path, key, number) for number, row in enumerate(value)]

    def finish(self) -> None:
        """A fault for every field that nobody took: a misspelt key must not pass as absent."""
        for key in self.body.keys() - self.known:
            likely = difflib.get_close_matches(key, self.known, n=1)
            remedy = f"Did you mean {likely[0]}?" if likely else "Remove it."
            self.faults.append(Fault(self.where(key), f"the unknown key {key!r}", f"one of {', '.join(sorted(self.known))}", remedy))


def _shown(value: object) -> str:
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= 80 else text[:77] + "…"
