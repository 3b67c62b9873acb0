"""What an import may be told besides the file: declared once for the command, the pages, the interface for programs and the pulls.

A function that takes them on says so with `**options: Unpack[ImportOptions]`; what is left out has the default told below.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TypedDict

from puhui.evidence.reading.limits import Limits
from puhui.evidence.storing import Progress
from puhui.parties.models import Firm

__all__ = ["ImportOptions"]


class ImportOptions(TypedDict, total=False):
    """firm           whose rows they are when the file does not name it (none)
    partial        store the good rows and tell of the others; else one fault refuses the whole file (False)
    rejects        where the rejected rows go, as CSV: the original cells and what is wrong with them (nowhere)
    business_date  the day it is: nothing may be dated after it, and the file is known from then (the institution's)
    actor          in whose name, for the audit trail ("system")
    sheet          of a workbook (the first visible one with headings we know)
    file_name      what messages and the batch call the file (the name of the path)
    file_digest    SHA-256 of what was sent, where the file was made from it (that of the file)
    limits         how large and slow it may be (`Limits()`)
    to_correct     keep a PDF or picture of which something is doubtful until a person has looked at it, instead of refusing it (False)
    progress       told of each stage with what is done and what there is to do (nobody)
    """

    firm: Firm | None
    partial: bool
    rejects: Path | None
    business_date: dt.date | None
    actor: str
    sheet: str
    file_name: str
    file_digest: str
    limits: Limits | None
    to_correct: bool
    progress: Progress
