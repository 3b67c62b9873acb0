"""Buyer and seller of an invoice: the names and tax numbers beside their labels, and whose they are.

A label may say it (销售方名称, 购买方名称, on rolls). Else place does: on digital invoices the buyer stands on the left and the seller
on the right above the goods, on paper the buyer above the goods and the seller below.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from puhui.evidence.documents.model import DocumentField, Word
from puhui.evidence.documents.page_words import field_of, on_line, right_of
from puhui.evidence.documents.repair import tax_number
from puhui.evidence.reading.words import plain
from puhui.parties.identifiers import uscc_faults

__all__ = ["parties", "split_labels"]

NAME_LABEL = re.compile(r"^(?P<before>.{0,10}?)名?\s*称\s*[:;]\s*(?P<value>.*)$|^(?P<bare>名?\s*称)\s*(?P<rest>[^\s:].*)?$")
ID_LABEL = re.compile(r"(?:识.号|信用代码|税号)\s*[:;.]?\s*(?P<value>.*)$")
NO_PARTY = re.compile("项目|工程|货物|劳务|服务|商品|品名|车辆|合同|发票|建筑|船")  # 项目名称 is no name of a party
PARTY_LABEL = re.compile(r"统一社会信用代码(?:/?纳税人识别号)?\s*:|(?<!/)(?<!代码)纳税人识别号\s*:|名\s*称\s*:")
OTHER_LABEL = re.compile(
    r"名\s*称|识.号|信用代码|地\s*址|电\s*话|开户|账\s*号|密码|规格型号|单\s*价|税\s*率|合\s*计|收款人|复核|开票人|备注"
)
TAX_ID = re.compile(r"(?<![0-9A-Z])[0-9A-Z]{15,20}(?![0-9A-Z])")
BARE_ID = re.compile(r"^[0-9A-Z]{18}$")
GOODS = re.compile("规格型号|货物或应税|项目名称|税率|征收率")
SELLER, BUYER = re.compile("销|售方|收款方|开票方"), re.compile("购|买方|付款方|受票方")
RIGHT_HALF = 0.42  # a label of a party that begins beyond it, above the goods, is that of the right-hand one
TORN = 0.5
BY_PLACE = 0.8  # a name that only its place tells is for a person to confirm
CHINESE = re.compile(r"[\u4e00-\u9fff]")
PREFIX = re.compile(r"^.{0,3}[:;]")
SHORTEST_NAME = 4
FIRM = re.compile("公司|集团|工厂|合作社|银行|中心|学校|医院|[厂局院社店]$")


@dataclass(frozen=True)
class _Found:
    """A label, the value that stands with it, the word that holds the value, and what the label itself says of whose it is."""

    label: Word
    value: str
    word: Word
    said: str = ""


def split_labels(word: Word) -> list[Word]:
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


def parties(page: Sequence[Word]) -> list[DocumentField]:
    """Names and tax numbers of buyer and seller, as far as they are there. Two values for one are not sure."""
    names, ids = _names(page), _ids(page)
    sides = _sides(names, ids, page)
    found: dict[str, DocumentField] = {}
    for kind, several in (("name", names), ("id", ids)):
        for each in several:
            field = _field(f"{sides[id(each)]}_{kind}", kind, each)
            there = found.setdefault(field.name, field)
            if plain(there.value) != plain(field.value):
                found[field.name] = replace(there, confidence=min(there.confidence, TORN))
    for each in ids:
        name = f"{sides[id(each)]}_name"
        over = _over(each.label, page) if name not in found else None
        if over:
            found[name] = field_of(name, PREFIX.sub("", over.text).strip(), over, most_sure=BY_PLACE)
    buyer = found.get("buyer_name")
    for side in ("seller", *(["buyer"] if buyer and FIRM.search(buyer.value) else [])):
        unread = _unread(ids, page, side) if f"{side}_id" not in found else []
        if unread:
            found[f"{side}_id"] = field_of(f"{side}_id", "", unread[0], most_sure=0.0)
    return list(found.values())


def _over(label: Word, page: Sequence[Word]) -> Word | None:
    """The Chinese words on the line over the label of a tax number: the name, where its own label could not be read."""
    lines = [
        word
        for word in page
        if 0.5 * label.height < label.middle - word.middle < 2 * label.height
        and -0.02 < word.box[0] - label.box[0] < 0.25
        and len(CHINESE.findall(word.text)) >= SHORTEST_NAME
        and not OTHER_LABEL.search(word.text)
    ]
    return max(lines, key=lambda word: word.middle, default=None)


def _unread(ids: Sequence[_Found], page: Sequence[Word], side: str) -> list[Word]:
    """The label of a party's tax number where nothing could be read beside it: a firm has one, a person who buys need not."""
    read = {id(each.label) for each in ids}
    labels = [_Found(word, "", word) for word in page if ID_LABEL.search(word.text) and id(word) not in read]
    theirs = _sides([], [*labels, *ids], page)
    return [each.label for each in labels if theirs[id(each)] == side]


