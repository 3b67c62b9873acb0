"""The card and the plots of a model in the reader's language.

A card is kept as it was written when the model was trained, in English: its digest is part of what was agreed to. Here each heading, cell,
line and caption that the writer of cards (`scoring.card`) uses is put in the reader's words, and each variable gets its title beside its
name. What no pattern knows stays as it stands.
"""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from puhui.console import score_words
from puhui.console.whole_texts import WholeTexts

__all__ = ["card_told", "cell_told", "plot_told"]

LINES: tuple[tuple[str, Any], ...] = (
    (
        r"(?P<told_a>Scorecard|Trees|Curves) (?P<b>`.+`), content digest (?P<c>`\w+`)\.",
        _("%(told_a)s %(b)s, content digest %(c)s."),
    ),
    (r"Scorecard", _("Scorecard")),
    (r"Trees", _("Trees")),
    (r"Curves", _("Curves")),
    (r"Use: (?P<told_a>.+)\.", _("Use: %(told_a)s.")),
    (
        r"to order and price applications of the population named below, beside the rules of the product",
        _("to order and price applications of the population named below, beside the rules of the product"),
    ),
    (
        r"to order and price applications for working-capital loans of firms whose invoices are at hand, beside the rules of the product",
        _("to order and price applications for working-capital loans of firms whose invoices are at hand, beside the rules of the product"),
    ),
    (r"Scorecard from invoices", _("Scorecard from invoices")),
    (
        r"More points are safer\. (?P<a>\S+) points stand for (?P<b>\S+) repaid cases to one default, and every (?P<c>\S+) points more "
        r"double these odds\.",
        _(
            "More points are safer. %(a)s points stand for %(b)s repaid cases to one default, and every %(c)s points more "
            "double these odds."
        ),
    ),
    (r"Read this first", _("Read this first")),
    (r"Data", _("Data")),
    (r"target: (?P<a>`.+`)", _("target: %(a)s")),
    (r"target: (?P<a>`.+`) \(default: (?P<b>.+)\)", _("target: %(a)s (default: %(b)s)")),
    (
        r"(?P<a>\d+) rows read, (?P<b>\d+) cases used, (?P<c>\d+) defaults; default rate (?P<d>[\d.]+%)",
        _("%(a)s rows read, %(b)s cases used, %(c)s defaults; default rate %(d)s"),
    ),
    (
        r"(?P<a>\d+) rows read, (?P<b>\d+) cases used, (?P<c>\d+) defaults; default rate (?P<d>[\d.]+%), weighted by (?P<e>`.+`)",
        _("%(a)s rows read, %(b)s cases used, %(c)s defaults; default rate %(d)s, weighted by %(e)s"),
    ),
    (r"observation: (?P<told_a>.+)", _("observation: %(told_a)s")),
    (r"outcome: (?P<told_a>.+)", _("outcome: %(told_a)s")),
    (
        r"invoices of up to 36 closed months before the day of the variables",
        _("invoices of up to 36 closed months before the day of the variables"),
    ),
    (r"default as recorded by the lender", _("default as recorded by the lender")),
    (r"(?P<a>\d+) variables offered: (?P<b>.+)", _("%(a)s variables offered: %(b)s")),
    (r"Figures", _("Figures")),
    (
        r"Out of fold: (?P<a>\d+) folds, dealt once \(seed (?P<b>\d+)\)\. Cutting, choosing and weighing are done inside each fold; the "
        r"calibration of a fold is learnt on the others\.",
        _(
            "Out of fold: %(a)s folds, dealt once (seed %(b)s). Cutting, choosing and weighing are done inside each fold; the calibration "
            "of a fold is learnt on the others."
        ),
    ),
    (
        r"Out of fold: (?P<a>\d+) folds, repeated (?P<b>\d+) times \(seeds (?P<c>\d+) to (?P<d>\d+)\)\. Cutting, choosing and weighing are "
        r"done inside each fold; the calibration of a fold is learnt on the others\.",
        _(
            "Out of fold: %(a)s folds, repeated %(b)s times (seeds %(c)s to %(d)s). Cutting, choosing and weighing are done inside each "
            "fold; the calibration of a fold is learnt on the others."
        ),
    ),
    (
        r"The spread over repeats is the luck of the deal\. Another sample of the same size would scatter by about (?P<a>[\d.]+) "
        r"\(standard error of the AUC, Hanley and McNeil\)\.",
        _(
            "The spread over repeats is the luck of the deal. Another sample of the same size would scatter by about %(a)s "
            "(standard error of the AUC, Hanley and McNeil)."
        ),
    ),
    (
        r"Out of time: trained on (?P<a>\d+) cases before (?P<b>.+), judged on the (?P<c>\d+) from then on: AUC (?P<told_d>.+), "
        r"KS (?P<told_e>.+), Brier score (?P<f>\S+), calibration intercept (?P<told_g>.+) and slope (?P<told_h>.+) \(not calibrated\)\. "
        r"(?P<told_i>The card below uses .+\.)",
        _(
            "Out of time: trained on %(a)s cases before %(b)s, judged on the %(c)s from then on: AUC %(told_d)s, KS %(told_e)s, "
            "Brier score %(f)s, calibration intercept %(told_g)s and slope %(told_h)s (not calibrated). %(told_i)s"
        ),
    ),
    (r"The card below uses all cases\.", _("The card below uses all cases.")),
    (r"The card below uses the older cases only\.", _("The card below uses the older cases only.")),
    (r"not defined", _("not defined")),
    (r"Tenths of the unseen cases", _("Tenths of the unseen cases")),
    (r"(?P<a>[\d.]+%) to (?P<b>[\d.]+%)", _("%(a)s to %(b)s")),
    (r"Groups of the unseen cases", _("Groups of the unseen cases")),
    (r"Beyond z = ±2\.6 the difference is hardly luck\.", _("Beyond z = ±2.6 the difference is hardly luck.")),
    (r"Calibration by group", _("Calibration by group")),
    (
        r"By (?P<a>`.+`), over the log-odds of the common probability\. Points are the same for all groups\.",
        _("By %(a)s, over the log-odds of the common probability. Points are the same for all groups."),
    ),
    (r"the common one", _("the common one")),
    (r"a curve of its own", _("a curve of its own")),
    (r"(?P<a>[-+][\d.]+) (?P<b>[-+][\d.]+) × log-odds", _("%(a)s %(b)s × log-odds")),
    (r"Points", _("Points")),
    (r"Every case starts from (?P<a>\S+) points\.", _("Every case starts from %(a)s points.")),
    (
        r"Reasons are the (?P<a>\d+) variables with the most points lost against (?P<told_b>.+)\.",
        _("Reasons are the %(a)s variables with the most points lost against %(told_b)s."),
    ),
    (r"the best bin of the variable", _("the best bin of the variable")),
    (r"what the average case earns", _("what the average case earns")),
    (
        r"(?P<told_a>.+); information value (?P<b>[\d.]+); weight (?P<c>[-\d.]+)",
        _("%(told_a)s; information value %(b)s; weight %(c)s"),
    ),
    (r"more is safer", _("more is safer")),
    (r"more is riskier", _("more is riskier")),
    (r"direction not fixed", _("direction not fixed")),
    (r"below (?P<a>[-+.,\de]+)", _("below %(a)s")),
    (r"(?P<a>[-+.,\de]+) or more", _("%(a)s or more")),
    (r"(?P<a>[-+.,\de]+) to below (?P<b>[-+.,\de]+)", _("%(a)s to below %(b)s")),
    (r"any value", _("any value")),
    (r"missing", _("missing")),
    (r"\(other\)", _("(other)")),
    (r"(?P<a>.+) and (?P<b>\d+) more", _("%(a)s and %(b)s more")),
    (r"How steady the choice is", _("How steady the choice is")),
    (r"Share of the fits in folds that each variable entered\.", _("Share of the fits in folds that each variable entered.")),
    (r"Inputs", _("Inputs")),
    (
        r"The average case has (?P<a>\S+) points\. A case's reasons are the inputs that cost it most against the average case, by their "
        r"exact share \(Shapley value\) of its log-odds, told in points\.",
        _(
            "The average case has %(a)s points. A case's reasons are the inputs that cost it most against the average case, by their "
            "exact share (Shapley value) of its log-odds, told in points."
        ),
    ),
    (r"category, (?P<a>\d+) rates of default", _("category, %(a)s rates of default")),
    (r"free", _("free")),
    (r"(?P<a>\d+) folds dealt once", _("%(a)s folds dealt once")),
    (r"(?P<a>\d+) folds dealt (?P<b>\d+) times", _("%(a)s folds dealt %(b)s times")),
    (r"Limits", _("Limits")),
    (
        r"It holds for cases like those it was trained on: the same kind of borrower, the same evidence, the same meaning of default\.",
        _("It holds for cases like those it was trained on: the same kind of borrower, the same evidence, the same meaning of default."),
    ),
    (
        r"Cases that were refused have no outcome; if they were riskier, the probabilities here are too low for them\.",
        _("Cases that were refused have no outcome; if they were riskier, the probabilities here are too low for them."),
    ),
    (
        r"Null is a bin of its own\. A bin that training never met earns what an average case would\.",
        _("Null is a bin of its own. A bin that training never met earns what an average case would."),
    ),
    (
        r"No case weights: if the sample was drawn by outcome, the level of the probabilities is that of the sample\.",
        _("No case weights: if the sample was drawn by outcome, the level of the probabilities is that of the sample."),
    ),
    (
        r"No out-of-time test: how it holds in another year is not known\.",
        _("No out-of-time test: how it holds in another year is not known."),
    ),
)
"""Headings, paragraphs and lines, and cells that hold more than a word."""

