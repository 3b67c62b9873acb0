"""The rows of the list of what is to be watched: what, since or until when, and what is found, in words."""

from __future__ import annotations

import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from puhui.console.decision_figures import language
from puhui.console.evidence_figures import title_of
from puhui.console.labels import LATE, WATCH, State
from puhui.console.templatetags.figures import date as date_text
from puhui.console.templatetags.figures import share
from puhui.console.words import in_language
from puhui.evidence.layouts import classes
from puhui.loans.watching import Watched

__all__ = ["KIND_STATES", "watch_row"]

KIND_STATES = {
    "look": State(gettext_lazy("linked rate to be looked at"), WATCH, "clock"),
    "unproved": State(gettext_lazy("evidence of a linked rate is missing"), WATCH, "file-text"),
    "cover": State(gettext_lazy("security covers too little"), LATE, "alert-triangle"),
    "valuation": State(gettext_lazy("security to be valued"), WATCH, "clock"),
    "registration": State(gettext_lazy("registration ends"), WATCH, "signature"),
    "insurance": State(gettext_lazy("insurance ends"), WATCH, "clock"),
}
_ON_THE_CLASS_PAGE = ("cover", "valuation", "registration", "insurance")  # security stands there, links on the loan's own page


def watch_row(one: Watched, day: datetime.date) -> dict[str, Any]:
    """A thing to look at as a row; `days` is below 0 where its day is past."""
    shown = KIND_STATES[one.kind]
    is_past = one.day <= day
    page, anchor = ("console:loan_class", "#security") if one.kind in _ON_THE_CLASS_PAGE else ("console:loan", "#links")
    return {
        "state": State(shown.label, LATE if is_past and one.kind in ("look", "registration", "insurance") else shown.tone, shown.icon),
        "day": one.day, "days": (one.day - day).days, "is_past": is_past, "text": _told(one), "number": one.loan_number,
        "firm": one.firm_name, "firm_id": one.firm_id, "url": reverse(page, args=[one.loan_id]) + anchor,
    }  # fmt: skip


def _told(one: Watched) -> str:
    figures = one.figures
    if one.kind == "look":
        link = in_language(dict(figures["texts"]), language()) or one.code
        count = figures["count"]
        more = "" if count == 1 else ngettext("%(count)d look is open", "%(count)d looks are open", count) % {"count": count}
        return f"{link} · {more}" if more else link
    if one.kind == "unproved":
        if not figures["missing"]:
            return _("the fact was not known: no discount")
        titles = _(", ").join(title_of(classes()[code].title) if code in classes() else code for code in figures["missing"])
        return _("not shown by %(classes)s: no discount") % {"classes": titles}
    if one.kind == "cover":
        told = {"cover": share(figures["cover_ppm"] / 1e6), "wanted": share(figures["wanted_ppm"] / 1e6)}
        return _("%(cover)s of what is owed, %(wanted)s are asked") % told
    if one.kind == "valuation":
        if figures["valued_on"] is None:
            return _("%(provider)s: never valued") % {"provider": figures["provider"]}
        return _("%(provider)s: valued on %(day)s") % {"provider": figures["provider"], "day": date_text(figures["valued_on"])}
    return str(figures["provider"])
