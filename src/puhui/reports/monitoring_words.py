"""What the report on scores says in words: variables by their meaning, groups, bins, and what an alarm is of."""

from __future__ import annotations

import re

from puhui.decisions.titles import titles
from puhui.reports.titles import title
from puhui.scoring.models import ScoreAlarm

__all__ = ["alarm_causes", "alarm_subject", "bin_named", "group_named", "meaning_of"]

BINS = {  # how a scorecard labels its bins of numbers → the words for it
    r"below (?P<high>\S+)": "bin_below",
    r"(?P<low>\S+) to below (?P<high>\S+)": "bin_between",
    r"(?P<low>\S+) or more": "bin_above",
    r"any value": "bin_any",
    r"missing": "bin_missing",
    r"\(other\)": "bin_other",
}


def alarm_subject(alarm: ScoreAlarm, language: str) -> str:
    """What an alarm is of, in words: the meaning of a variable, a group, more or fewer of which loans."""
    if alarm.measure == ScoreAlarm.Measure.VARIABLE:
        return meaning_of(alarm.subject, language) or alarm.subject
    if alarm.measure == ScoreAlarm.Measure.GROUP:
        dimension, _, code = alarm.subject.partition(" ")
        return f"{title(f'by_{dimension}', language)}: {group_named(dimension, code, language)}"
    return title(f"alarm_{alarm.subject}", language) if alarm.subject else ""


def alarm_causes(alarm: ScoreAlarm, language: str) -> list[str]:
    """Variables by their meaning, with what they moved the mean score by and their share of all movement."""
    return [
        title("alarm_cause", language).format(
            name=meaning_of(one["variable"], language) or one["variable"],
            points=f"{one['points']:+.1f}".replace("-", "\N{MINUS SIGN}"),
            share=f"{one['share']:.0%}",
        )
        for one in alarm.causes
    ]


def meaning_of(name: str, language: str) -> str:
    """The title of a variable; empty where the catalogue does not know it."""
    texts = titles().get(name)
    return texts.get(language, texts["en"]) if texts else ""


def group_named(dimension: str, code: str | None, language: str) -> str:
    """A group of firms; a region stays its code."""
    if code is None or code == "not_known":
        return title("not_known", language)
    return code if dimension == "region" else title(f"{dimension}_{code}" if dimension in ("size", "sex") else code, language)


def bin_named(label: str, language: str) -> str:
    """The label of a bin of numbers in words of a language; categories stay as they are."""
    for pattern, words in BINS.items():
        if found := re.fullmatch(pattern, label):
            return title(words, language).format(**found.groupdict())
    return label
