"""What is wrong with a file, in the reader's language: where it stands, what was expected, and how it is mended.

The faults of an import are English sentences with the file's own words in them; the frequent ones are known here, part by part. What no
pattern knows stays as it is. What was found in a cell is never translated.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from puhui.calculations.faults import Fault
from puhui.console.decision_figures import language
from puhui.console.whole_texts import WholeTexts

__all__ = ["faults_told"]

SHEET = r'(?:, sheet "(?P<sheet>[^"]*)")?'
ROW, COLUMN, MORE = r"(?:, row (?P<row>[\d,]+))?", r'(?:, column "(?P<column>[^"]*)")?', r"(?: \(and (?P<more>[\d,]+) more rows\))?"
WHERE = re.compile(rf"(?P<file>.*?){SHEET}{ROW}{COLUMN}{MORE}")

#: the whole text, with the parts that are kept → the same in the reader's language
PATTERNS: tuple[tuple[str, Any], ...] = (
    (r"no such column among (?P<a>.+)", _("no such column among %(a)s")),
    (r"a column such as (?P<a>.+)", _("a column such as %(a)s")),
    (r'a second column for \S+ beside "(?P<a>.+)"', _("a second column of this meaning beside “%(a)s”")),
    (r"no row of headings among the first (?P<a>\d+).*", _("no row of headings among the first %(a)s rows")),
    (r"headings such as (?P<a>.+)", _("headings such as %(a)s")),
    (r"an empty file.*", _("an empty file")),
    (r"an empty cell", _("an empty cell")),
    (r"headings and no row under them", _("headings and no row under them")),
    (r"headings and at least one row|at least one row", _("headings and at least one row")),
    (r"one column", _("one column")),
    (r"a value in every row", _("a value in every row")),
    (r"an amount such as (?P<a>[\d,.]+)", _("an amount such as %(a)s")),
    (r"at most (?P<a>[\d,]+) yuan", _("at most %(a)s yuan")),
    (r"whole fen \(two decimals\)", _("whole fen (two decimals)")),
    (r"amounts in yuan", _("amounts in yuan")),
    (r"a heading that names another unit than yuan", _("a heading that names another unit than yuan")),
    (r"amounts in (?P<a>\S+), as a line above the table says", _("amounts in %(a)s, as a line above the table says")),
    (r"a date such as (?P<a>.+)", _("a date such as %(a)s")),
    (r"a month such as (?P<a>.+)", _("a month such as %(a)s")),
    (r"a day not after (?P<a>[\d-]+)", _("a day not after %(a)s")),
    (r"a day from (?P<a>[\d-]+) on", _("a day from %(a)s on")),
    (r"a day before (?P<a>[\d-]+)", _("a day before %(a)s")),
    (r"yes or no: (?P<a>.+)", _("yes or no: %(a)s")),
    (r"one of (?P<a>.+)", _("one of %(a)s")),
    (r"at most (?P<a>[\d,]+) characters", _("at most %(a)s characters")),
    (r"all digits of the number", _("all digits of the number")),
    (r"a value, not a formula", _("a value, not a formula")),
    (r"a firm of this institution \(.+\)", _("a firm of this institution")),
    (r"a firm that has consented to the reading of .+", _("a firm that has consented to the reading of this class")),
    (r"a consent to the reading of its evidence of class (?P<a>\S+)", _("a consent to the reading of its evidence of class %(a)s")),
    (r"no live consent", _("no live consent")),
    (r"(?P<a>.+), the firm given for this file", _("%(a)s, the firm given for this file")),
    (r"an amount under (?P<a>.+) or under (?P<b>.+), not under both", _("an amount under %(a)s or under %(b)s, not under both")),
    (r"an amount under (?P<a>.+) or under (?P<b>.+)", _("an amount under %(a)s or under %(b)s")),
    (r"a PNG picture|a JPEG picture|a GIF picture|a bitmap picture", _("a picture")),
    (r"a PDF document", _("a PDF document")),
    (r"CSV, XLSX, Parquet or JSON", _("CSV, XLSX, Parquet or JSON")),
    (r"a whole (?P<a>PDF|OFD|picture|workbook|Parquet file)", _("a whole file")),
    (r"nothing that could be read", _("nothing that could be read")),
    (r"a clear figure", _("a clear figure")),
    (r"a number such as (?P<a>[\d.]+)", _("a number such as %(a)s")),
    (r"a whole number such as (?P<a>\d+)", _("a whole number such as %(a)s")),
    (r"a share such as (?P<a>.+) or (?P<b>.+)", _("a share such as %(a)s or %(b)s")),
    (r"at least (?P<a>[-\d.,]+)", _("at least %(a)s")),
    (r"at most (?P<a>[-\d.,]+)", _("at most %(a)s")),
    (r"(?P<a>\d+) cells", _("%(a)s cells")),
    (r"a code of the table (?P<a>\S+)", _("a code of the table %(a)s")),
    (r"Add the column, or say in a mapping file.*", _("Add the column, or name it in a mapping file.")),
    (r"Say whose records they are: .+", _("Say whose records they are: choose the firm, or add a column that names it.")),
    (r"Rename or delete one of the columns.*", _("Rename or delete one of the columns.")),
    (
        r"If that is garbled, save the file as CSV UTF-8; .+",
        _("If that is garbled, save the file as CSV UTF-8; else correct the headings."),
    ),
    (r"Export it again\.|Export it again with its rows\.", _("Export it again.")),
    (r"Fill the cell\.", _("Fill the cell.")),
    (r"Write digits with at most two decimals, without words or exponents\.", _("Write digits with at most two decimals.")),
    (r"Look for a slipped decimal point or the wrong unit\.", _("Look for a slipped decimal point or the wrong unit.")),
    (r"Round it in the source, or set .+", _("Round it in the source.")),
    (r"Write them in yuan, or name the unit in a mapping file: .+", _("Write them in yuan, or name the unit in a mapping file.")),
    (r"Write the year first; .+", _("Write the year first.")),
    (r"The spreadsheet has cut it: format the column as text and export again\.", _("Format the column as text and export it again.")),
    (r"Paste the column as values.*", _("Paste the column as values.")),
    (r"Register the firm first, or correct its identifier\.", _("Register the firm first, or correct its identifier.")),
    (r"Ask the firm for its consent first\.", _("Ask the firm for its consent first.")),
    (r"Leave out --firm, or take the row out\.", _("Choose no firm, or take the row out.")),
    (r"Leave the figure in the column it belongs to, and the other cell empty\.", _("Leave one of the two cells empty.")),
    (r"Fill one of the two cells, .+", _("Fill one of the two cells, or take the row out if it is no movement.")),
    (r"amounts in yuan \(人民币, CNY\)", _("amounts in yuan")),
    (r"amounts in (?P<a>.+), as a line above the table says", _("amounts in %(a)s, as a line above the table says")),
    (r"sheets with the same headings: (?P<a>.+)", _("sheets with the same headings: %(a)s")),
    (r"one such sheet", _("one such sheet")),
    (r"Take out what is in another currency .+", _("Take out what is in another currency, or send it in yuan.")),
    (r"Send it in yuan\.", _("Send it in yuan.")),
    (
        r"Import them one by one \(--sheet\), .+",
        _("Import them one by one, each by the name of its sheet, or put the rows under each other in one sheet."),
    ),
    (r'no sheet "(?P<a>.+)"', _("no sheet “%(a)s”")),
    (r"Correct --sheet or the mapping file\.", _("Correct the name of the sheet.")),
    (r"Send the table itself, not a picture of it\.", _("Send the table itself, not a picture of it.")),
    (r"Open it in a spreadsheet program and save it as XLSX\.", _("Open it in a spreadsheet program and save it as XLSX.")),
    (r"Unpack it and send the file inside\.", _("Unpack it and send the file inside.")),
    (r"Save it without a password.*", _("Save it without a password and send it again.")),
    (r"Shorten it\.", _("Shorten it.")),
    (r"Correct it\.", _("Correct it.")),
    (r"Correct it, or say what the word means in the mapping file .+", _("Correct it, or say what the word means in a mapping file.")),
    (r"Correct the figure or its sign; look for a wrong unit\.", _("Correct the figure or its sign; look for a wrong unit.")),
    (r"(?:Nothing is (?:observed|issued) in the future: c|C)orrect the year\.", _("Correct the year.")),
    (r"Write one of these\.", _("Write one of these.")),
    (r"Write digits without decimals, words or units\.", _("Write digits without decimals, words or units.")),
    (r"Look for a delimiter inside a cell .+", _("Look for a delimiter inside a cell, or a line broken in two.")),
    (r"Look for a quotation mark that is never closed\.", _("Look for a quotation mark that is never closed.")),
    (r"Take out the row that is wrong; .+", _("Take out the row that is wrong; a correction comes in a file of its own.")),
    (r"Type it in\.", _("Type it in.")),
    (r"Compare it with the page\.", _("Compare it with the page.")),
)
_KNOWN = WholeTexts(PATTERNS)


def faults_told(faults: Iterable[Fault]) -> list[Fault]:
    """The faults in the reader's language; in English as they are."""
    if language() == "en":
        return list(faults)
    return [Fault(_where(each.where), _told(each.found), _told(each.expected), _told(each.remedy)) for each in faults]


def _told(text: str) -> str:
    return _KNOWN.told(text) or text


def _where(text: str) -> str:
    """File, sheet, row and column."""
    match = WHERE.fullmatch(text)
    if match is None or not any(match[name] for name in ("sheet", "row", "column")):
        return text
    forms = {
        "sheet": gettext("sheet “%(a)s”"),
        "row": gettext("row %(a)s"),
        "column": gettext("column “%(a)s”"),
        "more": gettext("and %(a)s more rows"),
    }
    return " · ".join([match["file"], *(form % {"a": match[name]} for name, form in forms.items() if match[name])])
