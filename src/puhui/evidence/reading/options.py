"""What a reader of files is told besides the file: the day it is, whose rows they are, how large a file may be.

Declared once for invoices and for all other records; each function that takes them on says so with `**options: Unpack[ReadOptions]`.
"""

from __future__ import annotations

import datetime as dt
from typing import NotRequired, TypedDict

from puhui.evidence.reading.limits import Limits
from puhui.evidence.reading.mapping import Mapping
from puhui.evidence.reading.parties import FirmIdentity
from puhui.evidence.reading.result import Progress

__all__ = ["ReadOptions", "tell"]


class ReadOptions(TypedDict):
    """`today` is the business date (nothing may be dated after it), `now` the moment that counts as learning it (with time zone).

    mapping          what the headings alone do not say
    firm             whose rows they are when the file does not say
    known_firms      identifier → our number; rows of other firms are faults
    consented_firms  our numbers of the firms of which may be read; rows of others are faults
    sheet            of a workbook; default: the first visible one with headings we know
    file_name        what messages call the file when it lies under another name here
    """

    today: dt.date
    now: dt.datetime
    mapping: NotRequired[Mapping | None]
    firm: NotRequired[FirmIdentity | None]
    known_firms: NotRequired[dict[str, int] | None]
    consented_firms: NotRequired[frozenset[int] | None]
    sheet: NotRequired[str]
    file_name: NotRequired[str]
    limits: NotRequired[Limits | None]
    progress: NotRequired[Progress]


def tell(options: ReadOptions, stage: str) -> None:
    """Tell whoever waits what is being done."""
    progress = options.get("progress")
    if progress is not None:
        progress(stage)
