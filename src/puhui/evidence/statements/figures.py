"""The figure in a cell of a statement, exact, with the unit to which it was rounded.

Forms hold `1,234.50`; databases hold `1505.60亿`, which is known to a hundredth of a hundred million and no better. A check of sums has to
know how coarse its figures are, else every rounded statement would look false.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

NUMBER = re.compile(r"^(?P<number>[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?)(?P<unit>万亿|亿|百万|万|千)?$")
UNITS = {"": 1, "千": 1_000, "万": 10_000, "百万": 1_000_000, "亿": 100_000_000, "万亿": 1_000_000_000_000}
NOTHING = {"", "-", "--", "—", "——", "/", "\\", "false", "none", "nan", "null", "n/a", "不适用"}
REMOVED = str.maketrans("", "", ", ¥元\u00a0\t")
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Figure:
    """An amount in yuan to the fen, and the yuan to which the source rounded it."""

    yuan: Decimal
    precision: Decimal


def figure(text: str, unit: int = 1) -> Figure | None:
    """The figure of a cell, None where nothing stands in it. `unit`: yuan of one unit of the sheet. Raises `ValueError` for other text."""
    clean = unicodedata.normalize("NFKC", text).strip().translate(REMOVED).replace("−", "-").replace("–", "-").lower()
    if clean in NOTHING:
        return None
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


def _decimals(number: str) -> int:
    mantissa, _, exponent = number.partition("e")
    return max(0, len(mantissa.partition(".")[2]) - int(exponent or 0))
