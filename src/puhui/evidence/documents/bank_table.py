"""The table of a bank statement from the words on its pages: headings tell the columns, dates begin the rows.

Each word goes to the heading above it that lies nearest; a line without a date continues the row before (long names are wrapped). The
rows go to the import of account flows (class C15), which checks amounts and days as for any file.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from puhui.evidence.documents.model import Document, DocumentField, Word
from puhui.evidence.documents.page_words import field_of
from puhui.evidence.layouts import layout
from puhui.evidence.reading.words import Vocabulary, plain

DAY = re.compile(r"^(?:19|20)\d{2}[-/.年]?\d{1,2}[-/.月]?\d{1,2}日?(?:\s*\d{1,2}:\d{2}(?::\d{2})?)?$")
LEAST_HEADINGS = 3
SAME_LINE = 0.6


def read_bank_statement(words: Sequence[Word]) -> Document | None:
    """The movements of a statement; None where no line of headings is found."""
    known = layout("account_flow").vocabulary()
    clean = [replace(word, text=unicodedata.normalize("NFKC", word.text).strip()) for word in words if word.text.strip()]
    rows: list[dict[str, str]] = []
    fields: list[DocumentField] = []
    heads: list[Word] = []
    above: dict[str, tuple[str, Word]] = {}
    for page in sorted({word.page for word in clean}):
        lines = lines_of([word for word in clean if word.page == page])
        start = next((number for number, line in enumerate(lines) if _headings(line, known) >= LEAST_HEADINGS), None)
        if start is not None:
            heads = lines[start]
            above = above or _above(lines[:start])
        if heads:
            _rows(lines[start + 1 if start is not None else 0 :], heads, rows, fields)
    told = {heading: word for heading, word in above.items() if rows and heading not in rows[0]}
    rows = [{heading: value for heading, (value, _) in told.items()} | row for row in rows]
    fields += [
        field_of(f"{heading}#{number}", value, word) for number in range(1, len(rows) + 1) for heading, (value, word) in told.items()
    ]
    return Document("bank_statement", tuple(fields), tuple(rows)) if rows else None


def _above(lines: Sequence[Sequence[Word]]) -> dict[str, tuple[str, Word]]:
    """Heading → what stands above the table after one of the layout's labels (`账号:6222…`), in the label's word or the next one."""
    form = layout("account_flow")
    labels = {plain(label): form.fields[field].headings[0] for field, words in form.above.items() for label in words}
    found: dict[str, tuple[str, Word]] = {}
    for line in lines:
        for position, word in enumerate(line):
            label, _, value = word.text.partition(":")
            holder = word if value.strip() or position + 1 == len(line) else line[position + 1]
            value = value.strip() or (holder.text.strip() if holder is not word else "")
            if plain(label) in labels and value:
                found.setdefault(labels[plain(label)], (value.split()[0], holder))
    return found


def lines_of(words: Sequence[Word]) -> list[list[Word]]:
    """The words of a page as lines, each from left to right."""
    lines: list[list[Word]] = []
    for word in sorted(words, key=lambda each: each.middle):
        last = lines[-1] if lines else []
        if last and abs(word.middle - last[0].middle) < SAME_LINE * max(min(word.height, last[0].height), 0.004):
            last.append(word)
        else:
            lines.append([word])
    return [sorted(line, key=lambda word: word.box[0]) for line in lines]


def _is_heading(text: str, known: Vocabulary) -> bool:
    return known.field_of(text) is not None


def _headings(line: Sequence[Word], known: Vocabulary) -> int:
    return sum(_is_heading(word.text, known) for word in line)


def _rows(lines: Sequence[Sequence[Word]], heads: Sequence[Word], rows: list[dict[str, str]], fields: list[DocumentField]) -> None:
    known = layout("account_flow").vocabulary()
    days = {known.field_of(head.text): head for head in heads if known.field_of(head.text) in ("booked_on", "booked_time")}
    day = days.get("booked_on") or days.get("booked_time")
    for line in lines:
        cells = [(_nearest(word, heads), word) for word in line]
        begins = any(head is day and (DAY.match(word.text) or DAY.match(word.text.replace(" ", ""))) for head, word in cells)
        if begins:
            rows.append(dict.fromkeys((head.text for head in heads), ""))
        elif not rows or any(re.search("合计|本页|小计|第.*页|打印", word.text) for word in line):
            continue
        for head, word in cells:
            rows[-1][head.text] = (rows[-1][head.text] + word.text) if not begins or rows[-1][head.text] else word.text
            fields.append(field_of(f"{head.text}#{len(rows)}", word.text, word))


def _nearest(word: Word, heads: Sequence[Word]) -> Word:
    """The heading whose span overlaps the word's most, or else lies nearest to it: figures are set right, names left."""

    def distance(head: Word) -> float:
        overlap = min(word.box[2], head.box[2]) - max(word.box[0], head.box[0])
        return -overlap if overlap > 0 else min(abs(word.box[0] - head.box[0]), abs(word.box[2] - head.box[2]))

    return min(heads, key=distance)
