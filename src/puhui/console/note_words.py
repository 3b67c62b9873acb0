"""What an import has to say of a file, in the reader's language: its notes are English sentences, and the frequent ones are known here.

A note that no pattern knows stays as it is. Patterns hold whole notes only, so nothing is translated by half.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from puhui.console.whole_texts import WholeTexts

__all__ = ["note_told"]

#: the whole note, with the parts that are kept → the same in the reader's language
PATTERNS: tuple[tuple[str, Any], ...] = (
    (r"lines of sums and remarks left out: (?P<a>[\d,]+)", _("lines of sums and remarks left out: %(a)s")),
    (
        r"nothing of a firm of this institution is in it; nothing was changed",
        _("nothing of a firm of this institution is in it; nothing was changed"),
    ),
    (r"left out: (?P<a>.+)", _("left out: %(a)s")),
    (r"columns that are not read: (?P<a>.+)", _("columns that are not read: %(a)s")),
    (r"headings repeated among the rows, left out: (?P<a>[\d,]+)", _("headings repeated among the rows, left out: %(a)s")),
    (
        r'sheet "(?P<a>.+)" holds headings we know as well and was not read: import it with --sheet',
        _("sheet “%(a)s” holds headings we know as well and was not read: import it by the name of its sheet"),
    ),
    (
        r"the account is (?P<a>.+)'s, not (?P<b>.+)'s: look whose it is",
        _("the account is in the name of %(a)s, not of %(b)s: look whose it is"),
    ),
    (r"left out nested or binary columns: (?P<a>.+)", _("columns that hold no plain values, left out: %(a)s")),
    (r"rows that are none of this record, left out: (?P<a>[\d,]+)", _("rows that are none of this record, left out: %(a)s")),
    (r"readings folded into days: (?P<a>[\d,]+) into (?P<b>[\d,]+)", _("%(a)s readings were folded into %(b)s days")),
    (r"readings of a moment that was told before: (?P<a>[\d,]+)", _("readings of a moment that was told before: %(a)s")),
    (r"read as (?P<a>\S+) text", _("read as %(a)s text")),
    (r'read sheet "(?P<a>.+)" of (?P<b>\d+)', _("sheet “%(a)s” of %(b)s was read")),
    (
        r"(?P<a>[\d,]+) movements are there already in other words, from (?P<b>.+), and were not stored again",
        _("%(a)s movements are there already in other words, from %(b)s, and were not stored again"),
    ),
    (
        r"(?P<a>[\d,]+) rows name several suppliers: .+",
        _("%(a)s rows name several suppliers: a row for each of ours, without an amount, for how they share it is not told"),
    ),
    (
        r"(?P<a>.+): (?P<b>[\d,]+) amounts told in ten thousands, or with their unit, were read in yuan",
        _("%(a)s: %(b)s amounts told in ten thousands, or with their unit, were read in yuan"),
    ),
    (r"no currency is told: the amounts count as yuan", _("no currency is told: the amounts count as yuan")),
    (r"(?P<a>[\d,]+) amounts without a currency count as yuan", _("%(a)s amounts without a currency count as yuan")),
    (r"currency as the signs of the amounts say: (?P<a>.+)", _("currency as the signs of the amounts say: %(a)s")),
    (
        r"rows of suppliers that are no firms of this institution: (?P<a>[\d,]+)",
        _("rows of suppliers that are no firms of this institution: %(a)s"),
    ),
    (
        r"(?P<a>.+): amounts below zero are money out, the others money in",
        _("%(a)s: amounts below zero are money out, the others money in"),
    ),
    (r"unknown label: (?P<a>.+)", _("unknown label: %(a)s")),
    (r"heading or figure per share: (?P<a>.+)", _("heading or figure per share: %(a)s")),
    (r"told by its line number: (?P<a>.+)", _("told by its line number: %(a)s")),
)
_KNOWN = WholeTexts(PATTERNS)


def note_told(note: str) -> str:
    """A note in the reader's language; unchanged where it is not known."""
    return _KNOWN.told(note) or note
