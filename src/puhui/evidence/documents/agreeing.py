"""Two readings of one document made one: what both say is as sure as the surer of them, what they say otherwise is for a person.

A figure that is proven by others (sums and capitals, a check character, a balance that runs) needs no second look; a name, a day or a
number that is not proven does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from decimal import Decimal

from puhui.evidence.documents.checks import movements
from puhui.evidence.documents.model import Document, DocumentField
from puhui.evidence.documents.repair import capitals
from puhui.evidence.reading.words import plain
from puhui.evidence.running_balance import breaks
from puhui.parties.identifiers import uscc_faults

__all__ = ["agreed_fields", "agreed_statement"]

ONE_LOOK = 0.85  # a field that only one look found: below what is taken as sure
TORN = 0.5  # two looks, two readings
SUMS = ("amount", "tax", "total", "total_in_words")


def agreed_fields(first: Collection[DocumentField], second: Collection[DocumentField]) -> list[DocumentField]:
    """The fields of one invoice from both looks."""
    one, other = ({each.name: each for each in fields} for fields in (first, second))
    fields = [*_sums(one, other)]
    for name in dict.fromkeys([*one, *other]):
        if name not in SUMS:
            fields.append(_agreed(one.get(name), other.get(name)))
    return fields


def _sums(one: dict[str, DocumentField], other: dict[str, DocumentField]) -> Iterable[DocumentField]:
    """The amounts of the look whose amounts add up as they were read; of both where they say the same."""
    groups = [[fields[name] for name in SUMS if name in fields] for fields in (one, other)]
    proven = [_add_up(fields) for fields in (one, other)]
    if proven[0] != proven[1]:
        return groups[proven.index(True)]
    names = dict.fromkeys(each.name for group in groups for each in group)
    agreed = {name: _agreed(one.get(name), other.get(name)) for name in names}
    words, total = SUMS[3], agreed.get("total")
    said = [fields[words] for fields in (one, other) if words in fields and total and capitals(fields[words].value) == Decimal(total.value)]
    return [*agreed.values()] if not said else [*(each for name, each in agreed.items() if name != words), said[0]]


def _add_up(fields: dict[str, DocumentField]) -> bool:
    """Whether amount and tax make the total, none of them mended."""
    three = [fields[name] for name in SUMS[:3] if name in fields]
    if len(three) < 3 or any(each.repaired for each in three):
        return False
    amount, tax, total = (Decimal(each.value) for each in three)
    return amount + tax == total


def _agreed(one: DocumentField | None, other: DocumentField | None) -> DocumentField:
    """One field from both looks; an empty one says that there is a label and nothing to be read beside it."""
    if one is None or other is None or not (one.value and other.value):
        alone = max((each for each in (one, other) if each), key=lambda each: bool(each.value))
        return alone if _proven(alone) or alone.name == "rates" else replace(alone, confidence=min(alone.confidence, ONE_LOOK))
    better = max((one, other), key=lambda each: (_proven(each), not each.repaired, each.confidence))
    if plain(one.value) == plain(other.value):
        return replace(better, confidence=max(one.confidence, other.confidence))
    if _proven(better) and not _proven(other if better is one else one):
        return better
    return replace(better, confidence=min(better.confidence, TORN))


def _proven(field: DocumentField) -> bool:
    """Whether a check character says that it was read rightly."""
    return field.name.endswith("_id") and len(field.value) == 18 and not field.repaired and not uscc_faults(field.value)


def agreed_statement(first: Document, second: Document) -> Document:
    """The reading in which the balance breaks less often, or that has more rows; cells that the other reads otherwise are not sure."""

    def merit(document: Document) -> tuple[int, int]:
        return -len(breaks([(amount, balance) for amount, balance, _ in movements(document.rows)])), len(document.rows)

    better, other = (first, second) if merit(first) >= merit(second) else (second, first)
    if len(better.rows) != len(other.rows) or list(better.rows[0]) != list(other.rows[0]):
        return better if merit(better) == merit(other) == (0, len(better.rows)) else _unsure(better, {each.name for each in better.fields})
    torn = {
        f"{heading}#{number}"
        for number, (row, again) in enumerate(zip(better.rows, other.rows, strict=True), start=1)
        for heading in row
        if plain(row[heading]) != plain(again[heading])
    }
    surest = {name: max(each.confidence for each in other.fields if each.name == name) for name in {each.name for each in other.fields}}
    fields = tuple(replace(each, confidence=max(each.confidence, surest.get(each.name, 0.0))) for each in better.fields)
    return _unsure(replace(better, fields=fields), torn)


def _unsure(document: Document, names: Collection[str]) -> Document:
    fields = (replace(each, confidence=min(each.confidence, ONE_LOOK)) if each.name in names else each for each in document.fields)
    return replace(document, fields=tuple(fields))
