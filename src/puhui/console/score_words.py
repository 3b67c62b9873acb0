"""What training says of a table and a model, in the reader's language: findings of the guard, notes, warnings, and what it refuses.

These sentences are written in English where they arise and are kept with the training, the card and the promotion. Patterns hold whole
texts, as in `fault_words`; a part named `told…` is a sentence of its own and told the same way, one named
`variable…` gets its title. Names of columns and values stay.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from puhui.console.whole_texts import WholeTexts
from puhui.console.words import in_language
from puhui.features.registry import catalogue

__all__ = ["DIRECTIONS", "FINDINGS", "REFUSALS", "named", "title_of", "told", "told_all"]

#: what more of a variable means, by its sign (`features/variable.py`)
DIRECTIONS: dict[str, Any] = {
    "+": _("more is safer"), "-": _("more is riskier"), "n": _("no fixed direction"), "V": _("stops a loan"), "P": _("opens a product"),
}  # fmt: skip

FINDINGS: tuple[tuple[str, Any], ...] = (
    (r"alone reaches an AUC of (?P<a>[\d.]+)", _("alone reaches an AUC of %(a)s")),
    (
        r"has (?P<a>\d+) value\(s\) that all but settle the outcome \(such as (?P<b>.+)\), with (?P<c>\d+%) of all defaults",
        _("has %(a)s values that all but settle the outcome (such as %(b)s), with %(c)s of all defaults"),
    ),
    (
        r"rests on (?P<a>.+), which lies after (?P<b>.+) in (?P<c>\d+%) of the cases that have it",
        _("rests on %(a)s, which lies after %(b)s in %(c)s of the cases that have it"),
    ),
    (
        r"(?P<variable_a>\S+) (?P<told_b>.+)\. A variable this good is usually written after the outcome: find out when it is known, "
        r"and name it in exclusions if that is later than the decision\.",
        _(
            "%(variable_a)s %(told_b)s. A variable this good is usually written after the outcome: find out when it is known, "
            "and name it in exclusions if that is later than the decision."
        ),
    ),
    (
        r"In (?P<a>\S+) (?P<told_b>.+), (?P<c>\d+) cases, the score promises (?P<d>[\d.]+%) and (?P<e>[\d.]+%) defaulted "
        r"\(z (?P<f>[-+\d.]+)\): it is not true of this group\.",
        _("In %(a)s %(told_b)s, %(c)s cases, the score promises %(d)s and %(e)s defaulted (z %(f)s): it is not true of this group."),
    ),
    (
        r"Refused cases entered by (?P<told_a>\w+) with the factor (?P<b>[\d.e+-]+): an assumption, which no figure here can prove\. "
        r"All figures are of accepted cases\.",
        _(
            "Refused cases entered by %(told_a)s with the factor %(b)s: an assumption, which no figure here can prove. "
            "All figures are of accepted cases."
        ),
    ),
    (
        r"Small data: (?P<a>\d+) cases with (?P<b>\d+) defaults\. Another sample of this size would give an AUC anywhere between "
        r"(?P<c>[\d.]+) and (?P<d>[\d.]+); the order of single variables and the points of thin bins are not settled\. "
        r"Use the score beside judgement, and train again as outcomes come in\.",
        _(
            "Small data: %(a)s cases with %(b)s defaults. Another sample of this size would give an AUC anywhere between "
            "%(c)s and %(d)s; the order of single variables and the points of thin bins are not settled. "
            "Use the score beside judgement, and train again as outcomes come in."
        ),
    ),
    (
        r"(?P<a>\d+) variables rest on (?P<b>\d+) cases of the rarer outcome, fewer than ten for each: the fit leans on shrinkage\.",
        _("%(a)s variables rest on %(b)s cases of the rarer outcome, fewer than ten for each: the fit leans on shrinkage."),
    ),
    (
        r"The order of the cases cannot be told from chance on this data: do not decide by this score\.",
        _("The order of the cases cannot be told from chance on this data: do not decide by this score."),
    ),
    (
        r"Unseen cases were ordered no better than by chance, so calibration gives every case the same probability\.",
        _("Unseen cases were ordered no better than by chance, so calibration gives every case the same probability."),
    ),
    (
        r"On the newest cases the AUC falls from (?P<a>[\d.]+) to (?P<b>[\d.]+): the past is not like the present\.",
        _("On the newest cases the AUC falls from %(a)s to %(b)s: the past is not like the present."),
    ),
    (r"population: (?P<a>.+) \((?P<b>\d+) of (?P<c>\d+) rows\)", _("population: %(a)s (%(b)s of %(c)s rows)")),
    (r"(?P<a>\d+) refused cases; used by the method '(?P<told_b>\w+)'", _("%(a)s refused cases; how they are used: %(told_b)s")),
    (r"(?P<a>\d+) rows without a known outcome are left out", _("%(a)s rows without a known outcome are left out")),
    (r"(?P<a>.+): excluded by the configuration", _("%(a)s: excluded by the configuration")),
    (
        r"(?P<a>.+): excluded by the configuration \(only checked by group\)",
        _("%(a)s: excluded by the configuration (only checked by group)"),
    ),
    (r"(?P<a>.+): excluded by the configuration \((?P<b>.+)\)", _("%(a)s: excluded by the configuration (%(b)s)")),
    (r"(?P<a>.+): excluded by the leak guard: it (?P<told_b>.+)", _("%(a)s: excluded by the leak guard: it %(told_b)s")),
    (r"(?P<a>.+): serves rules of admission only, never a score", _("%(a)s: serves rules of admission only, never a score")),
    (
        r"(?P<a>.+): a date, left out; name a preparation \(days_between, year\) to use it",
        _("%(a)s: a date, left out; name a preparation (days_between, year) to use it"),
    ),
    (r"(?P<a>.+): holds (?P<b>.+), left out", _("%(a)s: holds %(b)s, left out")),
    (r"(?P<a>.+): the same value in every row, left out", _("%(a)s: the same value in every row, left out")),
    (
        r"(?P<a>.+): hardly ever the same twice, left out as an identifier",
        _("%(a)s: hardly ever the same twice, left out as an identifier"),
    ),
    (r"(?P<a>.+): different in every row, left out as an identifier", _("%(a)s: different in every row, left out as an identifier")),
    (r"not known", _("not known")),
    (r"parcelling", _("parcelling")),
    (r"fuzzy", _("fuzzy")),
    (r"reweighting", _("reweighting")),
)
"""What the guard finds, what is left out and why, and what a reader must know before using a model."""

REFUSALS: tuple[tuple[str, Any], ...] = (
    (r"A mistake of the program: (?P<a>.+)", _("A mistake of the program: %(a)s")),
    (r"The process was ended (?P<a>\d+) times before it was through\.", _("The process was ended %(a)s times before it was through.")),
    (
        r"(?P<told_a>.+?): found (?P<told_b>.+), expected (?P<told_c>[^.]+)",
        _("%(told_a)s: found %(told_b)s, expected %(told_c)s"),
    ),
    (
        r"(?P<told_a>.+?): found (?P<told_b>.+), expected (?P<told_c>.+?)\. (?P<told_d>.+)",
        _("%(told_a)s: found %(told_b)s, expected %(told_c)s. %(told_d)s"),
    ),
    (r"no rows", _("no rows")),
    (r"one row per case", _("one row per case")),
    (r"target (?P<a>.+)", _("outcome %(a)s")),
    (r"weight (?P<a>\S+)", _("weight %(a)s")),
    (r"weight (?P<a>.+), row (?P<b>\d+)", _("weight %(a)s, row %(b)s")),
    (r"split\.folds", _("folds")),
    (r"split\.date (?P<a>.+)", _("day of the decision, %(a)s")),
    (r"population", _("population")),
    (r"variables", _("variables")),
    (r"training", _("training")),
    (r"table of training (?P<a>\d+)", _("table of training %(a)s")),
    (r"model (?P<a>\S+) (?P<b>[0-9a-f]{12})", _("model %(a)s %(b)s")),
    (r"model (?P<a>\S+) (?P<b>[0-9a-f]{12}): (?P<c>.+)", _("model %(a)s %(b)s: %(c)s")),
    (r"challenger (?P<a>\S+) (?P<b>[0-9a-f]{12})", _("challenger %(a)s %(b)s")),
    (r"challenger (?P<a>\S+) (?P<b>[0-9a-f]{12}): share", _("share of challenger %(a)s %(b)s")),
    (r"shares of the challengers that decide", _("shares of the challengers that decide")),
    (r"in force from", _("in force from")),
    (r"second person", _("second person")),
    (r"promotion", _("promotion")),
    (r"(?P<a>\d+) cases with (?P<b>\d+) defaults", _("%(a)s cases with %(b)s defaults")),
    (r"(?P<a>\d+) folds for (?P<b>\d+) cases of the rarer outcome", _("%(a)s folds for %(b)s cases of the rarer outcome")),
    (
        r"(?P<a>\d+) cases with (?P<b>\d+) defaults before (?P<c>\S+), (?P<d>\d+) from then on",
        _("%(a)s cases with %(b)s defaults before %(c)s, %(d)s from then on"),
    ),
    (r"another one of (?P<a>\S+) from (?P<b>\S+)", _("another one of %(a)s from %(b)s")),
    (r"only nulls", _("only nulls")),
    (r"a table that nobody looked at", _("a table that nobody looked at")),
    (r"a table that is deleted", _("a table that is deleted")),
    (r"no such column", _("no such column")),
    (r"none that tells the outcome", _("none that tells the outcome")),
    (r"no figures on unseen cases", _("no figures on unseen cases")),
    (r"no search for leaks", _("no search for leaks")),
    (r"no card", _("no card")),
    (r"of another lender", _("of another lender")),
    (r"named twice", _("named twice")),
    (r"(?P<a>\d+) ppm", _("%(a)s ppm")),
    (r"(?P<a>\d+) ppm together", _("%(a)s ppm together")),
    (r"(?P<a>\S+), who proposed it", _("%(a)s, who proposed it")),
    (r"(?P<a>\S+) of another lender", _("%(a)s of another lender")),
    (r"cases of both outcomes, at least two for each fold", _("cases of both outcomes, at least two for each fold")),
    (r"both outcomes before, cases after", _("both outcomes before, cases after")),
    (
        r"0/1, true/false, yes/no, or values named as positive",
        _("0/1, true/false, yes/no, or values named as those that mean default"),
    ),
    (r"a day after the one that is open, (?P<a>\S+)", _("a day after the one that is open, %(a)s")),
    (r"at least one with an information value of (?P<a>[\d.]+)", _("at least one with an information value of %(a)s")),
    (r"a number above 0", _("a number above 0")),
    (r"a column or step", _("a column or step")),
    (r"a column or step of categories", _("a column or step of categories")),
    (r"an SQL condition over the columns", _("an SQL condition over the columns")),
    (r"at most (?P<a>\d+) ppm", _("at most %(a)s ppm")),
    (r"(?P<a>\d+) to (?P<b>\d+) ppm of the applications", _("%(a)s to %(b)s ppm of the applications")),
    (r"what the guard finds in it", _("what the guard finds in it")),
    (r"one at which nothing is at work", _("one at which nothing is at work")),
    (r"Wait for its end\.", _("Wait for its end.")),
    (r"one that was not asked for yet", _("one that was not asked for yet")),
    (r"one whose table is kept still", _("one whose table is kept still")),
    (r"an out-of-fold or out-of-time result", _("an out-of-fold or out-of-time result")),
    (r"what the guard found in training", _("what the guard found in training")),
    (r"a card that tells what it was trained on", _("a card that tells what it was trained on")),
    (r"no variable that knows the outcome", _("no variable that knows the outcome")),
    (r"a model of the same lender", _("a model of the same lender")),
    (r"another model than the champion and the other challengers", _("another model than the champion and the other challengers")),
    (r"one for each day", _("one for each day")),
    (r"one that is proposed or agreed", _("one that is proposed or agreed")),
    (r"one that waits for an answer", _("one that waits for an answer")),
    (r"somebody else", _("somebody else")),
    (r"somebody of (?P<a>\S+)", _("somebody of %(a)s")),
    (r"why, in a sentence", _("why, in a sentence")),
    (
        r"a readable Parquet, CSV, XLSX or ARFF file; text in UTF-8, UTF-16, GB18030 or Latin-1",
        _("a readable Parquet, CSV, XLSX or ARFF file; text in UTF-8, UTF-16, GB18030 or Latin-1"),
    ),
    (r"a heading that stands twice", _("a heading that stands twice")),
    (r"each name once", _("each name once")),
    (r"Use fewer folds, or a table with more defaults\.", _("Use fewer folds, or a table with more defaults.")),
    (r"use fewer folds", _("Use fewer folds.")),
    (r"Look at the cases first\.", _("Look at the cases first.")),
    (r"Begin another one\.", _("Begin another one.")),
    (r"upload it again", _("Upload it again.")),
    (r"name the values that mean default", _("Name the values that mean default.")),
    (r"give more cases or other variables", _("Give more cases or other variables.")),
    (r"choose another split\.since", _("Choose another day from which cases are judged out of time.")),
    (r"correct the file", _("Correct the file.")),
    (r"Train it with folds\.", _("Train it with folds.")),
    (r"Train it again with `puhui score train`\.", _("Train it again.")),
    (r"Register it with its card\.", _("Register it with its card.")),
    (
        r"Find out when it is known; leave it out of the model, or name it in the reason\.",
        _("Find out when it is known; leave it out of the model, or name it in the reason."),
    ),
    (r"Take the other back first, or choose another day\.", _("Take the other back first, or choose another day.")),
    (r"What was decided on a day is not changed afterwards\.", _("What was decided on a day is not changed afterwards.")),
)
"""What training and promotion of models refuse."""

_KNOWN = WholeTexts((*FINDINGS, *REFUSALS))


def told(text: str) -> str:
    """One sentence in the reader's language; unchanged in English, and where it is not known."""
    if (get_language() or "en") == "en":
        return text
    return _KNOWN.told(text, _part) or text


def _part(name: str, text: str) -> str:
    if name.startswith("told"):
        return told_all(text)
    return named(text) if name.startswith("variable") else text


def title_of(variable: str) -> str:
    """What a variable of the catalogue is called in the reader's language; nothing for any other."""
    return in_language(_titles().get(variable), get_language() or "en")


def named(variable: str) -> str:
    """A variable by its title and its name; by its name where the catalogue does not have it."""
    title = title_of(variable)
    return f"{title} {variable}" if title else variable


@cache
def _titles() -> dict[str, dict[str, str]]:
    return {each.name: dict(each.titles) for each in catalogue()}


def told_all(text: str) -> str:
    """Findings of one variable, which are joined by semicolons."""
    return str(_("; ")).join(told(part) for part in text.split("; "))
