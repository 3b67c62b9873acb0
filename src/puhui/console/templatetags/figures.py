"""How figures are written on a page.

Money arrives as integer fen and is shown in one unit per table: 元, 万元 or 亿元, chosen once from the largest amount so
that all rows of a column can be compared at a glance. Rates arrive as integer millionths (ppm) and are shown as a
percentage with two decimals. A minus is the typographic minus, which is as wide as a digit; a value that is not there
is an en dash, never a nought.

Django's own number formats do not group digits in Chinese; these filters write the same digits in every language.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy

from puhui.console import score_words
from puhui.console.book_words import ACTORS
from puhui.console.training_figures import MODEL_NAMES
from puhui.console.words import word

register = template.Library()

EMPTY = "–"
MINUS = "−"
FEN_PER_YUAN = 100

#: unit code → (fen in one unit, decimals shown, name)
UNITS: dict[str, tuple[int, int, Any]] = {
    "yuan": (FEN_PER_YUAN, 2, gettext_lazy("yuan")),
    "yuan0": (FEN_PER_YUAN, 0, gettext_lazy("yuan")),
    "wan": (FEN_PER_YUAN * 10_000, 2, gettext_lazy("× 10,000 yuan")),
    "yi": (FEN_PER_YUAN * 100_000_000, 2, gettext_lazy("× 100 million yuan")),
}
WAN_FROM_FEN = 10_000_000 * FEN_PER_YUAN
YI_FROM_FEN = 1_000_000_000 * FEN_PER_YUAN


def choose_unit(amounts_fen: Iterable[int | None], chart: bool = False) -> str:
    """The code of the unit in which a whole table of amounts (fen) reads best; amounts that are missing do not count.

    The axis of a chart has less room than a column: it changes to the larger unit a digit earlier.
    """
    largest_fen = max((abs(int(amount)) for amount in amounts_fen if amount is not None), default=0) * (10 if chart else 1)
    if largest_fen >= YI_FROM_FEN:
        return "yi"
    return "wan" if largest_fen >= WAN_FROM_FEN else "yuan0"


def grouped(value: Decimal, decimals: int) -> str:
    """A decimal with thousands grouped, rounded half up, with a real minus sign; a rounded nought has no sign."""
    rounded = value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    text = f"{abs(rounded):,}"
    return MINUS + text if rounded < 0 else text


@register.filter
def money(amount_fen: int | Decimal | None, unit: str = "yuan") -> str:
    """Fen as grouped units without the unit's name, which stands in the head of the column: ``123456|money`` → ``1,234.56``."""
    if amount_fen is None:
        return EMPTY
    fen_per_unit, decimals, _ = UNITS[unit or "yuan"]
    return grouped(Decimal(amount_fen) / fen_per_unit, decimals)


@register.filter
def money_plain(amount_fen: int | None) -> str:
    """Fen in yuan for a sentence or a button: whole yuan without decimals, otherwise with two."""
    if amount_fen is None:
        return EMPTY
    return money(amount_fen, "yuan0" if int(amount_fen) % FEN_PER_YUAN == 0 else "yuan")


@register.filter
def unit_name(unit: str) -> str:
    """The name of a unit of money in the reader's language: ``wan`` → ``万元``."""
    return str(UNITS[unit or "yuan"][2])


@register.filter
def with_unit(label: str, unit: str) -> str:
    """The head of a column of amounts with its unit: `Balance, × 10,000 yuan`, `余额（万元）`."""
    return gettext("%(label)s, %(unit)s") % {"label": label, "unit": unit_name(unit)}


@register.filter
def unit_divisor(unit: str) -> int:
    """Fen in one unit: what a chart divides its axis by."""
    return UNITS[unit or "yuan"][0]


@register.filter
def rate(rate_ppm: int | None, decimals: int = 2) -> str:
    """Millionths as a percentage: ``38500|rate`` → ``3.85%``."""
    if rate_ppm is None:
        return EMPTY
    return grouped(Decimal(rate_ppm) / 10_000, int(decimals)) + "%"


@register.filter
def share(value: float | Decimal | None, decimals: int = 1) -> str:
    """A share between 0 and 1 as a percentage: ``0.4213|share`` → ``42.1%``."""
    if value is None:
        return EMPTY
    return grouped(Decimal(str(value)) * 100, int(decimals)) + "%"


@register.filter
def number(value: float | Decimal | None, decimals: int = 0) -> str:
    """A count or a statistic, grouped: ``12345|number`` → ``12,345``; ``0.8765|number:3`` → ``0.877``."""
    if value is None:
        return EMPTY
    decimal = Decimal(str(value))
    return grouped(decimal, int(decimals)) if decimal.is_finite() else EMPTY


@register.filter
def date(value: datetime.date | datetime.datetime | None) -> str:
    """An ISO date, of a moment in the time zone of the office."""
    if not value:
        return EMPTY
    if isinstance(value, datetime.datetime):
        value = timezone.localtime(value) if timezone.is_aware(value) else value
        return value.date().isoformat()
    return value.isoformat()


@register.filter
def moment(value: datetime.datetime | None) -> str:
    """An ISO date and the time to the minute, in the time zone of the office."""
    if not value:
        return EMPTY
    local = timezone.localtime(value) if timezone.is_aware(value) else value
    return local.strftime("%Y-%m-%d %H:%M")


@register.filter
def weekday(value: datetime.date | None) -> str:
    """The ISO date with its weekday, where it matters for paying: ``2026-03-21 Saturday``."""
    if not value:
        return EMPTY
    names = (
        gettext("Monday"), gettext("Tuesday"), gettext("Wednesday"), gettext("Thursday"),
        gettext("Friday"), gettext("Saturday"), gettext("Sunday"),
    )  # fmt: skip
    return f"{value.isoformat()} {names[value.weekday()]}"


@register.filter
def or_why(shown: str, reason: Any) -> SafeString | str:
    """The en dash of a missing value, with the reason on hover: ``{{ amount|money|or_why:reason }}``."""
    if shown != EMPTY or not reason:
        return shown
    return format_html('<span class="empty-value" title="{}" tabindex="0">{}</span>', reason, EMPTY)


@register.filter
def actor(name: str) -> str:
    """Who did something: a person's name as it is, a process of the program by its word."""
    return word(ACTORS, name)


@register.filter
def person(user: Any) -> str:
    """Somebody with an account by the full name, else by the name of the account; an en dash for nobody."""
    return EMPTY if user is None else user.get_full_name() or user.username


@register.filter
def bracketed(text: object) -> str:
    """A remark in the brackets of the reader's language: `(yuan)`, `（元）`."""
    return gettext("(%(text)s)") % {"text": text}


@register.filter
def enumerated(words: Iterable[object]) -> str:
    """Words one after the other, with the comma of the reader's language."""
    return gettext(", ").join(str(each) for each in words)


@register.filter
def model_kind(kind: str) -> str:
    """A kind of model by its word."""
    return word(MODEL_NAMES, kind)


@register.filter
def named(variable: str) -> str:
    """A variable by its title and its name."""
    return score_words.named(variable)


@register.filter
def told(finding: str) -> str:
    """What training says of a table or a model, in the reader's language."""
    return score_words.told_all(finding)
