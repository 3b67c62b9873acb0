"""What a scan cannot read, sums can: an invoice tells its total in digits, in capitals, and as amount and tax; a number has a check digit.

A repair is made only where another figure of the same page proves it, and is told. Two figures that contradict each other without a third
are a fault for a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import combinations

from puhui.parties.identifiers import uscc_faults, uscc_warnings

DIGITS = {
    each: value
    for value, group in enumerate(("零〇", "壹一", "贰貳二弍", "叁參三", "肆四", "伍五", "陆陸六", "柒七", "捌八", "玖九"))
    for each in group
}
UNITS = {"拾": 10, "十": 10, "佰": 100, "百": 100, "仟": 1_000, "千": 1_000}
LARGE = {"万": 10_000, "萬": 10_000, "亿": 100_000_000, "億": 100_000_000}
CAPITALS = re.compile(r"[零〇壹贰貳叁參肆伍陆陸柒捌玖拾佰仟万萬亿億元圆圓角分整正负]{3,}")
MONEY = re.compile(r"(?<![\d.,])-?(?:\d{1,3}(?:[,.]\d{3})+|\d[\d,]*)\.\d{2}(?![\d.])")
RATES = tuple(map(Decimal, ("0", "0.01", "0.015", "0.03", "0.05", "0.06", "0.09", "0.10", "0.11", "0.13", "0.16", "0.17")))
CONFUSED = {
    **{"O": "0", "Q": "0", "D": "0", "I": "1", "L": "1", "Z": "2", "S": "5", "G": "6", "B": "8", "T": "7", "M": "N", "N": "M"},
    **{"0": "QD", "1": "LT7", "2": "Z", "5": "S6", "6": "G5", "8": "B3", "3": "8", "7": "1T", "V": "U", "U": "V", "E": "F", "F": "E"},
}  # fmt: skip
SHAPE = re.compile(r"[0-9A-Y][1-9A-Y]\d{6}[0-9A-Y]{10}")  # who registers, what kind, the division in digits (standards.md §1)
LEAST_SURE = 0.9
ROUNDING = Decimal("0.10")


def capitals(text: str) -> Decimal | None:
    """The amount that capitals say: `柒仟零壹拾捌圆捌角叁分` → 7018.83; None where they say none."""
    total = section = digit = 0
    fen = Decimal(0)
    negative = False
    seen = False
    for each in text:
        if each in DIGITS:
            digit, seen = DIGITS[each], True
        elif each in UNITS:
            section += (digit or 1) * UNITS[each]
            digit = 0
        elif each in LARGE:
            total = (total + section + digit) * LARGE[each] if LARGE[each] > 10_000 else total + (section + digit) * LARGE[each]
            section = digit = 0
        elif each in "元圆圓":
            total, section, digit = total + section + digit, 0, 0
        elif each == "角":
            fen, digit = fen + digit * 10, 0
        elif each == "分":
            fen, digit = fen + digit, 0
        elif each == "负":
            negative = True
        elif each == "数":
            continue
        elif each not in "整正":
            return None
    amount = total + section + digit + fen / 100
    return (-amount if negative else Decimal(amount)) if seen else None


def figures(text: str) -> list[Decimal]:
    """Every amount with two decimals in a text; a sign before the ¥ counts as one after it, a point as a comma between thousands."""
    clean = re.sub(r"-\s*[¥Y]\s*", "-", re.sub("[−–—]", "-", re.sub("[，]", ",", text.replace("．", ".")).replace("￥", "¥")))
    clean = re.sub(r"(?<=\d)\s*([.,])\s+(?=\d)", r"\1", clean)
    return [Decimal(re.sub("[,.]", "", each[:-3]) + each[-3:]) for each in MONEY.findall(clean)]


def money(text: str) -> Decimal | None:
    """The last amount with two decimals in a text."""
    found = figures(text)
    return found[-1] if found else None


def amounts(read: dict[str, tuple[Decimal | None, float]]) -> tuple[dict[str, Decimal | None], set[str], str]:
    """amount, tax, total and words (capitals), each with its confidence → values that add up, those that were mended, and what is wrong.

    The total is what two readings agree on; a part that is missing, or the less sure of two that do not add up, follows from the rest."""
    values = {name: value for name, (value, _) in read.items()}
    sure = {name: confidence for name, (_, confidence) in read.items()}
    amount, tax, total, words = (values.get(name) for name in ("amount", "tax", "total", "words"))
    mended: set[str] = set()
    parts = amount + tax if amount is not None and tax is not None else None
    if words is not None and words != total and (total is None or words == parts or (sure["words"] > sure["total"] and total != parts)):
        total, mended = words, mended | {"total"}
    if total is None and parts is not None:
        total, mended = parts, mended | {"total"}
    if total is not None and parts != total:
        confirmed = words == total
        part = "tax" if amount is not None and (tax is None or sure["tax"] < sure["amount"]) else "amount"
        other = amount if part == "tax" else tax
        if other is not None and (values.get(part) is None or confirmed):
            candidate = total - other
            amount, tax = (other, candidate) if part == "tax" else (candidate, other)
            if plausible(amount, tax):
                mended.add(part)
            else:
                amount, tax = values.get("amount"), values.get("tax")
    settled = {"amount": amount, "tax": tax, "total": total}
    wrong = ""
    if None not in settled.values() and amount + tax != total:  # type: ignore[operator]
        wrong = f"amount {amount} and tax {tax} beside a total of {total}"
    elif words is not None and total is not None and words != total:
        wrong = f"a total of {total} in digits and of {words} in capitals"
    return settled, mended, wrong


def plausible(amount: Decimal, tax: Decimal, printed: str = "") -> bool:
    """Whether the tax is one of the rates that there are or were, within a fen for each of ten lines; or lies between those that are
    `printed` on the lines of an invoice with several (`13%,6%`)."""
    rates = [Decimal(each.rstrip("%")) / 100 for each in printed.split(",") if each]
    if len(rates) > 1 and min(rates) * abs(amount) <= abs(tax) + ROUNDING <= max(rates) * abs(amount) + 2 * ROUNDING:
        return amount * tax >= 0
    return any(abs(amount * rate - tax) <= ROUNDING for rate in RATES)


def tax_number(text: str) -> tuple[str, bool]:
    """The number as it must be, and whether it was mended. Of 18 places one or two may be confused letters; with some twenty ways to read
    them otherwise, one check character would bear out a wrong one more often than not, so the organisation code within must fit too."""
    value = re.sub(r"\s", "", text).upper()
    if len(value) != 18 or not uscc_faults(value):
        return value, False
    found = {candidate for candidate in _confused(value) if SHAPE.fullmatch(candidate) and not uscc_warnings(candidate)} - {value}
    found = {candidate for candidate in found if not uscc_faults(candidate)}
    return (found.pop(), True) if len(found) == 1 else (value, False)


def _confused(value: str) -> Iterator[str]:
    """The number with one place, or with every letter that no number may hold, read another way."""
    never = [place for place, each in enumerate(value) if each in "IOSVZ"]
    base = "".join(CONFUSED[each][0] if place in never else each for place, each in enumerate(value))
    if never:
        yield base
        return
    places = [place for place, each in enumerate(base) if each in CONFUSED]
    for (place,) in combinations(places, 1):
        for other in CONFUSED[base[place]]:
            yield base[:place] + other + base[place + 1 :]
