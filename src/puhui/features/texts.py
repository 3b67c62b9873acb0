"""What each variable is called and means, in the words of the people who read it, in three languages.

The words stand in `texts/*.toml`, apart from the formulas, so that a translator can mend them without touching a definition.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType

__all__ = ["LANGUAGES", "meanings", "null_meaning", "titles", "written_names"]

LANGUAGES = ("en", "zh-hans", "zh-hant")

_EITHER = re.compile(r"\{([^|{}]*)\|([^|{}]*)\}")

_NULL_MEANINGS = {
    "nothing_to_divide_by": {
        "en": "Nothing of the kind was recorded, so the question does not arise.",
        "zh-hans": "没有相应的记录，该问题不适用。",
        "zh-hant": "沒有相應的記錄，該問題不適用。",
    },
    "history": {
        "en": "Needs at least {months} closed months of records.",
        "zh-hans": "至少需要{months}个完整月份的记录。",
        "zh-hant": "至少需要{months}個完整月份的記錄。",
    },
}


def titles(name: str) -> Mapping[str, str]:
    """The variable's label by language code. Raises KeyError when nobody has written it."""
    return _texts()[name][0]


def meanings(name: str) -> Mapping[str, str]:
    """One sentence on what the variable says, by language code. Raises KeyError when nobody has written it."""
    return _texts()[name][1]


def null_meaning(history_months: int) -> Mapping[str, str]:
    """What a null says, by language code: that records are too short, or that the question does not arise."""
    sentences = {}
    for language in LANGUAGES:
        needs = _NULL_MEANINGS["history"][language].format(months=history_months) if history_months > 1 else ""
        sentences[language] = " ".join(filter(None, (_NULL_MEANINGS["nothing_to_divide_by"][language], needs)))
    return MappingProxyType(sentences)


def written_names() -> set[str]:
    """Names of all variables that have texts."""
    return set(_texts())


@cache
def _texts() -> dict[str, tuple[Mapping[str, str], Mapping[str, str]]]:
    """Raises ValueError where two files write of one variable."""
    written: dict[str, tuple[Mapping[str, str], Mapping[str, str]]] = {}
    for file in sorted(resources.files("puhui.features").joinpath("texts").iterdir(), key=lambda each: each.name):
        if not file.name.endswith(".toml"):
            continue
        for key, words in tomllib.loads(file.read_text(encoding="utf-8")).items():
            for name, choice in _names(key):
                if name in written:
                    raise ValueError(f"texts/{file.name}: {name} has its words in another file already")
                written[name] = _words(words, choice)
    return written


def _words(words: Mapping[str, list[str]], choice: int) -> tuple[Mapping[str, str], Mapping[str, str]]:
    title, meaning = ({language: _choose(words[language][place], choice) for language in LANGUAGES} for place in (0, 1))
    return MappingProxyType(title), MappingProxyType(meaning)


def _names(key: str) -> Iterator[tuple[str, int]]:
    """A key with `{a|b}` in it names two variables, first and second choice; a plain key names one."""
    if _EITHER.search(key) is None:
        yield key, 1
        return
    for choice in (1, 2):
        yield _choose(key, choice), choice


def _choose(text: str, choice: int) -> str:
    return _EITHER.sub(lambda match: match.group(choice), text)
