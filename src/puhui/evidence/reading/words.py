"""The words of a class of evidence: headings, states and kinds as tax exports, programs and platforms write them.

Those of invoices stand in `catalogue/mappings/C07.toml`, those of all other records in their layouts (`puhui.evidence.layouts`), and what
all share in `catalogue/evidence/common.toml`: a new export needs a new word there and no new code.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from puhui.parties.firm_names import simplified

REMARK = re.compile(r"[(\[{【〔](.*?)[)\]}】〕]")
LONGEST_HEADING = 200  # a longer cell heads nothing, and need not be looked at letter by letter
LOOSE = re.compile(r"[\s*_\-:/、.]+")
# Particulars of an invoice's line: they tell two lines of one invoice apart and are otherwise not read.
LINE_FIELDS = ("goods", "goods_code", "specification", "unit", "quantity", "unit_price", "tax_rate")
# The headings that a message names where it finds none.
INVOICE_EXAMPLES = ("invoice_number", "issued_on", "seller_name", "amount", "tax", "total", "status")


# Characters of headings in Taiwan, Hong Kong and Macau, each with the mainland's after it; those of names of firms are `firm_names`'s.
_PAIRS = (
    "貸贷額额稅税標标誌志賬账帳账項项銷销憑凭徵征繳缴狀状態态註注納纳減减進进簽签約约採采競竞滙汇償偿還还債债權权負负營营費费遞递攤摊"
    "別别編编歸归構构係系審审則则變变罰罚決决認认詢询濕湿輛辆譽誉獲获頒颁佈布違违訴诉訟讼訂订庫库賠赔貼贴顯显確确絕绝繼继臺台虛虚偽伪"
    "賒赊遲迟鑑鉴擬拟圍围檢检閱阅屆届併并傭佣僱雇賦赋紀纪純纯統统廢废沖冲衝冲"
)
_SIMPLIFIED = str.maketrans(dict(zip(_PAIRS[::2], _PAIRS[1::2], strict=True)))


def simplify(text: str) -> str:
    """Traditional characters made simplified."""
    return text if text.isascii() else simplified(text).translate(_SIMPLIFIED)


def plain(text: str) -> str:
    """A heading or word as it is compared: half-width, lower case, simplified, without blanks, stars, dashes and stops."""
    return simplify(LOOSE.sub("", unicodedata.normalize("NFKC", text)).lower())


def heading_and_remark(text: str) -> tuple[str, str]:
    """`金额（元）` → (`金额`, `元`): the heading as it is compared, and the last remark in brackets."""
    normal = unicodedata.normalize("NFKC", text)
    remarks = REMARK.findall(normal)
    return plain(REMARK.sub("", normal)), plain(remarks[-1]) if remarks else ""


@dataclass(frozen=True)
class Vocabulary:
    """`headings` and each table of `words` map a plain word to the field or canonical value it means."""

    evidence_class: str
    earliest: dt.date  # nothing is dated before it
    headings: Mapping[str, str]
    words: Mapping[str, Mapping[str, str]]
    units: Mapping[str, str]
    titles: Mapping[str, list[str]]  # field → headings as written, for messages
    no_tax: frozenset[str] = frozenset()  # what stands in the tax column of exempt supplies
    record: str = ""  # the record that a layout describes; empty for invoices
    least_recognised: int = 3  # so many headings make a row of headings
    repeatable: frozenset[str] = frozenset()  # fields for which a second column is no fault
    either: frozenset[str] = frozenset()  # fields of which, of several columns, the one counts whose heading stands first among `titles`
    examples: tuple[str, ...] = ()  # headings that a message names where it finds none

    def field_of(self, heading: str) -> str | None:
        if len(heading) > LONGEST_HEADING:
            return None
        name = heading_and_remark(heading)[0]
        # A bracketed remark may be part of the name: `invoice (number)`.
        return self.headings.get(name) or self.headings.get(plain(heading))

    def unit_of(self, heading: str) -> str | None:
        remark = heading_and_remark(heading)[1].removeprefix("金额").removeprefix("单位")
        return self.units.get(remark) or self.units.get(remark.removeprefix("人民币"))


@cache
def vocabulary(evidence_class: str) -> Vocabulary:
    """The words of one class. Raises `KeyError` for a class that has no file yet."""
    source = files("puhui") / "catalogue" / "mappings" / f"{evidence_class}.toml"
    if not source.is_file():
        raise KeyError(evidence_class)
    document = tomllib.loads(source.read_text("utf-8"))
    no_tax = frozenset(document["words"].pop("amount")["none"])
    titles = document["headings"]
    return Vocabulary(
        evidence_class,
        document["earliest_issued_on"],
        inverted(titles),
        {name: inverted(table) for name, table in document["words"].items()},
        inverted(common()["unit"]),
        titles,
        no_tax,
        repeatable=frozenset(LINE_FIELDS),
        examples=tuple(titles[name][0] for name in INVOICE_EXAMPLES),
    )


@cache
def common() -> Mapping[str, Any]:
    """What all classes share: the earliest day, headings that name the firm, units, yes and no, and words for nothing."""
    shared: dict[str, Any] = tomllib.loads((files("puhui") / "catalogue" / "evidence" / "common.toml").read_text("utf-8"))
    return shared


def inverted(table: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """word → meaning; a word that means two things is a mistake in the file."""
    meanings: dict[str, str] = {}
    for meaning, words in table.items():
        for word in words:
            if meanings.setdefault(plain(word), meaning) != meaning:
                raise ValueError(f"{word!r} means both {meanings[plain(word)]!r} and {meaning!r}")
    return meanings
