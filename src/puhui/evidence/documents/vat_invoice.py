"""The fields of a value-added tax invoice from the words on its page, by what stands beside what.

No template: special and ordinary, paper and digital invoices and rolls place things differently, but all write 发票号码, 名称,
纳税人识别号, 合计, 小写 beside the value or in front of it. What is printed twice, and what two looks at a scan read alike, is surer.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from puhui.calculations.faults import Fault
from puhui.evidence.documents.invoice_parties import parties, split_labels
from puhui.evidence.documents.invoice_sums import sums
from puhui.evidence.documents.model import Document, DocumentField, Word, invoice_row
from puhui.evidence.documents.page_words import field_of, right_of, without_margins
from puhui.evidence.documents.repair import LEAST_SURE, capitals

__all__ = ["invoice_fields", "invoice_of", "read_invoice"]

NUMBER = re.compile(r"(?:发票号码|(?<!数电)票号|N[o0°º]|№)[:.。\s]*(\d{20}|\d{8})(?!\d)", re.IGNORECASE)
TWICE = re.compile(r"(?<!\d)(\d{8}|\d{10}|\d{12})\s*\1(?!\d)")  # the number or code and its small repetition, read as one line
BARE_NUMBER = re.compile(r"^(?:N[o0°º]?[.:]?)?(\d{20}|\d{8})$", re.IGNORECASE)
CODE = re.compile(r"发票代码[:\s]*(\d{12}|\d{10})(?!\d)")
BARE_CODE = re.compile(r"^(\d{12}|\d{10})$")
DAY = re.compile(r"(20\d{2}|19\d{2})\s*[年./-]\s*(\d{1,2})\s*[月./-]\s*(\d{1,2})(?!\d)")
OTHER_NUMBER = re.compile(r"机器编?号|校\s*验\s*码|账\s*号|电\s*话|机打")  # what stands beside these is neither number nor code
KINDS = (
    (r"电子发票\(增值税专用发票\)", "81"), (r"电子发票\(普通发票\)", "82"), (r"电子专用发票", "028"), (r"电子普通发票", "026"),
    (r"专用发票", "004"), (r"普通发票", "007"),
)  # fmt: skip
"""Titles → type code of standards.md §7."""
KIND_OF_CODE = {"1": "004", "5": "004", "3": "007", "6": "007"}
"""Eighth digit of a ten-digit code → type code [GK]: paper invoices whose title is not to be read."""
NEEDED = ("number", "issued_on", "seller_name", "buyer_name", "amount", "tax", "total")
FULL_NUMBER = 20
TOP = 0.4
ABOVE_REMARKS = 0.6  # remarks below may name other invoices
HEAD = 0.28  # number and code stand above the parties
RED = "销项负数"
UNLABELLED = 0.85  # what stands somewhere without its label is not sure
TORN = 0.5
LIKE_A_DAY = re.compile(r"^(19|20)\d{2}(0[1-9]|1[0-2])([0-2]\d|3[01])$")
NUMBER_SIGN = re.compile(r"^(N[o0°º]|№)[.:]?$", re.IGNORECASE)


def read_invoice(words: Sequence[Word], file: str) -> Document | None:
    """The invoice on one page; None where the page shows none. Fields that are missing or contradict each other are faults."""
    fields = invoice_fields(words)
    return invoice_of(fields, file) if fields else None


def invoice_fields(words: Sequence[Word]) -> list[DocumentField]:
    """The fields of the invoice on one page; none where the page shows no invoice."""
    clean = [replace(word, text=_normal(word.text)) for word in words if word.text.strip()]
    if not clean:
        return []
    page = [part for word in without_margins(clean) for part in split_labels(word)]
    everything = "".join(word.text for word in page)
    signs = sum(sign in everything for sign in ("发票", "识别号", "税额", "价税合计", "开票日期", "小写"))
    if signs < 3:
        return []
    head = _head(page)
    fields = [*head, *parties(page), *sums(page), *_kind(page, head)]
    if RED in everything:
        fields = [replace(each, confidence=0.0) if each.name == "total" and not each.value.startswith("-") else each for each in fields]
    return fields


def _normal(text: str) -> str:
    """Half-width, one sign for the yuan, what is printed twice side by side once."""
    return TWICE.sub(r"\1", unicodedata.normalize("NFKC", text).replace("￥", "¥").strip())


def invoice_of(fields: Sequence[DocumentField], file: str) -> Document:
    """The invoice that the fields make: its row, and what a person must look at."""
    found = {field.name: field for field in fields}
    faults = _sum_faults(found, file)
    for name in (*NEEDED, *(side for side in ("seller_id", "buyer_id") if side in found)):
        if name not in found or not found[name].value:
            faults.append(
                Fault(f"{file}, {name}", "nothing that could be read", f"the {name.replace('_', ' ')} of the invoice", "Type it in.")
            )
        elif found[name].confidence < LEAST_SURE / 1.5 and not found[name].repaired:
            faults.append(Fault(f"{file}, {name}", f"{found[name].value!r}, hard to read", "a clear figure", "Compare it with the page."))
    values = {name: field.value for name, field in found.items()}
    values["state"] = "红字" if values.get("total", "").startswith("-") else "正常"
    return Document("vat_invoice", tuple(found.values()), (invoice_row(values),), tuple(faults))


def _sum_faults(found: dict[str, DocumentField], file: str) -> list[Fault]:
    """Amounts that do not add up, or that the capitals tell otherwise."""
    amount, tax, total = (Decimal(found[name].value) if name in found else None for name in ("amount", "tax", "total"))
    said = capitals(found["total_in_words"].value) if "total_in_words" in found else None
    wrong = ""
    if amount is not None and tax is not None and total is not None and amount + tax != total:
        wrong = f"amount {amount} and tax {tax} beside a total of {total}"
    elif said is not None and total is not None and said != total:
        wrong = f"a total of {total} in digits and of {said:.2f} in capitals"
    remedy = "Correct the figure that was misread."
    return [Fault(f"{file}, total", wrong, "amount + tax = total, in digits as in capitals", remedy)] if wrong else []


def _head(page: Sequence[Word]) -> list[DocumentField]:
    """Number, code and day."""
    others = [word for word in page if OTHER_NUMBER.search(word.text)]
    left_out = {id(right) for word in others for right in right_of(word, page)[:4]} | {id(word) for word in others}
    usable = [word for word in page if id(word) not in left_out and word.middle < ABOVE_REMARKS]
    number = _printed(usable, "number", NUMBER, BARE_NUMBER, "发票号码")
    code = _printed(usable, "code", CODE, BARE_CODE, "发票代码")
    if number and len(number[0].value) == FULL_NUMBER:
        code = []  # digital invoices have none
    return [*number, *code, *_day(page)]


def _printed(page: Sequence[Word], name: str, labelled: re.Pattern[str], bare: re.Pattern[str], label: str) -> list[DocumentField]:
    """A number beside its label, or where it stands alone in the upper part; what is printed twice is surer, two numbers are not sure."""

    def alone(word: Word) -> re.Match[str] | None:
        return bare.match(word.text.replace(" ", ""))

    seen = [(match[1], word) for word in page for match in [labelled.search(word.text)] if match]
    labels = [word for word in page if label in word.text or (name == "number" and NUMBER_SIGN.match(word.text))]
    seen += [(match[1], right) for word in labels for right in right_of(word, page)[:1] for match in [alone(right)] if match]
    again = [(match[1], word) for word in page if word.middle < HEAD for match in [alone(word)] if match]
    candidates = seen or again
    if not candidates:
        return []
    counted = Counter(value for value, _ in {(value, id(word)) for value, word in [*seen, *again]})
    value, word = max(candidates, key=lambda pair: (counted[pair[0]], pair[1].confidence))
    is_torn = any(other != value and counted[other] >= counted[value] for other, _ in candidates)
    looks_otherwise = not seen and counted[value] < 2 and LIKE_A_DAY.match(value)
    return [field_of(name, value, word, most_sure=TORN if is_torn else UNLABELLED if looks_otherwise else 1.0)]


def _day(page: Sequence[Word]) -> list[DocumentField]:
    """The day beside 开票日期, which may be cut into several words; else the only one in the upper part."""
    labels = [word for word in page if "日期" in word.text]
    for label in labels:
        line = [label, *right_of(label, page)[:4]]
        match = DAY.search(label.text) or DAY.search("".join(word.text for word in line).partition("日期")[2])
        if match:
            holder = label if DAY.search(label.text) else line[1]
            return [field_of("issued_on", _iso(match), holder)]
    days = [(_iso(match), word) for word in page if word.middle < TOP for match in [DAY.search(word.text)] if match]
    if not days:
        return []
    return [field_of("issued_on", *days[0], most_sure=UNLABELLED if not labels else 1.0 if len({day for day, _ in days}) == 1 else TORN)]


def _iso(match: re.Match[str]) -> str:
    return f"{match[1]}-{int(match[2]):02d}-{int(match[3]):02d}"


def _kind(page: Sequence[Word], head: Sequence[DocumentField]) -> list[DocumentField]:
    """The type by the title, or by the code of a paper invoice."""
    title = [word for word in page if word.middle < TOP and "发票" in word.text]
    text = "".join(word.text for word in title)
    for pattern, code in KINDS:
        if re.search(pattern, text):
            return [field_of("kind", code, title[0])]
    known = next((field for field in head if field.name == "code" and len(field.value) == 10), None)
    meaning = KIND_OF_CODE.get(known.value[7]) if known else None
    return [replace(known, name="kind", value=meaning)] if known and meaning else []
