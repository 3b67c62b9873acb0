"""The fields of a value-added tax invoice from the words on its page, by what stands beside what.

No template: special and ordinary, paper and digital invoices place things differently, but all write 发票号码, 名称, 纳税人识别号, 合计,
小写 beside the value or in front of it. Buyer and seller are told by place (above and below on paper, left and right on digital ones).
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

from puhui.calculations.faults import Fault
from puhui.evidence.documents.model import Document, DocumentField, Word, invoice_row
from puhui.evidence.documents.repair import CAPITALS, LEAST_SURE, MONEY, amounts, capitals, money, tax_number

NUMBER = re.compile(r"(?:发票号码|票号|No|N[o0°º]|№)[:.。\s]*(\d{20}|\d{8})(?!\d)")
BARE_NUMBER = re.compile(r"^(?:N[o0°º]?[.:]?)?(\d{20}|\d{8})$", re.IGNORECASE)
CODE = re.compile(r"发票代码[:\s]*(\d{12}|\d{10})(?!\d)")
BARE_CODE = re.compile(r"^(\d{12}|\d{10})$")
DAY = re.compile(r"(20\d{2}|19\d{2})\s*[年./-]\s*(\d{1,2})\s*[月./-]\s*(\d{1,2})")
TAX_ID = re.compile(r"(?<![0-9A-Z])[0-9A-Z]{15,20}(?![0-9A-Z])")
NAME_LABEL = re.compile(r"^名?\s*称$|称\s*:\s*(?P<value>.*)$")
ID_LABEL = re.compile(r"(?:识别号|信用代码|税号)\s*:?\s*(?P<value>.*)$")
PARTY_LABEL = re.compile(r"统一社会信用代码(?:/?纳税人识别号)?\s*:|(?<!/)(?<!代码)纳税人识别号\s*:|名\s*称\s*:")
MACHINE = re.compile(r"机器编?号")
KINDS = (
    (r"电子发票\(增值税专用发票\)", "81"), (r"电子发票\(普通发票\)", "82"), (r"电子专用发票", "028"), (r"电子普通发票", "026"),
    (r"专用发票", "004"), (r"普通发票", "007"),
)  # fmt: skip
"""Titles → type code of standards.md §7."""
KIND_OF_CODE = {"1": "004", "5": "004", "3": "007", "6": "007"}
"""Eighth digit of a ten-digit code → type code [GK]: paper invoices whose title is not to be read."""
NEEDED = ("number", "issued_on", "seller_name", "buyer_name", "amount", "tax", "total")
SAME_LINE = 0.7
TOP = 0.4
HEAD = 0.28  # number and code stand above the parties


def read_invoice(words: Sequence[Word], file: str) -> Document | None:
    """The invoice on one page; None where the page shows none. Fields that are missing or contradict each other are faults."""
    clean = [replace(word, text=unicodedata.normalize("NFKC", word.text).replace("￥", "¥").strip()) for word in words if word.text.strip()]
    page = [part for word in clean for part in _split(word)]
    everything = "".join(word.text for word in page)
    signs = sum(sign in everything for sign in ("发票", "识别号", "税额", "价税合计", "开票日期", "小写"))
    if signs < 3:
        return None
    fields = [*_head(page), *_parties(page)]
    sums, faults = _sums(page, file)
    fields += [*sums, *_kind(page, fields)]
    found = {field.name: field for field in fields}
    for name in NEEDED:
        if name not in found:
            faults.append(
                Fault(f"{file}, {name}", "nothing that could be read", f"the {name.replace('_', ' ')} of the invoice", "Type it in.")
            )
        elif found[name].confidence < LEAST_SURE / 1.5 and not found[name].repaired:
            faults.append(Fault(f"{file}, {name}", f"{found[name].value!r}, hard to read", "a clear figure", "Compare it with the page."))
    values = {name: field.value for name, field in found.items()}
    values["state"] = "红字" if values.get("total", "").startswith("-") else "正常"
    return Document("vat_invoice", tuple(found.values()), (invoice_row(values),), tuple(faults))


def _split(word: Word) -> list[Word]:
    """A line on which two labels of a party were read as one text, cut before the second; its box is cut in proportion."""
    starts = [match.start() for match in PARTY_LABEL.finditer(word.text)]
    if len(starts) < 2:
        return [word]
    cuts = [0, *starts[1:], len(word.text)]
    left, top, right, bottom = word.box
    step = (right - left) / len(word.text)
    return [
        replace(word, text=word.text[begin:end].strip(), box=(left + begin * step, top, left + end * step, bottom))
        for begin, end in pairwise(cuts)
    ]


def _field(name: str, value: str, word: Word, repaired: str = "") -> DocumentField:
    return DocumentField(name, value, word.box, round(word.confidence, 3), word.page, repaired)


def _on_line(one: Word, other: Word) -> bool:
    return abs(one.middle - other.middle) < SAME_LINE * max(min(one.height, other.height), 0.004)


def _right_of(anchor: Word, page: Iterable[Word]) -> list[Word]:
    """Words on the anchor's line that begin to its right, the nearest first."""
    there = [word for word in page if word is not anchor and word.box[0] >= anchor.box[2] - 0.03 and _on_line(anchor, word)]
    return sorted(there, key=lambda word: word.box[0])