HEADS: dict[str, Any] = {
    "figure": _("figure"),
    "mean of repeats": _("mean of repeats"),
    "spread over repeats": _("spread over repeats"),
    "Brier score": _("Brier score"),
    "calibration intercept": _("calibration intercept"),
    "calibration slope": _("calibration slope"),
    "calibration slope before calibration": _("calibration slope before calibration"),
    "probability told": _("probability told"),
    "cases": _("cases"),
    "defaults": _("defaults"),
    "mean told": _("mean told"),
    "defaulted": _("defaulted"),
    "groups by": _("groups by"),
    "group": _("group"),
    "calibration": _("calibration"),
    "values": _("values"),
    "weight of evidence": _("weight of evidence"),
    "points": _("points"),
    "variable": _("variable"),
    "fits": _("fits"),
    "input": _("input"),
    "read as": _("read as"),
    "direction": _("direction"),
    "number": _("any number"),
    "category": _("category"),
}
"""Heads of the tables, and names of figures."""

PLOTS: dict[str, Any] = {
    "Order of unseen cases, one line per repeat": _("Order of unseen cases, one line per repeat"),
    "Probabilities told against defaults seen, unseen cases": _("Probabilities told against defaults seen, unseen cases"),
    "Scores of repaid and of defaulted cases": _("Scores of repaid and of defaulted cases"),
    "AUC of each repeat": _("AUC of each repeat"),
    "Order of unseen cases": _("Order of unseen cases"),
    "share of repaid cases refused": _("share of repaid cases refused"),
    "share of defaulted cases refused": _("share of defaulted cases refused"),
    "mean of the repeats": _("mean of the repeats"),
    "no order": _("no order"),
    "Truth of the probabilities (unseen cases)": _("Truth of the probabilities (unseen cases)"),
    "share that defaulted": _("share that defaulted"),
    "true": _("as told"),
    "groups of equal size, 95%": _("groups of equal size, 95%"),
    "Scores of repaid and defaulted cases": _("Scores of repaid and defaulted cases"),
    "log-odds of repayment (unseen cases)": _("log-odds of repayment (unseen cases)"),
    "density": _("density"),
    "repaid": _("repaid"),
    "seed of the folds": _("seed of the folds"),
    "AUC of unseen cases": _("AUC of unseen cases"),
}
"""Captions of the plots, and what is written in them."""

