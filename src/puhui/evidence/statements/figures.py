"""The figure in a cell of a statement, exact, with the unit to which it was rounded.

Forms hold `1,234.50`; databases hold `1505.60亿`, which is known to a hundredth of a hundred million and no better. A check of sums has to
know how coarse its figures are, else every rounded statement would look false.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from puhui.evidence.reading.amounts import COMMA_DECIMALS, PROOF_OF_COMMA

NUMBER = re.compile(r"^(?P<number>[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?)(?P<unit>万亿|亿|百万|万|千)?$")
UNITS = {"": 1, "千": 1_000, "万": 10_000, "百万": 1_000_000, "亿": 100_000_000, "万亿": 1_000_000_000_000}
NOTHING = {"", "-", "--", "—", "——", "/", "\\", "false", "none", "nan", "null", "n/a", "不适用"}
REMOVED = str.maketrans("", "", " ¥元\u00a0\t")
GROUPED = re.compile(r"^\(?[-+]?\d{1,3}(,\d{3})+(?!\d)(?!.*,)")
PROVES_COMMA, WITH_COMMA = re.compile(PROOF_OF_COMMA), re.compile(COMMA_DECIMALS)
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Figure:
    """An amount in yuan to the fen, and the yuan to which the source rounded it."""

    yuan: Decimal
    precision: Decimal


def figure(text: str, unit: int = 1, comma_decimals: bool = False) -> Figure | None:
    """The figure of a cell, None where nothing stands in it. Raises `ValueError` for other text, and for commas that group no thousands.

    unit             yuan of one unit of the sheet
    comma_decimals   the sheet writes 1.234,50 (`has_comma_decimals`)
    """
    clean = _plain(text)
    if clean in NOTHING:
        return None
    if comma_decimals:
        clean = clean.replace(".", "").replace(",", ".")
    elif "," in clean:
        if GROUPED.match(clean) is None:
            raise ValueError(text)
        clean = clean.replace(",", "")
    if clean.startswith("(") and clean.endswith(")"):
        clean = "-" + clean[1:-1]
    match = NUMBER.match(clean)
    if match is None:
        raise ValueError(text)
    try:
        number = Decimal(match["number"])
    except InvalidOperation as error:
        raise ValueError(text) from error
    scale = UNITS[match["unit"] or ""] * unit
    step = Decimal(1) if scale == 1 else Decimal(scale).scaleb(-_decimals(match["number"]))
    # A sheet in yuan shows whole yuan for round amounts: its figures are exact to the fen.
    precision = CENT if scale == 1 else max(CENT, step)
    return Figure((number * scale).quantize(CENT, rounding=ROUND_HALF_UP), precision)


def has_comma_decimals(texts: Iterable[str]) -> bool:
    """Whether the figures of a sheet are written as 1.234,50: one proves it, and none speaks against it."""
    figures = [clean.strip("()") for clean in map(_plain, texts) if clean not in NOTHING and any(each.isdigit() for each in clean)]
    return any(map(PROVES_COMMA.match, figures)) and all(map(WITH_COMMA.match, figures))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().translate(REMOVED).replace("−", "-").replace("–", "-").lower()


def _decimals(number: str) -> int:
    mantissa, _, exponent = number.partition("e")
    return max(0, len(mantissa.partition(".")[2]) - int(exponent or 0))
