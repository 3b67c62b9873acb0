"""The text that a firm agrees to, paragraph by paragraph; what was shown is kept by its digest and version.

A change of one word is a new version. The classes and the purpose named here are those that the consent holds.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from django.utils.translation import get_language
from django.utils.translation import gettext as _

VERSION = "2026-02"
PURPOSE = "credit_decision"
CLASSES = ("C07",)
VALID_DAYS = 365
_OWNER_CREDIT = "C16"


def version() -> str:
    """The version with the language in which it was shown."""
    return f"{VERSION} {get_language()}"


def paragraphs(firm: str, lender: str, classes: Sequence[str] = CLASSES, titles: Sequence[str] = ()) -> list[str]:
    """The text in the reader's language; `titles`: the classes of evidence by name, where more than invoices are read."""
    if tuple(classes) == CLASSES:
        what = _("%(firm)s allows %(lender)s to read its sales and purchase invoices (who, when, how much), to decide about a loan to it.")
        told = [what % {"firm": firm, "lender": lender}]
    else:
        what = _("%(firm)s allows %(lender)s to read the following about it, to decide about a loan to it: %(list)s.")
        told = [what % {"firm": firm, "lender": lender, "list": _(", ").join(titles)}]
    if _OWNER_CREDIT in classes:
        told.append(_("The owner's own credit report is read as well. Whoever agrees here is the owner, or has the owner's leave."))
    return [
        *told,
        _("What is read serves this purpose only. It is not sold or passed on, and nobody without the task may see it."),
        _("Each reading is recorded, and you can see it under “What happens with my data”."),
        _("The decision is made by rules and a score; you can ask for a person to look at it."),
    ]


def expires_on(today: datetime.date) -> datetime.date:
    """Until when a consent given on a day holds."""
    return today + datetime.timedelta(days=VALID_DAYS)