def _head(page: Sequence[Word]) -> list[DocumentField]:
    """Number, code and day: beside their label, or where they stand alone in the upper part; what is printed twice is surer."""
    machines = [word for word in page if MACHINE.search(word.text)]
    beside_machine = {id(right) for word in machines for right in _right_of(word, page)[:1]} | {id(word) for word in machines}
    upper = [word for word in page if word.middle < HEAD and id(word) not in beside_machine]
    fields = []
    for name, labelled, bare, label in (("number", NUMBER, BARE_NUMBER, "发票号码"), ("code", CODE, BARE_CODE, "发票代码")):
        seen = [(match[1], word) for word in page for match in [labelled.search(word.text)] if match]
        seen += [
            (match[1], right)
            for word in page
            if label in word.text
            for right in _right_of(word, page)[:1]
            for match in [bare.match(right.text.replace(" ", ""))]
            if match
        ]
        seen = seen or [(match[1], word) for word in upper for match in [bare.match(word.text.replace(" ", ""))] if match]
        again = [(match[1], word) for word in upper for match in [bare.match(word.text.replace(" ", ""))] if match]
        counted = Counter(value for value, _ in [*seen, *again])
        if seen:
            value, word = max(seen, key=lambda pair: (counted[pair[0]], pair[1].confidence))
            fields.append(_field(name, value, word))
    days = [(match, word) for word in page for match in [DAY.search(word.text)] if match]
    days.sort(key=lambda pair: (not re.search("日期", pair[1].text), pair[1].box[1]))
    if days:
        (match, word) = days[0]
        fields.append(_field("issued_on", f"{match[1]}-{int(match[2]):02d}-{int(match[3]):02d}", word))
    return fields


def _labelled(page: Sequence[Word], pattern: re.Pattern[str], fits: Callable[[str], bool]) -> list[tuple[Word, str, Word]]:
    """Anchors with the value in their own word or in the next on their line: (anchor, value, word of the value)."""
    found = []
    for word in page:
        match = pattern.search(word.text)
        if not match:
            continue
        own = (match["value"] or "").strip(" :")
        beside = [] if own else [right for right in _right_of(word, page)[:2] if fits(right.text.strip(" :"))]
        if own and fits(own):
            found.append((word, own, word))
        elif beside:
            found.append((word, beside[0].text.strip(" :"), beside[0]))
    return found


def _parties(page: Sequence[Word]) -> list[DocumentField]:
    """Names and tax numbers of buyer and seller."""
    names = _labelled(page, NAME_LABEL, lambda text: len(text) >= 2 and "识别号" not in text)
    ids = _labelled(page, ID_LABEL, lambda text: bool(TAX_ID.search(text.replace(" ", "").upper())))
    fields = []
    for kind, found in (("name", names), ("id", ids)):
        for side, (_, value, word) in zip(_sides(found, page), found, strict=True):
            if kind == "name":
                fields.append(_field(f"{side}_name", value, word))
                continue
            match = TAX_ID.search(value.replace(" ", "").upper())
            number, mended = tax_number(match[0] if match else value)
            fields.append(_field(f"{side}_id", number, word, (match[0] if match else value) if mended else ""))
    first = {field.name: field for field in reversed(fields)}
    return list(first.values())


