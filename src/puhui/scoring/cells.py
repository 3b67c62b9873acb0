"""One cell as people and systems write it: amounts with currency and commas, days in many orders, words for "not known"."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import date, datetime

__all__ = ["dates", "flag", "has_decimal_commas", "is_unknown", "known_text", "looks_like_money", "number", "number_text", "yes_or_no"]

UNKNOWN = {"", "?", "-", "--", ".", "na", "n/a", "#n/a", "nan", "null", "none", "nil", "missing", "unknown", "\\n", "无", "不详", "空"}
YES, NO = {"true", "yes", "y", "t", "是", "1"}, {"false", "no", "n", "f", "否", "0"}
WORDS = {"yes": True, "true": True, "是": True, "no": False, "false": False, "否": False}
"""Whole words of yes and no; a single letter or figure may be a code of its own (`0` and `T` beside `Y` and `N`)."""
_WIDE = str.maketrans("０１２３４５６７８９．，－＋（）％　", "0123456789.,-+()% ")
_NOT_A_FIGURE = re.compile(r"[$¥￥€£元\s']|usd|cny|rmb|us(?=\$)", re.IGNORECASE)
_GROUPED = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d*)?")
_WHOLE = re.compile(r"[-+]?\d+\.0*")
_COMMA = re.compile(r"[-+]?\d+,\d+")
_MONEY = re.compile(r"[$¥￥€£元,%]|usd|cny|rmb", re.IGNORECASE)
_TIME = re.compile(r"[ T]+\d{1,2}:\d{2}.*$")

YEAR_FIRST = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%Y年%m月%d日")
NAMED_MONTH = ("%d-%b-%y", "%d-%b-%Y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%d/%b/%Y", "%d%b%Y", "%d%b%y")
ORDERS = {  # how a day of figures alone may be written; the first that reads all such cells of a column counts
    "month/day/year": ("%m/%d/%Y", "%m-%d-%Y", "%m.%d.%Y", "%m/%d/%y", "%m-%d-%y"),
    "day/month/year": ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%d/%m/%y", "%d-%m-%y", "%d.%m.%y"),
}
LAST_SHORT_YEAR = 2049
"""A year of two digits is the one nearest before it: 49 is 2049, 50 is 1950."""
FIRST_DAY_NUMBER, LAST_DAY_NUMBER, DAY_NUMBER_ZERO = 10_000, 80_000, 693_594  # of a spreadsheet; its day 0 is 1899-12-30


def is_unknown(text: str) -> bool:
    """Whether a cell says that nothing is known."""
    return text.strip().lower() in UNKNOWN


def known_text(text: str) -> str | None:
    """The text, or None where it says that nothing is known."""
    return None if is_unknown(text) else text.strip()


def number(value: object) -> float | None:
    """`$1,234.50`, `(1,234)`, `１２３４`, `5%`, `true`; None for unknown and infinite. ValueError for what is no number."""
    if value is None or isinstance(value, (int, float)):
        return None if value is None or not math.isfinite(value) else float(value)
    text = str(value).translate(_WIDE).strip()
    if is_unknown(text):
        return None
    if text.lower() in ("true", "false"):
        return float(text.lower() == "true")
    plain = _NOT_A_FIGURE.sub("", text)
    if plain.startswith("(") and plain.endswith(")"):
        plain = f"-{plain[1:-1]}"
    share = plain.endswith("%")
    plain = plain.removesuffix("%")
    if _GROUPED.fullmatch(plain):
        plain = plain.replace(",", "")
    if not plain or "_" in plain:  # Python would take 1_000
        raise ValueError(f"{value!r} is no number")
    figure = float(plain) / (100 if share else 1)
    return figure if math.isfinite(figure) else None


def looks_like_money(text: str) -> bool:
    """Whether a cell has a sign that figures of money or shares are written with and codes are not."""
    return bool(_MONEY.search(text))


def has_decimal_commas(texts: Sequence[str]) -> bool:
    """Whether all known cells are whole numbers or hold one comma as a decimal sign: some of them could not be thousands."""
    known = [text.strip() for text in texts if not is_unknown(text)]
    if not all(_COMMA.fullmatch(text) or text.lstrip("+-").isdecimal() for text in known):
        return False
    return any(len(text.partition(",")[2]) != 3 for text in known if "," in text)


def number_text(text: str) -> str | None:
    """A code of figures as training wrote it: `1.0` and `01` are 1; other codes stay as they are."""
    try:
        figure = number(text)
    except ValueError:
        return known_text(text)
    if figure is None:
        return None
    return str(int(figure)) if figure.is_integer() else repr(figure)


def flag(text: str) -> str | None:
    """`true` or `false` however it is written; other texts as they are."""
    lowered = text.strip().lower()
    lowered = lowered[: lowered.index(".")] if _WHOLE.fullmatch(lowered) else lowered
    return "true" if lowered in YES else "false" if lowered in NO else known_text(text)


def yes_or_no(text: str, levels: Sequence[str]) -> str | None:
    """The level that a word of yes or no stands for, where exactly one of `levels` means the same; None for other texts."""
    meant = WORDS.get(text.strip().lower())
    if meant is None:
        return None
    same = [level for level in levels if level.lower() in (YES if meant else NO)]
    return same[0] if len(same) == 1 else None


def dates(texts: Sequence[str]) -> tuple[dict[str, date | None], set[str], str]:
    """The days of distinct texts, those that are none, and what was assumed: of numbers, and where day and month could be exchanged."""
    read: dict[str, date | None] = {}
    counted: list[date] = []
    figures: dict[str, str] = {}  # text → without its time
    for text in texts:
        plain = _TIME.sub("", text.translate(_WIDE).strip())
        if is_unknown(text):
            read[text] = None
        elif (day := _parsed(plain, (*YEAR_FIRST, *NAMED_MONTH))) is not None:
            read[text] = day
        elif (day := _of_day_number(plain)) is not None:
            read[text] = day
            counted.append(day)
        else:
            figures[text] = plain
    notes = [f"numbers are read as a spreadsheet counts days, which gives {min(counted)} to {max(counted)}"] if counted else []
    if not figures:
        return read, set(), "; ".join(notes)
    orders = {order: {text: _parsed(plain, forms) for text, plain in figures.items()} for order, forms in ORDERS.items()}
    unread = {order: [text for text, day in found.items() if day is None] for order, found in orders.items()}
    order = min(ORDERS, key=lambda each: len(unread[each]))
    both = [each for each in ORDERS if len(unread[each]) == len(unread[order])]
    read |= orders[order]
    if len(unread[order]) < len(figures):
        notes.append(f"days are read as {order}" + (", which the cells do not settle" if len(both) > 1 else ""))
    return read, set(unread[order]), "; ".join(notes)


def _parsed(text: str, formats: Sequence[str]) -> date | None:
    for each in formats:
        try:
            day = datetime.strptime(text, each).date()  # noqa: DTZ007  # a day has no zone
        except ValueError:
            continue
        return day.replace(year=day.year - 100) if "%y" in each and day.year > LAST_SHORT_YEAR else day
    return None


def _of_day_number(text: str) -> date | None:
    figures = text.partition(".")[0]
    if not (figures.isascii() and figures.isdecimal() and FIRST_DAY_NUMBER <= int(figures) < LAST_DAY_NUMBER):
        return None
    return date.fromordinal(DAY_NUMBER_ZERO + int(figures))