def _field(name: str, kind: str, found: _Found) -> DocumentField:
    if kind == "name":
        return field_of(name, found.value, found.word)
    match = TAX_ID.search(_letters(found.value))
    read = match[0] if match else found.value
    number, mended = tax_number(read)
    return field_of(name, number, found.word, read if mended else "")


def _names(page: Sequence[Word]) -> list[_Found]:
    found = []
    for word in page:
        match = NAME_LABEL.match(word.text)
        if match is None or NO_PARTY.search(match["before"] or ""):
            continue
        own = (match["value"] or match["rest"] or "").strip(" :")
        each = _beside(word, own, page, lambda text: len(text) >= 2, match["before"] or "")
        found += [each] if each else []
    return found


def _ids(page: Sequence[Word]) -> list[_Found]:
    """Beside their labels; numbers with a right check character that stand alone where a label was not read."""
    found = []
    for word in page:
        match = ID_LABEL.search(word.text)
        if match:
            before = word.text[: match.start()]
            each = _beside(word, match["value"].strip(" :"), page, lambda text: bool(TAX_ID.search(_letters(text))), before)
            found += [each] if each else []
    if len(found) > 1:
        return found
    taken = {id(each.word) for each in found}
    alone = [word for word in page if id(word) not in taken and BARE_ID.match(_letters(word.text)) and not uscc_faults(_letters(word.text))]
    return found + [_Found(word, word.text, word) for word in alone]


def _beside(label: Word, own: str, page: Sequence[Word], fits: Callable[[str], bool], before: str) -> _Found | None:
    """The value in the label's own word, or in one of the next two on its line before another label."""
    said = "seller" if SELLER.search(before) else "buyer" if BUYER.search(before) else ""
    if own:
        return _Found(label, own, label, said) if fits(own) else None
    for word in right_of(label, page)[:2]:
        text = word.text.strip(" :")
        if OTHER_LABEL.search(text):
            return None
        if fits(text):
            return _Found(label, text, word, said)
    return None


def _sides(names: Sequence[_Found], ids: Sequence[_Found], page: Sequence[Word]) -> dict[int, str]:
    """buyer or seller for each that was found."""
    everybody = [*names, *ids]
    goods = [word.middle for word in page if GOODS.search(word.text)]
    border = min(goods) if goods else 0.5
    middles = {id(each): middle for several in (names, ids) for middle in [_middle(several)] for each in several}
    beside = any(each.label.box[0] > middles[id(each)] for each in everybody if each.label.middle < border)
    told = [each for each in names if each.said]
    both = len({each.said for each in told}) == 2
    sides = {}
    for each in everybody:
        if each.said:
            sides[id(each)] = each.said
        elif both:
            sides[id(each)] = _above(each, told).said
        elif beside:
            sides[id(each)] = "seller" if each.label.box[0] > middles[id(each)] else "buyer"
        else:
            sides[id(each)] = "buyer" if each.label.middle < border else "seller"
    return sides


def _middle(several: Sequence[_Found]) -> float:
    """Between two labels on one line; else where the right-hand party begins at the earliest."""
    if len(several) > 1 and on_line(several[0].label, several[1].label):
        return (several[0].label.box[0] + several[1].label.box[0]) / 2
    return RIGHT_HALF


def _above(one: _Found, others: Sequence[_Found]) -> _Found:
    """The one whose label stands nearest above, on the same line, or else nearest."""
    down = [(one.label.middle - other.label.middle, other) for other in others]
    return min(down, key=lambda pair: (pair[0] < -0.01, abs(pair[0])))[1]


def _letters(text: str) -> str:
    return text.replace(" ", "").upper()