def _sides(found: Sequence[tuple[Word, str, Word]], page: Sequence[Word]) -> list[str]:
    """buyer or seller for each anchor: two on one line are left and right, else the upper is the buyer's."""
    if len(found) >= 2 and _on_line(found[0][0], found[1][0]):
        middle = (min(anchor.box[0] for anchor, _, _ in found) + max(anchor.box[0] for anchor, _, _ in found)) / 2
        return ["buyer" if anchor.box[0] < middle else "seller" for anchor, _, _ in found]
    goods = [word.middle for word in page if re.search("规格型号|货物或应税|项目名称|税率", word.text)]
    border = min(goods) if goods else 0.5
    return ["buyer" if anchor.middle < border else "seller" for anchor, _, _ in found]


def _sums(page: Sequence[Word], file: str) -> tuple[list[DocumentField], list[Fault]]:
    """Amount, tax and total, set against each other and against the capitals."""
    places = {**_total(page), **_amount_and_tax(page)}
    read = {name: (value, word.confidence) for name, (value, word) in places.items()}
    settled, mended, wrong = amounts(read)
    fields = []
    anchor = next((word for word in page if "小写" in word.text or "价税合计" in word.text), page[0])
    for name, value in settled.items():
        if value is None:
            continue
        was, word = places.get(name, (None, anchor))
        fields.append(_field(name, f"{value:.2f}", word, (f"{was:.2f}" if was is not None else "nothing") if name in mended else ""))
    if "words" in places:
        fields.append(_field("total_in_words", _capital_text(places["words"][1].text), places["words"][1]))
    faults = [Fault(f"{file}, total", wrong, "amount + tax = total, in digits as in capitals", "Correct the figure that was misread.")]
    return fields, faults if wrong else []


def _capital_text(text: str) -> str:
    found = CAPITALS.findall(text)
    return max(found, key=len) if found else ""


def _total(page: Sequence[Word]) -> dict[str, tuple[Decimal | None, Word]]:
    places: dict[str, tuple[Decimal | None, Word]] = {}
    for word in page:
        if "小写" in word.text:
            for candidate in [word, *_right_of(word, page)]:
                value = money(candidate.text.split("小写")[-1])
                if value is not None:
                    places["total"] = (value, candidate)
                    break
    said = [(capitals(_capital_text(word.text)), word) for word in page if re.search("[元圆圓]", _capital_text(word.text))]
    best = max((pair for pair in said if pair[0] is not None), key=lambda pair: len(_capital_text(pair[1].text)), default=None)
    return {**places, "words": best} if best else places


def _amount_and_tax(page: Sequence[Word]) -> dict[str, tuple[Decimal | None, Word]]:
    """The two figures on the line 合计: the amount on the left, the tax on the right; 合 and 计 may be two words."""
    lines = [word for word in page if re.fullmatch(r"合\s*计?", word.text) or re.match(r"合\s*计\s*[¥\d-]", word.text)]
    tax_heads = [word for word in page if re.fullmatch(r"税\s*额?", word.text) and word.middle < 0.6]
    for anchor in lines:
        figures = [
            (Decimal(text.replace(",", "")), word)
            for word in [anchor, *_right_of(anchor, page)]
            for text in MONEY.findall(word.text.replace("，", ","))
        ]
        if len(figures) >= 2:
            return {"amount": figures[-2], "tax": figures[-1]}
        if len(figures) == 1:
            border = min((word.box[0] for word in tax_heads), default=0.75) - 0.05
            return {"tax" if figures[0][1].box[0] > border else "amount": figures[0]}
    return {}


def _kind(page: Sequence[Word], fields: Sequence[DocumentField]) -> list[DocumentField]:
    """The type by the title, or by the code of a paper invoice."""
    title = [word for word in page if word.middle < TOP and "发票" in word.text]
    text = "".join(word.text for word in title)
    for pattern, code in KINDS:
        if re.search(pattern, text):
            return [_field("kind", code, title[0])]
    known = next((field for field in fields if field.name == "code" and len(field.value) == 10), None)
    meaning = KIND_OF_CODE.get(known.value[7]) if known else None
    return [replace(known, name="kind", value=meaning)] if known and meaning else []
