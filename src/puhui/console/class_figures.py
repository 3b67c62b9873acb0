"""A loan's class as its page shows it: the articles that hold, the clocks that run, what comes if nothing is paid."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from puhui.calculations.classification_articles import Held
from puhui.console.act_figures import class_state
from puhui.console.act_words import CLASS_SOURCES, CLOCKS
from puhui.console.templatetags.figures import number, rate
from puhui.console.words import in_language, word
from puhui.loans.class_queries import ClockRunning, Outlook

__all__ = ["change_rows", "class_panel"]


def class_panel(seen: Outlook, day: datetime.date, language: str) -> dict[str, Any]:
    """The class held and what it rests on."""
    return {
        "state": class_state(seen.risk_class),
        "floor": class_state(seen.floor),
        "worse_than_floor": seen.floor != seen.risk_class,
        "articles": [_article(each, seen, language) for each in seen.holds],
        "clocks": [_clock(each, day) for each in seen.clocks],
        "forecast": [{"days": days, "state": class_state(code)} for days, code in seen.forecast.items()],
    }


def _article(held: Held, seen: Outlook, language: str) -> dict[str, Any]:
    article = held.article
    return {
        "text": in_language(seen.texts.get(article.code), language) or article.code,
        "number": _("art. %(number)s") % {"number": article.article} if article.article.isdecimal() else _("rule of restructuring"),
        "fact": _fact(held),
        "at_least": class_state(article.at_least),
    }


def _fact(held: Held) -> str:
    """The figure that an article rests on."""
    if held.fact is None:
        return ""
    if held.article.days_more_than is not None:
        return _("%(days)s days past due, more than %(bound)s") % {
            "days": number(held.fact),
            "bound": number(held.article.days_more_than),
        }
    return _("share of %(share)s") % {"share": rate(held.fact)}


def _clock(clock: ClockRunning, day: datetime.date) -> dict[str, Any]:
    since = max((day - clock.since).days, 0)
    left = (clock.until - day).days if clock.until else None
    what = {
        "overdue": _("the class gets worse on %(until)s"),
        "observation": _("observed until %(until)s, two instalments or the months asked for, the later"),
        "cure": _("may rise from %(until)s on: two instalments or six months in order, the later"),
    }[clock.clock]
    return {
        "label": word(CLOCKS, clock.clock),
        "since": clock.since,
        "days": since,
        "until": clock.until,
        "text": what % {"until": clock.until} if clock.until else _("no further bound"),
        "left": left,
        "elapsed": since,
        "whole": since + left if left and left > 0 else since or 1,
    }


def change_rows(changes: Iterable[Any], texts: Mapping[str, Any], language: str) -> list[dict[str, Any]]:
    """Changes of a class, newest first; `texts` are those of the articles, by code."""
    return [
        {
            "day": each.day,
            "before": class_state(each.before),
            "after": class_state(each.after),
            "source": word(CLASS_SOURCES, each.source),
            "reason": each.reason or _("; ").join(in_language(texts.get(row["code"]), language) or row["code"] for row in each.articles),
            "who": each.recorded_by,
        }
        for each in changes
    ]
