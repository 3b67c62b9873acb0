"""Words and sentences of the documents in the three languages, and amounts and rates as documents write them."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from puhui.calculations.capitals import amount_in_capitals

__all__ = ["LANGUAGES", "all_words", "capitals", "known_word", "percent", "word"]

LANGUAGES = ("en", "zh-hans", "zh-hant")
_TRADITIONAL = str.maketrans("币贰叁陆万亿圆", "幣貳參陸萬億圓")
RATE_SCALE = 10**8


@cache
def all_words() -> dict[str, dict[str, str]]:
    """Word → language → text."""
    return tomllib.loads(files("puhui.reports.documents").joinpath("words.toml").read_text(encoding="utf-8"))


def word(name: str, language: str) -> str:
    """A word in one of LANGUAGES. Raises KeyError for an unknown one."""
    return all_words()[name][language]


def known_word(name: str, language: str, code: str) -> str:
    """The word for a code that others may add to; the code as it stands where there is none."""
    return all_words().get(name, {}).get(language, code)


def capitals(amount_fen: int, language: str) -> str | None:
    """An amount of yuan in capital letters (大写) in the characters of the language; None in English and below nought."""
    if language == "en" or amount_fen < 0:
        return None
    text = amount_in_capitals(amount_fen)
    return text.translate(_TRADITIONAL) if language == "zh-hant" else text


def percent(rate_e8: int) -> str:
    """A rate (times 10⁸) as percent with two decimals, more where the rate has them."""
    whole, rest = divmod(rate_e8, RATE_SCALE // 100)
    digits = f"{rest:06d}".rstrip("0")
    return f"{whole}.{digits.ljust(2, '0')}%"