_KNOWN = WholeTexts(LINES)
_WORDS = {**HEADS, **PLOTS}
_LINE = re.compile(r"(?P<mark>#+ |- |)(?P<text>.+)")
_PICTURE = re.compile(r"!\[(?P<text>[^]]*)\](?P<rest>\(.+\))")
_NAMED = re.compile(r"`(?P<name>\w+)`")
_DRAWN = re.compile(r"(?<=>)[^<>]+(?=</text>)")


def card_told(card: str) -> str:
    """The Markdown of a card in the reader's language."""
    return card if _is_english() else "\n".join(_line(line) for line in card.split("\n"))


def cell_told(text: str) -> str:
    """A cell of a table about a model, such as a bin, in the reader's words; names stay."""
    return text if _is_english() else _told(text)


def plot_told(drawing: str) -> str:
    """A plot (SVG whose letters are text) in the reader's language."""
    return drawing if _is_english() else _DRAWN.sub(lambda found: _told(found.group()), drawing)


def _is_english() -> bool:
    return (get_language() or "en") == "en"


def _line(line: str) -> str:
    if line.startswith("|"):
        return "|".join(_cell(cell) for cell in line.split("|"))
    if (picture := _PICTURE.fullmatch(line)) is not None:
        return f"![{_told(picture['text'])}]{picture['rest']}"
    if (parts := _LINE.fullmatch(line)) is None:
        return line
    title = score_words.title_of(parts["text"]) if parts["mark"] == "### " else ""
    return parts["mark"] + (f"{title} `{parts['text']}`" if title else _told(parts["text"]))


def _cell(cell: str) -> str:
    """A cell with the space around it; the name of a variable after its title."""
    text = cell.strip()
    named = _NAMED.fullmatch(text)
    title = score_words.title_of(named["name"]) if named else ""
    return cell.replace(text, f"{title} {text}" if title else _told(text)) if text else cell


def _told(text: str) -> str:
    if text in _WORDS:
        return str(_WORDS[text])
    return _KNOWN.told(text, _part) or score_words.told(text)


def _part(name: str, text: str) -> str:
    return _told(text) if name.startswith("told") else text
