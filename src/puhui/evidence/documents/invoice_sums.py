"""Amount, tax and total of an invoice from the words of its page, set against each other and against the total in capitals.

An exempt supply writes *** for its tax, which is nought; a red invoice writes every figure below zero and 负数 before the capitals.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from puhui.evidence.documents.model import DocumentField, Word
from puhui.evidence.documents.page_words import field_of, right_of
from puhui.evidence.documents.repair import CAPITALS, RATES, amounts, capitals, figures, money

__all__ = ["sums"]

Place = tuple[Decimal | None, Word]
SUM_LINE = re.compile(r"^合\s*计?$|^计$|^合\s*计\s*[¥\d-]")
NO_TAX = re.compile(r"^¥?\s*[*＊✱※]{2,}$|^免税$|^不征税$")
RATE = re.compile(r"^(\d{1,2}(?:\.\d)?)\s*%$")
TAX_HEAD_ABOVE = 0.6
TAX_COLUMN = 0.75  # where the tax stands at least, when no heading says it


def sums(page: Sequence[Word]) -> list[DocumentField]:
    """The fields amount, tax, total, total_in_words and rates, as far as the page has them; what sums mended tells what was read."""
    places = {**_total(page), **_amount_and_tax(page)}
    settled, mended, _ = amounts({name: (value, word.confidence) for name, (value, word) in places.items()})
    anchor = next((word for word in page if "小写" in word.text or "价税合计" in word.text), page[0])
    fields = []
    for name, value in settled.items():
        if value is not None:
            was, word = places.get(name, (None, anchor))
            fields.append(field_of(name, f"{value:.2f}", word, (f"{was:.2f}" if was is not None else "nothing") if name in mended else ""))
    if "words" in places:
        fields.append(field_of("total_in_words", capital_text(places["words"][1].text), places["words"][1]))
    rates = {Decimal(match[1]): word for word in page for match in [RATE.match(word.text)] if match and Decimal(match[1]) / 100 in RATES}
    if len(rates) > 1:
        told = ",".join(f"{rate}%" for rate in sorted(rates, reverse=True))
        fields.append(DocumentField("rates", told, next(iter(rates.values())).box, 1.0, page[0].page))
    return fields


def capital_text(text: str) -> str:
    """The longest run of capitals in a text, with the word that makes it negative."""
    found = CAPITALS.findall(text)
    longest = max(found, key=len) if found else ""
    return f"负{longest}" if longest and "负" in text.partition(longest)[0] else longest


def _total(page: Sequence[Word]) -> dict[str, Place]:
    places: dict[str, Place] = {}
    labels = [word for word in page if "小写" in word.text] or [word for word in page if re.search("价税合计|计.{0,2}大写", word.text)]
    for label in labels:
        for candidate in [label, *right_of(label, page)]:
            value = money(candidate.text.split("小写")[-1])
            if value is not None:
                places["total"] = (value, candidate)
                break
    said = [(capitals(capital_text(word.text)), word) for word in page if re.search("[元圆圓]", capital_text(word.text))]
    best = max((pair for pair in said if pair[0] is not None), key=lambda pair: len(capital_text(pair[1].text)), default=None)
    return {**places, "words": best} if best else places


def _amount_and_tax(page: Sequence[Word]) -> dict[str, Place]:
    """The two figures on the line 合计: the amount on the left, the tax on the right; 合 and 计 may be two words."""
    for anchor in (word for word in page if SUM_LINE.search(word.text)):
        line = [anchor, *right_of(anchor, page)]
        found: list[Place] = [(value, word) for word in line for value in figures(word.text)]
        if len(found) >= 2:
            return {"amount": found[-2], "tax": found[-1]}
        if len(found) == 1:
            exempt = [word for word in line if NO_TAX.match(word.text) and word.box[0] > found[0][1].box[0]]
            if exempt:
                return {"amount": found[0], "tax": (Decimal(0), exempt[-1])}
            heads = [word.box[0] for word in page if re.fullmatch(r"税\s*额?", word.text) and word.middle < TAX_HEAD_ABOVE]
            return {"tax" if found[0][1].box[0] > min(heads, default=TAX_COLUMN) - 0.05 else "amount": found[0]}
    return {}
